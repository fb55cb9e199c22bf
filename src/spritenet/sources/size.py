"""The height and width of images, as people write them."""

from __future__ import annotations

import re
from collections.abc import Sequence

from spritenet.errors import InputError

__all__ = ["ImageSize", "size_of"]

ImageSize = str | tuple[int, int]
"""Height and width: "28x28" or (28, 28)."""


def size_of(given: ImageSize, where: str = "image_size") -> tuple[int, int]:
    """Height and width; `where` is what to call them in an error.

    >>> size_of("28x28")
    (28, 28)

    Raises:
        InputError: it isn't a size.
    """
    pair: Sequence[int] = ()
    if isinstance(given, str):
        match = re.fullmatch(r"\s*(\d{1,5})\s*[x×X,]\s*(\d{1,5})\s*", given)
        pair = (int(match[1]), int(match[2])) if match else ()
    else:
        pair = given
    if len(pair) != 2 or min(pair) < 1:
        raise InputError("this is no image size", where=where, expected="28x28", got=repr(given))
    return pair[0], pair[1]
