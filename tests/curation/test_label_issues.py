"""Label issues: hand-made probabilities, and digits with flipped labels."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from spritenet.curation import cross_val_predict, find_label_issues
from spritenet.curation.cross_validation import folds_of, judge, training_options
from spritenet.curation.label_issues import confident_joint
from spritenet.dataset import Split
from spritenet.errors import InputError

sklearn_datasets = pytest.importorskip("sklearn.datasets")


def digits() -> Split:
    """scikit-learn's 8×8 digits."""
    pixels, labels = sklearn_datasets.load_digits(return_X_y=True)
    return Split.from_arrays(pixels.reshape(-1, 8, 8), labels, name="train", range=(0, 16))


def test_a_confident_contradiction_is_an_issue_and_a_doubt_is_none() -> None:
    """The bar is half of what images of the class have on average."""
    rows = np.array(
        [[0.9, 0.1], [0.9, 0.1], [0.1, 0.9], [0.1, 0.9], [0.02, 0.98], [0.45, 0.55]], np.float32
    )
    labels = np.array([0, 0, 1, 1, 0, 0], np.int32)
    found = find_label_issues(labels, rows)
    assert found.indices.tolist() == [4]
    assert found.suggested.tolist() == [1]
    assert found.scores[0] == pytest.approx(-0.96)


def test_the_confident_joint_is_that_of_the_definition() -> None:
    """Counted again with loops, on random rows."""
    generator = np.random.default_rng(0)
    rows = generator.dirichlet(np.ones(4), 200).astype(np.float32)
    labels = generator.integers(0, 4, 200).astype(np.int32)
    means = [float(rows[labels == k, k].mean()) for k in range(4)]
    expected = np.zeros((4, 4), int)
    for label, row in zip(labels, rows, strict=True):
        over = [k for k in range(4) if row[k] >= means[k]]
        if over:
            expected[label, max(over, key=lambda k: row[k])] += 1
    assert np.array_equal(confident_joint(labels, rows), expected)


def test_a_class_without_images_is_never_suggested() -> None:
    """Its mean is of nothing."""
    rows = np.array([[0.1, 0.0, 0.9], [0.8, 0.1, 0.1]], np.float32)
    found = find_label_issues(np.array([0, 0], np.int32), rows)
    assert len(found) == 0


def test_folds_hold_each_class_evenly() -> None:
    """Each differs by one image at most."""
    labels = np.repeat(np.arange(3), (10, 23, 7)).astype(np.int32)
    fold = folds_of(labels, 5, seed=3)
    for number in range(3):
        counts = np.bincount(fold[labels == number], minlength=5)
        assert counts.max() - counts.min() <= 1
    assert not np.array_equal(fold, folds_of(labels, 5, seed=4))


def test_flipped_labels_are_found_and_few_others_accused() -> None:
    """One label in ten of scikit-learn's digits was changed."""
    split = digits()
    generator = np.random.default_rng(1)
    flipped = generator.choice(len(split), len(split) // 10, replace=False)
    labels = split.labels.copy()
    labels[flipped] = (labels[flipped] + generator.integers(1, 10, len(flipped))) % 10
    rows = cross_val_predict(replace(split, labels=labels), folds=3)
    found = set(find_label_issues(labels, rows).indices.tolist())
    assert len(found & set(flipped.tolist())) >= 0.9 * len(flipped)
    assert len(found - set(flipped.tolist())) <= 0.02 * len(split)


@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 9, 1), (8, 8, 1), (20, 12, 3), (96, 96, 3)])
def test_the_judge_takes_any_image_size(shape: tuple[int, int, int]) -> None:
    """From a pixel to a photograph."""
    generator = np.random.default_rng(0)
    images = generator.integers(0, 256, (12, *shape)).astype(np.uint8)
    split = Split(images, np.arange(12, dtype=np.int32) % 3, ("a", "b", "c"), "train")
    model = judge(split)
    model.fit(split, verbose=0, **{**training_options(split), "steps": 1})
    assert model.predict(images).shape == (12, 3)


def test_folds_out_of_range_are_refused() -> None:
    """One fold leaves nothing to train on."""
    split = digits()[:10]
    for folds in (1, 11):
        with pytest.raises(InputError, match="folds"):
            cross_val_predict(split, folds=folds)
