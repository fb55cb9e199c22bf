"""few: convolutions trained on drawn images, under a new output layer, for few images a class.

The convolutions are in `few-images.bin`, which pages read too: b"SNF1", the number of layers, the
shape of each kernel (height, width, inputs, filters), all uint32; then of each layer its scales and
biases, a float32 for each filter, and its kernel, int8 in units of its filter's scale.
`tools/pretrain_few.py` writes it.
"""

from __future__ import annotations

import struct
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spritenet import layers as kinds
from spritenet.dataset import Split
from spritenet.dataset.source import Source, has_several_labels
from spritenet.layers import Layer
from spritenet.migration import accepts
from spritenet.model import Sequential
from spritenet.model.features import features
from spritenet.networks.recipe import compiled
from spritenet.optimizers import Adam
from spritenet.schedules import CosineDecay

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.layers import ImageShape

__all__ = ["AUGMENT", "FILE", "FILTERS", "MAGIC", "few"]

FILE = Path(__file__).parents[1] / "web" / "static" / "lib" / "few-images.bin"
MAGIC = b"SNF1"
FILTERS = (16, 32, 64, 64)
"""Of the convolutions: 5×5, then 3×3; all but the last are pooled."""

SIZES = (24, 40)
"""Sides of images that are taken as they are; others are resized to SIDE."""

SIDE = 32
AUGMENT = "rotation=8,translation=0.08,zoom=0.1,shear=0.1,brightness=0.1,contrast=0.2,fill=nearest"
"""Suits signs and photographs: nothing is flipped."""

RATE, SMOOTHING = 0.003, 0.1
MOST = 2_000
"""Training images from which the output layer's first weights are computed."""

SHARPNESS = 8.0
"""Length of the output layer's first weight vectors, times the root of their number."""


@accepts
def few(data: Source) -> Sequential:
    """Four convolutions trained on drawn images, and an output layer that begins at class means.

    All layers are trained further: Adam with cosine decay from 0.003, label smoothing.
    """
    height, width, channels = data.image_shape
    model = compiled("few", _layers(data.image_shape), _optimizer(), data, smoothing=SMOOTHING)
    model.build((height, width, channels), 0)
    values = list(model.weights.values())
    for number, (kernel, bias) in enumerate(_pretrained()):
        first = number == 0 and channels == 1
        # Of a grey image, every channel of a colour image is the same.
        values[2 * number] = kernel.sum(axis=2, keepdims=True) if first else kernel
        values[2 * number + 1] = bias
    model.set_weights(values)
    if isinstance(data, Split) and not has_several_labels(data):
        every = max(1, len(data) // MOST)
        kernel, bias = _class_means(
            features(model, data.images[::every]), data.labels[::every], len(data.class_names)
        )
        model.set_weights([*values[:-2], kernel, bias])
    return model


def _optimizer() -> Adam:
    """Returns the optimizer of its training."""
    return Adam(CosineDecay(RATE), beta_2=0.99)


def _layers(shape: ImageShape) -> list[Layer]:
    """Returns all layers but the last."""
    least, most = SIZES
    fits = all(least <= side <= most for side in shape[:2])
    layers: list[Layer] = [] if fits else [kinds.Resizing(SIDE, SIDE)]
    layers.append(kinds.Rescaling(1 / 255))
    for number, filters in enumerate(FILTERS):
        layers.append(kinds.Conv2D(filters, 5 if number == 0 else 3, padding="same"))
        if number < len(FILTERS) - 1:
            layers.append(kinds.MaxPooling2D(2))
        layers.append(kinds.Activation("relu"))
    return [*layers, kinds.Flatten()]


@cache
def _pretrained() -> tuple[tuple[NDArray[np.float32], NDArray[np.float32]], ...]:
    """Returns kernel and bias of each convolution, from the file."""
    content = FILE.read_bytes()
    start = len(MAGIC) + 4
    (count,) = struct.unpack_from("<I", content, len(MAGIC))
    shapes = [struct.unpack_from("<4I", content, start + 16 * k) for k in range(count)]
    at, found = start + 16 * count, []
    for shape in shapes:
        filters, size = shape[3], int(np.prod(shape))
        scale, bias = np.frombuffer(content, "<f4", 2 * filters, at).reshape(2, filters)
        kernel = np.frombuffer(content, np.int8, size, at + 8 * filters).reshape(shape)
        found.append(((kernel * scale).astype(np.float32), bias.astype(np.float32)))
        at += 8 * filters + size
    return tuple(found)


def _class_means(
    values: NDArray[np.float32], labels: NDArray[np.int32], classes: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Returns kernel and bias of an output layer that compares features with class means.

    Features are centred and scaled to a deviation of 1; the means point in the directions of the
    weight vectors, which have one length: cosine similarity, but for the features' length. A class
    without images gets zeros.
    """
    x = values.astype(np.float64)
    deviation = x.std(axis=0)
    deviation += 0.1 * deviation.mean() + 1e-9
    centre = x.mean(axis=0)
    x = (x - centre) / deviation
    means = np.stack(
        [x[labels == k].mean(axis=0) if (labels == k).any() else 0 * x[0] for k in range(classes)]
    )
    length = np.linalg.norm(means, axis=1, keepdims=True) + 1e-9
    kernel = (means / length * (SHARPNESS / np.sqrt(x.shape[1])) / deviation).T
    return kernel.astype(np.float32), (-centre @ kernel).astype(np.float32)
