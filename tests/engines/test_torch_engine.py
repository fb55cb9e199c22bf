"""The torch engine on the CPU against the core: the same training, step by step."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from spritenet import layers as kinds
from spritenet import losses, optimizers
from spritenet.engines import devices, native
from spritenet.engines.engine import Engine, Examples
from spritenet.errors import ModelError
from spritenet.layers import Layer
from spritenet.losses import Loss
from spritenet.optimizers import Optimizer
from spritenet.permutation import permutation

torch = pytest.importorskip("torch", reason="PyTorch runs the engine")

from spritenet.core.losses import loss_rows  # noqa: E402 - where there is PyTorch alone
from spritenet.core.operators import activations, operators  # noqa: E402 - likewise
from spritenet.core.optimizers import optimizer_rows  # noqa: E402 - likewise
from spritenet.engines.torch.activations import FUNCTIONS as ACTIVATIONS  # noqa: E402 - likewise
from spritenet.engines.torch.counters import epoch_order  # noqa: E402 - likewise
from spritenet.engines.torch.losses import FUNCTIONS as LOSSES  # noqa: E402 - likewise
from spritenet.engines.torch.network import TorchNetwork  # noqa: E402 - likewise
from spritenet.engines.torch.operators import OPERATORS  # noqa: E402 - likewise
from spritenet.engines.torch.optimizers import RULES  # noqa: E402 - likewise

SHAPE = (8, 8, 2)
CLASSES = 3
ENTROPY = losses.SparseCategoricalCrossentropy()

NORMALIZED: list[Layer] = [
    kinds.Rescaling(1 / 255, -0.5),
    kinds.Conv2D(6, 3, padding="same", use_bias=False),
    kinds.BatchNormalization(),
    kinds.ReLU(),
    kinds.MaxPooling2D(2),
    kinds.Flatten(),
    kinds.Dropout(0.25),
    kinds.Dense(CLASSES, activation="softmax"),
]


@dataclass(frozen=True)
class Trained:
    """The end of a training: what each step and the network gave."""

    losses: NDArray[np.float32]
    correct: NDArray[np.float64]
    parameters: NDArray[np.float32]
    slots: NDArray[np.float32]
    outputs: NDArray[np.float32]


def random_examples(count: int, targets: int = 0) -> Examples:
    """Random images with labels, or with targets from 0 to 1, and weights."""
    random = np.random.default_rng(count)
    return Examples(
        random.integers(0, 256, (count, *SHAPE), dtype=np.uint8),
        None if targets else random.integers(0, CLASSES, count, dtype=np.int32),
        random.uniform(0, 1, (count, targets)).astype(np.float32) if targets else None,
        random.uniform(0.5, 2, count).astype(np.float32),
    )


def begin(network: native.Network) -> NDArray[np.float32]:
    """Random parameters; variances are 1."""
    made = np.random.default_rng(1).normal(0, 0.2, network.parameter_count).astype(np.float32)
    for weight in network.weights:
        if weight.name == "moving_variance":
            made[weight.offset : weight.offset + int(np.prod(weight.shape))] = 1
    return made


def trained(
    engine: Engine,
    parameters: NDArray[np.float32],
    examples: Examples,
    loss: Loss,
    optimizer: Optimizer,
    steps: int,
) -> Trained:
    """Trains on batches of 16 from the permutation of a seed."""
    parameters, slots = parameters.copy(), optimizer.initial_slots(len(parameters))
    done = engine.train(
        parameters,
        slots,
        examples,
        loss=loss,
        optimizer=optimizer,
        learning_rates=optimizer.schedule(np.arange(steps)).astype(np.float32),
        first_step=0,
        batch_size=16,
        seed=3,
    )
    outputs = np.empty((len(examples), engine.output_shapes[-1][-1]), np.float32)
    engine.evaluate(parameters, examples, loss, outputs=outputs)
    right = np.zeros(0) if done.correct is None else np.asarray(done.correct, np.float64)
    return Trained(done.losses, right, parameters, slots, outputs)


def both(
    layers: Sequence[Layer],
    *,
    loss: Loss = ENTROPY,
    optimizer: Optimizer | None = None,
    steps: int = 6,
    examples: Examples | None = None,
) -> tuple[Trained, Trained]:
    """Trains in the core and in PyTorch."""
    core = native.Network(layers, SHAPE, batch_size=16, threads=1)
    other = TorchNetwork(layers, SHAPE, batch_size=16, threads=1)
    start, given = begin(core), examples or random_examples(40)
    chosen = optimizer or optimizers.SGD(0.05)
    first, second = (trained(engine, start, given, loss, chosen, steps) for engine in (core, other))
    return first, second


def is_close(core: Trained, other: Trained, tolerance: float = 1e-5) -> None:
    """Checks that losses, right decisions, outputs and weights agree."""
    scale = max(1.0, float(np.abs(core.losses).max()))
    np.testing.assert_allclose(other.losses, core.losses, rtol=0, atol=tolerance * scale)
    np.testing.assert_allclose(other.correct, core.correct, atol=1e-6)
    np.testing.assert_allclose(other.outputs, core.outputs, atol=10 * tolerance, rtol=1e-4)
    np.testing.assert_allclose(other.parameters, core.parameters, atol=10 * tolerance, rtol=1e-3)


def test_fifty_losses_are_the_cores() -> None:
    """Dropout, batch normalization and smaller last batches: losses within 0.00001."""
    core, other = both(NORMALIZED, optimizer=optimizers.Adam(0.003), steps=50)
    np.testing.assert_allclose(other.losses, core.losses, rtol=0, atol=1e-5)
    assert core.losses[-5:].mean() < core.losses[:5].mean()


def test_every_row_of_the_tables_has_an_implementation() -> None:
    """Operators, activations, losses and optimizers of the core."""
    assert OPERATORS.keys() == operators().keys()
    assert ACTIVATIONS.keys() == {row.name for row in activations()}
    assert LOSSES.keys() == loss_rows().keys()
    assert RULES.keys() == optimizer_rows().keys()


@pytest.mark.parametrize("size", [1, 2, 255, 257, 3000])
def test_the_order_on_the_device_is_the_permutation(size: int) -> None:
    """Integers of the core, of Python and of PyTorch are the same."""
    found = epoch_order(7, 2, size, torch.device("cpu")).numpy()
    np.testing.assert_array_equal(found, permutation(7, 2, size))


OPTIMIZERS = [
    optimizers.SGD(0.05, momentum=0.9, nesterov=True),
    optimizers.SGD(0.1, global_clipnorm=0.1, weight_decay=0.1, no_weight_decay=["bias"]),
    optimizers.Adam(0.01, gradient_accumulation_steps=2, use_ema=True, ema_overwrite_frequency=2),
    optimizers.Adam(0.01, use_ema=True, clipvalue=0.01),
    optimizers.AdamW(0.01, amsgrad=True, clipnorm=0.1),
    optimizers.Adamax(0.01),
    optimizers.Nadam(0.01),
    optimizers.RMSprop(0.01, centered=True, momentum=0.5),
    optimizers.RMSprop(0.01),
    optimizers.Adagrad(0.01),
    optimizers.Adadelta(1.0),
    optimizers.Ftrl(0.1, beta=0.1, l1_regularization_strength=0.001),
    optimizers.Lion(0.001),
    optimizers.Lamb(0.01),
    optimizers.Adafactor(0.01),
    optimizers.Muon(0.01),
    optimizers.Muon(0.01, exclude_layers=["dense"], rms_rate=None, nesterov=False),
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=repr)
def test_an_optimizer_makes_the_cores_steps(optimizer: Optimizer) -> None:
    """Losses, weights and slots, also of whole weights, of clipping, decay and averages."""
    layers = [
        kinds.Rescaling(1 / 255),
        kinds.Conv2D(3, 3, activation="tanh"),
        kinds.Flatten(),
        kinds.Dense(CLASSES, activation="softmax"),
    ]
    core, other = both(layers, optimizer=optimizer)
    is_close(core, other)
    np.testing.assert_allclose(other.slots, core.slots, atol=1e-5, rtol=1e-3)


def test_a_device_that_is_not_there_is_one_line() -> None:
    """Also one that nobody knows, and a precision that it can't compute in."""
    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match="sequential: there is no device cuda: got no such"):
            sn.Sequential([sn.Dense(2)], device="cuda")
    with pytest.raises(ModelError, match="unknown device: expected cpu, cuda, cuda:N, mps, auto"):
        sn.Sequential([sn.Dense(2)], device="gpu")
    with pytest.raises(ModelError, match="unknown precision: expected float32, tf32, bf16"):
        sn.Sequential([sn.Dense(2)], precision="half")
    with pytest.raises(ModelError, match="cpu can't compute in bf16"):
        sn.Sequential([sn.Dense(2)], precision="bf16")


def test_without_pytorch_the_line_names_the_extra() -> None:
    """What has to be typed."""
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "import spritenet as sn\n"
        "try: sn.Sequential(device='torch-cpu')\n"
        "except sn.MissingExtraError as error: print(error)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert 'Type: pip install "spritenet[torch]"' in done.stdout


def test_a_model_moves_between_devices_within_a_training() -> None:
    """Weights and slots stay the model's: losses go on as if it had not moved."""
    examples = random_examples(64)
    seen: dict[str, list[float]] = {}
    for name, path in (("core", ("cpu",) * 3), ("moved", ("cpu", "torch-cpu", "cpu"))):
        model = sn.Sequential([layer.named(f"l{k}") for k, layer in enumerate(NORMALIZED)])
        model.compile("adam", "sparse_categorical_crossentropy")
        model.threads = 1
        for device in path:
            model.device = device
            assert model.device == device
            history = model.fit(examples.images, examples.labels, epochs=2, batch_size=16)
            seen.setdefault(name, []).extend(history.history["loss"])
    np.testing.assert_allclose(seen["moved"], seen["core"], atol=1e-4)


def test_auto_is_the_core_where_no_gpu_is() -> None:
    """Engines of small batches never leave the CPU."""
    make = devices.engine_on("auto", "float32")
    assert isinstance(make(NORMALIZED, SHAPE), native.Network)
    if not torch.cuda.is_available():
        assert isinstance(make(NORMALIZED, SHAPE, batch_size=64), native.Network)
