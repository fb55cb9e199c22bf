"""Wide convolutions train by Winograd's filtering, and learn what the reference learns."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine_cases import begin, some
from reference import Network as Reference
from spritenet import layers as kinds
from spritenet.engines import native
from spritenet.layers import Layer
from spritenet.losses import CategoricalCrossentropy
from spritenet.optimizers import Adam
from spritenet.regularizers import L2

LOSS = CategoricalCrossentropy()


def wide(
    filters: tuple[int, int], padding: str, activation: str, size: int | tuple[int, int] = 3
) -> list[Layer]:
    """Three convolutions: the first has few channels, the second and the third are wide."""
    return [
        kinds.Rescaling(1 / 128, -0.9),
        kinds.Conv2D(filters[0], 3, padding="same", activation="tanh"),
        kinds.Conv2D(filters[1], size, padding=padding, activation=activation),
        kinds.Conv2D(17, size, padding="same", use_bias=False, kernel_regularizer=L2(0.01)),
        kinds.AveragePooling2D(2),  # no ties, which rounding would decide
        kinds.Flatten(),
        kinds.Dense(4, activation="softmax"),
    ]


def start(layers: list[Layer], shape: tuple[int, int, int]) -> NDArray[np.float64]:
    """Random float64 parameters, small enough for a softmax that is not one-hot."""
    return begin(Reference(layers, shape), layers, shape) * 0.3


def check_gradient(layers: list[Layer], shape: tuple[int, int, int]) -> None:
    """The loss and the gradient of 19 images are those in float64."""
    parameters = start(layers, shape)
    examples = some(shape, 19, 4, weighted=True)
    indices = np.arange(19)[::-1].copy()
    ours = native.Network(layers, shape, batch_size=19)
    value, gradient = ours.gradient(parameters.astype(np.float32), examples, indices, LOSS)
    expected, slopes = Reference(layers, shape).gradient(parameters, examples, indices, LOSS)
    assert value == pytest.approx(expected, rel=1e-5)
    scale = float(np.abs(slopes).max())
    np.testing.assert_allclose(gradient, slopes, rtol=0, atol=2e-5 * scale)


@pytest.mark.parametrize("size", [(5, 5), (6, 9), (13, 8)])
@pytest.mark.parametrize("filters", [(16, 16), (17, 33), (43, 20)])
@pytest.mark.parametrize(
    ("padding", "activation"),
    [("valid", "relu"), ("same", "relu"), ("valid", "tanh"), ("same", "linear"), ("same", "gelu")],
)
def test_loss_and_gradient(
    size: tuple[int, int], filters: tuple[int, int], padding: str, activation: str
) -> None:
    """Odd and even sizes and channels, a whole slab and a partial one, as in float64."""
    check_gradient(wide(filters, padding, activation), (*size, 2))


@pytest.mark.parametrize("window", [7, 8, (6, 7), (8, 5)])
@pytest.mark.parametrize(
    ("filters", "padding", "activation"),
    [((16, 16), "valid", "relu"), ((17, 33), "same", "relu"), ((20, 18), "same", "gelu")],
)
def test_large_windows(
    window: int | tuple[int, int], filters: tuple[int, int], padding: str, activation: str
) -> None:
    """Windows of 6x6 to 8x8, sizes that are no multiple of four, as in float64."""
    check_gradient(wide(filters, padding, activation, window), (11, 14, 2))


@pytest.mark.parametrize("window", [5, (1, 5), (3, 5), (7, 5)])
@pytest.mark.parametrize(
    ("filters", "padding", "activation", "shape"),
    [
        ((8, 16), "valid", "relu", (12, 12, 2)),
        ((5, 9), "same", "linear", (11, 41, 1)),
        ((9, 8), "same", "tanh", (30, 7, 3)),
        ((43, 70), "same", "relu", (14, 10, 2)),
    ],
)
def test_windows_five_wide(
    window: int | tuple[int, int],
    filters: tuple[int, int],
    padding: str,
    activation: str,
    shape: tuple[int, int, int],
) -> None:
    """Few channels and many, whole tiles of columns and parts, as in float64."""
    check_gradient(wide(filters, padding, activation, window), shape)


def trained(threads: int, *, looking: bool = False, size: int = 3) -> NDArray[np.float32]:
    """Parameters and slots after 6 updates on so many threads, predicting in between or not."""
    layers, shape = wide((20, 33), "valid", "relu", size), (9 + size, 10 + size, 2)
    examples = some(shape, 150, 4, weighted=True)
    network = native.Network(layers, shape, batch_size=64, threads=threads)
    parameters = start(layers, shape).astype(np.float32)
    slots = np.zeros((2, parameters.size), np.float32)
    for step in range(0, 6, 2):
        network.train(
            parameters,
            slots,
            examples,
            loss=LOSS,
            optimizer=Adam(0.01, global_clipnorm=0.5),
            learning_rates=np.full(2, 0.01, np.float32),
            first_step=step,
            batch_size=64,
            seed=4,
        )
        if looking:
            seen = network.predict(parameters, examples.images)
            apart = native.Network(layers, shape).predict(parameters, examples.images)
            np.testing.assert_array_equal(seen, apart)
            network.evaluate(parameters, examples, LOSS)
    return np.concatenate([parameters, slots.ravel()])


@pytest.mark.parametrize(("threads", "size"), [(2, 3), (3, 3), (8, 3), (3, 5), (3, 7)])
def test_the_number_of_threads_changes_no_bit(threads: int, size: int) -> None:
    """Also with clipping, where summing and updating are apart."""
    np.testing.assert_array_equal(trained(1, size=size), trained(threads, size=size))


def test_predicting_in_between_leaves_no_trace() -> None:
    """Prediction packs the kernels its own way, and gives what a network made for it gives."""
    np.testing.assert_array_equal(trained(2), trained(2, looking=True))


def test_updates_follow_the_reference() -> None:
    """Every weight of every tap is updated and packed again, in whatever pieces."""
    layers, shape = wide((20, 33), "valid", "tanh"), (9, 10, 2)
    examples = some(shape, 40, 4, weighted=False)
    expected = start(layers, shape)
    got = expected.astype(np.float32)
    ours = native.Network(layers, shape, batch_size=16)
    how: dict[str, Any] = {
        "loss": LOSS,
        "optimizer": Adam(0.01),
        "learning_rates": np.full(4, 0.01, np.float32),
        "first_step": 0,
        "batch_size": 16,
        "seed": 3,
    }
    slots = np.zeros((2, got.size))
    steps = ours.train(got, slots.astype(np.float32), examples, **how)
    right = Reference(layers, shape).train(expected, slots, examples, **how)
    np.testing.assert_allclose(steps.losses, right.losses, rtol=1e-5)
    assert np.linalg.norm(got - expected) <= 1e-4 * np.linalg.norm(expected)
