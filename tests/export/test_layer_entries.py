"""Layers of files that are used several times: those without weights, as the core knows them."""

from __future__ import annotations

import pytest

from every_operator import networks
from spritenet import layers as kinds
from spritenet.export.layer_entries import has_weights


def test_layers_have_weights_if_the_core_says_so() -> None:
    """Of every operator, whose weights are in no table."""
    for model in networks():
        named = {name.partition("/")[0] for name in model.weights}
        for layer in model.graph:
            assert has_weights(type(layer)) == (layer.name in named), layer


@pytest.mark.parametrize("name", ["RandomFlip", "RandomCrop", "MixUp", "Identity"])
def test_random_layers_have_none(name: str) -> None:
    """Nor has Identity, which files have as an Activation."""
    assert not has_weights(getattr(kinds, name))
