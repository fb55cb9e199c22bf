"""Networks by name, made for a data set and compiled: `tutorial`, `convnet`, `mnist-node`.

The number of classes comes from the data. `get` also finds your own: "module:function".
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path

from spritenet.dataset.source import Source
from spritenet.errors import ModelError
from spritenet.layers import Conv2D, Dense, Dropout, Flatten, Layer, MaxPooling2D
from spritenet.migration import accepts
from spritenet.model import Model, Sequential
from spritenet.optimizers import SGD, Adam, Optimizer, RMSprop

__all__ = ["NETWORKS", "convnet", "get", "mnist_node", "tutorial"]


def _made(name: str, layers: list[Layer], optimizer: Optimizer, data: Source) -> Sequential:
    """The network with an output for each class, built for the data and compiled."""
    layers.append(Dense(len(data.class_names), activation="softmax"))
    model = Sequential(layers, name)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@accepts
def tutorial(data: Source) -> Sequential:
    """TensorFlow.js's first MNIST tutorial: two convolutions of 5×5, SGD at 0.15."""
    layers: list[Layer] = [
        Conv2D(8, 5, activation="relu"),
        MaxPooling2D(2),
        Conv2D(16, 5, activation="relu"),
        MaxPooling2D(2),
        Flatten(),
    ]
    return _made("tutorial", layers, SGD(0.15), data)


@accepts
def convnet(data: Source) -> Sequential:
    """Three convolutions of 3×3 and a hidden layer, Adam."""
    layers: list[Layer] = [
        Conv2D(16, 3, activation="relu"),
        MaxPooling2D(2),
        Conv2D(32, 3, activation="relu"),
        MaxPooling2D(2),
        Conv2D(32, 3, activation="relu"),
        Flatten(),
        Dense(64, activation="relu"),
    ]
    return _made("convnet", layers, Adam(), data)


@accepts
def mnist_node(data: Source) -> Sequential:
    """TensorFlow.js's MNIST example for Node.js: four convolutions, dropout, RMSprop."""
    layers: list[Layer] = [
        Conv2D(32, 3, activation="relu"),
        Conv2D(32, 3, activation="relu"),
        MaxPooling2D(2),
        Conv2D(64, 3, activation="relu"),
        Conv2D(64, 3, activation="relu"),
        MaxPooling2D(2),
        Flatten(),
        Dropout(0.25),
        Dense(512, activation="relu"),
        Dropout(0.5),
    ]
    return _made("mnist-node", layers, RMSprop(), data)


NETWORKS: dict[str, Callable[[Source], Model]] = {
    "tutorial": tutorial,
    "convnet": convnet,
    "mnist-node": mnist_node,
}
"""Each network's maker by its name: it takes the training images, and returns a compiled model."""


@accepts
def get(name: str, data: Source) -> Model:
    """The network of that name, made for the data.

    Args:
        name: a key of `NETWORKS`, or "module:function" for a function of your own, which is looked
            for where Python looks, then in the current folder.
        data: the training images.

    Raises:
        ModelError: there is none, or it returns no compiled model.
    """
    maker = NETWORKS.get(name)
    if maker is None:
        module, colon, function = name.partition(":")
        if not (module and colon and function):
            raise ModelError(
                "unknown network",
                expected="one of " + ", ".join(NETWORKS) + " or module:function",
                got=repr(name),
            )
        maker = getattr(_module(module), function, None)
    if not callable(maker):
        raise ModelError("Unknown function", where=name)
    model = maker(data)
    if not isinstance(model, Model):
        raise ModelError(
            "it didn't return a network", where=name, expected="a Model", got=type(model).__name__
        )
    model.compiled()
    return model


def _module(name: str) -> object:
    """The module of that name, looked for in the current folder too.

    Raises:
        ModelError: there is none.
    """
    here = str(Path.cwd())
    sys.path.append(here)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise
        raise ModelError("Unknown module", where=name, do="Is it in this folder?") from None
    finally:
        sys.path.remove(here)
