"""From a list of layers to a network: names, the division by 255, the weights' places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import ModelError
from spritenet.initializers import stream
from spritenet.layers import IMAGES, Graph, Layer, Rescaling, Shape, Weight
from spritenet.layers.activation import ActivationLayer
from spritenet.layers.parametric import Parametric
from spritenet.layers.random_layer import RandomLayer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = [
    "Place",
    "check_outputs",
    "classifies",
    "has_several_labels",
    "initial",
    "last_activation",
    "named",
    "places",
    "with_rescaling",
]


@dataclass(frozen=True, slots=True)
class Place:
    """The place of one weight array among the parameters.

    Attributes:
        name: "conv2d/kernel".
        weight: its shape and how it begins.
        start: the index of its first number.
        layer: its layer.
    """

    name: str
    weight: Weight
    start: int
    layer: Layer

    @property
    def trainable(self) -> bool:
        """True if an optimizer changes it."""
        return self.weight.trainable and self.layer.trainable

    @property
    def slice(self) -> slice:
        """Its numbers among the parameters."""
        return slice(self.start, self.start + self.weight.size)


def with_rescaling(layers: Iterable[Layer]) -> tuple[Graph, list[int]]:
    """Returns the graph with a Rescaling that alone reads the images, and the layers' old indices.

    Random layers may come before it.

    It is the graph's own, if it has one: Rescalings of the images that are equal become one. Layers
    that read the images directly get Rescaling(1/255), whose old index is `IMAGES`; or Rescaling(1)
    if a Rescaling comes after layers that only arrange pixels, as in Resizing, Rescaling, or a
    Normalization of pixels from 0 to 255.

    Raises:
        ModelError: layers read the images directly, and others through another Rescaling.
    """
    graph = Graph.of(layers)
    if (first_random := _random_layer(graph)) is not None:
        rest, kept = graph.without(first_random)
        whole, places = with_rescaling(rest)
        indices = [place if place == IMAGES else kept[place] for place in places]
        return whole.after_images(graph[first_random]), [first_random, *indices]
    readers = [place for place, read in enumerate(graph.inputs) if IMAGES in read]
    rescalings = [
        (place, layer) for place in readers if isinstance(layer := graph[place], Rescaling)
    ]
    kinds = {(layer.scale, layer.offset) for _, layer in rescalings}
    is_raw = graph.is_rescaled_later or graph.is_normalized_raw
    first: Layer = Rescaling(1.0 if is_raw else 1 / 255)
    if len(rescalings) == len(readers):
        if len(readers) < 2:
            return graph, list(range(len(graph)))
        first = rescalings[0][1] if len(kinds) == 1 else Rescaling(1.0)
    elif kinds - {(1 / 255, 0.0)}:
        raise ModelError(
            "some layers read the images through a Rescaling, others directly",
            where=rescalings[0][1].label,
            do="Call all of them on the Rescaling's output.",
        )
    gone = {place for place, _ in rescalings} if len(kinds) == 1 else set()
    kept = [place for place in range(len(graph)) if place not in gone]
    return graph.after_images(first, gone), [min(gone, default=IMAGES), *kept]


def _random_layer(graph: Graph) -> int | None:
    """Returns the index of the random layer that alone reads the images; None if there is none."""
    readers = [place for place, read in enumerate(graph.inputs) if IMAGES in read]
    alone = len(readers) == 1 and isinstance(graph[readers[0]], RandomLayer)
    return readers[0] if alone and len(graph) > 1 else None


def named(graph: Graph, given: Sequence[bool] | None = None) -> Graph:
    """Returns the graph with a named copy of each layer, as Keras names: conv2d, conv2d_1, ….

    Args:
        graph: layers with or without names.
        given: for each layer False if its name may be changed to be unique; True by default.

    Raises:
        ModelError: two were given the same name.
    """
    fixed = given or [True] * len(graph)
    taken: set[str] = set()
    for layer, keep in zip(graph, fixed, strict=True):
        if layer.name and keep:
            if layer.name in taken:
                raise ModelError("two layers have this name", where=layer.name)
            taken.add(layer.name)
    count: dict[str, int] = {}
    result = []
    for layer, keep in zip(graph, fixed, strict=True):
        if layer.name and keep:
            result.append(layer.named(layer.name))
            continue
        base = layer.name or layer.base_name()
        number = count.get(base, 0)
        name = f"{base}_{number}" if number else base
        while name in taken:
            number += 1
            name = f"{base}_{number}"
        count[base] = number + 1
        taken.add(name)
        result.append(layer.named(name))
    return graph.with_layers(result)


def places(layers: Iterable[Layer], input_shape: Shape) -> tuple[Place, ...]:
    """Returns the slice of each weight array: layer after layer, kernel before bias.

    Raises:
        ModelError: a layer doesn't fit what comes before it.
    """
    found: list[Place] = []
    start = 0
    for node in Graph.of(layers).nodes(input_shape):
        for weight in node.weights:
            found.append(Place(f"{node.layer.label}/{weight.name}", weight, start, node.layer))
            start += weight.size
    return tuple(found)


def initial(places: Iterable[Place], seed: int) -> NDArray[np.float32]:
    """New parameters: each array by its own rule from its own stream of the seed."""
    values = [
        place.weight.initializer(place.weight.shape, stream(seed, number)).ravel()
        for number, place in enumerate(places)
    ]
    return np.concatenate(values) if values else np.zeros(0, np.float32)


def check_outputs(layer: str, outputs: Shape, classes: int) -> None:
    """Refuses to train outputs that are an image, or as many as classes are not.

    Args:
        layer: the last layer's name.
        outputs: its output shape.
        classes: the number of classes; 0 if unknown.

    Raises:
        ModelError: they are.
    """
    if len(outputs) != 1:
        raise ModelError(
            "it ends in an image, not in a vector",
            where=layer,
            expected="one number for each class",
            got=" × ".join(map(str, outputs)),
            do="Put Flatten or GlobalAveragePooling2D before the last Dense.",
        )
    if classes and outputs != (classes,):
        raise ModelError(
            "its outputs don't fit the classes",
            where=layer,
            expected=f"{classes} outputs",
            got=" × ".join(map(str, outputs)),
            do="Give the last layer as many units as there are classes.",
        )


def classifies(layers: Iterable[Layer], outputs: Shape) -> bool:
    """Tells if outputs are classes of which one is chosen: at least two, softmax or linear."""
    ending = last_activation(layers)
    return len(outputs) == 1 and outputs[0] > 1 and ending in ("softmax", "linear")


def has_several_labels(layers: Iterable[Layer], outputs: Shape) -> bool:
    """Tells if each output is the probability of a class of its own: a vector through a sigmoid."""
    return len(outputs) == 1 and last_activation(layers) == "sigmoid"


def last_activation(layers: Iterable[Layer]) -> str:
    """The name of the function applied last; "linear" if the last layer has none."""
    last = list(layers)[-1]
    return last.function.name if isinstance(last, Parametric | ActivationLayer) else "linear"
