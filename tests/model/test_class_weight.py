"""Class weights in all the forms that people give: the right class gets the factor, or an error."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

import tiny
from spritenet.errors import DataError
from spritenet.model.class_weight import class_factors

DATA = tiny.images()
NAMES = DATA.class_names


def weights(class_weight: Any, x: object = DATA, y: Any = None) -> str:  # noqa: ANN401 - any form
    """The hash of a tiny model's weights after training with it."""
    model = tiny.model()
    model.fit(x, y, class_weight=class_weight, verbose=0)
    return model.weights_sha256


class Series:
    """The part of a pandas Series that matters here."""

    def __str__(self) -> str:
        return "Series"  # the same in each process, as it names a test

    def to_dict(self) -> dict[str, float]:
        """Index -> value."""
        return {"b": 3.0}


@pytest.mark.parametrize(
    "form",
    [
        {"b": 3.0},
        {"b": 3},
        {1: 3.0},
        {np.int64(1): np.float32(3)},
        {1.0: 3.0},
        {"a": 1.0, "b": 3.0, "c": 1.0, "d": 1.0},
        [1, 3, 1, 1],
        (1.0, 3.0, 1.0, 1.0),
        np.array([1, 3, 1, 1]),
        np.array([1, 3, 1, 1], np.float32),
        Series(),
    ],
    ids=str,
)
def test_every_form_means_the_same(form: object) -> None:
    """As a factor on each image of the class, bit for bit."""
    model = tiny.model()
    model.fit(DATA, sample_weight=np.where(DATA.labels == 1, 3.0, 1.0), verbose=0)
    assert weights(form) == model.weights_sha256


def test_digits_are_classes_where_classes_have_no_other_names() -> None:
    """JSON writes keys as strings; where classes have names, "1" is none of them."""
    arrays = DATA.images, DATA.labels
    assert weights({"1": 3.0}, *arrays) == weights({1: 3.0}, *arrays)
    with pytest.raises(DataError, match=r"unknown class.*a, b, c, d, got '1'"):
        weights({"1": 3.0})
    named = tuple("3210")
    assert class_factors({"3": 2.0}, 4, named) == {0: 2.0}


def test_balanced_is_scikit_learns() -> None:
    """Against `compute_class_weight`; a class without images has no factor."""
    labels = np.array([0, 0, 0, 1, 3, 3], np.int32)
    found = class_factors("balanced", 5, (), labels)
    expected = compute_class_weight("balanced", classes=np.unique(labels), y=labels)
    assert found == pytest.approx(dict(zip([0, 1, 3], expected, strict=True)))
    assert weights("balanced") == weights(class_factors("balanced", 4, (), DATA.labels))


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"cat": 3.0}, "unknown class.*got 'cat'"),
        ({7: 3.0}, "unknown class.*0 … 3.*got 7"),
        ({-1: 3.0}, "unknown class"),
        ({0.5: 3.0}, "unknown class"),
        ({True: 3.0}, "unknown class"),
        ({None: 3.0}, "unknown class"),
        ({1: 3.0, "b": 2.0}, "named twice"),
        ({1: -1.0}, "invalid weight of class 1.*≥ 0"),
        ({1: "much"}, "invalid weight of class 1"),
        ({1: np.nan}, "invalid weight of class 1"),
        ([1, 2], "a factor for each of 4 classes, got 2"),
        (np.ones((4, 1)), "invalid class weights"),
        (3.0, "invalid class weights"),
        (object(), "invalid class weights"),
        ("balance", "unknown word"),
        ({0: 0, 1: 0, 2: 0, 3: 0}, "weight of every image is 0"),
    ],
)
def test_others_are_refused(form: object, words: str) -> None:
    """In one line, before training."""
    with pytest.raises(DataError, match=words) as caught:
        weights(form)
    assert "\n" not in str(caught.value)


def test_sample_weights_of_0_are_refused() -> None:
    """Nothing would be learnt, and a loss of 0 would look like success."""
    model = tiny.model()
    with pytest.raises(DataError, match="weight of every image is 0"):
        model.fit(DATA, sample_weight=np.zeros(len(DATA)), verbose=0)
    model.fit(DATA, verbose=0)
    with pytest.raises(DataError, match="weight of every image is 0"):
        model.evaluate(DATA, sample_weight=np.zeros(len(DATA)))
