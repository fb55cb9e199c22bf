"""A network as a table of text, like Keras's."""

from __future__ import annotations

from collections.abc import Sequence

from spritenet.layers import Layer, Shape

__all__ = ["summary"]

HEADS = ("Layer (type)", "Output shape", "Parameters")


def summary(name: str, layers: Sequence[Layer], input_shape: Shape | None) -> str:
    """The table; without an input shape, only the layers' names are known.

    Args:
        name: the network's.
        layers: named, in order.
        input_shape: height, width, channels.
    """
    rows = []
    shape, total = input_shape, 0
    for layer in layers:
        output, count = "?", "?"
        if shape is not None:
            size = sum(weight.size for weight in layer.weights(shape))
            total += size
            shape = layer.output_shape(shape)
            output, count = " × ".join(map(str, shape)), f"{size:,}"
        rows.append((f"{layer.label} ({layer.class_name})", output, count))
    widths = [max(len(row[i]) for row in [HEADS, *rows]) for i in range(3)]

    def line(row: tuple[str, str, str]) -> str:
        return f"{row[0]:<{widths[0]}}  {row[1]:<{widths[1]}}  {row[2]:>{widths[2]}}"

    rule = "─" * (sum(widths) + 4)
    lines = [f'Model: "{name}"', rule, line(HEADS), rule, *map(line, rows), rule]
    if input_shape is None:
        lines.append("Not built yet: sizes are known once it has seen images.")
    else:
        lines.append(f"Parameters: {total:,} ({_size(4 * total)})")
    return "\n".join(lines)


def _size(count: float) -> str:
    """A number of bytes, readable."""
    for unit in ("bytes", "kB"):
        if count < 1000:
            return f"{count:.4g} {unit}"
        count /= 1000
    return f"{count:.4g} MB"
