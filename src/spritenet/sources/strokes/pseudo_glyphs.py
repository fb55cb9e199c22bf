"""Pseudo-characters: random combinations of lines, arcs and corners.

They train the out-of-distribution detector (`spritenet.ood`). Like the digits, they depend only on
seed and index.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spritenet.core.lines import draw_lines
from spritenet.sources.strokes.curves import smooth_through
from spritenet.sources.strokes.digits import BOX, SIZE
from spritenet.sources.strokes.noise import Noise, image_keys
from spritenet.sources.strokes.paper import fit_to_box
from spritenet.sources.strokes.style import DEFAULT_STYLE
from spritenet.sources.strokes.writer import PenLines

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["draw_pseudo_glyphs"]

ARC = 0
"""A stroke that is part of an ellipse; other strokes are so many points of a grid."""

KINDS: tuple[tuple[int, ...], ...] = (
    (3,), (4,), (5,), (7,), (2, 2), (3, 2), (2, 2, 2), (3, 3), (2, 2, 2, 2), (4, 3), (8,),
    (3, 3, 2), (ARC,), (ARC,), (ARC, 2), (2, ARC), (ARC, 2), (2, ARC), (ARC, ARC), (ARC, 3),
    (3, ARC), (ARC, 2, 2), (2, ARC, 2), (ARC, ARC, ARC),
)  # fmt: skip
"""Characters by their strokes, each as frequent as the others."""

TANGLES: tuple[tuple[int, ...], ...] = ((14,), (22,), (ARC, ARC, ARC, ARC), (ARC,))
"""The same, with pens so thick that lines run together."""

_BLOTS = replace(DEFAULT_STYLE, fullest=2.0, thick=5.0)
_ARC_POINTS = 7
_STREAM = 3_000_000  # the random stream; the digits have others

# sin(k · 11.25°) as constants, since machines round sines differently.
_QUARTER = (0.0, 0.195090322, 0.382683432, 0.555570233, 0.707106781, 0.831469612, 0.923879533,
            0.980785280, 1.0)  # fmt: skip
_HALF = [*_QUARTER, *_QUARTER[-2:0:-1]]
_CIRCLE = np.array([*_HALF, *(-sine for sine in _HALF)], np.float32)


def draw_pseudo_glyphs(count: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """Returns characters 0 … count - 1 of a seed, scaled and centred like digits.

    Returns:
        uint8, count × 28 × 28 × 1; ink is 255.
    """
    images = np.empty((count, SIZE, SIZE, 1), np.uint8)
    kinds = [(kind, DEFAULT_STYLE) for kind in KINDS] + [(kind, _BLOTS) for kind in TANGLES]
    for number, (kind, style) in enumerate(kinds):
        mine = np.arange(number, count, len(kinds))
        if mine.size:
            noise = Noise(image_keys(seed, _STREAM + number, mine))
            lines = _lines(kind, noise)
            places, gains = fit_to_box(lines, noise, style, BOX)
            images[mine] = draw_lines(places, lines.lifts, gains, box=BOX, size=SIZE)
    return images


def _lines(kind: tuple[int, ...], noise: Noise) -> PenLines:
    """Returns pen lines of one kind of character for each image of the noise, about 2 high."""
    width = np.float32(0.9) + np.float32(1.3) * noise.uniform(1)
    lines_x, lines_y, lifts = [], [], []
    first: tuple[Floats, Floats] | None = None
    for stroke in kind:
        x, y = _grid(noise, stroke) if stroke else _arc(noise)
        if first is not None:
            _touch(x, y, first, noise)
        first = first or (x, y)
        u = noise.uniform(x.shape[1] + 1)
        corners = (u[:, 1:] < np.float32(0.9) * u[:, :1]) & (stroke != ARC)
        line_x, line_y = smooth_through(x * width, y * 2, corners.astype(np.float32))
        lines_x.append(line_x)
        lines_y.append(line_y)
        lifts += [True] + [False] * (line_x.shape[1] - 1)
    x, y = np.concatenate(lines_x, axis=1), np.concatenate(lines_y, axis=1)
    return PenLines(x, y, np.ones_like(x), np.array(lifts))


def _grid(noise: Noise, points: int) -> tuple[Floats, Floats]:
    """Returns points near those of a 3 × 5 grid in 0 … 1, with neighbours all different."""
    u = noise.uniform(2 * points)
    column, row = np.floor(u[:, :points] * 3), np.floor(u[:, points:] * 5)
    for k in range(1, points):
        still = (column[:, k] == column[:, k - 1]) & (row[:, k] == row[:, k - 1])
        row[still, k] = (row[still, k] + 2) % 5
    shake = noise.normal(2 * points)
    x = column * np.float32(0.5) + np.float32(0.08) * shake[:, :points]
    y = row * np.float32(0.25) + np.float32(0.06) * shake[:, points:]
    return x, y


def _arc(noise: Noise) -> tuple[Floats, Floats]:
    """Returns an arc of an ellipse, from a fifth to nearly all, full height or in one half."""
    u = noise.uniform(6)
    start, step = np.floor(u[:, :1] * 32), 1 + np.floor(u[:, 1:2] * 5)
    along = np.arange(_ARC_POINTS, dtype=np.float32) * np.where(u[:, 2:3] < 0.5, -step, step)
    place = ((start + along) % 32).astype(np.int64)
    wide = np.float32(0.25) + np.float32(0.25) * u[:, 3:4]
    high = np.where(u[:, 4:5] < 0.5, np.float32(0.5), np.float32(0.28))
    middle = np.where(u[:, 5:6] < 0.5, high, 1 - high)
    shake = noise.normal(2 * _ARC_POINTS) * np.float32(0.02)
    x = np.float32(0.5) + wide * _CIRCLE[(place + 8) % 32] + shake[:, :_ARC_POINTS]
    y = middle + high * _CIRCLE[place] + shake[:, _ARC_POINTS:]
    return x, y


def _touch(x: Floats, y: Floats, first: tuple[Floats, Floats], noise: Noise) -> None:
    """Moves most later strokes so that they begin or end on a point of the first, in place."""
    u = noise.uniform(3)
    rows = np.arange(len(x))
    point = np.floor(u[:, 0] * first[0].shape[1]).astype(np.int64)
    end = np.where(u[:, 1] < 0.5, 0, x.shape[1] - 1)
    mine = (u[:, 2] < 0.6)[:, None]
    x += np.where(mine, (first[0][rows, point] - x[rows, end])[:, None], np.float32(0))
    y += np.where(mine, (first[1][rows, point] - y[rows, end])[:, None], np.float32(0))
