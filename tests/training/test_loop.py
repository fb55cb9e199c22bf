"""The loop keeps its state whole whatever happens, and its results never depend on the clock."""

from __future__ import annotations

import gc
import signal
import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import numpy as np
import pytest

import tiny
from spritenet.engines import native
from spritenet.engines.engine import Steps
from spritenet.model import Sequential, train
from spritenet.training import call_size
from spritenet.training.events import StepEvent

DATA = tiny.images(400)


def after(steps: int, **how: Any) -> str:
    """The weights' hash after so many updates, undisturbed."""
    model = tiny.built()
    if steps:
        model.fit(DATA, steps=steps, batch_size=16, verbose=0, **how)
    return model.weights_sha256


def interrupt(signum: int, frame: FrameType | None) -> None:
    """Raises KeyboardInterrupt, as Python does on Ctrl-C."""
    del signum, frame
    raise KeyboardInterrupt


@pytest.fixture(name="alarm")
def fixture_alarm() -> Iterator[None]:
    """SIGALRM becomes Ctrl-C; no alarm outlives the test."""
    if not hasattr(signal, "setitimer"):
        pytest.skip("not on this machine: no alarms")
    before = signal.signal(signal.SIGALRM, interrupt)
    gc.disable()  # Hypothesis listens to the collector, and Python swallows what is raised there
    yield
    gc.enable()
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@pytest.mark.usefixtures("alarm")
def test_ctrl_c_at_any_moment_leaves_weights_and_count_that_belong_together() -> None:
    """Forty interrupts at random times: the weights are those of exactly `step` updates."""
    random = np.random.default_rng(0)
    counts = []
    for _ in range(40):
        model = tiny.built()
        try:
            signal.setitimer(signal.ITIMER_REAL, random.uniform(0.001, 0.06))
            model.fit(DATA, steps=100_000, batch_size=16, verbose=0)
        except KeyboardInterrupt:
            pass
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        step = model.state.now.step
        counts.append(step)
        assert model.weights_sha256 == after(step)
        history = model.history
        if history is not None:  # else it came before the training had begun
            assert len(history.steps) <= step
    assert max(counts) > 0


@pytest.mark.usefixtures("alarm")
def test_ctrl_c_then_fit_again_goes_on() -> None:
    """The interrupted model trains on, in the seed's next pass."""
    model = tiny.built()
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    with pytest.raises(KeyboardInterrupt):
        model.fit(DATA, steps=100_000, batch_size=16, verbose=0)
    before = model.state.now
    model.fit(DATA, epochs=1, batch_size=16, verbose=0)
    assert model.state.now.step == before.step + 25
    assert model.state.now.place == (before.passes + 1) * 25


def test_who_stops_pulling_stops_the_training() -> None:
    """The generator does nothing that isn't asked for."""
    model = tiny.built()
    events = train(model, DATA, steps=1000, batch_size=16)
    for event in events:
        if isinstance(event, StepEvent) and event.step == 5:
            break
    step = model.state.now.step
    assert 5 <= step < 1000
    assert model.weights_sha256 == after(step)


@pytest.mark.parametrize("seconds", [0.0, 0.0005, 0.5])
def test_the_pace_changes_no_bit(seconds: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """One update a call or hundreds: the same weights and figures, moving average and all."""

    def run() -> tuple[str, object]:
        model = tiny.built()
        model.fit(
            DATA,
            epochs=4,
            batch_size=16,
            validation_data=tiny.images(50, 1),
            test_every=7,
            ema=0.9,
            verbose=0,
        )
        assert model.history is not None
        return model.weights_sha256, model.history.history

    expected = run()
    monkeypatch.setattr(call_size, "SECONDS", seconds)
    assert run() == expected


class Stalling(native.Network):
    """The core, but each call does only some of what it is asked, as when it is told to stop."""

    def train(self, *arguments: Any, **how: Any) -> Steps:
        """Half of the updates, rounded up."""
        rates = how["learning_rates"]
        how["learning_rates"] = rates[: -(-len(rates) // 2)]
        return super().train(*arguments, **how)


def test_an_engine_may_do_fewer_updates_than_it_is_asked() -> None:
    """The loop counts what was done, and goes on from there."""
    model = Sequential(tiny.model().layers, engine=Stalling)
    model.compile(tiny.model().optimizer or "sgd", "categorical_crossentropy")
    model.fit(DATA, steps=60, batch_size=16, verbose=0)
    assert model.weights_sha256 == after(60)


def test_two_models_train_in_two_threads() -> None:
    """Each on its own engine; neither disturbs the other."""
    results: list[str] = []

    def work() -> None:
        results.append(after(200))

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [after(200)] * 2
