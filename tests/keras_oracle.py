"""Keras 3 on PyTorch, as an oracle: random networks of its own layers."""

from __future__ import annotations

import os
from typing import Any

import pytest

pytest.importorskip("torch", reason="Keras computes with PyTorch here")
os.environ.setdefault("KERAS_BACKEND", "torch")
keras: Any = pytest.importorskip("keras", reason="Keras is the oracle here")

__all__ = ["augmented", "branched", "chain", "keras", "nested", "normalized"]

layers: Any = keras.layers


def chain() -> Any:  # noqa: ANN401 - Keras has no types
    """A Sequential of most layers with weights."""
    return keras.Sequential(
        [
            layers.Input((9, 8, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(4, 3, activation="relu", padding="same", dilation_rate=2),
            layers.Conv2D(6, 3, activation="tanh", groups=2),
            layers.SeparableConv2D(5, 3, activation="elu"),
            layers.PReLU(),
            layers.Conv2DTranspose(3, 2, strides=2),
            layers.LeakyReLU(negative_slope=0.1),
            layers.DepthwiseConv2D(3, depth_multiplier=2),
            layers.BatchNormalization(),
            layers.UpSampling2D(2, interpolation="bilinear"),
            layers.MaxPooling2D(2),
            layers.Cropping2D(1),
            layers.ZeroPadding2D(1),
            layers.Permute((2, 1, 3)),
            layers.Flatten(),
            layers.Dropout(0.3),
            layers.Dense(8, activation="gelu", kernel_regularizer=keras.regularizers.L2(0.01)),
            layers.Dense(4, activation="softmax"),
        ]
    )


def branched() -> Any:  # noqa: ANN401 - as above
    """A Functional with branches, merged in each way, some layers of one class twice."""
    images = keras.Input((8, 8, 1))
    x = layers.Conv2D(4, 3, padding="same")(images)
    y = layers.BatchNormalization(scale=False)(layers.Conv2D(4, 3, padding="same")(x))
    x = layers.ReLU(6.0)(layers.Add()([x, y]))
    z = layers.Multiply()([layers.GlobalAveragePooling2D(keepdims=True)(x), x])
    x = layers.Concatenate()([x, z, layers.Subtract()([x, y])])
    x = layers.Maximum()([layers.AveragePooling2D(2)(x), layers.MaxPooling2D(2)(x)])
    x = layers.Reshape((-1,))(x)
    return keras.Model(images, layers.Dense(3, activation="softmax")(x))


def nested() -> Any:  # noqa: ANN401 - as above
    """Models inside a Sequential, as Teachable Machine has them."""
    images = keras.Input((8, 8, 1))
    x = layers.Conv2D(3, 3, name="stem")(images)
    base = keras.Model(images, layers.Add()([x, layers.Conv2D(3, 1, name="branch")(x)]))
    head = keras.Sequential([layers.Dense(6, activation="relu"), layers.Dense(3)])
    return keras.Sequential([layers.Input((8, 8, 1)), base, layers.Flatten(), head])


def augmented() -> Any:  # noqa: ANN401 - as above
    """A Functional with random layers and Resizing before its Rescaling, as Keras's guides have."""
    images = keras.Input((12, 12, 3))
    x = layers.RandomFlip("horizontal")(images)
    x = layers.RandomRotation(0.1)(x)
    x = layers.RandomBrightness(0.2)(x)
    x = layers.Resizing(9, 9)(x)
    x = layers.CenterCrop(8, 7)(x)
    x = layers.Rescaling(1 / 127.5, offset=-1)(x)
    x = layers.RandomContrast(0.1)(layers.Conv2D(4, 3, activation="silu")(x))
    x = layers.SpatialDropout2D(0.2)(layers.GaussianNoise(0.1)(x))
    return keras.Model(images, layers.Dense(3, activation="softmax")(layers.Flatten()(x)))


def normalized() -> Any:  # noqa: ANN401 - as above
    """A Sequential of normalizations, newer activations, constraints and regularizers."""
    constraint, penalty = keras.constraints.MaxNorm(2), keras.regularizers.L1(0.01)
    return keras.Sequential(
        [
            layers.Input((8, 8, 3)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 3, activation="mish", kernel_constraint=constraint),
            layers.GroupNormalization(4),
            layers.Conv2D(4, 3, activation="hard_silu", kernel_regularizer=penalty),
            layers.LayerNormalization(),
            layers.ReLU(max_value=3, negative_slope=0.1, threshold=0.2),
            layers.Conv2D(4, 1, activation="hard_sigmoid"),
            layers.RMSNormalization(),
            layers.UnitNormalization(),
            layers.GlobalMaxPooling2D(),
            layers.Dense(3, activation="log_softmax"),
        ]
    )
