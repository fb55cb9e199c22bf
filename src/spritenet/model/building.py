"""From a list of layers to a network: names, the division by 255, the weights' places."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import ModelError
from spritenet.initializers import stream
from spritenet.layers import ImageShape, Input, Layer, Rescaling, Shape, Weight
from spritenet.layers.activation import ActivationLayer
from spritenet.layers.parametric import Parametric

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "ImageShape",
    "Input",
    "Place",
    "classifies",
    "initial",
    "last_activation",
    "named",
    "output_shape",
    "places",
    "with_rescaling",
]


@dataclass(frozen=True, slots=True)
class Place:
    """Where one weight array lies among the parameters.

    Attributes:
        name: "conv2d/kernel".
        weight: its shape and how it begins.
        start: the index of its first number.
    """

    name: str
    weight: Weight
    start: int

    @property
    def slice(self) -> slice:
        """Its numbers among the parameters."""
        return slice(self.start, self.start + self.weight.size)


def with_rescaling(layers: Iterable[Layer]) -> list[Layer]:
    """The layers, with Rescaling(1/255) before them unless they begin with a Rescaling."""
    layers = list(layers)
    if layers and not isinstance(layers[0], Rescaling):
        layers.insert(0, Rescaling(1 / 255))
    return layers


def named(layers: Iterable[Layer]) -> tuple[Layer, ...]:
    """The layers with a name each, made as Keras makes them: conv2d, conv2d_1, ….

    Raises:
        ModelError: two were given the same name.
    """
    layers = list(layers)
    taken = [layer.name for layer in layers if layer.name]
    for name in taken:
        if taken.count(name) > 1:
            raise ModelError("two layers have this name", where=name)
    result = []
    for layer in layers:
        if layer.name:
            result.append(layer)
            continue
        base, number = layer.base_name(), 0
        name = base
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        taken.append(name)
        result.append(layer.named(name))
    return tuple(result)


def places(layers: Iterable[Layer], input_shape: Shape) -> tuple[Place, ...]:
    """Where each weight array lies: layer after layer, kernel before bias.

    Raises:
        ModelError: a layer doesn't fit what comes before it.
    """
    found: list[Place] = []
    start, shape = 0, input_shape
    for layer in layers:
        for weight in layer.weights(shape):
            found.append(Place(f"{layer.label}/{weight.name}", weight, start))
            start += weight.size
        shape = layer.output_shape(shape)
    return tuple(found)


def output_shape(layers: Iterable[Layer], input_shape: Shape) -> Shape:
    """What the last layer makes."""
    shape = input_shape
    for layer in layers:
        shape = layer.output_shape(shape)
    return shape


def initial(places: Iterable[Place], seed: int) -> NDArray[np.float32]:
    """New parameters: each array by its own rule from its own stream of the seed."""
    values = [
        place.weight.initializer(place.weight.shape, stream(seed, number)).ravel()
        for number, place in enumerate(places)
    ]
    return np.concatenate(values) if values else np.zeros(0, np.float32)


def classifies(layers: Iterable[Layer], outputs: Shape) -> bool:
    """Tells if outputs are classes of which one is chosen: at least two, softmax or linear."""
    ending = last_activation(layers)
    return len(outputs) == 1 and outputs[0] > 1 and ending in ("softmax", "linear")


def last_activation(layers: Iterable[Layer]) -> str:
    """The name of the function applied last; "linear" if the last layer has none."""
    last = list(layers)[-1]
    return last.function.name if isinstance(last, Parametric | ActivationLayer) else "linear"
