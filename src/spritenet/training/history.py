"""History: the metrics of each epoch as Keras gives them, collected from events."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any

from spritenet import formatting
from spritenet.errors import MissingKeyError
from spritenet.metrics.registry import grows
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

__all__ = ["History", "metric_curves"]

MOST_ROWS = 20
"""Epochs in the HTML table; a longer training shows its last ones."""

CELL = 'style="text-align:right;padding:2px 8px"'


class MetricsByName(dict[str, list[Any]]):
    """Metrics of all epochs by name; "acc" of Keras 2 and TensorFlow.js means "accuracy"."""

    def __missing__(self, name: str) -> list[Any]:
        """Returns the metric of an older name.

        Raises:
            MissingKeyError: the name is unknown.
        """
        newer = re.sub(r"acc$", "accuracy", str(name))
        if newer in self:
            return self[newer]
        known = newer == "accuracy" or grows(newer) is not None
        do = f"Give compile metrics=[{newer!r}]." if known else ""
        raise MissingKeyError(
            "Unknown metric",
            where="history",
            expected="one of " + ", ".join(self),
            got=repr(name),
            do="Give fit validation_data." if newer.startswith("val_") else do,
        )


@dataclass(slots=True, eq=False)
class History:
    """The record of a training, returned by `fit`.

    Attributes:
        params: "epochs" and "steps" of the training.
        metrics: "loss", and the metrics the model was compiled with, such as "accuracy".
        history: for each of them, "val_loss" and the like, and "learning_rate", where they were
            measured, the value of each epoch; a metric of several values has a list.
        epoch: the numbers of the epochs, from 0.
        steps: every optimizer step.
        evaluations: every evaluation, including those within epochs.
        epochs: the end of every epoch.
        end: the last event; None while training.
    """

    metrics: tuple[str, ...] = ("loss", "accuracy")
    params: dict[str, int] = field(default_factory=dict)
    history: dict[str, list[Any]] = field(default_factory=MetricsByName)
    epoch: list[int] = field(default_factory=list)
    steps: list[StepEvent] = field(default_factory=list)
    evaluations: list[Evaluated] = field(default_factory=list)
    epochs: list[EpochEnded] = field(default_factory=list)
    end: Finished | Stopped | None = None

    def recording(self, events: Iterable[Event]) -> Iterator[Event]:
        """Records events while passing them on."""
        for event in events:
            self.add(event)
            yield event

    def add(self, event: Event) -> None:
        """Records one event."""
        match event:
            case StepEvent():
                self.steps.append(event)
            case Evaluated():
                self.evaluations.append(event)
            case EpochEnded():
                self.epoch.append(event.epoch)
                self.epochs.append(event)
                for name, value in event.logs.items():
                    if name == "learning_rate" or name.removeprefix("val_") in self.metrics:
                        self.history.setdefault(name, []).append(value)
            case Finished() | Stopped():
                self.end = event
            case _:
                pass

    @property
    def images_per_second(self) -> float:
        """Training speed, without the time of evaluations; 0 while training."""
        if self.end is None or not self.end.seconds:
            return 0.0
        return self.end.images / self.end.seconds

    def plot(self, *, title: str = "") -> Figure:
        """Plots loss and accuracy of training and validation against steps. Needs the extra `plot`.

        Raises:
            DataError: no step has been made.
        """
        from spritenet import plots

        return plots.curves(self._curves() if self.steps else {}, title=title)

    def _repr_html_(self) -> str:
        """The curves and a table of the epochs' metrics, for notebooks, light or dark."""
        from spritenet.charts import learning_curve, svg_row

        curves = self._curves() if self.steps else {}
        charts = svg_row(learning_curve(metric, series) for metric, series in curves.items())
        return f"<div>{escape(repr(self)[1:-1])}</div>{charts}{_table(self)}"

    def _curves(self) -> dict[str, dict[str, tuple[list[int], list[float]]]]:
        """Metric → training and validation → steps and values."""
        recorded: dict[str, Sequence[StepEvent] | Sequence[Evaluated]]
        recorded = {"training": self.steps, "validation": self.evaluations}
        curves = {
            metric: {
                name: ([e.step for e in events], [float(getattr(e, metric)) for e in events])
                for name, events in recorded.items()
                if events
            }
            for metric in self.metrics
            if getattr(self.steps[-1], metric, None) is not None
        }
        return curves | metric_curves(self.epochs, self.evaluations)

    def __repr__(self) -> str:
        """The metrics of the last epoch, and the end of the training."""
        last = ", ".join(
            f"{name} {formatting.metric(values[-1], '.4g')}"
            for name, values in self.history.items()
        )
        if isinstance(self.end, Stopped):
            end = f"stopped: {self.end.reason}"
        else:
            end = f"{self.images_per_second:,.0f} images/s"
        return f"<History of {len(self.epoch)} epochs, {len(self.steps)} steps: {last}; {end}>"


def metric_curves(
    epochs: Sequence[EpochEnded], evaluations: Sequence[Evaluated]
) -> dict[str, dict[str, tuple[list[int], list[float]]]]:
    """Metrics besides loss and accuracy → training and validation → steps and values.

    Those of training are of whole epochs. Metrics of several values have no curve.
    """
    found: dict[str, dict[str, tuple[list[int], list[float]]]] = {}
    for name, events in (("training", epochs), ("validation", evaluations)):
        for event in events:
            for metric, value in event.metrics.items():
                if not isinstance(value, list):
                    steps, values = found.setdefault(metric, {}).setdefault(name, ([], []))
                    steps.append(event.step)
                    values.append(value)
    return found


def _table(history: History) -> str:
    """A row of metrics for each epoch, as HTML."""
    names = list(history.history)
    head = "".join(f"<th {CELL}>{escape(name)}</th>" for name in ("epoch", *names))
    rows = []
    for row in range(max(0, len(history.epoch) - MOST_ROWS), len(history.epoch)):
        cells = "".join(
            f"<td {CELL}>{formatting.metric(values[row], '.4g')}</td>"
            if row < len(values)
            else "<td></td>"
            for values in history.history.values()
        )
        rows.append(f"<tr><td {CELL}>{history.epoch[row] + 1}</td>{cells}</tr>")
    return f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody></table>"
