"""ImageCollector: items and batches become one array, by one scale and one shape."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

import tiny
from spritenet.dataset.arrays import as_images
from spritenet.errors import DataError
from spritenet.model import collection_reader, image_collector
from spritenet.model.image_collector import ImageCollector, RawExamples

DATA = tiny.images()
X, Y = DATA.images, DATA.labels


def test_images_of_mixed_modes_get_the_channels_of_all() -> None:
    """Grey beside colour becomes colour, as Pillow converts it."""
    pictures = [Image.fromarray(x[..., 0]) for x in X]
    pictures[3] = Image.fromarray(np.repeat(X[3], 3, axis=2) // 2)
    pictures[5] = pictures[5].convert("RGBA")
    found = collection_reader.read(tiny.MapStyle(pictures))[0].images
    assert found.shape == (203, 8, 8, 4)
    for picture, image in zip(pictures, found, strict=True):
        assert np.array_equal(np.asarray(picture.convert("RGBA")), image)


def test_booleans_are_black_and_white() -> None:
    """True is white, in an array and in a collection."""
    assert tiny.weights_after(X > 100, Y) == tiny.weights_after((X > 100) * np.uint8(255), Y)
    assert tiny.weights_after(tiny.MapStyle(X > 100, Y)) == tiny.weights_after(X > 100, Y)


def test_floats_that_only_seemed_to_be_fractions() -> None:
    """The scale is that of all images: 0 and 1 are nearly black where others reach 255."""
    images = X.astype(np.float32)
    images[:40] = X[:40] > 100
    expected = tiny.weights_after(images, Y)
    assert tiny.weights_after(tiny.MapStyle(images, Y)) == expected
    images[0] = 0.2  # 51 / 255
    with pytest.raises(DataError, match="some images have values up to 1, others above"):
        tiny.weights_after(tiny.MapStyle(images, Y))


@pytest.mark.parametrize(
    ("image", "label", "expected"),
    [
        (np.zeros((4, 8, 8, 1)), None, True),
        (np.zeros((8, 8, 1)), None, False),
        (np.zeros((8, 8, 3)), 1, False),
        (np.zeros((4, 8, 8)), np.zeros(4), True),
        (np.zeros((16, 8, 8)), None, False),
        (np.zeros((8, 8)), 3, False),
        (np.zeros((4, 64)), np.zeros(4), True),
        (np.zeros((8, 8, 8)), np.zeros(8), False),
        (Image.new("L", (8, 8)), 1, False),
        ([Image.new("L", (8, 8))] * 3, [1, 2, 3], True),
    ],
    ids=range(10),
)
def test_batches_are_told_from_single_images(
    image: Any,  # noqa: ANN401 - arrays and Pillow's images
    label: Any,  # noqa: ANN401 - numbers and arrays
    expected: bool,
) -> None:
    """By dimensions, and by the number of labels where dimensions leave it open."""
    collector = ImageCollector("x")
    collector.add(image, label, None)
    assert (collector.batch_size is not None) == expected


def test_a_batch_that_is_filled_again_is_copied() -> None:
    """A generator may reuse its array."""
    collector, buffer = ImageCollector("x"), X[:4].copy()
    for first in (0, 4):
        buffer[:] = X[first : first + 4]
        collector.add(buffer, Y[first : first + 4], None)
    found = collector.collected()
    assert np.array_equal(found.images, X[:8])
    assert found.labels is not None
    assert np.array_equal(found.labels, Y[:8])
    assert found.weights is None
    assert collector.batch_size == 4


def test_each_part_is_collected_once() -> None:
    """In the scale of the first part: fractions can't become whole numbers later."""
    collector = ImageCollector("x")
    collector.add(X[:4] / 255, None, None)
    assert np.array_equal(collector.collected().images, X[:4])
    collector.add(X[4:6] / 255, None, None)
    assert np.array_equal(collector.collected().images, X[4:6])
    with pytest.raises(DataError, match="no images"):
        collector.collected()
    with pytest.raises(DataError, match=r"values up to 1, others above.*image 6"):
        collector.add(X[6:8].astype(np.float32), None, None)


@pytest.mark.parametrize("block", [1, 3, 50])
def test_all_at_once_and_in_parts_are_the_same(block: int) -> None:
    """As arrays are converted: fractions, whole numbers, booleans."""
    for array in (X, X / 255, X.astype(np.float64), X > 100, X[..., 0]):
        collector = ImageCollector("x")
        for first in range(0, 50, block):
            collector.add(array[first : min(first + block, 50)], None, None, batch=True)
        assert np.array_equal(collector.collected().images, as_images(array[:50]))


def test_too_many_images_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """By what has come, or by the first one if their number is known."""
    monkeypatch.setattr(image_collector, "MOST_BYTES", 10 * 64)
    collector = ImageCollector("x")
    for image in X[:10]:
        collector.add(image, None, None)
    with pytest.raises(DataError, match="too many images to read into memory"):
        collector.add(X[10], None, None)
    counted = ImageCollector("x", "Give fewer.")
    counted.expected = 11
    with pytest.raises(DataError, match="Give fewer"):
        counted.add(X[0], None, None)


def test_examples_are_cut_and_joined() -> None:
    """By slices, indices and masks; labels and weights go with their images."""
    weights = np.arange(203.0)
    raw = RawExamples(X, Y, weights)
    order = np.array([5, 1, 7])
    for index in (slice(3, 9), order, Y == 2):
        part = raw[index]
        assert np.array_equal(part.images, X[index])
        assert part.labels is not None
        assert part.weights is not None
        assert np.array_equal(part.labels, Y[index])
        assert np.array_equal(part.weights, weights[index])
    joined = RawExamples.concatenate([raw[:7], raw[7:90], raw[90:]])
    assert len(joined) == 203
    assert np.array_equal(joined.images, X)
    with pytest.raises(DataError, match="others none"):
        RawExamples.concatenate([raw[:7], RawExamples(X[7:])])
    with pytest.raises(DataError, match="different shapes"):
        RawExamples.concatenate([raw[:7], RawExamples(X[7:, :4], Y[7:], weights[7:])])
