"""History: the epochs' figures as Keras gives them, collected from events."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from spritenet.training.events import (
    EpochEnded,
    Evaluated,
    Event,
    Finished,
    StepEvent,
    Stopped,
)

__all__ = ["History"]


@dataclass(slots=True, eq=False)
class History:
    """What `fit` returns.

    Attributes:
        params: how it was trained: epochs, steps.
        metrics: "loss", and "accuracy" if it was asked for.
        history: for "loss", "accuracy", "val_loss", "val_accuracy" and "learning_rate" the
            figures of each epoch.
        epoch: the numbers of the epochs, from 0.
        steps: every update.
        evaluations: every evaluation, also those between the ends of epochs.
        end: the last event; None while training.
    """

    metrics: tuple[str, ...] = ("loss", "accuracy")
    params: dict[str, int] = field(default_factory=dict)
    history: dict[str, list[float]] = field(default_factory=dict)
    epoch: list[int] = field(default_factory=list)
    steps: list[StepEvent] = field(default_factory=list)
    evaluations: list[Evaluated] = field(default_factory=list)
    end: Finished | Stopped | None = None

    def recording(self, events: Iterable[Event]) -> Iterator[Event]:
        """Hand the events on, keeping what matters of them."""
        for event in events:
            self.add(event)
            yield event

    def add(self, event: Event) -> None:
        """Keep what matters of an event."""
        match event:
            case StepEvent():
                self.steps.append(event)
            case Evaluated():
                self.evaluations.append(event)
            case EpochEnded():
                self.epoch.append(event.epoch)
                for name, figure in event.logs.items():
                    if name == "learning_rate" or name.removeprefix("val_") in self.metrics:
                        self.history.setdefault(name, []).append(figure)
            case Finished() | Stopped():
                self.end = event
            case _:
                pass

    @property
    def images_per_second(self) -> float:
        """Training speed, without evaluation; 0 while training."""
        if self.end is None or not self.end.seconds:
            return 0.0
        return self.end.images / self.end.seconds

    def __repr__(self) -> str:
        """The last epoch's figures and how it ended."""
        last = ", ".join(f"{name} {figures[-1]:.4g}" for name, figures in self.history.items())
        if isinstance(self.end, Stopped):
            end = f"stopped: {self.end.reason}"
        else:
            end = f"{self.images_per_second:,.0f} images/s"
        return f"<History of {len(self.epoch)} epochs, {len(self.steps)} updates: {last}; {end}>"
