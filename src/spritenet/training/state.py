"""State of a training: weights, optimizer slots and position, replaced in one assignment.

`CurrentState.now` is a whole and consistent `TrainingState`. Training computes the next one in
spare arrays and then assigns it, so that an interrupt at any moment finds one or the other, never
a mixture.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["CurrentState", "Totals", "TrainingState"]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the steps of an epoch so far.

    Attributes:
        loss: the sum of each batch's loss times its images.
        correct: correctly classified images; None where targets are numbers.
        images: images trained on.
        seconds: time spent on the steps.
    """

    loss: float = 0.0
    correct: float | None = 0
    images: int = 0
    seconds: float = 0.0

    def plus(self, other: Totals) -> Totals:
        """Returns the sum of both."""
        return Totals(
            self.loss + other.loss,
            None if other.correct is None else (self.correct or 0) + other.correct,
            self.images + other.images,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True, eq=False)
class TrainingState:
    """Weights, optimizer slots and position of a training at one moment.

    Attributes:
        parameters: float32, layer after layer, kernel before bias.
        slots: float32 (slots of the optimizer, parameters).
        average: float32, the moving average of the parameters; None if there is none.
        step: steps since the weights were initialized.
        place: batches trained on; the next one is `place % parts` of pass `place // parts`.
        parts: batches in one pass through the images.
        epoch: sums over the current epoch.
        whole: sums over the whole training.
        metrics: the sums of metrics over the current epoch, float64; None if there are none. It is
            replaced, never changed.
    """

    parameters: NDArray[np.float32]
    slots: NDArray[np.float32]
    average: NDArray[np.float32] | None = None
    step: int = 0
    place: int = 0
    parts: int = 1
    epoch: Totals = field(default_factory=Totals)
    whole: Totals = field(default_factory=Totals)
    metrics: NDArray[np.float64] | None = None

    @property
    def passes(self) -> int:
        """The number of passes through the images that have begun."""
        return -(-self.place // self.parts)

    @property
    def best_guess(self) -> NDArray[np.float32]:
        """The parameters to evaluate and save: the moving average where there is one."""
        return self.parameters if self.average is None else self.average

    def copy(self) -> TrainingState:
        """Returns a copy with its own arrays."""
        return replace(
            self,
            parameters=self.parameters.copy(),
            slots=self.slots.copy(),
            average=None if self.average is None else self.average.copy(),
        )

    def copy_into(self, spare: TrainingState) -> TrainingState:
        """Returns a copy that reuses the arrays of `spare`, which have the same shapes."""
        np.copyto(spare.parameters, self.parameters)
        np.copyto(spare.slots, self.slots)
        if self.average is not None and spare.average is not None:
            np.copyto(spare.average, self.average)
        return replace(self, parameters=spare.parameters, slots=spare.slots, average=spare.average)


@dataclass(slots=True, eq=False)
class CurrentState:
    """The present state of a training; the only object that the loop changes."""

    now: TrainingState
