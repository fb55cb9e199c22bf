"""Step: a layer of a network while its operations in float32 are added to a program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING, Any

from spritenet.export.c.functions import ACTIVATIONS
from spritenet.export.c.operation import Operation, Program
from spritenet.layers import Shape, activations

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Step", "add_activation"]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A layer with its inputs and weights.

    Attributes:
        program: the program that gets its operations.
        layer: the layer.
        inputs: the values that it reads.
        input_shapes: of each of them.
        shape: of its output.
        weights: its arrays by name, as Keras shapes them.
    """

    program: Program
    layer: Any
    inputs: tuple[int, ...]
    input_shapes: tuple[Shape, ...]
    shape: Shape
    weights: Mapping[str, NDArray[Any]]

    @property
    def size(self) -> int:
        """The number of elements of its output."""
        return prod(self.shape)

    def call(
        self, function: str, inputs: tuple[int, ...], output: int, *arguments: float, **more: Any
    ) -> int:
        """Adds an operation that writes a value, and returns the value."""
        made = Operation(function, self.layer.label, inputs, output, arguments, **more)
        return self.program.add(made)

    def add(self, function: str, inputs: tuple[int, ...], *arguments: float, **more: Any) -> int:
        """Adds an operation that writes the layer's output, and returns that."""
        return self.call(function, inputs, self.program.value(self.shape), *arguments, **more)

    def elementwise(self, function: str, *arguments: float, **more: Any) -> int:
        """Adds an operation whose output can take the place of its input."""
        return self.add(function, self.inputs[:1], *arguments, in_place=(0,), **more)


def add_activation(step: Step, value: int, name: str, alpha: float | None = None) -> int:
    """Adds an activation of a value, in place if possible, and returns its output."""
    if name == "linear":
        return value
    program, shape = step.program, step.shape
    more: tuple[float, ...]
    if name in ACTIVATIONS:
        found = activations.names()[name] if alpha is None else alpha
        more = (found,) if "alpha" in ACTIVATIONS[name] else ()
        sizes: tuple[int, ...] = (prod(shape),)
    else:
        sizes = (prod(shape[:-1]), shape[-1])
        more = (1,) if name == "softmax" else ()
    function = f"apply_{name}" if name in ACTIVATIONS else name
    return step.call(function, (value,), program.value(shape), *sizes, *more, in_place=(0,))
