"""The options of `spritenet train`, from the command line and from a run's config.json."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from spritenet.cli.train_options import TRAINING, TrainOptions
from spritenet.errors import InputError, ModelError
from spritenet.optimizers import SGD, Adam
from spritenet.schedules import CosineDecay, ExponentialDecay, OneCycle
from spritenet.training.fit_options import FitOptions


def test_a_training_is_described_as_for_fit() -> None:
    """Each option of the command that has one sets the field of that name."""
    given = {"epochs": 3, "batch_size": 8, "ema": 0.5, "seed": 7, "validation": 0.25}
    given |= {"test_every": 5, "test_size": 9, "checkpoint_every": 4}
    training = TrainOptions().updated(given).training
    assert set(TRAINING.values()) <= {option.name for option in fields(FitOptions)}
    assert {name: getattr(training, option) for name, option in TRAINING.items()} == {
        **given,
        "steps": None,
        "augment": None,
        "sampling": None,
        "class_weight": None,
    }
    assert TrainOptions().updated({}).to_json() == TrainOptions().to_json()
    with pytest.raises(ModelError, match="batch_size"):
        TrainOptions().updated({"batch_size": 0})


def test_a_run_is_continued_with_what_was_recorded() -> None:
    """Recorded options are kept, given ones win, and given epochs stand in place of steps."""
    first = TrainOptions().updated(
        {"steps": 9, "seed": 4, "learning_rate": 0.1, "model": "convnet"}
    )
    again = TrainOptions.from_json(json.loads(json.dumps(first.to_json())))
    assert again.to_json() == first.to_json()
    longer = again.updated({"epochs": 2, "seed": None})
    assert (longer.training.epochs, longer.training.steps, longer.training.seed) == (2, None, 4)
    assert (longer.model, longer.learning_rate) == ("convnet", 0.1)


def test_a_network_brings_its_own_training() -> None:
    """Given options override it, whatever their order; so does what a run recorded."""
    own = TrainOptions().updated({"model": "fast"})
    assert (own.training.steps, own.training.batch_size) == (600, 64)
    changed = TrainOptions().updated({"model": "fast", "epochs": 2, "batch_size": 32})
    assert (changed.training.steps, changed.training.epochs) == (None, 2)
    assert changed.training.batch_size == 32
    for options in (own, changed):
        entry = json.loads(json.dumps(options.to_json()))
        assert TrainOptions.from_json(entry).to_json() == options.to_json()
        again = TrainOptions.from_json(entry).updated({"model": "fast"})
        assert again.to_json() == options.to_json()
    mine = TrainOptions().updated({"model": "mine:small"}).training
    assert (mine.epochs, mine.batch_size, mine.steps) == (5, 64, None)


def test_options_of_earlier_runs_are_read() -> None:
    """Options that weren't given were recorded as null."""
    entry = {"data": "strokes", "epochs": 2, "ema": None, "steps": None, "checkpoint_every": None}
    assert (
        TrainOptions.from_json(entry).to_json() == TrainOptions().updated({"epochs": 2}).to_json()
    )


def test_the_steps_of_a_training() -> None:
    """The last batch of an epoch counts; given steps are taken as they are."""
    assert TrainOptions().steps_on(130) == 5 * 3
    assert TrainOptions().updated({"steps": 7}).steps_on(130) == 7


def test_a_schedule_replaces_the_optimizers() -> None:
    """With the rate of --learning-rate, or else the optimizer's own."""

    def rate(optimizer: object, **given: object) -> object:
        found = TrainOptions().updated(given).with_schedule(optimizer, steps=50)  # type: ignore[arg-type]  # it is one
        return found.learning_rate

    assert rate(SGD(0.5)) == 0.5
    assert rate(SGD(0.5), learning_rate=0.1) == 0.1
    assert rate(SGD(0.5), schedule="cosine") == CosineDecay(0.5)
    assert rate(Adam(OneCycle(0.5)), schedule="constant", learning_rate=0.1) == 0.1
    assert rate(Adam(OneCycle(0.5)), schedule="cosine") == CosineDecay(0.5)
    assert rate(Adam(OneCycle(0.5)), learning_rate=0.1) == OneCycle(0.1)
    assert rate(SGD(0.5), schedule="exponential") == ExponentialDecay(0.5, 50, 0.01)
    with pytest.raises(InputError, match="unknown schedule"):
        rate(SGD(), schedule="linear")


def test_a_path_with_dots_means_the_same_in_any_folder() -> None:
    """Names and other paths stay as they were typed."""
    options = TrainOptions().updated({"data": "./digits", "start": "runs/one"})
    assert options.data.endswith("digits")
    assert not options.data.startswith(".")
    assert (options.start, options.label) == ("runs/one", "runs-one")
