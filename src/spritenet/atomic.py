"""Atomic writes: files and folders that appear whole or not at all.

New content is written beside its place, flushed to the disk and renamed. A crash or a full disk at
any moment leaves the old content or the new one, never a mixture.
"""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from spritenet.destination import local_only
from spritenet.errors import DataError, InputError

__all__ = [
    "existing_folder",
    "flush_files",
    "new_file",
    "new_folder",
    "write_file",
    "write_folder",
]

_FLUSHES = [True]


def flush_files(wanted: bool) -> None:
    """Sets whether this process waits for the disk when it writes; it does by default.

    Without, a loss of power may lose new files; a killed process still doesn't.
    """
    _FLUSHES[0] = wanted


@contextmanager
def new_file(
    path: Path, *, error: type[InputError] = DataError, durable: bool = True
) -> Iterator[BinaryIO]:
    """Opens a new file beside `path`, which takes its place at the end of the block.

    Args:
        path: the file; missing folders on the way are created.
        error: the class of the error.
        durable: False doesn't wait for the disk: quicker, but a loss of power may lose the file.

    Yields:
        The new file, open for writing.

    Raises:
        InputError: of that class: the disk refuses. The old file is unchanged.
    """
    path = local_only(path)
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with fresh.open("xb") as file:
            yield file
            if durable:
                _flush(file)
        fresh.replace(path)
        if durable:
            _flush_folder(path.parent)
    except OSError as reason:
        raise _unwritable(error, path, reason) from reason
    finally:
        with contextlib.suppress(OSError):
            fresh.unlink(missing_ok=True)


def write_file(
    path: Path, data: bytes, *, error: type[InputError] = DataError, durable: bool = True
) -> None:
    """Writes a file atomically; the arguments and errors are those of `new_file`."""
    with new_file(path, error=error, durable=durable) as file:
        file.write(data)


@contextmanager
def new_folder(
    target: Path, replaceable: str = "", *, error: type[InputError] = DataError
) -> Iterator[Path]:
    """Creates a new folder beside `target`, which takes its place at the end of the block.

    Args:
        target: the folder. If it is a link, the folder that it points to is replaced.
        replaceable: a regular expression for the names of the files that may be deleted with an
            older folder of this name; "" allows an empty folder only.
        error: the class of the errors.

    Yields:
        The new folder's temporary path.

    Raises:
        InputError: of that class: `target` is a file, the working directory or a folder that holds
            other files, or the disk refuses. Nothing is changed.
    """
    target = Path(os.path.realpath(local_only(target)))
    _check_replaceable(target, replaceable, error)
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        yield fresh
        _flush_folder(fresh)
        _swap(fresh, target)
        _flush_folder(target.parent)
    except OSError as reason:
        raise _unwritable(error, target, reason) from reason
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def write_folder(
    target: Path,
    files: Mapping[str, bytes],
    replaceable: str = "",
    *,
    error: type[InputError] = DataError,
) -> None:
    """Writes a folder that holds exactly these files, by name; see `new_folder`."""
    with new_folder(target, replaceable, error=error) as fresh:
        for name, data in files.items():
            with (fresh / name).open("xb") as file:
                file.write(data)
                _flush(file)


def existing_folder(folder: Path) -> Path:
    """Returns the path of a folder's content: beside it after a replacement was cut off midway."""
    backup = _backup(folder)
    return backup if not folder.exists() and backup.exists() else folder


def _backup(target: Path) -> Path:
    """Returns the path of the old folder during the two renames of a replacement."""
    whole = target if target.is_absolute() else Path.cwd() / target
    if whole.name in ("", ".."):
        whole = whole.resolve()  # nothing can be put beside these names
    return whole.with_name(f".{whole.name}.old") if whole.name else whole


def _check_replaceable(target: Path, replaceable: str, error: type[InputError]) -> None:
    """Raises an error unless `target` is free, an empty folder, or an older one of its kind."""
    if not target.exists():
        return
    here = Path.cwd().resolve()
    if here == target or target in here.parents:
        raise error(
            "the working directory can't be replaced",
            where=target,
            do="Choose another folder, or type cd .. and name this one.",
        )
    if not target.is_dir():
        raise error("it is a file, not a folder", where=target, do="Choose another name.")
    others = sorted(
        path.name for path in target.iterdir() if not re.fullmatch(replaceable, path.name)
    )
    if others:
        older = ", or an older one of the same kind" if replaceable else ""
        raise error(
            "the folder holds other files",
            where=target,
            expected=f"a new or empty folder{older}",
            got=", ".join(others[:3]),
            do="Choose another folder.",
        )


def _swap(fresh: Path, target: Path) -> None:
    """Renames `fresh` to `target` and deletes the old folder once the new one is in place."""
    backup = _backup(target)
    if target.exists():
        shutil.rmtree(backup, ignore_errors=True)
        target.rename(backup)
        try:
            fresh.rename(target)
        except OSError:
            backup.rename(target)
            raise
    else:
        fresh.rename(target)
    shutil.rmtree(backup, ignore_errors=True)


def _flush(file: BinaryIO) -> None:
    """Waits until the disk has a file's content."""
    file.flush()
    if _FLUSHES[0]:
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    """Makes renames in a folder durable; Windows has no call for it and needs none."""
    if not _FLUSHES[0]:
        return
    with contextlib.suppress(OSError):
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _unwritable(error: type[InputError], path: Path, reason: OSError) -> InputError:
    return error(
        "can't be written",
        where=path,
        got=reason.strerror or reason,
        do="What was there before is unchanged; make room or choose another place.",
    )
