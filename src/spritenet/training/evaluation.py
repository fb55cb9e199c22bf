"""How a network does on images it doesn't learn from.

The images go through in shares whose size depends on the network alone: large enough to cost
nothing, small enough for Ctrl-C, and never on the clock, so that the sums are the same every time.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

import numpy as np

from spritenet.engines.engine import Engine, Evaluation, Examples
from spritenet.layers import Layer, Shape
from spritenet.losses import Loss
from spritenet.training.feed import Feed

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["evaluate", "multiplications", "predict", "share"]

MULTIPLICATIONS = 400_000_000
"""In one call: about 20 ms of one core."""

LEAST, MOST = 256, 65_536
"""Images in one call."""


def multiplications(layers: Sequence[Layer], input_shape: Shape) -> int:
    """About how many multiplications one image costs, forward."""
    total, shape = prod(input_shape), input_shape
    for layer in layers:
        output = layer.output_shape(shape)
        places = prod(output[:-1])  # a kernel is used once for each place of its outputs
        total += prod(output) + sum(
            places * weight.size for weight in layer.weights(shape) if len(weight.shape) > 1
        )
        shape = output
    return total


def share(layers: Sequence[Layer], input_shape: Shape) -> int:
    """How many images of a network go into one call."""
    fitting = MULTIPLICATIONS // multiplications(layers, input_shape)
    return max(LEAST, min(MOST, fitting - fitting % LEAST))


def evaluate(
    engine: Engine,
    parameters: NDArray[np.float32],
    examples: Examples | Feed,
    loss: Loss,
    max_images: int,
) -> Evaluation:
    """The sums over all examples."""
    total = Evaluation(0.0, 0.0, 0, 0)
    if isinstance(examples, Feed):
        max_images = min(max_images, examples.max_images)
    for first in range(0, len(examples), max_images):
        count = min(max_images, len(examples) - first)
        if isinstance(examples, Feed):
            some = examples.part(None, 0, first, first + count)
            part = engine.evaluate(parameters, some, loss)
        else:
            part = engine.evaluate(parameters, examples, loss, first=first, count=count)
        total = Evaluation(
            total.loss_sum + part.loss_sum, part.l2, total.correct + part.correct, first + count
        )
    return total


def predict(
    engine: Engine,
    parameters: NDArray[np.float32],
    images: NDArray[np.uint8],
    max_images: int,
) -> NDArray[np.float32]:
    """The outputs of all images, (n, k) or, for a network that ends in images, (n, h, w, c)."""
    if len(images) <= max_images:
        return engine.predict(parameters, images)
    shares = range(0, len(images), max_images)
    return np.concatenate(
        [engine.predict(parameters, images[first : first + max_images]) for first in shares]
    )
