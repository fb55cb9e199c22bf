"""Progress of `fit`: a line for each epoch in a terminal, a chart in a notebook."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator

from spritenet.formatting import metric
from spritenet.training.events import EpochEnded, Event, Started, Stopped

__all__ = ["is_enabled", "with_progress"]


def is_enabled(verbose: str | int) -> bool:
    """Returns True if progress is shown: with "auto" only in terminals and notebooks."""
    if verbose == "auto":
        return sys.stdout.isatty() or "ipykernel" in sys.modules or _in_notebook()
    return bool(verbose)


def with_progress(events: Iterable[Event], verbose: str | int = 1) -> Iterator[Event]:
    """Yields the events, and prints a line at the end of each epoch or draws in a notebook."""
    if verbose == "auto" and _in_notebook():
        from spritenet.model import live_chart

        return live_chart.with_live_chart(events)
    return _lines(events)


def _in_notebook() -> bool:
    """Returns True in a notebook. A plain Python imports nothing for this."""
    if "IPython" not in sys.modules:
        return False
    from spritenet.model import live_chart

    return live_chart.in_notebook()


def _lines(events: Iterable[Event]) -> Iterator[Event]:
    """Yields the events, and prints a line at the end of each epoch."""
    epochs = 0
    for event in events:
        match event:
            case Started():
                epochs = event.epochs
            case EpochEnded():
                speed = event.images / event.seconds if event.seconds else 0.0
                metrics = [
                    f"{name} {metric(value)}"
                    for name, value in event.logs.items()
                    if name != "learning_rate"
                ]
                _write(
                    f"Epoch {event.epoch + 1}/{epochs}: {', '.join(metrics)}, {speed:,.0f} images/s"
                )
            case Stopped():
                _write(f"Stopped: {event.reason}")
            case _:
                pass
        yield event


def _write(line: str) -> None:
    """Prints a line at once."""
    sys.stdout.write(line + "\n")
    sys.stdout.flush()
