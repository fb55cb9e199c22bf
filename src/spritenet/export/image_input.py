"""The image a foreign network takes, also where its file says numbers or leaves channels out.

`[null, 28, 28]` is a grey image whose channel was left out, and `[null, 784]` one whose rows were
joined, if the layers after it read it so: before a Flatten, a Reshape or a Dense. Both are read as
`[null, 28, 28, 1]` with the same outputs, since pixels lie in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import isqrt, prod
from typing import Any

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted
from spritenet.export.layer_entries import IMAGES, Entry
from spritenet.layers import Shape

__all__ = ["as_images", "reshaped"]

MAXIMAL_SIDE = 65_535  # pixels
LEAST_SIDE = 8  # of an image whose sides are guessed: fewer numbers are measurements, not pixels
POINTWISE = frozenset({"Dropout", "ELU", "LeakyReLU", "ReLU", "Rescaling"})
"""Layers that read each number alone, so that it doesn't matter how numbers are arranged."""


def as_images(entries: Sequence[Entry]) -> tuple[tuple[int, int, int], list[Entry], str]:
    """Height, width and channels of the images; the layers that take those; and what was assumed.

    InputLayers are left out, as is a Reshape that only makes images of rows or channels of none.

    Raises:
        ModelError: it doesn't take images of a known size.
    """
    shape = _given(entries)
    layers = [entry for entry in entries if entry.class_name != "InputLayer"]
    after, place = None, 0
    while len(shape) < 3:
        place = _first_arranged(layers)
        after = layers[place] if place < len(layers) else None
        if after is None or after.class_name != "Reshape":
            break
        shape = reshaped(after, shape)
        layers = _without(layers, place)
    if len(shape) == 3 and max(shape) <= MAXIMAL_SIDE:
        return (shape[0], shape[1], shape[2]), layers, ""
    if after is not None and len(shape) == 2 and after.class_name == "Flatten":
        return (shape[0], shape[1], 1), layers, ""
    side = isqrt(shape[0]) if len(shape) == 1 else 0
    if side >= LEAST_SIDE and side * side == shape[0] and after is not None:
        if after.class_name == "Flatten":
            return (side, side, 1), layers, _square(side)
        if after.class_name == "Dense":
            taken = {entry.name for entry in layers}
            names = ("flatten", *(f"flatten_{i}" for i in range(1, len(layers) + 1)))
            name = next(n for n in names if n not in taken)
            flatten = Entry("Flatten", {"name": name}, after.sources)
            layers[place : place + 1] = [flatten, replace(after, sources=(name,))]
            return (side, side, 1), layers, _square(side)
    raise _unknown([None, *shape], after)


def reshaped(entry: Entry, shape: Shape) -> Shape:
    """The shape a Reshape makes; -1 in it is what is left.

    Raises:
        ModelError: its target_shape doesn't fit.
    """
    target = entry.config.get("target_shape")
    sides: list[Any] = target if isinstance(target, list) else []
    known = [side for side in sides if type(side) is int and 0 < side <= 2**31]
    whole, part = prod(shape), prod(known)
    if len(known) == len(sides) - 1 and -1 in sides and whole % part == 0:
        sides = [whole // part if side == -1 else side for side in sides]
    elif not sides or len(known) != len(sides) or part != whole:
        raise ModelError(
            "its target_shape doesn't fit",
            where=entry.name,
            expected=f"{whole} numbers in all",
            got=quoted(target),
        )
    return tuple(sides)


def _square(side: int) -> str:
    """Returns the note on an image whose sides were guessed."""
    return f"it takes rows of {side * side} numbers: grey images of {side}×{side} are assumed"


def _given(entries: Sequence[Entry]) -> Shape:
    """The shape without the batch, from the config of the first layer.

    Raises:
        ModelError: there is none, or it isn't of known size.
    """
    config = entries[0].config
    shape = config.get("batch_input_shape", config.get("batch_shape"))
    if shape is None and isinstance(config.get("input_shape"), list):
        shape = [None, *config["input_shape"]]
    if shape is None and config.get("input_dim") is not None:
        shape = [None, config["input_dim"]]
    sides = shape[1:] if isinstance(shape, list) else []
    good = all(type(side) is int and 0 < side <= MAXIMAL_SIDE for side in sides)
    if not 1 <= len(sides) <= 3 or not good:
        raise _unknown(shape, None)
    return tuple(sides)


def _unknown(shape: object, after: Entry | None) -> ModelError:
    """The error for another input."""
    got = quoted(str(shape).replace("None", "null")) if isinstance(shape, list) else quoted(shape)
    return ModelError(
        "the network doesn't take images of a known size",
        expected="batch_input_shape [null, height, width, channels]",
        got=f"{got} before {after.class_name} {quoted(after.name)!r}" if after else got,
    )


def _first_arranged(layers: Sequence[Entry]) -> int:
    """The place of the first layer to which the arrangement of the numbers matters.

    Where layers branch off before it, there is none.
    """
    source = IMAGES
    for place, entry in enumerate(layers):
        if sum(source in other.sources for other in layers) != 1 or entry.sources != (source,):
            return len(layers)
        source = entry.name
        pointwise = entry.class_name in POINTWISE or (
            entry.class_name == "Activation" and entry.config.get("activation") != "softmax"
        )
        if not pointwise:
            return place
    return len(layers)


def _without(layers: list[Entry], place: int) -> list[Entry]:
    """The entries without one of them; those that read it read what it read."""
    gone = layers[place]
    kept = [entry for entry in layers if entry is not gone]
    return [
        replace(
            entry,
            sources=tuple(gone.sources[0] if s == gone.name else s for s in entry.sources),
        )
        for entry in kept
    ]
