"""`spritenet predict`: what a saved model takes pictures for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Json, Model, model_folder
from spritenet.cli.text import percent

if TYPE_CHECKING:
    from spritenet.model import Classified, Sequential
    from spritenet.prepare import Preparation

__all__ = ["predict"]

NO_INK = "no ink"
"""What is said of a picture on which nothing is drawn."""

NOT_SURE = "not sure"
"""What is said of a picture unlike those the model learnt."""


def predict(
    model: Model,
    files: Annotated[list[Path], typer.Argument(metavar="FILES...", help="Image files.")],
    top: Annotated[int, typer.Option(metavar="N", min=1, help="How many classes to name.")] = 3,
    prepare: Annotated[
        str | None,
        typer.Option(
            metavar="MODE",
            help="How pictures become inputs: digit, fit, crop or stretch.",
            show_default="as the model says",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Say what a saved model takes pictures for."""
    from spritenet.cli.preparation import of_model
    from spritenet.errors import DataError
    from spritenet.model import load_model

    loaded = load_model(model_folder(model))
    preparation = of_model(loaded, prepare)
    answers: list[dict[str, object]] = []
    for file in files:
        try:
            found = _answer(loaded, preparation, file)
        except DataError as error:
            answers.append({"file": str(file), "error": str(error)})
            if not json:
                terminal.complain(str(error))
            continue
        if found is None:
            answers.append({"file": str(file), "classes": [], "sure": False})
        else:
            ranked = _ranked(loaded, found)[:top]
            classes = [{"class": name, "probability": share} for name, share in ranked]
            sure, score = bool(found.sure), float(found.score)
            answers.append({"file": str(file), "classes": classes, "sure": sure, "score": score})
        if not json:
            print(f"{file}: {_words(loaded, found, top)}")
    if json:
        terminal.print_json({"model": str(model), "predictions": answers})
    if any("error" in answer for answer in answers):
        raise typer.Exit(2)


def _words(model: Sequential, found: Classified | None, top: int) -> str:
    """The answer in a line for people."""
    if found is None:
        return NO_INK
    ranked = _ranked(model, found)[:top]
    words = ", ".join(f"{name} ({_percent(share)})" for name, share in ranked)
    return words if found.sure else f"{NOT_SURE}; if any, {words}"


def _percent(share: float) -> str:
    """A probability in per cent; the smallest ones have no digits worth reading."""
    return percent(share) if share >= 0.0001 else "< 0.01 %"


def _answer(model: Sequential, preparation: Preparation, file: Path) -> Classified | None:
    """What the model says of a picture; None where there is no ink.

    Raises:
        DataError: the file is missing or no picture.
        ModelError: the network doesn't choose among classes.
    """
    from spritenet.errors import DataError
    from spritenet.prepare import prepare
    from spritenet.sources.picture import read_picture

    if not file.is_file():
        got = "a folder" if file.is_dir() else ""
        raise DataError("there is no such file", where=file, got=got)
    image = prepare(read_picture(file, upright=True), preparation)
    if preparation.mode == "digit" and not image.any():
        return None
    return model.classify(image)


def _ranked(model: Sequential, found: Classified) -> list[tuple[str, float]]:
    """The classes with their probabilities, likeliest first."""
    import numpy as np

    shares = found.probabilities
    names = model.class_names or [str(place) for place in range(len(shares))]
    return [(names[place], float(shares[place])) for place in np.argsort(-shares, kind="stable")]
