"""Operation and Program: a network as calls of C functions on values in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from typing import TYPE_CHECKING, Any

from spritenet.layers import Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["IMAGE", "Operation", "Program"]

IMAGE = -1
"""The value that is the image, uint8."""


@dataclass(frozen=True, slots=True, eq=False)
class Operation:
    """A call of a C function: `function([&layer,] inputs…, output, arguments…[, arrays…])`.

    Attributes:
        function: the name of the C function and of its file.
        layer: the name of the layer in the network.
        inputs: the values that it reads, `IMAGE` among them.
        output: the value that it writes; several operations may write parts of one.
        arguments: numbers, after the pointers.
        struct: the C structure of `fields` and `arrays`; "" if the arrays are arguments.
        fields: numbers of the structure.
        arrays: constant arrays by their names.
        in_place: positions of the inputs whose memory the output may take.
        starts: the first element of each input and of the output that it touches.
        is_listed: True if the inputs are passed as one array of pointers.
        taps: True for a weighted sum whose `kernel` and `bias` can be scaled.
    """

    function: str
    layer: str
    inputs: tuple[int, ...]
    output: int
    arguments: tuple[int | float, ...] = ()
    struct: str = ""
    fields: Mapping[str, int | float] = field(default_factory=dict)
    arrays: Mapping[str, NDArray[Any]] = field(default_factory=dict)
    in_place: tuple[int, ...] = ()
    starts: tuple[int, ...] = ()
    is_listed: bool = False
    taps: bool = False

    def start_of(self, position: int) -> int:
        """Returns the first element it touches of an input, or of the output (position -1)."""
        return self.starts[position] if self.starts else 0


@dataclass(slots=True)
class Program:
    """Operations in the order of the calls.

    Attributes:
        operations: the calls.
        shapes: the shape of each value, by its number.
        output: the value that is the network's output.
    """

    operations: list[Operation] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    output: int = IMAGE

    def value(self, shape: Shape) -> int:
        """Returns a new value of a shape."""
        self.shapes.append(shape)
        return len(self.shapes) - 1

    def size(self, value: int) -> int:
        """The number of elements of a value."""
        return prod(self.shapes[value])

    def add(self, operation: Operation) -> int:
        """Appends an operation, and returns its output."""
        self.operations.append(operation)
        return operation.output

    def readers(self, value: int) -> list[int]:
        """The operations that read a value, by index; the end counts as one."""
        found = [i for i, one in enumerate(self.operations) if value in one.inputs]
        return [*found, len(self.operations)] if value == self.output else found

    def writers(self, value: int) -> list[int]:
        """The operations that write a value, by index."""
        return [i for i, one in enumerate(self.operations) if one.output == value]

    def only_reader(self, value: int) -> Operation | None:
        """The operation that alone reads a value; None for the output, or for several."""
        found = self.readers(value)
        alone = len(found) == 1 and found[0] < len(self.operations)
        return self.operations[found[0]] if alone else None

    def only_writer(self, value: int) -> Operation | None:
        """The operation that alone writes a value; None for the image, or for several."""
        found = self.writers(value)
        return self.operations[found[0]] if len(found) == 1 else None

    def replace(self, old: Operation, new: Operation) -> None:
        """Puts an operation in the place of another."""
        self.operations[self.operations.index(old)] = new

    def skip(self, operation: Operation) -> None:
        """Removes an operation of one input; what read its output reads its input."""
        source, gone = operation.inputs[0], operation.output
        self.operations.remove(operation)
        self.operations[:] = [
            replace(one, inputs=tuple(source if i == gone else i for i in one.inputs))
            if gone in one.inputs
            else one
            for one in self.operations
        ]
        if self.output == gone:
            self.output = source
