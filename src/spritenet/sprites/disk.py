"""Files and folders that appear whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from spritenet.destination import local_only
from spritenet.errors import DataError

__all__ = ["beside", "new_folder"]


@contextmanager
def beside(path: Path) -> Iterator[BinaryIO]:
    """A new file beside `path` that takes its place when all is written.

    Raises:
        DataError: the disk refuses; what was there before is unchanged.
    """
    path = local_only(path)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("xb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    except OSError as error:
        raise DataError(
            "can't be written",
            where=path,
            got=error.strerror or error,
            do="What was there before is unchanged.",
        ) from None
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


@contextmanager
def new_folder(target: Path, replaced: str) -> Iterator[Path]:
    """A new folder beside `target` that takes its place when all is written.

    Args:
        target: what it is to be called.
        replaced: a regular expression of the names of files that may be thrown away with an older
            folder of this name.

    Raises:
        DataError: the place is taken by other files, or the disk refuses; nothing is changed.
    """
    target = local_only(target)
    strangers = [] if not target.is_dir() else [p.name for p in target.iterdir()]
    strangers = sorted(name for name in strangers if not re.fullmatch(replaced, name))
    if strangers or (target.exists() and not target.is_dir()):
        raise DataError(
            "the place is taken",
            where=target,
            expected="a new folder" + (", or an older one of the same kind" if replaced else ""),
            got=", ".join(strangers[:3]) or "a file",
            do="Choose another name.",
        )
    mark = secrets.token_hex(4)
    fresh = target.with_name(f".{target.name}.{mark}.new")
    old = target.with_name(f".{target.name}.{mark}.old")
    try:
        fresh.mkdir(parents=True)
        yield fresh
        if target.exists():
            target.rename(old)
        fresh.rename(target)
    except OSError as error:
        if old.exists() and not target.exists():
            old.rename(target)
        raise DataError(
            "can't be written",
            where=target,
            got=error.strerror or error,
            do="What was there before is unchanged.",
        ) from None
    finally:
        for folder in (fresh, old):
            with contextlib.suppress(OSError):
                shutil.rmtree(folder, ignore_errors=True)
