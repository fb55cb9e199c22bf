"""A file that appears whole or not at all."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from spritenet.destination import local_only
from spritenet.errors import RunError

__all__ = ["flush_folder", "write_file"]


def write_file(path: Path, data: bytes, *, durable: bool = True) -> None:
    """Write beside, flush to the disk, then rename: there is always the old file or the new one.

    Args:
        path: the file; folders on the way are made.
        data: its content.
        durable: False doesn't wait for the disk, which a machine that loses power may punish.

    Raises:
        RunError: the disk refuses; the old file is unchanged.
    """
    path = local_only(path)
    fresh = path.with_name(f".{path.name}.{os.urandom(4).hex()}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("xb") as file:
            file.write(data)
            if durable:
                file.flush()
                os.fsync(file.fileno())
        fresh.replace(path)
        if durable:
            flush_folder(path.parent)
    except OSError as error:
        raise RunError(
            f"it can't be saved: {error.strerror or error}",
            where=path,
            do="What was there before is unchanged; make room or choose another folder.",
        ) from error
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def flush_folder(folder: Path) -> None:
    """Make renames in the folder last; Windows has no way to ask for it, and needs none."""
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
