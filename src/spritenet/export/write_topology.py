"""Layers to `modelTopology`, the description of the network in model.json.

Keras 2's form, as TensorFlow.js 4.22 loads it. What TensorFlow.js lacks is written as an
equivalent:

- `keepdims=True` of a global pooling becomes a Reshape layer of its own;
- the activation "leaky_relu", and a ReLU with a slope, become a LeakyReLU layer of their own;
- an Identity is an Activation "linear";
- random layers, which work in training alone, are left out, and a RandomCrop is a Cropping2D;
- LeCun's initializers become VarianceScaling, and an untruncated one RandomNormal.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import count
from typing import Any

from spritenet import initializers
from spritenet.errors import ModelError
from spritenet.export.random_layers import without_random
from spritenet.initializers import (
    Initializer,
    LecunNormal,
    LecunUniform,
    RandomNormal,
    VarianceScaling,
)
from spritenet.layers import (
    IMAGES,
    Activation,
    ActivationLayer,
    Graph,
    Identity,
    Layer,
    LeakyReLU,
    Reshape,
    Shape,
    Softmax,
    Weight,
)
from spritenet.layers.activations import FILE_NAMES
from spritenet.layers.parametric import Parametric
from spritenet.regularizers import OrthogonalRegularizer

__all__ = ["KEPT", "LEAKY", "write_topology"]

IMAGES_NAME = "input_1"
"""The name of a graph's input layer, unless a layer has it."""

LEAKY = "_leaky_relu"
"""Ends the name of a LeakyReLU that is the activation of the layer before it."""

KEPT = "_keepdims"
"""Ends the name of a Reshape that is the `keepdims` of the layer before it."""


def write_topology(layers: Iterable[Layer], input_shape: Shape) -> dict[str, Any]:
    """Returns the `modelTopology` of named layers that take images of a shape.

    A chain is written as a Sequential, any other graph as a Functional.

    Raises:
        ModelError: there is no layer, one has no name, or two have the same.
    """
    graph = without_random(Graph.of(layers), input_shape)
    entries: list[dict[str, Any]] = []
    outputs: list[str] = []  # the name of the entry that gives each layer's output
    for node in graph.nodes(input_shape):
        sources = [IMAGES_NAME if i == IMAGES else outputs[i] for i in node.inputs]
        for entry in _entries(node.layer, node.weights, node.output_shape):
            entries.append({**entry, "sources": sources})
            sources = [str(entry["config"]["name"])]
        outputs += sources
    names = [entry["config"]["name"] for entry in entries]
    if not names:
        raise ModelError("a network without layers can't be saved")
    for name in names:
        if not name or names.count(name) > 1:
            raise ModelError("every layer needs a name of its own", got=repr(name))
    if graph.is_chain:
        for entry in entries:
            del entry["sources"]
        entries[0]["config"]["batch_input_shape"] = [None, *input_shape]
        kind, config = "Sequential", {"name": "sequential", "layers": entries}
    else:
        kind, config = "Functional", _functional(entries, input_shape)
    return {
        "class_name": kind,
        "config": config,
        # The Keras whose form this is; TensorFlow.js itself writes "tfjs-layers 4.22.0" here.
        "keras_version": "2.15.0",
        "backend": "tensorflow",
    }


def _functional(entries: Sequence[dict[str, Any]], input_shape: Shape) -> dict[str, Any]:
    """Returns the config of a graph: an input layer, and for each layer the names of its inputs."""
    taken = {entry["config"]["name"] for entry in entries}
    names = (f"{IMAGES_NAME}_{i}" if i else IMAGES_NAME for i in count())
    images = next(name for name in names if name not in taken)
    found: list[dict[str, Any]] = [
        {
            "class_name": "InputLayer",
            "config": {
                "batch_input_shape": [None, *input_shape],
                "dtype": "float32",
                "sparse": False,
                "ragged": False,
                "name": images,
            },
            "name": images,
            "inbound_nodes": [],
        }
    ]
    for entry in entries:
        sources = entry.pop("sources")
        first = entry is entries[0]
        read: list[Any] = [[images if first else name, 0, 0, {}] for name in sources]
        found.append({**entry, "name": entry["config"]["name"], "inbound_nodes": [read]})
    return {
        "name": "model",
        "trainable": True,
        "layers": found,
        "input_layers": [[images, 0, 0]],
        "output_layers": [[found[-1]["name"], 0, 0]],
    }


def _entries(
    layer: Layer, weights: Sequence[Weight], output_shape: Shape
) -> Iterator[dict[str, Any]]:
    """The layer as TensorFlow.js knows it: one, or two for a leaky activation or `keepdims`."""
    config = layer.config()
    starts = {w.name.removesuffix("_kernel"): w for w in weights}
    # Also of a layer without a bias: TensorFlow.js reads the word before it asks.
    for key in [key for key in config if key.endswith("_initializer")]:
        weight = starts.get(key.removesuffix("_initializer"))
        shape = weight.shape if weight else weights[0].shape[-1:] if weights else (1,)
        config[key] = _initializer(getattr(layer, key), shape)
    missing = layer.missing_in_tensorflow_js() or _missing_penalty(layer, config)
    if isinstance(layer, Softmax) and layer.axis not in (-1, len(output_shape)):
        missing = "Softmax over an axis that isn't the last"
    if missing:
        warnings.warn(f"{layer.label}: TensorFlow.js has no {missing}.", stacklevel=2)
    if isinstance(layer, Identity):
        yield {"class_name": "Activation", "config": Activation("linear", name=layer.name).config()}
        return
    if isinstance(layer, ActivationLayer) and layer.function.name == "leaky_relu":
        yield _leaky(layer.name, layer.function.alpha)
        return
    if isinstance(layer, Parametric) and layer.activation == "leaky_relu":
        yield {"class_name": layer.class_name, "config": {**config, "activation": "linear"}}
        yield _leaky(f"{layer.name}{LEAKY}", layer.function.alpha)
        return
    if config.get("keepdims"):
        yield {"class_name": layer.class_name, "config": {**config, "keepdims": False}}
        name = f"{layer.name}{KEPT}"
        yield {"class_name": "Reshape", "config": Reshape(output_shape, name=name).config()}
        return
    if isinstance(layer, Reshape):
        config["target_shape"] = list(output_shape)  # TensorFlow.js infers no -1 from batches
    if config.get("activation") in FILE_NAMES:
        config["activation"] = FILE_NAMES[str(config["activation"])]
    yield {"class_name": layer.class_name, "config": config}


def _missing_penalty(layer: Layer, config: dict[str, Any]) -> str:
    """The penalty that TensorFlow.js lacks, or ""."""
    penalties = (getattr(layer, key) for key in config if key.endswith("_regularizer"))
    lacks = any(isinstance(penalty, OrthogonalRegularizer) for penalty in penalties)
    return "OrthogonalRegularizer" if lacks else ""


def _leaky(name: str | None, alpha: float) -> dict[str, Any]:
    """A LeakyReLU layer."""
    return {"class_name": "LeakyReLU", "config": LeakyReLU(alpha, name=name).config()}


def _initializer(rule: Initializer, shape: Shape) -> dict[str, Any]:
    """An initializer that TensorFlow.js has, with the same distribution for that shape.

    TensorFlow.js spells LecunNormal LeCunNormal, calls the truncated normal distribution "normal",
    and draws "truncatedNormal" from a uniform one.
    """
    if isinstance(rule, LecunNormal | LecunUniform):
        rule = rule.rule
    if isinstance(rule, VarianceScaling) and rule.distribution == "untruncated_normal":
        fan_in, fan_out = initializers.fans(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out}.get(rule.mode, (fan_in + fan_out) / 2)
        rule = RandomNormal(0.0, math.sqrt(rule.scale / max(1.0, fan)))
    config = rule.config()
    if config.get("distribution") == "truncated_normal":
        config["distribution"] = "normal"
    return {"class_name": type(rule).__name__, "config": config}
