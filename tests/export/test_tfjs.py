"""The model file, written and read back: nothing is lost, and nothing broken gets through."""

from __future__ import annotations

import json
import math
import os
import warnings
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from random_networks import parameters_of, saved_models
from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export import Metadata, OptimizerState, SavedModel, load, save
from spritenet.layers import Graph
from spritenet.losses import CategoricalCrossentropy
from spritenet.optimizers import Adam

# The fixture's folder is put right after each example; other programs may slow the drawing down.
UNCHECKED = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
LAYERS = (
    kinds.Rescaling(1 / 255, name="rescaling"),
    kinds.Conv2D(3, 3, activation="relu", name="conv2d"),
    kinds.Flatten(name="flatten"),
    kinds.Dense(4, activation="softmax", name="dense"),
)
SHAPE = (5, 6, 1)
COUNT = (3 * 3 * 1 * 3 + 3) + (3 * 4 * 3 * 4 + 4)


@pytest.fixture
def model() -> SavedModel:
    """A small network with class names and an optimizer's memory."""
    parameters = parameters_of(LAYERS, SHAPE, 0)
    slots = np.stack([parameters + 1, parameters + 2])
    state = OptimizerState(Adam(), 7, slots, CategoricalCrossentropy())
    return SavedModel(Graph.of(LAYERS), SHAPE, parameters, Metadata(("a", "b", "c", "d")), state)


@pytest.fixture
def saved(model: SavedModel, tmp_path: Path) -> Path:
    """The folder of that model."""
    save(model, tmp_path / "model")
    return tmp_path / "model"


def edit(folder: Path, change: Callable[..., object]) -> None:
    """Rewrite model.json with what `change(content)` makes of it."""
    content = json.loads((folder / "model.json").read_text())
    change(content)
    (folder / "model.json").write_text(json.dumps(content))


def refusal(folder: Path) -> str:
    """The one line a broken model is refused with."""
    with pytest.raises(ModelError) as caught:
        load(folder)
    line = str(caught.value)
    assert "\n" not in line
    assert len(line) < 1200
    return line


@given(saved_models())
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_what_was_saved_is_what_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, model: SavedModel
) -> None:
    """Layers, every bit of the weights and slots, and the metadata come back as they were."""
    folder = tmp_path_factory.mktemp("models") / "model"
    save(model, folder)
    again = load(folder, optimizer=True)
    assert _same_layers(again, model)
    assert again.input_shape == model.input_shape
    assert again.parameters.dtype == np.float32
    assert again.parameters.tobytes() == model.parameters.tobytes()
    assert again.metadata == model.metadata
    assert again.weights_sha256 == model.weights_sha256
    before, after = model.optimizer, again.optimizer
    assert (before is None) == (after is None)
    if before and after:
        assert (after.optimizer, after.loss) == (before.optimizer, before.loss)
        assert after.steps == before.steps
        assert after.slots.tobytes() == before.slots.tobytes()


def _same_layers(a: SavedModel, b: SavedModel) -> bool:
    """Equal, but that every leaky activation layer comes back as a LeakyReLU."""
    return all(
        x == y or (isinstance(x, kinds.LeakyReLU) and x.function == getattr(y, "function", None))
        for x, y in zip(a.layers, b.layers, strict=True)
    )


def test_a_model_json_says_all_the_design_asks(saved: Path) -> None:
    """The keys that TensorFlow.js and other readers rely on, and ours."""
    content = json.loads((saved / "model.json").read_text())
    assert content["format"] == "layers-model"
    assert content["generatedBy"].startswith("Spritenet ")
    assert content["modelTopology"]["class_name"] == "Sequential"
    first = content["modelTopology"]["config"]["layers"][0]
    assert first["config"]["batch_input_shape"] == [None, 5, 6, 1]
    [group] = content["weightsManifest"]
    assert group["paths"] == ["weights.bin"]
    assert [w["name"] for w in group["weights"][:5]] == [
        "conv2d/kernel",
        "conv2d/bias",
        "dense/kernel",
        "dense/bias",
        "iter",
    ]
    assert {w.get("group") for w in group["weights"][4:]} == {"optimizer"}
    ours = content["userDefinedMetadata"]["spritenet"]
    assert ours["version"] == 1
    assert ours["class_names"] == ["a", "b", "c", "d"]
    assert ours["input"] == {
        "height": 5,
        "width": 6,
        "channels": 1,
        "range": [0, 255],
        "preparation": None,
    }
    assert len(ours["weights_sha256"]) == 64


def test_the_hash_does_not_depend_on_the_optimizer(model: SavedModel, tmp_path: Path) -> None:
    """The same weights have the same hash, however they are saved."""
    save(replace(model, optimizer=None), tmp_path / "model")
    assert load(tmp_path / "model").weights_sha256 == model.weights_sha256
    assert (tmp_path / "model" / "weights.bin").stat().st_size == 4 * COUNT


@given(where=st.integers(0, 4 * (3 * COUNT + 1) - 1), bit=st.integers(0, 7))
@settings(suppress_health_check=UNCHECKED)
def test_any_flipped_bit_of_the_weights_is_noticed(saved: Path, where: int, bit: int) -> None:
    """Of the network's weights and of the optimizer's memory alike."""
    weights = saved / "weights.bin"
    whole = weights.read_bytes()
    broken = bytearray(whole)
    broken[where] ^= 1 << bit
    weights.write_bytes(broken)
    try:
        assert "changed after they were saved" in refusal(saved)
    finally:
        weights.write_bytes(whole)


@given(length=st.integers(0, 4 * (3 * COUNT + 1) + 9))
@settings(max_examples=25, suppress_health_check=UNCHECKED)
def test_weights_of_another_length_are_refused(saved: Path, length: int) -> None:
    """Short and long files, before they are read."""
    weights = saved / "weights.bin"
    whole = weights.read_bytes()
    weights.write_bytes((whole + bytes(9))[:length])
    try:
        if length != len(whole):
            assert f"expected {len(whole)} bytes, got {length}" in refusal(saved)
    finally:
        weights.write_bytes(whole)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(
        ["Conv2D", "Dense", "softmax", "kernel", "../x", "float32", 10**30, -1, 2**62]
    ),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["class_name", "config", "name", "shape", "x"]), inner)
    ),
    max_leaves=6,
)


def places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The path of every value inside a JSON value."""
    found = [path] if path else []
    if isinstance(value, dict):
        for key in value:
            found += places(value[key], (*path, key))
    if isinstance(value, list):
        for i, inner in enumerate(value):
            found += places(inner, (*path, i))
    return found


@given(data=st.data())
@settings(max_examples=400, suppress_health_check=UNCHECKED)
def test_a_broken_model_json_is_a_model_error_and_nothing_else(
    saved: Path, data: st.DataObject
) -> None:
    """Any value replaced by any other, or deleted: it loads, or is refused in one line."""
    path = saved / "model.json"
    whole = path.read_text()
    content = json.loads(whole)
    for _ in range(data.draw(st.integers(1, 2))):
        *parents, last = data.draw(st.sampled_from(places(content)))
        inner = content
        for key in parents:
            inner = inner[key]
        if data.draw(st.booleans()):
            inner[last] = data.draw(json_values)
        else:
            del inner[last]
        if not content:
            break
    path.write_text(json.dumps(content))
    try:
        _loads_or_is_refused(saved)
    finally:
        path.write_text(whole)


@pytest.mark.parametrize("metrics", [None, 5, [None], "accuracy"])
def test_metrics_of_a_saved_optimizer_that_are_none_are_a_model_error(
    saved: Path, metrics: object
) -> None:
    """A value that isn't a list is refused, and an entry that is no metric is left out."""
    path = saved / "model.json"
    whole = path.read_text()
    content = json.loads(whole)
    content["userDefinedMetadata"]["spritenet"]["optimizer"]["metrics"] = metrics
    path.write_text(json.dumps(content))
    try:
        _loads_or_is_refused(saved)
    finally:
        path.write_text(whole)


@given(start=st.integers(0, 5000), cut=st.integers(0, 40), put=st.binary(max_size=40))
@settings(max_examples=200, suppress_health_check=UNCHECKED)
def test_a_model_json_of_broken_bytes_is_a_model_error_and_nothing_else(
    saved: Path, start: int, cut: int, put: bytes
) -> None:
    """Any bytes replaced by any others."""
    path = saved / "model.json"
    whole = path.read_bytes()
    path.write_bytes(whole[:start] + put + whole[start + cut :])
    _loads_or_is_refused(saved)
    path.write_bytes(whole)


def _loads_or_is_refused(folder: Path) -> None:
    """Load with the optimizer; a ModelError is fine, and must be one line."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            load(folder, optimizer=True)
        except ModelError as error:
            assert "\n" not in str(error)  # noqa: PT017 - only some of them are refused
            str(error).encode()


@pytest.mark.parametrize(
    "path", ["../weights.bin", "/etc/passwd", "a/b.bin", "..", "C:\\x", "", "a\0b", 7, None]
)
def test_weights_outside_the_folder_are_refused(saved: Path, path: object) -> None:
    """The manifest can name files beside model.json, nothing else."""
    edit(saved, lambda c: c["weightsManifest"][0].update(paths=[path]))
    assert "names a file elsewhere" in refusal(saved)


def test_a_missing_weights_file_is_named(saved: Path) -> None:
    """With what to look for."""
    (saved / "weights.bin").unlink()
    assert "weights.bin: the weights can't be read: No such file" in refusal(saved)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="not on this machine: no named pipes")
def test_a_named_pipe_is_not_waited_for(saved: Path) -> None:
    """Neither as model.json nor as weights.bin."""
    for name in ("weights.bin", "model.json"):
        (saved / name).unlink()
        os.mkfifo(saved / name)
        refusal(saved)


def test_an_unknown_layer_is_named(saved: Path) -> None:
    """With the layers that exist."""
    edit(saved, lambda c: c["modelTopology"]["config"]["layers"][2].update(class_name="LSTM"))
    line = refusal(saved)
    assert "flatten" in line
    assert "LSTM" in line
    assert "Conv2D" in line


def test_a_network_that_is_not_sequential_is_refused(saved: Path) -> None:
    """Nobody knows what such a class does."""
    edit(saved, lambda c: c["modelTopology"].update(class_name="Mine"))
    assert "unsupported graph of layers" in refusal(saved)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_weights_that_are_not_finite_are_refused_both_ways(
    model: SavedModel, tmp_path: Path, value: float
) -> None:
    """By name, in a file without a hash too; saving them changes nothing on the disk."""
    save(replace(model, optimizer=None), tmp_path / "m")
    parameters = model.parameters.copy()
    parameters[30] = value
    with pytest.raises(ModelError, match="dense/kernel: a weight is not a finite number"):
        save(replace(model, parameters=parameters), tmp_path / "m")
    assert load(tmp_path / "m").weights_sha256 == model.weights_sha256
    edit(tmp_path / "m", lambda c: c.pop("userDefinedMetadata"))
    (tmp_path / "m" / "weights.bin").write_bytes(parameters.tobytes())
    assert "dense/kernel: a weight is not a finite number" in refusal(tmp_path / "m")


def test_a_name_given_twice_is_refused(saved: Path) -> None:
    """In the manifest and in the topology."""
    edit(saved, lambda c: c["weightsManifest"][0]["weights"][1].update(name="conv2d/kernel"))
    assert "names conv2d/kernel twice" in refusal(saved).replace("'", "")
    edit(saved, lambda c: c["weightsManifest"][0]["weights"][1].update(name="conv2d/bias"))
    edit(saved, lambda c: c["modelTopology"]["config"]["layers"][2]["config"].update(name="dense"))
    assert "two layers are called dense" in refusal(saved).replace("'", "")


@pytest.mark.parametrize(
    ("change", "got"),
    [
        ({"dtype": "int32"}, "int32"),
        ({"dtype": "complex64"}, "complex64"),
    ],
)
def test_weights_of_another_type_are_refused(
    saved: Path, change: dict[str, object], got: str
) -> None:
    """By its name."""
    edit(saved, lambda c: c["weightsManifest"][0]["weights"][0].update(change))
    assert f"unsupported type of weights: expected float32, got {got}" in refusal(saved)


def test_a_weight_of_the_wrong_shape_is_refused(saved: Path) -> None:
    """A transposed kernel has the right size, so that only its shape tells."""
    edit(saved, lambda c: c["weightsManifest"][0]["weights"][2].update(shape=[4, 36]))
    assert "dense/kernel have the wrong shape: expected [36, 4], got [4, 36]" in refusal(saved)


def test_a_missing_weight_and_a_stranger_are_refused(saved: Path) -> None:
    """As TensorFlow.js does in its strict mode."""
    edit(saved, lambda c: c["weightsManifest"][0]["weights"][1].update(name="other/bias"))
    assert "conv2d/bias are not in weightsManifest" in refusal(saved)
    edit(saved, lambda c: c["weightsManifest"][0]["weights"][1].update(name="conv2d/bias"))
    more = {"name": "x/y", "shape": [0], "dtype": "float32"}
    edit(saved, lambda c: c["weightsManifest"][0]["weights"].append(more))
    assert "weights of no layer: got x/y" in refusal(saved)


def test_metadata_of_a_newer_version_is_refused(saved: Path) -> None:
    """Rather than misread."""
    edit(saved, lambda c: c["userDefinedMetadata"]["spritenet"].update(version=2))
    assert "saved by a newer Spritenet" in refusal(saved)


def test_class_names_must_fit_the_outputs(model: SavedModel, tmp_path: Path) -> None:
    """Before anything is written."""
    with pytest.raises(ModelError, match="class names don't fit the outputs: expected 4, got 1"):
        save(replace(model, metadata=Metadata(("a",))), tmp_path / "m")
    assert not (tmp_path / "m").exists()


def test_class_names_cannot_command_the_terminal(saved: Path) -> None:
    """Control characters are refused: names are printed."""
    names = ["a", "b", "c", "\x1b[2J"]
    edit(saved, lambda c: c["userDefinedMetadata"]["spritenet"].update(class_names=names))
    assert "invalid class_names in its metadata" in refusal(saved)


def test_a_huge_model_json_is_not_read(saved: Path) -> None:
    """A sparse file of a terabyte costs nothing to make and must cost nothing to refuse."""
    with (saved / "model.json").open("r+b") as file:
        file.truncate(2**40)
    assert "too long" in refusal(saved)


def test_a_folder_without_a_model_says_so(tmp_path: Path) -> None:
    """An empty folder and a missing one."""
    for folder in (tmp_path, tmp_path / "missing"):
        assert "no model found: expected a folder that holds a model.json" in refusal(folder)


def test_loaded_weights_cannot_be_changed_by_accident(saved: Path) -> None:
    """They are read-only; who trains copies them."""
    with pytest.raises(ValueError, match="read-only"):
        load(saved).parameters[0] = 1


def test_an_elu_that_tensorflow_js_lacks_is_saved_with_a_warning(tmp_path: Path) -> None:
    """TensorFlow.js 4.22 throws on any alpha but 1; the model is kept all the same."""
    layers = (kinds.Rescaling(1 / 255, name="rescaling"), kinds.ELU(0.5, name="elu"))
    model = SavedModel(Graph.of(layers), (3, 3, 1), np.zeros(0, np.float32))
    with pytest.warns(UserWarning, match="elu: TensorFlow.js has no ELU"):
        save(model, tmp_path / "m")
    assert tuple(load(tmp_path / "m").layers) == layers
