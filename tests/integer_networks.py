"""Random float networks of the layers that int8 supports, for tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

import spritenet as sn
from spritenet.layers import Tensor
from spritenet.quantization import IntegerNetwork, quantize

if TYPE_CHECKING:
    from numpy.typing import NDArray

MERGES = (sn.Add, sn.Subtract, sn.Average, sn.Multiply, sn.Maximum)
FUNCTIONS = ("sigmoid", "tanh", "elu", "swish", "hard_sigmoid", "gelu", "softplus")


def random_model(seed: int, shape: tuple[int, int, int] | None = None) -> sn.Model:
    """A functional model whose weights, batch statistics included, are random."""
    rng = np.random.default_rng(seed)
    if shape is None:
        height, width = (int(n) for n in rng.integers(7, 14, 2))
        shape = (height, width, int(rng.choice([1, 1, 2, 3, 4])))
    images = sn.Input(shape)
    x: Tensor = images
    if rng.random() < 0.3:
        x = sn.Rescaling(-1 / 255, 1.0)(x) if rng.random() < 0.5 else sn.Rescaling(2 / 255, -1)(x)
    for _ in range(int(rng.integers(1, 6))):
        x = _layer(rng, x)
    x = _ending(rng, x)
    model = sn.Model(images, x)
    model.set_weights(
        [
            rng.uniform(0.5, 2, array.shape)
            if name.endswith(("variance", "gamma"))
            else rng.normal(0, 0.4 if array.ndim > 1 else 0.2, array.shape)
            for name, array in model.weights.items()
        ]
    )
    return model


def _layer(  # noqa: C901, PLR0911 - a case for each layer
    rng: np.random.Generator, x: Tensor
) -> Tensor:
    """One of the layers on a tensor, or a branch and a merge."""
    height, width, channels = x.shape
    large = min(height, width) >= 5
    padding = "same" if rng.random() < 0.6 or not large else "valid"
    strides = int(rng.choice([1, 1, 2])) if large else 1
    filters = int(rng.integers(1, 22))
    kernel = tuple(int(n) for n in rng.integers(1, 5, 2))
    match int(rng.integers(0, 12)):
        case 0 | 1:
            x = sn.Conv2D(filters, kernel, strides=strides, padding=padding)(x)
            return _activation(rng, sn.BatchNormalization()(x) if rng.random() < 0.5 else x)
        case 2:
            groups = int(rng.choice([g for g in (1, 2, 3, 4) if channels % g == 0]))
            return sn.Conv2D(groups * int(rng.integers(1, 5)), 3, padding="same", groups=groups)(x)
        case 3:
            return sn.Conv2D(filters, 2, padding="same", dilation_rate=2, activation="relu")(x)
        case 4:
            many = int(rng.integers(1, 3))
            x = sn.DepthwiseConv2D(3, strides, padding, depth_multiplier=many)(x)
            return _activation(rng, x)
        case 5:
            return sn.SeparableConv2D(filters, 3, padding="same", activation="relu6")(x)
        case 6:
            pool = sn.MaxPooling2D if rng.random() < 0.5 else sn.AveragePooling2D
            return pool(int(rng.integers(2, 4)), strides, padding if large else "same")(x)
        case 7:
            return _activation(rng, sn.BatchNormalization()(x))
        case 8:
            merge = MERGES[int(rng.integers(len(MERGES)))]
            other = sn.Conv2D(channels, 1)(x)
            if rng.random() < 0.4:
                other = sn.GlobalAveragePooling2D(keepdims=True)(other)
            return _activation(rng, merge()([x, other]))
        case 9:
            parts = [x, sn.Conv2D(filters, 3, padding="same", activation="relu")(x)]
            return sn.Concatenate()([*parts, sn.MaxPooling2D(2, 1, "same")(x)])
        case 10:
            x = sn.ZeroPadding2D(((1, 0), (2, 1)))(x)
            return sn.Conv2D(filters, 2)(x) if rng.random() < 0.5 else x
        case _:
            return sn.Cropping2D(((1, 0), (0, 1)))(x) if large else sn.UpSampling2D((2, 1))(x)


def _activation(rng: np.random.Generator, x: Tensor) -> Tensor:
    choice = rng.random()
    if choice < 0.4:
        return sn.ReLU()(x)
    if choice < 0.5:
        return sn.ReLU(6.0)(x)
    if choice < 0.6:
        return sn.LeakyReLU(0.1)(x)
    return sn.Activation(str(rng.choice(FUNCTIONS)))(x) if choice < 0.8 else x


def _ending(rng: np.random.Generator, x: Tensor) -> Tensor:
    classes = int(rng.integers(2, 12))
    ending = "softmax" if rng.random() < 0.7 else rng.choice(["sigmoid", "linear", "tanh"])
    if rng.random() < 0.5:
        x = sn.Flatten()(x)
        if rng.random() < 0.5:
            x = sn.Dense(int(rng.integers(3, 40)), activation="relu")(x)
        return sn.Dense(classes, activation=str(ending))(x)
    if rng.random() < 0.5:
        x = sn.GlobalAveragePooling2D()(x) if rng.random() < 0.5 else sn.GlobalMaxPooling2D()(x)
        return sn.Dense(classes, activation=str(ending))(x)
    return sn.GlobalAveragePooling2D()(sn.Conv2D(classes, 1)(x))


def random_images(seed: int, model: sn.Model, count: int) -> NDArray[np.uint8]:
    """Random images of a model's input, of all brightnesses."""
    assert model.input_shape is not None
    rng = np.random.default_rng(seed)
    images = rng.integers(0, 256, (count, *model.input_shape))
    return (images * rng.random((count, 1, 1, 1))).astype(np.uint8)


def random_network(
    seed: int, count: int = 24
) -> tuple[sn.Model, IntegerNetwork, NDArray[np.uint8]]:
    """A random model, its integer network, and the images that calibrated it."""
    model = random_model(seed)
    images = random_images(seed, model, count)
    assert model.input_shape is not None
    return model, quantize(model.graph, model.input_shape, model.parameters, images), images
