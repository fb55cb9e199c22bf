"""Coloured shapes: 32×32 images drawn by a program, for networks that see colours.

Ten classes, five shapes in warm or in cool colours, such as "warm star" and "cool star": neither
the shape nor the colour alone tells them apart. Place, size, rotation, hue, light, background,
a bar in front and noise are random. No photograph is in it, so accuracies here say how networks
compare, not what they reach on photographs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    import spritenet as sn

    Field = NDArray[np.float32]

__all__ = ["CLASSES", "coloured_shapes"]

SHAPES = ("disc", "ring", "square", "triangle", "star")
CLASSES = tuple(f"{colour} {shape}" for shape in SHAPES for colour in ("warm", "cool"))
SIZE = 32
CHUNK = 2_000
"""Images drawn at once."""


def coloured_shapes(train: int = 20_000, test: int = 4_000, seed: int = 0) -> sn.Dataset:
    """Returns the data set: splits `train` and `test`, 32×32×3, ten classes."""
    import numpy as np

    import spritenet as sn

    splits = {}
    for number, (name, count) in enumerate((("train", train), ("test", test))):
        source = np.random.default_rng((seed, number))
        labels = (source.permutation(count) % len(CLASSES)).astype(np.int32)
        parts = [_draw(labels[at : at + CHUNK], source) for at in range(0, count, CHUNK)]
        splits[name] = sn.Split(np.concatenate(parts), labels, CLASSES, name)
    return sn.Dataset("coloured shapes", splits, CLASSES)


def _draw(labels: NDArray[np.int32], source: np.random.Generator) -> NDArray[np.uint8]:
    """Returns images, uint8 n h w c, of those classes."""
    import numpy as np

    n = len(labels)

    def uniform(low: float, high: float, *shape: int) -> Field:
        return source.uniform(low, high, (n, *shape)).astype(np.float32)

    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float32) / SIZE
    place, angle = uniform(0.3, 0.7, 2, 1, 1), uniform(0, 2 * np.pi, 1, 1)
    radius = uniform(0.17, 0.32, 1, 1)
    dx, dy = (x - place[:, 0]) / radius, (y - place[:, 1]) / radius
    u, v = dx * np.cos(angle) + dy * np.sin(angle), dy * np.cos(angle) - dx * np.sin(angle)
    inside = _inside(u, v, labels // 2)
    soft = np.clip(inside * radius * SIZE / uniform(0.8, 2.0, 1, 1) + 0.5, 0, 1)[..., None]
    # Warm: red to yellow. Cool: green-blue to violet.
    cool = (labels % 2).astype(np.float32)[:, None, None]
    hue = np.where(cool > 0, uniform(0.45, 0.75, 1, 1), uniform(-0.06, 0.14, 1, 1))
    colour = _rgb(hue, uniform(0.45, 1.0, 1, 1), uniform(0.5, 1.0, 1, 1))
    ground = _ground(x, y, uniform)
    image = ground * (1 - soft) + colour * soft
    bar = np.abs(dx * np.sin(5 * angle) + dy * np.cos(5 * angle) - uniform(-0.9, 0.9, 1, 1))
    hidden = ((bar < uniform(0.0, 0.25, 1, 1)) & (uniform(0, 1, 1, 1) < 0.5))[..., None]
    front = _rgb(uniform(0, 1, 1, 1), uniform(0, 1, 1, 1), uniform(0, 1, 1, 1))
    image = np.where(hidden, front, image)
    light = uniform(0.55, 1.15, 1, 1, 1) + uniform(-0.25, 0.25, 1, 1, 1) * (x - y)[..., None]
    image = image * light + source.normal(0, 0.05, image.shape)
    return np.asarray(np.rint(255 * np.clip(image, 0, 1)), np.uint8)


def _inside(u: Field, v: Field, shape: NDArray[np.int32]) -> Field:
    """Returns the distance to the edge of each shape, positive inside, in radii."""
    import numpy as np

    r, turn = np.hypot(u, v), np.arctan2(v, u)

    def polygon(corners: int, inner: float) -> Field:
        sector = np.pi / corners
        t = np.abs((turn % (2 * sector)) - sector) / sector
        straight = np.cos(sector) / np.cos(sector * (1 - t))
        edge = inner + (1 - inner) * t if inner < 1 else straight
        return np.asarray(edge - r, np.float32)

    kinds = (
        1 - r,
        0.28 - np.abs(r - 0.72),
        0.8 - np.maximum(np.abs(u), np.abs(v)),
        polygon(3, 1.0),
        polygon(5, 0.42),
    )
    place = shape[:, None, None]
    return np.select([place == k for k in range(len(kinds))], kinds).astype(np.float32)


def _rgb(hue: Field, saturation: Field, value: Field) -> Field:
    """Returns the colours n h w 3 of hue (turns), saturation and value."""
    import numpy as np

    k = (np.array([5, 3, 1], np.float32) + 6 * hue[..., None]) % 6
    part = np.clip(np.minimum(k, 4 - k), 0, 1)
    return np.asarray(value[..., None] * (1 - saturation[..., None] * part), np.float32)


def _ground(x: Field, y: Field, uniform: Callable[..., Field]) -> Field:
    """Returns backgrounds n h w 3: two colours of any hue in waves."""
    import numpy as np

    phase = 2 * np.pi * (uniform(-3, 3, 1, 1) * x + uniform(-3, 3, 1, 1) * y + uniform(0, 1, 1, 1))
    waves = (0.5 + 0.5 * np.sin(phase + uniform(0, 2, 1, 1) * np.sin(2 * phase)))[..., None]
    one, two = (
        _rgb(uniform(0, 1, 1, 1), uniform(0, 0.6, 1, 1), uniform(0.1, 0.9, 1, 1)) for _ in range(2)
    )
    return np.asarray(one * waves + two * (1 - waves), np.float32)
