"""`spritenet predict`: what a saved model takes images for."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Json, Model
from spritenet.cli.models import Classes, Pixels
from spritenet.cli.predictions import Answer, as_csv, as_table, as_words
from spritenet.formatting import plural

if TYPE_CHECKING:
    from spritenet.model import Classified, Sequential
    from spritenet.prepare import Preparation

__all__ = ["predict"]


def predict(
    model: Model,
    files: Annotated[
        list[Path], typer.Argument(metavar="FILES...", help="Image files, or folders of them.")
    ],
    top: Annotated[int, typer.Option(metavar="N", min=1, help="How many classes to name.")] = 3,
    prepare: Annotated[
        str | None,
        typer.Option(
            metavar="MODE",
            help="How images become inputs: digit, fit, crop or stretch.",
            show_default="as the model says",
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a line a file there.", show_default=False),
    ] = None,
    pixels: Pixels = None,
    classes: Classes = None,
    json: Json = False,
) -> None:
    """Say what a saved model takes images for."""
    from spritenet.atomic import write_file
    from spritenet.cli.counter import counting
    from spritenet.cli.models import load_network
    from spritenet.cli.preparation import of_model
    from spritenet.cli.suffix import check_ending
    from spritenet.destination import destination

    if csv is not None:
        check_ending(csv, ".csv", folder=False)
    loaded = load_network(model, pixels, classes)
    ways = _Ways(loaded, model, of_model(loaded, prepare), chosen=prepare is not None)
    many = csv is not None or any(path.is_dir() for path in files)
    answers: list[Answer] = []
    found = [*_meant(files, model)]
    with counting("predicting", len(found)) if many else nullcontext() as progress:
        for one in found:
            answer = one if isinstance(one, dict) else ways.answer(one, top)
            answers.append(answer)
            if progress is not None:
                progress(1)
            if not json and not many:
                _say(answer)
    if csv is not None:
        with destination(csv) as place:
            write_file(place.path, as_csv(answers, top).encode())
    if json:
        terminal.print_json({"model": str(model), "predictions": answers})
    elif many:
        _conclude(answers, csv)
    if any("error" in answer for answer in answers):
        raise typer.Exit(2)


def _say(answer: Answer) -> None:
    """A line for people."""
    if "error" in answer:
        terminal.complain(answer["error"])
    else:
        print(f"{answer['file']}: {as_words(answer)}")


def _conclude(answers: Sequence[Answer], csv: Path | None) -> None:
    """All of many files: the table, or where it was written."""
    read = sum("error" not in answer for answer in answers)
    if csv is not None:
        print(f"{csv}: {plural(len(answers), 'image')}")
    elif read:
        terminal.console().print(as_table(answers))
    sys.stdout.flush()  # the table before its errors
    for answer in answers:
        if "error" in answer:
            _say(answer)


def _meant(paths: Sequence[Path], model: Path) -> Iterator[Path | Answer]:
    """The files that are meant by paths, or why there are none."""
    from spritenet.cli.image_files import check_no_data_set, files_below
    from spritenet.errors import DataError

    for path in paths:
        try:
            check_no_data_set(path, model)
            yield from files_below(path) if path.is_dir() else [path]
        except DataError as error:
            yield {"file": str(path), "error": str(error)}


class _Ways:
    """One model, and how files become its inputs.

    Args:
        model: the network.
        typed: what was typed for it.
        preparation: of images.
        chosen: whether that was typed, too, so that every file is an image.
    """

    def __init__(
        self, model: Sequential, typed: Path, preparation: Preparation, *, chosen: bool
    ) -> None:
        self.model = model
        self.typed = typed
        self.preparation = preparation
        self.chosen = chosen

    def answer(self, file: Path, top: int) -> Answer:
        """The most likely classes of a file, or what is wrong with it.

        Raises:
            ModelError: the network doesn't choose among classes.
        """
        from spritenet.errors import DataError

        try:
            found = self._classified(file)
        except DataError as error:
            return {"file": str(file), "error": str(error)}
        if found is None:
            return {"file": str(file), "classes": [], "sure": False}
        return {
            "file": str(file),
            "classes": [
                {"class": name, "probability": share}
                for name, share in _ranked(self.model, found)[:top]
            ],
            "sure": bool(found.sure),
            "score": float(found.score),
        }

    def _classified(self, file: Path) -> Classified | None:
        """What the model says of an image; None where there is no ink."""
        from spritenet.cli.image_files import check_no_data_set, check_no_rows
        from spritenet.errors import DataError
        from spritenet.prepare import prepare
        from spritenet.sources.images.image_file import read_image

        if not file.is_file():
            raise DataError("there is no such file", where=file)
        check_no_data_set(file, self.typed)
        pixels = read_image(file, upright=True)
        if not self.chosen:
            check_no_rows(pixels, self.preparation.shape, file, self.typed)
        image = prepare(pixels, self.preparation)
        if self.preparation.mode == "digit" and not image.any():
            return None
        return self.model.classify(image)


def _ranked(model: Sequential, found: Classified) -> list[tuple[str, float]]:
    """The classes with their probabilities, likeliest first."""
    import numpy as np

    shares = found.probabilities
    names = model.class_names or [str(place) for place in range(len(shares))]
    return [(names[place], float(shares[place])) for place in np.argsort(-shares, kind="stable")]
