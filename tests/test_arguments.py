"""Arguments are taken in every form that means the same, and others are refused in one line."""

from __future__ import annotations

import inspect
import math
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from spritenet import arguments, callbacks, initializers, metrics, schedules
from spritenet.errors import ModelError, SpritenetError


@pytest.mark.parametrize(
    ("take", "expected"),
    [
        (lambda: arguments.count(np.int64(3), "n", "X"), 3),
        (lambda: arguments.count(0, "n", "X", least=0), 0),
        (lambda: arguments.pair(2, "n", "X"), (2, 2)),
        (lambda: arguments.pair([2, np.uint8(3)], "n", "X"), (2, 3)),
        (lambda: arguments.input_shape([None, 8, 8], "n", "X"), (8, 8)),
        (lambda: arguments.input_shape(784, "n", "X"), (784,)),
        (lambda: arguments.seed_of(-5, "X"), -5),
        (lambda: arguments.file_path(Path("a"), "X"), Path("a")),
        (lambda: arguments.flag(np.bool_(1), "n", "X"), True),
        (lambda: arguments.text("a", "n", "X"), "a"),
        (lambda: arguments.number(np.float32(0.5), "n", "X", least=0, below=1), 0.5),
        (lambda: arguments.choice("SAME", "n", "X", ("same", "valid")), "same"),
        (lambda: arguments.number(3.4e38, "n", "X"), 3.4e38),
        (lambda: arguments.several("ab"), ("ab",)),
        (lambda: arguments.several(3), (3,)),
        (lambda: arguments.several(["a", "b"]), ("a", "b")),
    ],
)
def test_every_form_is_taken(take: Callable[[], object], expected: object) -> None:
    """As the plain value of Python."""
    found = take()
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("take", "words"),
    [
        (lambda: arguments.count(0, "n", "X"), "X: invalid n: expected a whole number ≥ 1, got 0"),
        (lambda: arguments.count(True, "n", "X"), "got True"),
        (lambda: arguments.count(1.0, "n", "X"), "got 1.0"),
        (lambda: arguments.pair((1, 2, 3), "n", "X"), "one whole number or two"),
        (lambda: arguments.pair("12", "n", "X"), "got '12'"),
        (lambda: arguments.input_shape((8, None), "n", "X"), r"\(height, width, channels\)"),
        (lambda: arguments.input_shape((), "n", "X"), r"got \(\)"),
        (lambda: arguments.input_shape((8, -8), "n", "X"), "got -8"),
        (lambda: arguments.seed_of(0.5, "X"), "X: invalid seed"),  # type: ignore[arg-type]  # that is the point
        (lambda: arguments.file_path("", "X"), "X: invalid path"),
        (lambda: arguments.file_path(3, "X"), "got 3"),
        (lambda: arguments.flag(1, "n", "X"), "True or False, got 1"),
        (lambda: arguments.text(b"a", "n", "X"), "got b'a'"),
        (lambda: arguments.number(1, "n", "X", least=0, below=1), "a finite number ≥ 0 and < 1"),
        (lambda: arguments.number(float("nan"), "n", "X"), "a finite number, got nan"),
        (lambda: arguments.number("1", "n", "X"), "got '1'"),
        (lambda: arguments.number(0, "n", "X", above=0), "a finite number > 0, got 0"),
        (lambda: arguments.number(1e39, "n", "X"), "a finite number, got 1e"),
        (lambda: arguments.number(-1e39, "n", "X"), "a finite number, got -1e"),
        (lambda: arguments.seed_of(True, "X"), "X: invalid seed"),
        (lambda: arguments.choice("full", "n", "X", ("same", "valid")), "one of same, valid"),
    ],
)
def test_others_are_refused(take: Callable[[], object], words: str) -> None:
    """With where, what was expected and what was given."""
    with pytest.raises(ModelError, match=words) as caught:
        take()
    assert "\n" not in str(caught.value)


def test_no_seed_is_another_each_time() -> None:
    """A whole number that can be given again."""
    first, second = (arguments.seed_of(None, "X") for _ in range(2))
    assert first != second
    assert 0 <= first < 2**31


REQUIRED: dict[str, object] = {
    "activation": "relu",
    "boundaries": [2],
    "decay_rate": 0.5,
    "decay_steps": 10,
    "dims": (1, 2, 3),
    "factor": 0.2,
    "filepath": "checkpoint",
    "filters": 3,
    "height": 8,
    "height_factor": 0.1,
    "initial_learning_rate": 0.1,
    "kernel_size": 3,
    "learning_rate": 0.1,
    "max_learning_rate": 0.1,
    "precision": 0.5,
    "rate": 0.5,
    "recall": 0.5,
    "scale": 0.5,
    "schedule": lambda epoch: 0.1 / (epoch + 1),
    "sensitivity": 0.5,
    "shape": (28, 28),
    "specificity": 0.5,
    "stddev": 0.5,
    "target_shape": (4,),
    "units": 3,
    "values": [0.1, 0.2],
    "width": 8,
    "width_factor": 0.1,
}
"""Arguments without a default."""

OTHERS = {"exclude_layers", "filepath", "input_shape", "monitor", "name", "no_weight_decay"}
OTHERS |= {"schedule"} | set(inspect.signature(sn.LambdaCallback).parameters)
"""Arguments that are texts, shapes or functions, which have tests of their own."""

NO_NUMBERS = (math.nan, math.inf, -math.inf, 1e39, "many", 3j)
"""Wrong for every other argument, whatever it means."""

MODULES = [sn.losses, sn.optimizers, sn.layers, sn.regularizers, sn.constraints]
MODULES += [initializers, schedules, metrics, callbacks]

NOT_MADE_BY_USERS = {"ActivationFunction", "Averages", "Calibration", "Callback", "ClassReport"}
NOT_MADE_BY_USERS |= {"Graph", "History", "LabelReport", "Loss", "MeanMetricWrapper", "MetricBatch"}
NOT_MADE_BY_USERS |= {"MetricSet", "Node", "Optimizer", "Problem", "Tensor", "Weight"}


def all_arguments() -> Iterator[tuple[type, str]]:
    """Each public class that describes a part of a network or training, with each argument."""
    for module in MODULES:
        for name in module.__all__:
            found = getattr(module, name)
            if not isinstance(found, type) or inspect.isabstract(found):
                continue
            if name not in NOT_MADE_BY_USERS:
                yield from ((found, each) for each in inspect.signature(found).parameters)


CASES = [(cls, name) for cls, name in all_arguments() if name not in OTHERS]


def required(cls: type) -> dict[str, object]:
    """The arguments that a class needs."""
    parameters = inspect.signature(cls).parameters.values()
    return {each.name: REQUIRED[each.name] for each in parameters if each.default is each.empty}


def test_the_cases_are_all() -> None:
    """Those of every layer, loss, optimizer, … that can be made."""
    found = {cls.__name__ for cls, _ in CASES}
    assert {*sn.optimizers.NAMES, "BinaryFocalCrossentropy", "RandomErasing", "AUC"} <= found
    assert {"CosineDecay", "RandomUniform", "EarlyStopping", "MaxNorm", "L1L2"} <= found
    assert len(CASES) > 300
    for cls, _ in CASES:
        cls(**required(cls))


@pytest.mark.parametrize(
    ("cls", "name"), CASES, ids=[f"{cls.__name__}-{name}" for cls, name in CASES]
)
def test_every_argument_refuses_what_is_no_number(cls: type, name: str) -> None:
    """And what no float32 holds: one line in the field's words, not an error of Python's."""
    for wrong in NO_NUMBERS:
        with pytest.raises(SpritenetError) as refusal:
            cls(**{**required(cls), name: wrong})
        assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("cls", "name", "wrong", "expected"),
    [
        (sn.BinaryFocalCrossentropy, "alpha", -1, "≥ 0 and ≤ 1, got -1"),
        (sn.BinaryFocalCrossentropy, "alpha", 1.5, "≥ 0 and ≤ 1, got 1.5"),
        (sn.BinaryFocalCrossentropy, "gamma", -0.5, "≥ 0, got -0.5"),
        (sn.CategoricalFocalCrossentropy, "alpha", -0.5, "≥ 0, got -0.5"),
        (sn.CategoricalFocalCrossentropy, "alpha", True, "≥ 0, got True"),
        (sn.CategoricalCrossentropy, "label_smoothing", 1, "≥ 0 and < 1, got 1"),
        (sn.CategoricalGeneralizedCrossEntropy, "q", 1, "≥ 1e-06 and < 1, got 1"),
        (sn.Huber, "delta", -1, "≥ 0, got -1"),
        (sn.Tversky, "beta", -1, "≥ 0, got -1"),
        (sn.SGD, "learning_rate", -0.1, "≥ 0, got -0.1"),
        (sn.SGD, "momentum", 1, "≥ 0 and < 1, got 1"),
        (sn.Adam, "clipnorm", -1, "≥ 0, got -1"),
        (sn.Adam, "gradient_accumulation_steps", 1, "a whole number ≥ 2, got 1"),
        (sn.Adam, "no_weight_decay", 0.5, "parts of names of weights, got 0.5"),
        (sn.Muon, "exclude_layers", [3], r"names of layers|parts of names"),
        (sn.CosineDecay, "alpha", -0.1, "≥ 0, got -0.1"),
        (sn.CosineDecay, "warmup_target", -1, "≥ 0, got -1"),
        (sn.ExponentialDecay, "staircase", 1, "True or False, got 1"),
        (sn.PiecewiseConstantDecay, "values", [0.1, -1], "invalid value: expected .* ≥ 0, got -1"),
        (schedules.Constant, "learning_rate", -1, "≥ 0, got -1"),
        (initializers.RandomUniform, "maxval", -1, "≥ -0.05, got -1"),
        (initializers.VarianceScaling, "scale", 0, "> 0, got 0"),
        (sn.MixUp, "alpha", 2000, "≥ 0 and ≤ 1000, got 2000"),
        (sn.RandomBrightness, "value_range", 255, "the lowest and the highest value, got 255"),
        (
            sn.RandomErasing,
            "value_range",
            (0, 0),
            r"the lowest and the highest value, got \(0",
        ),
        (metrics.AUC, "thresholds", 3, "> 0 and < 1, got 3"),
        (metrics.AUC, "num_labels", 2.5, "a whole number ≥ 1, got 2.5"),
        (sn.EarlyStopping, "restore_best_weights", 1, "True or False, got 1"),
        (sn.ModelCheckpoint, "save_best_only", "yes", "True or False, got 'yes'"),
    ],
)
def test_numbers_out_of_range_are_refused(
    cls: type, name: str, wrong: object, expected: str
) -> None:
    """With the range that they should be in."""
    with pytest.raises(SpritenetError, match=expected) as refusal:
        cls(**{**required(cls), name: wrong})
    assert "\n" not in str(refusal.value)


def test_numbers_that_keras_gives_a_meaning_are_taken() -> None:
    """No clipping, a loss without a factor, a rate that rises, the same value everywhere."""
    assert sn.Adam(clipnorm=0).clipnorm == 0
    assert sn.CategoricalFocalCrossentropy(alpha=3).alpha == 3
    assert sn.CosineDecay(0.1, 10, alpha=2)([10]).tolist() == [0.2]
    assert initializers.RandomUniform(0.5, 0.5).maxval == 0.5


def test_a_schedule_read_from_a_file_is_checked() -> None:
    """The steps before it, which aren't an argument of any class."""
    rate = {"class_name": "Delayed", "config": {"schedule": 0.1, "first_step": "many"}}
    with pytest.raises(ModelError, match="Delayed: invalid first_step: expected a whole number"):
        sn.SGD(rate)  # type: ignore[arg-type]  # that is the point
