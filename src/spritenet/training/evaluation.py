"""Evaluation and prediction, in chunks of images.

The size of a chunk depends on the network alone: large enough to cost nothing, small enough for
Ctrl-C. It never depends on time, so that sums are the same in every run.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from spritenet.engines.engine import Engine, Evaluation
from spritenet.layers import Graph, Layer, Shape
from spritenet.losses import Loss
from spritenet.metrics import MetricSet
from spritenet.training.batch_source import BatchSource
from spritenet.training.measurement import Measurement

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["evaluate", "images_per_call", "multiplications", "predict"]

MULTIPLICATIONS = 400_000_000
"""Multiplications in one call: about 20 ms of one core."""

LEAST, MOST = 256, 65_536
"""Limits of the images in one call."""


def multiplications(layers: Iterable[Layer], input_shape: Shape) -> int:
    """Returns the approximate number of multiplications of one image's forward pass."""
    total = prod(input_shape)
    for node in Graph.of(layers).nodes(input_shape):
        places = prod(node.output_shape[:-1])  # a kernel is used once for each place of its outputs
        total += prod(node.output_shape) + sum(
            places * weight.size for weight in node.weights if len(weight.shape) > 1
        )
    return total


def images_per_call(layers: Iterable[Layer], input_shape: Shape) -> int:
    """Returns the number of images that a network evaluates in one call."""
    fitting = MULTIPLICATIONS // multiplications(layers, input_shape)
    return max(LEAST, min(MOST, fitting - fitting % LEAST))


def evaluate(
    engine: Engine,
    parameters: NDArray[np.float32],
    source: BatchSource,
    loss: Loss,
    max_images: int,
    metrics: MetricSet | None = None,
) -> Evaluation:
    """Returns the sums of loss and correct predictions over all examples, and the metrics."""
    total = Evaluation(0.0, 0.0, 0, 0)
    measurement = None if metrics is None else Measurement(metrics, metrics.start())
    correct: float | None
    max_images = min(max_images, source.max_images)
    for first in range(0, len(source), max_images):
        last = min(first + max_images, len(source))
        examples = source.stored(first, last)
        if measurement is None:
            part = engine.evaluate(parameters, examples, loss)
        else:
            outputs = measurement.buffer(last - first)
            part = engine.evaluate(parameters, examples, loss, outputs=outputs)
            measurement.add(outputs, examples, slice(None))
        correct = None if part.correct is None else (total.correct or 0) + part.correct
        total = Evaluation(total.loss_sum + part.loss_sum, part.l2, correct, last)
    if metrics is None or measurement is None:
        return total
    return replace(total, metrics=metrics.values(measurement.state))


def predict(
    engine: Engine,
    parameters: NDArray[np.float32],
    images: NDArray[np.uint8],
    max_images: int,
) -> NDArray[np.float32]:
    """Returns the outputs, (n, k) or, of a network that ends in images, (n, h, w, c)."""
    if len(images) <= max_images:
        return engine.predict(parameters, images)
    starts = range(0, len(images), max_images)
    return np.concatenate(
        [engine.predict(parameters, images[first : first + max_images]) for first in starts]
    )
