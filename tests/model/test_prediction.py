"""Predictor: outputs and metrics are those of the engine, for one image or many."""

from __future__ import annotations

import numpy as np
import pytest

import tiny
from spritenet.errors import DataError, ModelError
from spritenet.losses import SparseCategoricalCrossentropy
from spritenet.model import Sequential
from spritenet.model.prediction import Predictor


@pytest.fixture(name="model", scope="module")
def fixture_model() -> Sequential:
    """Trained a little."""
    return tiny.trained(tiny.images(60, 1))


def test_one_image_is_a_row_of_many(model: Sequential) -> None:
    """With or without the channel, whether raw or divided by 255."""
    predictor, images = Predictor(model._weights), tiny.images(9, 2).images
    rows = predictor.predict(images)
    assert rows.shape == (9, 4)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(predictor.predict(images[3]), rows[3], rtol=1e-6)
    np.testing.assert_allclose(predictor.predict(images[3, :, :, 0]), rows[3], rtol=1e-6)
    np.testing.assert_allclose(predictor.predict(images / 255.0), rows, rtol=1e-6)
    np.testing.assert_array_equal(predictor.predict_classes(images), rows.argmax(axis=1))
    with pytest.raises(DataError):
        predictor.predict(np.zeros((2, 5, 5, 1), np.uint8))


def test_metrics_are_numpys(model: Sequential) -> None:
    """Loss and accuracy of the probabilities, and predictions with the names of the classes."""
    data = tiny.images(50, 3)
    loss = SparseCategoricalCrossentropy()
    scores = Predictor(model._weights).evaluate(data, None, None, loss, ("w", "x", "y", "z"))
    rows = model.predict(data).astype(np.float64)
    right = rows[np.arange(50), data.labels]
    assert scores.loss == pytest.approx(-np.log(right).mean(), rel=1e-5)
    assert scores.accuracy == pytest.approx((rows.argmax(axis=1) == data.labels).mean())
    assert scores.predictions.class_names == ("w", "x", "y", "z")


def test_predictions_are_of_the_weights_that_were_evaluated() -> None:
    """Even if training goes on before anybody looks at them."""
    model, data = tiny.model(), tiny.images(40, 4)
    model.fit(tiny.images(), verbose=0)
    rows = model.predict(data)
    scores = model.evaluate(data)
    model.fit(tiny.images(), verbose=0)
    np.testing.assert_allclose(scores.predictions.probabilities, rows, rtol=1e-6)


def test_activations_are_of_one_image(model: Sequential) -> None:
    """The last layer's are the prediction."""
    predictor, images = Predictor(model._weights), tiny.images(2, 5).images
    found = predictor.activations(images[0])
    assert list(found) == [layer.name for layer in model.layers]
    np.testing.assert_allclose(found["dense"], predictor.predict(images[0]), rtol=1e-6)
    with pytest.raises(DataError, match="not a single image"):
        predictor.activations(images)
    with pytest.raises(ModelError, match="no weights yet"):
        tiny.model().activations(images[0])
