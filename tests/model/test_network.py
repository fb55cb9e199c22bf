"""Network: shapes, tensors and engines follow from the layers and the size of the images."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from spritenet.errors import ModelError
from spritenet.layers import Conv2D, Dense, Flatten, Graph, Layer, Rescaling
from spritenet.model import building
from spritenet.model.network import Network


def graph(*layers: Layer) -> Graph:
    """A chain, named."""
    return building.named(Graph.of((Rescaling(1 / 255), *layers)))


def built() -> Network:
    """Two layers with weights, for grey images of 6×6."""
    network = Network("net", 1, None, (6, 6, 1), object())
    network.change(graph(Conv2D(2, 3), Flatten(), Dense(3, activation="softmax")))
    return network


def test_shapes_and_places_follow_from_the_layers() -> None:
    """4×4×2 numbers reach Dense: 20 weights before it, 99 of its own."""
    network = built()
    assert (network.input_shape, network.output_shape, network.classifies) == (
        (6, 6, 1),
        (3,),
        True,
    )
    assert [(place.name, place.start) for place in network.places] == [
        ("conv2d/kernel", 0),
        ("conv2d/bias", 18),
        ("dense/kernel", 20),
        ("dense/bias", 116),
    ]


def test_layers_that_do_not_fit_change_nothing() -> None:
    """The network stays as it was."""
    network = built()
    before = network.graph, network.places, network.engine()
    with pytest.raises(ModelError, match="conv2d"):
        network.change(graph(Conv2D(2, 9), Flatten(), Dense(3)))
    assert (network.graph, network.places, network.engine()) == before


def test_without_a_size_it_is_not_built() -> None:
    """Errors name it and say what to do."""
    network = Network("net", 1, None, None, object())
    network.change(graph(Flatten(), Dense(3)))
    assert network.places == ()
    with pytest.raises(ModelError, match="net: it has no weights yet"):
        _ = network.output_shape
    with pytest.raises(ModelError, match="net: the size of its images isn't known"):
        _ = network.output


def test_an_engine_is_made_once_for_a_batch_size() -> None:
    """It is made again for larger batches, for frozen layers and for other layers."""
    network = built()
    first = network.engine(4)
    assert network.engine() is network.engine(4) is first
    larger = network.engine(8)
    assert larger is not first
    network.get_layer("conv2d").trainable = False
    frozen = network.engine(8)
    assert frozen is not larger
    network.change(graph(Flatten(), Dense(3)))
    assert network.engine(8) is not frozen


def test_the_beginning_has_the_parameters_of_its_layers() -> None:
    """Up to the convolution: its 20 weights, and 32 outputs."""
    network = built()
    engine, indices = network.beginning(2)
    np.testing.assert_array_equal(indices, np.arange(20))
    parameters = np.ones(20, np.float32)
    white = np.full((1, 6, 6, 1), 255, np.uint8)
    np.testing.assert_allclose(engine.predict(parameters, white).ravel(), np.full(32, 10.0))


def test_tensors_come_from_its_source() -> None:
    """Each layer gets the tensor of its output; a copy has tensors of its own."""
    network = built()
    assert network.output.source is network.source
    assert [layer.output.shape for layer in network.layers] == [(6, 6, 1), (4, 4, 2), (32,), (3,)]
    again = copy.deepcopy(network)
    assert again.output is not network.output
    assert again.engine() is not network.engine()
