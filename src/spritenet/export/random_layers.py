"""Networks without their random layers, which work in training alone."""

from __future__ import annotations

from spritenet.layers import Cropping2D, Graph, Layer, RandomCrop, Shape
from spritenet.layers.random_layer import RandomLayer

__all__ = ["without_random"]


def without_random(graph: Graph, input_shape: Shape) -> Graph:
    """Returns the graph as it predicts, for files that know no random layers.

    A RandomCrop, which takes the middle of images then, becomes a Cropping2D behind Rescaling, so
    that this still comes first.

    Args:
        graph: named; a Rescaling alone reads the images, or what random layers make of them.
        input_shape: of the images.
    """
    crops: list[Layer] = []
    shape = input_shape
    while (index := _random(graph)) is not None:
        layer = graph[index]
        if isinstance(layer, RandomCrop):
            top, left = (shape[0] - layer.height) // 2, (shape[1] - layer.width) // 2
            below, right = shape[0] - layer.height - top, shape[1] - layer.width - left
            crops.append(Cropping2D(((top, below), (left, right)), name=layer.name))
            shape = (layer.height, layer.width, *shape[2:])
        graph = graph.without(index)[0]
    if not crops:
        return graph
    rescaling, rest = graph[0], graph.without(0)[0]
    for crop in reversed(crops):
        rest = rest.after_images(crop)
    return rest.after_images(rescaling)


def _random(graph: Graph) -> int | None:
    """Returns the index of the first random layer; None if there is none."""
    places = (place for place, layer in enumerate(graph) if isinstance(layer, RandomLayer))
    return next(places, None)
