"""The layers of a `modelTopology` and what each reads: of a Sequential or a Functional.

Knows how TensorFlow.js, Keras 2 and Keras 3 nest and connect layers; knows nothing of what each
computes. Models inside the model are flattened.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export.error_location import quoted
from spritenet.layers.base import Layer
from spritenet.layers.operator_layer import OperatorLayer

__all__ = ["IMAGES", "Entry", "has_weights", "layer_entries", "snake_keys"]

IMAGES = ""
"""The name by which layers read the images."""

MAXIMAL_LAYERS = 1_000
MAXIMAL_NAME = 200
MAXIMAL_DEPTH = 8  # of models inside models
GRAPHS = ("Functional", "Model")
RECORDED_TRAINING = re.compile(
    r"CenterCrop|Resizing|Random[A-Z]\w*|MixUp|CutMix|AugMix|RandAugment"
)
"""Layers whose every call Keras 3 writes down with training=True."""

STEP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class Entry:
    """A layer as the file has it, its arguments' names in snake case.

    Attributes:
        class_name: like "Conv2D".
        config: its arguments.
        sources: the names of the entries it reads; `IMAGES` for the images.
    """

    class_name: str
    config: Mapping[str, Any]
    sources: tuple[str, ...] = (IMAGES,)

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
                f"{quoted(snake)} is given twice, with different values",
                where=where,
                got=f"{quoted(result[snake])} and {quoted(value)}",
            )
        result[snake] = value
    return result


def layer_entries(topology: object) -> list[Entry]:
    """Returns the layers of a `modelTopology`, each after those it reads; the last is the output.

    Raises:
        ModelError: it isn't the topology of a layers model, or its graph is unsupported.
    """
    model = topology
    if isinstance(model, dict) and isinstance(model.get("model_config"), dict):
        model = model["model_config"]  # of Keras's .h5 files
    if not isinstance(model, dict):
        raise ModelError("modelTopology is missing or damaged", do="Is it a layers model?")
    model = snake_keys(model)
    if not isinstance(model.get("class_name"), str):
        raise ModelError("modelTopology is missing or damaged", do="Is it a layers model?")
    if model["class_name"] not in ("Sequential", *GRAPHS):
        raise _unsupported(model["class_name"])
    entries: list[Entry] = []
    output = _flatten(model, IMAGES, entries, 0)
    if not entries:
        raise ModelError("the network has no layers")
    if output not in (IMAGES, entries[-1].name):
        raise _unsupported("layers after the output", entries[-1].name)
    for name, count in Counter(entry.name for entry in entries).items():
        if count > 1:
            raise ModelError(f"two layers are called {name!r}")
    return entries


def _unsupported(got: object, where: object = "") -> ModelError:
    """The error for a network that is no supported graph of layers."""
    return ModelError(
        "unsupported graph of layers",
        where=where,
        expected="one input, one output, and layers that are used once",
        got=quoted(got),
    )


def _flatten(model: Mapping[str, Any], source: str, entries: list[Entry], depth: int) -> str:
    """Appends the layers of a model applied to a source; returns the name of its output.

    Raises:
        ModelError: see `layer_entries`.
    """
    if depth > MAXIMAL_DEPTH:
        raise ModelError("models are nested too deep", expected=f"at most {MAXIMAL_DEPTH} levels")
    content = model.get("config")
    content = snake_keys(content) if isinstance(content, dict) else {"layers": content}
    listed = content.get("layers")
    if not isinstance(listed, list) or not 0 < len(listed) <= MAXIMAL_LAYERS:
        raise ModelError(
            "invalid list of layers",
            expected=f"a list of 1 to {MAXIMAL_LAYERS}",
            got=len(listed) if isinstance(listed, list) else quoted(listed),
        )
    layers, content = _applied_once([_entry(value) for value in listed], content)
    connected = [(layer, [place - 1]) for place, layer in enumerate(layers)]
    if model["class_name"] in GRAPHS:
        connected = _connected(layers, content)
    outputs: list[str] = []
    for layer, read in connected:
        given = [source if index < 0 else outputs[index] for index in read]
        if layer["class_name"] in ("Sequential", *GRAPHS):
            if len(given) != 1:
                raise _unsupported(f"a model of {len(given)} inputs", layer["name"])
            outputs.append(_flatten(layer, given[0], entries, depth + 1))
            continue
        entry = Entry(layer["class_name"], layer["config"], tuple(given))
        is_input = entry.class_name == "InputLayer"
        outputs.append(given[0] if is_input else entry.name)
        if not is_input or not entries:
            entries.append(entry)
        if len(entries) > MAXIMAL_LAYERS:
            raise ModelError("invalid list of layers", expected=f"at most {MAXIMAL_LAYERS}")
    return outputs[-1]


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
        return entry | {"name": str(entry.get("name", ""))}
    name = config.get("name", class_name.lower())
    if not isinstance(name, str) or not 0 < len(name) <= MAXIMAL_NAME or not name.isprintable():
        raise ModelError("invalid layer name", got=quoted(name))
    config = snake_keys(config, name) | {"name": name}
    own = entry.get("name", name)
    if not isinstance(own, str):
        raise ModelError("invalid layer name", got=quoted(own))
    return entry | {"config": config, "name": own}


def has_weights(kind: type[Layer]) -> bool:
    """Returns True for a class of layers with weights: each has an initializer, or its own rule."""
    given = any(name.endswith("_initializer") for name in dir(kind))
    return given or kind.weights not in (Layer.weights, OperatorLayer.weights)


def _applied_once(
    layers: list[dict[str, Any]], content: Mapping[str, Any]
) -> tuple[list[dict[str, Any]], Mapping[str, Any]]:
    """Returns layers and content with a layer for each use of one without weights."""
    used = {
        layer["name"]
        for layer in layers
        if layer["class_name"] in kinds.__all__
        and issubclass(kind := getattr(kinds, layer["class_name"]), Layer)
        and not has_weights(kind)
        and isinstance(layer.get("inbound_nodes"), list)
        and len(layer["inbound_nodes"]) > 1
    }
    if not used:
        return layers, content

    def name_of(name: str, node: int) -> str:
        return f"{name}_use_{node + 1}" if node else name

    def renamed(value: object) -> object:
        if isinstance(value, dict):
            return {key: renamed(inner) for key, inner in value.items()}
        if not isinstance(value, list):
            return value
        is_tensor = len(value) > 2 and isinstance(value[0], str) and isinstance(value[1], int)
        if is_tensor and value[0] in used:
            return [name_of(value[0], value[1]), 0, *value[2:]]
        return [renamed(inner) for inner in value]

    result = []
    for layer in layers:
        nodes = layer.get("inbound_nodes")
        nodes = renamed(nodes) if isinstance(nodes, list) else nodes
        if layer["name"] not in used or not isinstance(nodes, list):
            result.append({**layer, "inbound_nodes": nodes})
            continue
        for node, given in enumerate(nodes):
            name = name_of(layer["name"], node)
            config = {**layer["config"], "name": name}
            result.append({**layer, "name": name, "config": config, "inbound_nodes": [given]})
    return result, {**content, "output_layers": renamed(content.get("output_layers"))}


def _connected(
    layers: list[dict[str, Any]], content: Mapping[str, Any]
) -> list[tuple[dict[str, Any], list[int]]]:
    """Returns a Functional's layers, each with the indices of those it reads, all before it.

    The last is the output.

    Raises:
        ModelError: there are several inputs or outputs, a cycle, or layers that lead nowhere.
    """
    inputs = [layer for layer in layers if layer["class_name"] == "InputLayer"]
    if len(inputs) != 1:
        raise _unsupported(f"{len(inputs)} inputs")
    by_name = {layer["name"]: layer for layer in layers}
    if len(by_name) < len(layers):
        names = Counter(layer["name"] for layer in layers)
        raise ModelError(f"two layers are called {names.most_common(1)[0][0]!r}")
    images = inputs[0]["name"]
    reads = {name: [] if name == images else _sources(by_name[name]) for name in by_name}
    for name, sources in reads.items():
        for source in sources:
            if source not in by_name:
                raise _unsupported(f"an input {quoted(source)} that is no layer", name)
    found = _sorted(reads, _output(content, by_name))
    if images not in found:
        raise _unsupported("no path from input to output", next(reversed(found)))
    idle = next((name for name in by_name if name not in found), None)
    if idle is not None:
        raise _unsupported("a layer whose output nothing reads", idle)
    order = [images, *(name for name in found if name != images)]
    index = {name: place for place, name in enumerate(order)}
    return [(by_name[name], [index[source] for source in reads[name]] or [-1]) for name in order]


def _output(content: Mapping[str, Any], by_name: Mapping[str, object]) -> str:
    """The name of the layer that gives a Functional's output.

    Raises:
        ModelError: there is none, or there are several.
    """
    outputs = content.get("output_layers")
    if isinstance(outputs, list) and outputs and isinstance(outputs[0], str):
        outputs = [outputs]  # Keras 3, for a single one
    output = outputs[0] if isinstance(outputs, list) and len(outputs) == 1 else None
    name = output[0] if isinstance(output, list) and output else None
    if not isinstance(name, str) or name not in by_name:
        if isinstance(outputs, list) and len(outputs) > 1:
            raise _unsupported(f"{len(outputs)} outputs")
        raise _unsupported(f"outputs of {quoted(outputs)}")
    return name


def _sorted(reads: Mapping[str, list[str]], output: str) -> dict[str, None]:
    """Returns what leads to an output, each layer after those it reads.

    Raises:
        ModelError: there is a cycle.
    """
    done: dict[str, None] = {}
    begun: set[str] = set()
    waiting = [(output, False)]
    while waiting:
        name, ready = waiting.pop()
        if ready:
            done[name] = None
        elif name in begun:
            if name not in done:
                raise _unsupported("a cycle of layers", name)
        else:
            begun.add(name)
            waiting.append((name, True))
            waiting += [(source, False) for source in reversed(reads[name]) if source not in done]
    return done


def _sources(layer: Mapping[str, Any]) -> list[str]:
    """The names of the layers whose outputs a layer reads.

    Raises:
        ModelError: it reads none, is used twice, or is called with more than tensors.
    """
    name, nodes = layer["name"], layer.get("inbound_nodes")
    if not isinstance(nodes, list) or len(nodes) != 1:
        used = len(nodes) if isinstance(nodes, list) else 0
        raise _unsupported(f"{layer['class_name']} used {used} times", name)
    tensors, extras = _tensors(nodes[0])
    if not tensors:
        raise _unsupported(f"{layer['class_name']} of 0 inputs", name)
    for tensor in tensors:
        known = isinstance(tensor, list) and len(tensor) == 3 and isinstance(tensor[0], str)
        # A layer is used once here, so that its node says nothing: it counts a model's own, too.
        if not known or not isinstance(tensor[1], int) or tensor[1] < 0 or tensor[2] != 0:
            raise _unsupported(f"{layer['class_name']} of {quoted(tensor)}", name)
    for extra in extras:
        recorded = extra == {"training": True} and RECORDED_TRAINING.fullmatch(layer["class_name"])
        # null and false say nothing
        if isinstance(extra, dict) and any(extra.values()) and not recorded:
            raise _unsupported(f"{layer['class_name']} called with {quoted(extra)}", name)
    return [tensor[0] for tensor in tensors]


def _tensors(node: object) -> tuple[list[Any], list[object]]:
    """The tensors that a layer is called on, [layer, node, place] each, and its other arguments."""
    if isinstance(node, dict):  # Keras 3
        given = node.get("args")
        if isinstance(given, list) and len(given) == 1 and isinstance(given[0], list):
            given = given[0]  # a merging layer's list
        histories = [_history(tensor) for tensor in given] if isinstance(given, list) else []
        return histories, [node.get("kwargs")]
    found: list[Any] = node if isinstance(node, list) else []  # Keras 2 and TensorFlow.js
    long = [tensor for tensor in found if isinstance(tensor, list) and len(tensor) == 4]
    extras = [tensor[3] for tensor in long]
    return [tensor[:3] if tensor in long else tensor for tensor in found], extras


def _history(tensor: object) -> object:
    """Returns the origin of a Keras 3 tensor: [layer, node, place]."""
    config = tensor.get("config") if isinstance(tensor, dict) else None
    return config.get("keras_history") if isinstance(config, dict) else tensor
