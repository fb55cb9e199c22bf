"""Image lists: conversion of lists of arrays and Pillow images to one array."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from spritenet.errors import DataError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from PIL import Image

__all__ = ["as_array", "is_pillow"]

WIDE = ("I", "F")  # Pillow's modes of more than 8 bits begin so
CHANNELS = {"L": 1, "RGB": 3, "RGBA": 4}


def as_array(images: object) -> NDArray[Any]:
    """An array of what people hold: an array, nested lists, one of Pillow's images, or many.

    Pillow's images get the fewest channels that all of them need: grey, colour, or colour with
    opacity. Palettes become their colours.

    Raises:
        DataError: images of different sizes, or what is no array at all.
    """
    if isinstance(images, np.ndarray):
        return images
    if is_pillow(images):
        one: NDArray[Any] = _stacked([cast("Image.Image", images)])[0]
        return one
    if isinstance(images, list | tuple) and images and all(map(is_pillow, images)):
        return _stacked(images)
    try:
        return np.asarray(images)
    except ValueError as error:
        raise DataError(
            "unsupported images",
            where="images",
            expected="images of one size and type",
            got=_shapes(images) or error,
            do="Give all of them one size.",
        ) from None


def _shapes(images: object) -> str:
    """The shapes that are in a list of arrays, for a message."""
    if not isinstance(images, list | tuple):
        return ""
    shapes = list(dict.fromkeys(getattr(image, "shape", None) for image in images))
    return " and ".join(map(str, shapes[:3])) if None not in shapes else ""


def is_pillow(image: object) -> bool:
    """True for a Pillow image, without importing Pillow."""
    return type(image).__module__.startswith("PIL.") and hasattr(image, "getbands")


def _stacked(images: Sequence[Image.Image]) -> NDArray[Any]:
    """Pillow's images, n h w (c)."""
    for place, image in enumerate(images):
        if image.size != images[0].size:
            (width, height), (w, h) = images[0].size, image.size
            raise DataError(
                "the images are of different sizes",
                where=f"image {place}",
                expected=f"{height}×{width} as image 0",
                got=f"{h}×{w}",
                do=f"Give all of them one size: image.resize(({width}, {height})).",
            )
    wide = [image.mode.startswith(WIDE) for image in images]
    if all(wide):
        return np.stack([np.asarray(image) for image in images])
    if any(wide):
        raise DataError(
            "some images have 8 bits and others more",
            where=f"image {wide.index(True)}",
            expected=f"mode {images[wide.index(False)].mode} as image {wide.index(False)}",
            got=f"mode {images[wide.index(True)].mode}",
        )
    mode = max(map(_mode, images), key=CHANNELS.__getitem__)
    return np.stack([np.asarray(image.convert(mode)) for image in images])


def _mode(image: Image.Image) -> str:
    """The mode of fewest channels that loses nothing of what an image's own mode can hold."""
    if image.mode in {"LA", "La", "PA", "RGBA", "RGBa"} or "transparency" in image.info:
        return "RGBA"
    return "L" if image.mode in {"1", "L"} else "RGB"
