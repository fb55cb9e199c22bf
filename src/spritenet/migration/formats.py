"""Formats of model files: those that are written, by name and ending, and those that aren't."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from spritenet.errors import UnsupportedError

__all__ = ["FORMATS", "INT8_ENDING", "MODEL_ENDINGS", "ModelFormat", "format_of", "refuse_format"]


@dataclass(frozen=True, slots=True)
class ModelFormat:
    """A format of model files that is written, and read unless it is code.

    Attributes:
        name: of `--to`.
        title: in messages.
        endings: of its files, in lower case; none for a folder.
        written: the endings among them that are written.
        extra: the extra that installs what it needs; "" for none.
        precisions: numbers that weights are stored as, the default first.
        is_read: True if files of it are read as well.
    """

    name: str
    title: str
    endings: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    extra: str = ""
    precisions: tuple[str, ...] = ("float32",)
    is_read: bool = True


FORMATS: dict[str, ModelFormat] = {
    found.name: found
    for found in (
        ModelFormat("tfjs", "TensorFlow.js", precisions=("float32", "float16", "uint16", "uint8")),
        ModelFormat("keras", "Keras", (".keras", ".h5", ".hdf5"), (".keras", ".h5"), "keras"),
        ModelFormat("onnx", "ONNX", (".onnx",), (".onnx",), "onnx", ("float32", "float16")),
        ModelFormat("torch", "PyTorch", (".py",), (".py",), is_read=False),
    )
}
"""Every format by its name; the first, a folder, is that of any name without such an ending."""

MODEL_ENDINGS = tuple(ending for found in FORMATS.values() for ending in found.endings)
"""Endings of model files that are written."""

INT8_ENDING = ".int8"
"""Ending of int8 models, which calibration makes of others."""

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
    ".pkl": "pickle's",
    ".pickle": "pickle's",
    ".joblib": "joblib's",
    ".npy": "NumPy's",
    ".mlmodel": "Core ML's",
    ".mlpackage": "Core ML's",
}


def format_of(path: str | Path) -> ModelFormat:
    """Returns the format that a name's ending stands for; TensorFlow.js's folder by default."""
    ending = Path(str(path)).suffix.lower()
    found = (each for each in FORMATS.values() if ending in each.endings)
    return next(found, FORMATS["tfjs"])


def refuse_format(path: str | Path, do: str) -> None:
    """Refuses to write a file that its name promises and that would be something else.

    Raises:
        UnsupportedError: the name ends as another library's model file does.
    """
    whose = MODELS.get(Path(str(path)).suffix.lower())
    if whose is not None:
        raise UnsupportedError(f"Unsupported: writing {whose} format", where=path, do=do)
