"""Lines that `spritenet train` prints: an introduction, one per epoch or step, and the results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING

from spritenet.cli import terminal
from spritenet.dataset import Dataset
from spritenet.formatting import duration, metric, percent, plural, shape
from spritenet.metrics import accuracy_interval
from spritenet.training.events import (
    Controlled,
    EpochEnded,
    Evaluated,
    Event,
    Finished,
    Metrics,
    Started,
    StepEvent,
    Stopped,
)

if TYPE_CHECKING:
    from spritenet.cli.train_options import TrainOptions
    from spritenet.model import Model
    from spritenet.streams import Stream

__all__ = ["control_line", "epoch_log", "introduction", "node_log", "results", "saved"]

CONTROLS = {
    "pause": "paused",
    "resume": "resumed",
    "stop": "stopping",
    "discard": "stopping and discarding",
}

MARGIN = 3
"""Columns that the live line leaves free, and whatever is printed above it."""


def introduction(data: Dataset | Stream, model: Model, options: TrainOptions) -> Iterator[str]:
    """Yields lines about the data set, the network and its optimizer."""
    counts = " and ".join(f"{len(split):,} {name}" for name, split in data.splits.items())
    classes = plural(len(data.class_names), "class")
    yield f"{data.name}: {counts} images of {shape(data.image_shape)}, {classes}"
    if not isinstance(data, Dataset):
        yield f"streamed while training; the order is {data.train.order.description}"
    optimizer = model.compiled()[0]
    rate, batch_size = options.describe_rate(optimizer), options.training.batch_size
    yield (
        f"{model.name}: {plural(model.count_params(), 'parameter')}; "
        f"{type(optimizer).__name__}, learning rate {rate}, batch size {batch_size}"
    )


def epoch_log(events: Iterable[Event], evaluation: str) -> Iterator[Event]:
    """Yields the events, and prints a line at the end of each epoch.

    Args:
        events: of the training.
        evaluation: the images evaluated after an epoch: "validation" or "test".
    """
    epochs, width = 1, terminal.columns() - MARGIN
    for event in events:
        match event:
            case Started():
                epochs = -(-event.last_step // event.steps_per_epoch)
            case EpochEnded():
                speed = event.images / event.seconds if event.seconds else 0.0
                line = f"epoch {event.epoch + 1}/{epochs}: loss {event.loss:.4f}"
                line += _right(event.accuracy, ", accuracy ")
                if event.val_loss is not None:
                    line += f"; {evaluation} loss {event.val_loss:.4f}"
                    line += _right(event.val_accuracy, ", ")
                fast = f"  ({speed:,.0f} images/s)"
                _print(line + fast if len(line + fast) <= width else line)
                if event.metrics or event.val_metrics:
                    _print(f"  {_others(event.metrics, event.val_metrics, evaluation)}")
            case _:
                pass
        yield event


def node_log(events: Iterable[Event], every: int, evaluation: str) -> Iterator[Event]:
    """Yields the events, and prints the lines of TensorFlow.js's MNIST example for Node.js.

    They are those of tfjs-examples/mnist-node/index.js of 2018, where `every` is 20, with the
    batch's accuracy instead of the step's time: the core does many steps per call, so the time of
    one is unknown. An epoch's time is that of its steps.

    Args:
        events: of the training.
        every: steps between two lines; the first step of each epoch has one.
        evaluation: the images evaluated: "Test set" or "Validation set".
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
                    _print(f"  - step: {step}: {_node_figures(event.loss, event.accuracy)}")
            case EpochEnded():
                _print(f"* End Epoch: {event.epoch + 1}: time: {event.seconds:.3f} secs")
                while evaluated:
                    _print(evaluated.pop(0))
            case Evaluated():
                right = "" if event.accuracy is None else f"{100 * event.accuracy:.2f}%"
                loss = f"loss: {event.loss:.6g}"
                evaluated.append(f"* {evaluation} {f'accuracy: {right}' if right else loss}")
                if event.step % steps_per_epoch:
                    _print(evaluated.pop())  # at an epoch's end it follows the epoch's line
            case Finished():
                epochs = -(-event.step // steps_per_epoch)
                _print(f"**** Trained {epochs} epochs in {perf_counter() - began:.3f} secs")
            case _:
                pass
        yield event


def control_line(event: Controlled) -> str:
    """Returns the line about a command from the live page."""
    rate = f"learning rate {event.value:g}" if event.value is not None else ""
    done = CONTROLS.get(event.command, rate)
    return f"{done} after {plural(event.step, 'step')}, from the page"


def results(end: Finished | Stopped, result: Evaluated | None) -> Iterator[str]:
    """Yields lines about the speed of a training and its test, if there was one."""
    speed = end.images / end.seconds if end.seconds else 0.0
    images, steps = plural(end.images, "image"), plural(end.step, "step")
    yield f"trained on {images} in {duration(end.seconds)}: {speed:,.0f} images/s, {steps}"
    if result is not None:
        figures = f"loss {result.loss:.4f}"
        if result.accuracy is not None:
            low, high = accuracy_interval(round(result.accuracy * result.images), result.images)
            interval = f"({percent(low)} to {percent(high)})"
            figures = f"accuracy {percent(result.accuracy)} {interval}, {figures}"
        figures += "".join(f", {_words(name, value)}" for name, value in result.metrics.items())
        yield f"tested on {plural(result.images, 'image')}: {figures}"


def saved(folder: Path) -> str:
    """Returns the line about the run's folder."""
    return f"saved in {folder}, {duration(terminal.process_seconds())} after the start"


def _words(name: str, value: float | list[float]) -> str:
    """Returns a metric as people read it: "f1 score 0.9712"."""
    return f"{name.replace('_', ' ')} {metric(value)}"


def _others(training: Metrics, tested: Metrics, evaluation: str) -> str:
    """Returns the metrics of an epoch besides loss and accuracy, in words."""
    line = ", ".join(_words(name, value) for name, value in training.items())
    if tested:
        line += f"; {evaluation} "
        line += ", ".join(_words(name, value) for name, value in tested.items())
    return line


def _right(accuracy: float | None, before: str) -> str:
    """Returns an accuracy in words; "" where targets are numbers."""
    return "" if accuracy is None else before + percent(accuracy)


def _node_figures(loss: float, accuracy: float | None) -> str:
    """Returns loss and accuracy as the example for Node.js prints them."""
    right = "" if accuracy is None else f", accuracy: {100 * accuracy:.2f}%"
    return f"loss: {loss:.6g}{right}"


def _print(line: str) -> None:
    """Prints a line at once."""
    print(line, flush=True)
