"""Layers to the config of a Keras model."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from itertools import count
from typing import Any

from spritenet.errors import ModelError
from spritenet.layers import IMAGES, Graph, Layer, Node, Shape

__all__ = ["OTHER_IN_KERAS", "OTHER_IN_KERAS_NOTE", "keras_topology"]

RENAMED = {"LeakyReLU": {"alpha": "negative_slope"}}
"""Arguments that Keras 3 has under another name."""

OTHER_IN_KERAS = "sparsemax"
"""Activation of which Keras 3 sums more than it should: its outputs needn't sum to 1."""

OTHER_IN_KERAS_NOTE = f"Keras computes another function by the name {OTHER_IN_KERAS}"

CHANNELS_LAST = frozenset(
    {
        "AveragePooling2D",
        "CenterCrop",
        "Conv2D",
        "Conv2DTranspose",
        "Cropping2D",
        "DepthwiseConv2D",
        "Flatten",
        "GlobalAveragePooling2D",
        "GlobalMaxPooling2D",
        "MaxPooling2D",
        "Resizing",
        "SeparableConv2D",
        "SpatialDropout2D",
        "UpSampling2D",
        "ZeroPadding2D",
    }
)
"""Layers that have `data_format` in Keras 3."""

MODEL_MODULES = {"Sequential": "keras", "Functional": "keras.src.models.functional"}
MODULES = {
    "initializer": "keras.initializers",
    "regularizer": "keras.regularizers",
    "constraint": "keras.constraints",
}


def keras_topology(
    layers: Iterable[Layer], input_shape: Shape, name: str, version: int = 3
) -> dict[str, Any]:
    """Returns the config of named layers that take images of a shape.

    A chain is written as a Sequential, any other graph as a Functional.

    Raises:
        ModelError: Keras lacks an activation, or has two of its name.

    Args:
        layers: the layers.
        input_shape: the shape of one image.
        name: the model's name.
        version: 3 for the form of Keras 3; 2 for that of Keras 2, which Keras 3 reads from `.h5`.
    """
    graph = Graph.of(layers)
    taken = {layer.label for layer in graph}
    numbered = (f"input_layer_{i}" if i else "input_layer" for i in count())
    images = next(one for one in numbered if one not in taken)
    shape = "batch_shape" if version > 2 else "batch_input_shape"
    values = {"dtype": "float32", "sparse": False, "ragged": False, "name": images}
    first: dict[str, Any] = {
        "class_name": "InputLayer",
        "config": {shape: [None, *input_shape], **values},
    }
    nodes = list(graph.nodes(input_shape))
    entries: list[dict[str, Any]] = [
        {"class_name": node.layer.class_name, "config": _config(node.layer, version)}
        for node in nodes
    ]
    made: dict[str, Any] = {"name": name, "trainable": True, "layers": [first, *entries]}
    if not graph.is_chain:
        labels = [node.layer.label for node in nodes]
        first |= {"name": images, "inbound_nodes": []}
        for node, entry in zip(nodes, entries, strict=True):
            read = [images if index == IMAGES else labels[index] for index in node.inputs]
            call = _call_of_3(node, read) if version > 2 else [[one, 0, 0, {}] for one in read]
            entry |= {"name": node.layer.label, "inbound_nodes": [call]}
        made |= {"input_layers": [[images, 0, 0]], "output_layers": [[labels[-1], 0, 0]]}
    kind = "Sequential" if graph.is_chain else "Functional"
    model: dict[str, Any] = {"class_name": kind, "config": made}
    if version > 2:
        for entry in (first, *entries):
            entry |= {"module": "keras.layers", "registered_name": None}
        model |= {"module": MODEL_MODULES[kind], "registered_name": None}
    return model


def _config(layer: Layer, version: int) -> dict[str, Any]:
    """Returns a layer's config as Keras has it."""
    renamed = RENAMED.get(layer.class_name, {}) if version > 2 else {}
    config: dict[str, Any] = {}
    for key, value in layer.config().items():
        module = MODULES.get(key.rpartition("_")[2])
        if key == "data_format" and layer.class_name not in CHANNELS_LAST:
            continue
        if key == "trainable" and layer.class_name == "SpatialDropout2D":
            continue  # its class takes none
        if value == "hard_sigmoid" and version == 2:
            raise ModelError(
                "Keras 2 and Keras 3 have different functions of the name hard_sigmoid",
                where=layer.label,
                do="Save it as .keras.",
            )
        if value == OTHER_IN_KERAS:
            warnings.warn(f"{layer.label}: {OTHER_IN_KERAS_NOTE}.", stacklevel=2)
        if value == "gelu_new":
            raise ModelError("Keras has no name for the activation gelu_new", where=layer.label)
        if key == "dtype" and version > 2:
            policy = {"module": "keras", "class_name": "DTypePolicy", "registered_name": None}
            config[key] = {**policy, "config": {"name": value}}
        elif version > 2 and module is not None and isinstance(value, dict):
            config[key] = {**value, "module": module, "registered_name": None}
        else:
            config[renamed.get(key, key)] = value
    return config


def _call_of_3(node: Node, read: Sequence[str]) -> dict[str, Any]:
    """Returns the call of a layer on the outputs of layers of those names, as Keras 3 writes it."""
    tensors = [
        {
            "class_name": "__keras_tensor__",
            "config": {
                "shape": [None, *shape],
                "dtype": "float32",
                "keras_history": [name, 0, 0],
            },
        }
        for name, shape in zip(read, node.input_shapes, strict=True)
    ]
    return {"args": tensors if len(tensors) == 1 else [tensors], "kwargs": {}}
