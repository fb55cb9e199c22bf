"""The ending of a name that is written to: one that promises another kind of file is a slip."""

from __future__ import annotations

from pathlib import Path

from spritenet.errors import InputError

__all__ = ["check_ending"]

# A line for images, one for tables and pages, one for models and archives.
# fmt: off
OF_FILES = frozenset({
    ".bmp", ".gif", ".jpeg", ".jpg", ".pdf", ".png", ".svg", ".tif", ".tiff", ".webp",
    ".csv", ".htm", ".html", ".json", ".npy", ".npz", ".parquet",
    ".gz", ".h5", ".keras", ".onnx", ".pt", ".pth", ".tar", ".tflite", ".tgz", ".zip",
})
# fmt: on
"""Endings that say what a file is. Others, as in `digits-1.5`, are parts of a name."""


def check_ending(out: Path, *fit: str, folder: bool = True) -> None:
    """Refuses the name of another kind of file, before anything is done.

    Args:
        out: the name that was typed.
        fit: the endings that fit what will be written.
        folder: whether it may be a folder, so that a name without an ending is right as well.

    Raises:
        InputError: other programs would take what is written for something else.
    """
    ending = out.suffix.lower()
    if ending not in OF_FILES or ending in fit:
        return
    right = [f"a name that ends in {' or '.join(fit)}"] if fit else []
    right += ["the name of a folder"] if folder else []
    raise InputError(
        f"{ending} is the ending of another kind of file",
        where=out,
        expected=", or ".join(right),
    )
