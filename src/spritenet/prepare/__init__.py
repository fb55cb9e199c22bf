"""Preparation: an image of any size → a model's input, as the model's metadata say.

    preparation.py   Preparation: the value in the metadata
    inference.py     the preparation that fits a data set
    resample.py      resizing by area
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
from spritenet.prepare.preparation import Preparation, preparation_of
from spritenet.prepare.resample import resize, shrink

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Preparation", "infer_preparation", "preparation_of", "prepare", "with_channels"]

LARGEST_SIDE = 1024
"""Larger images are shrunk by a whole factor before anything else."""


def prepare(image: NDArray[np.uint8], preparation: Preparation) -> NDArray[np.uint8]:
    """Converts an image to a model's input.

    Args:
        image: uint8, h × w × c with 1 (grey), 3 (red, green, blue) or 4 channels (and opacity),
            or h × w.
        preparation: of the model.

    Returns:
        uint8 of `preparation.shape`. In mode "digit" it is all zeros exactly if there is no ink.

    Raises:
        DataError: it isn't such an array.
    """
    if image.ndim == 2:
        image = image[:, :, None]
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] not in {1, 3, 4}:
        raise DataError(
            "not an image",
            expected="uint8, height × width × 1, 3 or 4",
            got=f"{image.dtype}, {' × '.join(map(str, image.shape))}",
        )
    if 0 in image.shape:
        raise DataError("the image has no pixels", got=" × ".join(map(str, image.shape)))
    image = shrink(image, LARGEST_SIDE)
    if preparation.mode == "digit":
        return _digit(image, preparation)
    image = with_channels(image, preparation.channels, preparation.background)
    if preparation.mode == "stretch":
        return resize(image, preparation.height, preparation.width)
    if preparation.mode == "crop":
        return resize(_crop(image, preparation), preparation.height, preparation.width)
    return _fit(image, preparation)


def _digit(image: NDArray[np.uint8], preparation: Preparation) -> NDArray[np.uint8]:
    grey = _grey(image)
    if image.shape[2] == 4:
        grey = _on_paper(grey, image[:, :, 3])
    ink = find_ink(grey)
    if ink is None:
        return np.zeros(preparation.shape, np.uint8)
    return place_ink(ink, preparation.height, preparation.width)[:, :, None]


def _grey(image: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Returns the brightness of an h × w × c image, h × w, without its opacity."""
    if image.shape[2] == 1:
        return image[:, :, 0]
    red, green, blue = (image[:, :, k].astype(np.int64) for k in range(3))
    # ITU-R BT.601, in 1/65536, as Pillow has it.
    return ((19595 * red + 38470 * green + 7471 * blue + 32768) >> 16).astype(np.uint8)


def _blend(colour: NDArray[np.uint8], opacity: NDArray[np.uint8], behind: int) -> NDArray[np.uint8]:
    """Blends a transparent colour over a background of one brightness."""
    alpha = opacity.astype(np.int64)
    return ((colour * alpha + behind * (255 - alpha) + 127) // 255).astype(np.uint8)


def _on_paper(grey: NDArray[np.uint8], opacity: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Blends a transparent drawing over white paper, or over black if the ink is light."""
    alpha = opacity.astype(np.int64)
    is_dark = 2 * int((grey * alpha).sum()) < 255 * int(alpha.sum())
    return _blend(grey, opacity, 255 if is_dark else 0)


def with_channels(
    image: NDArray[np.uint8], channels: int, background: int = 0
) -> NDArray[np.uint8]:
    """Converts an h × w × c image to 1, 3 or 4 channels.

    Without an opacity channel, the background shows where it is transparent.
    """
    has = image.shape[2]
    if channels == has:
        return image
    colour = image[:, :, :3]
    if has == 4:
        colour = _blend(colour, image[:, :, 3:], background)
    if channels == 1:
        return _grey(colour)[:, :, None]
    if has == 1:
        colour = np.repeat(colour, 3, axis=2)
    if channels == 3:
        return colour
    opaque = np.full((*image.shape[:2], 1), 255, np.uint8)
    return np.concatenate([colour, opaque], axis=2)


def _crop(image: NDArray[np.uint8], preparation: Preparation) -> NDArray[np.uint8]:
    """Crops the largest centred part with the input's aspect ratio, in whole pixels."""
    h, w, _ = image.shape
    height, width = preparation.height, preparation.width
    if h * width > w * height:  # too tall
        tall = max(1, (2 * w * height + width) // (2 * width))
        top = (h - tall) // 2
        return image[top : top + tall]
    wide = max(1, (2 * h * width + height) // (2 * height))
    left = (w - wide) // 2
    return image[:, left : left + wide]


def _fit(image: NDArray[np.uint8], preparation: Preparation) -> NDArray[np.uint8]:
    """Fits the whole image into the input, centred, in whole pixels."""
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
    result[top : top + tall, left : left + wide] = resize(image, tall, wide)
    return result
