"""`spritenet predict`: what a saved model takes pictures for."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spritenet.cli import terminal
from spritenet.cli.arguments import Json, Model, model_folder
from spritenet.cli.text import percent

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spritenet.model import Sequential
    from spritenet.prepare import Preparation

__all__ = ["predict"]

NO_INK = "no ink"
"""What is said of a picture on which nothing is drawn."""


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
            found = _classes(loaded, preparation, file)[:top]
        except DataError as error:
            answers.append({"file": str(file), "error": str(error)})
            if not json:
                terminal.complain(str(error))
            continue
        classes = [{"class": name, "probability": share} for name, share in found]
        answers.append({"file": str(file), "classes": classes})
        if not json:
            words = ", ".join(f"{name} ({_percent(share)})" for name, share in found)
            print(f"{file}: {words or NO_INK}")
    if json:
        terminal.print_json({"model": str(model), "predictions": answers})
    if any("error" in answer for answer in answers):
        raise typer.Exit(2)


def _percent(share: float) -> str:
    """A probability in per cent; the smallest ones have no digits worth reading."""
    return percent(share) if share >= 0.0001 else "< 0.01 %"


def _classes(model: Sequential, preparation: Preparation, file: Path) -> list[tuple[str, float]]:
    """The classes with their probabilities, likeliest first; empty where there is no ink.

    Raises:
        DataError: the file is missing or no picture.
    """
    import numpy as np

    from spritenet.errors import DataError
    from spritenet.prepare import prepare
    from spritenet.sources.picture import read_picture

    if not file.is_file():
        got = "a folder" if file.is_dir() else ""
        raise DataError("there is no such file", where=file, got=got)
    image = prepare(read_picture(file, upright=True), preparation)
    if preparation.mode == "digit" and not image.any():
        return []
    shares = _probabilities(model, model.predict(image))
    names = model.class_names or [str(place) for place in range(len(shares))]
    return [(names[place], float(shares[place])) for place in np.argsort(-shares, kind="stable")]


def _probabilities(model: Sequential, outputs: NDArray[np.float32]) -> NDArray[np.float64]:
    """Outputs (classes,) as probabilities: through a softmax if the network ends without one.

    Raises:
        ModelError: the network's output is an image.
    """
    import numpy as np

    from spritenet.errors import ModelError
    from spritenet.model.building import last_activation

    if outputs.ndim != 1:
        raise ModelError("the network doesn't tell classes apart", got=f"outputs {outputs.shape}")
    values = outputs.astype(np.float64)
    if last_activation(model.layers) == "linear":
        values = np.exp(values - values.max())
        values /= values.sum()
    return values
