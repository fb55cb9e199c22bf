"""Near-duplicates are found where they were planted, and correlations are NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from spritenet.report import near_duplicates


def smooth_images(count: int, shape: tuple[int, int, int], seed: int) -> NDArray[np.uint8]:
    """Smooth random images: noise alone would have nothing in common with its thumbnail."""
    random = np.random.default_rng(seed)
    height, width, channels = shape
    coarse = random.integers(0, 256, (count, 4, 4, channels))
    fine = coarse.repeat(-(-height // 4), axis=1).repeat(-(-width // 4), axis=2)
    return fine[:, :height, :width].astype(np.uint8)


@pytest.mark.parametrize("shape", [(28, 28, 1), (32, 20, 3), (5, 9, 4)])
def test_planted_twins_are_found(shape: tuple[int, int, int]) -> None:
    """To the pixel, with a little noise, and brighter: each names the image it was made of."""
    train, test = smooth_images(500, shape, 0), smooth_images(60, shape, 1)
    random = np.random.default_rng(2)
    test[0] = train[123]
    noise = random.normal(0, 4, shape)
    test[1] = np.clip(train[45] + noise, 0, 255).astype(np.uint8)
    test[2] = (train[67] * 0.7 + 20).astype(np.uint8)
    found = near_duplicates.find(train, test)
    assert found.nearest[:3].tolist() == [123, 45, 67]
    assert found.exact.tolist() == [True] + [False] * 59
    assert (found.similarity[:3] >= near_duplicates.ALIKE).all()
    assert found.count == 3
    assert set(found.closest(3).tolist()) == {0, 1, 2}
    assert found.closest(1).tolist() == [0]


def test_similarity_is_the_correlation_of_pixels() -> None:
    """NumPy's, of the pair that was found."""
    train, test = smooth_images(90, (12, 12, 1), 0), smooth_images(30, (12, 12, 1), 1)
    found = near_duplicates.find(train, test)
    for i in range(30):
        pair = train[found.nearest[i]].ravel(), test[i].ravel()
        assert found.similarity[i] == pytest.approx(np.corrcoef(*pair)[0, 1], abs=1e-4)


def test_it_is_nearly_always_the_most_similar_one() -> None:
    """Against every pair, of smooth images that all resemble each other somewhat."""
    train, test = smooth_images(800, (16, 16, 1), 3), smooth_images(80, (16, 16, 1), 4)
    found = near_duplicates.find(train, test)
    rows = [np.asarray(i, float).reshape(len(i), -1) for i in (train, test)]
    rows = [(r - r.mean(1, keepdims=True)) for r in rows]
    rows = [r / np.linalg.norm(r, axis=1, keepdims=True) for r in rows]
    best = (rows[1] @ rows[0].T).max(axis=1)
    assert (found.similarity <= best + 1e-4).all()
    assert (found.similarity >= best - 0.02).mean() > 0.9


def test_even_images_have_nothing_to_compare() -> None:
    """No division by zero; the same ones are the same."""
    train = np.zeros((3, 8, 8, 1), np.uint8)
    test = np.stack([train[0], train[0] + 9])
    found = near_duplicates.find(train, test)
    assert found.exact.tolist() == [True, False]
    assert found.similarity.tolist() == [1, 0]


def test_many_pairs_are_sampled_and_it_is_told_which(monkeypatch: pytest.MonkeyPatch) -> None:
    """The images that were compared are named."""
    monkeypatch.setattr(near_duplicates, "MOST_PRODUCTS", 500)
    train, test = smooth_images(100, (8, 8, 1), 0), smooth_images(50, (8, 8, 1), 1)
    found = near_duplicates.find(train, test)
    assert len(found.images) == 5
    assert found.images.tolist() == sorted(found.images.tolist())
    assert found.among == 100


def test_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """However large they are, a planted twin is found."""
    train, test = smooth_images(700, (16, 16, 1), 0), smooth_images(50, (16, 16, 1), 1)
    test[7] = train[650]
    monkeypatch.setattr(near_duplicates, "ROWS", 8)
    monkeypatch.setattr(near_duplicates, "COLUMNS", 64)
    found = near_duplicates.find(train, test)
    assert (found.nearest[7], bool(found.exact[7])) == (650, True)
