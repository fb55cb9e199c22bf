"""Multi-label rows: splits, hashes, batches, stratified halves, and what is refused."""

from __future__ import annotations

import hashlib
import io
import pickle
from typing import Any

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from several_shapes import NAMES, several_shapes, shapes_dataset
from spritenet.dataset.class_notes import class_notes
from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.stratify import stratified_mask


def test_rows_with_several_ones_make_a_multi_label_split_and_it_is_said() -> None:
    """Some 1s more or fewer than one a row: rows; as many as rows: class indices, as before."""
    images = np.zeros((3, 4, 4), np.uint8)
    with pytest.warns(sn.DataWarning, match="of 3 images 1 has several, 1 none"):
        split = sn.Split.from_arrays(images, [[1, 1], [0, 1], [0, 0]], ["cat", "dog"])
    assert split.is_multi_label
    assert split.labels.dtype == np.uint8
    assert repr(split) == "Split(3 images of 4×4×1, 2 classes, multi-label)"
    assert split.class_counts == {"cat": 1, "dog": 2}
    one_hot = sn.Split.from_arrays(images, np.eye(3), ["a", "b", "c"])
    assert one_hot.labels.tolist() == [0, 1, 2]
    kept = sn.Split.from_arrays(images, np.eye(3), ["a", "b", "c"], multi_label=True)
    assert kept.labels.tolist() == np.eye(3).tolist()


def test_data_of_many_classes_is_stratified_evenly() -> None:
    """Eighty classes, several an image: far nearer to the fraction than a random choice is."""
    chance = np.random.default_rng(0)
    rows = (chance.random((4000, 80)) < 0.2 * chance.random(80)).astype(np.uint8)
    wanted = rows.sum(axis=0) * 0.1
    off = np.abs(rows[stratified_mask(rows, 400, seed=0)].sum(axis=0) - wanted)
    random = np.abs(rows[chance.permutation(4000)[:400]].sum(axis=0) - wanted)
    assert off.mean() < random.mean() / 2
    assert off.max() < random.max() / 2


def test_lists_of_names_make_rows() -> None:
    """Lists and sets, empty ones too; an unknown name is refused by one line."""
    images = np.zeros((3, 4, 4), np.uint8)
    names: Any = [["cat", "dog"], [], {"dog"}]
    split = sn.Split.from_arrays(images, names, multi_label=True)
    assert split.class_names == ("cat", "dog")
    assert split.labels.tolist() == [[1, 1], [0, 0], [0, 1]]
    with pytest.raises(sn.DataError, match="unknown class name: expected one of cat, got dog"):
        sn.Split.from_arrays(images, names, ["cat"])
    with pytest.raises(sn.DataError, match="a label for each of 3 images, got 2 labels"):
        sn.Split.from_arrays(images, names[:2])


def test_one_split_with_several_ones_makes_all_of_them_rows() -> None:
    """A test set whose rows happen to be one-hot stays rows if the training set has several."""
    images = np.zeros((2, 4, 4), np.uint8)
    with pytest.warns(sn.DataWarning, match="multi-label"):
        data = sn.Dataset.from_arrays((images, [[1, 1], [0, 1]]), (images, np.eye(2)))
    assert data.is_multi_label
    assert data.test.labels.tolist() == [[1, 0], [0, 1]]


def test_a_split_gives_rows_wherever_it_gives_labels() -> None:
    """Indexing, iteration, take, batches, arrays and pickles."""
    images, rows = several_shapes(20)
    split = sn.Split(images, rows, NAMES, "train")
    np.testing.assert_array_equal(split[3][1], rows[3])
    np.testing.assert_array_equal([label for _, label in split], rows)
    np.testing.assert_array_equal(split.take(np.array([4, 2]))[1], rows[[4, 2]])
    np.testing.assert_array_equal(split[5:9].labels, rows[5:9])
    whole = np.concatenate([y for _, y in split.batches(7, seed=None)])
    np.testing.assert_array_equal(whole, rows)
    _, targets = split.arrays(one_hot=True)
    assert targets.dtype == np.float32
    np.testing.assert_array_equal(targets, rows)
    assert pickle.loads(pickle.dumps(split)).content_hash == split.content_hash
    lazy = LazyDataset.from_dataset(sn.Dataset("d", {"train": split}, NAMES))
    assert lazy["train"].identity == split.content_hash
    assert lazy["train"].is_multi_label


def test_the_content_hash_is_of_the_line_the_pixels_and_the_rows() -> None:
    """As docs/reference/sprite-format.md has it, computed by hand."""
    images, rows = several_shapes(5)
    expected = hashlib.sha256(b"5 28 28 1 4\n" + images.tobytes() + rows.tobytes()).hexdigest()
    assert sn.Split(images, rows, NAMES).content_hash == expected


def test_iterative_stratification_halves_every_class() -> None:
    """Each class, also a rare one, gives its fraction to within one image, and the total is exact.

    Choosing at random misses by several.
    """
    _, rows = several_shapes(600, seed=3)
    rows = np.hstack([rows, (np.arange(600) % 60 == 7)[:, None].astype(np.uint8)])  # ten of them
    for total in (60, 300):
        mask = stratified_mask(rows, total, seed=1)
        assert mask.sum() == total
        wanted = rows.sum(axis=0) * total / 600
        assert np.abs(rows[mask].sum(axis=0) - wanted).max() <= 1.0
        np.testing.assert_array_equal(mask, stratified_mask(rows, total, seed=1))
        assert (mask != stratified_mask(rows, total, seed=2)).any()


def test_images_without_a_label_and_classes_without_an_image_are_said() -> None:
    """Empty rows are allowed; a class that never occurs is a note."""
    rows = np.array([[1, 0, 0], [1, 1, 0], [0, 0, 0]], np.uint8)
    assert class_notes(rows, ["a", "b", "c"]) == ("class 'c' has no images",)


@pytest.mark.parametrize(
    ("rows", "names", "says"),
    [
        (np.array([[1, 2]], np.uint8), ("a", "b"), "a label of image 0 is neither 0 nor 1: got 2"),
        (np.array([[1, 1]], np.uint8), ("a",), "don't fit the classes: expected rows of 1"),
        (np.zeros((1, 5000), np.uint8), tuple(map(str, range(5000))), "at most 4,096"),
        (np.array([[1, 1]], np.int32), ("a", "b"), "int32 array of class indices, or uint8 rows"),
    ],
)
def test_what_is_no_row_is_refused_by_one_line(
    rows: np.ndarray, names: tuple[str, ...], says: str
) -> None:
    """Other values than 0 and 1, other columns than classes, too many of them."""
    with pytest.raises(sn.DataError, match=says):
        sn.Split(np.zeros((1, 4, 4, 1), np.uint8), rows, names)


def test_splits_of_both_kinds_are_no_data_set() -> None:
    """The message says what the first split has."""
    images, rows = several_shapes(3)
    one = sn.Split(images, np.zeros(3, np.int32), NAMES)
    several = sn.Split(images, rows, NAMES)
    with pytest.raises(sn.DataError, match="only some splits are multi-label: expected one label"):
        sn.Dataset("d", {"train": one, "test": several}, NAMES)


def test_labels_of_class_indices_are_no_rows() -> None:
    """multi_label=True with integers."""
    with pytest.raises(sn.DataError, match="n×k rows of 0 and 1, as multi_label=True says"):
        sn.Split.from_arrays(np.zeros((2, 4, 4), np.uint8), [0, 1], multi_label=True)


def test_a_contact_sheet_shows_an_image_in_the_row_of_each_of_its_classes() -> None:
    """The notebook's picture has a row a class, and a mosaic names all classes of an image."""
    data = shapes_dataset(60, 20)
    sheet = Image.open(io.BytesIO(data.train._repr_png_()))
    assert sheet.height > 4 * 56
    assert "multi-label" in data.train._repr_html_()
