"""Change: a random layer with its ranges, in pixels, as the core's plan has it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from spritenet.augmentation import Step
from spritenet.core.nodes import Attributes
from spritenet.layers import Graph, Rescaling
from spritenet.layers.attributes import attributes_of
from spritenet.layers.random_layer import RandomLayer

__all__ = ["Change", "Filling", "find_changes"]

MOVING = (
    "RandomFlip",
    "RandomTranslation",
    "RandomRotation",
    "RandomZoom",
    "RandomShear",
    "RandomCrop",
    "RandomElasticTransform",
)
MIXING = ("MixUp", "CutMix")
LEAST = {"RandomErasing": 0.0, "RandomElasticTransform": 0.0, "CutMix": 0.0}
"""The least value of a range given by one number; -1 for the others."""


@dataclass(frozen=True, slots=True)
class Filling:
    """The pixels outside of an image.

    Attributes:
        mode: "reflect", "wrap", "constant" or "nearest".
        nearest: pixels aren't blended.
        value: of pixels outside, with "constant".
    """

    mode: str = "nearest"
    nearest: bool = False
    value: int = 0


@dataclass(frozen=True, slots=True)
class Change:
    """A random layer.

    Attributes:
        kind: its name.
        ranges: of its random numbers, lower and upper ends.
        filling: the pixels outside; None where it reads none.
        fill_value: as a pixel; None for noise.
        least, most: the range of values, as pixels.
        horizontal, vertical: flips.
        same_factor: height and width are zoomed alike.
        size: height and width of a crop.
    """

    kind: str
    ranges: tuple[tuple[float, float], ...] = ()
    filling: Filling | None = None
    fill_value: float | None = None
    least: float = 0.0
    most: float = 0.0
    horizontal: bool = True
    vertical: bool = True
    same_factor: bool = False
    size: tuple[int, int] = (0, 0)

    @property
    def moves(self) -> bool:
        """True if it moves pixels."""
        return self.kind in MOVING

    @property
    def mixes(self) -> bool:
        """True if it mixes two images."""
        return self.kind in MIXING


RANGES = {
    "RandomTranslation": ("height_factor", "width_factor"),
    "RandomRotation": ("factor",),
    "RandomZoom": ("height_factor", "width_factor"),
    "RandomShear": ("x_factor", "y_factor"),
    "RandomElasticTransform": ("factor", "scale"),
    "RandomBrightness": ("factor",),
    "RandomErasing": ("factor", "scale"),
    "CutMix": ("factor",),
}


def _change(kind: str, given: Attributes) -> Change:
    """Returns the change of a layer's attributes."""

    def numbers(name: str) -> tuple[float, ...]:
        value = given.get(name, ())
        return () if isinstance(value, str) else value

    def spread(name: str) -> tuple[float, float]:
        values = numbers(name)
        if not values:
            return 0.0, 0.0
        if len(values) > 1:
            return values[0], values[1]
        return max(-values[0], LEAST.get(kind, -1.0)), values[0]

    ranges = tuple(spread(name) for name in RANGES.get(kind, ()))
    if kind == "RandomContrast":
        factors = numbers("factor")
        ranges = ((1 - factors[0], 1 + factors[-1]),)
    if kind == "MixUp":
        (alpha,) = numbers("alpha") or (0.2,)
        ranges = ((alpha, alpha),)
    fill = numbers("fill_value")
    reads_outside = kind in MOVING and kind not in ("RandomFlip", "RandomCrop")
    filling = None
    if reads_outside:
        mode = str(given.get("fill_mode", "reflect"))
        filling = Filling(mode, given.get("interpolation") == "nearest")
    values = numbers("value_range") or (0.0, 0.0)
    flips = str(given.get("mode", "horizontal_and_vertical"))
    size = (0, 0)
    if kind == "RandomCrop":
        size = (int(numbers("height")[0]), int(numbers("width")[0]))
    noise = kind == "RandomErasing" and not fill
    return Change(
        kind,
        ranges,
        filling,
        None if noise else (*fill, 0.0)[0],
        values[0],
        values[-1],
        flips != "vertical",
        flips != "horizontal",
        same_factor=not numbers("width_factor"),
        size=size,
    )


def _whole_pixel(value: float) -> float:
    """Returns a whole number where a value nearly is one."""
    if not -1e6 < value < 1e6:
        return value
    nearest = float(int(value + (-0.5 if value < 0 else 0.5)))
    return nearest if abs(value - nearest) < 1e-3 else value


def _unscaled(change: Change, layer: Rescaling) -> Change:
    """Returns a change of values behind a Rescaling as one of pixels before it."""
    scale, offset = float(np.float32(layer.scale)), float(np.float32(layer.offset))
    if scale == 0:
        return change
    fill = change.fill_value
    if fill is not None:
        fill = _whole_pixel((fill - offset) / scale)
    made = replace(change, fill_value=fill)
    if change.least == change.most:
        return made
    least, most = (_whole_pixel((end - offset) / scale) for end in (change.least, change.most))
    ranges = change.ranges
    if scale < 0:
        least, most = most, least
        if change.kind == "RandomBrightness":
            ((low, high),) = ranges
            ranges = ((-high, -low),)
    return replace(made, least=least, most=most, ranges=ranges)


def _pixel(value: float) -> int:
    return 0 if value <= 0 else 255 if value >= 255 else int(value + 0.5)


def find_changes(steps: Sequence[Step], graph: Graph) -> list[Change]:
    """Returns the changes of images in training: steps, then a network's own random layers."""
    found = [_change(step.operator, step.attributes) for step in steps]
    rescaled: Rescaling | None = None
    place = -1
    while True:
        readers = [k for k, read in enumerate(graph.inputs) if place in read]
        if len(readers) != 1:
            break
        (place,) = readers
        layer = graph[place]
        if isinstance(layer, RandomLayer):
            made = _change(layer.class_name, attributes_of(layer))
            found.append(made if rescaled is None else _unscaled(made, rescaled))
        elif isinstance(layer, Rescaling) and rescaled is None:
            rescaled = layer
        else:
            break
    return [
        change
        if change.filling is None
        else replace(change, filling=replace(change.filling, value=_pixel(change.fill_value or 0)))
        for change in found
    ]
