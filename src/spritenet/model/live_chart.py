"""LiveChart: the curves of loss and accuracy in a notebook, during training.

The chart is SVG in an output that is replaced; matplotlib and widgets aren't needed. Nothing is
drawn outside notebooks.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from html import escape
from time import perf_counter

from spritenet.charts import Thinned, learning_curve, svg_row
from spritenet.training.events import (
    EpochEnded,
    Evaluated,
    Event,
    Finished,
    Started,
    StepEvent,
    Stopped,
)
from spritenet.training.history import metric_curves

__all__ = ["LiveChart", "in_notebook", "with_live_chart"]

EVERY = 0.5
"""Least seconds between two drawings."""

Show = Callable[[str], object]
"""Replaces the HTML of an output."""


class LiveChart:
    """A callback that draws the curves of a training while it runs.

        model.fit(data.train, epochs=5, callbacks=sn.LiveChart(), verbose=0)

    In a notebook `fit` draws one by default, unless `verbose=0`.

    Args:
        show: called with the HTML; by default it goes to an output of the notebook, if any.
        every: least seconds between two drawings.
        clock: returns the time in seconds.
    """

    def __init__(
        self,
        show: Show | None = None,
        *,
        every: float = EVERY,
        clock: Callable[[], float] = perf_counter,
    ) -> None:
        self.every = every
        self._clock = clock
        self._show = show
        self._begin(None)

    def _begin(self, started: Started | None) -> None:
        self._started = started
        self._losses, self._accuracies = Thinned(), Thinned()
        self._tests: list[Evaluated] = []
        self._epochs: list[EpochEnded] = []
        self._step, self._images, self._end = 0, 0, ""
        self._began, self._drawn = self._clock(), float("-inf")

    def __call__(self, event: Event) -> None:
        """Records an event, and draws if it is time."""
        match event:
            case Started():
                self._begin(event)
                if self._show is None:
                    self._show = _notebook_output() if in_notebook() else _nowhere
                return
            case StepEvent():
                self._losses.add(event.step, event.loss)
                if event.accuracy is not None:
                    self._accuracies.add(event.step, event.accuracy)
                self._step, self._images = event.step, self._images + event.images
            case Evaluated():
                self._tests.append(event)
            case EpochEnded():
                self._epochs.append(event)
            case Finished():
                self._end = f"finished: {event.images_per_second:,.0f} images/s"
            case Stopped():
                self._end = f"stopped: {event.reason}"
            case _:
                return
        now = self._clock()
        if self._show is not None and (self._end or now - self._drawn >= self.every):
            self._drawn = now
            self._show(self.html())

    def html(self) -> str:
        """Returns the chart so far."""
        steps = [test.step for test in self._tests]
        panels = {
            "loss": (self._losses, [test.loss for test in self._tests]),
            "accuracy": (self._accuracies, [test.accuracy or 0.0 for test in self._tests]),
        }
        charts = [
            learning_curve(metric, {"training": curve, "validation": (steps, tested)})
            for metric, (curve, tested) in panels.items()
            if len(curve)  # no accuracy where targets are numbers
        ]
        charts += [
            learning_curve(metric, series)
            for metric, series in metric_curves(self._epochs, self._tests).items()
        ]
        return f"{svg_row(charts)}<div>{escape(self._status())}</div>"

    def _status(self) -> str:
        """Returns step, speed and remaining time, in words."""
        words = []
        if self._started is not None:
            words.append(f"step {self._step:,} of {self._started.last_step:,}")
        if self._tests:
            last = self._tests[-1]
            right = "" if last.accuracy is None else f", accuracy {100 * last.accuracy:.2f} %"
            words.append(f"validation loss {last.loss:.4f}{right}")
        seconds = self._clock() - self._began
        if self._end:
            words.append(self._end)
        elif self._started is not None and seconds > 0:
            words.append(f"{self._images / seconds:,.0f} images/s")
            done = self._step - self._started.step
            left = (self._started.last_step - self._step) * seconds / max(1, done)
            words.append(f"{left:,.0f} s left")
        return " · ".join(words)


def with_live_chart(events: Iterable[Event]) -> Iterator[Event]:
    """Yields the events, and draws them in the notebook."""
    live = LiveChart()
    for event in events:
        live(event)
        yield event


def in_notebook() -> bool:
    """Returns True if a notebook shows the output of this process: IPython with a kernel."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def _notebook_output() -> Show:
    """Returns a function that replaces the content of a new output."""
    from IPython.display import HTML, display

    handle = display(HTML(""), display_id=True)
    return lambda page: handle.update(HTML(page))


def _nowhere(_: str) -> None:
    """Discards the HTML, outside notebooks."""
