"""Plan of a training, fixed before it starts: the number of steps, and where the loop pauses.

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
"""Steps between two updates of the moving average: fixed, so that it never depends on speed."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A training from step `first_step` to step `last_step`.

    Attributes:
        first_step: the number of steps before it.
        last_step: the number of steps after it.
        batch_size: images in a batch.
        seed: of the shuffling and the dropout.
        steps_per_epoch: steps in an epoch, as reported.
        first_epoch: the number of the first epoch.
        shuffle: False keeps the order in which images are stored.
        test_every: steps between two small evaluations; 0 for none.
        checkpoint_every: steps between two checkpoints; 0 for the end of each epoch, and
            sooner if an epoch takes long.
        average: the decay of the moving average of the weights per step; 0 for no average.
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
        """The number of steps in this training."""
        return self.last_step - self.first_step

    def epoch(self, step: int) -> int:
        """Returns the number of the epoch of the step that follows `step` steps."""
        return self.first_epoch + (step - self.first_step) // self.steps_per_epoch

    def ends_epoch(self, step: int) -> bool:
        """Returns True if an epoch, perhaps cut short, ends after `step` steps."""
        return step == self.last_step or self._divides(self.steps_per_epoch, step)

    def tests(self, step: int) -> bool:
        """Returns True if a small evaluation is due after `step` steps."""
        return bool(self.test_every) and self._divides(self.test_every, step)

    def validates(self, step: int) -> bool:
        """Returns True if the epoch that ends after `step` steps is followed by an evaluation."""
        return (self.epoch(step - 1) + 1) % self.validation_freq == 0

    def averages(self, step: int) -> bool:
        """Returns True if the moving average is updated after `step` steps."""
        return bool(self.average) and self._divides(AVERAGE_EVERY, step)

    def saves(self, step: int) -> bool:
        """Returns True if a checkpoint is due after `step` steps."""
        if step == self.last_step or not self.checkpoint_every:
            return self.ends_epoch(step)
        return self._divides(self.checkpoint_every, step)

    def pause(self, step: int) -> int:
        """Returns the step, after `step`, at which the loop pauses next."""
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
        """Returns the learning rates of all steps."""
        whole = schedule.spanning(self.first_step, self.steps)
        return whole(np.arange(self.first_step, self.last_step)).astype(np.float32)

    def _divides(self, every: int, step: int) -> bool:
        return (step - self.first_step) % every == 0
