"""The live line of a training on a terminal: how far, how fast, how well.

It pulls events and shows them; nothing is shown where standard error is not a terminal.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from time import perf_counter
from typing import TYPE_CHECKING, Self

from spritenet.cli.sparkline import BLOCKS, Sparkline
from spritenet.formatting import percent
from spritenet.training.events import Evaluated, Event, Started, StepEvent

if TYPE_CHECKING:
    from types import TracebackType

    from rich.progress import Progress

__all__ = ["LiveLine", "watched"]

REFRESH = 0.1
"""Seconds between two pictures of the line."""

MEMORY = 0.95
"""What the figures keep of their past at each step, so that they can be read."""

WIDTH = 100
"""Columns at most: a bar right across a wide screen is no easier to read."""

ROOM = 90
"""Columns at least for the curve of the loss."""


BESIDE = 12
"""Columns of the shortest bar, the time that remains, and the gaps."""


def watched(
    events: Iterable[Event], *, live: bool = True, evaluated: str = "tested"
) -> Iterator[Event]:
    """Hand the events on, and show them while they pass if standard error is a terminal.

    What is printed in between stays above the line.

    Args:
        events: of the training.
        live: whether they are shown at all.
        evaluated: the word for an evaluation: "tested", or "validation".
    """
    if not live or not sys.stderr.isatty():
        yield from events
        return
    with LiveLine(evaluated) as line:
        for event in events:
            line.show(event)
            yield event


class LiveLine:
    """A progress bar with figures, on standard error.

    Args:
        evaluated: the word for an evaluation.
    """

    def __init__(self, evaluated: str = "tested") -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        console = Console(stderr=True)
        console.width = min(console.width - 3, WIDTH)  # a terminal adds ^C to the line
        self.progress: Progress = Progress(
            TextColumn("{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.fields[figures]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            auto_refresh=False,
            transient=True,
            redirect_stdout=sys.stdout.isatty(),  # a file must get its lines itself
            redirect_stderr=False,  # nothing but Ctrl-C's word is written there meanwhile
            expand=True,
        )
        self.task = self.progress.add_task("", total=None, figures="")
        self.epochs = self.steps_per_epoch = 1
        self.curve = Sparkline() if console.width >= ROOM and _writes(BLOCKS) else None
        self.images = 0
        self.figures: tuple[float, float] | None = None
        self.evaluated = evaluated
        self.tested = ""
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
        """Take an event in, and draw the line if it is time."""
        match event:
            case Started():
                self.progress.update(self.task, total=event.last_step, completed=event.step)
                self.steps_per_epoch = event.steps_per_epoch
                self.epochs = -(-event.last_step // event.steps_per_epoch)
                self.marks = [(perf_counter(), 0)]
            case StepEvent():
                self._add(event)
            case Evaluated():
                self.tested = f"  {self.evaluated} {percent(event.accuracy)}"
            case _:
                pass
        if perf_counter() - self.drawn >= REFRESH and self.figures:
            self._draw(event.step, *self.figures)

    def _add(self, event: StepEvent) -> None:
        """Take a step's figures into the moving averages."""
        self.images += event.images
        if self.curve is not None:
            self.curve.add(event.loss)
        loss, accuracy = self.figures or (event.loss, event.accuracy)
        self.figures = (
            MEMORY * loss + (1 - MEMORY) * event.loss,
            MEMORY * accuracy + (1 - MEMORY) * event.accuracy,
        )

    def _draw(self, step: int, loss: float, accuracy: float) -> None:
        """Draw the line."""
        self.drawn = now = perf_counter()
        then, before = self.marks[0]
        speed = (self.images - before) / max(now - then, 1e-9)
        self.marks = [*self.marks[-20:], (now, self.images)]
        curve = f"{self.curve} " if self.curve is not None else ""
        epoch = min(self.epochs, (step - 1) // self.steps_per_epoch + 1)
        description = f"epoch {epoch}/{self.epochs}"
        figures = f"loss {curve}{loss:.3f}  accuracy {percent(accuracy)}{self.tested}"
        fast = f"{speed:,.0f} images/s  "
        if len(description) + len(fast) + len(figures) <= self.progress.console.width - BESIDE:
            figures = fast + figures
        self.progress.update(
            self.task, completed=step, description=description, figures=figures, refresh=True
        )


def _writes(signs: str) -> bool:
    """Whether standard error can show them."""
    try:
        signs.encode(sys.stderr.encoding or "ascii")
    except (UnicodeError, LookupError):
        return False
    return True
