"""Evaluation in chunks: their size depends on the network alone."""

from __future__ import annotations

import pytest

import tiny
from spritenet.engines.engine import Examples
from spritenet.losses import CategoricalCrossentropy
from spritenet.training import evaluation
from spritenet.training.batch_source import MemoryBatches

DATA = tiny.images(400)


def test_chunks_of_an_evaluation_depend_on_the_network_alone() -> None:
    """Never on the clock; and they don't change what is counted."""
    model = tiny.model()
    model.build((8, 8, 1))
    layers = model.layers
    assert evaluation.multiplications(layers, (8, 8, 1)) == pytest.approx(36 * 4 * 9, rel=0.5)
    assert evaluation.images_per_call(layers, (8, 8, 1)) == evaluation.MOST
    big = [layer for layer in layers if layer.class_name != "Flatten"][:2] * 1
    assert evaluation.images_per_call(big, (2000, 2000, 1)) == evaluation.LEAST
    expected = model.evaluate(DATA)
    assert len(DATA) > evaluation.LEAST
    result = evaluation.evaluate(
        model.engine(),
        model.parameters,
        MemoryBatches(Examples(DATA.images, DATA.labels)),
        CategoricalCrossentropy(),
        100,
    )
    assert result.count == len(DATA)
    assert result.accuracy == expected.accuracy
    assert result.loss == pytest.approx(expected.loss)
