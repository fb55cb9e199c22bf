"""Random graphs through every format: the small form of benchmarks/round_trips.py."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from format_trips import FORMATS, Job, drawn, refusal, trips
from onnx_networks import MERGING, ON_IMAGES, random_graph, saved
from spritenet import layers as kinds
from spritenet.export import OptimizerState, SavedModel, load, save
from spritenet.export.layer_order import depth_first
from spritenet.layers import IMAGES, Graph, Layer
from spritenet.losses import CategoricalCrossentropy
from spritenet.model import model_of
from spritenet.optimizers import Adam

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "round_trips.py"
SEEDS = (3, 13, 17)  # layers in another order than that of files; activations that formats lack
BAR = 1e-5


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_random_graphs_through(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """Outputs of the runtime within 1e-5; weights bit by bit from our files and the runtime's."""
    if FORMATS[name].needs == "node":
        request.getfixturevalue("tfjs_folder")
    elif FORMATS[name].needs:
        pytest.importorskip(FORMATS[name].needs, reason="the runtime is the oracle here")
    jobs, _ = drawn(name, SEEDS, tmp_path)
    for trip in trips(name, jobs):
        assert trip.largest < BAR
        assert trip.equal is not False
        assert trip.again_equal is not False
        assert not trip.refused or "'TopK'" in trip.refused  # of sparsemax, operators alone


def each_layer() -> Iterator[SavedModel]:
    """A model of each layer, in some forms."""
    for layer in ON_IMAGES:
        yield saved(Graph.of([kinds.Rescaling(1 / 64, -2), layer]))
    for merge in MERGING:
        layers: tuple[Layer, ...] = (kinds.Rescaling(1 / 64, -2), kinds.Activation("tanh"), merge)
        yield saved(Graph(layers, ((IMAGES,), (0,), (0, 1))))


@pytest.mark.usefixtures("tfjs_folder")
def test_what_tensorflow_js_lacks_is_said(tmp_path: Path) -> None:
    """Every layer computes the same there, or is written with a warning that names it."""
    jobs, warned = [], []
    for place, model in enumerate(each_layer()):
        path = tmp_path / str(place)
        if reason := refusal("tfjs", model, path):
            assert reason.startswith("TensorFlow.js has no ")
            warned.append(reason)
            continue
        images = np.random.default_rng(place).integers(0, 256, (2, *model.image_shape), np.uint8)
        jobs.append(Job(path, model, images))
    assert [trip.ran for trip in trips("tfjs", jobs)] == pytest.approx([0] * len(jobs), abs=BAR)
    for words in (
        "Subtract",
        "Conv2D with groups",
        "Conv2DTranspose with a dilation_rate",
        "DepthwiseConv2D with a dilation_rate",
        "Softmax over an axis that isn't the last",
    ):
        assert f"TensorFlow.js has no {words}" in warned


def test_an_identity_is_an_activation_in_tensorflow_js(tmp_path: Path) -> None:
    """TensorFlow.js takes the name for an initializer's."""
    model = saved(Graph.of([kinds.Rescaling(1 / 255), kinds.Identity(), kinds.Flatten()]))
    save(model, tmp_path / "m")
    first, second, _ = load(tmp_path / "m").layers
    assert first == model.layers[0]
    assert second == kinds.Activation("linear", name=model.layers[1].name)


@pytest.mark.parametrize("path", ["m", "m.keras"])
def test_weights_and_optimizer_state_follow_their_layers(path: str, tmp_path: Path) -> None:
    """Of a graph whose layers are in another order than that of files."""
    model = random_graph(14)
    slots = np.arange(2 * len(model.parameters), dtype=np.float32).reshape(2, -1)
    state = OptimizerState(Adam(), 5, slots, CategoricalCrossentropy())
    model = replace(model, optimizer=state)
    assert [one.name for one in depth_first(model).layers] != [one.name for one in model.layers]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        save(model, tmp_path / path)
    again = load(tmp_path / path, optimizer=True)
    assert again.optimizer is not None
    ours, theirs = model_of(model).weights, model_of(again).weights
    assert {name: array.tobytes() for name, array in ours.items()} == {
        name: array.tobytes() for name, array in theirs.items()
    }
    values = {value: tuple(slot) for value, *slot in zip(model.parameters, *slots, strict=True)}
    assert values == {
        value: tuple(slot)
        for value, *slot in zip(again.parameters, *again.optimizer.slots, strict=True)
    }


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_keras_s_other_function_is_said(tmp_path: Path) -> None:
    """When it is written, and when a file of Keras's is read."""
    keras = pytest.importorskip("keras", reason="Keras is the oracle here")
    model = saved(Graph.of([kinds.Rescaling(1 / 64, -2), kinds.Dense(3, activation="sparsemax")]))
    words = "dense_1: Keras computes another function by the name sparsemax"
    with pytest.warns(UserWarning, match=words):
        save(model, tmp_path / "m.keras")
    sums = keras.activations.sparsemax(np.array([[3, 2.9, 2.8]], np.float32)).sum()
    assert float(sums) != pytest.approx(1)
    theirs = keras.saving.load_model(tmp_path / "m.keras")
    theirs.save(tmp_path / "theirs.keras")
    with pytest.warns(UserWarning, match=words):
        load(tmp_path / "theirs.keras")


def test_the_script_measures_what_is_asked_for() -> None:
    """One format; an unknown one is one line."""
    command = [sys.executable, str(SCRIPT), "--graphs", "1", "--json", "--formats"]
    done = subprocess.run([*command, "c"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)["formats"]
    assert found["ran"] < BAR
    done = subprocess.run([*command, "rust"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("No format is called rust. There are: tfjs, ")
    assert len(done.stderr.splitlines()) == 1
