"""Digits: image i of a seed, as pixels and as pen paths."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from spritenet.core.lines import draw_lines
from spritenet.errors import InputError
from spritenet.sources.strokes.glyphs import GLYPH_VARIANTS
from spritenet.sources.strokes.more_glyphs import ALL_VARIANTS
from spritenet.sources.strokes.noise import Noise, image_keys
from spritenet.sources.strokes.paper import fit_to_box
from spritenet.sources.strokes.style import DEFAULT_STYLE
from spritenet.sources.strokes.writer import PenLines, write_glyphs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.sources.strokes.glyphs import GlyphVariant
    from spritenet.sources.strokes.style import HandwritingStyle

__all__ = ["BOX", "SIZE", "STREAMS", "VERSIONS", "draw_digits", "pen_paths"]

BOX, SIZE = 20, 28
"""MNIST's: the ink fits a square of 20 pixels, the image is one of 28."""

STREAMS = {"train": 0, "test": 1, "paths": 2}
"""Numbers of a seed's independent streams of images."""

VERSIONS = {1: GLYPH_VARIANTS, 2: ALL_VARIANTS}
"""The variants of each version. A version's images never change."""

_VARIANT_CHOICE, _LABEL_ORDER = 1_000_000, 2_000_000  # random streams of other purposes


def draw_digits(
    count: int,
    *,
    seed: int = 0,
    stream: int = 0,
    style: HandwritingStyle = DEFAULT_STYLE,
    version: int = 1,
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Returns images 0 … count - 1 of a stream (uint8, count × 28 × 28 × 1) and labels (int32)."""
    indices = np.arange(count)
    labels = _labels(count, seed, stream)
    images = np.empty((count, SIZE, SIZE, 1), np.uint8)
    stray = np.empty((count, 2), np.float32)
    for variant, mine in _by_variant(indices, labels, seed, stream, version):
        noise = Noise(image_keys(seed, stream, mine))
        lines = write_glyphs(variant, noise, style)
        places, gains = fit_to_box(lines, noise, style, BOX)
        images[mine] = draw_lines(places, lines.lifts, gains, box=BOX, size=SIZE)
        stray[mine] = noise.uniform(2)[:, :2]
    _move_strays(images, stray, style)
    return images, labels


def pen_paths(
    digit: int,
    count: int,
    *,
    seed: int = 0,
    style: HandwritingStyle = DEFAULT_STYLE,
    version: int = 1,
) -> tuple[tuple[NDArray[np.float32], ...], ...]:
    """Returns the strokes of drawings that are in no data set, for drawing them elsewhere.

    Args:
        digit: 0 to 9.
        count: the number of drawings.
        seed: the random seed.
        style: the variation between writers; by default that of the data set.
        version: of the ways to write, as of `strokes`.

    Returns:
        For each drawing its strokes; a stroke is a float32 array (points, 2) of x and y (downwards)
        from 0 to 1: the drawing's longer side fills the square, the other is centred.

    Raises:
        InputError: an unknown digit, or a negative count.
    """
    if digit not in range(10):
        raise InputError("unknown digit", where="digit", expected="0 to 9", got=digit)
    if count < 0:
        raise InputError("too few drawings", where="count", expected="0 or more", got=count)
    # Ten streams, one per digit, each as long as needed.
    stream = STREAMS["paths"] + digit
    drawings: list[tuple[NDArray[np.float32], ...]] = [()] * count
    labels = np.full(count, digit)
    for variant, mine in _by_variant(np.arange(count), labels, seed, stream, version):
        lines = write_glyphs(variant, Noise(image_keys(seed, stream, mine)), style)
        for index, strokes in zip(mine.tolist(), _strokes(lines), strict=True):
            drawings[index] = strokes
    return tuple(drawings)


def _strokes(lines: PenLines) -> Iterator[tuple[NDArray[np.float32], ...]]:
    """Scales the strokes of each drawing into the unit square."""
    places = np.stack([lines.x, lines.y], axis=2)
    least, most = places.min(axis=1, keepdims=True), places.max(axis=1, keepdims=True)
    longest = (most - least).max(axis=2, keepdims=True)
    places = (places - (least + most) * np.float32(0.5)) / longest + np.float32(0.5)
    starts = np.flatnonzero(lines.lifts)[1:]
    for drawing in places:
        yield tuple(np.split(drawing, starts))


def _labels(count: int, seed: int, stream: int) -> NDArray[np.int32]:
    """Returns labels of which every ten contain each digit once, shuffled."""
    places = np.arange(-(-count // 10) * 10)
    keys = image_keys(seed, stream + _LABEL_ORDER, places).reshape(-1, 10)
    return np.argsort(keys, axis=1).astype(np.int32).reshape(-1)[:count]


@cache
def _variants(digit: int, version: int) -> tuple[tuple[GlyphVariant, ...], NDArray[np.float64]]:
    """Returns a digit's variants, and the cumulative frequency of each but the last."""
    variants = tuple(variant for variant in VERSIONS[version] if variant.digit == digit)
    bounds = np.cumsum([variant.frequency for variant in variants])
    return variants, bounds[:-1] / bounds[-1]


def _by_variant(
    indices: NDArray[np.int64], labels: NDArray[np.int32], seed: int, stream: int, version: int
) -> Iterator[tuple[GlyphVariant, NDArray[np.int64]]]:
    """Chooses a variant for each image, and groups the images by variant."""
    pick = Noise(image_keys(seed, stream + _VARIANT_CHOICE, indices)).uniform(1)[:, 0]
    for digit in range(10):
        mine = np.flatnonzero(labels == digit)
        variants, bounds = _variants(digit, version)
        chosen = np.searchsorted(bounds, pick[mine], side="right")
        for number, variant in enumerate(variants):
            group = mine[chosen == number]
            if group.size:
                yield variant, group


def _move_strays(
    images: NDArray[np.uint8], u: NDArray[np.float32], style: HandwritingStyle
) -> None:
    """Shifts some of n × 28 × 28 × 1 images by a pixel, in place.

    Args:
        images: the images.
        u: n × 2, uniform random numbers from 0 to 1, for rows and columns.
        style: holds the fractions of shifted images.
    """
    half = np.float32(style.stray / 2)
    moves = (u > 1 - half).astype(int) - (u < half)
    for down, across in ((d, a) for d in (-1, 0, 1) for a in (-1, 0, 1) if d or a):
        mine = np.flatnonzero((moves[:, 0] == down) & (moves[:, 1] == across))
        before = images[mine]
        after = np.zeros_like(before)
        after[:, _part(down), _part(across)] = before[:, _part(-down), _part(-across)]
        images[mine] = after


def _part(move: int) -> slice:
    """Returns the part of a row or column that remains after a shift."""
    return slice(max(move, 0), SIZE + min(move, 0))
