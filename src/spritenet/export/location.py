"""The model file that a path means: the JSON of a TensorFlow.js layers model, of whatever name.

TensorFlow.js itself writes `model.json` with Node.js, and `NAME.json` with `NAME.weights.bin` when
a browser downloads a model. Other programs' models are known by their endings or first bytes, and
refused with the way to convert them.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from spritenet.atomic import existing_folder
from spritenet.errors import ModelError
from spritenet.lfs_pointer import LONGEST, refuse_pointer

__all__ = ["MODEL_JSON", "is_model", "is_zip", "locate"]

MODEL_JSON = "model.json"
C_EXAMPLE = "example.c"  # in a folder of C code
HOLDS_WEIGHTS = re.compile(r"\.bin$|-shard\d+of\d+$")
"""Ends the names of files of weights; older converters write shards without an ending."""

MOST_JSON = 20
"""JSON files of a folder that are looked into, at most."""

MAXIMAL_MODEL_JSON = 16 * 2**20  # bytes; ours are about 4 kB
HEAD = 2**20  # bytes of a foreign file that are looked at

CONVERTER = "pip install tensorflowjs; tensorflowjs_converter --output_format tfjs_layers_model"
TO_ONNX = "pip install tf2onnx; python -m tf2onnx.convert --tflite FILE"
WRITTEN = "Load the model that it was written from."
BY_HAND = "Make the same layers with sn.Sequential, and give it the weights with set_weights."
FOREIGN = {
    ".h5": ("an HDF5 file", "Keras's models are read from files that end in .h5 or .keras."),
    ".html": ("a page: models are written so, not read", WRITTEN),
    ".keras": ("no Keras model", 'Save the model with model.save("FILE") in Keras 3.'),
    ".pb": (
        "a TensorFlow SavedModel or graph",
        f"Convert its folder: {CONVERTER} --input_format keras_saved_model . OUT.",
    ),
    ".tflite": (
        "a TensorFlow Lite model, whose layers are compiled",
        f"Load the Keras model it was made from, or an ONNX file: {TO_ONNX} --output OUT.onnx.",
    ),
    ".onnx": ("no ONNX model", "ONNX models are read from files that end in .onnx."),
    ".pt": (
        "a PyTorch file, a pickle that may run code",
        "Load it in PyTorch, and give its nn.Sequential to sn.from_torch.",
    ),
    ".py": (
        "Python code: models are written for PyTorch so, not read",
        WRITTEN,
    ),
    ".safetensors": ("a safetensors file: weights without a network", BY_HAND),
    ".bin": ("a file of weights", "Name the JSON file that describes them, or their folder."),
}
"""Formats by ending: their names, and what to do."""

ENDINGS = {
    ".ckpt": ".pt",
    ".htm": ".html",
    ".hdf5": ".h5",
    ".he5": ".h5",
    ".pth": ".pt",
    ".tfl": ".tflite",
    **{ending: ending for ending in FOREIGN},
}
SIGNS = ((0, b"\x89HDF\r\n\x1a\n", ".h5"), (4, b"TFL3", ".tflite"))
"""Bytes at a place that tell a format."""

ONLY_MODELS = frozenset(ENDINGS) - {".bin", ".h5", ".hdf5", ".he5"}
"""Endings that no data set has."""

KERAS_IN_HDF5 = (b"keras_version", b"layer_names", b"model_weights")


def locate(path: Path) -> Path:
    """The JSON file of the model that a path means: the file, one in the folder, or a run's.

    Raises:
        ModelError: there is none, there are several, or it is in an unsupported format.
    """
    if path.suffix.lower() == ".json" and path.name != MODEL_JSON and path.is_file():
        return path
    folder = path.parent if path.name == MODEL_JSON else path
    folder = existing_folder(folder)
    if folder.is_dir():
        return _in_folder(folder, path)
    _refuse_foreign(path)
    raise ModelError("no model found", where=path, expected=f"a folder that holds a {MODEL_JSON}")


def _in_folder(folder: Path, path: Path) -> Path:
    """The JSON file of a folder's model. See `locate`."""
    if (folder / MODEL_JSON).is_file():
        return folder / MODEL_JSON
    inside = existing_folder(folder / "model") / MODEL_JSON
    if inside.is_file():  # the folder of a run
        return inside
    found = _models_in(folder)
    if len(found) > 1:
        names = ", ".join(file.name for file in found[:3])
        raise ModelError(
            "the folder holds several models", where=path, got=names, do="Name the JSON file."
        )
    if not found:
        if (folder / "saved_model.pb").is_file():
            _refuse_foreign(folder / "saved_model.pb")
        if (folder / C_EXAMPLE).is_file():
            what = "it is C code: models are written so, not read"
            raise ModelError(what, where=path, do=WRITTEN)
        raise ModelError(
            "no model found", where=path, expected=f"a folder that holds a {MODEL_JSON}"
        )
    return found[0]


def _models_in(folder: Path) -> list[Path]:
    """The JSON files of a folder that describe a model."""
    names = sorted(file.name for file in folder.iterdir() if not file.name.startswith("."))
    if not any(HOLDS_WEIGHTS.search(name.lower()) for name in names):
        return []
    listed = [folder / name for name in names if name.lower().endswith(".json")]
    return [file for file in listed[:MOST_JSON] if _describes_a_model(file)]


def _describes_a_model(file: Path) -> bool:
    """Returns True if a JSON file has a `modelTopology`."""
    try:
        if not file.is_file() or file.stat().st_size > MAXIMAL_MODEL_JSON:
            return False
        return b'"modelTopology"' in file.read_bytes()
    except OSError:
        return False


def _refuse_foreign(path: Path) -> None:
    """Raise ModelError if a path is that of another program's model."""
    head = b""
    if path.is_file():
        with path.open("rb") as file:
            head = file.read(LONGEST)
        refuse_pointer(head, path, ModelError)
    signs = (kind for place, sign, kind in SIGNS if head[place:].startswith(sign))
    kind = next(signs, ENDINGS.get(path.suffix.lower()))
    missing = kind in {".h5", ".keras", ".onnx"} and not path.is_file()
    if kind is not None and not missing:
        name, do = FOREIGN[kind]
        do = do.replace("FILE", path.name).replace("FOLDER", path.stem)
        expected = "TensorFlow.js's layers model, a JSON file and its weights, or Keras's or ONNX's"
        raise ModelError(f"it is {name}", where=path, expected=expected, do=do)
    if path.is_file():
        raise ModelError(
            "not a model",
            where=path,
            expected="TensorFlow.js's layers model: its folder, its JSON file or a ZIP of both; or "
            "Keras's: a .keras or .h5 file; or an .onnx file",
        )


def is_zip(path: Path) -> bool:
    """Returns True if a path is a ZIP file."""
    return path.suffix.lower() == ".zip" and path.is_file()


def is_model(path: Path) -> bool:
    """Returns True if a path is a model, ours or another program's, rather than data."""
    if is_zip(path):
        return _models_in_zip(path)
    ending = path.suffix.lower()
    if path.is_file():
        if ending == ".json":
            return path.name == MODEL_JSON or _describes_a_model(path)
        return ending in ONLY_MODELS or _is_keras(path)
    folder = existing_folder(path)
    if not folder.is_dir():
        return path.name == MODEL_JSON
    names = (MODEL_JSON, f"model/{MODEL_JSON}", "saved_model.pb", C_EXAMPLE)
    inside = [folder / name for name in names]
    return any(file.is_file() for file in inside) or bool(_models_in(folder))


def _is_keras(path: Path) -> bool:
    """Returns True if an HDF5 file is a Keras model rather than data."""
    with path.open("rb") as file:
        head = file.read(HEAD)
    return head.startswith(SIGNS[0][1]) and any(word in head for word in KERAS_IN_HDF5)


def _models_in_zip(path: Path) -> bool:
    """Returns True if a ZIP holds weights and a JSON file that may describe a model."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = [PurePosixPath(name).name for name in _names(archive)]
    except (zipfile.BadZipFile, OSError, NotImplementedError):
        return False
    seen = [name for name in names if not name.startswith(".")]
    return MODEL_JSON in seen or (
        any(name.lower().endswith(".json") for name in seen)
        and any(HOLDS_WEIGHTS.search(name.lower()) for name in seen)
    )


def _names(archive: zipfile.ZipFile) -> Iterator[str]:
    """The names of an archive's first files, as many as a model may have."""
    for place, info in enumerate(archive.infolist()):
        if place >= 1000:
            return
        yield info.filename
