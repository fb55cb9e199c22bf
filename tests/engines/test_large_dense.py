"""Dense layers of many units, whose kernels training reads where they are, as in float64."""

from __future__ import annotations

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

LOSS = CategoricalCrossentropy()
SHAPE = (9, 17, 1)


def network(units: int) -> list[Layer]:
    """153 inputs, so many units, and a second layer that hands its gradient on."""
    return [
        kinds.Rescaling(1 / 128, -0.9),
        kinds.Flatten(),
        kinds.Dense(units, activation="tanh"),
        kinds.Dense(131, use_bias=False, activation="gelu"),
        kinds.Dense(4, activation="softmax"),
    ]


@pytest.mark.parametrize("count", [40, 97])
@pytest.mark.parametrize("units", [1024, 1059])
def test_loss_and_gradient(units: int, count: int) -> None:
    """Units that fill the copied columns and that don't, groups of slabs and one slab alone."""
    layers = network(units)
    parameters = begin(Reference(layers, SHAPE), layers, SHAPE) * 0.3
    examples = some(SHAPE, count, 4, weighted=True)
    indices = np.arange(count)[::-1].copy()
    ours = native.Network(layers, SHAPE, batch_size=count, threads=1)
    value, gradient = ours.gradient(parameters.astype(np.float32), examples, indices, LOSS)
    expected, slopes = Reference(layers, SHAPE).gradient(parameters, examples, indices, LOSS)
    assert value == pytest.approx(expected, rel=1e-5)
    scale = float(np.abs(slopes).max())
    np.testing.assert_allclose(gradient, slopes, rtol=0, atol=2e-5 * scale)


def trained(threads: int, *, looking: bool = False) -> NDArray[np.float32]:
    """Parameters after four steps, with predictions in between or without."""
    layers = network(1059)
    examples = some(SHAPE, 150, 4, weighted=True)
    ours = native.Network(layers, SHAPE, batch_size=130, threads=threads)
    parameters = (begin(Reference(layers, SHAPE), layers, SHAPE) * 0.3).astype(np.float32)
    slots = np.zeros((2, parameters.size), np.float32)
    for step in range(0, 4, 2):
        ours.train(
            parameters,
            slots,
            examples,
            loss=LOSS,
            optimizer=Adam(0.01),
            learning_rates=np.full(2, 0.01, np.float32),
            first_step=step,
            batch_size=130,
            seed=4,
        )
        if looking:
            seen = ours.predict(parameters, examples.images)
            apart = native.Network(layers, SHAPE).predict(parameters, examples.images)
            np.testing.assert_array_equal(seen, apart)
    return parameters


def test_threads_and_predictions_change_no_bit() -> None:
    """Prediction packs the kernels, training doesn't."""
    alone = trained(1)
    np.testing.assert_array_equal(alone, trained(2, looking=True))
    np.testing.assert_array_equal(alone, trained(3))
