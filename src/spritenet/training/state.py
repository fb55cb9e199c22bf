"""What changes while a network learns, changed in one assignment at a time.

`State.now` is a whole and consistent `Snapshot`; training computes the next one in spare memory
and then puts it there. So an interrupt at any moment finds the one or the other, never a mixture.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Snapshot", "State", "Totals"]


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the updates of an epoch so far.

    Attributes:
        loss: of images · their batch's loss.
        correct: of images that were right.
        images: of images.
        seconds: spent on the updates.
    """

    loss: float = 0.0
    correct: int = 0
    images: int = 0
    seconds: float = 0.0

    def plus(self, other: Totals) -> Totals:
        """Both together."""
        return Totals(
            self.loss + other.loss,
            self.correct + other.correct,
            self.images + other.images,
            self.seconds + other.seconds,
        )


@dataclass(frozen=True, slots=True, eq=False)
class Snapshot:
    """Weights and place of a training at one moment.

    Attributes:
        parameters: float32, layer after layer, kernel before bias.
        slots: float32 (slots of the optimizer, parameters).
        average: float32, the moving average of the parameters; None if there is none.
        step: updates done since the weights were made.
        place: batches taken from the order; next is `place % parts` of pass `place // parts`.
        parts: batches in one pass through the images.
        epoch: sums over the epoch that is going on.
        whole: sums over the whole training.
    """

    parameters: NDArray[np.float32]
    slots: NDArray[np.float32]
    average: NDArray[np.float32] | None = None
    step: int = 0
    place: int = 0
    parts: int = 1
    epoch: Totals = field(default_factory=Totals)
    whole: Totals = field(default_factory=Totals)

    @property
    def passes(self) -> int:
        """How many passes through the images have been begun."""
        return -(-self.place // self.parts)

    @property
    def best_guess(self) -> NDArray[np.float32]:
        """The parameters to evaluate and to save: the average where there is one."""
        return self.parameters if self.average is None else self.average

    def copy(self) -> Snapshot:
        """The same in arrays of its own."""
        return replace(
            self,
            parameters=self.parameters.copy(),
            slots=self.slots.copy(),
            average=None if self.average is None else self.average.copy(),
        )

    def copy_into(self, spare: Snapshot) -> Snapshot:
        """The same in the arrays of `spare`, which has as many."""
        np.copyto(spare.parameters, self.parameters)
        np.copyto(spare.slots, self.slots)
        if self.average is not None and spare.average is not None:
            np.copyto(spare.average, self.average)
        return replace(self, parameters=spare.parameters, slots=spare.slots, average=spare.average)


@dataclass(slots=True, eq=False)
class State:
    """The one thing that training changes."""

    now: Snapshot
