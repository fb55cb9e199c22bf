"""Characters that nobody knows, drawn by program: lines, arcs and corners put together by chance.

With them a model learns what is not among its classes (`spritenet.doubt`). Like the digits they
are a function of seed and index, the same on every machine.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.core.lines import draw_lines
from spritenet.sources.strokes.curves import smooth_through
from spritenet.sources.strokes.digits import BOX, SIZE
from spritenet.sources.strokes.habits import HABITS
from spritenet.sources.strokes.hand import Lines
from spritenet.sources.strokes.noise import Noise, image_keys
from spritenet.sources.strokes.paper import fit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

__all__ = ["draw_inventions"]

KINDS = (
    "3", "4", "5", "7", "22", "32", "222", "33", "2222", "43",
    "a", "a", "a2", "2a", "a2", "2a", "aa", "a3", "3a", "a22", "2a2", "8", "aaa", "332",
)  # fmt: skip
"""A character's strokes: so many points of a grid, or an arc. Each is as frequent as the others."""

ARC = 7  # points of an arc
STREAM = 3_000_000  # of chance; the digits' streams are others

# The sines of the eight parts of a right angle, 0 to 90°: exact in text, no machine's own sine.
_SINES = (0.0, 0.195090322, 0.382683432, 0.555570233, 0.707106781, 0.831469612, 0.923879533,
          0.980785280, 1.0)  # fmt: skip
_CIRCLE = np.array(
    [*_SINES, *_SINES[-2::-1], *(-s for s in _SINES[1:]), *(-s for s in _SINES[-2:0:-1])],
    np.float32,
)
"""sin(k · 11.25°) for k = 0 … 31."""


def draw_inventions(count: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """Characters 0 … count - 1 of a seed: uint8 count × 28 × 28 × 1, ink 255, placed like digits."""
    images = np.empty((count, SIZE, SIZE, 1), np.uint8)
    for number, kind in enumerate(KINDS):
        mine = np.arange(number, count, len(KINDS))
        if mine.size:
            noise = Noise(image_keys(seed, STREAM + number, mine))
            lines = _lines(kind, noise, mine.size)
            places, gains = fit(lines, noise, HABITS, BOX)
            images[mine] = draw_lines(places, lines.lifts, gains, box=BOX, size=SIZE)
    return images


def _lines(kind: str, noise: Noise, count: int) -> Lines:
    """Pen lines of n characters of a kind, about 2 high."""
    width = np.float32(0.45) + np.float32(0.65) * noise.uniform(1)
    lines_x, lines_y, lifts = [], [], []
    first: tuple[Floats, Floats] | None = None
    for stroke in kind:
        x, y = _arc(noise) if stroke == "a" else _grid(noise, int(stroke))
        if first is not None:
            _touch(x, y, first, noise)
        first = first or (x, y)
        u = noise.uniform(x.shape[1] + 1)
        corners = (u[:, 1:] < np.float32(0.9) * u[:, :1]).astype(np.float32)
        if stroke == "a":
            corners *= 0
        line_x, line_y = smooth_through(x * width * 2, y * 2, corners)
        lines_x.append(line_x)
        lines_y.append(line_y)
        lifts += [True] + [False] * (line_x.shape[1] - 1)
    x, y = np.concatenate(lines_x, axis=1), np.concatenate(lines_y, axis=1)
    return Lines(x, y, np.ones((count, x.shape[1]), np.float32), np.array(lifts))


def _grid(noise: Noise, points: int) -> tuple[Floats, Floats]:
    """So many points near those of a grid of 3 × 5 in 0 … 1, no two neighbours the same."""
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
    """A part of an ellipse, from an eighth to all of it, anywhere in 0 … 1."""
    u = noise.uniform(6)
    start, step = np.floor(u[:, :1] * 32), 1 + np.floor(u[:, 1:2] * 5)
    backwards = u[:, 2:3] < np.float32(0.5)
    along = np.arange(ARC, dtype=np.float32) * np.where(backwards, -step, step)
    place = ((start + along) % 32).astype(np.int64)
    wide = np.float32(0.25) + np.float32(0.25) * u[:, 3:4]
    high = np.where(u[:, 4:5] < np.float32(0.5), np.float32(0.5), np.float32(0.28))
    middle = np.where(u[:, 5:6] < np.float32(0.5), high, 1 - high)
    shake = noise.normal(2 * ARC) * np.float32(0.02)
    x = np.float32(0.5) + wide * _CIRCLE[(place + 8) % 32] + shake[:, :ARC]
    y = middle + high * _CIRCLE[place] + shake[:, ARC:]
    return x, y


def _touch(x: Floats, y: Floats, first: tuple[Floats, Floats], noise: Noise) -> None:
    """Often begin, or end, a later stroke on a point of the first. In place."""
    u = noise.uniform(3)
    rows = np.arange(len(x))
    point = np.floor(u[:, 0] * first[0].shape[1]).astype(np.int64)
    end = np.where(u[:, 1] < np.float32(0.5), 0, x.shape[1] - 1)
    mine = u[:, 2] < np.float32(0.6)
    for axis, own in ((x, first[0]), (y, first[1])):
        move = own[rows, point] - axis[rows, end]
        axis += np.where(mine, move, np.float32(0))[:, None]
