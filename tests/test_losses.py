"""Losses: descriptions that come back from their config, and know what they can follow."""

from __future__ import annotations

import json

import pytest

from spritenet import losses
from spritenet.errors import ModelError, UnsupportedError
from spritenet.losses import (
    CategoricalCrossentropy,
    Loss,
    MeanSquaredError,
    SparseCategoricalCrossentropy,
)


@pytest.mark.parametrize(
    "loss",
    [
        CategoricalCrossentropy(from_logits=True, label_smoothing=0.1),
        SparseCategoricalCrossentropy(),
        SparseCategoricalCrossentropy(from_logits=True),
        MeanSquaredError(),
    ],
)
def test_a_loss_comes_back_from_its_config(loss: Loss) -> None:
    """Through JSON, as in a model file; and from its name, with the defaults."""
    assert losses.get(json.loads(json.dumps(loss.config()))) == loss
    assert losses.get(loss.name) == losses.get(type(loss).__name__) == type(loss)()
    assert losses.get(loss) is loss


@pytest.mark.parametrize(
    ("loss", "last", "words"),
    [
        (CategoricalCrossentropy(), "linear", "activation='softmax', or the loss from_logits"),
        (CategoricalCrossentropy(), "sigmoid", "Give the last layer activation='softmax'"),
        (SparseCategoricalCrossentropy(from_logits=True), "softmax", "Leave out from_logits"),
    ],
)
def test_cross_entropy_follows_a_softmax_or_logits(loss: Loss, last: str, words: str) -> None:
    """The error says which of the two to change; the mean squared error follows anything."""
    with pytest.raises(ModelError, match=words):
        loss.check(last)
    MeanSquaredError().check(last)


def test_wrong_arguments_and_names_are_refused() -> None:
    """With what to do."""
    with pytest.raises(ModelError, match="label_smoothing"):
        CategoricalCrossentropy(label_smoothing=1)
    with pytest.raises(ModelError, match="from_logits"):
        SparseCategoricalCrossentropy(from_logits="yes")  # type: ignore[arg-type]  # that is the point
    with pytest.raises(UnsupportedError, match="ctc"):
        losses.get("ctc")
    with pytest.raises(UnsupportedError, match="calling a loss"):
        MeanSquaredError()([1], [2])  # type: ignore[operator]  # that is the point
