"""The C functions of operations: files in `kernels/`, put together without repetition.

A file includes the files that it needs. A function that reads the image is a copy of its file whose
names end in `_image` and whose input is uint8.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files

from spritenet.export.c.functions import MERGES, function_text

__all__ = ["image_name", "kernel_texts"]

_INCLUDE = re.compile(r'^#include "(\w+)\.c"\n', re.MULTILINE)
_FUNCTION = re.compile(r"^static (?:struct )?\w+\*? (\w+)\(", re.MULTILINE)


def image_name(function: str) -> str:
    """The name of the function that reads the image."""
    return f"{function}_image"


def kernel_texts(folder: str, names: list[str], value_type: str = "float") -> list[str]:
    """Returns the definitions of functions, each after those that it needs.

    Args:
        folder: of the files, in `kernels/`.
        names: the functions, in any order; those ending in `_image` read the image.
        value_type: the type of values, which the image's replaces in such functions.
    """
    found: dict[str, str] = {}
    for name in names:
        plain = name.removesuffix("_image")
        if plain.removesuffix("_broadcast") in MERGES or plain.startswith("apply_"):
            for text in function_text(plain):
                found.setdefault(text, text)
            continue
        *needed, own = _files(folder, plain)
        if name != plain:
            own = _reading_image(own, value_type)
        for text in (*needed, own):
            found.setdefault(text, text)
    return list(found.values())


@cache
def _files(folder: str, name: str) -> tuple[str, ...]:
    """Returns the texts of the files that a file includes, and its own last."""
    text = (files(__package__) / "kernels" / folder / f"{name}.c").read_text(encoding="utf-8")
    needed = [part for other in _INCLUDE.findall(text) for part in _files(folder, other)]
    return (*dict.fromkeys(needed), _INCLUDE.sub("", text).strip() + "\n")


def _reading_image(text: str, value_type: str) -> str:
    """Returns functions whose input `x` is the image, under other names."""
    for name in _FUNCTION.findall(text):
        text = re.sub(rf"\b{name}\b", image_name(name), text)
    return re.sub(rf"\bconst {value_type}\* (x|from|pixel)\b", r"const uint8_t* \1", text)
