"""Means, deviations and copies, against NumPy and plain comparison."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spritenet.dataset import Split
from spritenet.dataset.statistics import find_duplicates, pixel_statistics


@pytest.mark.parametrize("shape", [(7, 5, 1), (4, 4, 3), (3, 2, 4)])
def test_mean_and_deviation_are_numpys(shape: tuple[int, int, int]) -> None:
    """In float64, a channel at a time; more images than one block has."""
    pixels = np.random.default_rng(1).integers(0, 256, (5000, *shape), np.uint8)
    found = pixel_statistics(Split.from_arrays(pixels, np.zeros(5000, int), ["a"]))
    flat = pixels.reshape(-1, shape[2]).astype(np.float64) / 255
    np.testing.assert_allclose(found.mean, flat.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(found.deviation, flat.std(axis=0), rtol=1e-12)


def test_of_mnist_they_are_the_known_ones(mnist_folder: str) -> None:
    """0.1307 and 0.3081, which every tutorial writes."""
    import spritenet as sn

    found = pixel_statistics(sn.load(str(mnist_folder)).train)
    assert [round(value, 4) for value in (*found.mean, *found.deviation)] == [0.1307, 0.3081]


@given(
    train=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), min_size=1, max_size=12),
    test=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 1)), min_size=1, max_size=12),
)
def test_copies_are_counted_as_by_hand(
    train: list[tuple[int, int]], test: list[tuple[int, int]]
) -> None:
    """Of images with one pixel: within each split, from one to the other, and with other labels."""
    splits = {
        name: Split.from_arrays(
            np.array([[[[pixel]]] for pixel, _ in pairs], np.uint8),
            np.array([label for _, label in pairs]),
            ["a", "b"],
            range=(0, 255),
        )
        for name, pairs in (("train", train), ("test", test))
    }
    found = find_duplicates(splits)
    for name, pairs in (("train", train), ("test", test)):
        assert found.within[name] == len(pairs) - len({pixel for pixel, _ in pairs})
    known = {pixel for pixel, _ in train}
    assert found.between == {("train", "test"): sum(pixel in known for pixel, _ in test)}
    firsts: dict[int, int] = {}
    wrong = 0
    for pixel, label in [*train, *test]:
        wrong += firsts.setdefault(pixel, label) != label
    assert found.contradictions == wrong
    assert bool(found) == (len({pixel for pixel, _ in [*train, *test]}) < len(train) + len(test))
    for (name, index), (other, earlier) in found.examples:
        assert np.array_equal(splits[name].images[index], splits[other].images[earlier])
        assert (name, index) != (other, earlier)
