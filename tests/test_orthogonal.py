"""OrthogonalRegularizer: Keras's penalty and its gradient, in both engines and in files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import spritenet as sn
import tiny
from keras_oracle import keras
from spritenet.engines.engine import Examples
from spritenet.engines.native import Network
from spritenet.engines.torch.network import TorchNetwork
from spritenet.errors import ModelError
from spritenet.layers import Layer
from spritenet.losses import CategoricalCrossentropy
from spritenet.model import building
from spritenet.optimizers import Optimizer
from spritenet.regularizers import OrthogonalRegularizer, Regularizer, get

SHAPE = (5, 5, 2)
RANDOM = np.random.default_rng(0)
EXAMPLES = Examples(
    RANDOM.integers(0, 256, (40, *SHAPE), np.uint8), RANDOM.integers(0, 4, 40).astype(np.int32)
)
LOSS = CategoricalCrossentropy()
MODES = ("rows", "columns")


def layers(penalty: Regularizer | None) -> list[Layer]:
    """A wide and a narrow matrix, after a convolution without a penalty."""
    dense = [sn.Dense(units, "tanh", kernel_regularizer=penalty) for units in (9, 33, 4)]
    return [sn.Conv2D(2, 3), sn.Flatten(), *dense, sn.Softmax()]


def start() -> np.ndarray[Any, np.dtype[np.float32]]:
    """The parameters at the beginning."""
    return building.initial(building.places(layers(None), SHAPE), 3)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("engine", [Network, TorchNetwork])
def test_the_penalty_and_its_gradient_are_those_of_keras(engine: Any, mode: str) -> None:  # noqa: ANN401 - either engine
    """Of Keras in float64, whose gradient PyTorch finds."""
    penalty, theirs = OrthogonalRegularizer(0.7, mode), keras.regularizers.OrthogonalRegularizer
    own, plain = (engine(layers(each), SHAPE, batch_size=20, threads=1) for each in (penalty, None))
    parameters, indices = start(), np.arange(20)
    with_loss, with_gradient = own.gradient(parameters, EXAMPLES, indices, LOSS)
    without_loss, gradient = plain.gradient(parameters, EXAMPLES, indices, LOSS)
    expected, slopes = 0.0, np.zeros(parameters.size)
    weights = Network(layers(None), SHAPE, batch_size=20, threads=1).weights
    for weight in (w for w in weights if w.name == "kernel" and len(w.shape) == 2):
        place = slice(weight.offset, weight.offset + int(np.prod(weight.shape)))
        matrix = torch.tensor(parameters[place].astype(np.float64).reshape(weight.shape))
        value = theirs(0.7, mode)(matrix.requires_grad_())
        value.backward()
        assert matrix.grad is not None
        expected += float(value.detach())
        slopes[place] = matrix.grad.numpy().ravel()
    assert with_loss - without_loss == pytest.approx(expected, rel=1e-5)
    assert own.evaluate(parameters, EXAMPLES, LOSS).l2 == pytest.approx(expected, rel=1e-5)
    np.testing.assert_allclose(with_gradient - gradient, slopes, atol=1e-6)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize(
    "optimizer",
    [sn.SGD(), sn.SGD(global_clipnorm=0.1), sn.SGD(gradient_accumulation_steps=2)],
    ids=["at once", "clipped", "accumulated"],
)
def test_steps_are_the_same_on_any_engine_and_number_of_threads(
    optimizer: Optimizer, mode: str
) -> None:
    """Bit for bit on 1 and 3 threads, whether chunks or whole weights are updated."""
    penalty = OrthogonalRegularizer(0.5, mode)

    def trained(engine: Any, threads: int) -> np.ndarray[Any, np.dtype[np.float32]]:  # noqa: ANN401 - either engine
        parameters = start()
        engine(layers(penalty), SHAPE, batch_size=20, threads=threads).train(
            parameters,
            optimizer.initial_slots(parameters.size),
            EXAMPLES,
            loss=LOSS,
            optimizer=optimizer,
            learning_rates=np.full(4, 0.01, np.float32),
            first_step=0,
            batch_size=20,
            seed=1,
        )
        return parameters

    alone = trained(Network, 1)
    np.testing.assert_array_equal(trained(Network, 3), alone)
    # A product near zero may have another sign there, and a slope jumps.
    np.testing.assert_allclose(trained(TorchNetwork, 1), alone, atol=2e-4)


def test_training_makes_vectors_orthogonal() -> None:
    """The columns of a kernel meet at right angles; those of a frozen one stay as they were."""
    penalty = OrthogonalRegularizer(5.0, "columns")
    model = sn.Sequential(
        [sn.Input((8, 8, 1)), sn.Flatten(), sn.Dense(6, kernel_regularizer=penalty), sn.Dense(4)]
    )
    before = model.weights["dense/kernel"].copy()
    model.compile(sn.SGD(0.02), sn.losses.SparseCategoricalCrossentropy(from_logits=True))
    model.fit(tiny.images(60), epochs=20, verbose=0)

    def cosines(kernel: Any) -> Any:  # noqa: ANN401 - arrays
        units = kernel / np.linalg.norm(kernel, axis=0)
        return np.abs(units.T @ units - np.eye(6)).mean()

    assert cosines(model.weights["dense/kernel"]) < 0.3 * cosines(before)
    assert model.evaluate(tiny.images(60)).loss > 0
    model.get_layer("dense").trainable = False
    frozen = model.weights["dense/kernel"].copy()
    model.fit(tiny.images(60), epochs=1, verbose=0)
    np.testing.assert_array_equal(model.weights["dense/kernel"], frozen)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("engine", [Network, TorchNetwork])
def test_single_and_zero_vectors_have_no_angle(engine: Any, mode: str) -> None:  # noqa: ANN401 - either engine
    """The cases in which Keras divides by zero."""
    penalty = OrthogonalRegularizer(0.5, mode)
    network = [
        sn.Flatten(),
        sn.Dense(1, kernel_regularizer=penalty),
        sn.Dense(3, "softmax", kernel_initializer="zeros", kernel_regularizer=penalty),
    ]
    images = Examples(EXAMPLES.images, np.zeros(40, np.int32))
    made = engine(network, SHAPE, batch_size=20, threads=1)
    parameters = building.initial(building.places(network, SHAPE), 3)
    loss, gradient = made.gradient(parameters, images, np.arange(20), LOSS)
    assert np.isfinite(loss)
    assert np.isfinite(gradient).all()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Keras's own
def test_keras_reads_it_and_writes_it(tmp_path: Path) -> None:
    """Both ways; TensorFlow.js, which lacks it, is named in a warning."""
    penalty = OrthogonalRegularizer(0.25, "columns")
    model = sn.Sequential(
        [sn.Input((6, 6, 1)), sn.Flatten(), sn.Dense(3, "softmax", kernel_regularizer=penalty)]
    )
    model.save(tmp_path / "ours.keras")
    theirs = keras.saving.load_model(tmp_path / "ours.keras")
    found = theirs.layers[-1].kernel_regularizer
    assert (type(found).__name__, found.get_config()) == (
        "OrthogonalRegularizer",
        {"factor": 0.25, "mode": "columns"},
    )
    theirs.save(tmp_path / "theirs.keras")
    assert sn.load_model(tmp_path / "theirs.keras").layers[-1].kernel_regularizer == penalty  # type: ignore[attr-defined]  # of Dense
    with pytest.warns(UserWarning, match="TensorFlow.js has no OrthogonalRegularizer"):
        model.save(tmp_path / "web")
    assert sn.load_model(tmp_path / "web").layers[-1].kernel_regularizer == penalty  # type: ignore[attr-defined]  # of Dense


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: OrthogonalRegularizer(-1), "invalid factor"),
        (lambda: OrthogonalRegularizer(0.1, "both"), "unknown mode"),
        (
            lambda: get({"class_name": "OrthogonalRegularizer", "config": {"mode": 3}}),
            "unknown mode",
        ),
        (
            lambda: sn.Sequential(
                [sn.Input(SHAPE), sn.Conv2D(2, 3, kernel_regularizer="orthogonal_regularizer")]
            ),
            r"OrthogonalRegularizer needs a weight of two axes: .* Use L2\.$",
        ),
    ],
)
def test_wrong_arguments_are_one_line(make: Callable[[], object], words: str) -> None:
    """Each names the argument."""
    with pytest.raises(ModelError, match=words) as refusal:
        make()
    assert "\n" not in str(refusal.value)
