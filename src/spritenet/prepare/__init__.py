"""A picture of any size → a model's input, the way the model's metadata says.

    preparation.py   Preparation: the value in the metadata
    inference.py     the preparation that fits a data set
    resample.py      making pictures smaller and larger, by area
    ink.py           mode "digit": finding ink, and placing it as in MNIST

It knows arrays of pixels, never a file or a network. All of it is arithmetic in whole numbers:
docs/reference/prepare.md describes it so that another program gives the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import DataError
from spritenet.prepare.inference import infer_preparation
from spritenet.prepare.ink import find_ink, place_ink
from spritenet.prepare.preparation import Preparation
from spritenet.prepare.resample import reduced, stretched

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Preparation", "infer_preparation", "prepare", "with_channels"]

LARGEST_SIDE = 1024
"""Larger pictures are made smaller by a whole factor before anything else."""


def prepare(image: NDArray[np.uint8], preparation: Preparation) -> NDArray[np.uint8]:
    """Make a picture a model's input.

    Args:
        image: uint8, h × w × c with 1 (grey), 3 (red, green, blue) or 4 channels (and opacity),
            or h × w.
        preparation: what the model wants.

    Returns:
        uint8 of `preparation.shape`. In mode "digit" it is all zeros exactly if there is no ink.

    Raises:
        DataError: it is no such array.
    """
    if image.ndim == 2:
        image = image[:, :, None]
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in {1, 3, 4}:
        raise DataError(
            "this is no picture",
            expected="uint8, height × width × 1, 3 or 4",
            got=f"{image.dtype}, {' × '.join(map(str, image.shape))}",
        )
    if 0 in image.shape:
        raise DataError("the picture has no pixels", got=" × ".join(map(str, image.shape)))
    image = reduced(image, LARGEST_SIDE)
    if preparation.mode == "digit":
        return _digit(image, preparation)
    image = with_channels(image, preparation.channels, preparation.background)
    if preparation.mode == "stretch":
        return stretched(image, preparation.height, preparation.width)
    if preparation.mode == "crop":
        return stretched(_middle(image, preparation), preparation.height, preparation.width)
    return _with_bars(image, preparation)


def _digit(image: NDArray[np.uint8], preparation: Preparation) -> NDArray[np.uint8]:
    grey = _grey(image)
    if image.shape[2] == 4:
        grey = _on_paper(grey, image[:, :, 3])
    ink = find_ink(grey)
    if ink is None:
        return np.zeros(preparation.shape, np.uint8)
    return place_ink(ink, preparation.height, preparation.width)[:, :, None]


def _grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """An h × w × c picture's brightness, h × w; opacity is left out."""
    if image.shape[2] == 1:
        return image[:, :, 0]
    red, green, blue = (image[:, :, k].astype(np.int64) for k in range(3))
    # ITU-R BT.601, in 1/65536, as Pillow has it.
    return ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16).astype(np.uint8)


def _over(colour: NDArray[np.uint8], opacity: NDArray[np.uint8], behind: int) -> NDArray[np.uint8]:
    """What is seen of a half-transparent colour before something of one brightness."""
    alpha = opacity.astype(np.int64)
    return ((colour * alpha + behind * (255 - alpha) + 127) // 255).astype(np.uint8)


def _on_paper(grey: NDArray[np.uint8], opacity: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A transparent drawing on white paper, or on black if what is drawn is light."""
    alpha = opacity.astype(np.int64)
    is_dark = 2 * int((grey * alpha).sum()) < 255 * int(alpha.sum())
    return _over(grey, opacity, 255 if is_dark else 0)


def with_channels(
    image: NDArray[np.uint8], channels: int, background: int = 0
) -> NDArray[np.uint8]:
    """An h × w × c picture with as many channels as wanted: 1, 3 or 4.

    Where it is transparent and no opacity is wanted, the background shows.
    """
    has = image.shape[2]
    if channels == has:
        return image
    colour = image[:, :, :3]
    if has == 4:
        colour = _over(colour, image[:, :, 3:], background)
    if channels == 1:
        return _grey(colour)[:, :, None]
    if has == 1:
        colour = np.repeat(colour, 3, axis=2)
    if channels == 3:
        return colour
    opaque = np.full((*image.shape[:2], 1), 255, np.uint8)
    return np.concatenate([colour, opaque], axis=2)


def _middle(image: NDArray[np.uint8], preparation: Preparation) -> NDArray[np.uint8]:
    """The largest part in the middle that has the input's proportions, in whole pixels."""
    h, w, _ = image.shape
    height, width = preparation.height, preparation.width
    if h * width > w * height:  # too tall
        tall = max(1, (2 * w * height + width) // (2 * width))
        top = (h - tall) // 2
        return image[top : top + tall]
    wide = max(1, (2 * h * width + height) // (2 * height))
    left = (w - wide) // 2
    return image[:, left : left + wide]


def _with_bars(image: NDArray[np.uint8], preparation: Preparation) -> NDArray[np.uint8]:
    """The whole picture in the middle of the input, in whole pixels."""
    h, w, channels = image.shape
    height, width = preparation.height, preparation.width
    tall, wide = height, width
    if h * width > w * height:  # too tall
        wide = max(1, (2 * w * height + h) // (2 * h))
    else:
        tall = max(1, (2 * h * width + w) // (2 * w))
    result = np.full((height, width, channels), preparation.background, np.uint8)
    result[:, :, 3:] = 255
    top, left = (height - tall) // 2, (width - wide) // 2
    result[top : top + tall, left : left + wide] = stretched(image, tall, wide)
    return result
