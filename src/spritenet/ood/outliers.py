"""Outliers: images of no class, made from the data itself, and synthetic characters.

Hendrycks, Mazeika and Dietterich, Deep Anomaly Detection with Outlier Exposure, ICLR 2019, show
that a network trained on some outliers detects others too.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from spritenet.core.glyphs import draw_glyphs
from spritenet.initializers import stream
from spritenet.prepare.resample import resize

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]

Maker = Callable[..., "Pixels"]

__all__ = ["make_outliers"]

FRACTIONS = {
    "mixed": 0.07,
    "cut": 0.06,
    "turned": 0.05,
    "overlaid": 0.03,
    "noise": 0.03,
    "inverted": 0.02,
    "blank": 0.01,
    "composed": 0.3,
    "signs": 0.3,
}
"""The fraction of each kind; the rest are characters of random strokes."""


def make_outliers(images: Pixels, count: int, *, seed: int) -> Pixels:
    """Returns images of no class, of the size and colours of the training images.

    Args:
        images: the training images, uint8 n h w c.
        count: the number of outliers.
        seed: of all random choices.
    """
    makers: dict[str, Maker] = {
        "mixed": _mixed,
        "cut": _cut,
        "turned": _turned,
        "overlaid": _overlaid,
        "noise": _noise,
        "inverted": _inverted,
        "blank": _blank,
        "composed": partial(_inked, draw=partial(draw_glyphs, "composed", seed=seed)),
        "signs": partial(_inked, draw=partial(draw_glyphs, "signs", seed=seed)),
    }
    paper = _paper(images)
    parts = []
    for number, (kind, fraction) in enumerate(FRACTIONS.items()):
        random = stream(seed, number)
        parts.append(makers[kind](images, round(count * fraction), paper, random))
    rest = count - sum(map(len, parts))
    draw = partial(draw_glyphs, "random", seed=seed)
    parts.append(_inked(images, rest, paper, stream(seed, len(parts)), draw))
    return np.concatenate(parts)


def _paper(images: Pixels) -> NDArray[np.int64]:
    """The usual colour at the images' edge, int64 (c,)."""
    some = images[:256]
    rim = np.concatenate([some[:, [0, -1]].reshape(-1, some.shape[3]),
                          some[:, :, [0, -1]].reshape(-1, some.shape[3])])  # fmt: skip
    paper: NDArray[np.int64] = np.median(rim, axis=0).astype(np.int64)
    return paper


def _picked(images: Pixels, count: int, random: np.random.Generator) -> Pixels:
    """Returns randomly picked images."""
    return images[random.integers(0, len(images), count)]


def _sides(images: Pixels, count: int, random: np.random.Generator) -> NDArray[np.bool_]:
    """Returns masks of the pixels on one side of a line near the middle: (count, h, w, 1)."""
    _, height, width, _ = images.shape
    down, across = np.mgrid[0:height, 0:width].astype(np.float64)
    down, across = down / height - 0.5, across / width - 0.5
    angle = random.uniform(0, 2 * np.pi, (count, 1, 1, 1))
    place = random.normal(0, 0.07, (count, 1, 1, 1))
    way = np.cos(angle) * across[None, :, :, None] + np.sin(angle) * down[None, :, :, None]
    result: NDArray[np.bool_] = way > place
    return result


def _mixed(images: Pixels, count: int, _: NDArray[np.int64], random: np.random.Generator) -> Pixels:
    """Two images, each on one side of a line."""
    one, other = _picked(images, count, random), _picked(images, count, random)
    return np.where(_sides(images, count, random), one, other)


def _cut(
    images: Pixels, count: int, paper: NDArray[np.int64], random: np.random.Generator
) -> Pixels:
    """An image of which one side is missing."""
    one = _picked(images, count, random)
    return np.where(_sides(images, count, random), one, paper.astype(np.uint8))


def _turned(
    images: Pixels, count: int, _: NDArray[np.int64], random: np.random.Generator
) -> Pixels:
    """An image mirrored, upside down or (where it is square) by a quarter turn."""
    one = _picked(images, count, random)
    ways = [one[:, :, ::-1], one[:, ::-1]]
    if images.shape[1] == images.shape[2]:
        turned = one.swapaxes(1, 2)
        ways += [turned[:, ::-1], turned[:, :, ::-1]]
    chosen = random.integers(0, len(ways), count)[:, None, None, None]
    made = ways[0]
    for number, way in enumerate(ways[1:], 1):
        made = np.where(chosen == number, way, made)
    return made


def _overlaid(
    images: Pixels, count: int, paper: NDArray[np.int64], random: np.random.Generator
) -> Pixels:
    """Two images, one of them moved; of two pixels the one farther from the paper shows."""
    one, other = _picked(images, count, random), _picked(images, count, random)
    reach = max(1, images.shape[1] // 5)
    for k, (down, across) in enumerate(random.integers(-reach, reach + 1, (count, 2)).tolist()):
        other[k] = np.roll(other[k], (down, across), (0, 1))
    distance = [np.abs(part - paper).sum(axis=3, keepdims=True) for part in (one, other)]
    return np.where(distance[0] >= distance[1], one, other)


def _noise(images: Pixels, count: int, _: NDArray[np.int64], random: np.random.Generator) -> Pixels:
    """Random pixels; in half of the images few are set."""
    shape = (count, *images.shape[1:])
    made = random.integers(0, 256, shape).astype(np.uint8)
    made[: count // 2][random.random((count // 2, *images.shape[1:])) < 0.8] = 0
    return made


def _inverted(
    images: Pixels, count: int, _: NDArray[np.int64], random: np.random.Generator
) -> Pixels:
    """An image's negative."""
    return 255 - _picked(images, count, random)


def _blank(images: Pixels, count: int, _: NDArray[np.int64], random: np.random.Generator) -> Pixels:
    """One even colour."""
    colour = random.integers(0, 256, (count, 1, 1, images.shape[3])).astype(np.uint8)
    return np.broadcast_to(colour, (count, *images.shape[1:]))


def _inked(
    images: Pixels,
    count: int,
    paper: NDArray[np.int64],
    random: np.random.Generator,
    draw: Callable[[int], Pixels],
) -> Pixels:
    """Synthetic characters of no script, in the data's colours and size."""
    _, height, width, channels = images.shape
    ink = draw(count)
    if (height, width) != ink.shape[1:3]:
        ink = np.stack([resize(one, height, width) for one in ink])
    # The colour that stands out most in some image, as the ink of a drawing does.
    pixels = _picked(images, count, random).reshape(count, height * width, channels)
    strongest = np.abs(pixels - paper).sum(axis=2).argmax(axis=1)
    colour = pixels[np.arange(count), strongest].astype(np.int64)[:, None, None, :]
    made = paper + ((colour - paper) * ink + 127) // 255
    result: Pixels = np.clip(made, 0, 255).astype(np.uint8)
    return result
