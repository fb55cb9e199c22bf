"""Graph models of TensorFlow.js: plain image classifiers, read as layers.

What the operations compute is in `graph_operations`. A graph model is what tensorflowjs_converter
makes of a SavedModel by default.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted
from spritenet.export.file_input import given_shape
from spritenet.export.graph_builder import Builder, Value
from spritenet.export.graph_nodes import input_of, nodes_of, output_of, sorted_nodes
from spritenet.export.graph_operations import OPERATIONS, Operand
from spritenet.export.layer_entries import Entry
from spritenet.export.topology import Topology, completed
from spritenet.layers import IMAGES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.export.pixel_range import PixelRange

__all__ = ["read_graph_model"]


def read_graph_model(
    content: Mapping[str, Any],
    values: Mapping[str, NDArray[Any]],
    pixels: PixelRange | None = None,
    size: int | None = None,
) -> tuple[Topology, NDArray[np.float32]]:
    """Returns the network of a graph model, and its weights in the layers' order.

    Args:
        content: the JSON object.
        values: the constants by the names of their nodes.
        pixels: the pixel range of the inputs of a network that doesn't begin with a Rescaling.
        size: the height and width of images, where the graph leaves them open.

    Raises:
        ModelError: an operation is unsupported, or the graph is damaged.
    """
    if content.get("modelInitializer"):
        raise ModelError("unsupported graph model", got="one with an initializer, such as tables")
    metadata = content.get("userDefinedMetadata")
    signature = content.get("signature")
    if signature is None and isinstance(metadata, dict):
        signature = metadata.get("signature")
    nodes = nodes_of(content["modelTopology"])
    order = sorted_nodes(nodes, output_of(nodes, signature))
    images, shape = input_of(order, signature)
    config = {"name": images.name, "batch_input_shape": shape}
    input_shape = given_shape([Entry("InputLayer", config)], size)
    builder = Builder(Counter(source for node in order for source in node.inputs))
    found: dict[str, Operand] = {}
    for node in order:
        if node is images:
            found[node.name] = Value(IMAGES, input_shape)
        elif node.op == "Const":
            if node.name not in values:
                raise ModelError("a constant is not in weightsManifest", where=quoted(node.name))
            found[node.name] = values[node.name]
        elif node.op in OPERATIONS:
            given = [found[name] for name in node.inputs]
            found[node.name] = OPERATIONS[node.op](builder, node, given)
        else:
            raise node.unsupported("")
    output = found[order[-1].name]
    if not isinstance(output, Value):
        raise ModelError("the output doesn't depend on the images")
    graph, parameters = builder.graph(output)
    return completed(graph, input_shape, pixels), parameters
