"""Model files of other libraries that aren't written yet."""

from __future__ import annotations

from pathlib import Path

from spritenet.errors import UnsupportedError

__all__ = ["KERAS_ENDINGS", "refuse_format"]

KERAS_ENDINGS = (".keras", ".h5", ".hdf5")
"""Endings of Keras's model files, which are written."""

# Ending → whose it is.
MODELS = {
    ".keras": "Keras's",
    ".h5": "Keras's HDF5",
    ".hdf5": "Keras's HDF5",
    ".onnx": "ONNX's",
    ".tflite": "TensorFlow Lite's",
    ".pb": "TensorFlow's",
    ".pt": "PyTorch's",
    ".pth": "PyTorch's",
    ".safetensors": "Hugging Face's",
    ".ckpt": "a checkpoint's",
}


def refuse_format(path: str | Path, do: str) -> None:
    """Refuses to write a file that its name promises and that would be something else.

    Raises:
        UnsupportedError: the name ends as another library's model file does.
    """
    whose = MODELS.get(Path(str(path)).suffix.lower())
    if whose is not None:
        raise UnsupportedError(f"Unsupported: writing {whose} format", where=path, do=do)
