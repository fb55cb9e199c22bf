"""Options of `spritenet train`, from the command line or from a run's config.json.

Their defaults are here, so that a resumed run can tell given options from others.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from spritenet.cli.data_options import DataOptions
from spritenet.errors import InputError
from spritenet.optimizers import Optimizer
from spritenet.schedules import CosineDecay, ExponentialDecay, OneCycle, Schedule

if TYPE_CHECKING:
    from spritenet.model.fit_options import FitOptions

__all__ = ["TrainOptions"]

SCHEDULES = ("constant", "cosine", "one-cycle", "exponential")
FINAL_FRACTION = 0.01
"""Of the learning rate, at the end of an exponential schedule."""


@dataclass(frozen=True, slots=True)
class TrainOptions:
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
    data_options: DataOptions = field(default_factory=DataOptions)

    def updated(self, given: Mapping[str, Any]) -> TrainOptions:
        """Returns these options with the given ones; None means not given."""
        names = {f.name for f in fields(self)}
        changes = {k: v for k, v in given.items() if k in names and v is not None}
        for name in {"data", "start"} & changes.keys():
            changes[name] = _absolute(changes[name])
        if changes.get("epochs") is not None and "steps" not in changes:
            changes["steps"] = None  # given epochs override the steps of a resumed run
        if "data_options" in changes and changes.get("data", self.data) == self.data:
            changes["data_options"] = changes["data_options"].or_else(self.data_options)
        return replace(self, **changes)

    def to_json(self) -> dict[str, object]:
        """Returns the entry of a run's config.json."""
        return {**asdict(self), "data_options": self.data_options.to_json()}

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> TrainOptions:
        """Returns the options of an entry of config.json; unknown ones are ignored."""
        return cls().updated({**entry, "data_options": DataOptions.of_command(entry)})

    @property
    def label(self) -> str:
        """The network's name as a part of a folder's name."""
        word = self.start or self.model
        return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in word).strip("-")

    @property
    def fit_options(self) -> FitOptions:
        """The options that `Sequential.fit` has too."""
        from spritenet.model.fit_options import FitOptions  # data loads while models are imported

        return FitOptions.of({**asdict(self), "validation_split": self.validation})

    def steps_on(self, images: int) -> int:
        """Returns the number of steps of a training on so many images."""
        return self.steps or self.epochs * -(-images // self.batch_size)

    def describe_rate(self, optimizer: Optimizer) -> str:
        """Returns the learning rate in words."""
        rate = optimizer.learning_rate
        if isinstance(rate, float | int):
            return f"{rate:g}"
        words = type(rate).__name__ if self.schedule is None else self.schedule
        return f"{words} {self.learning_rate:g}" if self.learning_rate else words

    def with_schedule(self, optimizer: Optimizer, steps: int) -> Optimizer:
        """Returns the optimizer with the learning rate and schedule of these options.

        Args:
            optimizer: the network's, or that of `--optimizer`.
            steps: number of steps of the training.

        Raises:
            InputError: the schedule is unknown.
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
            "exponential": ExponentialDecay(rate, max(1, steps), FINAL_FRACTION),
        }
        if self.schedule not in schedules:
            raise InputError(
                "unknown schedule",
                where="--schedule",
                expected="one of " + ", ".join(SCHEDULES),
                got=self.schedule,
            )
        return replace(optimizer, learning_rate=schedules[self.schedule])


def _absolute(path: str) -> str:
    """Returns a path with "." or ".." resolved, so that it means the same in any folder."""
    first = re.split(r"[/\\]", path)[0]
    return os.path.abspath(path) if first in {".", ".."} else path  # noqa: PTH100 - resolving would follow links
