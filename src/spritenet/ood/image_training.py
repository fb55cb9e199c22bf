"""Training of the image detector, whose batch normalizations are folded into its kernels."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    MaxPooling2D,
    Rescaling,
)
from spritenet.ood.image_detector import CONVOLUTIONS, LEAST_SIDE, MOST_SIDE, ImageDetector
from spritenet.ood.training import quantized, shortened, train_network
from spritenet.optimizers import AdamW

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["suits", "train_image_detector"]

LEAST_IMAGES = 500
"""Training images from which on it is better than nothing."""

EPOCHS, LEAST_EXAMPLES = 2, 8_192
"""Two epochs, or as many as see so many images."""

RATE, DECAY, BETA_2 = 0.02, 0.05, 0.95
MOMENTUM, EPSILON = 0.9, 1e-5
"""Of the batch normalizations, which are folded into the kernels."""


def suits(images: NDArray[np.uint8]) -> bool:
    """Returns True for 500 training images n h w c or more, of 16 to 40 pixels a side."""
    sides = images.shape[1:3] if images.ndim == 4 else (0,)
    return len(images) >= LEAST_IMAGES and all(LEAST_SIDE <= side <= MOST_SIDE for side in sides)


def train_image_detector(
    images: NDArray[np.uint8],
    labels: NDArray[np.int32],
    outliers: NDArray[np.uint8],
    classes: int,
    *,
    seed: int,
) -> ImageDetector:
    """Trains an image detector to separate training images from outliers.

    Args:
        images: training images that suit it, uint8 n h w c.
        labels: their classes, int32 (n,).
        outliers: uint8 m h w c.
        classes: the number of classes.
        seed: of the weights and the shuffling.
    """
    x = np.concatenate([images, outliers])
    y = np.concatenate([labels, np.full(len(outliers), classes, np.int32)])
    layers: list[Layer] = [Rescaling(1 / 255, name="x")]
    for number, (filters, size, padding, pool) in enumerate(CONVOLUTIONS):
        name = f"convolution_{number}"
        layers += [
            Conv2D(filters, size, padding=padding, use_bias=False, name=name),
            *([MaxPooling2D(pool, name=f"{name}_pool")] if pool > 1 else []),
            BatchNormalization(
                momentum=MOMENTUM, epsilon=EPSILON, scale=False, name=f"{name}_normal"
            ),
            Activation("relu", name=f"{name}_relu"),
        ]
    layers += [Flatten(name="vector"), Dense(classes + 1, activation="softmax", name="z")]
    trained = train_network(
        layers,
        x,
        y,
        optimizer=AdamW(RATE, weight_decay=DECAY, beta_2=BETA_2),
        epochs=max(EPOCHS, -(-LEAST_EXAMPLES // len(x))),
        seed=seed,
    )
    folded: list[tuple[NDArray[np.float32], NDArray[np.float32]]] = []
    for kernel, beta, mean, variance in (trained[k : k + 4] for k in range(0, 12, 4)):
        # Pooling a maximum and a normalization with a positive factor can change places.
        factor = 1 / np.sqrt(variance + np.float32(EPSILON))
        folded.append((kernel * factor, beta - mean * factor))
    folded.append((trained[12], trained[13]))
    integers, scales = zip(*(quantized(kernel) for kernel, _ in folded), strict=True)
    height, width, channels = images.shape[1:]
    return ImageDetector(
        (height, width, channels), integers, scales, tuple(shortened(bias) for _, bias in folded)
    )
