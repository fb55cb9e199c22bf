"""Optimizers as values: the core's table, arguments, configurations, state, and trainings."""

from __future__ import annotations

import ctypes
import inspect
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet import optimizers
from spritenet.core.library import ERROR_BYTES, library
from spritenet.core.optimizers import optimizer_rows
from spritenet.engines.description import describe_optimizer
from spritenet.errors import ModelError
from spritenet.optimizers import OPTIMIZERS, Optimizer

EVERY = sorted(OPTIMIZERS)
DATA = tiny.images(60)
ANY: Any = sn
SHARED: dict[str, Any] = {"use_ema": True, "gradient_accumulation_steps": 2, "clipnorm": 1.0}


@pytest.mark.parametrize("name", EVERY)
def test_its_arguments_are_the_tables(name: str) -> None:
    """Names, defaults, and the learning rate."""
    row = optimizer_rows()[name]
    parameters = inspect.signature(OPTIMIZERS[name]).parameters
    assert parameters["learning_rate"].default == row.learning_rate
    for attribute in row.attributes:
        assert (parameters[attribute.name].default or 0) == attribute.default, attribute.name


@pytest.mark.parametrize("arguments", [{}, SHARED], ids=["plain", "all shared"])
@pytest.mark.parametrize("name", EVERY)
def test_its_slots_are_as_many_as_the_core_wants(name: str, arguments: dict[str, Any]) -> None:
    """The hosts count them by the table, the core by itself."""
    for own in ({}, {"momentum": 0.5}, {"amsgrad": True}, {"centered": True}):
        if not set(own) <= set(inspect.signature(OPTIMIZERS[name]).parameters):
            continue
        optimizer = OPTIMIZERS[name](**own, **arguments)
        error = ctypes.create_string_buffer(ERROR_BYTES)
        described = describe_optimizer(optimizer)
        count = library().sn_slot_count(ctypes.byref(described), error)
        assert count == len(optimizer.slots), error.value


@pytest.mark.parametrize("name", EVERY)
def test_it_comes_back_from_its_config_and_its_name(name: str) -> None:
    """As JSON, with all that is shared, and from Keras's own form."""
    for optimizer in (
        OPTIMIZERS[name](),
        OPTIMIZERS[name](0.5, **SHARED, no_weight_decay=["bias"]),
    ):
        assert optimizers.get(json.loads(json.dumps(optimizer.config()))) == optimizer
    assert optimizers.get(name.lower()) == OPTIMIZERS[name]()
    keras = {
        "name": name.lower(),
        "learning_rate": 0.5,
        "clipnorm": None,
        "loss_scale_factor": None,
    }
    theirs = {"module": "keras.optimizers", "class_name": name, "config": keras}
    assert optimizers.get(theirs) == OPTIMIZERS[name](0.5)


def test_configurations_of_earlier_versions_are_the_same() -> None:
    """Else their runs could not be resumed."""
    assert set(sn.Adam().config()["config"]) == {  # type: ignore[call-overload]  # a mapping
        *("learning_rate", "beta_1", "beta_2", "epsilon", "weight_decay", "global_clipnorm"),
    }


def test_momentum_is_tensorflow_jss_name() -> None:
    """SGD with it."""
    assert optimizers.get("momentum") == sn.SGD(momentum=0.9)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: sn.Adam(clipnorm=1.0, clipvalue=1.0),
            "clipvalue is mutually exclusive with clipnorm",
        ),
        (lambda: sn.Adam(clipnorm=-1.0), "invalid clipnorm"),
        (lambda: sn.Nadam(beta_1=1.0), "invalid beta_1"),
        (lambda: ANY.Adam(amsgrad=1), "invalid amsgrad"),
        (lambda: ANY.Adam(use_ema="yes"), "invalid use_ema"),
        (lambda: sn.Adam(ema_momentum=1.5), "invalid ema_momentum"),
        (lambda: sn.Adam(gradient_accumulation_steps=1), "invalid gradient_accumulation_steps"),
        (lambda: ANY.Adam(ema_overwrite_frequency=0.5), "invalid ema_overwrite_frequency"),
        (lambda: ANY.Adam(no_weight_decay=[3]), "invalid no_weight_decay"),
        (lambda: sn.Muon(ns_steps=0), "invalid ns_steps"),
        (lambda: sn.Muon(ns_steps=1000), "invalid ns_steps"),
        (lambda: sn.Muon(exclude_layers=[""]), "invalid exclude_layers"),
        (lambda: sn.Ftrl(learning_rate_power=0.5), "invalid learning_rate_power"),
        (lambda: sn.Adagrad(initial_accumulator_value=-1.0), "invalid initial_accumulator_value"),
        (lambda: sn.Lion(learning_rate=-1.0), "learning_rate"),
    ],
)
def test_wrong_arguments_are_one_line(make: Callable[[], Optimizer], words: str) -> None:
    """Each names the argument."""
    with pytest.raises(ModelError, match=words) as refusal:
        make()
    assert "\n" not in str(refusal.value)


def test_an_optimizer_of_ones_own_is_refused() -> None:
    """The core computes; the message lists what it has."""

    class Newton(Optimizer):
        """None of the table."""

    with pytest.raises(ModelError, match=r"unsupported optimizer.*Adadelta"):
        Newton()


@pytest.mark.parametrize("name", EVERY)
def test_it_learns_and_its_state_is_saved(name: str, tmp_path: Path) -> None:
    """The loss falls; a model saved with its state goes on bit for bit."""
    rates = {"Adadelta": 1.0, "Adagrad": 0.1, "Ftrl": 0.3, "SGD": 0.1, "Lion": 0.001, "Muon": 0.02}
    optimizer = OPTIMIZERS[name](rates.get(name, 0.01))
    model = tiny.model(optimizer, dropout=0.0)
    images, labels = DATA.images, DATA.labels
    history = model.fit(images, labels, epochs=4, batch_size=20, verbose=0)
    losses = history.history["loss"]
    assert losses[-1] < losses[0]
    model.save(tmp_path / "model", include_optimizer=True)
    again = sn.load_model(tmp_path / "model")
    assert again.optimizer == optimizer
    np.testing.assert_array_equal(again.state.now.slots, model.state.now.slots)
    for each in (model, again):
        each.fit(images, labels, epochs=1, batch_size=20, shuffle=False, verbose=0)
    np.testing.assert_array_equal(again.parameters, model.parameters)


def test_the_average_is_the_models_at_the_end() -> None:
    """As in Keras, whose fit ends with it."""
    optimizer = sn.SGD(0.1, use_ema=True, ema_momentum=0.9)
    model, plain = tiny.model(optimizer, dropout=0.0), tiny.model(sn.SGD(0.1), dropout=0.0)
    average = np.zeros(0)
    for step in range(6):
        images, labels = DATA.images[step * 10 :][:10], DATA.labels[step * 10 :][:10]
        plain.train_on_batch(images, labels)
        keep = 0.9 if step else 0.0
        last = plain.parameters.astype(np.float64)
        average = (1 - keep) * last + (keep * average if step else 0.0)
    model.fit(DATA.images, DATA.labels, batch_size=10, shuffle=False, verbose=0)
    np.testing.assert_allclose(model.parameters, average, rtol=1e-4, atol=1e-6)


def test_accumulated_gradients_are_those_of_a_larger_batch() -> None:
    """Four batches of 15 train as one of 60 does; the schedule counts updates."""
    rate = sn.ExponentialDecay(0.1, 1, 0.5)
    images, labels = DATA.images, DATA.labels
    ends = []
    for batch_size, every in ((60, None), (15, 4)):
        model = tiny.model(sn.Adam(rate, gradient_accumulation_steps=every), dropout=0.0)
        model.fit(images, labels, epochs=3, batch_size=batch_size, shuffle=False, verbose=0)
        ends.append(model.parameters)
    np.testing.assert_allclose(ends[0], ends[1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("name", ["Muon", "Nadam", "Adafactor"])
def test_a_resumed_run_ends_with_the_same_bits(name: str, tmp_path: Path) -> None:
    """Whole weights and a slot of one number, through a checkpoint."""
    shared: dict[str, Any] = {"use_ema": True, "gradient_accumulation_steps": 2}
    ends = []
    for lengths in ([4], [2, 4]):
        for count, epochs in enumerate(lengths):
            model = tiny.model(OPTIMIZERS[name](0.01, **shared))
            model.fit(
                DATA.images,
                DATA.labels,
                batch_size=20,
                epochs=epochs,
                run=tmp_path / str(len(lengths)),
                resume=count > 0,
                verbose=0,
            )
        ends.append(model.parameters.tobytes())
    assert ends[0] == ends[1]
