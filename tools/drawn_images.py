"""Images drawn by a program, in many classes: what the features of `few` are trained on.

Four kinds of classes, each seen in many views:

    digits    of `strokes`
    glyphs    invented characters, written by the hand of `strokes`
    objects   a silhouette with a texture of its own, before any background
    scenes    a picture of textures and shapes, of which each view shows another part

No photograph and no other data is in them. Every image depends on the seed alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from spritenet.core.lines import draw_lines
from spritenet.sources.strokes.digits import BOX, draw_digits
from spritenet.sources.strokes.digits import SIZE as DIGIT
from spritenet.sources.strokes.glyphs import GlyphVariant
from spritenet.sources.strokes.noise import Noise, image_keys
from spritenet.sources.strokes.paper import fit_to_box
from spritenet.sources.strokes.style import DEFAULT_STYLE
from spritenet.sources.strokes.writer import write_glyphs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Mask = NDArray[np.bool_]

__all__ = ["SIZE", "draw", "light", "views"]

SIZE = 32
CANVAS = 64
"""Pixels a side of an object or a scene, from which views are sampled."""

GROUNDS = 120
GRID = (0, 25, 50, 75, 100)
"""Places of a glyph's points, which are moved a little."""

_GLYPHS, _OBJECTS, _SCENES, _GROUNDS = 1, 2, 3, 5  # streams of random numbers
_STREAM = 9_000_000  # of the hand that writes; digits and other characters have others


def draw(
    *, seed: int, digits: int, glyphs: int, objects: int, scenes: int, each: int
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Returns images (uint8, n × 32 × 32 × 3), shuffled, and their classes (int32, n).

    Args:
        seed: of all random choices.
        digits: the number of images of digits, the first ten classes.
        glyphs: the number of classes of invented characters.
        objects: the number of classes of objects.
        scenes: the number of classes of scenes.
        each: the number of images of each class but the digits.
    """
    random = np.random.default_rng(seed)
    images, labels = [], []
    kinds = _kinds(seed, random, digits, (glyphs, objects, scenes), each)
    for label, found in enumerate(kinds):
        grey = random.random(len(found)) < 0.3
        found[grey] = found[grey].mean(axis=3, keepdims=True)
        images.append(np.rint(np.clip(found, 0, 1) * 255).astype(np.uint8))
        labels.append(np.full(len(found), label, np.int32))
    shuffled = random.permutation(sum(map(len, labels)))
    return np.concatenate(images)[shuffled], np.concatenate(labels)[shuffled]


def _kinds(
    seed: int, random: np.random.Generator, digits: int, counts: tuple[int, int, int], each: int
) -> Iterator[Floats]:
    """Yields the images of each class, about 0 … 1."""
    glyphs, objects, scenes = counts
    grounds = [_picture(np.random.default_rng((seed, _GROUNDS, k))) for k in range(GROUNDS)]
    images, labels = draw_digits(digits, seed=seed)
    for digit in range(10):
        yield _inked(images[labels == digit], random, grounds)
    for k in range(glyphs):
        glyph = _glyph(np.random.default_rng((seed, _GLYPHS, k)))
        noise = Noise(image_keys(seed, _STREAM + k, np.arange(each)))
        lines = write_glyphs(glyph, noise, DEFAULT_STYLE)
        places, gains = fit_to_box(lines, noise, DEFAULT_STYLE, BOX)
        yield _inked(draw_lines(places, lines.lifts, gains, box=BOX, size=DIGIT), random, grounds)
    for k in range(objects):
        one = _object(np.random.default_rng((seed, _OBJECTS, k)))
        seen = views(one, each, random, zoom=(0.55, 1.3), turn=0.35, move=0.15)
        behind = _ground(grounds, each, random)
        yield light(seen[..., :3] + behind * (1 - seen[..., 3:]), random)
    for k in range(scenes):
        scene = _picture(np.random.default_rng((seed, _SCENES, k)))
        yield light(views(scene, each, random, zoom=(0.9, 2.0), turn=0.3, move=0.2), random)


def views(
    picture: Floats,
    count: int,
    random: np.random.Generator,
    *,
    zoom: tuple[float, float],
    turn: float,
    move: float,
    size: int = SIZE,
) -> Floats:
    """Returns random views of a picture, bilinear: count × size × size × channels.

    Args:
        picture: h × h × 3, mirrored at its edges, or × 4, transparent outside.
        count: the number of views.
        random: source of random numbers.
        zoom: the smallest and the largest.
        turn: the deviation of the angle, in radians.
        move: the largest distance from the middle, as a fraction of the picture.
        size: of a view.
    """
    side = picture.shape[0]
    one = (count, 1, 1)
    y, x = np.mgrid[:size, :size].astype(np.float32) / size - 0.5
    scale = np.exp(random.uniform(np.log(zoom[0]), np.log(zoom[1]), one))
    aspect = np.exp(random.normal(0, 0.08, one))
    angle, shear = random.normal(0, turn, one), random.normal(0, 0.1, one)
    across, down = random.uniform(-move, move, (2, *one))
    cosine, sine = np.cos(angle), np.sin(angle)
    u = (cosine * x + sine * y) / scale * aspect + shear * y + across
    v = (cosine * y - sine * x) / scale / aspect + down
    u, v = (u + 0.5) * side - 0.5, (v + 0.5) * side - 0.5
    column, row = np.floor(u).astype(np.int64), np.floor(v).astype(np.int64)
    right = (u - column).astype(np.float32)[..., None]
    below = (v - row).astype(np.float32)[..., None]

    def at(row: NDArray[np.int64], column: NDArray[np.int64]) -> Floats:
        if picture.shape[2] == 4:
            inside = (row >= 0) & (row < side) & (column >= 0) & (column < side)
            found = picture[row.clip(0, side - 1), column.clip(0, side - 1)]
            seen: Floats = np.where(inside[..., None], found, np.float32(0))
            return seen
        row, column = (np.abs((k + side) % (2 * side) - side) for k in (row, column))
        mirrored: Floats = picture[row.clip(0, side - 1), column.clip(0, side - 1)]
        return mirrored

    above = at(row, column) * (1 - right) + at(row, column + 1) * right
    under = at(row + 1, column) * (1 - right) + at(row + 1, column + 1) * right
    result: Floats = above * (1 - below) + under * below
    return result


def light(images: Floats, random: np.random.Generator) -> Floats:
    """Returns images (n h w c, 0 … 1) under other lamps: brightness, tint, gradient and noise."""
    n, height, width, _ = images.shape

    def normal(deviation: float, *shape: int) -> Floats:
        return random.normal(0, deviation, (n, *shape)).astype(np.float32)

    y, x = np.mgrid[:height, :width].astype(np.float32) / height - 0.5
    images = images * np.exp(normal(0.2, 1, 1, 1) + normal(0.07, 1, 1, 3)) + normal(0.06, 1, 1, 1)
    images = images * (1 + normal(0.25, 1, 1) * x + normal(0.25, 1, 1) * y)[..., None]
    grain = np.abs(normal(0.02, 1, 1, 1)) * random.standard_normal(images.shape, np.float32)
    return images + grain


def _inked(ink: NDArray[np.uint8], random: np.random.Generator, grounds: list[Floats]) -> Floats:
    """Returns characters white on black, black on white, or in colours before a picture."""
    n, edge = len(ink), (SIZE - DIGIT) // 2
    cover = np.zeros((n, SIZE, SIZE, 1), np.float32)
    cover[:, edge:-edge, edge:-edge] = ink.astype(np.float32) / 255
    paper = np.zeros((n, SIZE, SIZE, 3), np.float32)
    pen = np.ones((n, 1, 1, 3), np.float32)
    kind = random.random(n)
    inverted, coloured = (kind > 0.65) & (kind < 0.8), kind >= 0.8
    paper[inverted], pen[inverted] = 1, 0
    count = int(coloured.sum())
    pen[coloured] = random.random((count, 1, 1, 3))
    paper[coloured] = _ground(grounds, count, random) * random.uniform(0.2, 1)
    images = paper * (1 - cover) + pen * cover
    lit = kind > 0.65
    images[lit] = light(images[lit], random)
    return images


def _ground(grounds: list[Floats], count: int, random: np.random.Generator) -> Floats:
    """Returns backgrounds: views of eight of the pictures."""
    found = np.empty((count, SIZE, SIZE, 3), np.float32)
    for part in np.array_split(np.arange(count), 8):
        picture = grounds[random.integers(len(grounds))]
        found[part] = views(picture, len(part), random, zoom=(0.7, 2.5), turn=3, move=0.5)
    return found


def _glyph(random: np.random.Generator) -> GlyphVariant:
    """Returns an invented character of one to three strokes: arcs, and points of a grid."""
    strokes = []
    for _ in range(random.choice([1, 1, 2, 2, 3])):
        if random.random() < 0.35:
            span = random.uniform(1.5, 6.2) * random.choice([-1, 1])
            angle = random.uniform(0, 2 * np.pi) + span * np.linspace(0, 1, 8)
            middle, radius = random.choice([25, 50, 75], 2), random.uniform(20, 50, 2)
            places = middle + radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
            corners = np.zeros(8, np.bool_)
        else:
            points = int(random.integers(3, 8))
            places = random.choice(GRID, (points, 2)) + random.normal(0, 4, (points, 2))
            corners = random.random(points) < random.choice([0.1, 0.8])
        ends = zip(np.clip(places, 0, 100).tolist(), corners.tolist(), strict=True)
        strokes.append(" ".join(f"{x:.0f},{y:.0f}{'!' if sharp else ''}" for (x, y), sharp in ends))
    return GlyphVariant(0, 1, ("|".join(strokes),), float(random.uniform(0.6, 1.1)))


def _picture(random: np.random.Generator) -> Floats:
    """Returns a picture of noise, a pattern and shapes: 64 × 64 × 3, 0 … 1."""
    y, x = np.mgrid[:CANVAS, :CANVAS] / CANVAS
    octaves = {2: 1.0, 4: 0.6, 8: random.uniform(0.1, 0.5), 16: random.uniform(0, 0.4)}
    image = np.zeros((CANVAS, CANVAS, 3))
    for cells, weight in octaves.items():
        image += weight * _noise(random, cells)
    image = (image - image.min()) / np.ptp(image)
    if random.random() < 0.7:
        image = _colour(random) * image[..., :1] + _colour(random) * (1 - image[..., :1])
    kind = int(random.integers(0, 5))
    if kind < 3:
        image = _mixed(image, _pattern(kind, x, y, random), random.uniform(0.3, 1), random)
    for _ in range(random.integers(0, 6)):
        place, radius = random.random(2), random.uniform(0.06, 0.35)
        image = _mixed(
            image, _silhouette(random, x, y, place, radius), random.uniform(0.6, 1), random
        )
    return np.clip(image, 0, 1).astype(np.float32)


def _object(random: np.random.Generator) -> Floats:
    """Returns a picture cut out along silhouettes: 64 × 64 × 4, the last channel its opacity."""
    picture = _picture(random)
    y, x = np.mgrid[:CANVAS, :CANVAS] / CANVAS
    inside = _silhouette(random, x, y, np.array([0.5, 0.5]), 0.42)
    for _ in range(random.integers(0, 3)):
        inside = inside | _silhouette(
            random, x, y, random.uniform(0.3, 0.7, 2), random.uniform(0.1, 0.3)
        )
    opacity = inside[..., None].astype(np.float32)
    return np.concatenate([picture * opacity, opacity], axis=2)


def _noise(random: np.random.Generator, cells: int) -> NDArray[np.float64]:
    """Returns smooth noise: random colours on a grid, and between them."""
    grid = random.random((cells + 1, cells + 1, 3))
    place = np.linspace(0, cells, CANVAS, endpoint=False)
    cell = place.astype(np.int64)
    part = (place - cell)[:, None]
    part = part * part * (3 - 2 * part)
    rows = grid[cell] * (1 - part[..., None]) + grid[cell + 1] * part[..., None]
    result: NDArray[np.float64] = rows[:, cell] * (1 - part) + rows[:, cell + 1] * part
    return result


def _pattern(
    kind: int, x: NDArray[np.float64], y: NDArray[np.float64], random: np.random.Generator
) -> Mask:
    """Returns stripes (0), a chequerboard (1) or dots (2)."""
    angle, frequency = random.uniform(0, np.pi), random.uniform(2, 12)
    u = (np.cos(angle) * x + np.sin(angle) * y) * frequency
    v = (np.cos(angle) * y - np.sin(angle) * x) * frequency
    if kind == 0:
        stripes: Mask = np.sin(2 * np.pi * u) > random.uniform(-0.7, 0.7)
        return stripes
    if kind == 1:
        chequers: Mask = np.sin(2 * np.pi * u) * np.sin(2 * np.pi * v) > 0
        return chequers
    dots: Mask = np.hypot(u % 1 - 0.5, v % 1 - 0.5) < random.uniform(0.2, 0.45)
    return dots


def _silhouette(
    random: np.random.Generator,
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    place: NDArray[np.float64],
    radius: float,
) -> Mask:
    """Returns a polygon, a rectangle, or a rounded shape, sometimes with a hole."""
    across, down = x - place[0], y - place[1]
    angle, distance = np.arctan2(down, across), np.hypot(across, down)
    kind = random.random()
    if kind < 0.25:
        sector, turn = np.pi / random.integers(3, 7), random.uniform(0, 2 * np.pi)
        edge = radius * np.cos(sector) / np.cos((angle - turn) % (2 * sector) - sector)
        return np.asarray(distance < edge)
    if kind < 0.45:
        width, turn = radius * random.uniform(0.3, 1), random.uniform(0, np.pi)
        u = np.cos(turn) * across + np.sin(turn) * down
        v = np.cos(turn) * down - np.sin(turn) * across
        return np.asarray((np.abs(u) < width) & (np.abs(v) < radius))
    waves = sum(
        random.normal(0, 0.25) / k**0.7 * np.cos(k * angle + random.uniform(0, 2 * np.pi))
        for k in range(1, 6)
    )
    edge = radius * (0.75 + waves)
    inside = distance < edge
    if random.random() < 0.3:
        inside &= distance > edge * random.uniform(0.3, 0.6)
    return np.asarray(inside)


def _mixed(
    image: NDArray[np.float64], mask: Mask, opacity: float, random: np.random.Generator
) -> NDArray[np.float64]:
    """Returns the image with a colour over the masked pixels."""
    cover = opacity * mask[..., None]
    return image * (1 - cover) + _colour(random) * cover


def _colour(random: np.random.Generator) -> NDArray[np.float64]:
    """Returns a colour, now and then a grey."""
    colour = random.random(3)
    return np.full(3, colour.mean()) if random.random() < 0.3 else colour
