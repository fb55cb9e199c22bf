"""Captured steps: what a CUDA graph forbids is in no step, and replays are the steps themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="PyTorch runs the engine")

from torch.utils._python_dispatch import TorchDispatchMode  # noqa: E402 - where there is PyTorch

from spritenet import layers as kinds  # noqa: E402 - likewise
from spritenet import losses, optimizers  # noqa: E402 - likewise
from spritenet.augmentation import find_steps  # noqa: E402 - likewise
from spritenet.engines.engine import Examples, Steps  # noqa: E402 - likewise
from spritenet.engines.torch import capture, preparation  # noqa: E402 - likewise
from spritenet.engines.torch.capture import Replays  # noqa: E402 - likewise
from spritenet.engines.torch.network import TorchNetwork  # noqa: E402 - likewise
from spritenet.layers import Layer  # noqa: E402 - likewise
from spritenet.losses import Loss  # noqa: E402 - likewise
from spritenet.optimizers import Optimizer  # noqa: E402 - likewise

CLASSES = 4
SHAPE = (8, 8, 1)
WAITING = {
    *("_local_scalar_dense", "nonzero", "masked_select", "equal", "is_nonzero", "_unique2"),
    *("unique_dim", "unique_consecutive", "lift_fresh", "bincount", "repeat_interleave"),
}
"""Operations that ask the device for a value, or bring one from the host."""

NETWORK: list[Layer] = [
    kinds.Rescaling(1 / 255),
    kinds.Conv2D(3, 3, padding="same", use_bias=False, kernel_regularizer="l2"),
    kinds.BatchNormalization(),
    kinds.ReLU(),
    kinds.MaxPooling2D(2),
    kinds.GaussianNoise(0.1),
    kinds.Flatten(),
    kinds.Dropout(0.2),
    kinds.Dense(CLASSES, activation="softmax"),
]
ENTROPY = losses.SparseCategoricalCrossentropy()


class Capturing(TorchDispatchMode):  # type: ignore[misc]  # PyTorch is optional for mypy
    """Refuses what a stream refuses that is being captured."""

    def __torch_dispatch__(self, function, types, arguments=(), named=None):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN204 - of every operation
        """Calls an operation, unless it waits for the device or copies from the host."""
        name = function.overloadpacket.__name__
        assert name not in WAITING, name
        found = function(*arguments, **(named or {}))
        tensors = [one for one in arguments if isinstance(one, torch.Tensor)]
        if name in {"_to_copy", "copy_"}:
            places = {one.device.type for one in (*tensors, found)}
            assert len(places) == 1, f"a copy from {places}"
        if name.startswith("index"):
            chosen = arguments[1] if isinstance(arguments[1], list | tuple) else ()
            assert not any(one is not None and one.dtype == torch.bool for one in chosen), name
        return found


class Graph:
    """Steps that are done again when they are replayed."""

    def __init__(self, step: Callable[[int], None], count: int, steps: int) -> None:
        self.work = step, count, steps

    def replay(self) -> None:
        """Does the steps, with nothing that a graph can't hold."""
        step, count, steps = self.work
        with Capturing():
            for _ in range(steps):
                step(count)


class Stream:
    """A stream of a device that isn't there."""

    def wait_stream(self, other: object) -> None:
        """Waits for nothing."""


@pytest.fixture
def sizes(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, int]]:
    """Captures on the CPU: the images and the number of steps of each graph that was made."""
    made: list[tuple[int, int]] = []

    def captured(self: Replays, count: int, steps: int) -> Graph:
        made.append((count, steps))
        return Graph(self._step, count, steps)

    monkeypatch.setattr(preparation, "can_capture", lambda _: True)
    monkeypatch.setattr(capture, "RARE", 0)
    monkeypatch.setattr(Replays, "_captured", captured)
    for name, made_by in (
        ("Stream", Stream),
        ("current_stream", Stream),
        ("stream", lambda _: nullcontext()),
    ):
        monkeypatch.setattr(torch.cuda, name, made_by)
    return made


def examples(count: int = 40) -> Examples:
    """Random images and labels."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (count, *SHAPE), dtype=np.uint8)
    return Examples(images, random.integers(0, CLASSES, count, dtype=np.int32))


def begin(network: TorchNetwork) -> np.ndarray:
    """Random parameters."""
    return np.random.default_rng(1).normal(0.5, 0.1, network.parameter_count).astype(np.float32)


def trained(
    steps: int,
    optimizer: Optimizer,
    layers: Sequence[Layer] = NETWORK,
    given: str | None = None,
    loss: Loss = ENTROPY,
    **named: Any,
) -> tuple[np.ndarray, list[Steps]]:
    """Parameters and calls of a training on one thread, in calls of `steps` and of one."""
    augmentation = find_steps(given, **named)
    network = TorchNetwork(layers, SHAPE, batch_size=16, threads=1, augmentation=augmentation)
    parameters, images = begin(network), examples()
    slots = optimizer.initial_slots(len(parameters))
    calls = []
    first = 0
    for size in (steps, 1, steps):
        rates = np.full(size, 0.01, np.float32)
        how: dict[str, Any] = {"first_step": first, "batch_size": 16, "seed": 5}
        how |= {"loss": loss, "optimizer": optimizer, "learning_rates": rates}
        calls.append(network.train(parameters, slots, images, **how))
        first += size
    return parameters, calls


def test_replays_are_the_steps(
    sizes: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bit by bit, whole batches and smaller ones; each kind is captured once."""
    found, calls = trained(3, optimizers.Adam(0.01))
    assert sorted(sizes) == [(8, 1), (16, 1)]
    monkeypatch.setattr(preparation, "can_capture", lambda _: False)
    expected, plain = trained(3, optimizers.Adam(0.01))
    np.testing.assert_array_equal(found, expected)
    for one, other in zip(calls, plain, strict=True):
        np.testing.assert_array_equal(one.losses, other.losses)
        np.testing.assert_array_equal(one.correct, other.correct)


def test_eight_steps_are_one_graph(sizes: list[tuple[int, int]]) -> None:
    """In an epoch of ten equal batches, eight are replayed at once."""
    network = TorchNetwork(NETWORK, SHAPE, batch_size=4, threads=1)
    parameters, optimizer = begin(network), optimizers.SGD(0.01)
    slots = optimizer.initial_slots(len(parameters))
    done = network.train(
        parameters,
        slots,
        examples(),
        loss=ENTROPY,
        optimizer=optimizer,
        learning_rates=np.full(19, 0.01, np.float32),
        first_step=0,
        batch_size=4,
        seed=5,
    )
    assert len(done) == 19
    assert sizes == [(4, 8), (4, 1)]


def test_what_is_rare_is_not_captured(
    sizes: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The smaller batch at the end of the first epochs is a step without a graph."""
    monkeypatch.setattr(capture, "RARE", 3)
    trained(7, optimizers.SGD(0.01))
    assert sizes == [(16, 1), (8, 1)]


def test_a_capture_that_is_refused_is_said_and_trains(
    sizes: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The steps are done one by one, from the weights before; one warning names the reason."""
    expected, _ = trained(2, optimizers.SGD(0.05))

    def refused(_: Replays, count: int, steps: int) -> Graph:
        raise RuntimeError(f"CUDA error: no graph of {steps} × {count}\nmore")

    monkeypatch.setattr(Replays, "_captured", refused)
    with pytest.warns(RuntimeWarning, match="one by one: CUDA error: no graph of 1 × 16$") as seen:
        found, _ = trained(2, optimizers.SGD(0.05))
    assert len(seen) == 1
    np.testing.assert_array_equal(found, expected)
    assert sizes


OPTIMIZERS = [
    optimizers.SGD(0.05, momentum=0.9, nesterov=True, clipnorm=1.0),
    optimizers.Adam(0.01, use_ema=True, global_clipnorm=0.5),
    optimizers.AdamW(0.01, amsgrad=True, clipvalue=0.5, weight_decay=0.1),
    *(optimizers.Adamax(0.01), optimizers.Nadam(0.01), optimizers.Adagrad(0.01)),
    optimizers.RMSprop(0.01, centered=True, momentum=0.5),
    *(optimizers.Adadelta(1.0), optimizers.Lion(0.001), optimizers.Lamb(0.01)),
    *(optimizers.Adafactor(0.01), optimizers.Muon(0.01)),
]
AUGMENTATIONS: list[dict[str, Any]] = [
    {"given": "photos"},
    {"given": "elastic=0.5,erasing=0.5,fill=wrap"},
    {"given": "digits", "mixup": 0.3, "cutmix": 0.5},
]


@pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=lambda one: type(one).__name__)
def test_an_optimizer_waits_for_nothing(sizes: list[tuple[int, int]], optimizer: Optimizer) -> None:
    """No value is asked of the device, and none is copied from the host."""
    trained(1, optimizer)
    assert sizes


@pytest.mark.parametrize("named", AUGMENTATIONS, ids=str)
def test_an_augmentation_waits_for_nothing(
    sizes: list[tuple[int, int]], named: dict[str, Any]
) -> None:
    """Likewise."""
    trained(1, optimizers.SGD(), **named)
    assert sizes


@pytest.mark.parametrize(
    ("named", "some"),
    [({"given": None}, OPTIMIZERS), *((a, OPTIMIZERS[:1]) for a in AUGMENTATIONS)],
)
def test_a_step_stays_on_its_device(
    named: dict[str, Any], some: Sequence[Optimizer], monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a device that isn't the host's memory, where a tensor of the host would be refused."""
    monkeypatch.setattr(TorchNetwork, "passes", lambda _: nullcontext())
    network = TorchNetwork(
        NETWORK, SHAPE, batch_size=16, device="meta", augmentation=find_steps(**named)
    )
    with torch.no_grad():
        network._training.hold(examples())
        for optimizer in some:
            made = network._prepare(ENTROPY, optimizer, 16, 4, keeps=True)
            numbers, flags, _ = made.updater.numbers(np.full(4, 0.01, np.float32), 0, 1.0)
            made.tables.begin(5, 0, numbers)
            made.tables.shuffle(network._order, 5, 0, 4, 40)
            assert made.tables.counts == [16, 16, 8, 16]
            with Capturing():
                made.step(16, flags[0], keep_outputs=True)


def test_capturing_refuses_what_waits() -> None:
    """The mode by which the tests above can fail."""
    values = torch.arange(4.0)
    works: list[Callable[[], object]] = [
        lambda: float(values.sum()),
        lambda: values[values > 1],
        lambda: values.to("meta"),
        lambda: torch.tensor([1.0, 2.0]),
        lambda: torch.nonzero(values),
    ]
    for work in works:
        with pytest.raises(AssertionError), Capturing():
            work()
