"""Observation: the real values of a network's layers for calibration images, and their ranges."""

from __future__ import annotations

from collections.abc import Collection
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from spritenet.engines import native
from spritenet.layers import Activation, ActivationLayer, Graph, Layer, Rescaling, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Reals = NDArray[np.float32]

__all__ = ["best_range", "function_values", "observe", "representative"]

MOST_IMAGES = 1024
"""Images that suffice: more change ranges and means by less than rounding does."""

LEAST_IMAGES = 16
MOST_VALUES = 2**26
"""Values in memory: 256 MiB."""

SAMPLE = 2**17
"""Values from which a range is found."""

FRACTIONS = np.linspace(1.0, 0.4, 31)
"""Of the range of all values: outside a shorter one, values saturate."""


def representative(images: NDArray[np.uint8], graph: Graph, input_shape: Shape) -> slice:
    """Returns every k-th image, so that memory suffices for their values."""
    size = sum(prod(node.output_shape) for node in graph.nodes(input_shape))
    most = min(MOST_IMAGES, max(LEAST_IMAGES, MOST_VALUES // size))
    return slice(None, None, -(-len(images) // most))


def observe(
    graph: Graph,
    input_shape: Shape,
    parameters: Reals,
    images: NDArray[np.uint8],
    layers: Collection[int],
) -> dict[int, Reals]:
    """Returns the outputs of some layers, (n, *output_shape) each, by their index."""
    engine = native.Network(
        graph.layers, input_shape, inputs=graph.inputs, threads=1, keep_outputs=True
    )
    shapes = [node.output_shape for node in graph.nodes(input_shape)]
    found = {index: np.empty((len(images), *shapes[index]), np.float32) for index in layers}
    for row, image in enumerate(images):
        outputs = engine.activations(parameters, image)
        for index, values in found.items():
            values[row] = outputs[index].reshape(shapes[index])
    return found


def function_values(layer: Layer, scale: float, zero_point: int) -> NDArray[np.float64]:
    """Returns a layer's outputs for the 256 values of int8 inputs, in ascending order."""
    if isinstance(layer, ActivationLayer) and layer.as_name:
        layer = Activation(layer.as_name, name=layer.label)
    graph = Graph.of((Rescaling(scale, -scale * (128 + zero_point)), layer))
    engine = native.Network(graph.layers, (1, 1, 1), inputs=graph.inputs, threads=1)
    pixels = np.arange(256, dtype=np.uint8).reshape(256, 1, 1, 1)
    none = np.zeros(engine.parameter_count, np.float32)
    return engine.predict(none, pixels).astype(np.float64).reshape(256)


def best_range(values: Reals) -> tuple[float, float]:
    """Returns the range, with 0, in which 256 steps have the least squared error.

    Values beyond it saturate.
    """
    flat = values.reshape(-1)
    least, most = min(float(flat.min()), 0.0), max(float(flat.max()), 0.0)
    if most - least < 1e-30:
        return 0.0, 1.0
    sample = flat[:: max(1, flat.size // SAMPLE)].astype(np.float64)
    best, error = (least, most), np.inf
    for fraction in FRACTIONS:
        low, high = least * fraction, most * fraction
        step = (high - low) / 255
        rounded = np.clip(np.round(sample / step), np.round(low / step), np.round(high / step))
        now = float(np.square(rounded * step - sample).mean())
        if now < error:
            best, error = (low, high), now
    return best
