"""Session: a running training as callbacks see and control it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from spritenet.arguments import number
from spritenet.training.plan import Plan
from spritenet.training.state import CurrentState

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Session"]


class Saveable(Protocol):
    """A model that can be saved during training."""

    def save(self, path: str | Path, /) -> None:
        """Writes the model to a folder, whole or not at all."""

    def save_weights(self, filepath: str | Path, /) -> None:
        """Writes the weights alone to a file."""


@dataclass(slots=True, eq=False)
class Session:
    """One running training.

    Attributes:
        plan: its steps and pauses.
        state: weights, optimizer slots and position.
        rates: the learning rates of the plan's steps.
        model: the model in training.
        interrupt: aborts the engine's current call.
        reason: the reason to stop; empty to continue.
        rate: the learning rate from now on; None for the optimizer's own.
        directions: of each metric besides loss and accuracy, "up" or "down", the better one.
        waited: seconds in which steps waited for their images to be read.
        running_metrics: returns those metrics over the epoch so far.
    """

    plan: Plan
    state: CurrentState
    rates: NDArray[np.float32]
    model: Saveable | None = None
    interrupt: Callable[[], None] = lambda: None
    reason: str = ""
    rate: float | None = None
    directions: Mapping[str, str] = field(default_factory=dict)
    waited: float = 0.0
    running_metrics: Callable[[], Mapping[str, float | list[float]]] = dict

    def stop(self, reason: str) -> None:
        """Ends the training before its next step, even if that is being computed."""
        self.reason = self.reason or reason
        self.interrupt()

    def set_learning_rate(self, rate: float | None) -> None:
        """Sets the learning rate from the next step on; None restores the optimizer's.

        Raises:
            ModelError: the rate is not a finite number ≥ 0.
        """
        self.rate = None if rate is None else number(rate, "the rate", "learning rate", least=0)

    @property
    def parameters(self) -> NDArray[np.float32]:
        """A copy of the parameters that would be saved at this step."""
        return self.state.now.best_guess.copy()

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next step."""
        if self.rate is not None:
            return self.rate
        place = min(self.state.now.step, self.plan.last_step - 1) - self.plan.first_step
        return float(self.rates[place])

    def restore(self, parameters: NDArray[np.float32]) -> None:
        """Replaces the parameters; optimizer slots and position stay."""
        self.state.now = replace(self.state.now, parameters=parameters.copy(), average=None)
