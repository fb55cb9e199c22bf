"""Training of the detectors' small networks, by the compiled core."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spritenet import initializers, losses, schedules
from spritenet.engines.engine import Examples
from spritenet.layers import Graph, Layer
from spritenet.optimizers import AdamW

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["quantized", "shortened", "train_network"]

BATCH = 64
LEVELS = 15
"""Five bits compress to little more than half of eight, and decide alike; docs/log.md has both."""

SPLITTER = 2**13 + 1
MAX_STEPS = 256
"""In a call of the core, so that Ctrl-C is answered."""


def train_network(
    layers: Sequence[Layer],
    x: NDArray[np.uint8],
    y: NDArray[np.int32],
    *,
    optimizer: AdamW,
    epochs: int,
    seed: int,
    threads: int | None = None,
) -> list[NDArray[np.float32]]:
    """Returns the weights of a network trained on images, in the order of its layers.

    Args:
        layers: the layers, first to last.
        x: uint8, n h w c.
        y: class indices, int32 (n,).
        optimizer: its learning rate is the largest of one cycle.
        epochs: the number of epochs.
        seed: of the weights and the shuffling.
        threads: the number of threads; None for all.
    """
    from spritenet.engines import native

    count, *sides = x.shape
    shape = tuple(sides)
    weights = [w for node in Graph.of(layers).nodes(shape) for w in node.weights]
    arrays = [w.initializer(w.shape, initializers.stream(seed, k)) for k, w in enumerate(weights)]
    parameters = np.concatenate([array.ravel() for array in arrays]).astype(np.float32)
    batch = min(BATCH, count)
    steps = epochs * -(-count // batch)
    rate = float(optimizer.learning_rate)  # type: ignore[arg-type]  # a number, as all callers give
    rates = schedules.OneCycle(rate).spanning(0, steps)(np.arange(steps)).astype(np.float32)
    slots = optimizer.initial_slots(parameters.size)
    examples = Examples(np.ascontiguousarray(x), y)
    engine = native.Network(layers, shape, batch_size=batch, threads=threads)
    for first in range(0, steps, MAX_STEPS):
        engine.train(
            parameters,
            slots,
            examples,
            loss=losses.SparseCategoricalCrossentropy(),
            optimizer=optimizer,
            learning_rates=rates[first : first + MAX_STEPS],
            first_step=first,
            batch_size=batch,
            seed=seed,
        )
    ends = np.cumsum([array.size for array in arrays])[:-1]
    parts = np.split(parameters, ends)
    return [part.reshape(array.shape) for part, array in zip(parts, arrays, strict=True)]


def quantized(kernel: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """Returns a kernel (..., units) as integers from -LEVELS to LEVELS, and scales, (units,)."""
    most = np.abs(kernel).max(axis=tuple(range(kernel.ndim - 1)))
    scale = shortened(np.maximum(most, np.float32(1e-12)) / np.float32(LEVELS))
    return np.rint(kernel / scale).astype(np.int8), scale


def shortened(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns numbers rounded to 11 significant bits, as float16 has: they compress better."""
    high = values * np.float32(SPLITTER)
    rounded: NDArray[np.float32] = high - (high - values)  # Veltkamp's splitting
    return rounded
