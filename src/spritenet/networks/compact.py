"""fast and tiny: the least time, and the fewest parameters, for 99 % on MNIST.

Both were found by `benchmarks/search.py`: docs/explanation/models.md.
"""

from __future__ import annotations

from spritenet import layers as kinds
from spritenet.dataset.source import Source
from spritenet.layers import Layer
from spritenet.migration import accepts
from spritenet.model import Sequential
from spritenet.networks.recipe import MOMENTUM, compiled
from spritenet.optimizers import Adam
from spritenet.schedules import OneCycle

__all__ = ["fast", "tiny"]


def _block(convolution: Layer, *, pool: int = 1, epsilon: float = 1e-3) -> list[Layer]:
    """A convolution, max pooling, a batch normalization and ReLU.

    Gamma is left out: it would only scale what the next layer scales again.
    """
    return [
        convolution,
        *([kinds.MaxPooling2D(pool)] if pool > 1 else []),
        kinds.BatchNormalization(momentum=MOMENTUM, epsilon=epsilon, scale=False),
        kinds.Activation("relu"),
    ]


@accepts
def fast(data: Source) -> Sequential:
    """Three normalized convolutions, Adam with one cycle up to 0.02, label smoothing."""
    layers: list[Layer] = [
        *_block(kinds.Conv2D(8, 4, use_bias=False), pool=2, epsilon=1e-5),
        *_block(kinds.Conv2D(16, 3, padding="same", use_bias=False), pool=2, epsilon=1e-5),
        *_block(kinds.Conv2D(32, 3, use_bias=False), epsilon=1e-5),
        kinds.Flatten(),
    ]
    schedule = OneCycle(0.02, div_factor=2.0)  # there is no time to rise from a small rate
    optimizer = Adam(schedule, beta_2=0.95, weight_decay=0.05)
    return compiled("fast", layers, optimizer, data, smoothing=0.05)


@accepts
def tiny(data: Source) -> Sequential:
    """A convolution of 5×5 and four separable ones, Adam with one cycle up to 0.05."""
    layers: list[Layer] = [
        *_block(kinds.Conv2D(8, 5, use_bias=False), pool=2),
        *_block(kinds.SeparableConv2D(12, 3, use_bias=False)),
        *_block(kinds.SeparableConv2D(12, 3, use_bias=False)),
        *_block(kinds.SeparableConv2D(12, 3, use_bias=False), pool=2),
        *_block(kinds.SeparableConv2D(15, 3, use_bias=False)),
        kinds.GlobalMaxPooling2D(),
    ]
    optimizer = Adam(OneCycle(0.05), beta_2=0.99, weight_decay=0.01)
    return compiled("tiny", layers, optimizer, data)
