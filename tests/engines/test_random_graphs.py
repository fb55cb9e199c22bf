"""Gradients of random graphs: against differences and PyTorch, on any threads and processors."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import spritenet as sn
from builds import examples
from spritenet.dataset import Split
from spritenet.engines.engine import Examples
from spritenet.engines.native import Network
from spritenet.layers import Shape, Tensor
from spritenet.losses import CategoricalCrossentropy
from spritenet.model import Model
from spritenet.networks import NETWORKS
from spritenet.optimizers import SGD
from torch_graph import TorchGraph

torch = pytest.importorskip("torch", reason="PyTorch is the oracle here")

SHAPE, CLASSES, COUNT = (6, 5, 2), 3, 21
MERGES = [sn.Add, sn.Multiply, sn.Average, sn.Maximum, sn.Minimum]
LIBRARY = Path(__file__).parents[1] / "node" / "library.mjs"


@st.composite
def models(draw: st.DrawFn) -> Model:
    """Branches of 6×5 pixels, batch normalisation, merges of what has as many channels, an end."""
    images = sn.Input(SHAPE)
    tensors: list[Tensor] = [sn.Rescaling(1 / 128, -0.9)(images)]
    kinds = ["conv", "depthwise", "activation", "norm", "merge", "subtract", "concatenate"]
    for _ in range(draw(st.integers(1, 8))):
        x, kind = draw(st.sampled_from(tensors)), draw(st.sampled_from(kinds))
        same = st.sampled_from([t for t in tensors if t.shape == x.shape])
        if kind == "merge":
            some = draw(st.lists(same, min_size=2, max_size=3))
            made = draw(st.sampled_from(MERGES))()(some)
        elif kind == "subtract":
            made = sn.Subtract()([x, draw(same)])
        elif kind == "concatenate":
            some = draw(st.lists(st.sampled_from(tensors), min_size=2, max_size=3))
            made = sn.Concatenate()(some)
        elif kind == "conv":
            size, activation = draw(st.sampled_from([(3, "tanh"), (1, "relu"), (3, "linear")]))
            filters = draw(st.integers(1, 5))
            made = sn.Conv2D(filters, size, padding="same", activation=activation)(x)
        elif kind == "depthwise":
            made = sn.DepthwiseConv2D(3, padding="same")(x)
        elif kind == "norm":
            made = sn.BatchNormalization(momentum=0.9)(x)
        else:
            made = draw(st.sampled_from([sn.ReLU(), sn.Activation("sigmoid"), sn.ELU()]))(x)
        if made.shape[2] <= 12:
            tensors.append(made)
    x = draw(st.sampled_from([sn.Flatten(), sn.GlobalAveragePooling2D()]))(tensors[-1])
    return sn.Model(images, sn.Dense(CLASSES, activation="softmax")(x))


def started(model: Model, seed: int) -> NDArray[np.float32]:
    """Its weights, away from 0 and small; variances positive."""
    random = np.random.default_rng(seed)
    for name, value in model.weights.items():
        fan = max(1, value.size // value.shape[-1])
        sign = random.choice([-1, 1], value.shape)
        new = random.uniform(0.3, 1, value.shape) * sign / fan**0.5
        value[...] = np.abs(new) + 0.5 if name.endswith("variance") else new
    return model.state.now.parameters.copy()


def some(seed: int) -> Examples:
    """Random images and labels."""
    random = np.random.default_rng(seed)
    return Examples(
        random.integers(0, 256, (COUNT, *SHAPE), dtype=np.uint8),
        random.integers(0, CLASSES, COUNT, dtype=np.int32),
        weights=np.ones(COUNT, np.float32),
    )


@settings(max_examples=examples(25), deadline=None)
@given(models(), st.integers(0, 999))
def test_gradients_are_those_of_differences(model: Model, seed: int) -> None:
    """Along random directions, in float64; PyTorch's; and the same bits on three threads."""
    parameters, examples, rows = started(model, seed), some(seed), np.arange(COUNT)
    loss = CategoricalCrossentropy()
    networks = [
        Network(model.graph, SHAPE, batch_size=COUNT, threads=threads) for threads in (1, 3)
    ]
    value, gradient = networks[0].gradient(parameters, examples, rows, loss)
    again, same = networks[1].gradient(parameters, examples, rows, loss)
    assert (value, gradient.tobytes()) == (again, same.tobytes())
    oracle = TorchGraph(model.graph.layers, model.graph.inputs, networks[0].weights)
    at = torch.tensor(parameters.astype(np.float64), requires_grad=True)
    expected = oracle.loss(at, examples, rows, loss)
    expected.backward()
    assert value == pytest.approx(float(expected.detach()), rel=1e-4)
    exact = at.grad.numpy()
    size = float(np.linalg.norm(exact))
    assert np.linalg.norm(gradient - exact) <= 1e-3 * size + 1e-5
    random, trained = np.random.default_rng(seed), np.zeros(parameters.size, bool)
    for weight in networks[0].weights:
        count = int(np.prod(weight.shape))
        trained[weight.offset : weight.offset + count] = weight.trainable
    for _ in range(3):
        way = random.normal(size=parameters.size) * trained
        way *= 1e-6 / np.linalg.norm(way)
        with torch.no_grad():
            ends = [
                float(oracle.loss(at + sign * torch.tensor(way), examples, rows, loss))
                for sign in (1, 0, -1)
            ]
        # Of both sides: where a relu bends on one of them, the other has the slope.
        slopes = sorted([(ends[0] - ends[1]) / 1e-6, (ends[1] - ends[2]) / 1e-6])
        margin = 2e-3 * size + 1e-5
        assert slopes[0] - margin <= float(gradient @ (way / 1e-6)) <= slopes[1] + margin


@pytest.mark.parametrize(("name", "shape"), [("accurate", (28, 28, 1)), ("mobile", (32, 32, 3))])
def test_networks_with_a_name_that_branch_learn_alike(name: str, shape: Shape) -> None:
    """At their real size: the loss and the gradient are PyTorch's in float64."""
    random, rows = np.random.default_rng(0), np.arange(COUNT)
    images = random.integers(0, 256, (COUNT, *shape), dtype=np.uint8)
    labels = (rows % 4).astype(np.int32)
    model = NETWORKS[name](Split(images, labels, tuple("abcd")))
    model.build(shape)
    network = Network(model.graph, shape, batch_size=COUNT, threads=1)
    examples = Examples(images, labels, weights=np.ones(COUNT, np.float32))
    loss = CategoricalCrossentropy()
    value, gradient = network.gradient(model.parameters, examples, rows, loss)
    oracle = TorchGraph(model.graph.layers, model.graph.inputs, network.weights)
    at = torch.tensor(model.parameters.astype(np.float64), requires_grad=True)
    expected = oracle.loss(at, examples, rows, loss)
    expected.backward()
    assert value == pytest.approx(float(expected.detach()), rel=1e-4)
    slopes = at.grad.numpy()
    assert np.linalg.norm(gradient - slopes) <= 0.02 * np.linalg.norm(
        slopes
    )  # a maximum may fall otherwise


@pytest.mark.filterwarnings("ignore:.*TensorFlow.js has no")
@settings(
    max_examples=examples(8),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(models(), st.integers(0, 999))
def test_webassembly_does_the_same_step(tmp_path: Path, node: str, model: Model, seed: int) -> None:
    """One step of plain descent: the weights, and the moving averages."""
    parameters, examples = started(model, seed), some(seed)
    model.save(tmp_path / "model")
    (tmp_path / "images.bin").write_bytes(examples.images.tobytes())
    (tmp_path / "labels.bin").write_bytes(np.asarray(examples.labels).astype("<i4").tobytes())
    job = {
        "folder": str(tmp_path),
        "model": "model",
        "relaxed": False,
        "optimizer": ["sgd", {"learningRate": 1}],
        "fits": [{"steps": 1, "batchSize": COUNT, "seed": 0}],
    }
    done = subprocess.run(
        [node, LIBRARY, "train"],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    theirs = np.fromfile(tmp_path / "trained" / "weights.bin", "<f4")[: parameters.size]
    ours = parameters.copy()
    Network(model.graph, SHAPE, batch_size=COUNT, threads=1).train(
        ours,
        np.zeros((0, ours.size), np.float32),
        examples,
        loss=CategoricalCrossentropy(),
        optimizer=SGD(1.0),
        learning_rates=np.ones(1, np.float32),
        first_step=0,
        batch_size=COUNT,
        seed=0,
    )
    assert np.abs(theirs - ours).max() <= 1e-4 * max(1, float(np.abs(ours - parameters).max()))
