"""Writing models, in the format that a name says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from spritenet.errors import ModelError, UnsupportedError
from spritenet.export import tfjs
from spritenet.migration import FORMATS, INT8_ENDING, ModelFormat, format_of, refuse_format

if TYPE_CHECKING:
    import os

    from spritenet.export.saved_model import SavedModel

    Writer = Callable[[SavedModel, str | os.PathLike[str], str], None]
    """Writes a model to a path, in one of its format's precisions."""

__all__ = ["save"]


def _save_keras(model: SavedModel, path: str | os.PathLike[str], _: str) -> None:
    """Writes a Keras model, with modules that nothing else needs."""
    from spritenet.export.keras_file import save_keras

    save_keras(model, path)


def _save_onnx(model: SavedModel, path: str | os.PathLike[str], precision: str) -> None:
    """Writes an ONNX file, with modules that nothing else needs."""
    from spritenet.export.onnx import save_onnx

    save_onnx(model, path, precision)


def _save_torch(model: SavedModel, path: str | os.PathLike[str], _: str) -> None:
    """Writes PyTorch code, with modules that nothing else needs."""
    from spritenet.export.torch import save_torch

    save_torch(model, path)


WRITERS: Mapping[str, Writer] = MappingProxyType(
    {
        "tfjs": tfjs.save,
        "keras": _save_keras,
        "onnx": _save_onnx,
        "torch": _save_torch,
    }
)
"""The writer of each of `FORMATS`."""


def save(
    model: SavedModel,
    path: str | os.PathLike[str],
    *,
    to: str | None = None,
    precision: str = "float32",
) -> None:
    """Writes a model, which appears whole or not at all.

    An older model is replaced. At an address of a store, such as `s3://…`, none is.

    Args:
        model: the model.
        path: a folder for TensorFlow.js, or a .zip of it; or a file that ends in .keras or .h5,
            for Keras, in .onnx, or in .py, for PyTorch, whose weights are in an .npz beside it.
        to: the name of the format, one of `FORMATS`; None for the one of the path's ending.
        precision: the type that weights are stored as, if the format has several.

    Raises:
        ModelError: a weight is not finite, the folder holds other files, the format lacks that
            precision, or the disk refuses.
        DataError: the place in the store is taken, or the store refuses.
        MissingExtraError: the library that the format needs is not installed.
        UnsupportedError: the name ends as an int8 or another library's model file does.
    """
    form = format_of(str(path)) if to is None else FORMATS[to]
    if str(path).lower().endswith(INT8_ENDING):
        raise UnsupportedError(
            "Unsupported: writing an int8 model without calibration images",
            where=path,
            do="Call model.quantize(images).save(path).",
        )
    if not form.endings:
        files = ", ".join(f"{' or '.join(f.written)} for {f.title}" for f in _files())
        refuse_format(str(path), f"Name a folder, for TensorFlow.js, or a file: {files}.")
    if precision not in form.precisions:
        raise ModelError(
            "invalid precision",
            where=form.title,
            expected=" or ".join(form.precisions),
            got=precision,
        )
    WRITERS[form.name](model, path, precision)


def _files() -> list[ModelFormat]:
    """Returns the formats that are a file."""
    return [form for form in FORMATS.values() if form.endings]
