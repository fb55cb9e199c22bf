"""Layers from `modelTopology`, as TensorFlow.js, Keras 2 and Keras 3 write it.

Unsupported layers and arguments raise an error that names them. Unsupported constraints, penalties
and initializers only matter in training: a warning names them, and they are ignored.
"""

from __future__ import annotations

import re
import warnings
from collections import Counter
from collections.abc import Sequence
from typing import Any

from spritenet import constraints, initializers, regularizers
from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export.error_location import quoted
from spritenet.export.file_input import given_shape
from spritenet.export.layer_entries import IMAGES, Entry, layer_entries, snake_keys
from spritenet.export.pixel_range import PixelRange
from spritenet.export.random_layers import kind_of
from spritenet.export.topology import Topology, completed
from spritenet.export.write_topology import KEPT, LEAKY
from spritenet.initializers import (
    GlorotNormal,
    GlorotUniform,
    HeNormal,
    HeUniform,
    Initializer,
    LecunNormal,
    LecunUniform,
    VarianceScaling,
)
from spritenet.layers import IMAGES as FROM_IMAGES
from spritenet.layers import (
    ActivationLayer,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    Graph,
    Layer,
    LeakyReLU,
    Rescaling,
    Reshape,
    Shape,
)
from spritenet.layers.activations import FILE_NAMES
from spritenet.layers.parametric import Parametric
from spritenet.layers.random_layer import RandomLayer

__all__ = ["read_topology"]

NAMED: dict[VarianceScaling, Initializer] = {
    kind.rule: kind()
    for kind in (GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform)
}
IDLE = re.compile(r"ActivityRegularization|AugMix|CutMix|MixUp|RandAugment|Random(?!Crop$)[A-Z]\w*")
"""Layers that change nothing but while training."""


def read_topology(
    topology: object, pixels: PixelRange | None = None, size: int | None = None
) -> Topology:
    """The network of a `modelTopology`, a Rescaling first: see `completed`.

    Args:
        topology: the JSON value.
        pixels: the pixel range of the inputs of a network that doesn't begin with a Rescaling.
        size: the height and width of images, where the topology leaves them open.

    Raises:
        ModelError: it is no supported graph of layers that takes images; or it begins with a
            Rescaling, and `pixels` is given too.
    """
    entries = layer_entries(topology)
    input_shape = given_shape(entries, size)
    entries = [entry for entry in entries if entry.class_name != "InputLayer"]
    graph, head = _graph(entries, input_shape)
    return completed(graph, input_shape, pixels, head=head)


def _graph(entries: Sequence[Entry], input_shape: Shape) -> tuple[Graph, list[RandomLayer | None]]:
    """The graph of the layers that entries stand for, and the random layers at its head.

    Raises:
        ModelError: a layer is unsupported or doesn't fit its inputs.
    """
    layers: list[Layer] = []
    head: list[RandomLayer | None] = []
    inputs: list[tuple[int, ...]] = []
    shapes: list[Shape] = []
    outputs = {IMAGES: FROM_IMAGES}
    readers = Counter(source for entry in entries for source in entry.sources)
    for entry in entries:
        read = tuple(outputs[source] for source in entry.sources)
        given = [input_shape if i == FROM_IMAGES else shapes[i] for i in read]
        alone = readers[entry.sources[0]] == 1 and len(layers) <= 1
        first = read == (FROM_IMAGES,) or (read == (0,) and isinstance(layers[0], Rescaling))
        if alone and first and (random := _random(entry)) is not None:
            head.append(random)
            outputs[entry.name] = read[0]
            continue
        if read == (FROM_IMAGES,) and entry.class_name == "Rescaling":
            head.append(None)
        for layer in _layers(entry, given[0]):
            if read == (len(layers) - 1,) and layers and readers[entry.sources[0]] == 1:
                joined = _with_activation(layers[-1], layer) or _with_keepdims(layers[-1], layer)
                if joined is not None:
                    layers[-1] = joined
                    shapes[-1] = layer.output_shape(shapes[-1])
                    continue
            layers.append(layer)
            inputs.append(read)
            shapes.append(layer.merged_shape(given))
            read, given = (len(layers) - 1,), [shapes[-1]]
        outputs[entry.name] = read[0]
    return Graph(tuple(layers), tuple(inputs)), head


def _random(entry: Entry) -> RandomLayer | None:
    """Returns the random layer of an entry; None if it is none, or has unsupported arguments."""
    kind = None if entry.class_name == "RandomCrop" else kind_of(entry.class_name)
    if kind is None:
        return None
    given = {key: value for key, value in entry.config.items() if key != "dtype"}
    try:
        return kind.from_config(given)
    except ModelError:
        return None


def _layers(entry: Entry, input_shape: Shape) -> list[Layer]:
    """The layers of an entry: one; two if its activation is a layer; none if it does nothing."""
    name, config = entry.name, dict(entry.config)
    if IDLE.fullmatch(entry.class_name):
        warnings.warn(
            f"{name}: {entry.class_name} acts only in training and is ignored.", stacklevel=2
        )
        return []
    if entry.class_name == "RandomCrop":
        raise ModelError(
            "unsupported layer 'RandomCrop', which resizes images when predicting",
            where=name,
            do="Put Resizing or CenterCrop in its place.",
        )
    dtype = config.get("dtype")
    is_keras_3 = isinstance(dtype, dict)
    if isinstance(dtype, dict) and isinstance(dtype.get("config"), dict):
        config["dtype"] = dtype["config"].get("name")  # Keras 3's policy
    if config.get("data_format") == "channelsLast":  # TensorFlow.js's own word
        config["data_format"] = "channels_last"
    if config.get("axis") in (len(input_shape), [len(input_shape)]):
        config["axis"] = -1  # the last one, counted with the batch
    after = None
    if isinstance(config.get("activation"), dict):
        config["activation"], after = _activation(config["activation"], name)
    if config.get("activation") == "hard_sigmoid" and not is_keras_3:
        raise ModelError(
            "unsupported activation",
            where=name,
            expected="Keras 3's hard_sigmoid, x / 6 + 0.5",
            got="Keras 2's, x / 5 + 0.5",
        )
    if config.get("activation") == FILE_NAMES["hard_sigmoid"]:
        config["activation"] = "hard_sigmoid"
    _leave_out(config, name)
    layer = kinds.from_config(entry.class_name, config)
    return [layer] if after is None else [layer, after]


def _activation(value: dict[str, Any], name: str) -> tuple[object, ActivationLayer | None]:
    """An activation that is an object: its name, or "linear" and the layer that it is."""
    value = snake_keys(value, name)
    class_name, config = value.get("class_name"), value.get("config")
    if not isinstance(class_name, str):
        raise ModelError("invalid activation", where=name, got=quoted(value))
    if class_name == "function":  # Keras 3
        return config, None
    if class_name not in kinds.NAMES:
        return class_name, None  # "relu", as Keras writes functions
    inner = snake_keys(config, name) if isinstance(config, dict) else {}
    if class_name == "Softmax" and inner.get("axis") == 1:
        inner["axis"] = -1
    layer = kinds.from_config(class_name, {**inner, "name": f"{name}_activation"})
    if not isinstance(layer, ActivationLayer):
        raise ModelError("unsupported activation", where=name, got=repr(class_name))
    return ("linear", layer) if layer.as_name is None else (layer.as_name, None)


def _leave_out(config: dict[str, Any], name: str) -> None:
    """Removes unsupported arguments that only matter in training from a config, with a warning."""
    left = ["activity_regularizer"] if config.pop("activity_regularizer", None) is not None else []
    for ending, get in (("_regularizer", regularizers.get), ("_constraint", constraints.get)):
        for key in [key for key in config if key.endswith(ending)]:
            value = config[key]
            if isinstance(value, dict) and isinstance(value.get("config"), dict):
                config[key] = {**value, "config": snake_keys(value["config"], name)}
            try:
                get(config[key])
            except ModelError:
                left.append(key)
                config[key] = None
    for key in [key for key in config if key.endswith("_initializer")]:
        try:
            config[key] = _initializer(config[key])
        except ModelError:
            left.append(key)
            del config[key]
    if left:
        verb = "are" if len(left) > 1 else "is"
        warnings.warn(f"{name}: {' and '.join(left)} {verb} unsupported and ignored.", stacklevel=2)


def _initializer(identifier: object) -> Initializer:
    """The initializer, by the name it has in Keras if it has one.

    Raises:
        ModelError: it is unsupported.
    """
    rule = initializers.get(identifier)
    return NAMED.get(rule, rule) if isinstance(rule, VarianceScaling) else rule


def _with_activation(layer: Layer, after: Layer) -> Layer | None:
    """The layer with the activation that `write_topology` split off it, if `after` is that."""
    if (
        not isinstance(after, LeakyReLU)
        or not isinstance(layer, Parametric)
        or layer.activation != "linear"
        or after.name != f"{layer.name}{LEAKY}"
    ):
        return None
    leaky = type(layer).from_config({**layer.config(), "activation": "leaky_relu"})
    return leaky if leaky.function == after.function else None


def _with_keepdims(layer: Layer, after: Layer) -> Layer | None:
    """The pooling with the `keepdims` that `write_topology` split off it, if `after` is that."""
    if (
        not isinstance(layer, GlobalAveragePooling2D | GlobalMaxPooling2D)
        or layer.keepdims
        or not isinstance(after, Reshape)
        or after.name != f"{layer.name}{KEPT}"
        or after.target_shape[:2] != (1, 1)
    ):
        return None
    return type(layer).from_config({**layer.config(), "keepdims": True})
