"""Labels that are probably not those meant are warned of in one line; others never are."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.errors import DataWarning, ModelError

DATA = tiny.images()
X, Y = DATA.images, DATA.labels


def test_sorted_arrays_and_validation_split_are_warned_of() -> None:
    """The classes of the last images are in no training image."""
    order = np.argsort(Y, kind="stable")
    words = r"class 3 is in none of the training images: Split\.from_arrays"
    with pytest.warns(DataWarning, match=words):
        tiny.model().fit(X[order], Y[order], validation_split=0.3, verbose=0)
    with pytest.warns(DataWarning, match="classes 1, 2, 3 are in none of the validation images"):
        tiny.model().fit(X[::-1], np.sort(Y)[::-1] * (np.arange(203) < 160), validation_split=0.1)


def test_shuffled_arrays_and_splits_are_not_warned_of() -> None:
    """Nor is a split, of which a part of each class is kept apart, with sample weights too."""
    order = np.argsort(Y, kind="stable")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny.model().fit(X, Y, validation_split=0.3, verbose=0)
        tiny.model().fit(DATA[order], validation_split=0.3, verbose=0)
        tiny.model().fit(X[:40], Y[:40], validation_split=0.1, verbose=0)
        model = tiny.model()
        ones = np.ones(len(DATA))
        model.fit(DATA[order], sample_weight=ones, validation_split=0.3, verbose=0)
        other = tiny.model()
        other.fit(DATA[order], validation_split=0.3, verbose=0)
    assert model.weights_sha256 == other.weights_sha256


def test_a_single_class_is_warned_of() -> None:
    """Of arrays and of splits, with its name."""
    with pytest.warns(DataWarning, match="all 203 training images are of class 0"):
        tiny.model().fit(X, Y * 0, verbose=0)
    one = sn.Split(X, Y * 0 + 2, DATA.class_names)
    with pytest.warns(DataWarning, match="all 203 training images are of class 'c'"):
        tiny.model().fit(one, verbose=0)


def test_labels_from_1_and_gaps_are_warned_of() -> None:
    """Class indices, one-hot rows and the part kept apart alike."""
    with pytest.warns(DataWarning, match="the labels begin at 1: class 0 has no images"):
        tiny.model().fit(X, np.maximum(Y, 1), verbose=0)
    with pytest.warns(DataWarning, match="class 2 has no images"):
        tiny.model().fit(X, np.eye(4)[np.where(Y == 2, 1, Y)], verbose=0)


def test_a_batch_is_not_warned_of() -> None:
    """A batch of one class is no mistake."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        tiny.model().train_on_batch(X[:4], np.full(4, 2))


@pytest.mark.parametrize("loss", ["categorical_crossentropy", "sparse_categorical_crossentropy"])
def test_a_softmax_of_one_output_is_refused(loss: str) -> None:
    """It is always 1: loss 0 and accuracy 100 % would mean nothing."""
    layers = [sn.layers.Flatten(), sn.layers.Dense(1, activation="softmax")]
    model = sn.Sequential(layers)
    model.compile("adam", loss, metrics=["accuracy"])
    with pytest.raises(ModelError, match="a softmax of one output is always 1"):
        model.fit(X, Y * 0, verbose=0)
    model.build((8, 8, 1))
    with pytest.raises(ModelError, match="a softmax of one output is always 1"):
        model.evaluate(X, Y * 0)
