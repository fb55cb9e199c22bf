"""The watcher is taught: a small network on features, trained by the same core as any other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet import initializers, losses, optimizers, schedules
from spritenet.engines.engine import Examples
from spritenet.layers import Dense, Flatten, Rescaling
from spritenet.ood.rejection import Watcher

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["taught"]

MOST_FEATURES = 256
"""A layer with more outputs is seen through those that vary most."""

HIDDEN = 64
BATCH, EPOCHS = 64, 6
RATE, DECAY = 0.01, 0.02
"""AdamW with one cycle; docs/log.md has what else was tried."""


def taught(
    familiar: NDArray[np.float32],
    labels: NDArray[np.int32],
    odd: NDArray[np.float32],
    classes: int,
    *,
    seed: int,
) -> Watcher:
    """A watcher that tells features of images learnt from those of strange ones.

    Args:
        familiar: float32 (n, outputs of the layer).
        labels: int32 (n,), their classes.
        odd: float32 (m, outputs of the layer).
        classes: how many there are.
        seed: of its weights and their order of training.
    """
    features = np.concatenate([familiar, odd])
    places = np.arange(features.shape[1])
    if len(places) > MOST_FEATURES:
        variance = features.var(axis=0)
        places = np.sort(np.argsort(-variance, kind="stable")[:MOST_FEATURES])
        features = features[:, places]
    low, high = familiar[:, places].min(axis=0), familiar[:, places].max(axis=0)
    # A feature that hardly ever moves would make much of very little.
    least = np.float32(1e-3) * np.abs(high).max() + np.float32(1e-9)
    scale = np.asarray(1 / np.maximum(high - low, least), np.float32)
    x = np.rint(np.clip((features - low) * scale, 0, 1) * 255).astype(np.uint8)
    y = np.concatenate([labels, np.full(len(odd), classes, np.int32)])
    kernel, bias, output_kernel, output_bias = _trained(x, y, classes + 1, seed)
    kernel_scale = np.maximum(np.abs(kernel).max(axis=0), np.float32(1e-12)) / np.float32(127)
    return Watcher(
        places=places.astype(np.int32),
        low=low,
        scale=scale,
        kernel=np.rint(kernel / kernel_scale).astype(np.int8),
        kernel_scale=kernel_scale,
        bias=bias,
        output_kernel=output_kernel,
        output_bias=output_bias,
    )


def _trained(
    x: NDArray[np.uint8], y: NDArray[np.int32], outputs: int, seed: int
) -> list[NDArray[np.float32]]:
    """Kernel and bias of both its layers, after training on x (n, d) with classes y (n,)."""
    from spritenet.engines import native

    count, inputs = x.shape
    shape = (1, 1, inputs)
    layers = (
        Rescaling(1 / 255, name="x"),
        Flatten(name="vector"),
        Dense(HIDDEN, activation="relu", name="hidden"),
        Dense(outputs, activation="softmax", name="z"),
    )
    weights = [w for layer, taken in zip(layers[2:], (inputs, HIDDEN), strict=True)
               for w in layer.weights((taken,))]  # fmt: skip
    arrays = [w.initializer(w.shape, initializers.stream(seed, k)) for k, w in enumerate(weights)]
    parameters = np.concatenate([array.ravel() for array in arrays])
    optimizer = optimizers.AdamW(RATE, weight_decay=DECAY, beta_2=0.99)
    batch = min(BATCH, count)
    steps = EPOCHS * -(-count // batch)
    rates = schedules.OneCycle(RATE).spanning(0, steps)(np.arange(steps)).astype(np.float32)
    slots = np.zeros((len(optimizer.slots), parameters.size), np.float32)
    examples = Examples(np.ascontiguousarray(x).reshape(count, *shape), y)
    # One thread: its steps are so short that two would mostly wait for each other.
    engine = native.Network(layers, shape, batch_size=batch, threads=1)
    max_images = 256  # steps, so that Ctrl-C is answered
    for first in range(0, steps, max_images):
        engine.train(
            parameters,
            slots,
            examples,
            loss=losses.SparseCategoricalCrossentropy(),
            optimizer=optimizer,
            learning_rates=rates[first : first + max_images],
            first_step=first,
            batch_size=batch,
            seed=seed,
        )
    ends = np.cumsum([array.size for array in arrays])[:-1]
    parts = np.split(parameters, ends)
    return [part.reshape(array.shape) for part, array in zip(parts, arrays, strict=True)]
