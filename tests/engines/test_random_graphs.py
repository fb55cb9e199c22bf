"""Gradients of random graphs: against differences and PyTorch, on any threads and processors."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """PyTorch's threads wait for each other for long where others use the machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


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


Numbers = Any
"""PyTorch's tensor, and what `TorchGraph.run` takes besides."""
ROUNDINGS = 128 * 2.0**-24
"""The size of `Shaken`'s noise: many float32 roundings, where the core has a few at each number."""


class Shaken(TorchGraph):
    """The oracle with noise on weights, outputs and probabilities, as rounding is, only larger.

    Its gradients are as far apart as rounding may move the core's: little where the network is
    smooth, more where a normalised variance is tiny or a number lies so near the bend of a relu or
    the tie of a maximum that rounding decides.
    """

    def __init__(self, model: Model, network: Network, seed: int) -> None:
        super().__init__(model.graph.layers, model.graph.inputs, network.weights)
        self.random = torch.Generator().manual_seed(seed)

    def noise(self, shape: tuple[int, ...]) -> Numbers:
        """Numbers about 0."""
        return ROUNDINGS * torch.randn(shape, generator=self.random, dtype=torch.float64)

    def run(self, place: int, *node: Numbers) -> Numbers:
        """One node."""
        made = super().run(place, *node)
        made = made * (1 + self.noise(made.shape))
        if place == len(self.layers) - 1:  # the slopes of logits are differences of probabilities
            made.register_hook(lambda slopes: slopes + self.noise(slopes.shape) / COUNT)
        return made

    def gradient(self, parameters: NDArray[np.float32], given: Examples) -> NDArray[np.float64]:
        """The loss of all images, and behind it its gradient."""
        at = torch.tensor(parameters.astype(np.float64), requires_grad=True)
        moved = at * (1 + self.noise(at.shape))
        value = self.loss(moved, given, np.arange(COUNT), CategoricalCrossentropy())
        value.backward()
        return np.append(float(value.detach()), at.grad.numpy())


def shaken(
    model: Model, network: Network, parameters: NDArray[np.float32], given: Examples
) -> NDArray[np.float64]:
    """Sixteen losses and gradients with noise; half of them pass by a bend that rounding may."""
    return np.stack([Shaken(model, network, k).gradient(parameters, given) for k in range(16)])


@settings(
    max_examples=examples(25),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
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
    exact = np.append(float(expected.detach()), at.grad.numpy())
    moved = np.abs(shaken(model, networks[0], parameters, examples) - exact)
    assert abs(value - exact[0]) <= moved[:, 0].max() + 1e-6 * exact[0]
    margin = float(np.linalg.norm(moved[:, 1:], axis=1).max())
    assert np.linalg.norm(gradient - exact[1:]) <= margin
    random, trained = np.random.default_rng(seed), np.zeros(parameters.size, bool)
    for weight in networks[0].weights:
        count = int(np.prod(weight.shape))
        trained[weight.offset : weight.offset + count] = weight.trainable
    for _ in range(3):
        way = random.normal(size=parameters.size) * trained
        way /= np.linalg.norm(way)

        def lies_between(step: float, way: NDArray[np.float64] = way) -> bool:
            """Is the slope between those of both sides? Behind a bend, one of them has another."""
            with torch.no_grad():
                ends = [
                    float(oracle.loss(at + sign * step * torch.tensor(way), examples, rows, loss))
                    for sign in (1, 0, -1)
                ]
            slopes = sorted([(ends[0] - ends[1]) / step, (ends[1] - ends[2]) / step])
            wide = margin + 1e-13 * max(1, exact[0]) / step
            return bool(slopes[0] - wide <= gradient @ way <= slopes[1] + wide)

        # Bends on both sides may mislead one step, but not a hundredth of it too.
        assert any(lies_between(step) for step in (1e-5, 1e-6, 1e-7))


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
    network = Network(model.graph, SHAPE, batch_size=COUNT, threads=1)
    gradients = shaken(model, network, parameters, examples)[:, 1:]
    margin = 1e-4 * max(1, float(np.abs(ours - parameters).max()))
    assert np.abs(theirs - ours).max() <= margin + float(np.ptp(gradients, axis=0).max())
