"""fast and tiny: the least time, and the fewest parameters, for 99 % on MNIST.

Both were found by `benchmarks/search.py`.
"""

from __future__ import annotations

from spritenet.dataset.source import Source
from spritenet.layers import (
    Activation,
    BatchNormalization,
    Conv2D,
    Flatten,
    GlobalAveragePooling2D,
    Layer,
    MaxPooling2D,
    SeparableConv2D,
)
from spritenet.migration import accepts
from spritenet.model import Sequential
from spritenet.networks.recipe import compiled
from spritenet.optimizers import Adam
from spritenet.schedules import OneCycle

__all__ = ["fast", "tiny"]

MOMENTUM = 0.9
"""Of the moving averages in BatchNormalization: Keras's 0.99 is slow for a few hundred steps."""


@accepts
def fast(data: Source) -> Sequential:
    """Three normalized convolutions, Adam with one cycle up to 0.02, label smoothing."""
    layers: list[Layer] = [
        Conv2D(8, 4, use_bias=False),
        MaxPooling2D(2),
        BatchNormalization(momentum=MOMENTUM),
        Activation("relu"),
        Conv2D(16, 3, padding="same", use_bias=False),
        MaxPooling2D(2),
        BatchNormalization(momentum=MOMENTUM),
        Activation("relu"),
        Conv2D(32, 3, use_bias=False),
        BatchNormalization(momentum=MOMENTUM),
        Activation("relu"),
        Flatten(),
    ]
    optimizer = Adam(OneCycle(0.02), beta_2=0.99, weight_decay=0.05)
    return compiled("fast", layers, optimizer, data, smoothing=0.05)


def _separable(filters: int) -> list[Layer]:
    """A depthwise and a pointwise convolution; gamma would only scale what ReLU passes on."""
    return [
        SeparableConv2D(filters, 3, use_bias=False),
        BatchNormalization(momentum=MOMENTUM, scale=False),
    ]


@accepts
def tiny(data: Source) -> Sequential:
    """Separable convolutions of few channels, Adam with one cycle up to 0.02."""
    layers: list[Layer] = [
        Conv2D(6, 3, use_bias=False),
        MaxPooling2D(2),
        BatchNormalization(momentum=MOMENTUM, scale=False),
        Activation("relu"),
        *_separable(12),
        Activation("relu"),
        *_separable(14),
        MaxPooling2D(2),
        Activation("relu"),
        *_separable(20),
        Activation("relu"),
        GlobalAveragePooling2D(),
    ]
    return compiled("tiny", layers, Adam(OneCycle(0.02), beta_2=0.99), data)
