"""Forward: the layers of a graph on a batch of images."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from math import prod

import torch

from spritenet.engines.torch.activations import activated
from spritenet.engines.torch.call import Call
from spritenet.engines.torch.counters import Counter
from spritenet.engines.torch.operators import operator_of
from spritenet.layers import Graph, Shape

__all__ = ["Forward", "Settings"]

Views = Sequence[Mapping[str, torch.Tensor]]
"""The weights of each layer by name."""

SEEN_THROUGH = ("Flatten", "Identity", "Reshape")
"""Layers behind a softmax that leave it the last that is computed."""


@dataclass(slots=True)
class Settings:
    """The circumstances of a pass.

    Attributes:
        training: True where batch normalization reads the batch.
        counters: the random numbers of random layers, by their places.
        statistics: takes mean and variance of each batch normalization, by its place.
        total: see `Call.total`.
    """

    training: bool = False
    counters: Mapping[int, Counter] = field(default_factory=dict)
    statistics: dict[int, tuple[torch.Tensor, torch.Tensor]] = field(default_factory=dict)
    total: Callable[[torch.Tensor], torch.Tensor] | None = None

    def moments(self, place: int) -> Callable[[torch.Tensor, torch.Tensor], None]:
        """Returns the function that takes the statistics of a layer."""

        def take(mean: torch.Tensor, variance: torch.Tensor) -> None:
            self.statistics[place] = (mean, variance)

        return take


class Forward:
    """The layers of a graph.

    Args:
        graph: the layers, and what each reads.
        input_shape: of the images.
        views: the weights of each layer.

    Attributes:
        final: the place of the layer whose softmax or sigmoid a loss may replace; None for none.
        activation: "softmax", "sigmoid" or, where there is no such layer, "".

    Raises:
        ModelError: a layer has no operator here.
    """

    def __init__(self, graph: Graph, input_shape: Shape, views: Views) -> None:
        self._nodes = list(graph.nodes(input_shape))
        self._operators = [operator_of(node.layer) for node in self._nodes]
        self._shape = input_shape
        self._views = views
        self.final, self.activation = self._find_final()
        self._last_reader = {
            place: index for index, node in enumerate(self._nodes) for place in node.inputs
        }

    def with_views(self, views: Views) -> Forward:
        """Returns the same layers with other weights."""
        made = copy(self)
        made._views = views  # noqa: SLF001 - of its own class
        return made

    def _find_final(self) -> tuple[int | None, str]:
        place = len(self._nodes) - 1
        while place >= 0:
            layer = self._nodes[place].layer
            name = getattr(layer, "activation", "linear")
            if layer.class_name == "Softmax":
                last = getattr(layer, "axis", -1) in (-1, len(self._nodes[place].output_shape))
                return (place, "softmax") if last else (None, "")
            if name == "softmax" or (name == "sigmoid" and place == len(self._nodes) - 1):
                return place, name
            if layer.class_name not in SEEN_THROUGH:
                break
            place = self._nodes[place].inputs[0]
        return None, ""

    def __call__(
        self,
        images: torch.Tensor,
        settings: Settings,
        *,
        logits: bool = False,
        keep: list[torch.Tensor] | None = None,
    ) -> torch.Tensor:
        """Returns the last layer's outputs, float32 (n, k).

        Args:
            images: uint8 or float32, of n images.
            settings: the circumstances.
            logits: leave out the final softmax or sigmoid.
            keep: takes the outputs of every layer.
        """
        if images[0].numel() == prod(self._shape):  # else a random layer has cropped them
            images = images.reshape(len(images), *self._shape)
        made: dict[int, torch.Tensor] = {-1: images.float()}
        for place, (node, operator) in enumerate(zip(self._nodes, self._operators, strict=True)):
            layer = node.layer
            call = Call(
                layer,
                self._views[place],
                node.output_shape,
                settings.training,
                settings.counters.get(place),
                settings.moments(place) if settings.training else None,
                settings.total,
            )
            inputs = [made[read] for read in node.inputs]
            skips = logits and place == self.final
            if skips and layer.class_name == "Softmax":
                y = inputs[0]
            else:
                y = operator(call, *inputs)
                name = getattr(layer, "activation", "linear")
                if name != "linear" and not skips:
                    y = activated(y, name)
            made[place] = y
            if keep is not None:
                keep.append(y)
            for read in node.inputs:
                if self._last_reader[read] == place:
                    made.pop(read, None)
        last = made[len(self._nodes) - 1]
        return last.reshape(len(images), -1).float()

    def finished(self, logits: torch.Tensor) -> torch.Tensor:
        """Returns the outputs, of what they are without the final softmax or sigmoid."""
        if self.final is None:
            return logits
        shape = self._nodes[self.final].output_shape
        outputs = activated(logits.reshape(len(logits), *shape), self.activation)
        return outputs.reshape(logits.shape)
