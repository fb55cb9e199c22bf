"""Layers from `modelTopology`, as TensorFlow.js, Keras 2 and Keras 3 write it.

Reads what exists here and refuses the rest by name. Of what only concerns training (constraints,
penalties, initializers), the parts that don't exist here are left out with a warning: the outputs
are the same without them.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from itertools import count
from typing import Any

from spritenet import initializers
from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export.located import shown
from spritenet.export.write_topology import LEAKY
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
from spritenet.layers import Layer, LeakyReLU, Rescaling, Shape
from spritenet.layers.learnt import Learnt

__all__ = ["read_topology"]

MAXIMAL_LAYERS = 1_000
MAXIMAL_SIDE = 65_535  # pixels
MAXIMAL_NAME = 200
NAMED: dict[VarianceScaling, Initializer] = {
    kind.rule: kind()
    for kind in (GlorotNormal, GlorotUniform, HeNormal, HeUniform, LecunNormal, LecunUniform)
}
TRAINING_ONLY = ("activity_regularizer", "bias_constraint", "kernel_constraint")


def read_topology(topology: object) -> tuple[tuple[Layer, ...], tuple[int, int, int]]:
    """The named layers of a `modelTopology`, and the (height, width, channels) they take.

    A network that doesn't begin with a Rescaling was fed with pixels divided by 255, as in all of
    TensorFlow.js's examples: `Rescaling(1 / 255)` is put first, so that it takes raw pixels like
    every network.

    Raises:
        ModelError: it is not a Sequential of layers that exist here, taking images.
    """
    entries = list(_entries(topology))
    input_shape = _input_shape(entries[0][1])
    layers: list[Layer] = []
    shape: Shape = input_shape
    for class_name, config in entries:
        if class_name == "InputLayer":
            continue
        layer = _layer(class_name, config, shape)
        if layers and (leaky := _with_activation(layers[-1], layer)):
            layers[-1] = leaky
            continue
        layers.append(layer)
        shape = layer.output_shape(shape)
    if not layers or not isinstance(layers[0], Rescaling):
        taken = {layer.name for layer in layers}
        names = (f"rescaling_{i}" if i else "rescaling" for i in count())
        layers.insert(0, Rescaling(1 / 255, name=next(n for n in names if n not in taken)))
    given = [layer.name for layer in layers]
    for name in given:
        if given.count(name) > 1:
            raise ModelError(f"two layers are called {name!r}")
    return tuple(layers), input_shape


def _entries(topology: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """(class name, config) of each layer."""
    model = topology
    if isinstance(model, dict) and isinstance(model.get("model_config"), dict):
        model = model["model_config"]  # of Keras's .h5 files
    if not isinstance(model, dict) or not isinstance(model.get("class_name"), str):
        raise ModelError(
            "modelTopology is missing or broken",
            do="Is it a layers model? Graph models can't be read.",
        )
    if model["class_name"] != "Sequential":
        raise ModelError(
            "the network is not a plain stack of layers",
            expected="Sequential",
            got=shown(model["class_name"]),
        )
    content = model.get("config")
    entries = content.get("layers") if isinstance(content, dict) else content
    if not isinstance(entries, list) or not 0 < len(entries) <= MAXIMAL_LAYERS:
        raise ModelError(
            "its layers are wrong",
            expected=f"a list of 1 to {MAXIMAL_LAYERS}",
            got=len(entries) if isinstance(entries, list) else shown(entries),
        )
    for entry in entries:
        class_name = entry.get("class_name") if isinstance(entry, dict) else None
        config = entry.get("config") if isinstance(entry, dict) else None
        if not isinstance(class_name, str) or not isinstance(config, dict):
            raise ModelError("a layer has no class_name or config", got=shown(entry))
        yield class_name, config


def _input_shape(config: Mapping[str, Any]) -> tuple[int, int, int]:
    """Height, width and channels, from the config of the first layer."""
    shape = config.get("batch_input_shape", config.get("batch_shape"))
    sides = shape[1:] if isinstance(shape, list) else []
    if len(sides) != 3 or any(type(n) is not int or not 0 < n <= MAXIMAL_SIDE for n in sides):
        raise ModelError(
            "the network doesn't take images of a known size",
            expected="batch_input_shape [null, height, width, channels]",
            got=shown(shape),
        )
    return sides[0], sides[1], sides[2]


def _layer(class_name: str, config: Mapping[str, Any], input_shape: Shape) -> Layer:
    """One layer of its config, without what only concerns training or its input."""
    config = dict(config)
    name = config.setdefault("name", class_name.lower())
    if not isinstance(name, str) or not 0 < len(name) <= MAXIMAL_NAME or not name.isprintable():
        raise ModelError("the name of a layer is wrong", got=shown(name))
    dtype = config.get("dtype")
    if isinstance(dtype, dict) and isinstance(dtype.get("config"), dict):
        config["dtype"] = dtype["config"].get("name")  # Keras 3's policy
    if class_name == "Softmax" and config.get("axis") == len(input_shape):
        config["axis"] = -1  # TensorFlow.js's default, 1, is the last axis of a vector
    left = [key for key in TRAINING_ONLY if config.pop(key, None) is not None]
    for key in ("kernel_regularizer", "bias_regularizer"):
        if _has_l1(config.get(key)):
            left.append(key)
            config[key] = None
    for key in ("kernel_initializer", "bias_initializer"):
        if key in config:
            try:
                config[key] = _initializer(config[key])
            except ModelError:
                left.append(key)
                del config[key]
    if left:
        verb = "are" if len(left) > 1 else "is"
        warnings.warn(f"{name}: {' and '.join(left)} {verb} left out.", stacklevel=2)
    return kinds.from_config(class_name, config)


def _has_l1(regularizer: object) -> bool:
    """Whether it is an L1, or an L1L2 with an L1 part; only L2 exists here."""
    content = regularizer.get("config") if isinstance(regularizer, dict) else None
    return isinstance(content, dict) and bool(content.get("l1"))


def _initializer(identifier: object) -> Initializer:
    """The initializer, by the name it has in Keras if it has one.

    Raises:
        ModelError: it doesn't exist here.
    """
    rule = initializers.get(identifier)
    return NAMED.get(rule, rule) if isinstance(rule, VarianceScaling) else rule


def _with_activation(layer: Layer, after: Layer) -> Layer | None:
    """The layer with the activation that `write_topology` split off it, if `after` is that."""
    if (
        not isinstance(after, LeakyReLU)
        or not isinstance(layer, Learnt)
        or layer.activation != "linear"
        or after.name != f"{layer.name}{LEAKY}"
    ):
        return None
    leaky = type(layer).from_config({**layer.config(), "activation": "leaky_relu"})
    return leaky if leaky.function == after.function else None
