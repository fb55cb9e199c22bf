"""ONNX files: what is written runs in onnxruntime, and comes back bit by bit."""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import spritenet as sn
import tiny
from onnx_networks import MERGING, ON_IMAGES, random_graph, saved
from onnx_oracle import check_outputs, images_of, onnx, run
from random_networks import saved_models
from spritenet import export
from spritenet import layers as kinds
from spritenet.errors import MissingExtraError, ModelError
from spritenet.export import SavedModel
from spritenet.layers import IMAGES, Graph, Layer, Shape, activations
from spritenet.layers.random_layer import RandomLayer


def check_file(model: SavedModel, path: Path) -> None:
    """A file runs in onnxruntime, and reads back as it was."""
    export.save(model, path)
    check_outputs(path, model)
    again = export.load(path)
    assert again.weights_sha256 == model.weights_sha256
    assert again.layers == model.layers
    assert [layer.config() for layer in again.layers] == [one.config() for one in model.layers]


@pytest.mark.parametrize("layer", ON_IMAGES, ids=repr)
def test_layers_of_images(layer: Layer, tmp_path: Path) -> None:
    """Each layer, of images whose channels come last and of such as come first in the file."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        simple = isinstance(layer, kinds.Activation)
        for before in ([], [kinds.Conv2D(4, 1)])[simple:]:
            chain = Graph.of([kinds.Rescaling(1 / 64, -2), *before, layer])
            check_file(saved(chain), tmp_path / "m.onnx")


@pytest.mark.parametrize("name", activations.names())
def test_layers_of_vectors(name: str, tmp_path: Path) -> None:
    """Each activation of a Dense layer, between normalizations."""
    chain = [
        kinds.Rescaling(1 / 64, -2),
        kinds.Dense(6, activation=name),
        kinds.BatchNormalization(),
        kinds.PReLU(),
        kinds.GroupNormalization(3),
        kinds.RMSNormalization(),
        kinds.Dense(3, use_bias=False, activation="softmax"),
    ]
    check_file(saved(Graph.of(chain), (5,)), tmp_path / "m.onnx")  # type: ignore[arg-type]  # a vector


@pytest.mark.parametrize("layer", MERGING, ids=repr)
def test_layers_that_merge(layer: Layer, tmp_path: Path) -> None:
    """Of both orders of axes, and with dimensions of 1."""
    pooled = kinds.GlobalAveragePooling2D(keepdims=True)
    layers: list[Layer] = [
        kinds.Rescaling(1 / 64, -2),
        kinds.Conv2D(4, 1, activation="tanh"),
        kinds.Identity() if isinstance(layer, kinds.Concatenate) else pooled,
        layer,
        kinds.Flatten(),
        kinds.Dense(3, activation="softmax"),
    ]
    merged = (0, 2) if isinstance(layer, kinds.Subtract) else (0, 1, 2)
    inputs: tuple[tuple[int, ...], ...] = ((IMAGES,), (0,), (1,), merged, (3,), (4,))
    if isinstance(layer, kinds.Subtract):
        del layers[1]
        inputs = ((IMAGES,), (0,), (0, 1), (2,), (3,))
    graph = Graph(tuple(layers), inputs)
    check_file(saved(graph), tmp_path / "m.onnx")


def test_every_layer_is_written() -> None:
    """No layer is missing above, but random ones."""
    random = {name for name, kind in kinds.LAYERS.items() if issubclass(kind, RandomLayer)}
    tested = {layer.class_name for layer in (*ON_IMAGES, *MERGING)} | {"Rescaling", "Softmax"}
    assert tested == set(kinds.LAYERS) - random


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(model=saved_models(optimizer=False), precision=st.sampled_from(["float32", "float16"]))
def test_random_networks(
    model: SavedModel, precision: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """Random networks run in onnxruntime, and come back with their metadata."""
    path = tmp_path_factory.getbasetemp() / "random.onnx"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export.save(model, path, precision=precision)
        again = export.load(path)
        check_outputs(path, again)
    assert again.metadata == model.metadata
    assert again.layers == model.layers
    if precision == "float32":
        assert again.weights_sha256 == model.weights_sha256
    elif model.parameters.size:
        assert np.abs(again.parameters - model.parameters).max() < 2e-3


@pytest.mark.parametrize("seed", range(12))
def test_random_graphs(seed: int, tmp_path: Path) -> None:
    """Networks that branch and merge run in onnxruntime, and come back bit by bit."""
    check_file(random_graph(seed), tmp_path / "m.onnx")


@pytest.mark.parametrize("shape", [(49,), (7, 7), (12,), (7, 9)])
def test_images_without_channels(shape: Shape, tmp_path: Path) -> None:
    """Whatever the network's input, the file takes n × h × w × c."""
    model = sn.Sequential([sn.Input(shape), sn.layers.Flatten(), sn.Dense(3, activation="softmax")])
    model.build(shape)
    model.save(tmp_path / "m.onnx")
    again = export.load(tmp_path / "m.onnx")
    assert images_of(again).ndim == 4
    assert again.input_shape == shape
    check_outputs(tmp_path / "m.onnx", again)


def test_what_other_programs_see(tmp_path: Path) -> None:
    """Outputs, class names, pixel range and temperature; equal models are equal files."""
    test = tiny.images(100, 1)
    model = tiny.trained(test)
    model.calibrate(test, tiny.images())
    path = tmp_path / "model.onnx"
    model.save(path)
    found = run(path, test.images)
    expected = model.predict(test.images)
    assert found["probabilities"] == pytest.approx(expected, abs=1e-5)
    assert found["label"].tolist() == expected.argmax(axis=1).tolist()
    texts = {entry.key: entry.value for entry in onnx.load(path).metadata_props}
    assert json.loads(texts["class_names"]) == ["a", "b", "c", "d"]
    assert texts["pixel_range"] == "0..255"
    again = sn.load_model(path)
    assert again.rejection is not None
    assert float(texts["temperature"]) == again.rejection.temperature
    assert again.class_names == model.class_names
    assert again.trained_on == model.trained_on
    first = path.read_bytes()
    again.save(path)
    assert path.read_bytes() == first


def test_float16_halves_the_file_and_refuses_what_is_too_large(tmp_path: Path) -> None:
    """Kernels are stored as float16."""
    model = sn.Sequential([sn.Input((8, 8, 1)), sn.layers.Flatten(), sn.Dense(512)])
    model.build((8, 8, 1))
    for precision in ("float32", "float16"):
        model.save(tmp_path / f"{precision}.onnx", precision=precision)
    sizes = [(tmp_path / f"{name}.onnx").stat().st_size for name in ("float16", "float32")]
    assert sizes[0] < 0.6 * sizes[1]
    model.set_weights([np.full((64, 512), 1e6, np.float32), np.zeros(512, np.float32)])
    with pytest.raises(ModelError, match=r"dense/kernel: .*too large for float16.*as float32"):
        model.save(tmp_path / "float16.onnx", precision="float16")
    with pytest.raises(ModelError, match="invalid precision: expected float32, got float16"):
        model.save(tmp_path / "m.keras", precision="float16")


def test_random_layers_are_left_out_and_come_back(tmp_path: Path) -> None:
    """They act in training only; a RandomCrop takes the middle."""
    chain = [
        kinds.RandomFlip(),
        kinds.RandomCrop(6, 7),
        kinds.Rescaling(1 / 255),
        kinds.Conv2D(3, 3),
        kinds.GlobalMaxPooling2D(),
        kinds.Dense(2, activation="sigmoid"),
    ]
    model = saved(Graph.of(chain), (9, 8, 3))
    check_file(model, tmp_path / "m.onnx")
    operators = [one.op_type for one in onnx.load(tmp_path / "m.onnx").graph.node]
    assert operators.count("Slice") == 1
    assert "ArgMax" not in operators  # several labels an image


def test_without_onnx_the_extra_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One line, before anything is written."""
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtraError, match=r'pip install "spritenet\[onnx\]"'):
        tiny.built().save(tmp_path / "m.onnx")
    assert list(tmp_path.iterdir()) == []
