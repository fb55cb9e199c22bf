"""History: the epochs' figures as Keras gives them, collected from events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from spritenet.errors import MissingKeyError
from spritenet.training.events import (
    EpochEnded,
    Evaluated,
    Event,
    Finished,
    StepEvent,
    Stopped,
)

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["History"]


class Figures(dict[str, list[float]]):
    """The epochs' figures by name. Keras 2's and TensorFlow.js's "acc" is understood."""

    def __missing__(self, name: str) -> list[float]:
        """The figure of an older name.

        Raises:
            MissingKeyError: there is none.
        """
        newer = re.sub(r"acc$", "accuracy", str(name))
        if newer in self:
            return self[newer]
        do = "Give compile metrics=['accuracy']." if newer == "accuracy" else ""
        raise MissingKeyError(
            "there is no such figure",
            where="history",
            expected="one of " + ", ".join(self),
            got=repr(name),
            do="Give fit validation_data." if newer.startswith("val_") else do,
        )


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
    history: dict[str, list[float]] = field(default_factory=Figures)
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

    def plot(self, *, title: str = "") -> Figure:
        """Loss and accuracy against steps, training and validation. Needs the extra `plot`.

        Raises:
            DataError: there is no step yet.
        """
        from spritenet import plots

        panels: dict[str, dict[str, tuple[list[int], list[float]]]] = {}
        for what in self.metrics:
            training = [float(getattr(event, what)) for event in self.steps]
            panels[what] = {"training": ([event.step for event in self.steps], training)}
            if self.evaluations:
                tested = [float(getattr(event, what)) for event in self.evaluations]
                steps = [event.step for event in self.evaluations]
                panels[what]["validation"] = (steps, tested)
        return plots.curves(panels if self.steps else {}, title=title)

    def _repr_html_(self) -> str:
        """The figures of each epoch and the curves, for notebooks."""
        from spritenet.training import history_html

        return history_html.history_html(self)

    def __repr__(self) -> str:
        """The last epoch's figures and how it ended."""
        last = ", ".join(f"{name} {figures[-1]:.4g}" for name, figures in self.history.items())
        if isinstance(self.end, Stopped):
            end = f"stopped: {self.end.reason}"
        else:
            end = f"{self.images_per_second:,.0f} images/s"
        return f"<History of {len(self.epoch)} epochs, {len(self.steps)} updates: {last}; {end}>"
