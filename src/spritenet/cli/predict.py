"""`spritenet predict`: a saved model's predictions for image files, as lines, a table or a CSV."""

from __future__ import annotations

import csv as csv_files
import io
import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from spritenet.cli import terminal
from spritenet.cli.advice import NOT_CALIBRATED
from spritenet.cli.arguments import (
    Classes,
    Copies,
    CopiesAugment,
    Json,
    Model,
    Pixels,
    check_suffix,
)
from spritenet.formatting import percent, plural

if TYPE_CHECKING:
    from rich.table import Table

    from spritenet.model import Classified
    from spritenet.model import Model as AnyModel
    from spritenet.prepare import Preparation

__all__ = ["predict"]

NO_INK = "no ink"
"""Printed for an image on which nothing is drawn."""

NO_LABEL = "no label"
"""Printed where a multi-label network finds no class."""

NOT_SURE = "not sure"
"""Printed for an out-of-distribution image."""

ClassProbability = TypedDict("ClassProbability", {"class": str, "probability": float})


class Prediction(TypedDict, total=False):
    """The prediction for a file: its classes, most probable first, or an error.

    That of a multi-label network has `labels`, the classes from their thresholds on.
    """

    file: str
    labels: list[str]
    classes: list[ClassProbability]
    calibrated: bool
    sure: bool
    score: float
    error: str


def predict(
    model: Model,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILES...", help="Image files, or folders of them.")
    ],
    top: Annotated[int, typer.Option(metavar="N", min=1, help="Number of classes to print.")] = 3,
    prepare: Annotated[
        str | None,
        typer.Option(
            metavar="MODE",
            help="Preprocessing of images: digit, fit, crop or stretch.",
            show_default="the model's",
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write the predictions to a CSV file."),
    ] = None,
    tta: Copies = 1,
    augment: CopiesAugment = None,
    pixels: Pixels = None,
    classes: Classes = None,
    json: Json = False,
) -> None:
    """Predict the classes of image files."""
    from spritenet.atomic import write_file
    from spritenet.cli.models import load_network, model_preparation
    from spritenet.destination import destination
    from spritenet.model.copies import copies_of

    if csv is not None:
        check_suffix(csv, ".csv", folder=False)
    loaded = load_network(model, pixels, classes)
    preparation = model_preparation(loaded, prepare)
    copies_of(loaded.network, tta, augment, "--tta")  # refused before any image is read
    predictor = _Predictor(
        loaded, model, preparation, any_image=prepare is not None, tta=tta, augment=augment
    )
    if csv is not None and loaded.is_multi_label:
        top = loaded.output_shape[-1]  # its columns are all classes
    many = csv is not None or any(path.is_dir() for path in files)
    predictions: list[Prediction] = []
    found = [*_expand_folders(files, model)]
    with terminal.progress_bar("predicting", len(found)) if many else nullcontext() as progress:
        for one in found:
            prediction = one if isinstance(one, dict) else predictor.predict(one, top)
            predictions.append(prediction)
            if progress is not None:
                progress(1)
            if not json and not many:
                _print_line(prediction)
    if csv is not None:
        with destination(csv) as place:
            write_file(place.path, _csv(predictions, top).encode())
    if json:
        terminal.print_json({"model": str(model), "predictions": predictions})
    elif many:
        _print_all(predictions, csv)
    if any("error" in prediction for prediction in predictions):
        raise typer.Exit(2)


def _print_line(prediction: Prediction) -> None:
    """Prints the prediction or error of a file."""
    if "error" in prediction:
        terminal.print_error(prediction["error"])
    else:
        print(f"{prediction['file']}: {_words(prediction)}")


def _print_all(predictions: Sequence[Prediction], csv: Path | None) -> None:
    """Prints a table of predictions, or the name of their CSV file, then the errors."""
    if csv is not None:
        print(f"{csv}: {plural(len(predictions), 'image')}")
    elif any("error" not in prediction for prediction in predictions):
        terminal.print_table(_table(predictions))
        if any(not prediction.get("calibrated", True) for prediction in predictions):
            print(f"The model is {NOT_CALIBRATED}.")
    sys.stdout.flush()  # the table before its errors
    for prediction in predictions:
        if "error" in prediction:
            _print_line(prediction)


def _expand_folders(paths: Sequence[Path], model: Path) -> Iterator[Path | Prediction]:
    """Yields the files of paths, or an error."""
    from spritenet.cli.image_files import image_files, refuse_data_set
    from spritenet.errors import DataError

    for path in paths:
        try:
            refuse_data_set(path, model)
            yield from image_files(path) if path.is_dir() else [path]
        except DataError as error:
            yield {"file": str(path), "error": str(error)}


class _CopiesOptions(TypedDict):
    """Options of `classify`."""

    tta: int
    augment: str | None


class _Predictor:
    """A model with the preparation of its inputs.

    Args:
        model: the network.
        path: of the model, for errors.
        preparation: of images.
        any_image: if True, treats every file as an image, even one that looks like a data set.
        tta: the number of images to average over.
        augment: the augmentation of copies.
    """

    def __init__(
        self,
        model: AnyModel,
        path: Path,
        preparation: Preparation,
        *,
        any_image: bool,
        tta: int,
        augment: str | None,
    ) -> None:
        self.copies: _CopiesOptions = {"tta": tta, "augment": augment}
        self.model = model
        self.path = path
        self.preparation = preparation
        self.any_image = any_image

    def predict(self, file: Path, top: int) -> Prediction:
        """Returns the most probable classes of a file, or an error.

        Raises:
            ModelError: the network is no classifier.
        """
        from spritenet.errors import DataError

        try:
            found = self._classify(file)
        except DataError as error:
            return {"file": str(file), "error": str(error)}
        if found is None:
            known = self.model.calibrated
            return {"file": str(file), "classes": [], "calibrated": known, "sure": False}
        ranked = _ranked(self.model, found)
        classes: list[ClassProbability] = [
            {"class": name, "probability": probability} for name, probability, _ in ranked[:top]
        ]
        if found.present is not None:
            labels = [name for name, _, there in ranked if there]
            shown = [one for one in classes if one["class"] not in labels]
            all_labels: list[ClassProbability] = [
                {"class": name, "probability": probability}
                for name, probability, there in ranked
                if there
            ]
            rest = shown[: max(0, top - len(labels))]
            return {"file": str(file), "labels": labels, "classes": [*all_labels, *rest]}
        return {
            "file": str(file),
            "classes": classes,
            "calibrated": self.model.calibrated,
            "sure": bool(found.sure),
            "score": float(found.score),
        }

    def _classify(self, file: Path) -> Classified | None:
        """Classifies an image; returns None where there is no ink."""
        from spritenet.cli.image_files import refuse_data_set, refuse_rows
        from spritenet.errors import DataError
        from spritenet.prepare import prepare
        from spritenet.sources.images.image_file import read_image

        if not file.is_file():
            raise DataError("no such file", where=file)
        refuse_data_set(file, self.path)
        pixels = read_image(file, upright=True)
        if not self.any_image:
            refuse_rows(pixels, self.preparation.shape, file, self.path)
        image = prepare(pixels, self.preparation)
        if self.preparation.mode == "digit" and not image.any():
            return None
        return self.model.classify(image, **self.copies)


def _ranked(model: AnyModel, found: Classified) -> list[tuple[str, float, bool]]:
    """Returns the classes with their probabilities, most probable first; True if it is there."""
    import numpy as np

    values = found.probabilities
    there = [False] * len(values) if found.present is None else found.present.tolist()
    names = model.class_names or [str(place) for place in range(len(values))]
    order = np.argsort(-values, kind="stable").tolist()
    return [(names[place], float(values[place]), there[place]) for place in order]


def _words(prediction: Prediction) -> str:
    """Returns a prediction in words."""
    if not prediction["classes"]:
        return NO_INK
    if "labels" in prediction:
        count = len(prediction["labels"])
        found, rest = prediction["classes"][:count], prediction["classes"][count:]
        words = _list_classes(found) or NO_LABEL
        return f"{words}; not {_list_classes(rest)}" if rest else words
    words = _list_classes(prediction["classes"])
    if not prediction["calibrated"]:
        return f"{words}; not calibrated"
    return words if prediction["sure"] else f"{NOT_SURE}; if any, {words}"


def _list_classes(classes: Sequence[ClassProbability]) -> str:
    """Returns classes with their probabilities."""
    return ", ".join(f"{one['class']} ({percent(one['probability'])})" for one in classes)


def _table(predictions: Sequence[Prediction]) -> Table:
    """Returns a table with a row for each file that could be read."""
    several = any("labels" in prediction for prediction in predictions)
    heads = ("classes", "", "not") if several else ("class", "probability", "then")
    made = terminal.table("image", *heads)
    made.columns[1].justify = made.columns[3].justify = "left"
    for prediction in predictions:
        if "error" in prediction:
            continue
        found = prediction["classes"]
        if "labels" in prediction:
            count = len(prediction["labels"])
            words = _list_classes(found[:count]) or NO_LABEL
            made.add_row(prediction["file"], words, "", _list_classes(found[count:]))
            continue
        if found and (prediction["sure"] or not prediction["calibrated"]):
            first = found[0]
            row = (first["class"], percent(first["probability"]), _list_classes(found[1:]))
        else:
            row = (NOT_SURE if found else NO_INK, "", _list_classes(found))
        made.add_row(prediction["file"], *row)
    return made


def _csv(predictions: Sequence[Prediction], top: int) -> str:
    """Returns a CSV with a line per file: class and probability, the next ones, or an error.

    Of a multi-label network: the classes with | between them, then all probabilities.
    """
    if any("labels" in prediction for prediction in predictions):
        return _label_csv(predictions)
    heads = ["file", "class", "probability", "sure"]
    for place in range(2, top + 1):
        heads += [f"class_{place}", f"probability_{place}"]
    text = io.StringIO()
    writer = csv_files.writer(text, lineterminator="\n")
    writer.writerow([*heads, "error"])
    for prediction in predictions:
        cells: list[object] = []
        for one in prediction.get("classes", []):
            cells += [one["class"], repr(one["probability"])]
        cells += [""] * (2 * top - len(cells))
        sure = str(prediction["sure"]).lower() if prediction.get("calibrated") else ""
        error = prediction.get("error", "")
        writer.writerow([prediction["file"], *cells[:2], sure, *cells[2:], error])
    return text.getvalue()


def _label_csv(predictions: Sequence[Prediction]) -> str:
    """Returns a CSV of multi-label predictions: a column with the probability of each class."""
    names = sorted({one["class"] for each in predictions for one in each.get("classes", [])})
    text = io.StringIO()
    writer = csv_files.writer(text, lineterminator="\n")
    writer.writerow(["file", "labels", *names, "error"])
    for prediction in predictions:
        found = {one["class"]: repr(one["probability"]) for one in prediction.get("classes", [])}
        labels = "|".join(prediction.get("labels", []))
        cells = [found.get(name, "") for name in names]
        writer.writerow([prediction["file"], labels, *cells, prediction.get("error", "")])
    return text.getvalue()
