"""C code on the command line: calibration on a data set, and what is printed of memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spritenet.cli.data_options import DataOptions
from spritenet.cli.int8_model import training_data
from spritenet.cli.models import recorded_data, resolve_data
from spritenet.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from spritenet.dataset import Dataset
    from spritenet.export import SavedModel

__all__ = ["calibration_data", "write_c"]


def calibration_data(
    path: Path, model: SavedModel, name: str | None, options: DataOptions
) -> tuple[str, DataOptions]:
    """Returns the data set to calibrate int8 with, and how to read it.

    Args:
        path: of the model; a run knows its data.
        model: the model.
        name: the option `--data`.
        options: the command's data options.

    Raises:
        InputError: none is given, and what the model was trained on is unknown.
    """
    trained = model.metadata.trained_on
    known = trained.dataset if trained is not None else ""
    if not (name or known or recorded_data(path)[0]):
        raise InputError(
            "missing images to calibrate int8 with",
            where="--data",
            expected="a data set such as the model was trained on",
            do="Pass --data DATA, such as --data mnist.",
        )
    return resolve_data(path, name, options, known)


def write_c(
    model: SavedModel,
    out: Path,
    precision: str,
    name: str | None,
    options: DataOptions,
    prefix: str | None = None,
) -> str:
    """Writes the folder of C code.

    Args:
        model: the model.
        out: the folder.
        precision: "int8" or "float32".
        name: the data set to calibrate int8 with, whose first image is the example's; or None.
        options: its data options.
        prefix: the beginning of the names of files, functions and macros; None for "model".

    Returns:
        A line on the memory that the code needs.

    Raises:
        DataError: the images have another size.
        ModelError: a layer is unsupported.
    """
    from spritenet.export.c import Example, save_c
    from spritenet.model import model_of
    from spritenet.quantization import quantize, reference

    data = None if name is None else training_data(model, name, options)
    pixels = _example_image(model, data)
    image = pixels.reshape(1, *model.input_shape)
    integers = None
    if precision == "int8" and data is not None:
        images = data.train.images.reshape(-1, *model.input_shape)
        integers = quantize(model.layers, model.input_shape, model.parameters, images)
        outputs: NDArray[np.generic] = reference.predict(integers, image)[0]
    else:
        outputs = model_of(model).predict(image)[0]
    source = save_c(model, out, Example(pixels, outputs), integers, prefix or "model")
    return (
        f"{precision}: weights {source.constant_bytes:,} bytes, working memory "
        f"{source.arena_bytes:,} bytes beside an image of {pixels.size:,}"
    )


def _example_image(model: SavedModel, data: Dataset | None) -> NDArray[np.uint8]:
    """Returns the first test image; a pattern without data."""
    import numpy as np

    if data is not None:
        split = data.splits.get("test", data.train)
        first: NDArray[np.uint8] = split.images[0]
        return first
    rows, columns, channels = np.indices(model.image_shape)
    pattern: NDArray[np.uint8] = ((rows * 9 + columns * 5 + channels * 60) % 256).astype(np.uint8)
    return pattern
