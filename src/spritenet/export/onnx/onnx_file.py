"""ONNX files: images in as bytes, probabilities and labels out.

What Spritenet knows beyond the operators (layers, class names, preparation, calibration) is in the
metadata, which other programs ignore.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import spritenet
from spritenet.atomic import write_file
from spritenet.destination import destination
from spritenet.errors import ModelError
from spritenet.export.error_location import located, quoted
from spritenet.export.onnx.graph_builder import GraphBuilder
from spritenet.export.onnx.graph_reader import read_graph
from spritenet.export.onnx.layer_writers import write_layers
from spritenet.export.onnx.library import Onnx, Proto
from spritenet.export.onnx.network_entry import from_entry, to_entry
from spritenet.export.onnx.outputs import Ending
from spritenet.export.onnx.quantized_nodes import refuse_quantized
from spritenet.export.onnx.tensors import Tensors
from spritenet.export.onnx.texts import OURS, to_texts
from spritenet.export.onnx.weight_layout import from_onnx
from spritenet.export.onnx.wire_format import graph_bytes
from spritenet.export.random_layers import without_random
from spritenet.export.saved_model import SavedModel, sha256
from spritenet.export.topology import Content, Topology
from spritenet.export.weights import read_file

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

    from spritenet.export.pixel_range import PixelRange

__all__ = ["read_onnx", "save_onnx"]

MAXIMAL_BYTES = 1 << 30
MAXIMAL_JSON = 16 << 20
FLOAT = 1
"""TensorProto.FLOAT."""


def save_onnx(model: SavedModel, path: str | os.PathLike[str], precision: str = "float32") -> None:
    """Writes a model as an ONNX file.

    Args:
        model: the model.
        path: a name that ends in .onnx.
        precision: "float32"; or "float16", as which kernels are stored.

    Raises:
        ModelError: a weight is not finite or too large, or the disk refuses.
        MissingExtraError: onnx is not installed.
    """
    onnx = Onnx()
    with destination(path) as place:
        with located(place.path):
            model.check()
            data = _file(onnx, model, precision)
        write_file(place.path, data, error=ModelError)


def _file(onnx: Onnx, model: SavedModel, precision: str) -> bytes:
    """Returns the bytes of a file."""
    shape = model.image_shape
    parameters = _stored(model, precision)
    b = GraphBuilder(precision, "input")
    images = b.add("Cast", "images", to=FLOAT)
    if model.input_shape != shape:
        images = b.add("Reshape", images, b.constant([0, *model.input_shape]))
    graph = without_random(model.layers, model.input_shape)
    result = write_layers(b, graph, model.input_shape, parameters, images)
    if result.name == images:
        result = type(result)(b.add("Identity", images), result.shape)
    ending = Ending(model.output_shape, model.last_activation, bool(model.metadata.class_names))
    outputs = ending.add(b, onnx, result)
    made = b.graph(onnx, [onnx.value("images", "UINT8", ["n", *shape])], outputs)
    hashes = {
        "weights_sha256": sha256(parameters),
        "graph_sha256": hashlib.sha256(made.SerializeToString(deterministic=True)).hexdigest(),
    }
    entry = model.metadata.to_json(model.input_shape, hashes)
    entry["network"] = to_entry(model.layers, model.input_shape)
    rejection = model.metadata.rejection
    temperature = None if rejection is None else rejection.temperature
    texts = to_texts(entry, model.metadata, temperature)
    return onnx.model(made, ("Spritenet", spritenet.__version__), texts)


def _stored(model: SavedModel, precision: str) -> NDArray[np.float32]:
    """Returns the parameters as they are after being stored."""
    if precision == "float32":
        return model.parameters
    parts = [np.zeros(0, np.float32)]
    offset = 0
    for node in model.layers.nodes(model.input_shape):
        for weight in node.weights:
            values = model.parameters[offset : offset + weight.size]
            offset += weight.size
            with np.errstate(over="ignore"):  # refused where it is written
                half = values.astype(np.float16).astype(np.float32)
            parts.append(half if len(weight.shape) > 1 and np.isfinite(half).all() else values)
    return np.concatenate(parts)


def read_onnx(path: Path, pixels: PixelRange | None = None) -> Content:
    """Reads a model.

    Args:
        path: an ONNX file.
        pixels: the pixel range of its images, if the network doesn't begin with a Rescaling.

    Raises:
        ModelError: the file is damaged, or an operator is unsupported; nothing in it is executed.
        MissingExtraError: onnx is not installed.
    """
    onnx = Onnx()
    data = read_file(path, MAXIMAL_BYTES)
    graph = graph_bytes(data, path)
    digest = hashlib.sha256(graph).hexdigest()
    model = onnx.parse(data, path)
    entry = _entry(model, path)
    with located(path):
        refuse_quantized(model)
        if entry.get("graph_sha256") != digest or "network" not in entry:
            network, parameters = read_graph(model, Tensors(path), pixels)
            return Content(network, parameters, _still_true(entry))
        return _own(model, entry, path, pixels)


def _still_true(entry: Mapping[str, Any]) -> dict[str, Any]:
    """Returns what our metadata says of a graph that another program has changed."""
    return {key: entry[key] for key in ("version", "class_names") if key in entry}


def _own(model: Proto, entry: dict[str, Any], path: Path, pixels: PixelRange | None) -> Content:
    """Returns the content of a file that Spritenet wrote.

    Raises:
        ModelError: its metadata and its weights don't fit.
    """
    network = Topology(*from_entry(entry["network"]))
    if pixels is not None:
        raise ModelError(
            "the model itself says what its pixels are",
            expected="no pixels=, no --pixels",
            got=pixels.name,
        )
    found = {tensor.name: tensor for tensor in model.graph.initializer}
    tensors = Tensors(path)
    parts = [np.zeros(0, np.float32)]
    for node in network.layers.nodes(network.input_shape):
        for weight in node.weights:
            name = f"{node.layer.label}/{weight.name}"
            if name not in found:
                raise ModelError("the weights are missing", where=quoted(name))
            array = tensors.array(found[name])
            parts.append(from_onnx(weight.name, array, weight.shape, quoted(name)).reshape(-1))
    parameters = np.concatenate(parts)
    known = entry.get("weights_sha256")
    if known is not None and known != sha256(parameters):
        raise ModelError("the weights were changed after they were saved")
    return Content(network, parameters, entry)


def _entry(model: Proto, path: Path) -> dict[str, Any]:
    """Returns our metadata; empty in a file of other programs.

    Raises:
        ModelError: it is damaged.
    """
    texts = [entry.value for entry in model.metadata_props if entry.key == OURS]
    if not texts:
        return {}
    if len(texts[0]) > MAXIMAL_JSON:
        raise ModelError(
            "its metadata is too long",
            where=path,
            expected=f"at most {MAXIMAL_JSON:,} letters",
        )
    try:
        value = json.loads(texts[0], parse_int=lambda n: int(n) if len(n) < 20 else float(n))
    except (ValueError, RecursionError) as error:
        raise ModelError("its metadata is not JSON", where=path, got=quoted(error)) from error
    if not isinstance(value, dict):
        raise ModelError("its metadata is not a JSON object", where=path)
    return value
