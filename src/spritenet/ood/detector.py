"""Training of the detector: a small network on features, trained by the compiled core."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet import initializers, losses, optimizers, schedules
from spritenet.engines.engine import Examples
from spritenet.layers import Dense, Flatten, Rescaling
from spritenet.ood.rejection import Detector

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["train_detector"]

MOST_FEATURES = 256
"""Features of the detector; of a layer with more outputs, those of largest variance."""

HIDDEN = 80
BATCH, EPOCHS = 64, 10
RATE, DECAY = 0.01, 0.02
"""AdamW with one cycle; docs/log.md lists the alternatives that were measured."""


def train_detector(
    inliers: NDArray[np.float32],
    labels: NDArray[np.int32],
    outliers: NDArray[np.float32],
    classes: int,
    *,
    seed: int,
) -> Detector:
    """Trains a detector to separate features of training images from those of outliers.

    Args:
        inliers: features of training images, float32 (n, outputs of the layer).
        labels: their classes, int32 (n,).
        outliers: features of outliers, float32 (m, outputs of the layer).
        classes: the number of classes.
        seed: of the weights and the shuffling.
    """
    features = np.concatenate([inliers, outliers])
    places = np.arange(features.shape[1])
    if len(places) > MOST_FEATURES:
        variance = features.var(axis=0)
        places = np.sort(np.argsort(-variance, kind="stable")[:MOST_FEATURES])
        features = features[:, places]
    low, high = inliers[:, places].min(axis=0), inliers[:, places].max(axis=0)
    # A feature that hardly varies would otherwise amplify tiny differences.
    least = np.float32(1e-3) * np.abs(high).max() + np.float32(1e-9)
    scale = np.asarray(1 / np.maximum(high - low, least), np.float32)
    x = np.rint(np.clip((features - low) * scale, 0, 1) * 255).astype(np.uint8)
    y = np.concatenate([labels, np.full(len(outliers), classes, np.int32)])
    kernel, bias, output_kernel, output_bias = _trained(x, y, classes + 1, seed)
    kernel_scale = np.maximum(np.abs(kernel).max(axis=0), np.float32(1e-12)) / np.float32(127)
    return Detector(
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
    """Returns kernel and bias of both layers, trained on x (n, d) with classes y (n,)."""
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
    slots = optimizer.initial_slots(parameters.size)
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
