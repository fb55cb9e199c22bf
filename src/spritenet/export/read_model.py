"""Reading models, of whatever format their path is."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from spritenet.destination import local_only
from spritenet.errors import DataWarning
from spritenet.export.class_names import checked_names
from spritenet.export.error_location import located
from spritenet.export.location import is_zip, locate
from spritenet.export.metadata import Metadata
from spritenet.export.pixel_range import PixelRange
from spritenet.export.saved_model import ASSUMED, SavedModel
from spritenet.export.tfjs import read_tfjs, weight_files
from spritenet.export.topology import Content
from spritenet.export.zip_file import unzipped
from spritenet.migration import FORMATS

if TYPE_CHECKING:
    import os

__all__ = ["load", "read"]


def _is_keras(path: Path) -> bool:
    """Returns True for a Keras model by its ending and first bytes."""
    if path.suffix.lower() not in FORMATS["keras"].endings or not path.is_file():
        return False
    with path.open("rb") as file:
        head = file.read(8)
    return head.startswith((b"PK\3\4", b"\x89HDF\r\n\x1a\n"))


def _read_keras(path: Path, pixels: PixelRange | None) -> Content:
    """Reads a Keras model, with modules that nothing else needs."""
    from spritenet.export.keras_file import read_keras

    return read_keras(path, pixels)


def _is_onnx(path: Path) -> bool:
    """Returns True for an ONNX file by its ending."""
    return path.suffix.lower() in FORMATS["onnx"].endings and path.is_file()


def _read_onnx(path: Path, pixels: PixelRange | None) -> Content:
    """Reads an ONNX file, with modules that nothing else needs."""
    from spritenet.export.onnx import read_onnx

    return read_onnx(path, pixels)


READERS = ((_is_keras, _read_keras), (_is_onnx, _read_onnx))
"""For each format that is a file: a test of the path, and its reader."""


def load(
    path: str | os.PathLike[str],
    *,
    optimizer: bool = False,
    pixels: str | None = None,
    class_names: Sequence[str] | None = None,
) -> SavedModel:
    """Reads a model of TensorFlow.js, Keras or ONNX.

    Args:
        path: the folder, the folder of a run, the JSON file, or a ZIP of both; or a file that
            ends in .keras, .h5 or .onnx.
        optimizer: True reads the optimizer state too, if it was saved.
        pixels: the range that pixels are scaled to for the network, if its file lacks it: "0..1"
            (assumed by default, with a warning), "0..255", "-1..1"; or, dark on light, "1..0",
            "255..0", "1..-1".
        class_names: names of its outputs, in place of those in the file.

    Raises:
        ModelError: something is missing, damaged, unsafe or unsupported. Sizes are checked
            before anything of that size is read.
    """
    model = read(path, optimizer=optimizer, pixels=pixels, class_names=class_names)
    for note in model.notes:
        warnings.warn(note, DataWarning, stacklevel=2)
    return model


def read(
    path: str | os.PathLike[str],
    *,
    optimizer: bool = False,
    pixels: str | None = None,
    class_names: Sequence[str] | None = None,
) -> SavedModel:
    """Reads a model as `load` does, with assumptions in `notes` instead of warnings.

    Raises:
        ModelError: see `load`.
    """
    wanted = None if pixels is None else PixelRange.of(pixels)
    given = None if class_names is None else checked_names(class_names, "class_names")
    path = local_only(path, "Download its folder, and name that.", "models are read from files")
    for is_its_file, read_file in READERS:
        if is_its_file(path):
            content = read_file(path, wanted)
            kept = content if optimizer else content._replace(optimizer=None)
            return _saved(path, kept, wanted, given)
    if is_zip(path):
        with unzipped(path, weight_files) as folder:
            return read_tfjs(locate(folder), path, optimizer, wanted, given)
    return read_tfjs(locate(path), path, optimizer, wanted, given)


def _saved(
    path: Path,
    content: Content,
    pixels: PixelRange | None,
    class_names: tuple[str, ...] | None,
) -> SavedModel:
    """Returns the model of a file's content.

    Raises:
        ModelError: its parts don't go together.
    """
    network, parameters, entry, state = content
    metadata = Metadata.from_json(entry, path) if entry else Metadata()
    if class_names is not None:
        metadata = replace(metadata, class_names=class_names)
    if network.head and not metadata.random_layers:
        metadata = replace(metadata, random_layers=network.head)
    notes = [f"{path}: {note}" for note in network.notes]
    assumed = network.assumed and pixels is None
    if assumed:
        notes.append(f"{path}: {ASSUMED}")
    parameters.setflags(write=False)
    model = SavedModel(
        network.layers,
        network.input_shape,
        parameters,
        metadata,
        state,
        assumed=assumed,
        notes=tuple(notes),
    )
    with located(path):
        model.check()
    return model
