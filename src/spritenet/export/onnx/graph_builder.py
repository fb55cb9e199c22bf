"""An ONNX graph under construction: nodes, initializers, and values in either order of axes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError
from spritenet.export.onnx.weight_layout import to_onnx
from spritenet.layers import Shape

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.export.onnx.library import Onnx, Proto

__all__ = ["GraphBuilder", "Value"]

LARGEST_HALF = float(np.finfo(np.float16).max)
FLOAT = 1
"""TensorProto.FLOAT."""


@dataclass(frozen=True, slots=True)
class Value:
    """The output of a node.

    Attributes:
        name: in the graph.
        shape: of one image's, channels last.
        is_first: True if the channels come before the other axes in the file, as ONNX's
            convolutions have them.
    """

    name: str
    shape: Shape
    is_first: bool = False


@dataclass(slots=True)
class _Node:
    operator: str
    inputs: list[str]
    outputs: list[str]
    name: str
    attributes: Mapping[str, object]


@dataclass(slots=True)
class GraphBuilder:
    """Collects the nodes and initializers of a graph.

    Attributes:
        precision: "float32", or "float16", as which kernels are stored; nodes compute in float32.
        layer: the name of the layer that is written, with which names begin.
    """

    precision: str = "float32"
    layer: str = ""
    _nodes: list[_Node] = field(default_factory=list)
    _tensors: dict[str, NDArray[Any]] = field(default_factory=dict)
    _names: Counter[str] = field(default_factory=Counter)
    _moved: dict[tuple[str, bool], str] = field(default_factory=dict)

    def add(self, operator: str, *inputs: str, count: int = 1, **attributes: object) -> str:
        """Adds a node and returns the name of its (first) output.

        Args:
            operator: of ONNX.
            inputs: names; "" for one left out.
            count: the number of outputs; the others are called `<name>:1` and so on.
            attributes: of the node.
        """
        name = self._unique(f"{self.layer}/{operator}")
        outputs = [name, *(f"{name}:{place}" for place in range(1, count))]
        self._nodes.append(_Node(operator, list(inputs), outputs, name, attributes))
        return name

    def constant(self, values: object, dtype: str = "int64", name: str = "constant") -> str:
        """Adds a constant of the layer and returns its name."""
        array = np.asarray(values, dtype)
        name = self._unique(f"{self.layer}/{name}")
        self._tensors[name] = array
        return name

    def weight(self, name: str, values: NDArray[np.float32]) -> str:
        """Adds a weight in ONNX's order of axes, and returns the name of its float32 values.

        Raises:
            ModelError: a number is too large for the precision.
        """
        label = f"{self.layer}/{name}"
        stored: NDArray[Any] = to_onnx(name, values)
        if self.precision == "float32" or values.ndim < 2:
            self._tensors[label] = stored
            return label
        if np.abs(stored).max(initial=0) > LARGEST_HALF:
            raise ModelError(
                "a weight is too large for float16",
                where=label,
                expected=f"at most {LARGEST_HALF:g}",
                got=f"{np.abs(stored).max():g}",
                do="Write it as float32.",
            )
        self._tensors[label] = stored.astype(np.float16)
        return self.add("Cast", label, to=FLOAT)

    def first(self, value: Value) -> Value:
        """Returns a value with the channels first, transposed if need be."""
        rank = len(value.shape)
        return self._transposed(value, True, [0, rank, *range(1, rank)])

    def last(self, value: Value) -> Value:
        """Returns a value with the channels last, transposed if need be."""
        rank = len(value.shape)
        return self._transposed(value, False, [0, *range(2, rank + 1), 1])

    def _transposed(self, value: Value, is_first: bool, axes: Sequence[int]) -> Value:
        """Returns a value in an order of axes."""
        if len(value.shape) == 1:
            return Value(value.name, value.shape, is_first)
        if value.is_first == is_first:
            return value
        key = (value.name, is_first)
        if key not in self._moved:
            self._moved[key] = self.add("Transpose", value.name, perm=list(axes))
            self._moved[self._moved[key], not is_first] = value.name
        return Value(self._moved[key], value.shape, is_first)

    @property
    def operators(self) -> list[str]:
        """The operators of the nodes, in order."""
        return [node.operator for node in self._nodes]

    def rename(self, old: str, new: str) -> None:
        """Gives the output of a node another name."""
        for node in self._nodes:
            node.inputs = [new if name == old else name for name in node.inputs]
            node.outputs = [new if name == old else name for name in node.outputs]

    def graph(self, onnx: Onnx, inputs: Sequence[Proto], outputs: Sequence[Proto]) -> Proto:
        """Returns the GraphProto."""
        nodes = [
            onnx.node(one.operator, one.inputs, one.outputs, one.name, one.attributes)
            for one in self._nodes
        ]
        tensors = [onnx.tensor(name, values) for name, values in self._tensors.items()]
        return onnx.graph(nodes, inputs, outputs, tensors)

    def _unique(self, name: str) -> str:
        """Returns a name that is new, numbered if need be."""
        self._names[name] += 1
        count = self._names[name]
        return f"{name}_{count}" if count > 1 else name
