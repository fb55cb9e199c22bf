"""Equalization: channels of one size between convolutions, in a network that computes the same.

Behind a convolution, ReLU, LeakyReLU and pooling pass a positive factor of a channel on. So weights
that make a channel f times larger, and those of the next convolution that make up for it, change
nothing but how well one scale fits all channels (Nagel et al., "Data-Free Quantization Through
Weight Equalization and Bias Correction", 2019). Here the sizes of a channel are the largest of its
values for some images, and of the weights that read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.layers import (
    ActivationLayer,
    BatchNormalization,
    Conv2D,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Graph,
    Layer,
    Node,
    ReLU,
    Shape,
    UpSampling2D,
    ZeroPadding2D,
)
from spritenet.layers.pooling import GlobalPooling2D, Pooling2D
from spritenet.quantization.decomposition import INACTIVE
from spritenet.quantization.folding import split_weights
from spritenet.quantization.observation import observe

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float32]
    Weights = dict[str, NDArray[np.float64]]

__all__ = ["equalize"]

PASSING = (Cropping2D, GlobalPooling2D, Pooling2D, UpSampling2D, ZeroPadding2D)
"""Layers whose outputs are f times as large if their inputs are."""

FUNCTIONS = ("linear", "relu", "leaky_relu")
MOST_IMAGES = 128
MOST_FACTOR = 1e4
LEAST = 1e-20
"""Sizes of channels that nothing passes through."""


@dataclass(slots=True)
class _Pair:
    """Two layers with weights and the channels between them.

    Attributes:
        scaled: the layer whose outputs are scaled: the last one that is a factor and an offset.
        last: the layer whose outputs the reader gets.
        reader: the convolution or dense layer that reads them.
    """

    scaled: int
    last: int = -1
    reader: int = -1


def equalize(
    graph: Graph, input_shape: Shape, parameters: Reals, images: NDArray[np.uint8]
) -> Reals:
    """Returns parameters of the same function with channels of more equal sizes.

    Args:
        graph: layers without activations of their own, as `fold` arranges them.
        input_shape: of the images.
        parameters: float32, all weights in layer order.
        images: uint8, (n, *input_shape); some of them are used.
    """
    nodes = list(graph.nodes(input_shape))
    weights = [
        dict(zip((one.name for one in node.weights), arrays, strict=True))
        for node, arrays in zip(nodes, split_weights(nodes, parameters), strict=True)
    ]
    pairs = _pairs(graph, nodes)
    if not pairs:
        return parameters
    some = np.ascontiguousarray(images[:: -(-len(images) // MOST_IMAGES)])
    values = observe(graph, input_shape, parameters, some, {pair.last for pair in pairs})
    for pair in pairs:
        channels = nodes[pair.scaled].output_shape[-1]
        sizes = np.abs(values[pair.last]).reshape(-1, channels).max(axis=0).astype(np.float64)
        factors = _factors(sizes, nodes[pair.reader].layer, weights[pair.reader])
        factors = _scale(nodes[pair.scaled].layer, weights[pair.scaled], factors)
        _compensate(weights[pair.reader], factors)
    flat = [array.reshape(-1) for named in weights for array in named.values()]
    return np.concatenate(flat).astype(np.float32)


def _pairs(graph: Graph, nodes: list[Node]) -> list[_Pair]:
    """Returns the pairs of a graph: between them, each layer has one reader."""
    readers: dict[int, list[int]] = {}
    for index, read in enumerate(graph.inputs):
        for one in read:
            readers.setdefault(one, []).append(index)
    pairs = []
    for index, node in enumerate(nodes):
        if not isinstance(node.layer, Conv2D | Dense | DepthwiseConv2D):
            continue
        pair, place = _Pair(index), index
        while len(readers.get(place, [])) == 1 and pair.reader < 0:
            previous, place = place, readers[place][0]
            layer = nodes[place].layer
            if isinstance(layer, BatchNormalization) and previous == pair.scaled:
                pair.scaled = place
            elif _reads_channels(layer):
                pair.last, pair.reader = previous, place
            elif not _passes_factors(layer):
                break
        if pair.reader >= 0:
            pairs.append(pair)
    return pairs


def _reads_channels(layer: Layer) -> bool:
    """True if a layer's weights have an axis of input channels."""
    if isinstance(layer, Conv2D):
        return layer.groups == 1
    return isinstance(layer, Dense | DepthwiseConv2D)


def _passes_factors(layer: Layer) -> bool:
    """True if a layer's outputs have the positive factor of each channel of its inputs."""
    if isinstance(layer, ReLU):
        return layer.max_value is None and not layer.threshold
    if isinstance(layer, ActivationLayer):
        return layer.function.name in FUNCTIONS
    return isinstance(layer, PASSING) or layer.class_name in {*INACTIVE, "CenterCrop", "Flatten"}


def _kernel(weights: Weights) -> NDArray[np.float64]:
    """Returns a layer's kernel."""
    return next(array for name, array in weights.items() if name.endswith("kernel"))


def _by_channel(kernel: NDArray[np.float64], channels: int) -> NDArray[np.float64]:
    """Returns a view of a kernel: (places, input channels, outputs)."""
    return kernel.reshape(-1, channels, kernel.shape[-1])


def _factors(sizes: NDArray[np.float64], reader: Layer, weights: Weights) -> NDArray[np.float64]:
    """Returns factors of the channels that a layer reads, 1 in the geometric mean.

    A depthwise layer has a scale for each channel: the values alone matter. Others have one for
    each output: both sizes become the geometric mean of them.
    """
    kernel = np.abs(_by_channel(_kernel(weights), len(sizes)))
    reading = np.ones(len(sizes))
    if not isinstance(reader, DepthwiseConv2D):
        largest = np.maximum(kernel.max(axis=(0, 1)), LEAST)
        reading = (kernel.max(axis=0) / largest).max(axis=-1)
    found = np.ones(len(sizes))
    live = (sizes > LEAST) & (reading > LEAST)
    if live.any():
        ratios = reading[live] / sizes[live]
        logs = np.log(ratios) / (1 if isinstance(reader, DepthwiseConv2D) else 2)
        found[live] = np.exp(logs - logs.mean())
    return np.clip(found, 1 / MOST_FACTOR, MOST_FACTOR)


def _scale(layer: Layer, weights: Weights, factors: NDArray[np.float64]) -> NDArray[np.float64]:
    """Multiplies a layer's outputs by factors, and returns them as far as the layer allows."""
    if isinstance(layer, BatchNormalization):
        if "gamma" in weights:
            weights["gamma"] *= factors
        else:  # a variance isn't negative
            variance = weights["moving_variance"] + layer.epsilon
            factors = np.minimum(factors, np.sqrt(variance / layer.epsilon))
            weights["moving_variance"] = np.maximum(variance / factors**2 - layer.epsilon, 0)
        if "beta" in weights:
            weights["beta"] *= factors
        return factors
    kernel = _kernel(weights)
    outputs = (*kernel.shape[:2], -1) if isinstance(layer, DepthwiseConv2D) else kernel.shape
    kernel.reshape(outputs)[...] *= factors
    if "bias" in weights:
        weights["bias"] *= factors
    return factors


def _compensate(weights: Weights, factors: NDArray[np.float64]) -> None:
    """Divides the weights that read channels by their factors."""
    _by_channel(_kernel(weights), len(factors))[...] /= factors[:, None]
