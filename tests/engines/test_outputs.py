"""The outputs handed out by training and evaluation are those that losses are computed from."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from spritenet import layers as kinds
from spritenet.engines import native
from spritenet.engines.engine import Examples, Steps
from spritenet.errors import CoreError
from spritenet.losses import BinaryCrossentropy, Loss, MeanSquaredError
from spritenet.losses import SparseCategoricalCrossentropy as Crossentropy
from spritenet.optimizers import Adam

SHAPE = (6, 6, 1)
COUNT, BATCH, STEPS = 83, 40, 3

NETWORKS: dict[str, tuple[list[kinds.Layer], Loss]] = {
    "softmax": (
        [
            kinds.Conv2D(4, 3, activation="relu"),
            kinds.Dropout(0.3),
            kinds.Flatten(),
            kinds.Dense(5, activation="softmax"),
        ],
        Crossentropy(),
    ),
    "logits": ([kinds.Flatten(), kinds.Dense(5)], Crossentropy(from_logits=True)),
    "stages": (
        [
            kinds.Conv2D(4, 3),
            kinds.BatchNormalization(),
            kinds.ReLU(),
            kinds.Flatten(),
            kinds.Dense(5, activation="softmax"),
        ],
        Crossentropy(),
    ),
    "sigmoid": ([kinds.Flatten(), kinds.Dense(5, activation="sigmoid")], BinaryCrossentropy()),
    "numbers": ([kinds.Flatten(), kinds.Dense(5, activation="tanh")], MeanSquaredError()),
}


def examples_of(loss: Loss) -> Examples:
    """Random images with labels, or with targets for losses that want them."""
    random = np.random.default_rng(5)
    images = random.integers(0, 256, (COUNT, *SHAPE), np.uint8)
    if isinstance(loss, Crossentropy):
        return Examples(images, labels=random.integers(0, 5, COUNT).astype(np.int32))
    targets = random.random((COUNT, 5), np.float32).round(int(isinstance(loss, MeanSquaredError)))
    return Examples(images, targets=targets)


def trained(
    name: str, threads: int, outputs: NDArray[np.float32] | None
) -> tuple[Steps, NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Three steps: their results, the parameters before and after, and the images of each."""
    layers, loss = NETWORKS[name]
    network = native.Network(layers, SHAPE, batch_size=BATCH, threads=threads)
    random = np.random.default_rng(1)
    before = (random.standard_normal(network.parameter_count) / 900).astype(np.float32)
    after = before.copy()
    indices = random.permutation(COUNT)[: 2 * BATCH]
    indices = np.concatenate([indices, indices[:BATCH]]).astype(np.int64)
    steps = network.train(
        after,
        np.zeros((2, network.parameter_count), np.float32),
        examples_of(loss),
        loss=loss,
        optimizer=Adam(),
        learning_rates=np.full(STEPS, 1e-5, np.float32),
        first_step=0,
        batch_size=BATCH,
        seed=3,
        indices=indices,
        outputs=outputs,
    )
    return steps, before, after, indices.reshape(STEPS, BATCH)


def loss_of(loss: Loss, outputs: NDArray[np.float32], examples: Examples) -> float:
    """The mean loss by NumPy in float64."""
    y = outputs.astype(np.float64)
    if getattr(loss, "from_logits", False):
        y = np.exp(y) / np.exp(y).sum(axis=1, keepdims=True)
    if isinstance(loss, Crossentropy):
        assert examples.labels is not None
        return float(-np.log(y[np.arange(len(y)), examples.labels]).mean())
    assert examples.targets is not None
    t = examples.targets.astype(np.float64)
    if isinstance(loss, MeanSquaredError):
        return float(((y - t) ** 2).mean())
    return float(-(t * np.log(y) + (1 - t) * np.log(1 - y)).mean())


@pytest.mark.parametrize("name", NETWORKS)
def test_the_outputs_of_training_give_its_losses_and_its_accuracy(name: str) -> None:
    """With dropout, batch statistics, and the loss in place of the last activation."""
    _, loss = NETWORKS[name]
    outputs = np.full((STEPS, BATCH, 5), np.nan, np.float32)
    steps, _, _, indices = trained(name, 2, outputs)
    examples = examples_of(loss)
    for number in range(STEPS):
        part = examples[indices[number]]
        expected = loss_of(loss, outputs[number], part)
        assert steps.losses[number] == pytest.approx(expected, rel=2e-5)
        if part.labels is not None:
            assert steps.correct is not None
            right = (outputs[number].argmax(axis=1) == part.labels).sum()
            assert steps.correct[number] == right


@pytest.mark.parametrize("name", NETWORKS)
def test_outputs_and_weights_are_the_same_for_any_threads_and_whether_asked_for_or_not(
    name: str,
) -> None:
    """Bit for bit."""
    _, _, plain, _ = trained(name, 1, None)
    made = []
    for threads in (1, 2, 3):
        outputs = np.zeros((STEPS, BATCH, 5), np.float32)
        _, _, after, _ = trained(name, threads, outputs)
        assert after.tobytes() == plain.tobytes()
        made.append(outputs.tobytes())
    assert len(set(made)) == 1


def test_a_smaller_batch_leaves_the_other_rows() -> None:
    """An epoch's last batch in the engine's own permutation."""
    layers, loss = NETWORKS["softmax"]
    network = native.Network(layers, SHAPE, batch_size=BATCH, threads=1)
    outputs = np.full((STEPS, BATCH, 5), 7, np.float32)
    network.train(
        np.zeros(network.parameter_count, np.float32),
        np.zeros((2, network.parameter_count), np.float32),
        examples_of(loss),
        loss=loss,
        optimizer=Adam(),
        learning_rates=np.full(STEPS, 1e-5, np.float32),
        first_step=0,
        batch_size=BATCH,
        seed=3,
        outputs=outputs,
    )
    left = COUNT - 2 * BATCH
    assert (outputs[2, left:] == 7).all()
    assert np.allclose(outputs[2, :left].sum(axis=1), 1)


@pytest.mark.parametrize("name", NETWORKS)
def test_the_outputs_of_an_evaluation_are_those_of_predict(name: str) -> None:
    """For a network that trains, and for one whose tensors share memory."""
    layers, loss = NETWORKS[name]
    examples = examples_of(loss)
    for batch_size in (BATCH, 0):
        network = native.Network(layers, SHAPE, batch_size=batch_size, threads=2)
        random = np.random.default_rng(2)
        parameters = (random.standard_normal(network.parameter_count) / 900).astype(np.float32)
        parameters = np.abs(parameters) if name == "stages" else parameters  # a variance
        outputs = np.zeros((70, 5), np.float32)
        found = network.evaluate(parameters, examples, loss, first=3, count=70, outputs=outputs)
        plain = network.evaluate(parameters, examples, loss, first=3, count=70)
        assert found == plain
        assert np.allclose(outputs, network.predict(parameters, examples.images[3:73]), atol=1e-6)


def test_outputs_of_another_shape_are_refused() -> None:
    """Before the core writes anywhere."""
    with pytest.raises(CoreError, match=r"outputs.*\(3, 40, 5\).*\(3, 40, 4\)"):
        trained("softmax", 1, np.zeros((STEPS, BATCH, 4), np.float32))
