"""A network as a table of text, like Keras's."""

from __future__ import annotations

from collections.abc import Iterable

from spritenet.layers import IMAGES, Graph, Layer, Shape

__all__ = ["summary"]

HEADS = ("Layer (type)", "Output shape", "Parameters", "Connected to")


def summary(name: str, layers: Iterable[Layer], input_shape: Shape | None) -> str:
    """Returns the table; without an input shape, only the layers' names are known.

    Args:
        name: the network's.
        layers: named, in order.
        input_shape: height, width, channels.
    """
    graph = Graph.of(layers)
    nodes = None if input_shape is None else list(graph.nodes(input_shape))
    rows = []
    for place, layer in enumerate(graph):
        output, count = "?", "?"
        if nodes is not None:
            output = " × ".join(map(str, nodes[place].output_shape))
            count = f"{sum(weight.size for weight in nodes[place].weights):,}"
        read = (graph[i].label for i in graph.inputs[place] if i != IMAGES)
        rows.append((f"{layer.label} ({layer.class_name})", output, count, ", ".join(read)))
    columns = 3 if graph.is_chain else 4
    widths = [max(len(row[i]) for row in [HEADS, *rows]) for i in range(columns)]

    def line(row: tuple[str, str, str, str]) -> str:
        text = f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}"
        return f"{text}  {row[3]}".rstrip() if columns > 3 else text

    rule = "─" * (sum(widths) + 2 * (columns - 1))
    lines = [f'Model: "{name}"', rule, line(HEADS), rule, *map(line, rows), rule]
    if nodes is None:
        lines.append("Not built yet: sizes are known once it has seen images.")
        return "\n".join(lines)
    weights = [(node.layer.trainable, weight) for node in nodes for weight in node.weights]
    total = sum(weight.size for _, weight in weights)
    trained = sum(weight.size for on, weight in weights if on and weight.trainable)
    lines.append(f"Parameters: {total:,} ({_size(4 * total)})")
    if trained != total:
        lines.append(f"Trainable: {trained:,}; non-trainable: {total - trained:,}")
    return "\n".join(lines)


def _size(count: float) -> str:
    """A number of bytes, readable."""
    for unit in ("bytes", "kB"):
        if count < 1000:
            return f"{count:.4g} {unit}"
        count /= 1000
    return f"{count:.4g} MB"
