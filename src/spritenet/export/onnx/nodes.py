"""Nodes of an ONNX graph, with their attributes as plain values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted
from spritenet.export.onnx.tensors import Tensors
from spritenet.export.onnx.values import Tensor, Value

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.export.onnx.library import Proto

__all__ = ["Node", "node_of", "operator_of"]

FLOAT, INT, STRING, TENSOR, FLOATS, INTS = 1, 2, 3, 4, 6, 7
"""AttributeProto's types."""

ONNX_DOMAINS = ("", "ai.onnx")
MOST_LIST = 100_000


@dataclass(slots=True)
class Node:
    """A node, and the values that it reads once they are known.

    Attributes:
        operator: like "Conv"; with its domain, if that isn't ONNX's.
        names: of its inputs; "" for one left out.
        outputs: their names.
        label: its name or its output's, for messages.
        attributes: by name: numbers, lists, texts and arrays.
        opset: the version of its operator set.
        values: its inputs.
    """

    operator: str
    names: tuple[str, ...]
    outputs: tuple[str, ...]
    label: str
    attributes: dict[str, Any]
    opset: int
    values: list[Value | None] = field(default_factory=list)

    def refuse(self, what: str, **parts: object) -> ModelError:
        """The error for something unsupported about the node."""
        texts = {name: quoted(part) for name, part in parts.items()}
        return ModelError(f"{self.operator}: {what}", where=self.label, **texts)

    def tensor(self, place: int = 0) -> Tensor:
        """Returns an input that depends on the images.

        Raises:
            ModelError: it is missing or constant.
        """
        value = self.value(place)
        if not isinstance(value, Tensor):
            raise self.refuse("unsupported constant input", got=place)
        return value

    def value(self, place: int) -> Value | None:
        """Returns an input; None if it is left out."""
        return self.values[place] if place < len(self.values) else None

    def constant(self, place: int, *, floats: bool = False) -> NDArray[Any] | None:
        """Returns a constant input; None if it is left out.

        Args:
            place: of the input.
            floats: True for weights, which are returned as float32.

        Raises:
            ModelError: it depends on the images, or is of another kind.
        """
        value = self.value(place)
        if isinstance(value, Tensor):
            raise self.refuse("unsupported input that is not constant", got=place)
        if value is None or not floats:
            return value
        if value.dtype.kind != "f":
            raise self.refuse("weights of another type than float", got=value.dtype)
        return value.astype(np.float32)

    def weights(self, place: int, shape: Sequence[int | None]) -> NDArray[np.float32]:
        """Returns a constant input of a shape; None stands for any size.

        Raises:
            ModelError: it is missing, or has another shape.
        """
        found = self.constant(place, floats=True)
        if found is None or not _fits(found.shape, shape):
            got = "nothing" if found is None else list(found.shape)
            expected = ["any" if side is None else side for side in shape]
            raise self.refuse("weights of another shape", expected=expected, got=got)
        return found

    def whole(self, name: str, default: int) -> int:
        """Returns an integer attribute.

        Raises:
            ModelError: it is something else.
        """
        value = self.attributes.get(name, default)
        if type(value) is not int:
            raise self.refuse(f"invalid {name}", got=value)
        return value

    def wholes(self, name: str, default: Sequence[int] | None = None) -> tuple[int, ...]:
        """Returns an attribute of integers, as many as its default has.

        Raises:
            ModelError: it is something else.
        """
        value = self.attributes.get(name, list(default or ()))
        if not isinstance(value, list) or any(type(one) is not int for one in value):
            raise self.refuse(f"invalid {name}", got=value)
        if default is not None and len(value) != len(default):
            raise self.refuse(f"invalid {name}", expected=f"{len(default)} numbers", got=value)
        return tuple(value)

    def number(self, name: str, default: float) -> float:
        """Returns an attribute that is a finite number, as its file's float32 spells it.

        Raises:
            ModelError: it is something else.
        """
        value = self.attributes.get(name, default)
        if not isinstance(value, float) or not np.isfinite(value):
            raise self.refuse(f"invalid {name}", got=value)
        return float(str(np.float32(value))) if name in self.attributes else value

    def text(self, name: str, default: str) -> str:
        """Returns an attribute that is a text.

        Raises:
            ModelError: it is something else.
        """
        value = self.attributes.get(name, default)
        if not isinstance(value, str):
            raise self.refuse(f"invalid {name}", got=value)
        return value

    def integers(self, name: str, place: int) -> tuple[int, ...] | None:
        """Returns integers of an attribute, or of an input where newer operators have them.

        Raises:
            ModelError: they are something else.
        """
        if name in self.attributes:
            return self.wholes(name)
        found = self.constant(place)
        if found is None:
            return None
        if found.dtype.kind not in "iu" or found.size > MOST_LIST:
            raise self.refuse(f"invalid {name}", got=found.dtype)
        return tuple(int(one) for one in found.reshape(-1))

    def scalar(self, name: str, place: int) -> float | None:
        """Returns a number of an attribute, or of an input where newer operators have it.

        Raises:
            ModelError: it is something else.
        """
        if name in self.attributes:
            return self.number(name, 0.0)
        found = self.constant(place)
        if found is None:
            return None
        if found.size != 1 or not np.isfinite(found.reshape(-1)[0]):
            raise self.refuse(f"invalid {name}", got=list(found.shape))
        return float(str(found.reshape(-1)[0]))


def _fits(found: Sequence[int], shape: Sequence[int | None]) -> bool:
    """Returns True if a shape is another, whose None stands for any size."""
    if len(found) != len(shape):
        return False
    return all(size in (None, side) for side, size in zip(found, shape, strict=True))


def operator_of(proto: Proto) -> str:
    """Returns the operator of a NodeProto; with its domain, if that isn't ONNX's."""
    foreign = proto.domain not in ONNX_DOMAINS
    return quoted(f"{proto.domain}.{proto.op_type}" if foreign else proto.op_type)


def node_of(proto: Proto, opset: int, tensors: Tensors) -> Node:
    """Returns a NodeProto as a node.

    Raises:
        ModelError: an attribute is a damaged tensor.
    """
    label = quoted(proto.name or next(iter(proto.output), "") or proto.op_type)
    attributes = {one.name: _attribute(one, tensors) for one in proto.attribute}
    outputs = tuple(proto.output)
    return Node(operator_of(proto), tuple(proto.input), outputs, label, attributes, opset)


def _attribute(one: Proto, tensors: Tensors) -> object:
    """Returns an attribute's value; None for kinds that no reader uses."""
    if one.type == FLOAT:
        return float(one.f)
    if one.type == INT:
        return int(one.i)
    if one.type == STRING:
        return one.s.decode("utf-8", "replace")
    if one.type == TENSOR:
        return tensors.array(one.t)
    if one.type == FLOATS:
        return [float(value) for value in one.floats[:MOST_LIST]]
    return [int(value) for value in one.ints[:MOST_LIST]] if one.type == INTS else None
