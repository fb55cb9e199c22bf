"""Image sizes: parsing of "28x28", and shapes of images stored as rows of numbers."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from spritenet.errors import DataError, InputError

__all__ = ["ImageSize", "image_shape", "infer_image_shape", "parse_image_size"]

ImageSize = str | tuple[int, int]
"""Height and width: "28x28" or (28, 28)."""


def parse_image_size(given: ImageSize, where: str = "image_size") -> tuple[int, int]:
    """Returns height and width; `where` names the argument in errors.

    >>> parse_image_size("28x28")
    (28, 28)

    Raises:
        InputError: it is no size.
    """
    pair: Sequence[int] = ()
    if isinstance(given, str):
        match = re.fullmatch(r"\s*(\d{1,5})\s*[x×X,]\s*(\d{1,5})\s*", given)
        pair = (int(match[1]), int(match[2])) if match else ()
    else:
        pair = given
    if len(pair) != 2 or min(pair) < 1:
        raise InputError("invalid image size", where=where, expected="28x28", got=repr(given))
    return pair[0], pair[1]


def infer_image_shape(pixels: int, image_size: ImageSize | None) -> tuple[int, int, int] | None:
    """Returns the shape (h w c) of an image of this many numbers; None if there is none."""
    if image_size is None:
        side = math.isqrt(pixels)
        return (side, side, 1) if side > 1 and side * side == pixels else None
    height, width = parse_image_size(image_size)
    channels = pixels // (height * width)
    fits = channels in {1, 3, 4} and channels * height * width == pixels
    return (height, width, channels) if fits else None


def image_shape(pixels: int, image_size: ImageSize | None, where: object) -> tuple[int, int, int]:
    """Returns the shape (h w c) of images of this many numbers.

    Args:
        pixels: numbers in a row.
        image_size: height and width; None for squares.
        where: the file, for errors.

    Raises:
        DataError: the shape is invalid.
    """
    shape = infer_image_shape(pixels, image_size)
    if shape is not None:
        return shape
    if image_size is None:
        raise DataError(
            f"its rows have {pixels:,} pixels, which is not a square number",
            where=where,
            do="Pass the images' height and width: image_size (--image-size 28x28).",
        )
    height, width = parse_image_size(image_size)
    raise DataError(
        f"its rows have {pixels:,} pixels",
        where=where,
        expected=f"{height * width:,} for {height}×{width} images, or 3 or 4 times as many",
    )
