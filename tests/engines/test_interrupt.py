"""A training call that is interrupted ends soon, and leaves whole steps behind."""

from __future__ import annotations

import os
import signal
import threading
from typing import Any

import numpy as np
import pytest

from engine_cases import some
from spritenet import layers as kinds
from spritenet.engines import native
from spritenet.engines.engine import Steps
from spritenet.engines.interruptible_call import waiting_for
from spritenet.errors import CoreError
from spritenet.losses import CategoricalCrossentropy
from spritenet.optimizers import SGD

LAYERS = [
    kinds.Rescaling(1 / 255),
    kinds.Conv2D(16, 5, activation="relu"),
    kinds.Conv2D(16, 5, activation="relu"),
    kinds.Flatten(),
    kinds.Dense(10, activation="softmax"),
]
SHAPE = (40, 40, 1)
BATCH = 512


def trained(network: native.Network, parameters: np.ndarray[Any, Any], steps: int = 1) -> Steps:
    """After so many steps of one large batch."""
    return network.train(
        parameters,
        np.empty((0, network.parameter_count), np.float32),
        EXAMPLES,
        loss=CategoricalCrossentropy(),
        optimizer=SGD(0.1),
        learning_rates=np.full(steps, 0.1, np.float32),
        first_step=0,
        batch_size=BATCH,
        seed=0,
    )


EXAMPLES = some(SHAPE, BATCH, 10, weighted=False)


def test_a_call_after_an_interruption_does_nothing_once() -> None:
    """No interruption is lost between two calls, and none counts twice."""
    network = native.Network(LAYERS, SHAPE, batch_size=BATCH)
    parameters = np.full(network.parameter_count, 0.01, np.float32)
    before = parameters.copy()
    network.interrupt()
    done = trained(network, parameters, 3)
    assert (len(done), done.stopped) == (0, True)
    np.testing.assert_array_equal(parameters, before)
    done = trained(network, parameters)
    assert (len(done), done.stopped) == (1, False)
    assert (parameters != before).any()


@pytest.mark.parametrize("threads", [1, 2])
def test_a_step_cut_short_never_was(threads: int) -> None:
    """Wherever it is cut, the parameters are those after the whole steps before it."""
    network = native.Network(LAYERS, SHAPE, batch_size=BATCH, threads=threads)
    parameters = np.full(network.parameter_count, 0.01, np.float32)
    timer = threading.Timer(0.15, network.interrupt)
    timer.start()
    done = trained(network, parameters, 1000)
    timer.join()
    assert done.stopped
    assert len(done) < 1000
    again = np.full(network.parameter_count, 0.01, np.float32)
    if len(done):
        assert len(trained(network, again, len(done))) == len(done)
    np.testing.assert_array_equal(parameters, again)


def test_a_signal_ends_a_long_call() -> None:
    """The call is over, interrupted, before the handler's exception goes on."""
    interrupted = threading.Event()
    over: list[bool] = []

    def work() -> int:
        os.kill(os.getpid(), signal.SIGINT)
        over.append(interrupted.wait(60))
        return 0

    with pytest.raises(KeyboardInterrupt):
        waiting_for(work, interrupted.set)
    assert over == [True]


def test_what_a_long_call_gives_or_raises_is_handed_on() -> None:
    """As if it had been called plainly."""

    def fail() -> int:
        raise CoreError("no")

    assert waiting_for(lambda: 3, lambda: None) == 3
    with pytest.raises(CoreError):
        waiting_for(fail, lambda: None)


def test_slow_steps_are_waited_for_in_a_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the second call on, once the first was seen to be slow; the numbers stay the same."""
    monkeypatch.setattr(native, "SLOW_SECONDS", 0.0)
    threads: list[str] = []
    network = native.Network(LAYERS, SHAPE, batch_size=BATCH)
    plain = network._call

    def call(*arguments: Any) -> int:
        threads.append(threading.current_thread().name)
        return plain(*arguments)

    monkeypatch.setattr(network, "_call", call)
    parameters = np.full(network.parameter_count, 0.01, np.float32)
    again = parameters.copy()
    trained(network, parameters)
    trained(network, again)
    assert threads[0] == threading.current_thread().name != threads[1]
    np.testing.assert_array_equal(parameters, again)
