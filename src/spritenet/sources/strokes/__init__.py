"""`strokes`: handwriting drawn by program, so that everything works offline and is nobody's.

Pen paths (`glyphs`) are varied as writers vary (`hand`, with chance from `noise`), made smooth
(`curves`) and inked (`raster`) with MNIST's own preparation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import DataError
from spritenet.sources.strokes.glyphs import WAYS
from spritenet.sources.strokes.hand import Lines, write
from spritenet.sources.strokes.noise import Noise, image_keys
from spritenet.sources.strokes.raster import UNIT, draw_lines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.dataset import Dataset

__all__ = ["draw_digits", "strokes"]

BOX, SIZE = 20, 28


def strokes(train: int = 20_000, test: int = 2_000, seed: int = 0) -> Dataset:
    """The drawn digits as a data set: splits `train` and `test`, 28×28×1, classes "0" to "9".

    Image i of a split depends on the seed and i alone: asking for more images changes none.
    """
    from spritenet.dataset import Dataset, Split

    names = tuple("0123456789")
    splits = {}
    for stream, (name, count) in enumerate((("train", train), ("test", test))):
        if count < 1:
            raise DataError(
                "too few images", where=f"strokes, {name}", expected="1 or more", got=count
            )
        images, labels = draw_digits(count, seed=seed, stream=stream)
        splits[name] = Split(images, labels, names, name)
    return Dataset(
        name="strokes",
        splits=splits,
        class_names=names,
        source=f"drawn by spritenet, seed {seed}",
        licence="Apache-2.0",
    )


def draw_digits(
    count: int, *, seed: int = 0, stream: int = 0
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Images 0 … count-1 of a stream: count × 28 × 28 × 1 uint8, and their digits, int32."""
    keys = image_keys(seed, stream, np.arange(count))
    labels = _labels(count, seed, stream)
    # Each image's own way to write its digit.
    pick = Noise(keys).uniform(1)[:, 0]
    keys = keys ^ np.uint64(0x5DEECE66D)
    images = np.empty((count, SIZE, SIZE, 1), np.uint8)
    for digit in range(10):
        mine = np.flatnonzero(labels == digit)
        ways = [way for way in WAYS if way.digit == digit]
        bounds = np.cumsum([way.share for way in ways])
        chosen = np.searchsorted(bounds[:-1] / bounds[-1], pick[mine], side="right")
        for number, way in enumerate(ways):
            rows = mine[chosen == number]
            if rows.size:
                images[rows] = _drawn(way, Noise(keys[rows]))
    return images, labels


def _labels(count: int, seed: int, stream: int) -> NDArray[np.int32]:
    """Each ten images hold each digit once, in an order of their own."""
    tens = -(-count // 10)
    keys = image_keys(seed, stream + 1_000_003, np.arange(tens * 10)).reshape(tens, 10)
    return np.argsort(keys, axis=1).astype(np.int32).reshape(-1)[:count]


def _drawn(way: object, noise: Noise) -> NDArray[np.uint8]:
    lines: Lines = write(way, noise)  # type: ignore[arg-type]
    points, gains = _fitted(lines, noise)
    return draw_lines(points, lines.lifts, gains, box=BOX, size=SIZE)


def _fitted(lines: Lines, noise: Noise) -> tuple[NDArray[np.int16], NDArray[np.int32]]:
    """Scale n drawings into the box, ink included; x, y and radius in 1/256 pixel."""
    u = noise.uniform(3)
    thickness = np.float32(0.6) + np.float32(1.5) * u[:, 0] * (
        np.float32(0.35) + np.float32(0.65) * u[:, 1]
    )
    radius = np.maximum(lines.pressure, np.float32(0.4)) * thickness[:, None]
    wide = lines.x.max(axis=1) - lines.x.min(axis=1)
    high = lines.y.max(axis=1) - lines.y.min(axis=1)
    longest = np.maximum(np.maximum(wide, high), np.float32(1e-3))
    # Two rounds: the radius at the outermost points is known only once the scale is.
    radius = np.minimum(radius, np.float32(BOX / 5))
    scale = (BOX - 2 * thickness) / longest
    for _ in range(2):
        x, y = lines.x * scale[:, None], lines.y * scale[:, None]
        left, right = (x - radius).min(axis=1), (x + radius).max(axis=1)
        top, bottom = (y - radius).min(axis=1), (y + radius).max(axis=1)
        span = np.maximum(right - left, bottom - top)
        scale = scale + (BOX - span) / longest
    x, y = lines.x * scale[:, None], lines.y * scale[:, None]
    x = x - (x - radius).min(axis=1)[:, None]
    y = y - (y - radius).min(axis=1)[:, None]
    points = np.stack([x, y, radius], axis=2) * np.float32(UNIT)
    points = np.clip(np.rint(points), 0, BOX * UNIT).astype(np.int16)
    gains = (np.float32(UNIT) / (np.float32(0.8) + np.float32(0.6) * u[:, 2])).astype(np.int32)
    return points, gains
