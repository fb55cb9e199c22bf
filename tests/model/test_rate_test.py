"""The learning-rate range test: its steps are training's, and the model stays as it is."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.errors import ModelError
from spritenet.model.rate_test import RateTest, smooth

DATA = tiny.images(200)


def test_the_losses_are_those_of_training_at_these_rates() -> None:
    """Step by step, on a model of one's own, with an optimizer that begins anew."""
    model = tiny.model(sn.Adam(0.5), dropout=0.0)
    test = model.tune_rate(DATA, steps=30, lowest=1e-4, highest=0.1, batch_size=20)
    np.testing.assert_allclose(
        test.rates, np.geomspace(1e-4, 0.1, 30)[: len(test.rates)], rtol=1e-5
    )
    rate = sn.ExponentialDecay(1e-4, 29, 1e3)
    own = tiny.model(sn.Adam(rate), dropout=0.0)
    steps = [
        event.loss
        for event in sn.train(own, DATA, steps=30, batch_size=20)
        if isinstance(event, sn.StepEvent)
    ]
    assert test.losses.tolist() == steps[: len(test.losses)]


def test_the_model_stays_as_it_is() -> None:
    """Weights, optimizer and its state, position, calibration: bit for bit."""
    model = tiny.model(sn.Adam(0.01))
    model.fit(DATA, epochs=1, verbose=0)
    before, optimizer, rejection = model.state.now.copy(), model.optimizer, model.rejection
    model.tune_rate(DATA, steps=20)
    now = model.state.now
    np.testing.assert_array_equal(now.parameters, before.parameters)
    np.testing.assert_array_equal(now.slots, before.slots)
    assert (now.step, now.place) == (before.step, before.place)
    assert model.optimizer is optimizer
    assert model.rejection is rejection
    unbuilt = tiny.model()
    unbuilt.tune_rate(DATA, steps=20)
    assert not unbuilt.built


@pytest.mark.parametrize("optimizer", ["sgd", "adam", "lion", "muon"])
def test_the_suggested_rate_learns(optimizer: str) -> None:
    """Better than a hundredth of it, within an epoch or two."""
    test = tiny.model(sn.optimizers.get(optimizer)).tune_rate(DATA, batch_size=20)
    losses = []
    for rate in (test.suggested / 100, test.suggested):
        model = tiny.model(
            sn.optimizers.get({"class_name": optimizer, "config": {"learning_rate": rate}})
        )
        history = model.fit(DATA, epochs=3, batch_size=20, verbose=0)
        losses.append(history.history["loss"][-1])
    assert losses[1] < losses[0]
    assert test.rates[0] < test.suggested < test.rates[-1]


def test_the_mean_is_corrected_for_its_beginning() -> None:
    """Of equal losses it is their value; else pandas' ewm, written out."""
    np.testing.assert_allclose(smooth(np.full(9, 3.0), 0.9), 3.0)
    values = np.random.default_rng(0).uniform(1, 2, 20)
    weights = 0.9 ** np.arange(20)[::-1]
    assert smooth(values, 0.9)[-1] == pytest.approx((values * weights).sum() / weights.sum())


def test_the_steepest_fall_is_suggested() -> None:
    """Of a made-up curve with a known one."""
    rates = np.geomspace(1e-5, 1, 101)
    losses = 2 - 1 / (1 + np.exp(-4 * np.log(rates / 1e-2)))
    losses[90:] = 5
    test = RateTest.of(rates, losses, 101)
    assert 5e-3 < test.suggested < 2e-2
    assert test.chart.marked == pytest.approx(np.log10(test.suggested))
    assert "<svg" in test._repr_html_()
    assert "suggested" in repr(test)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda m: m.tune_rate(DATA, steps=3), "invalid steps"),
        (lambda m: m.tune_rate(DATA, lowest=1.0, highest=0.1), "0 < lowest < highest"),
        (lambda m: m.tune_rate(DATA, lowest=0.0), "0 < lowest < highest"),
        (lambda m: m.tune_rate(DATA, lowest="a"), "invalid lowest"),
        (lambda m: m.tune_rate(DATA, lowest=1e-12, highest=1e-11, steps=10), "doesn't fall"),
        (lambda _: sn.Sequential([sn.Flatten(), sn.Dense(4, "softmax")]).tune_rate(DATA), "loss"),
    ],
)
def test_what_is_wrong_is_one_line(call: Callable[[sn.Sequential], object], words: str) -> None:
    """An upside-down range, too few steps, a loss that stays."""
    with pytest.raises(ModelError, match=words) as refusal:
        call(tiny.model())
    assert "\n" not in str(refusal.value)
