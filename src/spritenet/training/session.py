"""What callbacks see of a running training, and what they may ask of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from spritenet.arguments import number
from spritenet.training.plan import Plan
from spritenet.training.state import State

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Saveable", "Session"]


class Saveable(Protocol):
    """A model that can be saved while it learns."""

    def save(self, path: str | Path, /) -> None:
        """Write it to a folder, whole or not at all."""

    def save_weights(self, filepath: str | Path, /) -> None:
        """Write its weights alone to a file."""


@dataclass(slots=True, eq=False)
class Session:
    """One running training.

    Attributes:
        plan: what it will do.
        state: weights and place.
        rates: the learning rates of the plan's updates.
        model: what is being trained.
        interrupt: ends the engine's call under way.
        reason: why it shall stop; empty to go on.
        rate: the learning rate from now on; None for the optimizer's own.
    """

    plan: Plan
    state: State
    rates: NDArray[np.float32]
    model: Saveable | None = None
    interrupt: Callable[[], None] = lambda: None
    reason: str = ""
    rate: float | None = None

    def stop(self, reason: str) -> None:
        """End the training before its next update, also while that is being worked out."""
        self.reason = self.reason or reason
        self.interrupt()

    def set_learning_rate(self, rate: float | None) -> None:
        """Use this rate from the next update on; None goes back to the optimizer's.

        Raises:
            ModelError: it is not a finite number ≥ 0.
        """
        self.rate = None if rate is None else number(rate, "the rate", "learning rate", least=0)

    @property
    def parameters(self) -> NDArray[np.float32]:
        """A copy of the parameters that would be saved now."""
        return self.state.now.best_guess.copy()

    @property
    def learning_rate(self) -> float:
        """The rate of the next update."""
        if self.rate is not None:
            return self.rate
        place = min(self.state.now.step, self.plan.last_step - 1) - self.plan.first_step
        return float(self.rates[place])

    def restore(self, parameters: NDArray[np.float32]) -> None:
        """Make these the parameters; optimizer memories and place stay as they are."""
        self.state.now = replace(self.state.now, parameters=parameters.copy(), average=None)
