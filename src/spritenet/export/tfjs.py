"""The model file: TensorFlow.js's layers format, in a folder of `model.json` and `weights.bin`.

`save` writes what TensorFlow.js 4.22 loads, and `files` gives it as bytes; `load` reads that, and
what TensorFlow.js and its Keras converter write, as far as the layers exist here. See
`docs/model-format.md`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import spritenet
from spritenet.destination import destination
from spritenet.errors import ModelError
from spritenet.export import folder as folders
from spritenet.export import optimizer_state
from spritenet.export.located import located
from spritenet.export.metadata import Metadata, digest
from spritenet.export.read_topology import read_topology
from spritenet.export.saved import OptimizerState, SavedModel, named_shapes
from spritenet.export.weights import (
    Array,
    join,
    manifest,
    match,
    parse_manifest,
    read_file,
    read_group,
)
from spritenet.export.write_topology import write_topology
from spritenet.export.zipped import is_zip, unzipped

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

__all__ = ["files", "load", "save"]

MODEL_JSON = "model.json"
WEIGHTS = "weights.bin"
MAXIMAL_MODEL_JSON = 16 * 2**20  # bytes; ours are about 4 kB
KEY = "spritenet"


def save(model: SavedModel, folder: str | os.PathLike[str]) -> None:
    """Write a model into a folder, which appears whole or not at all.

    An older model in that folder is replaced. At an address of a store, such as `s3://…`, none is.

    Raises:
        ModelError: a weight is not finite, the folder holds other files, or the disk refuses.
        DataError: the place in the store is taken, or the store refuses.
    """
    with destination(folder) as place:
        with located(place.path):
            content = files(model)
        folders.replace(place.path, content)


def files(model: SavedModel) -> dict[str, bytes]:
    """The files of a model's folder, by name: model.json and weights.bin.

    Raises:
        ModelError: a weight is not finite, or the layers can't be named.
    """
    model.check()
    topology = write_topology(model.layers, model.input_shape)
    named = named_shapes(model.layers, model.input_shape)
    arrays = [Array(name, shape) for name, shape in named]
    values: list[NDArray[Any]] = [model.parameters]
    extras: dict[str, Any] = {"weights_sha256": model.weights_sha256}
    content: dict[str, Any] = {
        "format": "layers-model",
        "generatedBy": f"Spritenet {spritenet.__version__}",
        "convertedBy": None,
        "modelTopology": topology,
    }
    if model.optimizer is not None:
        slots = optimizer_state.arrays(model.optimizer, named)
        arrays += [array for array, _ in slots]
        values += [value for _, value in slots]
        extras["optimizer"] = _optimizer_entry(model.optimizer, join([v for _, v in slots]))
        config = optimizer_state.training_config(model.optimizer)
        content |= {"trainingConfig": config} if config else {}
    content["weightsManifest"] = manifest(arrays, WEIGHTS)
    content["userDefinedMetadata"] = {KEY: model.metadata.to_json(model.input_shape, extras)}
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    return {MODEL_JSON: text.encode() + b"\n", WEIGHTS: join(values)}


def _optimizer_entry(state: OptimizerState, slots: bytes) -> dict[str, Any]:
    """The metadata of an optimizer's memory."""
    return {
        "optimizer": state.optimizer.config(),
        "loss": None if state.loss is None else state.loss.config(),
        "sha256": hashlib.sha256(slots).hexdigest(),
    }


def load(path: str | os.PathLike[str], *, optimizer: bool = False) -> SavedModel:
    """Read a model from its folder, its model.json, or a ZIP of that folder.

    Args:
        path: the folder, the model.json in it, or a file that ends in .zip.
        optimizer: whether to read its optimizer's memory too, if it was saved.

    Raises:
        ModelError: something is missing, broken, unsafe or doesn't exist here. Sizes are checked
            before anything of that size is read.
    """
    path = Path(path)
    if is_zip(path):
        with unzipped(path) as folder:
            return load(folder, optimizer=optimizer)
    where = _locate(path)
    content = _parse(read_file(where, MAXIMAL_MODEL_JSON), where)
    with located(where):
        layers, input_shape = read_topology(content.get("modelTopology"))
        named = named_shapes(layers, input_shape)
    groups = parse_manifest(content.get("weightsManifest"), where)
    promised = [array for group in groups for array in group.arrays]
    sources = match(named, [array for array in promised if not array.group], where)
    values = {name: v for group in groups for name, v in read_group(where.parent, group).items()}
    flat = [values[source].reshape(-1) for source in sources]
    parameters = np.concatenate([np.zeros(0, np.float32), *flat]).astype(np.float32)
    parameters.setflags(write=False)
    entry = _metadata_entry(content, where)
    state = entry.get("optimizer")
    slots = [values[array.name] for array in promised if array.group]
    model = SavedModel(
        layers,
        input_shape,
        parameters,
        Metadata.from_json(entry, where) if entry else Metadata(),
        _optimizer(state, values, named, where) if optimizer and state is not None else None,
    )
    _compare(digest(entry, "weights_sha256", where), model.parameters, where=where)
    if isinstance(state, dict):
        _compare(digest(state, "sha256", where), *slots, where=where)
    with located(where):
        model.check()
    return model


def _locate(path: Path) -> Path:
    """The model.json meant by a path."""
    folder = path.parent if path.name == MODEL_JSON else path
    where = folders.existing(folder) / MODEL_JSON
    if not where.is_file():
        raise ModelError(
            "there is no model", where=path, expected=f"a folder that holds a {MODEL_JSON}"
        )
    return where


def _parse(data: bytes, where: Path) -> dict[str, Any]:
    """The JSON object of a file; numbers too long to be meant are read as floats."""
    try:
        content = json.loads(data, parse_int=lambda n: int(n) if len(n) < 20 else float(n))
    except (ValueError, RecursionError) as error:
        raise ModelError("it is not JSON", where=where, got=str(error)) from error
    if not isinstance(content, dict):
        raise ModelError("it is not a JSON object", where=where)
    return content


def _metadata_entry(content: Mapping[str, Any], where: Path) -> dict[str, Any]:
    """Our metadata; empty in a file that isn't ours."""
    metadata = content.get("userDefinedMetadata")
    entry = metadata.get(KEY, {}) if isinstance(metadata, dict) else {}
    if not isinstance(entry, dict):
        raise ModelError("its metadata is not an object", where=where)
    return entry


def _optimizer(
    entry: object,
    values: Mapping[str, NDArray[Any]],
    named: Sequence[tuple[str, tuple[int, ...]]],
    where: Path,
) -> OptimizerState:
    """The optimizer's memory."""
    if not isinstance(entry, dict):
        raise ModelError("optimizer of its metadata is wrong", where=where, expected="an object")
    with located(where):
        return optimizer_state.from_arrays(entry, values, named)


def _compare(expected: str | None, *values: NDArray[Any], where: Path) -> None:
    """Raise ModelError if the values aren't those of the SHA-256."""
    got = hashlib.sha256(join(values)).hexdigest()
    if expected is not None and expected != got:
        raise ModelError(
            "the weights were changed after they were saved",
            where=where.with_name(WEIGHTS),
            expected=f"SHA-256 {expected[:12]}…",
            got=f"{got[:12]}…",
            do="Take the model again from where it came from.",
        )
