"""Drawings on a square canvas as pixels: digits at good and bad places, and other shapes.

canvas      strokes → a picture of 280×280, as the drawing page's canvas gives it
scribbles   random lines of many kinds; none of them is made by the package's own program
shapes      things with a name that are no digit: a star, a heart, an arrow, …
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

__all__ = ["OTHER_HANDS", "SHAPES", "SIDE", "canvas", "moved", "scribble", "shape"]

SIDE = 280
"""Pixels along a canvas."""

Strokes = tuple[NDArray[np.float32], ...]
"""Each (points, 2) of x and y in 0 … 1, y downwards."""

Random = np.random.Generator


def canvas(strokes: Strokes, pen: float = 18.0) -> NDArray[np.uint8]:
    """White lines on black, with round ends and joints, uint8 (280, 280).

    Args:
        strokes: in 0 … 1 of the canvas; what lies outside isn't drawn.
        pen: the line's width in pixels of the canvas.
    """
    picture = Image.new("L", (2 * SIDE, 2 * SIDE))
    draw = ImageDraw.Draw(picture)
    radius = pen
    for stroke in strokes:
        points = [(float(x), float(y)) for x, y in stroke * (2 * SIDE)]
        draw.line(points, fill=255, width=round(2 * pen))
        for x, y in points:
            draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BOX))


def moved(
    strokes: Strokes,
    *,
    size: float = 0.6,
    middle: tuple[float, float] = (0.5, 0.5),
    slant: float = 0.0,
    turn: float = 0.0,
) -> Strokes:
    """A drawing elsewhere on the canvas.

    Args:
        strokes: in 0 … 1, the longer side filling the square.
        size: its longer side, as a share of the canvas.
        middle: where its middle comes to.
        slant: x over y, to the right.
        turn: by so many radians, with the clock.
    """
    cosine, sine = math.cos(turn), math.sin(turn)
    matrix = np.array([[cosine, -sine], [sine, cosine]]) @ np.array([[1.0, -slant], [0.0, 1.0]])
    places = [(stroke - 0.5) @ matrix.T for stroke in strokes]
    whole = np.concatenate(places)
    least, most = whole.min(axis=0), whole.max(axis=0)
    scale = size / max(float((most - least).max()), 1e-6)
    return tuple(
        ((place - (least + most) / 2) * scale + middle).astype(np.float32) for place in places
    )


def scribble(random: Random) -> Strokes:
    """A scribble of a kind chosen by chance, in 0 … 1."""
    kinds = (_zigzag, _spiral, _tangle, _wander, _hatch, _dots, _knot)
    return kinds[int(random.integers(len(kinds)))](random)


def _zigzag(random: Random) -> Strokes:
    """To and fro, as one crosses something out."""
    count = int(random.integers(6, 20))
    x = np.linspace(0, 1, count) + random.normal(0, 0.03, count)
    y = np.where(np.arange(count) % 2, 0.0, 1.0) + random.normal(0, 0.1, count)
    angle = random.uniform(0, math.pi)
    points = np.stack([x - 0.5, (y - 0.5) * random.uniform(0.3, 1)], axis=1)
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return (np.asarray(points @ turn.T + 0.5, np.float32),)


def _spiral(random: Random) -> Strokes:
    """Round and round, outwards."""
    turns = random.uniform(2.2, 5)
    t = np.linspace(0.05, 1, 120)
    angle = 2 * math.pi * turns * t + random.uniform(0, 2 * math.pi)
    wide, high = random.uniform(0.3, 0.5, 2)
    points = np.stack([0.5 + wide * t * np.cos(angle), 0.5 + high * t * np.sin(angle)], axis=1)
    return (points.astype(np.float32),)


def _tangle(random: Random) -> Strokes:
    """A closed line of random loops (a sum of a few oscillations)."""
    t = np.linspace(0, 2 * math.pi, 240)
    axes = []
    for _ in range(2):
        waves = sum(
            random.normal() / k * np.sin(k * t + random.uniform(0, 2 * math.pi))
            for k in range(2, 8)
        )
        axes.append((waves - np.min(waves)) / np.ptp(waves))
    return (np.stack(axes, axis=1).astype(np.float32),)


def _wander(random: Random) -> Strokes:
    """A pen led by chance, that keeps its direction for a while."""
    steps = int(random.integers(120, 300))
    bend = np.convolve(random.normal(0, 1, steps), np.ones(12) / 12, "same")
    angle = np.cumsum(bend) * random.uniform(0.5, 1.2)
    points = np.cumsum(np.stack([np.cos(angle), np.sin(angle)], axis=1), axis=0)
    points -= points.min(axis=0)
    return ((points / points.max()).astype(np.float32),)


def _hatch(random: Random) -> Strokes:
    """Some straight lines across each other."""
    lines = []
    for _ in range(int(random.integers(4, 10))):
        ends = random.uniform(0, 1, (2, 2))
        lines.append(np.linspace(ends[0], ends[1], 12).astype(np.float32))
    return tuple(lines)


def _dots(random: Random) -> Strokes:
    """Dots here and there."""
    places = random.uniform(0, 1, (int(random.integers(3, 12)), 2)).astype(np.float32)
    return tuple(np.stack([place, place + np.float32(0.01)]) for place in places)


def _knot(random: Random) -> Strokes:
    """A closed polygon of corners in random places."""
    corners = random.uniform(0, 1, (int(random.integers(6, 12)), 2))
    corners = np.concatenate([corners, corners[:1]])
    return (corners.astype(np.float32),)


SHAPES: dict[str, tuple[list[tuple[float, float]], ...]] = {
    "star": ([(0.2, 1), (0.5, 0), (0.8, 1), (0, 0.38), (1, 0.38), (0.2, 1)],),
    "house": ([(0.1, 1), (0.1, 0.45), (0.5, 0), (0.9, 0.45), (0.9, 1), (0.1, 1)],),
    "square": ([(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)],),
    "triangle": ([(0, 1), (0.5, 0), (1, 1), (0, 1)],),
    "heart": (
        [
            (0.5, 1),
            (0.1, 0.5),
            (0.02, 0.2),
            (0.2, 0.02),
            (0.42, 0.1),
            (0.5, 0.3),
            (0.58, 0.1),
            (0.8, 0.02),
            (0.98, 0.2),
            (0.9, 0.5),
            (0.5, 1),
        ],
    ),
    "arrow": ([(0, 0.5), (1, 0.5)], [(0.65, 0.2), (1, 0.5), (0.65, 0.8)]),
    "cross": ([(0, 0), (1, 1)], [(1, 0), (0, 1)]),
    "plus": ([(0.5, 0), (0.5, 1)], [(0, 0.5), (1, 0.5)]),
    "tick": ([(0, 0.6), (0.35, 1), (1, 0)],),
    "dash": ([(0, 0.5), (1, 0.5)],),
    "equals": ([(0, 0.3), (1, 0.3)], [(0, 0.7), (1, 0.7)]),
    "hash": (
        [(0.3, 0), (0.25, 1)],
        [(0.75, 0), (0.7, 1)],
        [(0, 0.3), (1, 0.3)],
        [(0, 0.7), (1, 0.7)],
    ),
    "smile": (
        [
            (0.5, 0),
            (0.15, 0.15),
            (0, 0.5),
            (0.15, 0.85),
            (0.5, 1),
            (0.85, 0.85),
            (1, 0.5),
            (0.85, 0.15),
            (0.5, 0),
        ],
        [(0.33, 0.32), (0.34, 0.36)],
        [(0.67, 0.32), (0.66, 0.36)],
        [(0.27, 0.62), (0.4, 0.75), (0.6, 0.75), (0.73, 0.62)],
    ),
    "wave": (
        [
            (0, 0.5),
            (0.12, 0.3),
            (0.25, 0.3),
            (0.38, 0.5),
            (0.5, 0.7),
            (0.62, 0.7),
            (0.75, 0.5),
            (0.88, 0.3),
            (1, 0.3),
        ],
    ),
    "infinity": (
        [
            (0.5, 0.5),
            (0.25, 0.3),
            (0.05, 0.4),
            (0.05, 0.6),
            (0.25, 0.7),
            (0.5, 0.5),
            (0.75, 0.3),
            (0.95, 0.4),
            (0.95, 0.6),
            (0.75, 0.7),
            (0.5, 0.5),
        ],
    ),
    "lightning": ([(0.6, 0), (0.15, 0.55), (0.85, 0.45), (0.35, 1)],),
    "question": (
        [(0.1, 0.25), (0.25, 0.05), (0.55, 0), (0.8, 0.15), (0.8, 0.35), (0.5, 0.55), (0.5, 0.75)],
        [(0.5, 0.96), (0.5, 1)],
    ),
}
"""Each thing's strokes in 0 … 1."""

OTHER_HANDS: dict[str, tuple[int, tuple[list[tuple[float, float]], ...]]] = {
    "1 with a long flag, without a foot": (1, ([(0.2, 0.6), (0.8, 0), (0.8, 1)],)),
    "1 with a flag and a foot": (1, ([(0.25, 0.25), (0.5, 0), (0.5, 1)], [(0.2, 1), (0.8, 1)])),
    "slashed 0": (
        0,
        (
            [(0.5, 0), (0.2, 0.2), (0.1, 0.5), (0.2, 0.8), (0.5, 1), (0.8, 0.8), (0.9, 0.5),
             (0.8, 0.2), (0.5, 0)],
            [(0.85, 0.05), (0.15, 0.95)],
        ),
    ),
    "narrow 0": (
        0,
        (
            [(0.5, 0), (0.36, 0.2), (0.32, 0.5), (0.36, 0.8), (0.5, 1), (0.64, 0.8), (0.68, 0.5),
             (0.64, 0.2), (0.5, 0)],
        ),
    ),
    "crossed 7": (7, ([(0.1, 0), (0.9, 0), (0.4, 1)], [(0.3, 0.5), (0.8, 0.5)])),
}  # fmt: skip
"""Digits as some hands write them: what each is, and its strokes in 0 … 1."""


def shape(name: str, random: Random) -> Strokes:
    """A thing of `SHAPES` or `OTHER_HANDS` in an unsteady hand, in 0 … 1."""
    strokes = []
    stretch = np.exp(random.normal(0, 0.12, 2))
    for corners in SHAPES[name] if name in SHAPES else OTHER_HANDS[name][1]:
        points = (np.array(corners) + random.normal(0, 0.02, (len(corners), 2))) * stretch
        fine = [np.linspace(a, b, 8, endpoint=False) for a, b in pairwise(points)]
        strokes.append(np.concatenate([*fine, points[-1:]]).astype(np.float32))
    return tuple(strokes)
