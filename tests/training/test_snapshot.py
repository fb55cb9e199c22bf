"""Snapshots: histograms, filters and activations as bytes that a page can draw at once."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from spritenet.training.snapshot import (
    BINS,
    FEW_BINS,
    MOST_FILTERS,
    MOST_HISTOGRAM,
    WeightSlice,
    samples,
    snapshot,
)


def one(array: NDArray[np.float32], activation: NDArray[np.float32] | None = None) -> Any:  # noqa: ANN401 - JSON
    """The snapshot of a network with one weight array."""
    place = WeightSlice("conv2d/kernel", array.shape, 3)
    parameters = np.concatenate([np.zeros(3, np.float32), array.ravel()])
    outputs = np.zeros((1, 1, 2), np.float32) if activation is None else activation
    return snapshot(7, parameters, [place], ["conv2d"], [outputs])


def pixels(entry: Any) -> NDArray[np.uint8]:  # noqa: ANN401 - JSON
    """The maps of an entry, (maps, height, width)."""
    raw = np.frombuffer(base64.b64decode(entry["pixels"]), np.uint8)
    return raw.reshape(entry["shape"])


@pytest.mark.parametrize(("size", "bins"), [(40, FEW_BINS), (400, BINS)])
def test_histograms_are_numpys(size: int, bins: int) -> None:
    """Counts, range, mean and deviation of all weights of an array; few weights get few bins."""
    array = np.random.default_rng(1).normal(size=size).astype(np.float32)
    (entry,) = one(array)["weights"]
    assert entry["name"] == "conv2d/kernel"
    assert entry["counts"] == np.histogram(array, bins)[0].tolist()
    assert (entry["low"], entry["high"]) == (array.min(), array.max())
    assert entry["mean"] == pytest.approx(float(array.astype(np.float64).mean()), abs=1e-6)
    assert entry["deviation"] == pytest.approx(float(array.astype(np.float64).std()), rel=1e-5)


def test_equal_weights_have_a_histogram_too() -> None:
    """Biases that are all 0 lie in the middle bin."""
    (entry,) = one(np.zeros(10, np.float32))["weights"]
    counts = entry["counts"]
    assert (sum(counts), counts[len(counts) // 2]) == (10, 10)


def test_a_large_array_is_sampled_evenly() -> None:
    """At most so many weights are counted, from its beginning to its end."""
    size = 2 * MOST_HISTOGRAM + 1
    (entry,) = one(np.linspace(0, 1, size, dtype=np.float32))["weights"]
    assert 0.6 * MOST_HISTOGRAM < sum(entry["counts"]) <= MOST_HISTOGRAM
    assert max(entry["counts"]) - min(entry["counts"]) <= 2


def test_filters_are_grey_around_zero() -> None:
    """A map for each pair of channels, output by output; a weight of 0 is middle grey."""
    kernel = np.random.default_rng(2).normal(size=(3, 3, 2, 4)).astype(np.float32)
    kernel[0, 0, 0, 0] = 0
    (entry,) = one(kernel)["filters"]
    largest = float(np.abs(kernel).max())
    assert (entry["low"], entry["high"], entry["of"]) == (-largest, largest, 8)
    found = pixels(entry)
    assert found.shape == (8, 3, 3)
    assert found[0, 0, 0] == 128
    expected = kernel.transpose(3, 2, 0, 1).reshape(8, 3, 3)
    values = found.astype(np.float64) / 255 * 2 * largest - largest
    np.testing.assert_allclose(values, expected, atol=largest / 255)


def test_of_many_filters_the_first_are_shown() -> None:
    """With the number that there are."""
    (entry,) = one(np.ones((1, 1, 20, 20), np.float32))["filters"]
    assert (entry["shape"], entry["of"]) == ([MOST_FILTERS, 1, 1], 400)


@given(st.integers(1, 6), st.integers(1, 6), st.integers(1, 5), st.integers(0, 99))
def test_activations_are_maps_of_each_channel(
    height: int, width: int, channels: int, seed: int
) -> None:
    """From the lowest value to the highest; the vector of a dense layer is one row."""
    values = np.random.default_rng(seed).normal(size=(height, width, channels))
    outputs = values.astype(np.float32)
    (entry,) = one(np.ones(1, np.float32), outputs)["activations"]
    maps = outputs.transpose(2, 0, 1)
    if height == width == 1:
        maps = maps.reshape(1, 1, channels)
    low, high = float(maps.min()), float(maps.max())
    assert (entry["name"], entry["of"], entry["low"], entry["high"]) == (
        "conv2d",
        channels,
        low,
        high,
    )
    found = pixels(entry).astype(np.float64) / 255 * (high - low) + low
    np.testing.assert_allclose(found, maps, atol=(high - low) / 255 + 1e-6)


def test_samples_hold_the_images_byte_by_byte() -> None:
    """With their shape, labels and classes."""
    images = np.random.default_rng(3).integers(0, 256, (4, 3, 5, 2), np.uint8)
    document: Any = samples(images[:, ::-1], [1, 0, 1, 1], ["cat", "dog"])
    assert document["labels"] == [1, 0, 1, 1]
    assert document["class_names"] == ["cat", "dog"]
    assert np.array_equal(pixels(document), images[:, ::-1])
