"""A writer: what varies between two people, and between two digits of one person.

From a way to write a digit and random numbers to pen lines. Knows no pixels.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from spritenet.sources.strokes.curves import interpolate, smooth_through

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.sources.strokes.glyphs import Way
    from spritenet.sources.strokes.noise import Noise

    Floats = NDArray[np.float32]

__all__ = ["Lines", "write"]


@dataclass(frozen=True, slots=True)
class Lines:
    """n drawings of one way: t points each, in units in which a digit is about 2 high.

    Args:
        x, y: n × t places, x to the right and y downwards.
        pressure: n × t, about 1: the pen's width there over its usual width.
        lifts: t; true where the pen is lifted before that point.
    """

    x: Floats
    y: Floats
    pressure: Floats
    lifts: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class _Shapes:
    """A way's text, parsed: k poses of p points."""

    x: Floats  # k × p
    y: Floats
    corners: Floats  # p
    strokes: tuple[slice, ...]


@cache
def _shapes(way: Way) -> _Shapes:
    xs, ys, corners, strokes = [], [], [], []
    for number, pose in enumerate(way.poses):
        at = 0
        points: list[tuple[float, float]] = []
        for stroke in pose.split("|"):
            texts = stroke.split()
            if number == 0:
                strokes.append(slice(at, at + len(texts)))
                corners += [1.0 if text.endswith("!") else 0.0 for text in texts]
            at += len(texts)
            for text in texts:
                x, y = text.rstrip("!").split(",")
                points.append((float(x), float(y)))
        xs.append([(x / 50 - 1) * way.width for x, _ in points])
        ys.append([y / 50 - 1 for _, y in points])
    return _Shapes(
        np.array(xs, np.float32),
        np.array(ys, np.float32),
        np.array(corners, np.float32),
        tuple(strokes),
    )


def write(way: Way, noise: Noise) -> Lines:
    """Write one digit for each of the noise's images."""
    shapes = _shapes(way)
    x, y = _mixed(shapes, noise)
    sloppiness = np.float32(0.4) + noise.uniform(1) * np.float32(1.1)
    _jitter(x, y, shapes, noise, sloppiness)
    _stretch_ends(x, y, shapes, noise)
    x, y = _warped(x, y, noise, sloppiness)
    x, y = _slanted(x, y, noise)
    sharpness = np.float32(1.15) * noise.uniform(1)
    corners = np.minimum(sharpness, np.float32(1)) * shapes.corners
    pressure = _pressure(x.shape, noise)
    lines_x, lines_y, lines_p, lifts = [], [], [], []
    for stroke in shapes.strokes:
        line_x, line_y = smooth_through(x[:, stroke], y[:, stroke], corners[:, stroke])
        lines_x.append(line_x)
        lines_y.append(line_y)
        lines_p.append(interpolate(pressure[:, stroke]))
        lifts += [True] + [False] * (line_x.shape[1] - 1)
    return Lines(
        np.concatenate(lines_x, axis=1),
        np.concatenate(lines_y, axis=1),
        np.concatenate(lines_p, axis=1),
        np.array(lifts),
    )


def _mixed(shapes: _Shapes, noise: Noise) -> tuple[Floats, Floats]:
    """A mixture of the poses, sometimes a little beyond them."""
    poses = shapes.x.shape[0]
    share = noise.uniform(poses)
    share = share * share
    total = share[:, 0].copy()
    for k in range(1, poses):
        total = total + share[:, k]
    share = share / total[:, None]
    middle = np.float32(1 / poses)
    share = middle + np.float32(1.2) * (share - middle)
    x = share[:, :1] * shapes.x[0]
    y = share[:, :1] * shapes.y[0]
    for k in range(1, poses):
        x += share[:, k : k + 1] * shapes.x[k]
        y += share[:, k : k + 1] * shapes.y[k]
    return x, y


def _jitter(x: Floats, y: Floats, shapes: _Shapes, noise: Noise, sloppiness: Floats) -> None:
    """Move every point a little, neighbours together, and every stroke as a whole. In place."""
    n, points = x.shape
    for axis in (x, y):
        shake = noise.normal(points) * (np.float32(0.06) * sloppiness)
        together = noise.normal(len(shapes.strokes)) * (np.float32(0.06) * sloppiness)
        for number, stroke in enumerate(shapes.strokes):
            part = shake[:, stroke]
            smooth = part.copy()
            smooth[:, 1:] += np.float32(0.5) * part[:, :-1]
            smooth[:, :-1] += np.float32(0.5) * part[:, 1:]
            axis[:, stroke] += smooth * np.float32(0.8)
            if number:
                axis[:, stroke] += together[:, number : number + 1]


def _stretch_ends(x: Floats, y: Floats, shapes: _Shapes, noise: Noise) -> None:
    """Begin and end each stroke early or late: gaps and overshoots. In place."""
    for stroke in shapes.strokes:
        reach = noise.normal(2) * np.float32(0.14)
        first, last = stroke.start, stroke.stop - 1
        for axis in (x, y):
            start = axis[:, first] + reach[:, 0] * (axis[:, first] - axis[:, first + 1])
            axis[:, last] += reach[:, 1] * (axis[:, last] - axis[:, last - 1])
            axis[:, first] = start


def _warped(x: Floats, y: Floats, noise: Noise, sloppiness: Floats) -> tuple[Floats, Floats]:
    """Bend the paper: polynomials of second and third degree in x and y."""
    a = noise.normal(12) * (np.float32(0.075) * sloppiness)
    xx, xy, yy = x * x, x * y, y * y
    powers = (xx, xy, yy, xx * y, xy * y, yy * y)
    bent_x, bent_y = x, y
    for k, power in enumerate(powers):
        bent_x = bent_x + a[:, k : k + 1] * power
        bent_y = bent_y + a[:, k + 6 : k + 7] * power
    return bent_x, bent_y


def _slanted(x: Floats, y: Floats, noise: Noise) -> tuple[Floats, Floats]:
    """Narrow or wide, slanted, turned."""
    a = noise.normal(3)
    width = np.float32(1.0) + np.float32(0.2) * a[:, 0:1]
    slant = np.float32(0.22) + np.float32(0.28) * a[:, 1:2]
    half = np.float32(0.05) * a[:, 2:3]  # the tangent of half the angle turned
    x = width * x - slant * y
    square = half * half
    cosine = (1 - square) / (1 + square)
    sine = (half + half) / (1 + square)
    return cosine * x - sine * y, sine * x + cosine * y


def _pressure(shape: tuple[int, ...], noise: Noise) -> Floats:
    """The pen's width at each control point, about 1."""
    n, points = shape
    ends = noise.normal(2) * np.float32(0.12)
    along = np.linspace(0, 1, points, dtype=np.float32)
    trend = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * along
    return 1 + trend + noise.normal(points) * np.float32(0.08)
