"""Stratified choice: exact totals, the same fraction of every class, the same for a seed."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spritenet.dataset.stratify import stratified_mask, validation_size
from spritenet.errors import InputError


@given(st.lists(st.integers(0, 5), min_size=1, max_size=200), st.data(), st.integers(0, 9))
def test_every_class_gives_its_fraction(numbers: list[int], data: st.DataObject, seed: int) -> None:
    """Rounded, so that no class is off by one whole image and the total is exact."""
    labels = np.array(numbers, np.int32)
    total = data.draw(st.integers(0, len(labels)))
    mask = stratified_mask(labels, total, seed)
    assert mask.sum() == total
    chosen, counts = np.bincount(labels[mask], minlength=6), np.bincount(labels, minlength=6)
    assert (np.abs(chosen - counts * total / len(labels)) < 1).all()
    assert np.array_equal(mask, stratified_mask(labels, total, seed))


def test_the_seed_decides_which_images() -> None:
    """Of one class, a hundred seeds choose each image about as often."""
    labels = np.zeros(10, np.int32)
    times = np.sum([stratified_mask(labels, 3, seed) for seed in range(400)], axis=0)
    assert (times > 80).all()
    assert (times < 160).all()


def test_remainders_go_to_the_lower_class() -> None:
    """Two equal classes and an odd total."""
    mask = stratified_mask(np.array([1, 0, 1, 0], np.int32), 1, 0)
    assert mask.nonzero()[0].tolist() in ([1], [3])


@pytest.mark.parametrize(
    ("validation", "expected"), [(0.25, 50), (50, 50), (np.int64(1), 1), (0.999, 200)]
)
def test_fractions_and_numbers_mean_the_same(validation: float, expected: int) -> None:
    """A fraction is rounded; a whole number counts images."""
    if expected == 200:
        with pytest.raises(InputError, match="none or all"):
            validation_size(validation, 200)
    else:
        assert validation_size(validation, 200) == expected
