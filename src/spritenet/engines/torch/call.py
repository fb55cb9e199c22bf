"""Call: a layer applied to its inputs, with all that its operator may read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import torch

from spritenet.engines.torch.counters import Counter
from spritenet.layers import Layer, Shape

__all__ = ["Call", "Operator"]

Moments = Callable[[torch.Tensor, torch.Tensor], None]
"""Takes the mean and the variance of a batch, float32 (channels,)."""


@dataclass(frozen=True, slots=True)
class Call:
    """A layer applied to a batch.

    Attributes:
        layer: the layer.
        weights: its weights by name, as Keras lays them out.
        output_shape: of one image.
        training: True where batch normalization reads the batch.
        counter: the random numbers; None where random layers pass values on.
        moments: takes the statistics of a batch normalization.
        total: returns the sum of a tensor over all ranks, with its gradient; None for one rank.
    """

    layer: Layer
    weights: Mapping[str, torch.Tensor]
    output_shape: Shape
    training: bool = False
    counter: Counter | None = None
    moments: Moments | None = None
    total: Callable[[torch.Tensor], torch.Tensor] | None = None

    def get(self, name: str) -> Any:  # noqa: ANN401 - an argument of any layer
        """Returns an argument of the layer."""
        return getattr(self.layer, name)


Operator = Callable[..., torch.Tensor]
"""From a `Call` and its inputs, (n, …) each, to the outputs before the layer's activation."""
