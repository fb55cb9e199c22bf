"""The nodes of a TensorFlow graph in JSON, as TensorFlow.js's graph models have it.

Knows GraphDef: nodes, their inputs and attributes; knows nothing of what an operation computes.
"""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted

__all__ = ["GraphNode", "input_of", "nodes_of", "output_of", "sorted_nodes"]

MAXIMAL_NODES = 20_000
MAXIMAL_NAME = 1_000
UNREAD = frozenset({"Const", "NoOp", "Placeholder"})
"""Operations whose outputs need no reader."""


@dataclass(frozen=True, slots=True)
class GraphNode:
    """A node: an operation applied to the outputs of others.

    Attributes:
        name: its name.
        op: the operation, like "Conv2D".
        inputs: the names of the nodes that it reads.
        attributes: the JSON object of its attributes.
    """

    name: str
    op: str
    inputs: tuple[str, ...]
    attributes: Mapping[str, Any]

    def _value(self, key: str, kind: str) -> object:
        """Returns the value of an attribute, of a kind of the protocol: i, f, b, s, list, shape."""
        entry = self.attributes.get(key)
        return entry.get(kind) if isinstance(entry, dict) else None

    def number(self, key: str, default: float) -> float:
        """Returns a number.

        Raises:
            ModelError: it is none, or not finite.
        """
        value = self._value(key, "f")
        if value is None:
            return default
        if type(value) not in (int, float) or not math.isfinite(float(str(value))):
            raise self.invalid(key, value)
        return float(str(value))

    def flag(self, key: str) -> bool:
        """Returns a truth value; False where there is none."""
        return self._value(key, "b") is True

    def text(self, key: str, default: str = "") -> str:
        """Returns a text, which is base64 in JSON.

        Raises:
            ModelError: it is none.
        """
        value = self._value(key, "s")
        return default if value is None else self._text(key, value)

    def texts(self, key: str) -> list[str]:
        """Returns a list of texts. See `text`."""
        return [self._text(key, value) for value in self._list(key, "s")]

    def whole(self, key: str, default: int = 0) -> int:
        """Returns an integer.

        Raises:
            ModelError: it is none.
        """
        value = self._value(key, "i")
        return default if value is None else self._whole(key, value)

    def wholes(self, key: str) -> list[int]:
        """Returns a list of integers. See `whole`."""
        return [self._whole(key, value) for value in self._list(key, "i")]

    def shape(self) -> list[int | None] | None:
        """Returns the attribute `shape`, None for unknown sides; None if it isn't known at all."""
        return _shape(self._value("shape", "shape"))

    def invalid(self, key: str, value: object) -> ModelError:
        """Returns the error for an attribute of an impossible value."""
        return ModelError(f"invalid {quoted(key)}", where=self.name, got=quoted(value))

    def unsupported(self, what: str) -> ModelError:
        """Returns the error for an operation, or a form of it, that no layer computes."""
        return ModelError(
            f"unsupported operation {quoted(self.op)}{what}",
            where=quoted(self.name),
            do="If it was made by Keras, load the Keras file instead.",
        )

    def _list(self, key: str, kind: str) -> list[object]:
        value = self._value(key, "list")
        found = value.get(kind, []) if isinstance(value, dict) else []
        if not isinstance(found, list) or len(found) > 64:
            raise self.invalid(key, value)
        return found

    def _text(self, key: str, value: object) -> str:
        try:
            return base64.b64decode(str(value), validate=True).decode()
        except ValueError:  # also of letters that no base64 has
            raise self.invalid(key, value) from None

    def _whole(self, key: str, value: object) -> int:
        text = str(value)
        if not isinstance(value, int | str) or not text.removeprefix("-").isdecimal():
            raise self.invalid(key, value)
        if len(text) > 19:
            raise self.invalid(key, value)
        return int(text)


def _shape(value: object) -> list[int | None] | None:
    """Returns a shape of the protocol, None for unknown sides."""
    dims = value.get("dim") if isinstance(value, dict) else None
    if not isinstance(dims, list) or len(dims) > 8:
        return None
    sides: list[int | None] = []
    for dim in dims:
        text = str(dim.get("size", "-1")) if isinstance(dim, dict) else "-1"
        sides.append(int(text) if text.isdecimal() and len(text) < 10 else None)
    return sides


def nodes_of(topology: Mapping[str, Any]) -> dict[str, GraphNode]:
    """Returns the nodes of a graph by name.

    Raises:
        ModelError: one has no name or operation, two have the same name, or there are too many.
    """
    listed = topology.get("node")
    if not isinstance(listed, list) or not 0 < len(listed) <= MAXIMAL_NODES:
        got = len(listed) if isinstance(listed, list) else quoted(listed)
        raise ModelError("invalid list of nodes", expected=f"1 to {MAXIMAL_NODES:,}", got=got)
    found: dict[str, GraphNode] = {}
    for value in listed:
        entry = value if isinstance(value, dict) else {}
        name, op = entry.get("name"), entry.get("op")
        inputs, attributes = entry.get("input", []), entry.get("attr", {})
        good = isinstance(inputs, list) and all(isinstance(source, str) for source in inputs)
        if not isinstance(name, str) or not isinstance(op, str) or not good:
            raise ModelError("a node has no name, operation or inputs", got=quoted(value))
        if not 0 < len(name) <= MAXIMAL_NAME or not isinstance(attributes, dict):
            raise ModelError("invalid node", got=quoted(value))
        if name in found:
            raise ModelError(f"two nodes are called {quoted(name)}")
        read = tuple(_name_of(source) for source in inputs if not source.startswith("^"))
        found[name] = GraphNode(name, op, read, attributes)
    return found


def _name_of(tensor: str) -> str:
    """Returns the node of a tensor; a first output is called "node" or "node:0"."""
    return tensor.removesuffix(":0")


def sorted_nodes(nodes: Mapping[str, GraphNode], output: str) -> list[GraphNode]:
    """Returns the nodes that lead to an output, each after those it reads.

    Raises:
        ModelError: one reads what isn't there, or there is a cycle.
    """
    done: dict[str, GraphNode] = {}
    begun: set[str] = set()
    waiting = [(output, False)]
    while waiting:
        name, ready = waiting.pop()
        if name not in nodes:
            raise ModelError("a node reads an output that isn't there", got=quoted(name))
        if ready:
            done[name] = nodes[name]
        elif name in begun:
            if name not in done:
                raise ModelError("the nodes form a cycle", where=quoted(name))
        else:
            begun.add(name)
            waiting.append((name, True))
            inputs = reversed(nodes[name].inputs)
            waiting += [(source, False) for source in inputs if source not in done]
    return list(done.values())


def output_of(nodes: Mapping[str, GraphNode], signature: object) -> str:
    """Returns the name of the node that gives the output.

    Raises:
        ModelError: there are none, or several.
    """
    names = _tensors(signature, "outputs")
    if not names:
        read = {source for node in nodes.values() for source in node.inputs}
        names = [n.name for n in nodes.values() if n.name not in read and n.op not in UNREAD]
    if len(names) != 1:
        raise ModelError(
            "unsupported outputs", expected="one output", got=quoted(", ".join(names) or "none")
        )
    return names[0]


def input_of(
    nodes: Sequence[GraphNode], signature: object
) -> tuple[GraphNode, list[int | None] | None]:
    """Returns the node that gives the images, and its shape with the batch, as far as it is known.

    Raises:
        ModelError: there are none, or several.
    """
    found = [node for node in nodes if node.op == "Placeholder"]
    if len(found) != 1:
        got = quoted(", ".join(node.name for node in found) or "none")
        raise ModelError("unsupported inputs", expected="one input", got=got)
    shape = found[0].shape()
    inputs = signature.get("inputs") if isinstance(signature, dict) else None
    if not shape and isinstance(inputs, dict) and len(inputs) == 1:
        (entry,) = inputs.values()
        shape = _shape(entry.get("tensorShape")) if isinstance(entry, dict) else None
    return found[0], shape


def _tensors(signature: object, key: str) -> list[str]:
    """Returns the nodes of the tensors that a signature names."""
    entries = signature.get(key) if isinstance(signature, dict) else None
    listed = list(entries.values()) if isinstance(entries, dict) else []
    names = [entry.get("name") for entry in listed if isinstance(entry, dict)]
    return list(dict.fromkeys(_name_of(name) for name in names if isinstance(name, str)))
