"""Random layers in files: networks without them, and where they belong.

They work in training alone, at the head of a network. TensorFlow.js has none of them, so files keep
them in our metadata; Keras's files also have them as Keras's layers.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from typing import Any

from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.layers import IMAGES, Cropping2D, Graph, Layer, RandomCrop, Rescaling, Shape
from spritenet.layers.random_layer import RandomLayer

__all__ = ["Head", "fitting", "from_entries", "head_of", "kind_of", "to_entries", "with_head"]
__all__ += ["without_crops", "without_random"]

Head = tuple[RandomLayer | None, ...]
"""Random layers at the head of a network, in their order; None is its Rescaling."""

MOST = 32


def without_random(graph: Graph, input_shape: Shape) -> Graph:
    """Returns the graph as it predicts, for files that know no random layers.

    A RandomCrop, which takes the middle of images then, becomes a Cropping2D behind Rescaling, so
    that this still comes first.

    Args:
        graph: named; a Rescaling alone reads the images, or what random layers make of them.
        input_shape: of the images.
    """
    return _without(graph, input_shape, RandomLayer)


def without_crops(graph: Graph, input_shape: Shape) -> Graph:
    """Returns the graph with Cropping2D layers in place of RandomCrop.

    Keras's RandomCrop resizes images when predicting.
    """
    return _without(graph, input_shape, RandomCrop)


def _without(graph: Graph, input_shape: Shape, kind: type[RandomLayer]) -> Graph:
    """Returns the graph without random layers of a kind; Cropping2D stands for RandomCrop."""
    crops: list[Layer] = []
    shape = input_shape
    while (index := _random(graph, kind)) is not None:
        layer = graph[index]
        if isinstance(layer, RandomCrop):
            top, left = (shape[0] - layer.height) // 2, (shape[1] - layer.width) // 2
            below, right = shape[0] - layer.height - top, shape[1] - layer.width - left
            crops.append(Cropping2D(((top, below), (left, right)), name=layer.name))
            shape = (layer.height, layer.width, *shape[2:])
        graph = graph.without(index)[0]
    if not crops:
        return graph
    before: list[Layer] = []
    while not isinstance(graph[0], Rescaling):
        before.append(graph[0])
        graph = graph.without(0)[0]
    for crop in reversed(crops):
        graph = graph.without(0)[0].after_images(crop).after_images(graph[0])
    for layer in reversed(before):
        graph = graph.after_images(layer)
    return graph


def _random(graph: Graph, kind: type[RandomLayer]) -> int | None:
    """Returns the index of the first random layer of a kind; None if there is none."""
    places = (place for place, layer in enumerate(graph) if isinstance(layer, kind))
    return next(places, None)


def head_of(graph: Graph) -> Head:
    """Returns the random layers at the head of a network; () if there are none."""
    found: list[RandomLayer | None] = []
    for layer in _chain(graph):
        if not isinstance(layer, RandomLayer | Rescaling) or (
            isinstance(layer, Rescaling) and None in found
        ):
            break
        found.append(layer if isinstance(layer, RandomLayer) else None)
    return tuple(found) if any(layer is not None for layer in found) else ()


def _chain(graph: Graph) -> Iterator[Layer]:
    """Yields the layers that read the images one after the other, until the network branches."""
    place = IMAGES
    while True:
        readers = [index for index, read in enumerate(graph.inputs) if place in read]
        if len(readers) != 1:
            return
        place = readers[0]
        yield graph[place]


def with_head(graph: Graph, head: Head) -> Graph:
    """Returns the network with its random layers again.

    Where it isn't the one whose head this is, it is returned as it is.

    Args:
        graph: named, without random layers; a Rescaling is first.
        head: its random layers.
    """
    names = [layer.name for layer in head if isinstance(layer, RandomCrop)]
    crops = [place for place, layer in enumerate(graph) if layer.name in names]
    known = all(isinstance(graph[place], Cropping2D) for place in crops)
    taken = {layer.name for place, layer in enumerate(graph) if place not in crops}
    again = any(isinstance(layer, RandomLayer) for layer in graph)
    if again or not known or len(crops) != len(names) or head.count(None) != 1:
        return graph
    if any(layer is not None and layer.name in taken for layer in head):
        return graph
    rescaling = graph[0]
    for place in reversed(crops):
        graph = graph.without(place)[0]
    graph = graph.without(0)[0]
    for layer in reversed(head):
        graph = graph.after_images(rescaling if layer is None else layer)
    return graph


def fitting(head: Sequence[RandomLayer | None], rescaling: Layer) -> Head:
    """Returns those random layers of a file of another program whose values are the images'.

    A warning names the others. Without a place for the Rescaling among them, it comes first where
    the layers' values are its own, as those of a network that is fed with scaled images are.
    """
    if not isinstance(rescaling, Rescaling) or not any(head):
        return ()
    ordered = head if None in head else (None, *head)
    after, kept = False, list[RandomLayer | None]()
    low, high = rescaling.offset, 255 * rescaling.scale + rescaling.offset
    for layer in ordered:
        values = getattr(layer, "value_range", None)
        limits = (low, high) if after else (0.0, 255.0)
        if values is not None and max(abs(a - b) for a, b in zip(values, limits, strict=True)) > (
            1e-3 * (limits[1] - limits[0])
        ):
            note = f"{layer.label if layer else ''}: its value_range isn't that of the images"
            warnings.warn(f"{note}; it is ignored.", stacklevel=2)
            continue
        after = after or layer is None
        kept.append(layer)
    return tuple(kept) if any(kept) else ()


def kind_of(class_name: str) -> type[RandomLayer] | None:
    """Returns the class of a random layer; None of another layer."""
    kind = getattr(kinds, class_name, None) if class_name.isidentifier() else None
    is_random = isinstance(kind, type) and issubclass(kind, RandomLayer) and kind is not RandomLayer
    return kind if is_random else None


def to_entries(head: Head) -> list[dict[str, Any] | None]:
    """Returns the JSON values of a head: class_name and config of each, null for the Rescaling."""
    return [
        None if layer is None else {"class_name": layer.class_name, "config": layer.config()}
        for layer in head
    ]


def from_entries(entries: object) -> Head | None:
    """Returns the head of such values; None if they are something else."""
    if not isinstance(entries, list) or len(entries) > MOST:
        return None
    found: list[RandomLayer | None] = []
    for entry in entries:
        if entry is None:
            found.append(None)
            continue
        name = entry.get("class_name") if isinstance(entry, dict) else None
        config = entry.get("config") if isinstance(entry, dict) else None
        kind = kind_of(name) if isinstance(name, str) else None
        if kind is None or not isinstance(config, dict):
            return None
        try:
            found.append(kind.from_config(config))
        except ModelError:
            return None
    return tuple(found)
