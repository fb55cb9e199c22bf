"""Training of the detector: a small network on features."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.layers import Dense, Flatten, Rescaling
from spritenet.ood.rejection import Detector
from spritenet.ood.training import quantized, shortened, train_network
from spritenet.optimizers import AdamW

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["train_detector"]

MOST_FEATURES = 256
"""Features of the detector; of a layer with more outputs, those of largest variance."""

HIDDEN = 80
EPOCHS = 10
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
    scale = shortened(np.asarray(1 / np.maximum(high - low, least), np.float32))
    x = np.rint(np.clip((features - low) * scale, 0, 1) * 255).astype(np.uint8)
    y = np.concatenate([labels, np.full(len(outliers), classes, np.int32)])
    kernel, bias, output_kernel, output_bias = train_network(
        (
            Rescaling(1 / 255, name="x"),
            Flatten(name="vector"),
            Dense(HIDDEN, activation="relu", name="hidden"),
            Dense(classes + 1, activation="softmax", name="z"),
        ),
        x.reshape(len(x), 1, 1, -1),
        y,
        optimizer=AdamW(RATE, weight_decay=DECAY, beta_2=0.99),
        epochs=EPOCHS,
        seed=seed,
        threads=1,  # its steps are so short that two would mostly wait for each other
    )
    integers, kernel_scale = quantized(kernel)
    return Detector(
        places=places.astype(np.int32),
        low=low,
        scale=scale,
        kernel=integers,
        kernel_scale=kernel_scale,
        bias=shortened(bias),
        output_kernel=shortened(output_kernel),
        output_bias=shortened(output_bias),
    )
