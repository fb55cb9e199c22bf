"""The model file: TensorFlow.js's layers format, in a folder of `model.json` and `weights.bin`.

`save` writes what TensorFlow.js 4.22 loads, and `files` gives it as bytes; `read_tfjs` reads that,
and what TensorFlow.js and its Keras converter write, as far as the layers exist here. See
`docs/reference/model-format.md`.
"""

from __future__ import annotations

import hashlib
import json
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import spritenet
from spritenet.atomic import write_file, write_folder
from spritenet.destination import destination
from spritenet.errors import ModelError
from spritenet.export import optimizer_state
from spritenet.export.error_location import located, quoted
from spritenet.export.layer_order import depth_first
from spritenet.export.location import MAXIMAL_MODEL_JSON, MODEL_JSON, locate
from spritenet.export.metadata import Metadata, digest
from spritenet.export.metadata_json import METADATA_JSON, Beside, read_beside
from spritenet.export.pixel_range import TEACHABLE_MACHINE, PixelRange
from spritenet.export.quantization import quantized
from spritenet.export.read_topology import read_topology
from spritenet.export.saved_model import ASSUMED, OptimizerState, SavedModel, named_shapes, sha256
from spritenet.export.topology import Topology
from spritenet.export.weights import (
    OF_LAYERS,
    Array,
    Group,
    join,
    manifest,
    match,
    parse_manifest,
    read_file,
    read_group,
)
from spritenet.export.write_topology import write_topology
from spritenet.export.zip_file import zipped

if TYPE_CHECKING:
    import os

    from numpy.typing import NDArray

__all__ = ["files", "read_tfjs", "save", "weight_files"]

WEIGHTS = "weights.bin"
KEY = "spritenet"
MOST_SLOTS = 8
"""Arrays of an optimizer for each of the network's, more than any has."""

GRAPH_DTYPES = ("float32", "int32", "bool")
"""Types of a graph model's constants."""

TENSORFLOW_JS = "TensorFlow.js"
"""The first word of `generatedBy` in what TensorFlow.js saves."""

STILL_TRUE = ("version", "class_names", "input", "augmentation", "random_layers")
"""Entries of our metadata that hold whatever the weights are."""

TRAINED_ON_ELSEWHERE = (
    "TensorFlow.js has changed its weights since Spritenet saved them: their hash, the scores, the "
    "calibration, the optimizer state and the description of the training set are dropped"
)

TEACHABLE_PIXELS = (
    "its metadata.json is Teachable Machine's, so pixels are divided by 127, minus 1: -1..1. If "
    "they are others, give pixels= (--pixels)"
)

MODEL_FILES = r"model\.json|weights\.bin|group\d+-shard\d+of\d+(\.bin)?"
"""The files that a new model replaces: ours, and those that TensorFlow.js's converter writes."""


def save(model: SavedModel, path: str | os.PathLike[str], precision: str = "float32") -> None:
    """Writes a model as a folder, or as a ZIP of it, which appears whole or not at all.

    An older model is replaced. At an address of a store, such as `s3://…`, none is.

    Args:
        model: the model.
        path: the folder; or a file that ends in .zip.
        precision: see `files`.

    Raises:
        ModelError: a weight is not finite, the folder holds other files, or the disk refuses.
        DataError: the place in the store is taken, or the store refuses.
    """
    with destination(path) as place:
        with located(place.path):
            content = files(model, precision)
        if place.path.suffix.lower() == ".zip":
            write_file(place.path, zipped(content), error=ModelError)
            return
        write_folder(place.path, content, MODEL_FILES, error=ModelError)


def files(model: SavedModel, precision: str = "float32") -> dict[str, bytes]:
    """The files of a model's folder, by name: model.json and weights.bin.

    Args:
        model: the model.
        precision: the type as which kernels are stored: "float32", "float16", "uint16" or
            "uint8". The other weights are float32.

    Raises:
        ModelError: a weight is not finite or too large, or the layers can't be named.
    """
    model.check()
    model, arrays, values = _stored(depth_first(model), precision)
    named = named_shapes(model.layers, model.input_shape)
    topology = write_topology(model.layers, model.input_shape)
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
        values.append(join([value for _, value in slots]))
        extras["optimizer"] = _optimizer_entry(model.optimizer, values[-1])
        config = optimizer_state.training_config(model.optimizer)
        content |= {"trainingConfig": config} if config else {}
    content["weightsManifest"] = manifest(arrays, WEIGHTS)
    content["userDefinedMetadata"] = {KEY: model.metadata.to_json(model.input_shape, extras)}
    text = json.dumps(content, ensure_ascii=False, allow_nan=False)
    return {MODEL_JSON: text.encode() + b"\n", WEIGHTS: b"".join(values)}


def _stored(model: SavedModel, precision: str) -> tuple[SavedModel, list[Array], list[bytes]]:
    """Returns a model with the weights that a reader gets, and their entries and bytes.

    Scores are those of the exact weights: a quantized model has none.

    Raises:
        ModelError: a weight is too large, or there is an optimizer.
    """
    named = named_shapes(model.layers, model.input_shape)
    if precision == "float32":
        return model, [Array(name, shape) for name, shape in named], [join([model.parameters])]
    if model.optimizer is not None:
        raise ModelError(f"precision {precision!r} and the optimizer state are mutually exclusive")
    arrays, stored = [], []
    parameters, offset = model.parameters.copy(), 0
    for name, shape in named:
        part = parameters[offset : offset + prod(shape)]
        offset += part.size
        form = None
        data = join([part])
        if len(shape) > 1:
            with located(Path(name)):
                form, data = quantized(part, precision)
            part[:] = form.decoded(np.frombuffer(data, np.uint8), "float32")
        arrays.append(Array(name, shape, quantization=form))
        stored.append(data)
    metadata = replace(model.metadata, scores={})
    return replace(model, parameters=parameters, metadata=metadata), arrays, stored


def _optimizer_entry(state: OptimizerState, slots: bytes) -> dict[str, Any]:
    """Returns the metadata of an optimizer state."""
    return {
        "optimizer": state.optimizer.config(),
        "loss": None if state.loss is None else state.loss.config(),
        "metrics": list(state.metrics),
        "sha256": hashlib.sha256(slots).hexdigest(),
    }


def read_tfjs(
    where: Path,
    path: Path,
    with_optimizer: bool,
    pixels: PixelRange | None,
    class_names: tuple[str, ...] | None,
) -> SavedModel:
    """Reads the model of a JSON file.

    Args:
        where: the JSON file.
        path: what notes call it.
        with_optimizer: True reads the optimizer state too, if it was saved.
        pixels: the pixel range of its inputs, if the file lacks it.
        class_names: names of its outputs, in place of those in the file.

    Raises:
        ModelError: something is missing, damaged, unsafe or unsupported.
    """
    content = _parse(read_file(where, MAXIMAL_MODEL_JSON), where)
    beside = read_beside(where.parent)
    known = pixels or (TEACHABLE_MACHINE if beside.is_teachable_machine else None)
    is_graph = _is_graph_model(content)
    kinds = GRAPH_DTYPES if is_graph else OF_LAYERS
    groups = parse_manifest(content.get("weightsManifest"), where, kinds)
    promised = [array for group in groups for array in group.arrays]
    if is_graph:
        from spritenet.export.graph_model import read_graph_model  # few files need it

        values = _values(groups, where)
        with located(where):
            network, parameters = read_graph_model(content, values, known, beside.image_size)
        named = named_shapes(network.layers, network.input_shape)
    else:
        with located(where):
            network = read_topology(content.get("modelTopology"), known, beside.image_size)
        named = named_shapes(network.layers, network.input_shape)
        sources = match(named, [array for array in promised if not array.group], where)
        values = _values(groups, where)
        flat = [values[source].reshape(-1) for source in sources]
        parameters = np.concatenate([np.zeros(0, np.float32), *flat]).astype(np.float32)
    parameters.setflags(write=False)
    notes = [f"{path}: {note}" for note in (*network.notes, *_differences(content, network))]
    if known is not pixels:
        notes.append(f"{path}: {TEACHABLE_PIXELS}")
    slots = [values[array.name] for array in promised if array.group]
    entry, dropped = _own_entry(content, parameters, slots, where)
    notes += [f"{path}: {note}" for note in dropped]
    state = entry.get("optimizer")
    metadata = Metadata.from_json(entry, where) if entry else Metadata()
    if network.head and not metadata.random_layers:
        metadata = replace(metadata, random_layers=network.head)
    if class_names is None and not metadata.class_names:
        class_names = _labels(beside, where.parent, network, notes)
    if class_names is not None:
        metadata = replace(metadata, class_names=class_names)
    assumed = network.assumed and known is None
    if assumed:
        notes.append(f"{path}: {ASSUMED}")  # the last one: see `SavedModel.notes`
    wanted = with_optimizer and state is not None
    model = SavedModel(
        network.layers,
        network.input_shape,
        parameters,
        metadata,
        _optimizer(state, values, named, where) if wanted else None,
        assumed,
        tuple(notes),
    )
    with located(where):
        model.check()
    return model


def weight_files(folder: Path) -> tuple[list[str], int]:
    """Returns the names of a model's files of weights, and the bytes of all its weights.

    Args:
        folder: with its JSON files; nothing else is read.

    Raises:
        ModelError: see `read_tfjs`; or an optimizer has more weights than the network allows.
    """
    where = locate(folder)
    content = _parse(read_file(where, MAXIMAL_MODEL_JSON), where)
    is_graph = _is_graph_model(content)
    kinds = GRAPH_DTYPES if is_graph else OF_LAYERS
    groups = parse_manifest(content.get("weightsManifest"), where, kinds)
    if not is_graph:
        size = read_beside(where.parent).image_size
        with warnings.catch_warnings(), located(where):
            warnings.simplefilter("ignore")  # they come when the model is read
            network = read_topology(content.get("modelTopology"), None, size)
            named = named_shapes(network.layers, network.input_shape)
        arrays = [array for group in groups for array in group.arrays]
        match(named, [array for array in arrays if not array.group], where)
        slots = sum(array.size for array in arrays if array.group)
        most = 1 + MOST_SLOTS * sum(prod(shape) for _, shape in named)
        if slots > most:
            raise ModelError(
                "the optimizer has too many weights", where=where, expected=f"≤ {most}", got=slots
            )
    return [path for group in groups for path in group.paths], sum(g.bytes for g in groups)


def _own_entry(
    content: Mapping[str, Any],
    parameters: NDArray[np.float32],
    slots: Sequence[NDArray[Any]],
    where: Path,
) -> tuple[dict[str, Any], list[str]]:
    """Our metadata as far as it is true of these weights, and a line on what isn't.

    TensorFlow.js keeps our metadata when it saves a model of ours, also of one that it has trained
    on. Where it, or its optimizer, isn't what it was, what we knew of it no longer holds.

    Raises:
        ModelError: the weights aren't those that were saved, and TensorFlow.js didn't change them.
    """
    entry = _metadata_entry(content, where)
    state = entry.get("optimizer")
    known = digest(entry, "weights_sha256", where)
    of_state = digest(state, "sha256", where) if isinstance(state, dict) else None
    if not str(content.get("generatedBy")).startswith(TENSORFLOW_JS):
        _compare(known, parameters, where=where)
        if of_state is not None and slots:
            _compare(of_state, *slots, where=where)
        return entry, []
    if known is not None and known != sha256(parameters):
        kept = {key: entry[key] for key in STILL_TRUE if key in entry}
        return kept, [TRAINED_ON_ELSEWHERE]
    if state is not None and of_state != hashlib.sha256(join(slots)).hexdigest():
        return {key: value for key, value in entry.items() if key != "optimizer"}, []
    return entry, []


def _differences(content: Mapping[str, Any], network: Topology) -> list[str]:
    """Returns a line for each layer that TensorFlow.js, which saved it, computes otherwise."""
    if not str(content.get("generatedBy")).startswith(TENSORFLOW_JS):
        return []
    found = [(layer.label, layer.missing_in_tensorflow_js()) for layer in network.layers]
    return [
        f"{label}: TensorFlow.js, which saved the model, has no {missing}: outputs differ from its"
        for label, missing in found
        if missing
    ]


def _values(groups: Sequence[Group], where: Path) -> dict[str, NDArray[Any]]:
    """Returns the arrays of all groups by name."""
    return {name: v for group in groups for name, v in read_group(where.parent, group).items()}


def _labels(
    beside: Beside, folder: Path, network: Topology, notes: list[str]
) -> tuple[str, ...] | None:
    """The class names beside a model, if they are as many as its outputs."""
    names = beside.labels
    shape = network.layers.output_shape(network.input_shape)
    if not names or shape == (len(names),):
        return names or None
    notes.append(
        f"{folder / METADATA_JSON}: its {len(names)} labels are left out, as there are "
        f"{' × '.join(map(str, shape))} outputs"
    )
    return None


def _is_graph_model(content: Mapping[str, Any]) -> bool:
    """Returns True if a model.json is that of a graph model."""
    topology = content.get("modelTopology")
    return isinstance(topology, dict) and isinstance(topology.get("node"), list)


def _parse(data: bytes, where: Path) -> dict[str, Any]:
    """The JSON object of a file; numbers too long to be meant are read as floats."""
    try:
        content = json.loads(data, parse_int=lambda n: int(n) if len(n) < 20 else float(n))
    except (ValueError, RecursionError) as error:
        raise ModelError("not JSON", where=where, got=quoted(error)) from error
    if not isinstance(content, dict):
        raise ModelError("not a JSON object", where=where)
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
    """Reads the optimizer state."""
    if not isinstance(entry, dict):
        raise ModelError("invalid optimizer in its metadata", where=where, expected="an object")
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
            do="Download or copy the model again.",
        )
