"""Ink of a drawn character: found in an image, and placed light on black as in MNIST.

All arithmetic is in whole numbers, so that the JavaScript twin gives the same bytes. The steps
and their reasons are in docs/reference/prepare.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.prepare.resample import area_mean, coverage

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["find_ink", "place_ink"]

TILES = 8  # along a side, in each of which the paper's brightness is measured
FAINTEST = 24  # grey levels between paper and ink, under which there is no ink
BOX_LEVEL = 48  # ink counts for the box from here on, of 255


def find_ink(grey: NDArray[np.uint8]) -> NDArray[np.uint8] | None:
    """Extracts the ink of a drawing, dark on light or light on dark.

    Args:
        grey: h × w.

    Returns:
        h × w, 0 for paper and 255 for full ink; None if there is none.
    """
    ink_high = 255 - grey if _is_dark_on_light(grey) else grey
    over = np.maximum(ink_high.astype(np.int64) - _paper(ink_high), 0)
    return _stretch_contrast(over)


def _is_dark_on_light(grey: NDArray[np.uint8]) -> bool:
    """Returns whether the strongest contrast to the image's frame is darker than the frame."""
    h, w = grey.shape
    frame = max(1, min(h, w) // 16)
    inner = grey[frame : h - frame, frame : w - frame]
    counts = _histogram(grey) - _histogram(inner)
    paper = _median(counts)
    levels = np.arange(256) - paper
    weight = _histogram(grey) * levels * levels
    return int(weight[:paper].sum()) >= int(weight[paper:].sum())


def _paper(ink_high: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Returns the paper's level at each pixel of an h × w image: a smooth surface."""
    h, w = ink_high.shape
    rows, columns = min(TILES, -(-h // 3)), min(TILES, -(-w // 3))
    levels = np.empty((rows, columns), np.int64)
    for i in range(rows):
        for j in range(columns):
            tile = ink_high[
                i * h // rows : (i + 1) * h // rows, j * w // columns : (j + 1) * w // columns
            ]
            levels[i, j] = np.sort(tile, axis=None)[tile.size // 4]
    # A tile full of ink takes its neighbours' level.
    wide = np.pad(levels, 1, mode="edge")
    around = [wide[i : i + rows, j : j + columns] for i in range(3) for j in range(3)]
    lowest = np.minimum.reduce(around)
    down, across = _tile_weights(h, rows), _tile_weights(w, columns)
    sums = (down @ lowest.astype(np.float64) @ across.T).astype(np.int64)
    paper: NDArray[np.int64] = (sums + 2 * h * w) // (4 * h * w)
    return paper


def _tile_weights(pixels: int, tiles: int) -> NDArray[np.float64]:
    """Returns each tile's weight at each pixel, of 2 · pixels, linear between centres."""
    # Twice the distance, in tiles · pixels, from the first tile's middle.
    place = (2 * np.arange(pixels, dtype=np.int64) + 1) * tiles - pixels
    place = np.clip(place, 0, 2 * pixels * (tiles - 1))[:, None]
    middles = 2 * pixels * np.arange(tiles, dtype=np.int64)[None, :]
    weights: NDArray[np.int64] = np.maximum(2 * pixels - np.abs(place - middles), 0)
    return weights.astype(np.float64)


def _stretch_contrast(over: NDArray[np.int64]) -> NDArray[np.uint8] | None:
    """Stretches levels so that the paper's noise is 0 and typical ink is 255."""
    counts = _histogram(over)
    full = _typical_ink(counts, over.size // 2000)
    noise = min(4 * _median(counts), full // 2)
    if full - noise < FAINTEST:
        return None
    return _rescale(over, noise, full)


def _rescale(levels: NDArray[np.int64], low: int, high: int) -> NDArray[np.uint8]:
    """Maps `low` to 0 and `high` to 255, rounded half up and clipped."""
    span = high - low
    return np.clip(((levels - low) * 255 + span // 2) // span, 0, 255).astype(np.uint8)


def _typical_ink(counts: NDArray[np.int64], outliers: int) -> int:
    """Returns the median level of the pixels with more than half of the strongest ink.

    Args:
        counts: pixels of each level, 0 to 255.
        outliers: the number of strongest pixels that are ignored.
    """
    above = np.cumsum(counts[::-1])[::-1]
    strongest = int(np.flatnonzero(above > outliers)[-1])
    strong = counts.copy()
    strong[: strongest // 2 + 1] = 0
    return _median(strong) if strong.any() else 0


def _median(counts: NDArray[np.int64]) -> int:
    """Returns the lower median of a histogram."""
    below = np.cumsum(counts)
    return int(np.flatnonzero(2 * below >= below[-1])[0])


def _histogram(levels: NDArray[np.uint8] | NDArray[np.int64]) -> NDArray[np.int64]:
    return np.bincount(levels.reshape(-1), minlength=256).astype(np.int64)


def place_ink(ink: NDArray[np.uint8], height: int, width: int) -> NDArray[np.uint8]:
    """Scales and moves ink as in MNIST: a box of 20/28, its centre of mass in the middle.

    Args:
        ink: h × w, with some ink.
        height: of the result.
        width: of the result.

    Returns:
        height × width.
    """
    strong = ink >= BOX_LEVEL
    rows, columns = np.flatnonzero(strong.any(axis=1)), np.flatnonzero(strong.any(axis=0))
    tall, wide = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
    longest = max(tall, wide)
    box = max(1, (min(height, width) * 20 + 14) // 28)
    down = _axis_coverage(ink.sum(axis=1, dtype=np.int64), int(rows[0]), tall, longest, box, height)
    across = _axis_coverage(
        ink.sum(axis=0, dtype=np.int64), int(columns[0]), wide, longest, box, width
    )
    placed = area_mean(ink, down, across, longest * longest)
    full = _typical_ink(_histogram(placed), 0)
    return _rescale(placed.astype(np.int64), 0, full) if full else placed


def _axis_coverage(
    masses: NDArray[np.int64], first: int, extent: int, longest: int, box: int, size: int
) -> NDArray[np.float64]:
    """Returns the coverage of `size` pixels along one axis; the character begins on a whole pixel.

    Args:
        masses: ink in each row (or column) of the source.
        first: the first row of the character.
        extent: the number of its rows.
        longest: the number of rows that become `box` pixels.
        box: see there.
        size: pixels of the result.
    """
    mass = int(masses.sum())
    twice = int((masses * (2 * (np.arange(masses.size) - first) + 1)).sum())
    # (size + 1) / 2 is the middle of pixel number 14 of 28, where MNIST has it; rounded half up.
    offset = ((size + 2) * mass * longest - twice * box) // (2 * mass * longest)
    offset = min(max(offset, 0), size - -(-extent * box // longest))
    return coverage(first * box - offset * longest, longest, size, box, masses.size)
