"""Layers describe themselves as Keras's do, and refuse what doesn't fit, by name."""

from __future__ import annotations

import json
import math
from dataclasses import FrozenInstanceError

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import Network as Reference
from spritenet import layers as kinds
from spritenet import losses, optimizers, regularizers
from spritenet.errors import ModelError
from spritenet.layers import Layer
from spritenet.losses import Loss
from spritenet.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop
from spritenet.regularizers import L2
from spritenet.schedules import OneCycle

EVERY: list[Layer] = [
    kinds.Rescaling(1 / 127.5, -1),
    kinds.Conv2D(8, 5, activation="relu"),
    kinds.Conv2D(3, (2, 4), (1, 2), "same", "leaky_relu", False, "he_normal", "ones", L2(0.1)),
    kinds.MaxPooling2D(),
    kinds.AveragePooling2D(3, 1, "same"),
    kinds.GlobalAveragePooling2D(),
    kinds.Flatten(),
    kinds.Dense(10, "softmax", bias_regularizer="l2"),
    kinds.Dropout(0.25),
    kinds.Activation("gelu"),
    kinds.ReLU(),
    kinds.ReLU(6),
    kinds.ReLU(negative_slope=0.1),
    kinds.ReLU(0.5, 0.1, 0.2),
    kinds.LeakyReLU(),
    kinds.ELU(0.5),
    kinds.Softmax(),
]


@pytest.mark.parametrize("layer", EVERY, ids=repr)
def test_a_layer_comes_back_from_its_config(layer: Layer) -> None:
    """Through JSON, as in a model file."""
    named = layer.named("it")
    config = json.loads(json.dumps(named.config()))
    assert kinds.from_config(layer.class_name, config) == named


@pytest.mark.parametrize("layer", EVERY, ids=repr)
def test_a_layer_comes_back_from_its_repr(layer: Layer) -> None:
    """The repr is the call that makes it."""
    names = {**{name: getattr(kinds, name) for name in kinds.__all__}, "L2": L2}
    for cls in __import__("spritenet.initializers", fromlist=["x"])._CLASSES.values():
        names[cls.__name__] = cls
    assert eval(repr(layer), names) == layer  # noqa: S307 - our own text


@pytest.mark.parametrize("layer", EVERY, ids=repr)
def test_a_layer_can_not_be_changed(layer: Layer) -> None:
    """It may be part of several networks."""
    with pytest.raises(FrozenInstanceError):
        layer.name = "other"  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        (kinds.Conv2D(1, 1), "conv2d"),
        (kinds.MaxPooling2D(), "max_pooling2d"),
        (kinds.GlobalAveragePooling2D(), "global_average_pooling2d"),
        (kinds.ReLU(), "re_lu"),
        (kinds.LeakyReLU(), "leaky_re_lu"),
        (kinds.ELU(), "elu"),
        (kinds.Dense(1), "dense"),
    ],
)
def test_names_are_made_as_keras_makes_them(layer: Layer, name: str) -> None:
    """From the class, in snake case."""
    assert layer.base_name() == name


@given(st.integers(1, 40), st.integers(1, 8), st.integers(1, 8), st.sampled_from(["valid", "same"]))
def test_window_sizes_count_the_places(size: int, window: int, stride: int, padding: str) -> None:
    """By counting: where a whole window fits, or, padded, where one may begin."""
    if padding == "valid":
        expected = len(range(0, size - window + 1, stride))
    else:
        expected = len(range(0, size, stride))
    pooling = kinds.MaxPooling2D(window, stride, padding)
    if expected:
        assert pooling.output_shape((size, size, 1))[0] == expected
    else:
        with pytest.raises(ModelError, match="is larger than its input"):
            pooling.output_shape((size, size, 1))


def test_weights_have_kerass_shapes() -> None:
    """Conv2D: height, width, in, filters. Dense: in, units. Kernel before bias."""
    kernel, bias = kinds.Conv2D(8, (5, 3), kernel_regularizer=L2(0.5)).weights((28, 28, 2))
    assert (kernel.name, kernel.shape, kernel.l2, kernel.size) == ("kernel", (5, 3, 2, 8), 0.5, 240)
    assert (bias.name, bias.shape, bias.l2) == ("bias", (8,), 0)
    (kernel,) = kinds.Dense(3, use_bias=False).weights((7,))
    assert kernel.shape == (7, 3)


@pytest.mark.parametrize(
    ("layer", "shape", "words"),
    [
        (
            kinds.Conv2D(1, 5, name="c1"),
            (4, 9, 1),
            "c1: its window of 5x5 is larger than its input of 4x9",
        ),
        (kinds.MaxPooling2D(3), (2, 2, 1), "MaxPooling2D: its window of 3x3 is larger"),
        (kinds.Conv2D(1, 5), (9,), "Conv2D: it needs an image"),
        (kinds.GlobalAveragePooling2D(), (9,), "it needs an image"),
    ],
)
def test_an_input_that_does_not_fit_is_refused_by_name(
    layer: Layer, shape: tuple[int, ...], words: str
) -> None:
    """The message begins with the layer."""
    with pytest.raises(ModelError, match=words):
        layer.output_shape(shape)


@pytest.mark.parametrize(
    "make",
    [
        lambda: kinds.Conv2D(0, 3),
        lambda: kinds.Conv2D(8, 0),
        lambda: kinds.Conv2D(8, (1, 2, 3)),
        lambda: kinds.Conv2D(8, "3"),  # type: ignore[arg-type]  # that is the point
        lambda: kinds.Conv2D(True, 3),
        lambda: kinds.Conv2D(8, 3, padding="full"),
        lambda: kinds.Conv2D(8, 3, activation="glu"),
        lambda: kinds.Dense(2.5),  # type: ignore[arg-type]  # that is the point
        lambda: kinds.Dense(2, kernel_regularizer="l3"),
        lambda: kinds.Dense(2, kernel_constraint="max_value"),
        lambda: kinds.Dropout(1.0),
        lambda: kinds.Dropout(-0.1),
        lambda: kinds.Rescaling(math.nan),
        lambda: kinds.ReLU(-4),
        lambda: kinds.ReLU(6, 0.1, -1),
        lambda: kinds.LeakyReLU(-1),
        lambda: kinds.Softmax(0),
        lambda: kinds.Softmax(4),
        lambda: kinds.Softmax(True),
        lambda: kinds.from_config("LSTM", {}),
        lambda: kinds.from_config("Dense", {"activation": "relu"}),
        lambda: kinds.from_config("Dense", {"units": 1, "bias_constraint": {"x": 1}}),
        lambda: L2(-1),
        lambda: regularizers.get({"class_name": "L1L2", "config": {"l1": -0.1, "l2": 0.0}}),
        lambda: kinds.ELU(-0.1),
        lambda: kinds.LeakyReLU(-0.1),
        lambda: kinds.ReLU(negative_slope=-0.1),
        lambda: kinds.from_config("ELU", {"alpha": -1}),
        lambda: SGD(-0.1),
        lambda: SGD(0.1, momentum=1.0),
        lambda: Adam(beta_1=1.0),
        lambda: RMSprop(epsilon=-1.0),
        lambda: Adam(global_clipnorm=-1.0),
        lambda: optimizers.get("adahessian"),
        lambda: losses.get("ctc"),
        lambda: losses.CategoricalCrossentropy(label_smoothing=1.0),
    ],
)
def test_wrong_arguments_are_refused(make: object) -> None:
    """One line at the call, for each argument."""
    with pytest.raises(ModelError) as caught:
        make()  # type: ignore[operator]  # a function
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "optimizer",
    [
        SGD(),
        SGD(0.1, 0.9, True, weight_decay=0.01, global_clipnorm=1.0),
        RMSprop(0.01, momentum=0.5),
        Adam(OneCycle(0.01, 100)),
        AdamW(),
    ],
    ids=repr,
)
def test_an_optimizer_comes_back_from_its_config(optimizer: Optimizer) -> None:
    """Through JSON, as in a checkpoint; and from its name, with Keras's defaults."""
    assert optimizers.get(json.loads(json.dumps(optimizer.config()))) == optimizer
    name = type(optimizer).__name__.lower()
    assert optimizers.get(name) == optimizers.get(type(optimizer).__name__)


@pytest.mark.parametrize(
    ("optimizer", "defaults"),
    [
        (SGD(), {"learning_rate": 0.01, "momentum": 0.0, "nesterov": False}),
        (RMSprop(), {"learning_rate": 0.001, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7}),
        (Adam(), {"learning_rate": 0.001, "beta_1": 0.9, "beta_2": 0.999, "epsilon": 1e-7}),
        (AdamW(), {"learning_rate": 0.001, "weight_decay": 0.004}),
    ],
)
def test_defaults_are_keras_3s(optimizer: Optimizer, defaults: dict[str, object]) -> None:
    """As its documentation lists them."""
    assert {key: getattr(optimizer, key) for key in defaults} == defaults


@pytest.mark.parametrize(
    "loss",
    [
        losses.CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        losses.SparseCategoricalCrossentropy(),
        losses.MeanSquaredError(),
    ],
)
def test_a_loss_comes_back_from_its_config_and_names(loss: Loss) -> None:
    """Through JSON; and by both of Keras's spellings."""
    assert losses.get(json.loads(json.dumps(loss.config()))) == loss
    assert type(losses.get(loss.name)) is type(loss)
    assert type(losses.get(type(loss).__name__)) is type(loss)


@pytest.mark.parametrize(
    ("loss", "last", "words"),
    [
        ("categorical_crossentropy", "linear", "from_logits=True"),
        ("categorical_crossentropy", "relu", "activation='softmax'"),
        (losses.CategoricalCrossentropy(from_logits=True), "softmax", "Leave out"),
        (losses.SparseCategoricalCrossentropy(from_logits=True), "tanh", "softmax"),
    ],
)
def test_cross_entropy_after_another_activation_is_refused(
    loss: object, last: str, words: str
) -> None:
    """Silently computing something else is what other libraries do."""
    with pytest.raises(ModelError, match=words):
        losses.get(loss).check(last)


def test_the_reference_knows_every_layer() -> None:
    """So that no layer goes untested: a network of all of them runs."""
    body = [layer for layer in EVERY if not isinstance(layer, kinds.Dense)]
    on_vectors = (kinds.Flatten, kinds.GlobalAveragePooling2D, kinds.Softmax)
    images = [layer for layer in body if not isinstance(layer, on_vectors)]
    network = Reference([*images, kinds.Softmax(), kinds.Flatten(), EVERY[7]], (28, 28, 1))
    assert network.output_shapes[-1] == (10,)
