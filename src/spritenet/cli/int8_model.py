"""int8 models on the command line: made, loaded, described."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from spritenet.cli import terminal
from spritenet.formatting import plural, shape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spritenet.cli.data_options import DataOptions
    from spritenet.dataset import Dataset
    from spritenet.export import SavedModel
    from spritenet.model import QuantizedModel

__all__ = ["describe_int8", "is_int8", "load_int8", "quantized", "training_data"]


def training_data(saved: SavedModel, name: str, options: DataOptions) -> Dataset:
    """Loads the data set that a model is calibrated on.

    Raises:
        DataError: its images don't fit the network.
    """
    from spritenet.cli.datasets import load
    from spritenet.errors import DataError

    data = load(name, options)
    if data.image_shape != saved.image_shape:
        raise DataError(
            "its images don't fit the network",
            where=name,
            expected=" × ".join(map(str, saved.image_shape)),
            got=" × ".join(map(str, data.image_shape)),
        )
    return data


def quantized(saved: SavedModel, name: str, options: DataOptions) -> QuantizedModel:
    """Returns the int8 form of a model, calibrated on the training images of a data set.

    Raises:
        DataError: its images don't fit the network.
        ModelError: a layer is unsupported in int8.
    """
    from spritenet.model import QuantizedModel

    return QuantizedModel.of(saved, training_data(saved, name, options))


def is_int8(path: Path) -> bool:
    """Returns True for an int8 model's file, by its ending."""
    from spritenet.migration import INT8_ENDING

    return path.suffix == INT8_ENDING


def load_int8(path: Path, options: Mapping[str, object]) -> QuantizedModel:
    """Loads an int8 model.

    Args:
        path: its file.
        options: the options that it has no use for, with their values.

    Raises:
        InputError: one of them was given.
        ModelError: the file can't be read.
    """
    from spritenet.errors import InputError
    from spritenet.model import QuantizedModel

    for name, value in options.items():
        if value is not None:
            raise InputError(f"{name} is for float32 models", where=path)
    return QuantizedModel.load(path)


def describe_int8(path: Path, *, json: bool) -> None:
    """Prints the operators of an int8 model.

    Raises:
        ModelError: the file can't be read.
    """
    model = load_int8(path, {})
    network = model.network
    rows = [
        {
            "name": operator.name,
            "operator": type(operator).__name__,
            "shape": list(operator.shape),
            "scale": operator.scale,
            "zero_point": operator.zero_point,
        }
        for operator in network.operators
    ]
    if json:
        terminal.print_json(
            {
                "model": str(path),
                "format": "int8",
                "bytes": path.stat().st_size,
                "input_shape": list(network.input_shape),
                "output_shape": list(network.output_shape),
                "activation": network.activation,
                "class_names": list(model.class_names),
                "operators": rows,
            }
        )
        return
    print(
        f"{path}: int8, images of {shape(network.image_shape)}, "
        f"{plural(len(rows), 'operator')}, {path.stat().st_size:,} bytes"
    )
    if model.class_names:
        print("classes: " + ", ".join(model.class_names))
    table = terminal.table("operator", "layer", "output", "scale", "zero point")
    for operator in network.operators:
        table.add_row(
            type(operator).__name__,
            operator.name,
            shape(operator.shape),
            f"{operator.scale:.4g}",
            str(operator.zero_point),
        )
    terminal.print_table(table)
    if network.activation != "linear":
        print(f"{network.activation} of the outputs is computed in float32")
