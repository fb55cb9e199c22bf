"""What `spritenet train` was asked for: typed now, or kept in a run's folder.

Every option has its default here, so that a run that is resumed can tell what was typed from what
was not.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from spritenet.cli.reading import Reading
from spritenet.errors import InputError
from spritenet.optimizers import Optimizer
from spritenet.schedules import CosineDecay, ExponentialDecay, OneCycle, Schedule

__all__ = ["Options"]

SCHEDULES = ("constant", "cosine", "one-cycle", "exponential")
LAST_SHARE = 0.01
"""What `exponential` leaves of the learning rate at the end of the training."""


@dataclass(frozen=True, slots=True)
class Options:
    """The options of a training, as in `spritenet train --help`."""

    data: str = "strokes"
    model: str = "tutorial"
    start: str | None = None
    epochs: int = 5
    steps: int | None = None
    batch_size: int = 64
    optimizer: str | None = None
    learning_rate: float | None = None
    schedule: str | None = None
    ema: float | None = None
    seed: int = 0
    validation: float = 0.0
    test_every: int | None = None
    test_size: int | None = None
    checkpoint_every: int | None = None
    memory: str | None = None
    reading: Reading = field(default_factory=Reading)

    def but(self, given: Mapping[str, Any]) -> Options:
        """The same with what is given; None is not given."""
        names = {f.name for f in fields(self)}
        changes = {k: v for k, v in given.items() if k in names and v is not None}
        for name in {"data", "start"} & changes.keys():
            changes[name] = _from_anywhere(changes[name])
        if changes.get("epochs") is not None and "steps" not in changes:
            changes["steps"] = None  # typed epochs mean more than the steps of a resumed run
        if "reading" in changes and changes.get("data", self.data) == self.data:
            changes["reading"] = changes["reading"].over(self.reading)
        return replace(self, **changes)

    def to_json(self) -> dict[str, object]:
        """For a run's config.json."""
        return {**asdict(self), "reading": self.reading.to_json()}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Options:
        """The inverse of `to_json`; what is unknown here is left out."""
        return cls().but({**kept, "reading": Reading.from_json(kept.get("reading"))})

    @property
    def label(self) -> str:
        """A word for the network that may be part of a folder's name."""
        word = self.start or self.model
        return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in word).strip("-")

    def steps_on(self, images: int) -> int:
        """How many updates the training has on so many images."""
        return self.steps or self.epochs * -(-images // self.batch_size)

    def rate_of(self, optimizer: Optimizer) -> str:
        """The learning rate in words."""
        rate = optimizer.learning_rate
        if isinstance(rate, float | int):
            return f"{rate:g}"
        words = type(rate).__name__ if self.schedule is None else self.schedule
        return f"{words} {self.learning_rate:g}" if self.learning_rate else words

    def scheduled(self, optimizer: Optimizer, steps: int) -> Optimizer:
        """The optimizer with the learning rate and schedule that were asked for.

        Args:
            optimizer: the network's, or the one that was asked for.
            steps: how many updates there will be.

        Raises:
            InputError: there is no schedule of that name.
        """
        rate = self.learning_rate
        if rate is None:
            first = optimizer.learning_rate
            rate = first if isinstance(first, float | int) else float(first(0))
        elif self.schedule is None:
            return replace(optimizer, learning_rate=rate)
        if self.schedule is None:
            return optimizer
        schedules: dict[str, float | Schedule] = {
            "constant": rate,
            "cosine": CosineDecay(rate),
            "one-cycle": OneCycle(rate),
            "exponential": ExponentialDecay(rate, max(1, steps), LAST_SHARE),
        }
        if self.schedule not in schedules:
            raise InputError(
                "there is no such schedule",
                where="--schedule",
                expected="one of " + ", ".join(SCHEDULES),
                got=self.schedule,
            )
        return replace(optimizer, learning_rate=schedules[self.schedule])


def _from_anywhere(path: str) -> str:
    """A path that means the same in another folder: "." and "../x" are where they were typed."""
    first = re.split(r"[/\\]", path)[0]
    return os.path.abspath(path) if first in {".", ".."} else path  # noqa: PTH100 - resolving would follow links
