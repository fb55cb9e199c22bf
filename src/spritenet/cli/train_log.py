"""What `spritenet train` prints on its way: a line an epoch, or the Node.js tutorial's lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import perf_counter

from spritenet.cli import terminal
from spritenet.formatting import percent, plural
from spritenet.training.events import (
    Controlled,
    EpochEnded,
    Evaluated,
    Event,
    Finished,
    Started,
    StepEvent,
)

__all__ = ["by_epoch", "like_node", "obeyed"]

OBEYED = {
    "pause": "paused",
    "resume": "resumed",
    "stop": "stopping",
    "discard": "stopping, to discard it",
}


MARGIN = 3
"""Columns that the live line leaves free, and whatever is printed above it."""


def by_epoch(events: Iterable[Event], tried: str) -> Iterator[Event]:
    """Hand the events on; print a line at the end of each epoch.

    Args:
        events: of the training.
        tried: the images that it is evaluated on after an epoch: validation, test.
    """
    epochs, width = 1, terminal.columns() - MARGIN
    for event in events:
        match event:
            case Started():
                epochs = -(-event.last_step // event.steps_per_epoch)
            case EpochEnded():
                speed = event.images / event.seconds if event.seconds else 0.0
                line = f"epoch {event.epoch + 1}/{epochs}: loss {event.loss:.4f}, "
                line += f"accuracy {percent(event.accuracy)}"
                if event.val_loss is not None and event.val_accuracy is not None:
                    line += f"; {tried} loss {event.val_loss:.4f}, {percent(event.val_accuracy)}"
                fast = f"  ({speed:,.0f} images/s)"
                _say(line + fast if len(line + fast) <= width else line)
            case _:
                pass
        yield event


def like_node(events: Iterable[Event], every: int, tried: str) -> Iterator[Event]:
    """Hand the events on; print the lines of TensorFlow.js's MNIST example for Node.js.

    They are those of tfjs-examples/mnist-node/index.js of 2018, which has `every` 20, with the
    batch's accuracy in place of the step's time: many steps are done in one call of the core, so
    nobody knows how long one of them took. An epoch's time is that of its steps.

    Args:
        events: of the training.
        every: steps between two lines; the first step of each epoch has one.
        tried: the images it is evaluated on: "Test set" or "Validation set".
    """
    steps_per_epoch = 1
    began = perf_counter()
    evaluated: list[str] = []
    for event in events:
        match event:
            case Started():
                steps_per_epoch = event.steps_per_epoch
            case StepEvent():
                step = (event.step - 1) % steps_per_epoch
                if step % every == 0:
                    accuracy = f"accuracy: {100 * event.accuracy:.2f}%"
                    _say(f"  - step: {step}: loss: {event.loss:.6g}, {accuracy}")
            case EpochEnded():
                _say(f"* End Epoch: {event.epoch + 1}: time: {event.seconds:.3f} secs")
                while evaluated:
                    _say(evaluated.pop(0))
            case Evaluated():
                evaluated.append(f"* {tried} accuracy: {100 * event.accuracy:.2f}%")
                if event.step % steps_per_epoch:
                    _say(evaluated.pop())  # at an epoch's end it comes behind the epoch's line
            case Finished():
                epochs = -(-event.step // steps_per_epoch)
                _say(f"**** Trained {epochs} epochs in {perf_counter() - began:.3f} secs")
            case _:
                pass
        yield event


def obeyed(event: Controlled) -> str:
    """What was done because somebody asked for it."""
    rate = f"learning rate {event.value:g}" if event.value is not None else ""
    done = OBEYED.get(event.command, rate)
    return f"{done} after {plural(event.step, 'step')}, as asked from the page"


def _say(line: str) -> None:
    """One line, shown at once."""
    print(line, flush=True)
