"""Perturbations of uint8 images n h w c that should not change their class.

Pixels beyond the edge repeat the edge. Directions and noise differ from image to image and depend
on its index alone.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["add_noise", "blur", "rotate", "shift", "thicken"]


def shift(images: NDArray[np.uint8], pixels: float) -> NDArray[np.uint8]:
    """Shifts by whole pixels: image i to the right, down, left or up, by i mod 4."""
    n = round(pixels)
    result = np.empty_like(images)
    for turn, (axis, sign) in enumerate(((2, 1), (1, 1), (2, -1), (1, -1))):
        part = images[turn::4]
        size = images.shape[axis]
        places = np.clip(np.arange(size) - sign * n, 0, size - 1)
        result[turn::4] = np.take(part, places, axis=axis)
    return result


def rotate(images: NDArray[np.uint8], degrees: float) -> NDArray[np.uint8]:
    """Rotates around the centre, anticlockwise, with linear interpolation."""
    _, height, width, channels = images.shape
    angle = math.radians(degrees)
    rows, columns = np.mgrid[:height, :width]
    y, x = rows - (height - 1) / 2, columns - (width - 1) / 2
    from_y = y * math.cos(angle) + x * math.sin(angle) + (height - 1) / 2
    from_x = x * math.cos(angle) - y * math.sin(angle) + (width - 1) / 2
    from_y, from_x = np.clip(from_y, 0, height - 1), np.clip(from_x, 0, width - 1)
    top, left = np.floor(from_y).astype(np.int64), np.floor(from_x).astype(np.int64)
    below, right = np.minimum(top + 1, height - 1), np.minimum(left + 1, width - 1)
    down, across = from_y - top, from_x - left
    # Pixels first (h·w, c·n): whole rows are copied.
    pixels = images.transpose(1, 2, 3, 0).reshape(height * width, -1).astype(np.float32)
    mixed = np.zeros_like(pixels)
    corners = (
        (top, left, (1 - down) * (1 - across)),
        (top, right, (1 - down) * across),
        (below, left, down * (1 - across)),
        (below, right, down * across),
    )
    for row, column, share in corners:
        weights = share.astype(np.float32).reshape(-1, 1)
        mixed += pixels[(row * width + column).ravel()] * weights
    return _images(mixed.reshape(height, width, channels, -1))


def add_noise(images: NDArray[np.uint8], deviation: float) -> NDArray[np.uint8]:
    """Adds normal noise of a standard deviation in grey levels, with seed 0."""
    noise = np.random.default_rng(0).standard_normal(images.shape, np.float32)
    noise *= np.float32(deviation)
    noise += images
    return np.clip(np.rint(noise), 0, 255).astype(np.uint8)


def blur(images: NDArray[np.uint8], deviation: float) -> NDArray[np.uint8]:
    """Blurs with a Gaussian of a standard deviation in pixels."""
    if deviation <= 0:
        return images
    _, height, width, channels = images.shape
    down, across = _gaussian(height, deviation), _gaussian(width, deviation)
    # One product an axis, which comes first: many small ones would wait for each other's threads.
    rows = images.transpose(1, 2, 3, 0).astype(np.float32).reshape(height, -1)
    mixed = (down @ rows).reshape(height, width, channels, -1).swapaxes(0, 1)
    columns = across @ mixed.reshape(width, -1)
    return _images(columns.reshape(width, height, channels, -1).swapaxes(0, 1))


def _gaussian(size: int, deviation: float) -> NDArray[np.float32]:
    """Returns the weight of each old pixel in each new one, (size, size); the edge is repeated."""
    reach = math.ceil(3 * deviation)
    offsets = np.arange(-reach, reach + 1)
    weights = np.exp(-0.5 * (offsets / deviation) ** 2)
    weights /= weights.sum()
    matrix = np.zeros((size, size))
    for offset, weight in zip(offsets.tolist(), weights.tolist(), strict=True):
        sources = np.clip(np.arange(size) + offset, 0, size - 1)
        np.add.at(matrix, (np.arange(size), sources), weight)
    return matrix.astype(np.float32)


def thicken(images: NDArray[np.uint8], pixels: float) -> NDArray[np.uint8]:
    """Grows the foreground, which differs from the edge in brightness; shrinks it if negative.

    Grey dilation or erosion with a cross of 3×3 pixels, once for each pixel.
    """
    edge = np.concatenate([images[:, [0, -1]].ravel(), images[:, :, [0, -1]].ravel()])
    grow_light = bool(np.median(edge) < 128) if edge.size else True
    choose = np.maximum if (pixels > 0) == grow_light else np.minimum
    result = images
    for _ in range(abs(round(pixels))):
        grown = result.copy()
        for axis in (1, 2):
            low, high = [slice(None)] * 4, [slice(None)] * 4
            low[axis], high[axis] = slice(None, -1), slice(1, None)
            a, b = tuple(low), tuple(high)
            choose(grown[a], result[b], out=grown[a])
            choose(grown[b], result[a], out=grown[b])
        result = grown
    return result


def _images(values: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Rounds values h w c n to images n h w c."""
    pixels = np.clip(np.rint(values), 0, 255).astype(np.uint8)
    return np.ascontiguousarray(pixels.transpose(3, 0, 1, 2))
