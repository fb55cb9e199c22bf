"""The network of an ONNX file as its layers, in the metadata beside the operators.

Operators don't hold all of a layer: its name, its regularizers, the layers that act in training.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export.error_location import quoted
from spritenet.export.layer_entries import MAXIMAL_LAYERS, MAXIMAL_NAME
from spritenet.layers import IMAGES, Graph, Layer, Shape

__all__ = ["from_entry", "to_entry"]

MAXIMAL_SIDE = 1 << 20


def to_entry(graph: Graph, input_shape: Shape) -> dict[str, Any]:
    """Returns a network as JSON."""
    pairs = zip(graph, graph.inputs, strict=True)
    listed = [
        {"class_name": layer.class_name, "config": layer.config(), "inputs": list(inputs)}
        for layer, inputs in pairs
    ]
    return {"input_shape": list(input_shape), "layers": listed}


def from_entry(entry: object) -> tuple[Graph, Shape]:
    """Returns a network and the shape of its images.

    Raises:
        ModelError: it isn't what `to_entry` writes, or a layer is unsupported.
    """
    content: Mapping[str, Any] = entry if isinstance(entry, dict) else {}
    shape, listed = content.get("input_shape"), content.get("layers")
    sides = shape if isinstance(shape, list) else []
    if not 1 <= len(sides) <= 3 or any(
        type(n) is not int or not 0 < n <= MAXIMAL_SIDE for n in sides
    ):
        raise ModelError("invalid input_shape in its metadata", got=quoted(shape))
    if not isinstance(listed, list) or not 0 < len(listed) <= MAXIMAL_LAYERS:
        raise ModelError("invalid list of layers in its metadata", got=quoted(listed))
    layers: list[Layer] = []
    inputs: list[tuple[int, ...]] = []
    for place, value in enumerate(listed):
        one: Mapping[str, Any] = value if isinstance(value, dict) else {}
        name, config, read = one.get("class_name"), one.get("config"), one.get("inputs")
        places = read if isinstance(read, list) else []
        before = all(type(i) is int and IMAGES <= i < place for i in places)
        if not (isinstance(name, str) and isinstance(config, dict) and places and before):
            raise ModelError("invalid layer in its metadata", got=quoted(value))
        label = config.get("name")
        if not isinstance(label, str) or not 0 < len(label) <= MAXIMAL_NAME:
            raise ModelError("invalid layer name in its metadata", got=quoted(label))
        layers.append(kinds.from_config(name, config))
        inputs.append(tuple(places))
    if len({layer.name for layer in layers}) < len(layers):
        raise ModelError("two layers of its metadata have one name")
    return Graph(tuple(layers), tuple(inputs)), tuple(sides)
