"""Writer: pen lines of a digit, from a variant and random numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.sources.strokes.curves import interpolate, smooth_through
from spritenet.sources.strokes.shapes import shapes_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.sources.strokes.glyphs import GlyphVariant
    from spritenet.sources.strokes.noise import Noise
    from spritenet.sources.strokes.shapes import Shapes
    from spritenet.sources.strokes.style import HandwritingStyle

    Floats = NDArray[np.float32]

__all__ = ["PenLines", "write_glyphs"]


@dataclass(frozen=True, slots=True, eq=False)
class PenLines:
    """n drawings of one variant, of t points each, in units in which a digit is about 2 high.

    Args:
        x, y: float32, n × t: positions, x to the right and y downwards.
        pressure: float32, n × t, about 1: the pen's width there over its usual width.
        lifts: t; true where the pen is lifted before that point.
    """

    x: Floats
    y: Floats
    pressure: Floats
    lifts: NDArray[np.bool_]


def write_glyphs(variant: GlyphVariant, noise: Noise, style: HandwritingStyle) -> PenLines:
    """Writes one digit for each image of the noise."""
    shapes = shapes_of(variant)
    x, y = _mixed(shapes, noise, style)
    least, most = style.sloppy
    sloppiness = np.float32(least) + noise.uniform(1) * np.float32(most - least)
    _jitter(x, y, shapes, noise, style, sloppiness)
    _stretch_ends(x, y, shapes, noise, style)
    x, y = _bent(x, y, noise, np.float32(style.bend) * sloppiness)
    x, y = _slanted(x, y, noise, style)
    sharpness = np.minimum(np.float32(style.corner) * noise.uniform(1), np.float32(1))
    return _drawn(x, y, sharpness * shapes.corners, _pressure(x.shape, noise, style), shapes)


def _drawn(x: Floats, y: Floats, corners: Floats, pressure: Floats, shapes: Shapes) -> PenLines:
    """Returns smooth lines through n × p control points, stroke by stroke."""
    lines_x, lines_y, lines_p, lifts = [], [], [], []
    for stroke in shapes.strokes:
        line_x, line_y = smooth_through(x[:, stroke], y[:, stroke], corners[:, stroke])
        lines_x.append(line_x)
        lines_y.append(line_y)
        lines_p.append(interpolate(pressure[:, stroke]))
        lifts += [True] + [False] * (line_x.shape[1] - 1)
    return PenLines(
        np.concatenate(lines_x, axis=1),
        np.concatenate(lines_y, axis=1),
        np.concatenate(lines_p, axis=1),
        np.array(lifts),
    )


def _mixed(shapes: Shapes, noise: Noise, style: HandwritingStyle) -> tuple[Floats, Floats]:
    """Mixes the poses, sometimes a little beyond them."""
    poses = shapes.x.shape[0]
    share = noise.uniform(poses)
    # Steeper for more poses, so that one or two dominate however many there are.
    for _ in range(2 if poses <= 4 else 3 if poses <= 7 else 4):
        share = share * share
    total = share[:, 0]
    for k in range(1, poses):  # one by one: a sum of floats depends on the order
        total = total + share[:, k]
    middle = np.float32(1 / poses)
    share = middle + np.float32(style.beyond) * (share / total[:, None] - middle)
    x = share[:, :1] * shapes.x[0]
    y = share[:, :1] * shapes.y[0]
    for k in range(1, poses):
        x += share[:, k : k + 1] * shapes.x[k]
        y += share[:, k : k + 1] * shapes.y[k]
    return x, y


def _jitter(
    x: Floats, y: Floats, shapes: Shapes, noise: Noise, style: HandwritingStyle, sloppiness: Floats
) -> None:
    """Moves every point a little, neighbours together, and every stroke as a whole, in place."""
    points = x.shape[1]
    for axis in (x, y):
        shake = noise.normal(points) * (np.float32(style.jitter) * sloppiness)
        together = noise.normal(len(shapes.strokes)) * (np.float32(style.apart) * sloppiness)
        for number, stroke in enumerate(shapes.strokes):
            part = shake[:, stroke]
            smooth = part.copy()
            smooth[:, 1:] += np.float32(0.5) * part[:, :-1]
            smooth[:, :-1] += np.float32(0.5) * part[:, 1:]
            axis[:, stroke] += smooth
            if number:
                axis[:, stroke] += together[:, number : number + 1]


def _stretch_ends(
    x: Floats, y: Floats, shapes: Shapes, noise: Noise, style: HandwritingStyle
) -> None:
    """Begins and ends each stroke early or late, for gaps and overshoots, in place."""
    for stroke in shapes.strokes:
        reach = noise.normal(2) * np.float32(style.reach)
        first, last = stroke.start, stroke.stop - 1
        for axis in (x, y):
            start = axis[:, first] + reach[:, 0] * (axis[:, first] - axis[:, first + 1])
            axis[:, last] += reach[:, 1] * (axis[:, last] - axis[:, last - 1])
            axis[:, first] = start


def _bent(x: Floats, y: Floats, noise: Noise, deviation: Floats) -> tuple[Floats, Floats]:
    """Distorts the plane by polynomials of second and third degree in x and y."""
    a = noise.normal(12) * deviation
    xx, xy, yy = x * x, x * y, y * y
    bent_x, bent_y = x, y
    for k, power in enumerate((xx, xy, yy, xx * y, xy * y, yy * y)):
        bent_x = bent_x + a[:, k : k + 1] * power
        bent_y = bent_y + a[:, k + 6 : k + 7] * power
    return bent_x, bent_y


def _slanted(x: Floats, y: Floats, noise: Noise, style: HandwritingStyle) -> tuple[Floats, Floats]:
    """Scales, slants and rotates the drawing."""
    a = noise.normal(3)
    wider = np.float32(style.width[1]) * a[:, 0:1]
    # Close to the exponential, and never below a half.
    width = np.float32(style.width[0]) * (1 + wider + np.float32(0.5) * wider * wider)
    slant = np.float32(style.slant[0]) + np.float32(style.slant[1]) * a[:, 1:2]
    half = np.float32(style.turn) * a[:, 2:3]
    x = width * x - slant * y
    # Sine and cosine from the tangent of half the angle, which every machine rounds equally.
    square = half * half
    cosine, sine = (1 - square) / (1 + square), (half + half) / (1 + square)
    return cosine * x - sine * y, sine * x + cosine * y


def _pressure(shape: tuple[int, ...], noise: Noise, style: HandwritingStyle) -> Floats:
    """Returns the pen's width at each of n × p control points, about 1."""
    points = shape[1]
    ends = noise.normal(2) * np.float32(style.trend)
    along = np.arange(points, dtype=np.float32) / np.float32(points - 1)
    trend = ends[:, :1] + (ends[:, 1:] - ends[:, :1]) * along
    tremble: Floats = noise.normal(points) * np.float32(style.tremble)
    pressure: Floats = 1 + trend + tremble
    return pressure
