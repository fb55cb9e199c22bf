"""A network under construction from the operations of a graph: layers, their inputs and weights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.layers import IMAGES, Graph, Layer, Shape
from spritenet.layers.parametric import Parametric

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Builder", "Value"]

MAXIMAL_LAYERS = 1_000
SMALL, LARGE = 0.1, 10.0
"""The largest scale and the smallest shift of a step that maps raw pixels."""

ARRANGING = (kinds.Reshape, kinds.Flatten, kinds.ZeroPadding2D, kinds.Permute, kinds.Rescaling)
"""Layers whose outputs are still pixels."""


@dataclass(frozen=True, slots=True)
class Value:
    """The output of a layer, for one image.

    Attributes:
        layer: the index of the layer; `IMAGES` for the images.
        shape: its shape.
    """

    layer: int
    shape: Shape


@dataclass(slots=True)
class Builder:
    """The layers so far.

    Attributes:
        readers: the number of nodes that read each node, by its name.
        layers: in order.
        inputs: the indices of the layers that each reads.
        weights: the arrays of each.
        names: how many layers have each base name.
    """

    readers: Mapping[str, int]
    layers: list[Layer] = field(default_factory=list)
    inputs: list[tuple[int, ...]] = field(default_factory=list)
    weights: list[list[NDArray[np.float32]]] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)

    def add(
        self,
        kind: type[Layer],
        sources: Sequence[Value],
        arguments: Mapping[str, object] | None = None,
        weights: Sequence[NDArray[Any]] = (),
    ) -> Value:
        """Adds a layer and returns its output.

        Raises:
            ModelError: the shapes or weights don't fit.
        """
        base = kind.base_name()
        number = self.names[base]
        self.names[base] += 1
        name = f"{base}_{number}" if number else base
        layer = kind.from_config({**(arguments or {}), "name": name})
        shapes = [source.shape for source in sources]
        made = layer.merged_shape(shapes)
        given: Any = shapes[0] if len(shapes) == 1 else tuple(shapes)
        wanted = [weight.shape for weight in layer.weights(given)]
        arrays = [np.asarray(array, np.float32) for array in weights]
        if wanted != [array.shape for array in arrays]:
            raise ModelError(
                "the weights have the wrong shape",
                where=layer.label,
                expected=wanted,
                got=[array.shape for array in arrays],
            )
        if len(self.layers) >= MAXIMAL_LAYERS:
            raise ModelError("the network is too large", expected=f"{MAXIMAL_LAYERS} layers")
        self.layers.append(layer)
        self.inputs.append(tuple(source.layer for source in sources))
        self.weights.append(arrays)
        return Value(len(self.layers) - 1, made)

    def with_bias(self, value: Value, node: str, bias: NDArray[np.float32]) -> Value | None:
        """Puts a bias into the layer that gives a value, where it can have one.

        Args:
            value: the value that the bias is added to.
            node: the name of the node that gives the value.
            bias: one number for each channel.

        Returns:
            The layer's output; None if the layer takes no bias, or others read it without.
        """
        layer = self.layers[value.layer] if value.layer >= 0 else None
        if not isinstance(layer, Parametric) or self.readers.get(node, 0) != 1:
            return None
        if getattr(layer, "use_bias", True) or layer.activation != "linear":
            return None
        if bias.shape != value.shape[-1:] or value.layer != len(self.layers) - 1:
            return None
        self.layers[-1] = type(layer).from_config({**layer.config(), "use_bias": True})
        self.weights[-1].append(bias)
        return value

    def affine(self, value: Value, scale: NDArray[np.float32], shift: NDArray[np.float32]) -> Value:
        """Returns `value · scale + shift`, channel by channel.

        A step that only raw pixels need, such as a division by 127.5, is a Rescaling; anything else
        is a BatchNormalization, also the `2 x - 1` of networks that take 0..1.

        Args:
            value: the value.
            scale: one number, or one for each channel.
            shift: one number, or one for each channel.
        """
        is_of_pixels = abs(scale).max() <= SMALL or abs(shift).max() >= LARGE
        if scale.size == shift.size == 1 and is_of_pixels and self._are_pixels(value):
            arguments = {"scale": float(scale.item()), "offset": float(shift.item())}
            return self.add(kinds.Rescaling, [value], arguments)
        channels = value.shape[-1]
        gamma, beta = (np.broadcast_to(v.reshape(-1), channels) for v in (scale, shift))
        still = [np.zeros(channels), np.ones(channels)]
        return self.add(kinds.BatchNormalization, [value], {"epsilon": 0.0}, [gamma, beta, *still])

    def _are_pixels(self, value: Value) -> bool:
        """Returns True if only layers that arrange or rescale pixels lead to a value."""
        index = value.layer
        while index != IMAGES:
            if not isinstance(self.layers[index], ARRANGING):
                return False
            index = self.inputs[index][0]
        return True

    def graph(self, output: Value) -> tuple[Graph, NDArray[np.float32]]:
        """Returns the layers that lead to an output, and all their weights.

        Raises:
            ModelError: there is no layer.
        """
        if output.layer == IMAGES:
            raise ModelError("the network has no layers")
        whole = Graph(tuple(self.layers), tuple(self.inputs))
        graph, kept = whole.up_to(output.layer)
        flat = [array.reshape(-1) for index in kept for array in self.weights[index]]
        return graph, np.concatenate([np.zeros(0, np.float32), *flat]).astype(np.float32)
