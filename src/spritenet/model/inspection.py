"""Looking into a network: its layers as a table, what they make of an image, their weights."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import ModelError
from spritenet.layers import Graph, Layer, Shape

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["activations_by_name", "filters", "layer_figure", "rows", "table_html"]


def rows(layers: Iterable[Layer], input_shape: Shape | None) -> list[tuple[str, str, str, int]]:
    """Of each layer: name, class, output shape in words ("?" if unknown), parameters."""
    if input_shape is None:
        return [(layer.label, layer.class_name, "?", 0) for layer in layers]
    return [
        (
            node.layer.label,
            node.layer.class_name,
            "×".join(map(str, node.output_shape)),
            sum(weight.size for weight in node.weights),
        )
        for node in Graph.of(layers).nodes(input_shape)
    ]


def table_html(name: str, layers: Iterable[Layer], input_shape: Shape | None) -> str:
    """The table for notebooks, light or dark."""
    heads = ("layer", "type", "makes", "parameters")
    cell = 'style="text-align:{};padding:2px 8px"'
    words, numbers = cell.format("left"), cell.format("right")
    head = "".join(f"<th {numbers if h == 'parameters' else words}>{h}</th>" for h in heads)
    body, total = [], 0
    for label, kind, shape, size in rows(layers, input_shape):
        total += size
        texts = "".join(f"<td {words}>{escape(text)}</td>" for text in (label, kind, shape))
        body.append(f"<tr>{texts}<td {numbers}>{size:,}</td></tr>")
    takes = "×".join(map(str, input_shape)) if input_shape else "not known yet"
    foot = f"{total:,} parameters, {4 * total:,} bytes" if input_shape else "not built yet"
    return (
        f"<div><b>{escape(name)}</b> · images {takes} · {foot}</div>"
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(body)}</tbody></table>"
    )


def activations_by_name(
    layers: Iterable[Layer], input_shape: Shape, outputs: Sequence[NDArray[np.float32]]
) -> dict[str, NDArray[np.float32]]:
    """Every layer's output by its name: (h, w, c), or (units,) for a vector."""
    nodes = Graph.of(layers).nodes(input_shape)
    return {
        node.layer.label: output.reshape(node.output_shape)
        for node, output in zip(nodes, outputs, strict=True)
    }


def filters(weights: Mapping[str, NDArray[np.float32]], layer: str | None) -> Figure:
    """The filters of a convolution, by default of the first.

    Raises:
        ModelError: there is no such convolution.
    """
    from spritenet import plots

    kernels = {
        name.removesuffix("/kernel"): array
        for name, array in weights.items()
        if name.endswith("/kernel") and array.ndim == 4
    }
    wanted = next(iter(kernels), "") if layer is None else layer
    if wanted not in kernels:
        raise ModelError(
            "unknown convolution",
            where="show_filters",
            expected="one of " + ", ".join(kernels) if kernels else "a Conv2D layer",
            got=layer or "none",
        )
    return plots.filters(kernels[wanted], title=wanted)


def layer_figure(weights: Mapping[str, NDArray[np.float32]], layer: str) -> Figure:
    """Returns histograms of the weights of a layer.

    Raises:
        ModelError: there is no such layer, or it has no weights.
    """
    from spritenet import plots

    own = {name: array for name, array in weights.items() if name.startswith(f"{layer}/")}
    if not own:
        known = dict.fromkeys(name.rpartition("/")[0] for name in weights)
        raise ModelError(
            "unknown layer with weights",
            where="show_layer",
            expected="one of " + ", ".join(known),
            got=layer,
        )
    return plots.distribution(own)
