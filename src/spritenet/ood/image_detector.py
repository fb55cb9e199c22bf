"""Image detector: a small convolutional network on pixels that tells outliers from the classes.

Its score is added to that of the detector on features. They err on different images: the features
were trained to tell classes apart, and leave out much that marks an outlier.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.engines.native import Network
    from spritenet.layers import Layer

__all__ = ["CONVOLUTIONS", "LEAST_SIDE", "MOST_SIDE", "ImageDetector", "kernel_shapes"]

CONVOLUTIONS = ((8, 4, "valid", 2), (16, 3, "same", 2), (32, 3, "valid", 1))
"""Filters, kernel size, padding and pooling of each."""

LEAST_SIDE, MOST_SIDE = 16, 40
"""Sides of images that it is made for."""

Image = tuple[int, int, int]


def kernel_shapes(image: Image, classes: int) -> tuple[tuple[int, ...], ...]:
    """Returns the shapes of all kernels for images h w c: three convolutions', then a Dense's."""
    height, width, channels = image
    shapes: list[tuple[int, ...]] = []
    for filters, size, padding, pool in CONVOLUTIONS:
        shapes.append((size, size, channels, filters))
        lost = size - 1 if padding == "valid" else 0
        height, width, channels = (height - lost) // pool, (width - lost) // pool, filters
    return (*shapes, (height * width * channels, classes + 1))


@dataclass(frozen=True, slots=True, eq=False)
class ImageDetector:
    """A network on images h w c, for k classes and one of outliers.

    x = image / 255; three times x = max(maximum pooling(convolution(x) + bias), 0); then
    z = x · kernel + bias, and outlier_score = z[k] - log Σ exp z[0 … k-1]. Kernels are integers
    times a scale for each unit.

    Attributes:
        image: the shape of an image, h w c.
        kernels: int8, of the shapes of `kernel_shapes`.
        scales: float32 (units,) for each kernel.
        biases: float32 (units,) for each kernel.
    """

    image: Image
    kernels: tuple[NDArray[np.int8], ...]
    scales: tuple[NDArray[np.float32], ...]
    biases: tuple[NDArray[np.float32], ...]

    def outlier_score(self, images: NDArray[np.uint8]) -> NDArray[np.float64]:
        """Returns the log odds that images are outliers, float64 (n,), from uint8 n h w c."""
        parts = [
            array.ravel()
            for kernel, scale, bias in zip(self.kernels, self.scales, self.biases, strict=True)
            for array in (kernel * scale, bias)
        ]
        network = _network(self.image, len(self.biases[-1]))
        z = network.predict(np.concatenate(parts), np.ascontiguousarray(images)).astype(np.float64)
        known = z[:, :-1]
        most = known.max(axis=1)
        result: NDArray[np.float64] = (
            z[:, -1] - most - np.log(np.exp(known - most[:, None]).sum(axis=1))
        )
        return result


@lru_cache(maxsize=4)
def _network(image: Image, outputs: int) -> Network:
    """Returns the network that computes z."""
    from spritenet.engines import native
    from spritenet.layers import Conv2D, Dense, Flatten, MaxPooling2D, Rescaling

    layers: list[Layer] = [Rescaling(1 / 255, name="x")]
    for number, (filters, size, padding, pool) in enumerate(CONVOLUTIONS):
        name = f"convolution_{number}"
        layers.append(Conv2D(filters, size, padding=padding, activation="relu", name=name))
        if pool > 1:
            layers.append(MaxPooling2D(pool, name=f"{name}_pool"))
    return native.Network([*layers, Flatten(name="vector"), Dense(outputs, name="z")], image)
