"""The drawn digits: reproducible, balanced, well placed, and much like handwriting."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spritenet.errors import DataError, InputError
from spritenet.sources.strokes import draw_digits, pen_paths, strokes
from spritenet.sources.strokes.glyphs import GLYPH_VARIANTS, GlyphVariant
from spritenet.sources.strokes.more_glyphs import MORE_VARIANTS
from spritenet.sources.strokes.shapes import shapes_of

GOLDEN = "363fcb7f6a2742b448fc2ed1e744caacdca47a5f1a2f14093d7eb2914e55a4af"
"""SHA-256 of the first 2,000 images of seed 0. It changes only when the drawing is meant to."""

GOLDEN_2 = "0c5a0f9c4ed3d85cf7936ac95f946d3a47c090eca72771d07a38f0a7821a706d"
"""SHA-256 of the first 300 images of version 2, seed 0."""


@pytest.fixture(scope="module")
def drawn() -> tuple[np.ndarray, np.ndarray]:
    """Two thousand digits."""
    return draw_digits(2_000)


def test_the_digits_are_the_same_on_every_machine(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    """The pixels' hash is the one computed elsewhere."""
    assert hashlib.sha256(drawn[0].tobytes()).hexdigest() == GOLDEN


@settings(max_examples=20)
@given(st.integers(), st.integers(1, 60), st.integers(1, 60))
def test_more_images_begin_with_the_fewer(seed: int, few: int, more: int) -> None:
    """Image i depends on the seed and i alone."""
    few, more = sorted((few, more))
    images, labels = draw_digits(few, seed=seed)
    others, other_labels = draw_digits(more, seed=seed)
    assert np.array_equal(images, others[:few])
    assert np.array_equal(labels, other_labels[:few])


def test_each_ten_images_hold_each_digit_once(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    """So that any multiple of ten is exactly balanced, in an order that isn't 0 to 9."""
    tens = drawn[1].reshape(-1, 10)
    assert np.array_equal(np.sort(tens, axis=1), np.tile(np.arange(10), (200, 1)))
    assert len({tuple(ten) for ten in tens.tolist()}) > 190


def test_seeds_and_splits_differ() -> None:
    """No image of another seed or split is in the training images."""
    data = strokes(train=1_000, test=1_000)
    others = draw_digits(1_000, seed=1)[0]
    seen = {image.tobytes() for image in data.train.images}
    assert len(seen) == 1_000
    assert not any(image.tobytes() in seen for image in data.test.images)
    assert not any(image.tobytes() in seen for image in others)


def test_ink_lies_where_mnist_has_it(drawn: tuple[np.ndarray, np.ndarray]) -> None:
    """In a box of 20 pixels (21 with the grey edge), the centre of mass at pixel 14 ± 1½."""
    images = drawn[0][:, :, :, 0].astype(np.int64)
    mass = images.sum(axis=(1, 2))
    places = np.arange(28)
    for axis in (1, 2):
        middle = (images.sum(axis=axis) * places).sum(axis=1) / mass
        assert np.abs(middle - 14).max() <= 1.51
        inked = images.max(axis=axis) > 0
        extent = 28 - inked[:, ::-1].argmax(axis=1) - inked.argmax(axis=1)
        assert extent.max() <= 20
    assert images.max(axis=(1, 2)).min() > 200


def test_the_data_set_says_what_it_is() -> None:
    """Names, splits, classes and the absence of anyone else's rights."""
    data = strokes(train=50, test=20, seed=3)
    assert (data.name, data.licence) == ("strokes", "Apache-2.0")
    assert data.train.images.shape == (50, 28, 28, 1)
    assert data.train.images.dtype == np.uint8
    assert data.class_names == tuple("0123456789")
    assert len(data.test) == 20
    assert "3" in data.source


@pytest.mark.parametrize("sizes", [(0, 10), (10, 0), (-1, 10)])
def test_an_empty_split_is_refused(sizes: tuple[int, int]) -> None:
    """The user's mistake, in one line."""
    with pytest.raises(InputError, match="too few images"):
        strokes(*sizes)


@pytest.mark.parametrize("digit", range(10))
def test_every_way_to_write_a_digit_is_well_formed(digit: int) -> None:
    """Its poses agree in points, lie in their box and number at least one."""
    ways = [way for way in GLYPH_VARIANTS if way.digit == digit]
    assert len(ways) >= 3
    for way in ways:
        shapes = shapes_of(way)
        assert np.abs(shapes.y).max() <= 1
        assert np.abs(shapes.x).max() <= np.float32(way.width) + 1e-6
        assert all(stroke.stop - stroke.start >= 2 for stroke in shapes.strokes)
        assert way.frequency > 0


def test_poses_that_disagree_are_refused() -> None:
    """A slip in the table is found, and said."""
    with pytest.raises(DataError, match="a way to write 1"):
        shapes_of(GlyphVariant(1, 1, ("0,0 0,100", "0,0 50,50 0,100")))


@pytest.mark.parametrize("digit", [0, 4, 7])
def test_pen_paths_lie_in_a_unit_square(digit: int) -> None:
    """The longer side fills it, the other is in the middle; strokes are lines."""
    for drawing in pen_paths(digit, 20, seed=1):
        points = np.concatenate(drawing)
        assert all(stroke.ndim == 2 and len(stroke) >= 2 for stroke in drawing)
        assert np.isclose(np.ptp(points, axis=0).max(), 1, atol=1e-5)
        assert np.allclose((points.min(axis=0) + points.max(axis=0)) / 2, 0.5, atol=1e-5)


def test_pen_paths_are_reproducible_and_begin_alike() -> None:
    """More drawings begin with the fewer, and another seed draws others."""
    few, more = pen_paths(5, 3), pen_paths(5, 6)
    for one, other in zip(few, more[:3], strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))
    assert not np.array_equal(pen_paths(5, 1, seed=1)[0][0], few[0][0])
    assert pen_paths(5, 0) == ()


@pytest.mark.parametrize(("digit", "count"), [(10, 1), (-1, 1), (3, -1)])
def test_pen_paths_of_no_digit_are_refused(digit: int, count: int) -> None:
    """The user's mistake, in one line."""
    with pytest.raises(InputError):
        pen_paths(digit, count)


def test_version_2_adds_ways_to_write() -> None:
    """Its own images, as pinned; version 1 keeps its own; another version is refused."""
    one, two = strokes(300, 1), strokes(300, 1, version=2)
    assert (one.name, two.name) == ("strokes", "strokes2")
    assert (one.train.labels == two.train.labels).all()
    assert {variant.digit for variant in MORE_VARIANTS} == {0, 1}
    same = (one.train.images == two.train.images).all(axis=(1, 2, 3))
    assert same[(one.train.labels != 0) & (one.train.labels != 1)].all()
    assert not same[one.train.labels == 1].all()
    assert hashlib.sha256(np.asarray(two.train.images).tobytes()).hexdigest() == GOLDEN_2
    with pytest.raises(InputError, match=r"unknown version: expected one of \[1, 2\], got 3"):
        strokes(1, 1, version=3)
