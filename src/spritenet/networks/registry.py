"""NETWORKS: every network by its name, and your own by "module:function"."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spritenet.dataset.source import Source
from spritenet.errors import ModelError
from spritenet.migration import accepts
from spritenet.model import Model
from spritenet.networks.compact import fast, tiny
from spritenet.networks.pretrained import AUGMENT, few
from spritenet.networks.recipe import Recipe
from spritenet.networks.residual import accurate, mobile
from spritenet.networks.tutorials import convnet, dense, mnist_node, tutorial

__all__ = ["NETWORKS", "fit_options", "get"]

NETWORKS: Mapping[str, Recipe] = {
    "tutorial": Recipe(tutorial),
    "convnet": Recipe(convnet),
    "mnist-node": Recipe(mnist_node),
    "dense": Recipe(dense),
    "fast": Recipe(fast, steps=600),
    "tiny": Recipe(tiny, epochs=60, batch_size=128),
    "accurate": Recipe(accurate, epochs=6, augment="digits"),
    "mobile": Recipe(mobile, epochs=15, augment="photos"),
    "few": Recipe(few, steps=300, batch_size=32, augment=AUGMENT, pretrained=True),
}
"""Each network's recipe by its name: called with the training images, it returns a model."""


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
        module, _, function = name.partition(":")
        if not (module and function):
            raise _unknown(name)
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


@accepts
def fit_options(name: str) -> dict[str, Any]:
    """The training that suits a network, as arguments of `fit`.

        model.fit(data.train, **sn.networks.fit_options("fast"))

    Args:
        name: a key of `NETWORKS`, or "module:function", which has no options of its own.

    Raises:
        ModelError: there is none of that name.
    """
    recipe = NETWORKS.get(name)
    if recipe is None and ":" not in name:
        raise _unknown(name)
    return {} if recipe is None else recipe.fit_options()


def _unknown(name: str) -> ModelError:
    """Returns the error about a name."""
    expected = "one of " + ", ".join(NETWORKS) + " or module:function"
    return ModelError("unknown network", expected=expected, got=repr(name))


def _module(name: str) -> object:
    """Returns the module of that name, looked for in the current folder too.

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
