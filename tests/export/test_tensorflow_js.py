"""TensorFlow.js, the other reader and writer of the format, loads ours and we load its."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import reference
import spritenet as sn
from random_networks import parameters_of, saved_models
from spritenet import layers as kinds
from spritenet.export import Metadata, OptimizerState, SavedModel, load, save
from spritenet.layers import Graph, activations
from spritenet.losses import CategoricalCrossentropy, MeanSquaredError
from spritenet.model import model_of
from spritenet.optimizers import SGD, Adam, AdamW, Optimizer, RMSprop

TOLERANCE = 1e-5


def predict(model: SavedModel, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Returns the outputs of the reference engine (NumPy, float64)."""
    network = reference.Network(model.layers, model.input_shape)
    return np.asarray(network.predict(model.parameters, pixels), np.float64)


def native(model: SavedModel, pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """Returns the outputs of the compiled core."""
    return np.asarray(model_of(model).predict(pixels), np.float64)


def put(model: SavedModel, folder: Path) -> NDArray[np.uint8]:
    """Save the model and some random images beside it."""
    save(model, folder)
    pixels = np.random.default_rng(5).integers(0, 256, (3, *model.input_shape), np.uint8)
    (folder / "pixels.bin").write_bytes(pixels.astype("<f4").tobytes())
    return pixels


def run(tfjs_folder: Path, script: str, *arguments: Path) -> str:
    """The standard output of a script of tests/node."""
    done = subprocess.run(
        ["node", script, *arguments], cwd=tfjs_folder, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def outputs(folder: Path, like: NDArray[np.float64]) -> NDArray[np.float32]:
    """Returns the outputs of TensorFlow.js."""
    return np.fromfile(folder / "outputs.bin", "<f4").reshape(like.shape)


def every_layer() -> list[tuple[kinds.Layer, ...]]:
    """A network for each layer, and for each activation in each place where it may stand."""
    conv = kinds.Conv2D(3, 3)
    networks: list[tuple[kinds.Layer, ...]] = [
        (kinds.Rescaling(1 / 127.5, -1),),
        (kinds.Conv2D(4, (3, 2), strides=(2, 1), padding="same", use_bias=False),),
        (kinds.Conv2D(2, 3, strides=2, kernel_regularizer="l2"),),
        (conv, kinds.MaxPooling2D((3, 2), strides=(2, 1), padding="same")),
        (conv, kinds.MaxPooling2D(2)),
        (conv, kinds.AveragePooling2D(3, strides=2, padding="same")),
        (conv, kinds.AveragePooling2D(2)),
        (conv, kinds.GlobalAveragePooling2D(), kinds.Dense(4)),
        (kinds.Flatten(), kinds.Dropout(0.5), kinds.Dense(3, use_bias=False)),
        (conv, kinds.ReLU()),
        (conv, kinds.ReLU(6)),
        (conv, kinds.ReLU(negative_slope=0.3)),
        (conv, kinds.LeakyReLU(0.01)),
        (conv, kinds.ELU()),
        (conv, kinds.Softmax()),
        (kinds.Flatten(), kinds.Dense(5), kinds.Softmax()),
    ]
    for name in filter(lambda name: not activations.missing(name), activations.names()):
        networks += [
            (kinds.Conv2D(3, 3, activation=name),),
            (kinds.Flatten(), kinds.Dense(6, activation=name)),
            (conv, kinds.Activation(name)),
        ]
    rules = ("lecun_normal", "he_uniform", "orthogonal", "random_normal", "variance_scaling")
    networks += [
        (kinds.Conv2D(3, 3, kernel_initializer=rule, bias_initializer="ones"),) for rule in rules
    ]
    networks += [(kinds.Conv2D(3, 3, use_bias=False, bias_initializer="lecun_normal"),)]
    return networks


def test_tensorflow_js_predicts_the_same_for_every_layer(tfjs_folder: Path, tmp_path: Path) -> None:
    """To 1e-5, weights, biases, strides, paddings and activations included."""
    cases = []
    for number, layers in enumerate(every_layer()):
        whole = (
            layers
            if isinstance(layers[0], kinds.Rescaling)
            else (kinds.Rescaling(1 / 255), *layers)
        )
        named = tuple(layer.named(f"{layer.base_name()}_{i}") for i, layer in enumerate(whole))
        model = SavedModel(Graph.of(named), (7, 8, 2), parameters_of(named, (7, 8, 2), number))
        folder = tmp_path / str(number)
        pixels = put(model, folder)
        cases.append((folder, layers, predict(model, pixels), native(model, pixels)))
    run(tfjs_folder, "predict.mjs", *(folder for folder, *_ in cases))
    for folder, layers, expected, core in cases:
        theirs = outputs(folder, expected)
        assert np.abs(theirs - expected).max() < TOLERANCE, layers
        assert np.abs(theirs - core).max() < TOLERANCE, layers


def test_tensorflow_js_predicts_the_same_for_a_network_that_branches(
    tfjs_folder: Path, tmp_path: Path
) -> None:
    """A Functional with a residual block, a concatenation and a leaky activation."""
    images = sn.Input((7, 8, 2))
    x = sn.Conv2D(4, 3, padding="same", activation="leaky_relu")(images)
    y = sn.BatchNormalization()(sn.Conv2D(4, 3, padding="same")(x))
    x = sn.Concatenate()([x, sn.ReLU()(sn.Add()([x, y]))])
    x = sn.GlobalAveragePooling2D()(x)
    model = sn.Model(images, sn.Dense(3, activation="softmax")(x))
    parameters = parameters_of(model.graph, (7, 8, 2), 5)
    saved = SavedModel(model.graph, (7, 8, 2), parameters)
    pixels = put(saved, tmp_path / "m")
    run(tfjs_folder, "predict.mjs", tmp_path / "m")
    expected = native(saved, pixels)
    np.testing.assert_allclose(outputs(tmp_path / "m", expected), expected, atol=2e-5)


@given(st.lists(saved_models(optimizer=False), min_size=12, max_size=12))
@settings(max_examples=3, suppress_health_check=list(HealthCheck))
def test_tensorflow_js_predicts_the_same_for_any_network(
    tfjs_folder: Path, tmp_path_factory: pytest.TempPathFactory, models: list[SavedModel]
) -> None:
    """Random stacks of layers, metadata and all."""
    root = tmp_path_factory.mktemp("models")
    expected = [predict(m, put(m, root / str(i))) for i, m in enumerate(models)]
    answer = json.loads(
        run(tfjs_folder, "predict.mjs", *(root / str(i) for i in range(len(models))))
    )
    for i, (model, value) in enumerate(zip(models, expected, strict=True)):
        scale = max(1.0, float(np.abs(value).max()))
        worst = np.abs(outputs(root / str(i), value) - value).max()
        assert worst < TOLERANCE * scale, model.layers
        ours = answer[i]["metadata"]["spritenet"]
        assert ours["class_names"] == list(model.metadata.class_names)


@pytest.mark.parametrize(
    ("optimizer", "name"),
    [
        (SGD(0.25), "SGD"),
        (SGD(0.25, momentum=0.5, nesterov=True), "Momentum"),
        (RMSprop(0.25, rho=0.75), "RMSProp"),
        (RMSprop(0.25, momentum=0.5), "RMSProp"),
        (Adam(0.25, beta_1=0.5), "Adam"),
    ],
    ids=str,
)
def test_tensorflow_js_takes_over_the_optimizer(
    tfjs_folder: Path, tmp_path: Path, optimizer: Optimizer, name: str
) -> None:
    """Its step count, arguments and slots, so that it can go on where we stopped."""
    layers = (
        kinds.Rescaling(1 / 255, name="rescaling"),
        kinds.Flatten(name="flatten"),
        kinds.Dense(2, activation="softmax", name="dense"),
    )
    parameters = parameters_of(layers, (2, 2, 1), 0)
    slots = np.arange(len(optimizer.slots) * 10, dtype=np.float32).reshape(-1, 10)
    state = OptimizerState(optimizer, 41, slots, CategoricalCrossentropy())
    put(SavedModel(Graph.of(layers), (2, 2, 1), parameters, Metadata(), state), tmp_path / "m")
    [answer] = json.loads(run(tfjs_folder, "predict.mjs", tmp_path / "m"))
    assert answer["optimizer"] == name
    assert answer["loss"] == "categoricalCrossentropy"
    assert answer["config"]["learningRate"] == 0.25
    counter, *rest = answer["weights"]
    assert counter == ["iter", [], [41]]
    found: list[Any] = [value for _, _, values in rest for value in values]
    assert found[: slots.size] == slots.reshape(-1).tolist()
    assert not any(found[slots.size :])


@pytest.mark.parametrize(
    "state",
    [
        OptimizerState(AdamW(), 1, np.ones((2, 10), np.float32), CategoricalCrossentropy()),
        OptimizerState(Adam(), 1, np.ones((2, 10), np.float32), None),
        OptimizerState(
            SGD(global_clipnorm=1.0), 1, np.ones((0, 10), np.float32), MeanSquaredError()
        ),
    ],
    ids=["AdamW", "no loss", "clipping"],
)
def test_tensorflow_js_passes_over_an_optimizer_it_lacks(
    tfjs_folder: Path, tmp_path: Path, state: OptimizerState
) -> None:
    """The network loads all the same."""
    layers = (
        kinds.Rescaling(1 / 255, name="rescaling"),
        kinds.Flatten(name="flatten"),
        kinds.Dense(2, activation="softmax", name="dense"),
    )
    parameters = parameters_of(layers, (2, 2, 1), 0)
    put(SavedModel(Graph.of(layers), (2, 2, 1), parameters, Metadata(), state), tmp_path / "m")
    [answer] = json.loads(run(tfjs_folder, "predict.mjs", tmp_path / "m"))
    assert answer["optimizer"] is None


def test_what_tensorflow_js_saves_predicts_the_same_here(tfjs_folder: Path, tmp_path: Path) -> None:
    """Its tutorial's network, whole, sharded, in groups and with an optimizer; and a mixed one."""
    run(tfjs_folder, "save.mjs", tmp_path)
    for name in ("tutorial", "sharded", "optimizer", "mixed"):
        folder = tmp_path / name
        model = load(folder) if name == "mixed" else load(folder, pixels="0..1")
        assert isinstance(model.layers[0], kinds.Rescaling)
        pixels = np.fromfile(folder / "pixels.bin", "<f4").reshape(-1, *model.input_shape)
        ours = predict(model, pixels.astype(np.uint8))
        core = native(model, pixels.astype(np.uint8))
        assert np.abs(outputs(folder, ours) - ours).max() < TOLERANCE, name
        assert np.abs(outputs(folder, ours) - core).max() < TOLERANCE, name
        save(model, tmp_path / f"{name} again")
        again = load(tmp_path / f"{name} again")
        assert again.layers == model.layers
        assert again.weights_sha256 == model.weights_sha256
    assert len(list((tmp_path / "sharded").glob("*.bin"))) > 6
