"""Networks by name, made for a data set and compiled, each with a training that suits it.

    registry.py    NETWORKS, get, fit_options: networks by name
    recipe.py      Recipe: a network's function and the options of its training
    tutorials.py   tutorial, convnet, mnist_node, dense
    compact.py     fast, tiny
    residual.py    accurate, mobile
    pretrained.py  few

The number of classes comes from the data; networks for multi-label data end in a sigmoid.
"""

from __future__ import annotations

from spritenet.networks.compact import fast, tiny
from spritenet.networks.pretrained import few
from spritenet.networks.recipe import Recipe
from spritenet.networks.registry import NETWORKS, fit_options, get
from spritenet.networks.residual import accurate, mobile
from spritenet.networks.tutorials import convnet, dense, mnist_node, tutorial

__all__ = [
    "NETWORKS",
    "Recipe",
    "accurate",
    "convnet",
    "dense",
    "fast",
    "few",
    "fit_options",
    "get",
    "mnist_node",
    "mobile",
    "tiny",
    "tutorial",
]
