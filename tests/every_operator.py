"""Small networks that together have every operator that a model's file may have."""

from __future__ import annotations

import spritenet as sn
from spritenet import layers as kinds
from spritenet.model import Model, Sequential

SHAPE = (9, 8, 3)
CHAINS: tuple[tuple[kinds.Layer, ...], ...] = (
    (kinds.Conv2D(4, 3, activation="relu"), kinds.MaxPooling2D(2), kinds.Dropout(0.5)),
    (kinds.Conv2D(4, 3, strides=2, padding="same"), kinds.BatchNormalization(), kinds.ReLU()),
    (kinds.DepthwiseConv2D(3), kinds.AveragePooling2D(2), kinds.LeakyReLU(0.1)),
    (kinds.SeparableConv2D(5, 3, activation="gelu"), kinds.GlobalAveragePooling2D()),
    (kinds.Conv2DTranspose(4, 3), kinds.GlobalMaxPooling2D(keepdims=True), kinds.ELU()),
    (
        kinds.Identity(),
        kinds.ZeroPadding2D(1),
        kinds.Cropping2D(2),
        kinds.PReLU(),
        kinds.Activation("swish"),
    ),
    (kinds.CenterCrop(7, 6), kinds.UpSampling2D(2), kinds.Resizing(5, 5), kinds.Permute((2, 1, 3))),
    (
        kinds.Reshape((8, 9, 3)),
        kinds.Identity(),
        kinds.Normalization(mean=[1, 2, 3], variance=[4, 5, 6]),
    ),
    (kinds.Conv2D(6, 3), kinds.LayerNormalization(), kinds.GroupNormalization(3)),
    (kinds.Conv2D(6, 3), kinds.RMSNormalization(), kinds.UnitNormalization()),
    (kinds.Conv2D(6, 3), kinds.SpatialDropout2D(0.5), kinds.GaussianNoise(0.1)),
    (kinds.Conv2D(6, 3), kinds.AlphaDropout(0.2), kinds.GaussianDropout(0.2)),
    (kinds.Flatten(), kinds.Dense(5, activation="leaky_relu"), kinds.Dense(3), kinds.Softmax()),
)
MERGES = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")


def networks() -> list[Model | Sequential]:
    """Networks that together have every operator, each with a few."""
    found: list[Model | Sequential] = [
        Sequential([kinds.Input(SHAPE), *chain, kinds.Flatten(), kinds.Dense(2)])
        for chain in CHAINS
    ]
    for name in MERGES:
        image = sn.Input(SHAPE)
        parts = [kinds.Conv2D(4, 3)(image), kinds.Conv2D(4, 3)(image)]
        merged = getattr(kinds, name)()(parts)
        found.append(sn.Model(image, kinds.Dense(2)(kinds.Flatten()(merged))))
    return found
