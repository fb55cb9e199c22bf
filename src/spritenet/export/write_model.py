"""Writing models, in the format that a name says."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING

from spritenet.export import tfjs
from spritenet.export.keras_file import save_keras
from spritenet.migration import KERAS_ENDINGS, refuse_format

if TYPE_CHECKING:
    import os

    from spritenet.export.saved_model import SavedModel

__all__ = ["save"]


def save(model: SavedModel, path: str | os.PathLike[str]) -> None:
    """Writes a model, which appears whole or not at all.

    An older model is replaced. At an address of a store, such as `s3://…`, none is.

    Args:
        model: the model.
        path: a folder for TensorFlow.js; or a file that ends in .keras or .h5, for Keras.

    Raises:
        ModelError: a weight is not finite, the folder holds other files, or the disk refuses.
        DataError: the place in the store is taken, or the store refuses.
        MissingExtraError: h5py is not installed, which Keras's files need.
        UnsupportedError: the name ends as another library's model file does.
    """
    if PurePath(path).suffix.lower() in KERAS_ENDINGS:
        save_keras(model, path)
        return
    refuse_format(str(path), "Name a folder, for TensorFlow.js, or a .keras or .h5 file.")
    tfjs.save(model, path)
