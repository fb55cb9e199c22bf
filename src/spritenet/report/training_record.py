"""TrainingRecord: the curves and the outcome of a training, from its journal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from spritenet.charts import Thinned
from spritenet.runs import Run
from spritenet.runs.journal_follower import JournalFollower
from spritenet.training.events import (
    EpochEnded,
    Evaluated,
    Event,
    Finished,
    Started,
    StepEvent,
    Stopped,
    from_json,
)

__all__ = ["TrainingRecord"]


@dataclass(slots=True, eq=False)
class TrainingRecord:
    """The curves and the outcome of a training.

    Attributes:
        loss: of the training batches, against steps.
        accuracy: of the training batches, against steps.
        evaluations: on validation and test images.
        epochs: the metrics of each epoch.
        started: the first event; None if the journal has none.
        end: the last event; None if the training was killed or still runs.
        last_step: the number of steps.
        sampled: one of about this many steps was read of a large journal; 1 for all.
    """

    loss: Thinned = field(default_factory=Thinned)
    accuracy: Thinned = field(default_factory=Thinned)
    evaluations: list[Evaluated] = field(default_factory=list)
    epochs: list[EpochEnded] = field(default_factory=list)
    started: Started | None = None
    end: Finished | Stopped | None = None
    last_step: int = 0
    sampled: int = 1

    @classmethod
    def of(cls, events: Iterable[Event]) -> TrainingRecord:
        """Collects events, in one pass."""
        found = cls()
        for event in events:
            found.last_step = max(found.last_step, event.step)
            match event:
                case StepEvent():
                    found.loss.add(event.step, event.loss)
                    if event.accuracy is not None:
                        found.accuracy.add(event.step, event.accuracy)
                case Evaluated():
                    found.evaluations.append(event)
                case EpochEnded():
                    found.epochs.append(event)
                case Started():
                    found.started, found.end = event, None
                case Finished() | Stopped():
                    found.end = event
                case _:
                    pass
        return found

    @classmethod
    def of_run(cls, run: Run) -> TrainingRecord:
        """Reads the journal of a run. A large one is sampled, so that 1 GB takes no longer.

        Raises:
            RunError: the journal can't be read.
        """
        batch = JournalFollower(run.journal_path).read()
        found = cls.of(event for entry in batch.others if (event := _event(entry)) is not None)
        found.sampled = batch.sampled
        columns = (batch.steps[name] for name in ("step", "loss", "correct", "images"))
        for step, loss, correct, images in zip(*columns, strict=True):
            if step is None:
                continue
            found.last_step = max(found.last_step, int(step))
            if loss is not None:
                found.loss.add(step, loss)
            if correct is not None and images:
                found.accuracy.add(step, correct / images)
        return found

    @property
    def outcome(self) -> str:
        """Finished, stopped or not finished, in words."""
        if isinstance(self.end, Finished):
            return "finished"
        if isinstance(self.end, Stopped):
            return f"stopped: {self.end.reason}"
        return "not finished: it was killed or still runs"


def _event(entry: Mapping[str, object]) -> Event | None:
    """Returns the event of a journal's line; None for other lines and invalid numbers.

    The reader has null for numbers that aren't finite; they become NaN.
    """
    missing = {"loss", "accuracy", "val_loss", "val_accuracy"}
    others = {name: _metrics(entry[name]) for name in ("metrics", "val_metrics") if name in entry}
    whole = None not in others.values()
    figures = {
        name: math.nan if value is None and name in missing else value
        for name, value in entry.items()
        if name not in others
    }
    event = from_json({**figures, **others})
    words = {"event", "reason", "path"}
    numbers = all(
        isinstance(value, int | float) for name, value in figures.items() if name not in words
    )
    return event if numbers and whole else None


def _metrics(entry: object) -> dict[str, float | list[float]] | None:
    """Returns metrics by name, those that are no numbers left out; None if it is no object."""
    if not isinstance(entry, Mapping):
        return None
    return {
        str(name): value
        for name, value in entry.items()
        if all(
            isinstance(each, int | float)
            for each in (value if isinstance(value, list) else [value])
        )
    }
