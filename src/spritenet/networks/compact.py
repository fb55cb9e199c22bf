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
    GlobalMaxPooling2D,
    Layer,
    MaxPooling2D,
    SeparableConv2D,
)
from spritenet.migration import accepts
from spritenet.model import Sequential
from spritenet.networks.recipe import MOMENTUM, compiled
from spritenet.optimizers import Adam
from spritenet.schedules import OneCycle

__all__ = ["fast", "tiny"]


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


def _separable(filters: int, pool: int = 1) -> list[Layer]:
    """A separable convolution, max pooling, a batch normalization and ReLU.

    Gamma is left out: it would only scale what the next layer scales again.
    """
    return [
        SeparableConv2D(filters, 3, use_bias=False),
        *([MaxPooling2D(pool)] if pool > 1 else []),
        BatchNormalization(momentum=MOMENTUM, scale=False),
        Activation("relu"),
    ]


@accepts
def tiny(data: Source) -> Sequential:
    """A convolution of 5×5 and four separable ones, Adam with one cycle up to 0.05."""
    layers: list[Layer] = [
        Conv2D(8, 5, use_bias=False),
        MaxPooling2D(2),
        BatchNormalization(momentum=MOMENTUM, scale=False),
        Activation("relu"),
        *_separable(12),
        *_separable(12),
        *_separable(12, pool=2),
        *_separable(14),
        GlobalMaxPooling2D(),
    ]
    optimizer = Adam(OneCycle(0.05), beta_2=0.99, weight_decay=0.01)
    return compiled("tiny", layers, optimizer, data)
