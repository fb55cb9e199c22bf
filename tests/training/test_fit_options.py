"""One description of a training: `fit`, `train` and the CLI have the same options."""

from __future__ import annotations

import inspect
from dataclasses import fields

import numpy as np
import pytest

from spritenet.cli.train_options import TrainOptions
from spritenet.errors import ModelError
from spritenet.model import Sequential, train
from spritenet.training.fit_options import FitOptions


def defaults(function: object) -> dict[str, object]:
    """The arguments of a function with their defaults."""
    signature = inspect.signature(function)  # type: ignore[arg-type]  # it is a function
    return {name: parameter.default for name, parameter in signature.parameters.items()}


def test_fit_and_train_take_the_options_with_their_defaults() -> None:
    """No option is missing in one of the three, and those that Keras has are in Keras's order."""
    options = {field.name: field.default for field in fields(FitOptions) if field.init}
    ours, theirs = defaults(Sequential.fit), defaults(train)
    for name in ("self", "x", "y", "verbose"):
        del ours[name]
    for name in ("model", "data", "labels"):
        del theirs[name]
    del options["brief"]  # of trials in a sweep
    assert theirs == options
    assert ours == {name: value for name, value in options.items() if name != "about"}
    keras = "batch_size epochs callbacks validation_split validation_data shuffle class_weight"
    assert list(ours)[:7] == keras.split()


def test_fit_documents_every_option() -> None:
    """The documentation of `train` and of `FitOptions` refers to it."""
    documented = inspect.getdoc(Sequential.fit) or ""
    for name in (field.name for field in fields(FitOptions) if field.init):
        assert f"\n    {name}: " in documented or name in {"about", "brief"}
    for other in (train, FitOptions):
        assert "`Sequential.fit`" in (inspect.getdoc(other) or "")


def test_the_command_line_makes_the_same_options() -> None:
    """Its own defaults, and a validation fraction under its name in Keras."""
    given = {"steps": 7, "validation": 0.25, "ema": 0.5, "seed": 3}
    options = TrainOptions().updated(given).training
    assert (options.epochs, options.batch_size, options.steps) == (5, 64, 7)
    assert (options.validation_split, options.ema, options.seed) == (0.25, 0.5, 3)


def test_numbers_of_numpy_are_converted() -> None:
    """So that a plan and a checkpoint hold plain numbers."""
    options = FitOptions(epochs=np.int64(3), batch_size=np.int32(8), ema=np.float32(0.5))  # type: ignore[arg-type]  # that is the point
    assert [type(options.epochs), type(options.batch_size), type(options.ema)] == [int, int, float]


def test_without_a_seed_each_training_has_its_own() -> None:
    """As in Keras and NumPy."""
    assert FitOptions(seed=None).seed != FitOptions(seed=None).seed
    assert FitOptions().seed == 0


def test_a_plan_has_the_steps_that_were_asked_for() -> None:
    """By epochs, by steps, and by steps per epoch; the last batch of an epoch counts."""
    plan = FitOptions(epochs=3).plan(100, 32, first_step=10)
    assert (plan.first_step, plan.last_step, plan.steps_per_epoch) == (10, 22, 4)
    plan = FitOptions(epochs=5, initial_epoch=3, steps_per_epoch=7).plan(100, 32, first_step=0)
    assert (plan.last_step, plan.steps_per_epoch, plan.first_epoch) == (14, 7, 3)
    plan = FitOptions(steps=9, epochs=1, initial_epoch=1).plan(100, 32, first_step=0)
    assert (plan.last_step, plan.steps_per_epoch) == (9, 4)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("epochs", 0),
        ("epochs", 1.5),
        ("steps", 0),
        ("steps_per_epoch", 0),
        ("batch_size", 0),
        ("batch_size", True),
        ("test_every", 0),
        ("test_size", -1),
        ("checkpoint_every", -1),
        ("initial_epoch", -1),
        ("validation_freq", 0),
        ("validation_split", 1.0),
        ("validation_split", "half"),
        ("ema", 1.0),
        ("ema", float("nan")),
        ("seed", "one"),
    ],
)
def test_wrong_options_are_refused_at_once(name: str, value: object) -> None:
    """With one line that names the option."""
    with pytest.raises(ModelError, match=name) as caught:
        FitOptions(**{name: value})  # type: ignore[arg-type]  # that is the point
    assert "\n" not in str(caught.value)
