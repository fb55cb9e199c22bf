"""Random numbers that are arithmetic: the same everywhere, independent, evenly spread."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spritenet.sources.strokes.noise import Noise, image_keys, mix64

MASK = 2**64 - 1


def slow_mix64(word: int) -> int:
    """splitmix64's finaliser in Python's integers."""
    word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & MASK
    word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & MASK
    return word ^ (word >> 31)


@given(st.integers(0, MASK))
def test_mixing_is_splitmix64(word: int) -> None:
    """As published, whatever the word."""
    assert int(mix64(np.array([word], np.uint64))[0]) == slow_mix64(word)


def test_the_first_number_of_splitmix64_is_the_published_one() -> None:
    """Seed 1234567 yields 6457827717110365317 first (Rosetta Code's test of the generator)."""
    word = np.array([1234567], np.uint64) + np.uint64(0x9E3779B97F4A7C15)
    assert int(mix64(word)[0]) == 6457827717110365317


@given(st.integers(), st.integers(0, 10), st.integers(0, 10**6))
def test_an_image_has_its_own_numbers_whatever_is_asked_with_it(
    seed: int, stream: int, index: int
) -> None:
    """The key and numbers of image i are the same alone and among others."""
    alone = Noise(image_keys(seed, stream, np.array([index])))
    among = Noise(image_keys(seed, stream, np.array([3, index, 8])))
    for _ in range(2):
        assert np.array_equal(alone.uniform(5)[0], among.uniform(5)[1])
        assert np.array_equal(alone.normal(3)[0], among.normal(3)[1])


def test_numbers_are_spread_as_promised() -> None:
    """Uniform: every sixteenth equally full. Normal: mean 0, deviation 1, no correlation."""
    noise = Noise(image_keys(0, 0, np.arange(20_000)))
    uniform = noise.uniform(10)
    assert uniform.min() > 0
    assert uniform.max() < 1
    counts = np.bincount((uniform * 16).astype(int).ravel(), minlength=16)
    assert np.abs(counts / counts.mean() - 1).max() < 0.04
    normal = noise.normal(10).astype(np.float64)
    assert abs(normal.mean()) < 0.01
    assert abs(normal.std() - 1) < 0.01
    between = np.corrcoef(normal.T) - np.eye(10)
    assert np.abs(between).max() < 0.04


def test_seeds_streams_and_images_are_independent() -> None:
    """No two keys are alike among neighbours in seed, stream or index."""
    keys = np.concatenate(
        [image_keys(seed, stream, np.arange(100)) for seed in range(-5, 5) for stream in range(5)]
    )
    assert np.unique(keys).size == keys.size
