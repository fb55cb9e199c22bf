"""Reading: a chain of layers in the making, from modules of PyTorch one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError
from spritenet.layers import Graph, Layer, Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Module", "Reading"]

Module = Any
"""A module of PyTorch, which isn't imported."""


@dataclass(slots=True)
class Reading:
    """A chain of layers in the making.

    Attributes:
        shape: of the last output, as ours: h w c of images.
        label: what messages call the module that is read.
        rest: the modules after it.
        layers: the layers so far.
        weights: the arrays of each.
        flattened: (channels, height, width) of images that were flattened, while the next Linear
            has to take their values in our order.
        is_at_least_0: True if no value of the last output is negative.
    """

    shape: Shape
    label: str = "from_torch"
    rest: Sequence[object] = ()
    layers: list[Layer] = field(default_factory=list)
    weights: list[NDArray[np.float32]] = field(default_factory=list)
    flattened: tuple[int, int, int] | None = None
    is_at_least_0: bool = False

    def add(
        self,
        kind: type[Layer],
        arguments: dict[str, Any] | None = None,
        arrays: Sequence[NDArray[Any]] = (),
    ) -> None:
        """Adds a layer with its weights.

        Raises:
            ModelError: an argument is unsupported, or the layer doesn't fit its input.
        """
        base = kind.base_name()
        number = sum(type(layer) is kind for layer in self.layers)
        name = f"{base}_{number}" if number else base
        try:
            layer = kind.from_config({**(arguments or {}), "name": name})
            wanted = [weight.shape for weight in layer.weights(self.shape)]
            shape = layer.output_shape(self.shape)
        except ModelError as error:
            raise ModelError(
                error.what, where=self.label, expected=error.expected, got=error.got, do=error.do
            ) from error
        if wanted != [array.shape for array in arrays]:
            raise ModelError(
                "its weights don't fit its input",
                where=self.label,
                expected=f"an input of {self.shape}, and weights {wanted}",
                got=[array.shape for array in arrays],
                do="input_shape is height, width, channels.",
            )
        self.layers.append(layer)
        self.weights += [np.asarray(array, np.float32).reshape(-1) for array in arrays]
        self.shape = shape

    def network(self) -> tuple[Graph, NDArray[np.float32]]:
        """Returns the layers, and all their weights."""
        return Graph.of(self.layers), np.concatenate([np.zeros(0, np.float32), *self.weights])

    def image(self) -> tuple[int, int, int]:
        """Returns height, width and channels of the last output.

        Raises:
            ModelError: it is no image.
        """
        if len(self.shape) != 3:
            raise ModelError("it needs an image", where=self.label, got=self.shape)
        return self.shape[0], self.shape[1], self.shape[2]

    def unsupported(self, key: str, expected: object, got: object) -> ModelError:
        """Returns the error for an argument."""
        return ModelError(f"unsupported {key}", where=self.label, expected=expected, got=repr(got))
