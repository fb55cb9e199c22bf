"""Reordering: max pooling after the layers that convolutions absorb.

The largest of some values, scaled by a positive factor, moved or bounded, is the largest of the
values after that. Behind the pooling, a batch normalization would be a convolution of its own, and
a ReLU a table; before it, both are part of the convolution, and the results are the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

import numpy as np

from spritenet.layers import (
    ActivationLayer,
    BatchNormalization,
    Conv2D,
    Dense,
    DepthwiseConv2D,
    Graph,
    Layer,
    Node,
    Normalization,
    ReLU,
    Rescaling,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Affine = tuple[NDArray[np.float64], NDArray[np.float64]]

__all__ = ["affine_of", "bounds_of", "pool_last"]

CONVOLUTIONS = (Conv2D, Dense, DepthwiseConv2D, BatchNormalization, Normalization)
MAX_POOLING = ("MaxPooling2D", "GlobalMaxPooling2D")


def affine_of(node: Node, weights: Sequence[NDArray[np.float64]]) -> Affine | None:
    """Returns factor and offset of each channel, of a layer that is no more than that."""
    layer, channels = node.layer, node.output_shape[-1]
    if isinstance(layer, Rescaling):
        return np.full(channels, layer.scale), np.full(channels, layer.offset)
    if isinstance(layer, Normalization):
        mean, deviation = weights[0], layer.deviation(weights[1])
        return (deviation, mean) if layer.invert else (1 / deviation, -mean / deviation)
    if not isinstance(layer, BatchNormalization):
        return None
    named = dict(zip((w.name for w in node.weights), weights, strict=True))
    root = np.sqrt(named["moving_variance"] + layer.epsilon)
    factor = named.get("gamma", np.ones(channels)) / root
    return factor, named.get("beta", np.zeros(channels)) - named["moving_mean"] * factor


def bounds_of(layer: Layer) -> tuple[float, float] | None:
    """Returns the bounds of an activation that is no more than these."""
    if isinstance(layer, ReLU):
        plain = not layer.negative_slope and not layer.threshold
        top = inf if layer.max_value is None else layer.max_value
        return (0.0, top) if plain else None
    if isinstance(layer, ActivationLayer):
        return {"relu": (0.0, inf), "relu6": (0.0, 6.0)}.get(layer.function.name)
    return None


def pool_last(
    graph: Graph, nodes: Sequence[Node], weights: Sequence[Sequence[NDArray[np.float64]]]
) -> Graph:
    """Returns the graph with max pooling behind what the convolution before it absorbs.

    Its parameters are the graph's, in the same order, for pooling has none.

    Args:
        graph: layers without activations of their own.
        nodes: the layers with their shapes.
        weights: of each layer.
    """
    layers = list(graph.layers)
    readers = [0] * len(layers)
    for read in graph.inputs:
        for one in read:
            readers[one] += one >= 0
    for start in range(len(layers)):
        place = start
        while _is_pooled(graph, layers, readers, place):
            follower = nodes[place + 1]
            affine = affine_of(follower, weights[place + 1])
            if not (np.all(affine[0] > 0) if affine else bounds_of(follower.layer)):
                break
            layers[place], layers[place + 1] = layers[place + 1], layers[place]
            place += 1
    return replace(graph, layers=tuple(layers))


def _is_pooled(graph: Graph, layers: list[Layer], readers: list[int], place: int) -> bool:
    """True if a layer is the max pooling of a convolution, and the next one alone reads it."""
    source = graph.inputs[place][0]
    return (
        layers[place].class_name in MAX_POOLING
        and graph.inputs[place + 1 : place + 2] == ((place,),)
        and source >= 0
        and readers[source] == readers[place] == 1
        and isinstance(layers[source], CONVOLUTIONS)
    )
