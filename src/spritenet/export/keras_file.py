"""Keras's model files: `.keras` archives of Keras 3, and `.h5` of Keras 2 and 3.

Read and written without Keras; the extra `keras` is h5py. What Spritenet knows beyond Keras's
content (class names, preparation, calibration) is in an entry of its own, which Keras ignores.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

import spritenet
from spritenet.atomic import write_file
from spritenet.destination import destination
from spritenet.errors import ModelError
from spritenet.export.error_location import located, quoted
from spritenet.export.keras_optimizer import (
    compile_config,
    keras_order,
    legacy_config,
    read_state,
    written_state,
)
from spritenet.export.keras_topology import (
    OTHER_IN_KERAS,
    OTHER_IN_KERAS_NOTE,
    keras_topology,
)
from spritenet.export.keras_weights import (
    WeightLimit,
    WeightsByLayer,
    h5_variables,
    h5_weights,
    parameters_of,
    places,
    v3_weights,
)
from spritenet.export.layer_order import depth_first
from spritenet.export.random_layers import without_crops
from spritenet.export.read_topology import read_topology
from spritenet.export.saved_model import SavedModel, sha256
from spritenet.export.topology import Content, Topology
from spritenet.export.zip_file import DAMAGED, inflate
from spritenet.hdf5_file import Hdf5, attribute
from spritenet.layers import Graph, Normalization, Rescaling

if TYPE_CHECKING:
    import os

    from spritenet.export.pixel_range import PixelRange

__all__ = ["read_keras", "save_keras"]

CONFIG, METADATA, WEIGHTS = "config.json", "metadata.json", "model.weights.h5"
OURS = "spritenet.json"
OPTIMIZER = "optimizer"
MAXIMAL_JSON = 16 << 20  # bytes
KERAS_VERSION = "3.8.0"
DATE = (1980, 1, 1, 0, 0, 0)  # of the archive's files: equal models are equal files
PURPOSE, EXTRA = "Keras's model files", "keras"
Stored = tuple[Mapping[str, Any], "Sequence[NDArray[np.float32]]", "Sequence[str]"]
"""The `compile_config`, the optimizer's variables, and the names of the layers in their order."""

WEIGHTS_ONLY = "Keras wrote its weights alone: save the model with model.save(…) in Keras."


def read_keras(path: Path, pixels: PixelRange | None = None) -> Content:
    """Reads a model.

    Args:
        path: a `.keras` archive or a `.h5` file.
        pixels: the pixel range of inputs, if the network doesn't begin with a Rescaling.

    Raises:
        ModelError: the file is damaged, or a layer is unsupported; nothing in it is executed.
        MissingExtraError: h5py is not installed.
    """
    hdf5 = Hdf5(PURPOSE, EXTRA, ModelError)
    with path.open("rb") as file:
        is_archive = file.read(4) == b"PK\3\4"
    read = _read_archive if is_archive else _read_h5
    network, weights, entry, stored = read(hdf5, path, pixels)
    with located(path):
        parameters = parameters_of(network.layers, network.input_shape, weights)
        network = _of_raw_pixels(network, weights)
    if entry.get("weights_sha256") not in (None, sha256(parameters)):
        entry = {}
    if not entry:
        network = _with_other_function(network)
    if stored is None:
        return Content(network, parameters, entry)
    try:
        state = read_state(*stored[:2], network.layers, network.input_shape, stored[2])
    except ModelError as error:
        note = f"its optimizer's state is left out: {error}"
        network = replace(network, notes=(*network.notes, note.removesuffix(".")))
        return Content(network, parameters, entry)
    return Content(network, parameters, entry, state)


def _with_other_function(network: Topology) -> Topology:
    """Returns a network of Keras's with a note on an activation that Keras computes differently."""
    for layer in network.layers:
        if layer.config().get("activation") == OTHER_IN_KERAS:
            return replace(network, notes=(*network.notes, f"{layer.label}: {OTHER_IN_KERAS_NOTE}"))
    return network


def _of_raw_pixels(network: Topology, weights: WeightsByLayer) -> Topology:
    """Returns a network without its assumed pixel range if it was adapted to raw pixels."""
    first = network.layers[1] if len(network.layers) > 1 else None
    if not network.assumed or not isinstance(first, Normalization) or first.invert:
        return network
    mean = next(iter(weights.get(first.label, ())), None)
    if mean is None or mean.max(initial=0) <= 1:
        return network
    rescaling = Rescaling(1.0, name=network.layers[0].label)
    layers = network.layers.with_layers((rescaling, *network.layers[1:]))
    return replace(network, layers=layers, assumed=False)


def _read_archive(
    hdf5: Hdf5, path: Path, pixels: PixelRange | None
) -> tuple[Topology, WeightsByLayer, Mapping[str, Any], Stored | None]:
    """Reads a `.keras` archive."""
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
            missing = next((name for name in (CONFIG, WEIGHTS) if name not in names), None)
            if missing is not None:
                raise ModelError("not a Keras model", where=path, expected=missing, got=names[:5])
            config = _json(_member(archive, CONFIG, MAXIMAL_JSON, path), f"{path}: {CONFIG}")
            with located(path):
                network = read_topology(config, pixels)
                limit = WeightLimit.of(network.layers, network.input_shape)
            stored = _member(archive, WEIGHTS, limit.file_bytes, path)
            ours = OURS in names
            entry = _json(_member(archive, OURS, MAXIMAL_JSON, path), path) if ours else {}
    except (*DAMAGED, OSError) as error:
        raise ModelError("the archive is damaged", where=path, got=quoted(str(error))) from error
    where = f"{path}: {WEIGHTS}"
    found = list(places(config))
    compiled = config.get("compile_config")
    with hdf5.open(io.BytesIO(stored), where) as file:
        weights = v3_weights(hdf5, file, [*found, (OPTIMIZER, OPTIMIZER)], where, limit)
    variables = dict(weights).pop(OPTIMIZER, ())
    kept = None
    if isinstance(compiled, Mapping) and variables:
        kept = compiled, variables, [name for name, _ in found]
    return network, weights, entry, kept


def _read_h5(
    hdf5: Hdf5, path: Path, pixels: PixelRange | None
) -> tuple[Topology, WeightsByLayer, Mapping[str, Any], Stored | None]:
    """Reads a `.h5` file."""
    with hdf5.open(path, path) as file:
        text = attribute(file, "model_config")
        if not isinstance(text, str):
            raise ModelError("it holds no network", where=path, do=WEIGHTS_ONLY)
        ours = attribute(file, "spritenet")
        config = _json(text, path)
        with located(path):
            network = read_topology(config, pixels)
        layers = {layer.label for layer in network.layers}
        limit = WeightLimit.of(network.layers, network.input_shape)
        weights = h5_weights(hdf5, file, layers, str(path), limit)
        training = attribute(file, "training_config")
        variables = h5_variables(hdf5, file, str(path), limit)
    kept = None
    if isinstance(training, str) and variables:
        kept = legacy_config(_json(training, path)), variables, [name for name, _ in places(config)]
    return network, weights, _json(ours, path) if isinstance(ours, str) else {}, kept


def _member(archive: zipfile.ZipFile, name: str, most: int, where: Path) -> bytes:
    """Returns a file of an archive.

    Raises:
        ModelError: it is larger than it may be.
    """
    info = archive.getinfo(name)
    if info.file_size > most:
        raise ModelError(
            "a file of the archive is too large",
            where=f"{where}: {name}",
            expected=f"at most {most:,} bytes",
            got=f"{info.file_size:,}",
        )
    buffer = io.BytesIO()
    inflate(archive, info, buffer)
    return buffer.getvalue()


def _json(text: str | bytes, where: object) -> dict[str, Any]:
    """Returns the object of a JSON text.

    Raises:
        ModelError: it is none.
    """
    try:
        value = json.loads(text, parse_int=lambda n: int(n) if len(n) < 20 else float(n))
    except (ValueError, RecursionError) as error:
        raise ModelError("not JSON", where=where, got=quoted(error)) from error
    if not isinstance(value, dict):
        raise ModelError("not a JSON object", where=where)
    return value


def save_keras(model: SavedModel, path: str | os.PathLike[str]) -> None:
    """Writes a model as a `.keras` archive, or as `.h5` if the name ends so.

    Raises:
        ModelError: a weight is not finite, or the disk refuses.
        MissingExtraError: h5py is not installed.
    """
    hdf5 = Hdf5(PURPOSE, EXTRA, ModelError)
    with destination(path) as place:
        with located(place.path):
            model.check()
        model = depth_first(model)
        write = _archive if place.path.suffix.lower() == ".keras" else _h5
        write_file(place.path, write(hdf5, model, place.path), error=ModelError)


def _archive(hdf5: Hdf5, model: SavedModel, where: Path) -> bytes:
    """Returns the bytes of a `.keras` archive."""
    graph = without_crops(model.layers, model.input_shape)
    config = _sorted(keras_topology(graph, model.input_shape, where.stem), graph)
    paths, weights = dict(places(config)), io.BytesIO()
    with hdf5.open(weights, where, "w") as file:
        file.create_group("vars").attrs["name"] = where.stem
        for name, arrays in _arrays(model):
            group = file.create_group(f"{paths[name]}/vars")
            group.attrs["name"] = name
            for number, (_, values) in enumerate(arrays):
                group.create_dataset(str(number), data=values)
        compiled = model.optimizer and compile_config(model.optimizer)
        if model.optimizer is not None and compiled is not None:
            config["compile_config"] = compiled
            group = file.create_group(f"{OPTIMIZER}/vars")
            variables = written_state(model.optimizer, model.layers, model.input_shape)
            for number, variable in enumerate(variables):
                group.create_dataset(str(number), data=variable)
    files = {
        METADATA: _text({"keras_version": KERAS_VERSION, "date_saved": "1980-01-01@00:00:00"}),
        CONFIG: _text(config),
        WEIGHTS: weights.getvalue(),
        OURS: _text(_ours(model)),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, DATE), content)
    return buffer.getvalue()


def _sorted(config: dict[str, Any], graph: Graph) -> dict[str, Any]:
    """Returns a model's config, its layers as Keras sorts them before it takes their weights."""
    order = {name: place for place, name in enumerate(keras_order(graph))}
    config["config"]["layers"].sort(key=lambda entry: order.get(entry["config"]["name"], -1))
    return config


def _h5(hdf5: Hdf5, model: SavedModel, where: Path) -> bytes:
    """Returns the bytes of a `.h5` file, in the form of Keras 2, which Keras 3 reads too."""
    buffer = io.BytesIO()
    graph = without_crops(model.layers, model.input_shape)
    topology = _sorted(keras_topology(graph, model.input_shape, where.stem, version=2), graph)
    with hdf5.open(buffer, where, "w") as file:
        file.attrs["keras_version"], file.attrs["backend"] = "2.15.0", "tensorflow"
        file.attrs["model_config"] = json.dumps(topology, allow_nan=False)
        file.attrs["spritenet"] = json.dumps(_ours(model), allow_nan=False)
        root = file.create_group("model_weights")
        found = dict(_arrays(model))
        listed = topology["config"]["layers"]
        names = [entry["config"]["name"] for entry in listed]
        root.attrs["layer_names"] = [name.encode() for name in names]
        root.attrs["keras_version"], root.attrs["backend"] = "2.15.0", "tensorflow"
        for name in names:
            group, arrays = root.create_group(name), found.get(name, [])
            written = [f"{name}/{weight}:0" for weight, _ in arrays]
            group.attrs["weight_names"] = [one.encode() for one in written]
            for place, (_, values) in zip(written, arrays, strict=True):
                group.create_dataset(place, data=values)
    return buffer.getvalue()


def _arrays(model: SavedModel) -> Iterator[tuple[str, list[tuple[str, NDArray[Any]]]]]:
    """Yields the name of each layer with weights, and its arrays by name."""
    offset = 0
    for node in model.layers.nodes(model.input_shape):
        arrays: list[tuple[str, NDArray[Any]]] = []
        for weight in node.weights:
            values = model.parameters[offset : offset + weight.size]
            arrays.append((weight.name, values.reshape(weight.shape)))
            offset += weight.size
        if isinstance(node.layer, Normalization):
            arrays.append(("count", np.zeros((), np.int32)))  # Keras 3 has it for older files
        if arrays:
            yield node.layer.label, arrays


def _ours(model: SavedModel) -> dict[str, Any]:
    """Returns the entry that Keras ignores."""
    hashes = {"weights_sha256": model.weights_sha256}
    entry = model.metadata.to_json(model.input_shape, hashes)
    return {"generatedBy": f"Spritenet {spritenet.__version__}", **entry}


def _text(value: Mapping[str, Any]) -> bytes:
    """Returns an object as JSON."""
    return json.dumps(value, allow_nan=False).encode()
