"""`spritenet evaluate`: how well a saved model does, and where it errs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Json, Model, model_folder, trained_on
from spritenet.cli.text import percent, plural

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spritenet.dataset import Split
    from spritenet.model import Sequential

__all__ = ["evaluate"]

MOST_CLASSES = 20
"""A larger confusion matrix fits no terminal."""


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
    json: Json = False,
) -> None:
    """Try a saved model on a data set's test images."""
    from spritenet.cli.data import load
    from spritenet.metrics import accuracy_interval
    from spritenet.model import load_model

    loaded = load_model(model_folder(model), threads=threads)
    name = (
        data or trained_on(model) or (loaded.trained_on.dataset if loaded.trained_on else "strokes")
    )
    images = load(name)[split]
    table = _confusion(loaded, images)
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
            }
        )
        return
    print(f"{model} on {name}, {split}: {plural(count, 'image')}")
    range_ = f"{percent(low)} to {percent(high)} with 95 % confidence"
    print(f"accuracy {percent(right / count)} ({range_}), {plural(count - right, 'error')}")
    if loss is not None:
        print(f"loss {loss:.4f}")
    _show(table, images.class_names)


def _loss(model: Sequential, images: Split) -> float | None:
    """The mean cross-entropy; None for a network that doesn't end in probabilities or logits."""
    from spritenet.losses import SparseCategoricalCrossentropy
    from spritenet.model.building import last_activation

    ending = last_activation(model.layers)
    if ending not in {"softmax", "linear"}:
        return None
    model.compile("sgd", SparseCategoricalCrossentropy(from_logits=ending == "linear"))
    return model.evaluate(images).loss


def _confusion(model: Sequential, images: Split) -> NDArray[np.int64]:
    """How often images of class i were taken for class j: [i, j].

    Raises:
        ModelError: the network has another number of outputs than there are classes.
    """
    from spritenet.errors import ModelError
    from spritenet.metrics import confusion_matrix

    classes = len(images.class_names)
    if model.output_shape != (classes,):
        raise ModelError(
            "the model's outputs are not the data's classes",
            where=model.name,
            expected=f"{classes} classes",
            got=f"{model.output_shape[-1]} outputs",
        )
    return confusion_matrix(images.labels, model.predict_classes(images), classes)


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
    if len(names) > MOST_CLASSES:
        return
    matrix = terminal.table("is ↓  taken for →", *names)
    for place, name in enumerate(names):
        cells = [f"{n:,}" if n else "·" for n in table[place].tolist()]
        matrix.add_row(name, *cells)
    screen.print(matrix)
