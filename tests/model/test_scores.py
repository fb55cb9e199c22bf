"""Scores: loss and accuracy, with the predictions behind them."""

from __future__ import annotations

import copy
import pickle

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet import metrics
from spritenet.errors import ModelError

TEST = tiny.images(120, seed=1, name="test")


def test_scores_are_two_figures_and_know_more(model: sn.Sequential) -> None:
    """They unpack like Keras's; their predictions agree with them."""
    loss, accuracy = scores = model.evaluate(TEST)
    assert (scores.loss, scores.accuracy) == (loss, accuracy)
    found = scores.predictions
    assert found is scores.predictions
    assert found.accuracy == accuracy
    assert found.log_loss == pytest.approx(loss, rel=1e-4)
    np.testing.assert_array_equal(found.predicted, model.predict_classes(TEST))
    np.testing.assert_array_equal(
        found.confusion, metrics.confusion_matrix(TEST.labels, model.predict(TEST), 4)
    )
    assert found.class_names == TEST.class_names


def test_scores_are_of_the_weights_that_were_evaluated() -> None:
    """Also when the model has learnt since."""
    model = tiny.model()
    model.fit(tiny.images(), epochs=1, verbose=0)
    scores, before = model.evaluate(TEST), model.predict(TEST)
    model.fit(tiny.images(), epochs=3, verbose=0)
    assert (model.predict(TEST) != before).any()
    np.testing.assert_array_equal(scores.predictions.probabilities, before)


def test_scores_can_be_copied(model: sn.Sequential) -> None:
    """The figures are; what they came from stays."""
    scores = model.evaluate(TEST)
    for twin in (pickle.loads(pickle.dumps(scores)), copy.copy(scores), sn.Scores(*scores)):
        assert twin == scores
        assert repr(twin) == repr(scores)
        with pytest.raises(ModelError, match="these scores have no predictions"):
            _ = twin.predictions
