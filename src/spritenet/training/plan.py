"""What a training will do, fixed before it starts: how many updates, and where it pauses.

Knows numbers only: no images, no engine.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.schedules import Schedule

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AVERAGE_EVERY", "Plan"]

AVERAGE_EVERY = 8
"""Updates between two of the moving average's: fixed, so that it never depends on speed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A training from update `first_step` to update `last_step`.

    Attributes:
        first_step: updates done before it.
        last_step: updates done after it.
        batch_size: images in a batch.
        seed: of the order and the dropout.
        steps_per_epoch: updates in an epoch, as reported.
        first_epoch: the number of the first epoch.
        shuffle: False takes the images as they lie.
        test_every: updates between two small evaluations; 0 for none.
        checkpoint_every: updates between two checkpoints; 0 for the end of each epoch, and
            sooner if an epoch takes long.
        average: the share of the moving average that stays at each update; 0 for no average.
        validation_freq: epochs between two evaluations.
    """

    first_step: int
    last_step: int
    batch_size: int
    seed: int
    steps_per_epoch: int
    first_epoch: int = 0
    shuffle: bool = True
    test_every: int = 0
    checkpoint_every: int = 0
    average: float = 0.0
    validation_freq: int = 1

    @property
    def steps(self) -> int:
        """How many updates it does."""
        return self.last_step - self.first_step

    def epoch(self, step: int) -> int:
        """The number of the epoch that the update after `step` updates belongs to."""
        return self.first_epoch + (step - self.first_step) // self.steps_per_epoch

    def ends_epoch(self, step: int) -> bool:
        """Whether an epoch, perhaps cut short, is over after `step` updates."""
        return step == self.last_step or self._divides(self.steps_per_epoch, step)

    def tests(self, step: int) -> bool:
        """Whether the network is tried on a few images after `step` updates."""
        return bool(self.test_every) and self._divides(self.test_every, step)

    def validates(self, step: int) -> bool:
        """Whether the epoch that is over after `step` updates is one to evaluate after."""
        return (self.epoch(step - 1) + 1) % self.validation_freq == 0

    def averages(self, step: int) -> bool:
        """Whether the moving average takes the parameters in after `step` updates."""
        return bool(self.average) and self._divides(AVERAGE_EVERY, step)

    def saves(self, step: int) -> bool:
        """Whether a checkpoint is due after `step` updates."""
        if step == self.last_step or not self.checkpoint_every:
            return self.ends_epoch(step)
        return self._divides(self.checkpoint_every, step)

    def pause(self, step: int) -> int:
        """After how many updates there is something else to do, once `step` are done."""
        every = (
            self.steps_per_epoch,
            self.test_every,
            self.checkpoint_every,
            AVERAGE_EVERY if self.average else 0,
        )
        done = step - self.first_step
        return min(
            self.last_step, *(self.first_step + done - done % each + each for each in every if each)
        )

    def rates(self, schedule: Schedule) -> NDArray[np.float32]:
        """The learning rates of all its updates."""
        whole = schedule.spanning(self.first_step, self.steps)
        return whole(np.arange(self.first_step, self.last_step)).astype(np.float32)

    def _divides(self, every: int, step: int) -> bool:
        return (step - self.first_step) % every == 0
