"""Every activation, ReLU's arguments and Softmax's axis against PyTorch."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from builds import examples
from layer_cases import Tensor, check, check_file, torch
from spritenet import layers as kinds
from spritenet.engines import native
from spritenet.errors import ModelError
from spritenet.export.read_topology import read_topology
from spritenet.export.write_topology import write_topology
from spritenet.layers import activations
from torch_activations import OVER_AXIS, POINTWISE, activated

NAMES = sorted(activations.names())
images = st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 9))
bounds = st.sampled_from([None, 0.0, 0.5, 6.0])
factors = st.sampled_from([0.0, 0.25, 1.5])


def test_every_name_has_an_oracle() -> None:
    """The core's table and this file's list the same names."""
    assert set(NAMES) == {*POINTWISE, *OVER_AXIS}


@pytest.mark.parametrize("name", NAMES)
@settings(max_examples=examples(6))
@given(images)
def test_an_activation_is_pytorchs(name: str, image: tuple[int, int, int]) -> None:
    """As a layer, and as a convolution's last step; with a pooling that reads its output."""

    def convolved(x: Sequence[Tensor], w: Mapping[str, Tensor]) -> Tensor:
        return activated(name, x[0] @ w["kernel"].reshape(w["kernel"].shape[2:]) + w["bias"])

    check(kinds.Activation(name), image, lambda x, _: activated(name, x[0]))
    check(kinds.Conv2D(5, 1, activation=name), image, convolved)
    check_file(kinds.Conv2D(2, 1, activation=name), image)


@pytest.mark.parametrize("name", sorted(POINTWISE))
def test_an_activation_is_right_far_from_0(name: str) -> None:
    """At arguments where an exponential overflows or a difference cancels; NaN stays NaN."""
    x = np.concatenate([np.linspace(-120, 85, 256), np.linspace(-4, 4, 256)]).astype(np.float32)
    images = np.arange(512, dtype=np.uint16).reshape(2, 256) % 256
    for half, row in zip(x.reshape(2, 256), images, strict=True):
        scale = float(half[1] - half[0])
        made = native.Network(
            [kinds.Rescaling(scale, float(half[0])), kinds.Activation(name)], (16, 16, 1)
        )
        given = row.astype(np.uint8).reshape(1, 16, 16, 1)
        got = made.predict(np.zeros(0, np.float32), given).ravel()
        values = torch.tensor(np.arange(256) * scale + float(half[0]))
        expected = POINTWISE[name](values).numpy()
        if name == "exponential":
            got, expected = np.log(np.maximum(got, 1e-37)), np.log(np.maximum(expected, 1e-37))
        np.testing.assert_allclose(got, expected, rtol=3e-5, atol=3e-6)
    broken = native.Network([kinds.Flatten(), kinds.Dense(1, name)], (1, 1, 1))
    nan = broken.predict(np.array([np.nan, 0.0], np.float32), np.ones((1, 1, 1, 1), np.uint8))
    assert np.isnan(nan).all() or name in ("hard_shrink", "soft_shrink")


@settings(max_examples=examples(30))
@given(images, bounds, factors, factors)
def test_relu_with_all_its_arguments(
    image: tuple[int, int, int], most: float | None, slope: float, threshold: float
) -> None:
    """Any maximum, slope and threshold, as Keras combines them."""
    layer = kinds.ReLU(most, slope, threshold)

    def oracle(x: Sequence[Tensor], _: Mapping[str, Tensor]) -> Tensor:
        top = np.inf if most is None else most
        above = torch.where(x[0] > top, torch.full_like(x[0], top), x[0])
        return torch.where(x[0] < threshold, slope * (x[0] - threshold), above)

    check(layer, image, oracle)
    if most is None and not threshold and slope:
        return  # written as a LeakyReLU
    check_file(layer, image)


@settings(max_examples=examples(20))
@given(images, st.integers(-3, 3).filter(bool))
def test_softmax_over_any_axis(image: tuple[int, int, int], axis: int) -> None:
    """Counted from 1, without the batch, or from the end; of rows and vectors too."""
    layer = kinds.Softmax(axis)
    check(layer, image, lambda x, _: torch.softmax(x[0], axis))
    if axis != len(image):  # that is -1 when it is read
        check_file(layer, image)
    rows = kinds.Reshape((image[0] * image[1], image[2]))
    if abs(axis) < 3:
        check(layer, image, lambda x, _: torch.softmax(x[0], axis), reshapes=[rows])
    else:
        with pytest.raises(ModelError, match="no such axis"):
            layer.output_shape((4, 4))


def test_every_name_is_documented() -> None:
    """With Keras's other names."""
    page = (Path(__file__).parents[2] / "docs" / "reference" / "models.md").read_text("utf-8")
    for name in (*NAMES, "swish", "hard_swish", "celu"):
        assert f"`{name}`" in page


def test_other_names_mean_the_same() -> None:
    """Keras's swish is silu, its celu with alpha 1 is elu."""
    for other, name in (("swish", "silu"), ("hard_swish", "hard_silu"), ("celu", "elu")):
        assert kinds.Activation(other) == kinds.Activation(name)
        assert kinds.Dense(2, other).function == activations.get(name, "")


def test_what_tensorflow_js_lacks_is_said() -> None:
    """And silu is written by its other name, which TensorFlow.js has."""
    layers = [kinds.Rescaling(1, name="r"), kinds.Dense(2, "silu", name="d")]
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        made = write_topology(layers, (4, 4, 1))
        assert made["config"]["layers"][1]["config"]["activation"] == "swish"
    for name in ("hard_sigmoid", "squareplus", "gelu_new"):
        with pytest.warns(UserWarning, match=f"d: TensorFlow.js has no activation '{name}'"):
            write_topology([layers[0], kinds.Dense(2, name, name="d")], (4, 4, 1))


def test_keras_2s_hard_sigmoid_is_refused() -> None:
    """It is another function by the same name."""
    with pytest.warns(UserWarning, match="hard_sigmoid"):
        topology = write_topology(
            [kinds.Rescaling(1, name="r"), kinds.Dense(2, "hard_sigmoid", name="d")], (4, 4, 1)
        )
    dense = topology["config"]["layers"][1]["config"]
    dense["activation"] = "hard_sigmoid"
    with pytest.raises(ModelError, match=r"x / 6 .* x / 5"):
        read_topology(topology)
    dense["dtype"] = {"class_name": "DTypePolicy", "config": {"name": "float32"}}  # Keras 3
    assert read_topology(topology).layers[1] == kinds.Dense(2, "hard_sigmoid", name="d")
