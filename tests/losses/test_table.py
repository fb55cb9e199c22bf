"""Losses are described once: names, arguments, refusals and lists follow from the core's table."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from spritenet import losses
from spritenet.core import structs
from spritenet.core.losses import loss_rows
from spritenet.engines.description import describe_loss
from spritenet.errors import ModelError
from spritenet.export.optimizer_state import training_config
from spritenet.export.saved_model import OptimizerState
from spritenet.losses import LOSSES

ROOT = Path(__file__).parents[2]

KERAS = {
    "mse": sn.MeanSquaredError,
    "MSE": sn.MeanSquaredError,
    "mae": sn.MeanAbsoluteError,
    "MAE": sn.MeanAbsoluteError,
    "mape": sn.MeanAbsolutePercentageError,
    "msle": sn.MeanSquaredLogarithmicError,
    "bce": sn.BinaryCrossentropy,
    "BCE": sn.BinaryCrossentropy,
    "kld": sn.KLDivergence,
    "KLD": sn.KLDivergence,
    "kl_divergence": sn.KLDivergence,
    "kullback_leibler_divergence": sn.KLDivergence,
    "logcosh": sn.LogCosh,
    "log_cosh": sn.LogCosh,
    "huber": sn.Huber,
    "huber_loss": sn.Huber,
    "cosine_similarity": sn.CosineSimilarity,
    "cosineProximity": sn.CosineSimilarity,
    "meanAbsolutePercentageError": sn.MeanAbsolutePercentageError,
    "sparseCategoricalCrossentropy": sn.SparseCategoricalCrossentropy,
}


@pytest.mark.parametrize(("word", "kind"), KERAS.items())
def test_kerass_names_and_aliases(word: str, kind: type) -> None:
    """Keras 3's, Keras 2's and TensorFlow.js's."""
    assert type(losses.get(word)) is kind


@pytest.mark.parametrize("name", list(loss_rows()))
def test_class_and_row_are_the_same_loss(name: str) -> None:
    """Arguments, defaults and name; and it comes back from its config."""
    row, loss = loss_rows()[name], LOSSES[name]()
    assert loss.name == row.words[0]
    assert loss.attributes == {a.name: (float(a.default),) for a in row.attributes}
    assert losses.get(json.loads(json.dumps(loss.config()))) == loss
    assert all(type(losses.get(word)) is LOSSES[name] for word in (name, *row.words))
    assert isinstance(describe_loss(loss), structs.CLoss)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"label_smoothing": -0.1}, "label_smoothing"),
        ({"label_smoothing": 1}, "< 1"),
        ({"from_logits": "yes"}, "from_logits"),
        ({"axis": 1}, "last axis"),
        ({"reduction": "sum"}, "mean over the batch"),
        ({"labels": 3}, "It takes"),
    ],
)
def test_wrong_arguments_are_refused(arguments: dict[str, object], words: str) -> None:
    """One line each."""
    with pytest.raises(ModelError, match=words) as caught:
        sn.BinaryCrossentropy(**arguments)  # type: ignore[arg-type]  # that is the point
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("loss", "last", "words"),
    [
        ("bce", "softmax", "expected sigmoid"),
        ("bce", "linear", "from_logits=True"),
        (sn.BinaryCrossentropy(from_logits=True), "sigmoid", "Leave out"),
        ("categorical_focal_crossentropy", "sigmoid", "expected softmax"),
        ("categorical_generalized_cross_entropy", "linear", "activation='softmax'"),
    ],
)
def test_unfitting_activations_are_refused(loss: object, last: str, words: str) -> None:
    """With what to change."""
    with pytest.raises(ModelError, match=words):
        losses.get(loss).check(last)


def test_lists_are_current() -> None:
    """tools/loss_lists.py would change nothing."""
    command = [sys.executable, str(ROOT / "tools" / "loss_lists.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


@pytest.mark.parametrize("name", list(loss_rows()))
def test_tensorflow_js_resumes_with_its_own_losses(name: str) -> None:
    """A loss that it lacks has no `trainingConfig`; the metadata has it all the same."""
    state = OptimizerState(sn.Adam(), 1, np.zeros((2, 4), np.float32), LOSSES[name]())
    known = name not in {
        *("BinaryFocalCrossentropy", "CategoricalFocalCrossentropy", "Dice", "Tversky", "Huber"),
        "CategoricalGeneralizedCrossEntropy",
    }
    assert (training_config(state) is not None) is known
