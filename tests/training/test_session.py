"""Session: what a callback reads of a training and changes in it."""

from __future__ import annotations

import numpy as np
import pytest

from spritenet.errors import ModelError
from spritenet.training.plan import Plan
from spritenet.training.session import Session
from spritenet.training.state import CurrentState, TrainingState


def session(step: int = 3) -> Session:
    """A training of 10 steps from step 2 on, with rates 0, 0.1, … 0.9."""
    parameters = np.arange(4, dtype=np.float32)
    now = TrainingState(parameters, np.ones((1, 4), np.float32), step=step, place=step)
    plan = Plan(2, 12, batch_size=8, seed=0, steps_per_epoch=5)
    return Session(plan, CurrentState(now), np.linspace(0, 0.9, 10, dtype=np.float32))


def test_the_first_reason_to_stop_stays() -> None:
    """Each request interrupts the engine."""
    asked = session()
    interrupts: list[int] = []
    asked.interrupt = lambda: interrupts.append(1)
    asked.stop("enough")
    asked.stop("really")
    assert asked.reason == "enough"
    assert len(interrupts) == 2


def test_the_rate_is_that_of_the_next_step() -> None:
    """Of the schedule, unless one is set; after the last step the last one."""
    assert session(3).learning_rate == pytest.approx(0.1)
    assert session(12).learning_rate == pytest.approx(0.9)
    asked = session()
    asked.set_learning_rate(0.5)
    assert asked.learning_rate == 0.5
    asked.set_learning_rate(None)
    assert asked.learning_rate == pytest.approx(0.1)


@pytest.mark.parametrize("rate", [float("nan"), float("inf"), -0.1, "fast"])
def test_a_wrong_rate_is_refused(rate: float) -> None:
    """NaN would spoil the weights."""
    asked = session()
    with pytest.raises(ModelError, match="learning rate"):
        asked.set_learning_rate(rate)
    assert asked.rate is None


def test_restored_parameters_are_a_copy() -> None:
    """Optimizer slots and position stay."""
    asked = session()
    best = asked.parameters
    asked.state.now.parameters[:] = 9
    asked.restore(best)
    now = asked.state.now
    assert now.parameters.tolist() == [0, 1, 2, 3]
    assert (now.step, now.slots.tolist()) == (3, [[1, 1, 1, 1]])
    best[:] = -1
    assert asked.parameters.tolist() == [0, 1, 2, 3]
