"""Gelu in graphs older than its operator: x/2 · (1 + erf(x/√2)), in the ways exporters write it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import isclose, sqrt

from spritenet.export.onnx.nodes import Node

__all__ = ["with_gelu"]


@dataclass(slots=True)
class _Pattern:
    """The nodes of a graph by what they make and read."""

    made: Mapping[str, Node]
    numbers: Mapping[str, float]
    readers: dict[str, list[Node]] = field(default_factory=dict)

    def times(self, node: Node | None, factor: float) -> str | None:
        """Returns the other input of a product with a number; None if it is something else."""
        if node is None or node.operator not in ("Mul", "Div") or len(node.names) != 2:
            return None
        for place in range(2 if node.operator == "Mul" else 1):
            number = self.numbers.get(node.names[1 - place], 0.0)
            wanted = factor if node.operator == "Mul" else 1 / factor
            if isclose(number, wanted, rel_tol=1e-4):
                return node.names[place]
        return None

    def reader(self, node: Node, operator: str) -> tuple[Node, str] | None:
        """Returns the only reader of a node, if it is of an operator, and its other input."""
        found = self.readers.get(node.outputs[0], []) if node.outputs else []
        if len(found) != 1 or found[0].operator != operator or len(found[0].names) != 2:
            return None
        first, second = found[0].names
        return found[0], second if first == node.outputs[0] else first

    def gelu(self, erf: Node) -> tuple[Node, str] | None:
        """Returns the last node of the function that an Erf begins, and what it is of."""
        x = self.times(self.made.get(erf.names[0]), 1 / sqrt(2)) if erf.names else None
        plus = self.reader(erf, "Add")
        if x is None or plus is None or self.numbers.get(plus[1]) != 1:
            return None
        product = self.reader(plus[0], "Mul")
        if product is None:
            return None
        node, other = product
        if self.times(self.made.get(other), 0.5) == x:  # (x/2) · (1 + erf)
            return node, x
        last = self.reader(node, "Mul")
        if last is None:
            return None
        if other == x and self.numbers.get(last[1]) == 0.5:  # x · (1 + erf) · 1/2
            return last[0], x
        halved = self.numbers.get(other) == 0.5 and last[1] == x  # x · ((1 + erf) / 2)
        return (last[0], x) if halved else None


def with_gelu(nodes: Sequence[Node], numbers: Mapping[str, float]) -> list[Node]:
    """Returns the nodes with a Gelu in place of the last node of each such function.

    Args:
        nodes: of a graph.
        numbers: its constants of one number, by name.
    """
    pattern = _Pattern({name: node for node in nodes for name in node.outputs}, numbers)
    for node in nodes:
        for name in node.names:
            pattern.readers.setdefault(name, []).append(node)
    new: dict[int, Node] = {}
    for node in nodes:
        found = pattern.gelu(node) if node.operator == "Erf" else None
        if found is not None:
            last, x = found
            new[id(last)] = Node("Gelu", (x,), last.outputs, last.label, {}, last.opset)
    return [new.get(id(node), node) for node in nodes]
