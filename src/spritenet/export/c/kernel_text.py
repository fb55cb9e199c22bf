"""The C functions of operations: files in `kernels/`, put together without repetition.

A file includes the files that it needs. Those in `kernels/shared` are for values of any type, and
written for float. A function in float32 that reads the image is a copy whose names end in
`_image` and whose input is uint8.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files

from spritenet.export.c.functions import MERGES, function_text

__all__ = ["image_name", "kernel_texts"]

_INCLUDE = re.compile(r'^#include "(\w+)\.c"\n', re.MULTILINE)
_FUNCTION = re.compile(r"^static (?:struct )?\w+\*? (\w+)\(", re.MULTILINE)


def image_name(function: str) -> str:
    """The name of the function that reads the image."""
    return f"{function}_image"


def kernel_texts(
    folder: str, names: Iterable[str], given: Mapping[str, str] | None = None
) -> list[str]:
    """Returns the definitions of functions, each after those that it needs.

    Args:
        folder: of the files, in `kernels/`.
        names: the functions, in any order; those ending in `_image` read the image.
        given: texts in place of files, by the files' names.
    """
    found: dict[str, None] = {}
    for name in names:
        plain = name.removesuffix("_image")
        is_generated = plain.removesuffix("_broadcast") in MERGES or plain.startswith("apply_")
        if folder == "float32" and is_generated:
            found |= dict.fromkeys(function_text(plain))
            continue
        *needed, own = _files(folder, plain, given or {})
        found |= dict.fromkeys((*needed, own if name == plain else _reading_image(own)))
    return list(found)


def _files(folder: str, name: str, given: Mapping[str, str]) -> Sequence[str]:
    """Returns the texts of the files that a file includes, and its own last."""
    text = given[name] if name in given else _read(folder, name)
    needed = [part for other in _INCLUDE.findall(text) for part in _files(folder, other, given)]
    own = _INCLUDE.sub("", text).strip()
    return (*dict.fromkeys(needed), *([f"{own}\n"] if own else []))


def _read(folder: str, name: str) -> str:
    """Returns the text of a file; of a shared one with the type of values."""
    kernels = files(__package__) / "kernels"
    own = kernels / folder / f"{name}.c"
    if own.is_file():
        return own.read_text(encoding="utf-8")
    text = (kernels / "shared" / f"{name}.c").read_text(encoding="utf-8")
    return text if folder == "float32" else re.sub(r"\bfloat\b", f"{folder}_t", text)


def _reading_image(text: str) -> str:
    """Returns functions whose input is the image, under other names."""
    for name in _FUNCTION.findall(text):
        text = re.sub(rf"\b{name}\b", image_name(name), text)
    return re.sub(r"\bconst float\* (x|from|pixel)\b", r"const uint8_t* \1", text)
