"""Looking into a network: its layers as a table, what they make of an image, their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import ModelError
from spritenet.layers import Layer, Shape

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["activations_by_name", "filters", "layer_figure", "rows", "table_html"]


def rows(layers: Sequence[Layer], input_shape: Shape | None) -> list[tuple[str, str, str, int]]:
    """Of each layer: name, class, output shape in words ("?" if unknown), parameters."""
    found = []
    shape = input_shape
    for layer in layers:
        size, words = 0, "?"
        if shape is not None:
            size = sum(weight.size for weight in layer.weights(shape))
            shape = layer.output_shape(shape)
            words = "×".join(map(str, shape))
        found.append((layer.label, layer.class_name, words, size))
    return found


def table_html(name: str, layers: Sequence[Layer], input_shape: Shape | None) -> str:
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
    layers: Sequence[Layer], input_shape: Shape, outputs: Sequence[NDArray[np.float32]]
) -> dict[str, NDArray[np.float32]]:
    """Every layer's output by its name: (h, w, c), or (units,) for a vector."""
    found, shape = {}, input_shape
    for layer, output in zip(layers, outputs, strict=True):
        shape = layer.output_shape(shape)
        found[layer.label] = output.reshape(shape)
    return found


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
            "there is no such convolution",
            where="show_filters",
            expected="one of " + ", ".join(kernels) if kernels else "a Conv2D layer",
            got=layer or "none",
        )
    return plots.filters(kernels[wanted], title=wanted)


def layer_figure(weights: Mapping[str, NDArray[np.float32]], layer: str) -> Figure:
    """How the weights of a layer are distributed.

    Raises:
        ModelError: there is no such layer, or it has no weights.
    """
    from spritenet import plots

    own = {name: array for name, array in weights.items() if name.startswith(f"{layer}/")}
    if not own:
        known = dict.fromkeys(name.rpartition("/")[0] for name in weights)
        raise ModelError(
            "there is no such layer with weights",
            where="show_layer",
            expected="one of " + ", ".join(known),
            got=layer,
        )
    return plots.distribution(own)
