"""The live line of a training: a progress bar with speed, loss and accuracy, on standard error."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Self

from spritenet.cli.graphics import BLOCKS, Sparkline
from spritenet.formatting import percent
from spritenet.training.events import Evaluated, Event, Started, StepEvent

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress

__all__ = ["with_live_line"]

REFRESH = 0.1
"""Seconds between two redraws."""

DECAY = 0.95
"""Of the moving averages of loss and accuracy, per step."""

WIDTH = 100
"""Columns at most: a bar across a wide screen is no easier to read."""

CURVE_WIDTH = 90
"""Columns of the line from which on it has a curve of the loss."""

BAR_WIDTH = 12
"""Columns of the shortest bar, the remaining time, and the gaps."""


def with_live_line(events: Iterable[Event], *, evaluation: str = "test") -> Iterator[Event]:
    """Yields the events, and shows a live line meanwhile if standard error is a terminal.

    Lines printed meanwhile stay above it.

    Args:
        events: of the training.
        evaluation: the images evaluated: "test" or "validation".
    """
    if not sys.stderr.isatty():
        yield from events
        return
    with LiveLine(evaluation) as line:
        for event in events:
            line.show(event)
            yield event


class LiveLine:
    """A progress bar with speed, loss and accuracy.

    Args:
        evaluation: the images evaluated: "test" or "validation".
    """

    def __init__(self, evaluation: str = "test") -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        console.width = min(console.width - 3, WIDTH)  # a terminal adds ^C to the line
        self.progress: Progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[metrics]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # a file gets its lines directly
            redirect_stderr=False,  # only the message of Ctrl-C is written there meanwhile
            expand=True,
        )
        self.task = self.progress.add_task("", total=None, metrics="")
        self.epochs = self.steps_per_epoch = 1
        self.curve = Sparkline() if console.width >= CURVE_WIDTH and _can_encode(BLOCKS) else None
        self.images = 0
        self.averages: tuple[float, float | None] | None = None
        self.evaluation = evaluation
        self.evaluated = ""
        self.drawn = 0.0
        self.marks: list[tuple[float, int]] = []

    def __enter__(self) -> Self:
        self.progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.progress.stop()

    def show(self, event: Event) -> None:
        """Takes an event, and redraws the line if it is time."""
        match event:
            case Started():
                self.progress.update(self.task, total=event.last_step, completed=event.step)
                self.steps_per_epoch = event.steps_per_epoch
                self.epochs = -(-event.last_step // event.steps_per_epoch)
                self.marks = [(perf_counter(), 0)]
            case StepEvent():
                self._add(event)
            case Evaluated():
                right = None if event.accuracy is None else percent(event.accuracy)
                self.evaluated = f"  {self.evaluation} {right or f'loss {event.loss:.3f}'}"
            case _:
                pass
        if perf_counter() - self.drawn >= REFRESH and self.averages:
            self._draw(event.step, *self.averages)

    def _add(self, event: StepEvent) -> None:
        """Updates the moving averages with a step's loss and accuracy."""
        self.images += event.images
        if self.curve is not None:
            self.curve.add(event.loss)
        loss, accuracy = self.averages or (event.loss, event.accuracy)
        now = event.accuracy
        self.averages = (
            DECAY * loss + (1 - DECAY) * event.loss,
            None if accuracy is None or now is None else DECAY * accuracy + (1 - DECAY) * now,
        )

    def _draw(self, step: int, loss: float, accuracy: float | None) -> None:
        """Draws the line."""
        self.drawn = now = perf_counter()
        then, before = self.marks[0]
        speed = (self.images - before) / max(now - then, 1e-9)
        self.marks = [*self.marks[-20:], (now, self.images)]
        curve = f"{self.curve} " if self.curve is not None else ""
        epoch = min(self.epochs, (step - 1) // self.steps_per_epoch + 1)
        description = f"epoch {epoch}/{self.epochs}"
        right = "" if accuracy is None else f"  accuracy {percent(accuracy)}"
        metrics = f"loss {curve}{loss:.3f}{right}{self.evaluated}"
        fast = f"{speed:,.0f} images/s  "
        if len(description) + len(fast) + len(metrics) <= self.progress.console.width - BAR_WIDTH:
            metrics = fast + metrics
        self.progress.update(
            self.task, completed=step, description=description, metrics=metrics, refresh=True
        )


def _can_encode(text: str) -> bool:
    """Returns whether standard error can show these characters."""
    try:
        text.encode(sys.stderr.encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True
