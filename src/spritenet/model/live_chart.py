"""LiveChart: loss and accuracy as they come, in a notebook. It is shown events, and draws.

Needs neither matplotlib nor widgets: the chart is SVG in an output that is replaced. Nothing is
drawn where there is no notebook.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from html import escape
from time import perf_counter

from spritenet.svg import Line, Thinned, chart
from spritenet.training.events import Evaluated, Event, Finished, Started, StepEvent, Stopped

__all__ = ["LiveChart", "in_notebook", "shown"]

EVERY = 0.5
"""Seconds between two pictures, at least."""

Show = Callable[[str], object]
"""Takes HTML, and puts it where the HTML before was."""


class LiveChart:
    """A callback that shows a training's curves while it goes on.

        model.fit(data.train, epochs=5, callbacks=sn.LiveChart(), verbose=0)

    In a notebook `fit` shows one by itself, unless `verbose=0`.

    Args:
        show: what takes the HTML; by default an output of the notebook, and nothing elsewhere.
        every: seconds between two pictures, at least.
        clock: tells the seconds.
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
        self._step, self._images, self._end = 0, 0, ""
        self._began, self._drawn = self._clock(), float("-inf")

    def __call__(self, event: Event) -> None:
        """See an event, and draw if it is time."""
        match event:
            case Started():
                self._begin(event)
                if self._show is None:
                    self._show = _notebook_output() if in_notebook() else _nowhere
                return
            case StepEvent():
                self._losses.add(event.step, event.loss)
                self._accuracies.add(event.step, event.accuracy)
                self._step, self._images = event.step, self._images + event.images
            case Evaluated():
                self._tests.append(event)
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
        """The chart as it is now."""
        tests = [test.step for test in self._tests]
        panels = [
            ("loss", self._losses, [test.loss for test in self._tests]),
            ("accuracy", self._accuracies, [test.accuracy for test in self._tests]),
        ]
        pictures = []
        for what, curve, tested in panels:
            if not len(curve):
                continue
            lines = [Line("training", curve.x, curve.y, curve.low, curve.high)]
            if tests:
                lines.append(Line("validation", tests, tested, dots=True))
            label = f"{what} against steps; training now {curve.y[-1]:.4g}"
            picture = chart(
                lines, label=label, x_label="step", y_label=what, percent=what == "accuracy"
            )
            pictures.append(f'<div style="flex:1 1 300px;max-width:480px">{picture}</div>')
        each = self._losses.each
        said = f"each point the mean of {each:,} steps, over their range" if each > 1 else ""
        return (
            f'<div style="display:flex;flex-wrap:wrap;gap:16px">{"".join(pictures)}</div>'
            f"<div>{escape(self._status())}"
            f'<span style="opacity:.7">{" · " + said if said else ""}</span></div>'
        )

    def _status(self) -> str:
        """How far it is, how fast, how long it will take."""
        words = []
        if self._started is not None:
            words.append(f"step {self._step:,} of {self._started.last_step:,}")
        if self._tests:
            last = self._tests[-1]
            words.append(f"validation loss {last.loss:.4f}, accuracy {100 * last.accuracy:.2f} %")
        seconds = self._clock() - self._began
        if self._end:
            words.append(self._end)
        elif self._started is not None and seconds > 0:
            words.append(f"{self._images / seconds:,.0f} images/s")
            done = self._step - self._started.step
            left = (self._started.last_step - self._step) * seconds / max(1, done)
            words.append(f"{left:,.0f} s left")
        return " · ".join(words)


def shown(events: Iterable[Event]) -> Iterator[Event]:
    """Hand the events on; show them in the notebook."""
    live = LiveChart()
    for event in events:
        live(event)
        yield event


def in_notebook() -> bool:
    """Whether a notebook shows what this process displays: IPython with a kernel behind it."""
    if "IPython" not in sys.modules:
        return False
    from IPython import get_ipython

    return getattr(get_ipython(), "kernel", None) is not None


def _notebook_output() -> Show:
    """A new output, whose content is replaced each time."""
    from IPython.display import HTML, display

    handle = display(HTML(""), display_id=True)
    return lambda page: handle.update(HTML(page))


def _nowhere(_: str) -> None:
    """Where there is no notebook."""
