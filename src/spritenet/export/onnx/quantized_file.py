"""int8 networks as ONNX files: images in as bytes, probabilities and labels out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import spritenet
from spritenet.atomic import write_file
from spritenet.destination import destination
from spritenet.errors import ModelError
from spritenet.export.onnx.graph_builder import GraphBuilder
from spritenet.export.onnx.library import Onnx
from spritenet.export.onnx.outputs import Ending
from spritenet.export.onnx.quantized_nodes import write_operators
from spritenet.export.onnx.texts import to_texts
from spritenet.layers.input import image_shape

if TYPE_CHECKING:
    import os

    from spritenet.export.metadata import Metadata
    from spritenet.quantization import IntegerNetwork

__all__ = ["save_quantized"]


def save_quantized(
    network: IntegerNetwork,
    metadata: Metadata,
    path: str | os.PathLike[str],
    temperature: float | None = None,
) -> None:
    """Writes an integer network as an ONNX file, with QuantizeLinear and DequantizeLinear.

    Args:
        network: the network.
        metadata: class names, preparation, what it was trained on.
        path: a name that ends in .onnx.
        temperature: the divisor of the logits for calibrated probabilities; None if unknown.

    Raises:
        ModelError: the disk refuses.
        MissingExtraError: onnx is not installed.
    """
    onnx = Onnx()
    b = GraphBuilder(layer="input")
    images, given = "images", image_shape(network.input_shape)
    if given != network.image_shape:
        images = b.add("Reshape", images, b.constant([0, *network.image_shape]))
    result = write_operators(b, network, images)
    names = metadata.class_names
    outputs = Ending(network.output_shape, network.activation, bool(names)).add(b, onnx, result)
    made = b.graph(onnx, [onnx.value("images", "UINT8", ["n", *given])], outputs)
    entry = metadata.to_json(network.input_shape, {}) | {"precision": "int8"}
    texts = to_texts(entry, metadata, temperature)
    data = onnx.model(made, ("Spritenet", spritenet.__version__), texts)
    with destination(path) as place:
        write_file(place.path, data, error=ModelError)
