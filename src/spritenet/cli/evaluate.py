"""`spritenet evaluate`: accuracy, loss and confusion matrix of a saved model."""

from __future__ import annotations

import sys
import warnings
from typing import TYPE_CHECKING, Annotated, Any

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import (
    Classes,
    Copies,
    CopiesAugment,
    Device,
    Json,
    Memory,
    Model,
    OptionalData,
    Pixels,
    Threads,
)
from spritenet.cli.data_options import DataOptions, with_data_options
from spritenet.cli.graphics import confusion_table, image_grid
from spritenet.cli.int8_model import is_int8, load_int8
from spritenet.cli.models import read_saved, resolve_data
from spritenet.formatting import percent, plural

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from spritenet.dataset import Split
    from spritenet.export import SavedModel
    from spritenet.model import Model as AnyModel
    from spritenet.model.predictions import Predictions

__all__ = ["evaluate"]


@with_data_options
def evaluate(
    model: Model,
    data: OptionalData = None,
    split: Annotated[str, typer.Option(metavar="NAME", help="Split to evaluate on.")] = "test",
    threads: Threads = None,
    device: Device = None,
    mistakes: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="Number of the most confident mistakes to show as images.",
            show_default="6 on a terminal",
        ),
    ] = None,
    tta: Copies = 1,
    augment: CopiesAugment = None,
    memory: Memory = None,
    pixels: Pixels = None,
    classes: Classes = None,
    json: Json = False,
    *,
    data_options: DataOptions,
) -> None:
    """Evaluate a saved model on the test set of a data set."""
    from spritenet.cli.datasets import load_split
    from spritenet.model import model_of
    from spritenet.model.copies import copies_of
    from spritenet.report import predictions_of

    if is_int8(model):
        own = {"--tta": tta if tta > 1 else None, "--augment": augment, "--device": device}
        int8 = load_int8(model, {**own, "--pixels": pixels, "--classes": classes})
        known = int8.metadata.trained_on
        name, data_options = resolve_data(model, data, data_options, known.dataset if known else "")
        images = load_split(name, split, memory, data_options)
        scores = int8.evaluate(images)
        facts = {"model": str(model), "data": name, "split": split, "images": len(images)}
        heading = f"{model} on {name}, {split}: {plural(len(images), 'image')}, in int8"
        _report(scores.predictions, scores.loss, heading, facts, {}, json=json, mistakes=mistakes)
        return
    saved = read_saved(model, pixels, classes, optimizer=True, note_range=False)
    trained_on = saved.metadata.trained_on
    name, data_options = resolve_data(
        model, data, data_options, trained_on.dataset if trained_on else ""
    )
    images = load_split(name, split, memory, data_options)
    ranges: dict[str, float] = {}
    if saved.assumed:
        saved, ranges = _with_best_range(model, saved, images)
    loaded = model_of(saved, threads=threads, device=device or "cpu")
    copies_of(loaded.network, tta, augment, "--tta")
    if images.is_multi_label:
        heading = f"{model} on {name}, {split}: {plural(len(images), 'image')}"
        facts = {"model": str(model), "data": name, "split": split, "images": len(images)}
        copies: dict[str, Any] = {"tta": tta, "augment": augment}
        _evaluate_labels(loaded, images, heading, facts, copies, json=json, mistakes=mistakes)
        return
    found = predictions_of(loaded, images, tta=tta, augment=augment)
    averaged = f", each averaged over {tta} copies" if tta > 1 else ""
    heading = f"{model} on {name}, {split}: {plural(len(images), 'image')}{averaged}"
    facts = {"model": str(model), "data": name, "split": split, "images": len(images)}
    rest: dict[str, object] = {"weights_sha256": loaded.weights_sha256}
    rest |= {"tta": tta} if tta > 1 else {}
    rest |= {"accuracy_by_pixel_range": ranges} if ranges else {}
    loss = _loss(loaded, images, tta, augment)
    _report(found, loss, heading, facts, rest, json=json, mistakes=mistakes)


def _report(
    found: Predictions,
    loss: float | None,
    heading: str,
    facts: dict[str, object],
    rest: dict[str, object],
    *,
    json: bool,
    mistakes: int | None,
) -> None:
    """Prints the evaluation of a classifier.

    Args:
        found: its predictions.
        loss: the mean cross-entropy, if it is known.
        heading: the first line.
        facts: the first entries of the JSON object.
        rest: its last ones.
        json: True prints that object alone.
        mistakes: the number of mistakes to show.
    """
    from spritenet.metrics import accuracy_interval

    table = found.confusion
    right, count = int(table.trace()), len(found.labels)
    low, high = accuracy_interval(right, count)
    if json:
        terminal.print_json(
            {
                **facts,
                "accuracy": right / count,
                "accuracy_interval": [low, high],
                "loss": loss,
                "class_names": list(found.class_names),
                "confusion": table.tolist(),
                **rest,
            }
        )
        return
    print(heading)
    interval = f"{percent(low)} to {percent(high)} with 95 % confidence"
    print(f"accuracy {percent(right / count)} ({interval}), {plural(count - right, 'error')}")
    if loss is not None:
        print(f"loss {loss:.4f}")
    _print_classes(table, found.class_names)
    _print_mistakes(found, (6 if sys.stdout.isatty() else 0) if mistakes is None else mistakes)


def _evaluate_labels(
    model: AnyModel,
    images: Split,
    heading: str,
    facts: dict[str, object],
    copies: dict[str, Any],
    *,
    json: bool,
    mistakes: int | None,
) -> None:
    """Prints the evaluation of a multi-label network.

    Args:
        model: the network.
        images: to evaluate on.
        heading: the first line.
        facts: the first entries of the JSON object.
        copies: the options of augmented copies.
        json: True prints that object alone.
        mistakes: the number of mistakes to show.
    """
    from spritenet.cli.label_metrics import label_json, label_lines, print_label_classes
    from spritenet.report import label_predictions_of

    found = label_predictions_of(model, images, **copies)
    model.compile("sgd", "binary_crossentropy")
    loss = model.evaluate(images, **copies).loss
    if json:
        names, weights = list(images.class_names), model.weights_sha256
        rest = {"loss": loss, "class_names": names, "weights_sha256": weights}
        terminal.print_json({**facts, **label_json(found), **rest})
        return
    print(heading)
    for line in label_lines(found, tuned=model.thresholds is not None):
        print(line)
    print(f"loss {loss:.4f}")
    print_label_classes(found)
    most = (6 if sys.stdout.isatty() else 0) if mistakes is None else mistakes
    wrong = found.mistakes(most).tolist()
    captions = [f"{found.predicted_text(i)}, true {found.true_text(i)}" for i in wrong]
    _print_images([found.images[i] for i in wrong], captions)


def _with_best_range(
    path: Path, saved: SavedModel, images: Split
) -> tuple[SavedModel, dict[str, float]]:
    """Returns the model with the pixel range of highest accuracy, and each range's accuracy."""
    from spritenet.errors import DataWarning
    from spritenet.export import RANGES
    from spritenet.model import accuracies_by_range, best_range

    found = accuracies_by_range(saved, images)
    best = best_range(found, "0..1", len(images))
    ranked = sorted(found, key=lambda name: -found[name])
    scores = ", ".join(f"{percent(found[name], 1)} with {name}" for name in ranked)
    line = f"{path}: no pixel range in the model's file: accuracy {scores}, so {best} is used"
    line += f"; give --pixels {best} to the other commands"
    warnings.warn(line, DataWarning, stacklevel=2)
    return saved.with_pixels(RANGES[best]), found


def _loss(model: AnyModel, images: Split, tta: int, augment: str | None) -> float | None:
    """Returns the mean cross-entropy; None if the outputs are neither probabilities nor logits."""
    from spritenet.losses import SparseCategoricalCrossentropy
    from spritenet.model.building import last_activation

    activation = last_activation(model.layers)
    if activation not in {"softmax", "linear"}:
        return None
    model.compile("sgd", SparseCategoricalCrossentropy(from_logits=activation == "linear"))
    return model.evaluate(images, tta=tta, augment=augment).loss


def _print_classes(table: NDArray[np.int64], names: tuple[str, ...]) -> None:
    """Prints the metrics of each class, and the confusion matrix where it fits."""
    classes = terminal.table("class", "images", "recall", "precision", "often predicted as")
    for place, name in enumerate(names):
        row, right = table[place], int(table[place, place])
        wrong = row.copy()
        wrong[place] = 0
        other = f"{names[wrong.argmax()]} ({wrong.max()})" if wrong.any() else "–"
        images, predicted = int(row.sum()), int(table[:, place].sum())
        recall = percent(right / images, 1) if images else "–"
        precision = percent(right / predicted, 1) if predicted else "–"
        classes.add_row(name, f"{images:,}", recall, precision, other)
    terminal.print_table(classes)
    matrix = confusion_table(table, names, terminal.columns())
    if matrix is not None:
        terminal.print_table(matrix)


def _print_mistakes(found: Predictions, most: int) -> None:
    """Prints the most confident mistakes as images."""
    wrong = found.mistakes(most).tolist()
    if not wrong:
        return
    names, predicted, sure = found.class_names, found.predicted, found.confidence
    captions = [
        f"{names[predicted[i]]} {percent(float(sure[i]), 1)}, true {names[found.labels[i]]}"
        for i in wrong
    ]
    _print_images([found.images[i] for i in wrong], captions)


def _print_images(images: list[NDArray[np.uint8]], captions: list[str]) -> None:
    """Prints mistakes with what is wrong about each."""
    if not images:
        return
    screen = terminal.console()
    print(f"{plural(len(images), 'most confident mistake')}:\n")
    colour = screen.color_system is not None and not screen.no_color
    for line in image_grid(images, captions, columns=screen.width, colour=colour):
        screen.print(line, no_wrap=True)
