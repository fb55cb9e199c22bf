"""What a run's journal tells: curves of any length as a few hundred points, and how it ended."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from spritenet.svg import Thinned
from spritenet.training.events import (
    EpochEnded,
    Evaluated,
    Event,
    Finished,
    Started,
    StepEvent,
    Stopped,
)

__all__ = ["Learning"]


@dataclass(slots=True, eq=False)
class Learning:
    """A training as its journal tells it.

    Attributes:
        loss: of training, against steps.
        accuracy: of training, against steps.
        evaluations: on images it didn't learn from.
        epochs: the figures of each.
        started: how it was meant to be; None if the journal doesn't say.
        end: how it ended; None if it was killed, or is still going on.
    """

    loss: Thinned = field(default_factory=Thinned)
    accuracy: Thinned = field(default_factory=Thinned)
    evaluations: list[Evaluated] = field(default_factory=list)
    epochs: list[EpochEnded] = field(default_factory=list)
    started: Started | None = None
    end: Finished | Stopped | None = None
    last_step: int = 0
    images: int = 0

    @classmethod
    def of(cls, events: Iterable[Event]) -> Learning:
        """What the events tell, in one pass."""
        found = cls()
        for event in events:
            found.last_step = max(found.last_step, event.step)
            match event:
                case StepEvent():
                    found.loss.add(event.step, event.loss)
                    found.accuracy.add(event.step, event.accuracy)
                    found.images += event.images
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

    @property
    def how_it_ended(self) -> str:
        """In words."""
        if isinstance(self.end, Finished):
            return "finished"
        if isinstance(self.end, Stopped):
            return f"stopped: {self.end.reason}"
        return "not finished: it was killed, or is still going on"
