"""Refusals: what is said of a name or path that leads to no data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from spritenet.errors import DataError, InputError
from spritenet.sources.catalog import CATALOG

__all__ = ["no_labels", "unknown", "unrecognised"]


def no_labels(path: Path) -> InputError:
    """A PNG that needs a word on its images and labels."""
    return InputError(
        "the PNG is no sprite: it does not say how large its images are, nor what they show",
        where=path,
        do="Pass image_size and labels (--image-size 28x28 --labels FILE).",
    )


def unknown(given: str) -> DataError:
    """No such name and no such path: what was probably meant."""
    import difflib

    names = ", ".join(CATALOG)
    nearest = difflib.get_close_matches(given.lower(), CATALOG, n=1)
    return DataError(
        "there is no file or folder of this name, nor a data set in the catalog",
        where=repr(given),
        expected=f"a path or one of {names}",
        do=f"Did you mean {nearest[0]}?" if nearest else "",
    )


def unrecognised(path: Path, known: Sequence[str]) -> DataError:
    """A path in which there is nothing known."""
    got = "an empty file" if path.is_file() and not path.stat().st_size else "another file"
    if path.is_dir():
        names = sorted(found.name for found in path.iterdir())
        few = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        got = few or "an empty folder"
    expected = ", ".join(known)
    return DataError("holds no data set", where=path, expected=expected, got=got)
