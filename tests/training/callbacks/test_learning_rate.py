"""LearningRateScheduler and ReduceLROnPlateau change the rate of an epoch's steps."""

from __future__ import annotations

import pytest

import tiny
from scripted import DATA, TEST, Scripted, fitted
from spritenet.errors import ModelError
from spritenet.optimizers import SGD
from spritenet.training.callbacks import (
    LearningRateScheduler,
    ReduceLROnPlateau,
)


def test_a_scheduler_sets_each_epochs_rate() -> None:
    """From epoch and the rate so far; the updates use it."""
    seen: list[tuple[int, float]] = []

    def halve(epoch: int, rate: float) -> float:
        seen.append((epoch, rate))
        return rate / 2

    model = tiny.model(SGD(0.4))
    model.fit(DATA, epochs=3, callbacks=LearningRateScheduler(halve), verbose=0)
    history = model.history
    assert history is not None
    assert history.history["learning_rate"] == pytest.approx([0.2, 0.1, 0.05])
    assert sorted({event.learning_rate for event in history.steps}) == pytest.approx(
        [0.05, 0.1, 0.2]
    )
    assert [rate for _, rate in seen] == pytest.approx([0.4, 0.2, 0.1])


def test_the_rate_falls_on_a_plateau() -> None:
    """After patience epochs; then cooldown epochs are not counted; never below min_lr."""
    inner = ReduceLROnPlateau(factor=0.1, patience=1, cooldown=1, min_lr=0.002)
    model = tiny.model(SGD(0.1))
    script = Scripted(inner, "val_loss", [1, 1, 1, 1, 1, 1, 0.5, 0.5])
    model.fit(DATA, epochs=8, validation_data=TEST, callbacks=script, verbose=0)
    assert model.history is not None
    rates = model.history.history["learning_rate"]
    assert rates == pytest.approx([0.1, 0.1, 0.01, 0.002, 0.002, 0.002, 0.002, 0.002])


def test_a_rate_of_a_callback_is_checked() -> None:
    """NaN would spoil the weights."""
    with pytest.raises(ModelError, match="learning rate"):
        fitted(LearningRateScheduler(lambda *_: float("nan")))
