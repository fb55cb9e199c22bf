"""Warnings about classes, and rows of one-hot labels."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spritenet.dataset.arrays import one_hot_rows
from spritenet.dataset.class_notes import class_notes


def test_empty_classes_are_named() -> None:
    """By their names; many of them are counted."""
    names = [f"n{number}" for number in range(20)]
    (note,) = class_notes(np.array([0, 1]), names)
    assert note.startswith("classes 'n2', 'n3', ")
    assert note.endswith(" and 10 more have no images")
    assert class_notes(np.array([0, 2]), ["0", "1", "2"]) == ("class 1 has no images",)


def test_numbered_classes_may_end_early() -> None:
    """Ten classes of which the highest are not there: the names were not chosen by anybody."""
    assert class_notes(np.array([0, 1]), [str(number) for number in range(10)]) == ()


@given(st.lists(st.integers(0, 30), min_size=1))
def test_a_class_is_empty_or_not_noted(labels: list[int]) -> None:
    """Sets of Python are the oracle."""
    notes = class_notes(np.array(labels), [f"n{number}" for number in range(31)])
    assert bool(notes) == (set(labels) != set(range(31)))


@given(st.integers(1, 20), st.integers(2, 9))
def test_one_hot_rows_are_counted_without_their_width(rows: int, classes: int) -> None:
    """However many there are."""
    made = np.eye(classes, dtype=np.uint8)[np.random.default_rng(rows).integers(0, classes, rows)]
    assert one_hot_rows(made.ravel()) == rows
    assert one_hot_rows(np.concatenate([made.ravel(), [1, 1]])) == 0
