"""Composed pseudo-characters: stems, bars, diagonals, bowls, arches and ovals on a common grid.

Their parts meet as those of written characters do, which random strokes seldom do. They train the
out-of-distribution detector (`spritenet.ood`), and depend only on seed and index.
"""

from __future__ import annotations

from collections.abc import Callable
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
    Part = Callable[[Noise], tuple[Floats, Floats]]

__all__ = ["draw_composed_glyphs"]

COMPOSITIONS = (
    "sb", "sbb", "sbbb", "ssb", "ss", "sw", "sww", "swd", "sd", "sdd", "dd", "ddb", "ddd", "dddd",
    "os", "ob", "od", "osb", "c", "cs", "cc", "csc", "sc", "w", "wb", "ww", "bbd", "bc", "wc",
    "ws", "wd", "sbd", "bb", "bbb", "db", "dbb", "cb", "oo", "oc", "ow",
)  # fmt: skip
"""Characters by their parts, each as frequent as the others: see `_PARTS`."""

_JITTER = np.float32(0.04)  # of each control point
_STREAM = 4_000_000  # the random stream; digits and other pseudo-characters have others

# Half a turn and a whole one in steps of 30 degrees, as constants: sines are rounded differently.
_SINE = np.array([0, 0.5, 0.8660254, 1, 0.8660254, 0.5, 0], np.float32)
_COSINE = np.array([-1, -0.8660254, -0.5, 0, 0.5, 0.8660254, 1], np.float32)
_SINE_AROUND = np.concatenate([_SINE, -_SINE[1:]])
_COSINE_AROUND = np.concatenate([-_COSINE, _COSINE[1:]])

# Ends on the grid: x0, y0, x1, y1.
_LONG = np.array(
    [[0, 0, 1, 1], [1, 0, 0, 1], [0, 0, 0.5, 1], [1, 0, 0.5, 1], [0.5, 0, 0, 1], [0.5, 0, 1, 1]],
    np.float32,
)
_SHORT = np.array(
    [[0, 0.5, 1, 1], [1, 0, 0, 0.5], [0, 0, 0.5, 0.5],
     [1, 0, 0.5, 0.5], [0, 0.5, 1, 0], [0.5, 0.5, 1, 1]],
    np.float32,
)  # fmt: skip
_SPANS = np.array([[0, 0.5], [0.5, 1], [0, 1]], np.float32)


def draw_composed_glyphs(count: int, *, seed: int = 0) -> NDArray[np.uint8]:
    """Returns characters 0 … count - 1 of a seed, scaled and centred like digits.

    Returns:
        uint8, count × 28 × 28 × 1; ink is 255.
    """
    images = np.empty((count, SIZE, SIZE, 1), np.uint8)
    for number, parts in enumerate(COMPOSITIONS):
        mine = np.arange(number, count, len(COMPOSITIONS))
        if mine.size:
            noise = Noise(image_keys(seed, _STREAM + number, mine))
            lines = _lines(parts, noise)
            places, gains = fit_to_box(lines, noise, DEFAULT_STYLE, BOX)
            images[mine] = draw_lines(places, lines.lifts, gains, box=BOX, size=SIZE)
    return images


def _lines(parts: str, noise: Noise) -> PenLines:
    """Returns pen lines of one composition for each image of the noise, about 2 high."""
    width = np.float32(0.9) + noise.uniform(1)
    lines_x, lines_y, lifts = [], [], []
    for part in parts:
        x, y = _PARTS[part](noise)
        points = x.shape[1]
        shake = noise.normal(2 * points) * _JITTER
        x, y = x + shake[:, :points], y + shake[:, points:]
        line_x, line_y = smooth_through(x * width, y * 2, np.zeros_like(x))
        lines_x.append(line_x)
        lines_y.append(line_y)
        lifts += [True] + [False] * (line_x.shape[1] - 1)
    x, y = np.concatenate(lines_x, axis=1), np.concatenate(lines_y, axis=1)
    x = x - (noise.normal(1) * np.float32(0.2) + np.float32(0.05)) * (y - 1)  # a writer's slant
    return PenLines(x, y, np.ones_like(x), np.array(lifts))


def _chosen(u: Floats, choices: object) -> Floats:
    """Returns for each number from 0 to 1 one of the choices."""
    table = np.array(choices, np.float32)
    chosen: Floats = table[np.floor(u * len(table)).astype(np.int64)]
    return chosen


def _between(start: Floats, end: Floats) -> Floats:
    """Returns three points of a straight line, along one axis."""
    return np.stack([start, (start + end) * np.float32(0.5), end], axis=1)


def _stem(noise: Noise) -> tuple[Floats, Floats]:
    """An upright line at the left, the middle or the right, full height or half."""
    u = noise.uniform(3)
    x = _chosen(u[:, 0], [0, 0, 0.5, 1])
    span = _chosen(u[:, 1], [[0, 1], [0, 1], [0.5, 1], [0, 0.5]])
    lean = (u[:, 2] - np.float32(0.5)) * np.float32(0.12)
    return _between(x - lean, x + lean), _between(span[:, 0], span[:, 1])


def _bar(noise: Noise) -> tuple[Floats, Floats]:
    """A level line, full width or half."""
    u = noise.uniform(2)
    y = _chosen(u[:, 0], [0, 0.25, 0.5, 0.75, 1])
    span = _chosen(u[:, 1], [[0, 1], [0, 1], [0.5, 1], [0, 0.5]])
    return _between(span[:, 0], span[:, 1]), _between(y, y)


def _diagonal(noise: Noise) -> tuple[Floats, Floats]:
    """A straight line between two points of the grid."""
    u = noise.uniform(3)
    ends = np.where(u[:, 2:] < 0.5, _chosen(u[:, 0], _LONG), _chosen(u[:, 1], _SHORT))
    return _between(ends[:, 0], ends[:, 2]), _between(ends[:, 1], ends[:, 3])


def _bowl(noise: Noise) -> tuple[Floats, Floats]:
    """Half an ellipse that bulges to the right, or less often to the left."""
    u = noise.uniform(3)
    span = _chosen(u[:, 0], _SPANS)
    right = u[:, 1] < 0.7
    reach = np.float32(0.6) + np.float32(0.4) * u[:, 2]
    base = np.where(right, np.float32(0), np.float32(1))
    x = base[:, None] + np.where(right, reach, -reach)[:, None] * _SINE
    return x, _across(span, _COSINE)


def _arch(noise: Noise) -> tuple[Floats, Floats]:
    """Half an ellipse that bulges up or down."""
    u = noise.uniform(4)
    span = _chosen(u[:, 0], _SPANS)
    up = u[:, 1] < 0.5
    base = np.where(up, _chosen(u[:, 2], [0.5, 1]), _chosen(u[:, 2], [0, 0.5]))
    reach = np.float32(0.3) + np.float32(0.3) * u[:, 3]
    y = base[:, None] + np.where(up, -reach, reach)[:, None] * _SINE
    return _across(span, _COSINE), y


def _oval(noise: Noise) -> tuple[Floats, Floats]:
    """A closed ellipse, in the upper half, in the lower or in both."""
    u = noise.uniform(2)
    span = _chosen(u[:, 0], _SPANS)
    wide = np.float32(0.3) + np.float32(0.2) * u[:, 1]
    x = np.float32(0.5) + wide[:, None] * _SINE_AROUND
    return x, _across(span, -_COSINE_AROUND)


def _across(span: Floats, places: Floats) -> Floats:
    """Returns places from -1 to 1 as places within spans, (n, points)."""
    half = (span[:, 1:] - span[:, :1]) * np.float32(0.5)
    across: Floats = span[:, :1] + half + half * places
    return across


_PARTS: dict[str, Part] = {
    "s": _stem,
    "b": _bar,
    "d": _diagonal,
    "w": _bowl,
    "c": _arch,
    "o": _oval,
}
