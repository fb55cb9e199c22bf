"""A line for each epoch, for people who watch a terminal or a notebook: it pulls events."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from spritenet.training.events import EpochEnded, Event, Started, Stopped

__all__ = ["shown", "wanted"]


def wanted(verbose: str | int) -> bool:
    """Whether to show anything: "auto" means only to a person."""
    if verbose == "auto":
        return sys.stdout.isatty() or "ipykernel" in sys.modules or _in_notebook()
    return bool(verbose)


def shown(events: Iterable[Event], verbose: str | int = 1) -> Iterator[Event]:
    """Hand the events on; write a line at the end of each epoch, or draw in a notebook."""
    if verbose == "auto" and _in_notebook():
        from spritenet.model import live_chart

        return live_chart.shown(events)
    return _lines(events)


def _in_notebook() -> bool:
    """Whether pictures can be shown; a plain Python loads nothing to find out."""
    if "IPython" not in sys.modules:
        return False
    from spritenet.model import live_chart

    return live_chart.in_notebook()


def _lines(events: Iterable[Event]) -> Iterator[Event]:
    """Hand the events on; write a line at the end of each epoch."""
    epochs = 0
    for event in events:
        match event:
            case Started():
                epochs = event.epochs
            case EpochEnded():
                speed = event.images / event.seconds if event.seconds else 0.0
                figures = [
                    f"{name} {figure:.4f}"
                    for name, figure in event.logs.items()
                    if name != "learning_rate"
                ]
                _write(
                    f"Epoch {event.epoch + 1}/{epochs}: {', '.join(figures)}, {speed:,.0f} images/s"
                )
            case Stopped():
                _write(f"Stopped: {event.reason}")
            case _:
                pass
        yield event


def _write(line: str) -> None:
    """One line, shown at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
