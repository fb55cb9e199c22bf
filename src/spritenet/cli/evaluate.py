"""`spritenet evaluate`: how well a saved model does, and where it errs."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Json, Memory, Model, data_of
from spritenet.cli.confusion import confusion_table
from spritenet.cli.models import Classes, Pixels, read_saved
from spritenet.cli.reading import Reading, reads_data
from spritenet.formatting import percent, plural

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from spritenet.dataset import Split
    from spritenet.export import SavedModel
    from spritenet.model import Sequential
    from spritenet.model.predictions import Predictions

__all__ = ["evaluate"]


@reads_data
def evaluate(
    model: Model,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="The data set; by default the one the model was trained on.",
            show_default=False,
        ),
    ] = None,
    split: Annotated[str, typer.Option(metavar="NAME", help="Which of its splits.")] = "test",
    threads: Annotated[
        int | None,
        typer.Option(metavar="N", min=1, help="How many work at a time.", show_default="all"),
    ] = None,
    mistakes: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Show so many of the most confident mistakes as pictures.",
            show_default="6 on a terminal",
        ),
    ] = None,
    memory: Memory = None,
    pixels: Pixels = None,
    classes: Classes = None,
    json: Json = False,
    *,
    reading: Reading,
) -> None:
    """Try a saved model on a data set's test images."""
    from spritenet.cli.opened import one_split
    from spritenet.metrics import accuracy_interval
    from spritenet.model import Sequential
    from spritenet.report import predictions_of

    saved = read_saved(model, pixels, classes, optimizer=True, note_range=False)
    made = saved.metadata.trained_on
    name, reading = data_of(model, data, reading, made.dataset if made else "")
    images = one_split(name, split, memory, reading)
    ranges: dict[str, float] = {}
    if saved.assumed:
        saved, ranges = _fed(model, saved, images)
    loaded = Sequential.from_saved(saved, threads=threads)
    found = predictions_of(loaded, images)
    table = found.confusion
    loss = _loss(loaded, images)
    right, count = int(table.trace()), len(images)
    low, high = accuracy_interval(right, count)
    if json:
        terminal.print_json(
            {
                "model": str(model),
                "data": name,
                "split": split,
                "images": count,
                "accuracy": right / count,
                "accuracy_interval": [low, high],
                "loss": loss,
                "class_names": list(images.class_names),
                "confusion": table.tolist(),
                "weights_sha256": loaded.weights_sha256,
                **({"accuracy_by_pixel_range": ranges} if ranges else {}),
            }
        )
        return
    print(f"{model} on {name}, {split}: {plural(count, 'image')}")
    range_ = f"{percent(low)} to {percent(high)} with 95 % confidence"
    print(f"accuracy {percent(right / count)} ({range_}), {plural(count - right, 'error')}")
    if loss is not None:
        print(f"loss {loss:.4f}")
    _show(table, images.class_names)
    _show_mistakes(found, (6 if sys.stdout.isatty() else 0) if mistakes is None else mistakes)


def _fed(path: Path, saved: SavedModel, images: Split) -> tuple[SavedModel, dict[str, float]]:
    """The model fed with the range of pixels that fits, which is told; each range's accuracy."""
    from spritenet.errors import DataWarning
    from spritenet.export import RANGES
    from spritenet.model import accuracies_by_range, best_range

    found = accuracies_by_range(saved, images)
    best = best_range(found, "0..1", len(images))
    shown = sorted(found, key=lambda name: -found[name])
    figures = ", ".join(f"{percent(found[name], 1)} with {name}" for name in shown)
    line = f"its file doesn't say what range its pixels had: {figures} are right, so {best} is used"
    line = f"{path}: {line}; give --pixels {best} to the other commands"
    warnings.warn(line, DataWarning, stacklevel=2)
    return saved.with_pixels(RANGES[best]), found


def _loss(model: Sequential, images: Split) -> float | None:
    """The mean cross-entropy; None for a network that doesn't end in probabilities or logits."""
    from spritenet.losses import SparseCategoricalCrossentropy
    from spritenet.model.building import last_activation

    ending = last_activation(model.layers)
    if ending not in {"softmax", "linear"}:
        return None
    model.compile("sgd", SparseCategoricalCrossentropy(from_logits=ending == "linear"))
    return model.evaluate(images).loss


def _show(table: NDArray[np.int64], names: tuple[str, ...]) -> None:
    """The table of the classes, and the confusion matrix where it fits."""
    screen = terminal.console()
    classes = terminal.table("class", "images", "recall", "precision", "most often taken for")
    for place, name in enumerate(names):
        row, right = table[place], int(table[place, place])
        wrong = row.copy()
        wrong[place] = 0
        other = f"{names[wrong.argmax()]} ({wrong.max()})" if wrong.any() else "–"
        images, taken = int(row.sum()), int(table[:, place].sum())
        recall = percent(right / images, 1) if images else "–"
        precision = percent(right / taken, 1) if taken else "–"
        classes.add_row(name, f"{images:,}", recall, precision, other)
    screen.print(classes)
    matrix = confusion_table(table, names, screen.width)
    if matrix is not None:
        screen.print(matrix)


def _show_mistakes(found: Predictions, most: int) -> None:
    """The most confident mistakes, as pictures."""
    from spritenet.cli.preview import side_by_side

    wrong = found.mistakes(most).tolist()
    if not wrong:
        return
    names, predicted, sure = found.class_names, found.predicted, found.confidence
    captions = [
        f"{names[predicted[i]]} {percent(float(sure[i]), 1)}, is {names[found.labels[i]]}"
        for i in wrong
    ]
    screen = terminal.console()
    print(f"The {plural(len(wrong), 'most confident mistake')}:\n")
    colour = screen.color_system is not None and not screen.no_color
    images = [found.images[i] for i in wrong]
    for line in side_by_side(images, captions, columns=screen.width, colour=colour):
        screen.print(line, no_wrap=True)
