"""Quantization-aware fine-tuning: a network trained with the rounding of its integers.

Forward, kernels and activations are rounded as in the integer network; backward, gradients pass
through the rounding (the straight-through estimator: Jacob et al., "Quantization and Training of
Neural Networks for Efficient Integer-Arithmetic-Only Inference", 2018). Batch normalizations keep
their statistics. `quantize` then makes the integer network of the tuned weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi
from typing import TYPE_CHECKING

import numpy as np

from spritenet.engines import native
from spritenet.layers import BatchNormalization, DepthwiseConv2D, Graph, Layer, Shape
from spritenet.quantization.fake_quantization import FakeQuantization
from spritenet.quantization.fixed_point import round_half_up
from spritenet.quantization.folding import fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.engines.engine import Examples
    from spritenet.losses import Loss
    from spritenet.quantization.network import IntegerNetwork

    Reals = NDArray[np.float32]

__all__ = ["Tuning", "fine_tune", "rounded_graph"]

EXACT = ("max_pooling", "padding", "cropping", "up_sampling", "reshaping")
"""Steps whose output is rounded already."""

BETA_1, BETA_2, EPSILON = 0.9, 0.999, 1e-7
"""Adam's."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """The arguments of fine-tuning.

    Attributes:
        epochs: the number of passes over the images.
        learning_rate: Adam's, relative to the largest weight of each output channel; it falls to 0
            along a cosine.
        batch_size: images of a step.
        seed: of the order of the images.
        threads: the number of threads; None for all.
    """

    epochs: int = 1
    learning_rate: float = 1e-3
    batch_size: int = 64
    seed: int = 0
    threads: int | None = None


def fine_tune(
    graph: Graph,
    input_shape: Shape,
    parameters: Reals,
    network: IntegerNetwork,
    examples: Examples,
    loss: Loss,
    tuning: Tuning,
) -> Reals:
    """Returns parameters trained with the rounding of an integer network.

    Args:
        graph: the layers.
        input_shape: of the images.
        parameters: float32, all weights in layer order.
        network: the integer network of these, whose scales are kept.
        examples: images and labels.
        loss: the loss.
        tuning: epochs, learning rate and so on.
    """
    rounded = rounded_graph(graph, input_shape, parameters, network)
    batch = min(tuning.batch_size, len(examples.images))
    engine = native.Network(
        rounded.layers,
        input_shape,
        inputs=rounded.inputs,
        batch_size=batch,
        threads=tuning.threads,
    )
    channels = [
        (weight, isinstance(rounded[weight.layer], DepthwiseConv2D))
        for weight in engine.weights
        if weight.name.endswith("kernel")
    ]
    trained = np.zeros(engine.parameter_count, np.float32)
    for weight in engine.weights:
        size = int(np.prod(weight.shape))
        is_trained = weight.trainable and rounded[weight.layer].trainable
        trained[weight.offset : weight.offset + size] = is_trained
    extent = _extents(parameters, engine)
    random = np.random.default_rng(tuning.seed)
    values, first, second = parameters.copy(), np.zeros_like(trained), np.zeros_like(trained)
    each = len(examples.images) // batch
    for step in range(tuning.epochs * each):
        if step % each == 0:
            order = random.permutation(len(examples.images))
        place = step % each * batch
        indices = np.ascontiguousarray(order[place : place + batch])
        gradient = engine.gradient(_rounded(values, channels), examples, indices, loss)[1]
        gradient = np.where(trained > 0, gradient, np.float32(0))
        first += (1 - BETA_1) * (gradient - first)
        second += (1 - BETA_2) * (np.square(gradient) - second)
        rate = tuning.learning_rate * (1 + cos(pi * step / (tuning.epochs * each))) / 2
        rate *= (1 - BETA_2 ** (step + 1)) ** 0.5 / (1 - BETA_1 ** (step + 1))
        values -= np.float32(rate) * extent * first / (np.sqrt(second) + np.float32(EPSILON))
    return values


def rounded_graph(
    graph: Graph, input_shape: Shape, parameters: Reals, network: IntegerNetwork
) -> Graph:
    """Returns a network's layers with rounding after each that an integer operator rounds.

    Its parameters are the network's, in the same order. Batch normalizations are frozen.
    """
    folded = fold(graph, input_shape, parameters)
    after = {
        step.output: FakeQuantization(
            operator.scale,
            operator.low - operator.zero_point,
            operator.high - operator.zero_point,
            name=f"{step.name}/rounding",
        )
        for step, operator in zip(folded.steps, network.operators, strict=True)
        if step.kind not in EXACT and operator.dtype is np.int8
    }
    layers: list[Layer] = []
    inputs: list[tuple[int, ...]] = []
    places = {-1: -1}
    for index, (layer, read) in enumerate(
        zip(folded.graph.layers, folded.graph.inputs, strict=True)
    ):
        layers.append(_frozen(layer) if isinstance(layer, BatchNormalization) else layer)
        inputs.append(tuple(places[one] for one in read))
        if index in after:
            layers.append(after[index])
            inputs.append((len(layers) - 2,))
        places[index] = len(layers) - 1
    return Graph(tuple(layers), tuple(inputs))


def _frozen(layer: BatchNormalization) -> BatchNormalization:
    """Returns a copy of a layer that uses its moving averages."""
    copy = layer.named(layer.label)
    copy.trainable = False
    return copy


def _rounded(values: Reals, kernels: list[tuple[native.PlacedWeight, bool]]) -> Reals:
    """Returns parameters with kernels as int8 has them: 127 steps of each output channel."""
    found = values.copy()
    for weight, is_depthwise in kernels:
        part = slice(weight.offset, weight.offset + int(np.prod(weight.shape)))
        kernel = values[part].reshape(weight.shape)
        axes = (0, 1) if is_depthwise else tuple(range(kernel.ndim - 1))
        sizes = np.abs(kernel).max(axis=axes, keepdims=True) / np.float32(127)
        sizes = np.maximum(sizes, np.float32(1e-30))
        steps = round_half_up((kernel / sizes).astype(np.float64)).astype(np.float32)
        found[part] = (steps * sizes).reshape(-1)
    return found


def _extents(parameters: Reals, engine: native.Network) -> Reals:
    """Returns the largest weight of each output channel, in every place of the channel.

    A step is a fraction of it: channels may differ a thousandfold.
    """
    found = np.ones_like(parameters)
    for weight in engine.weights:
        part = slice(weight.offset, weight.offset + int(np.prod(weight.shape)))
        values = parameters[part].reshape(weight.shape)
        axes = tuple(range(values.ndim - 1))
        sizes = np.abs(values).max(axis=axes, keepdims=True)
        whole = np.abs(values).max(initial=0) * np.float32(1e-3)
        found[part] = np.broadcast_to(np.maximum(sizes, whole), values.shape).reshape(-1)
    return found
