"""The layers of a `modelTopology` in a row: a Sequential's, or a Functional's that is a stack.

Knows how TensorFlow.js, Keras 2 and Keras 3 nest and connect layers; knows nothing of what each
computes. Models inside the model are unfolded, as they are stacks too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted

__all__ = ["Entry", "chain", "snake_keys"]

MAXIMAL_LAYERS = 1_000
MAXIMAL_NAME = 200
MAXIMAL_DEPTH = 8  # of models inside models
GRAPHS = ("Functional", "Model")
STEP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Entry:
    """A layer as the file has it, its arguments' names in snake case.

    Attributes:
        class_name: like "Conv2D".
        config: its arguments.
    """

    class_name: str
    config: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The name in the file."""
        return str(self.config["name"])


def snake_keys(config: Mapping[str, Any], where: str = "") -> dict[str, Any]:
    """The config with `poolSize` as `pool_size`: TensorFlow.js takes an argument under both names.

    Raises:
        ModelError: an argument is there under both, with two values.
    """
    result: dict[str, Any] = {}
    for key, value in config.items():
        snake = STEP.sub("_", key).lower() if key.isascii() else key
        if snake in result and result[snake] != value:
            raise ModelError(
                f"{quoted(snake)} is there twice, with two values",
                where=where,
                got=f"{quoted(result[snake])} and {quoted(value)}",
            )
        result[snake] = value
    return result


def chain(topology: object) -> list[Entry]:
    """The layers of a `modelTopology`, first to last; a model inside it as its layers.

    Raises:
        ModelError: it isn't the topology of a layers model, or no plain stack of layers.
    """
    model = topology
    if isinstance(model, dict) and isinstance(model.get("model_config"), dict):
        model = model["model_config"]  # of Keras's .h5 files
    if isinstance(model, dict) and isinstance(model.get("node"), list):
        raise ModelError(
            "it is a graph model, which has operations in place of layers",
            expected="a layers model",
            do="Convert the Keras model it was made from: tensorflowjs_converter "
            "--input_format keras --output_format tfjs_layers_model model.h5 FOLDER.",
        )
    if not isinstance(model, dict):
        raise ModelError("modelTopology is missing or broken", do="Is it a layers model?")
    model = snake_keys(model)
    if not isinstance(model.get("class_name"), str):
        raise ModelError("modelTopology is missing or broken", do="Is it a layers model?")
    if model["class_name"] not in ("Sequential", *GRAPHS):
        raise _no_stack(model["class_name"])
    entries = list(_unfolded(model, 0))
    if not entries:
        raise ModelError("the network has no layers")
    return entries


def _no_stack(got: object, where: object = "") -> ModelError:
    """The error for a network whose layers aren't in a row."""
    return ModelError(
        "the network is not a plain stack of layers",
        where=where,
        expected="layers that each take what the one before makes",
        got=quoted(got),
    )


def _unfolded(model: Mapping[str, Any], depth: int) -> Iterator[Entry]:
    """The layers of a model of whatever kind; those of models in it too. See `chain`."""
    if depth > MAXIMAL_DEPTH:
        raise ModelError(
            "models are nested too deep", expected=f"at most {MAXIMAL_DEPTH} in each other"
        )
    content = model.get("config")
    content = snake_keys(content) if isinstance(content, dict) else {"layers": content}
    listed = content.get("layers")
    if not isinstance(listed, list) or not 0 < len(listed) <= MAXIMAL_LAYERS:
        raise ModelError(
            "its layers are wrong",
            expected=f"a list of 1 to {MAXIMAL_LAYERS}",
            got=len(listed) if isinstance(listed, list) else quoted(listed),
        )
    layers = [_entry(value) for value in listed]
    if model["class_name"] in GRAPHS:
        layers = _in_a_row(layers, content)
    count = 0
    for layer in layers:
        if layer["class_name"] in ("Sequential", *GRAPHS):
            inside: Iterator[Entry] = _unfolded(layer, depth + 1)
        else:
            inside = iter([Entry(layer["class_name"], layer["config"])])
        for entry in inside:
            count += 1
            if count > MAXIMAL_LAYERS:
                raise ModelError("its layers are wrong", expected=f"at most {MAXIMAL_LAYERS}")
            yield entry


def _entry(value: object) -> dict[str, Any]:
    """A layer or model of a list: its class, its config and how it is connected."""
    entry = snake_keys(value) if isinstance(value, dict) else {}
    class_name, config = entry.get("class_name"), entry.get("config")
    is_model = class_name in ("Sequential", *GRAPHS)
    if not isinstance(class_name, str) or not isinstance(config, dict | list):
        raise ModelError("a layer has no class_name or config", got=quoted(value))
    if isinstance(config, list):
        if not is_model:
            raise ModelError("a layer has no class_name or config", got=quoted(value))
        return entry | {"name": entry.get("name", "")}
    name = config.get("name", class_name.lower())
    if not isinstance(name, str) or not 0 < len(name) <= MAXIMAL_NAME or not name.isprintable():
        raise ModelError("the name of a layer is wrong", got=quoted(name))
    config = snake_keys(config, name) | {"name": name}
    return entry | {"config": config, "name": entry.get("name", name)}


def _in_a_row(layers: list[dict[str, Any]], content: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The layers of a Functional by what each takes, input first.

    Raises:
        ModelError: a layer takes several inputs or is used twice, or there are several outputs.
    """
    after: dict[str, dict[str, Any]] = {}
    inputs = [layer for layer in layers if layer["class_name"] == "InputLayer"]
    if len(inputs) != 1:
        raise _no_stack(f"{len(inputs)} inputs")
    for layer in layers:
        if layer is inputs[0]:
            continue
        source = _source(layer)
        if source in after:
            both = f"{source} goes into {after[source]['name']} and {layer['name']}"
            raise _no_stack(both, layer["name"])
        after[source] = layer
    row = [inputs[0]]
    while row[-1]["name"] in after:
        row.append(after.pop(row[-1]["name"]))
    if after:
        raise _no_stack("layers that take nothing of the input", next(iter(after.values()))["name"])
    outputs = content.get("output_layers")
    if isinstance(outputs, list) and outputs and isinstance(outputs[0], str):
        outputs = [outputs]  # Keras 3, for a single one
    if not isinstance(outputs, list) or [o[:1] for o in outputs] != [[row[-1]["name"]]]:
        raise _no_stack(f"outputs of {quoted(outputs)}", row[-1]["name"])
    return row


def _source(layer: Mapping[str, Any]) -> str:
    """The name of the one layer whose output a layer takes.

    Raises:
        ModelError: it takes several, or is used twice.
    """
    name, nodes = layer["name"], layer.get("inbound_nodes")
    if not isinstance(nodes, list) or len(nodes) != 1:
        used = len(nodes) if isinstance(nodes, list) else 0
        raise _no_stack(f"{layer['class_name']} used {used} times", name)
    node = nodes[0]
    if isinstance(node, dict):  # Keras 3
        tensors = node.get("args")
        tensors = [_history(tensor) for tensor in tensors] if isinstance(tensors, list) else []
        extra = node.get("kwargs")
    else:  # Keras 2 and TensorFlow.js
        tensors = node if isinstance(node, list) else []
        extra = {}
        if len(tensors) == 1 and isinstance(tensors[0], list) and len(tensors[0]) == 4:
            extra, tensors = tensors[0][3], [tensors[0][:3]]
    if len(tensors) != 1:
        raise _no_stack(f"{layer['class_name']} of {len(tensors)} inputs", name)
    tensor = tensors[0]
    if not isinstance(tensor, list) or len(tensor) != 3 or not isinstance(tensor[0], str):
        raise _no_stack(f"{layer['class_name']} of {quoted(tensor)}", name)
    if tensor[1:] != [0, 0]:
        raise _no_stack(f"{layer['class_name']} of {quoted(tensor)}", name)
    if isinstance(extra, dict) and any(extra.values()):  # null and false say nothing
        raise _no_stack(f"{layer['class_name']} called with {quoted(extra)}", name)
    return tensor[0]


def _history(tensor: object) -> object:
    """Returns the origin of a Keras 3 tensor: [layer, node, place]."""
    config = tensor.get("config") if isinstance(tensor, dict) else None
    return config.get("keras_history") if isinstance(config, dict) else tensor
