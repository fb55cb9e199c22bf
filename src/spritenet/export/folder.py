"""A folder that appears whole or not at all.

The files are written and flushed in a new folder beside the target, which then takes its place. A
crash or a full disk at any moment leaves the old folder or the new one, never a mixture.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Mapping
from pathlib import Path

from spritenet.destination import local_only
from spritenet.errors import ModelError
from spritenet.training.disk import flush_folder

__all__ = ["existing", "replace"]

# What may be thrown away when a model takes the place of an older one: our two files, and the
# shards that TensorFlow.js and its converter write beside model.json.
OURS = re.compile(r"model\.json|weights\.bin|group\d+-shard\d+of\d+(\.bin)?")


def replace(target: Path, files: Mapping[str, bytes]) -> None:
    """Make `target` a folder that holds exactly these files, by their names.

    An older model there is replaced; any other file there is a reason to refuse.

    Raises:
        ModelError: the place is taken by something else, or the disk refuses. Nothing is changed.
    """
    target = Path(os.path.realpath(local_only(target)))
    _refuse_strangers(target)
    fresh = target.with_name(f".{target.name}.{secrets.token_hex(4)}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh.mkdir()
        for name, data in files.items():
            _write(fresh / name, data)
        flush_folder(fresh)
        _swap(fresh, target)
        flush_folder(target.parent)
    except OSError as error:
        raise ModelError(
            f"the model can't be saved: {error.strerror or error}",
            where=target,
            do="What was there before is unchanged; make room or choose another folder.",
        ) from error
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def existing(folder: Path) -> Path:
    """Where the files of `folder` are: there, or beside it if a replacement was cut off midway."""
    set_aside = _set_aside(folder)
    return set_aside if not folder.exists() and set_aside.exists() else folder


def _set_aside(target: Path) -> Path:
    """Where the old folder waits during the two renames of a replacement."""
    whole = target if target.is_absolute() else Path.cwd() / target
    if whole.name in ("", ".."):
        whole = whole.resolve()  # these are no names to put anything beside
    return whole.with_name(f".{whole.name}.old") if whole.name else whole


def _refuse_strangers(target: Path) -> None:
    """Raise ModelError unless `target` is free, an empty folder, or an older model."""
    if not target.exists():
        return
    here = Path.cwd().resolve()
    if here == target or target in here.parents:
        raise ModelError(
            "the working directory can't be replaced",
            where=target,
            do="Choose another folder, or type cd .. and name this one.",
        )
    if not target.is_dir():
        raise ModelError("it is a file, not a folder", where=target, do="Choose another name.")
    strangers = sorted(path.name for path in target.iterdir() if not OURS.fullmatch(path.name))
    if strangers:
        raise ModelError(
            f"the folder holds other files ({', '.join(strangers[:3])})",
            where=target,
            expected="a new or empty folder, or an older model to replace",
            do="Choose another folder.",
        )


def _write(path: Path, data: bytes) -> None:
    """Write a new file and wait until the disk has it."""
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _swap(fresh: Path, target: Path) -> None:
    """Rename `fresh` to `target`, keeping what was there until the new one is in place."""
    if not target.exists():
        fresh.rename(target)
        shutil.rmtree(_set_aside(target), ignore_errors=True)
        return
    old = _set_aside(target)
    shutil.rmtree(old, ignore_errors=True)
    target.rename(old)
    try:
        fresh.rename(target)
    except OSError:
        old.rename(target)
        raise
    shutil.rmtree(old, ignore_errors=True)
