"""Contact sheets: a row a class, exact pixels, and safe in a notebook."""

import io

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from spritenet.dataset import Dataset, Split
from spritenet.dataset.contact_sheet import GAP, MARGIN, TILE, contact_sheet, mosaic
from spritenet.permutation import permutation


def arrays(split: Split) -> tuple[NDArray[np.uint8], NDArray[np.int32], tuple[str, ...]]:
    """Images, labels and class names, as the functions take them."""
    return split.images, split.labels, split.class_names


def sheet(split: Split) -> NDArray[np.uint8]:
    """The contact sheet's pixels (h w 3)."""
    return np.asarray(Image.open(io.BytesIO(contact_sheet(*arrays(split)))))


def split_of(count: int, shape: tuple[int, ...], classes: int) -> Split:
    """Noise, labelled 0, 1, 2, … over and over."""
    pixels = np.random.default_rng(0).integers(0, 256, (count, *shape), np.uint8)
    labels = np.arange(count) % classes
    return Split.from_arrays(pixels, labels, [f"class {number}" for number in range(classes)])


@pytest.mark.parametrize("shape", [(28, 28, 1), (28, 28, 3), (28, 28, 4), (28, 28, 2), (14, 7, 1)])
def test_it_shows_the_pixels_themselves(shape: tuple[int, int, int]) -> None:
    """The first image of each class begins its row, enlarged by a whole factor."""
    split = split_of(12, shape, 3)
    picture = sheet(split)
    factor = TILE // max(shape[:2])
    width = shape[1] * factor
    left = picture.shape[1] - MARGIN - 4 * (width + GAP) + GAP
    for number in range(3):
        top = MARGIN + number * (TILE + GAP)
        tile = picture[top : top + TILE : factor, left : left + width : factor]
        if shape[2] == 4:
            seen = split.images[number, ..., 3] == 255
            assert np.array_equal(tile[seen], split.images[number, seen, :3])
        else:
            channels = 3 if shape[2] == 3 else 1
            expected = np.broadcast_to(split.images[number, ..., :channels], (*shape[:2], 3))
            assert np.array_equal(tile, expected)


@pytest.mark.parametrize(
    ("count", "shape", "classes"),
    [(0, (28, 28, 1), 3), (1, (1, 1, 1), 1), (300, (28, 28, 1), 100), (4, (500, 3, 3), 2)],
)
def test_every_split_has_one(count: int, shape: tuple[int, int, int], classes: int) -> None:
    """No images, one pixel, a hundred classes, slivers: a picture of a sensible size."""
    split = split_of(max(count, classes), shape, classes)[:count]
    height, width, _ = sheet(split).shape
    assert 20 < width < 1500
    assert 20 < height < 1500


def test_long_names_are_shortened() -> None:
    """A class may be called by a sentence."""
    labels = np.zeros(1, np.int32)
    split = Split(np.zeros((1, 28, 28, 1), np.uint8), labels, ("a very long name " * 20,))
    assert sheet(split).shape[1] < 500


def test_notebooks_get_safe_html() -> None:
    """A class or data set called by a tag stays text."""
    split = Split.from_arrays(np.zeros((2, 4, 4), np.uint8), [0, 1], ["<b>", "&"], "<script>")
    page = split._repr_html_()
    assert "<script>" not in page
    assert "&lt;script&gt;" in page
    assert "data:image/png;base64," in page
    data = Dataset("<img>", {"train": split}, split.class_names, "<i>", "MIT")
    assert "<img>" not in data._repr_html_()
    assert "&lt;i&gt; · MIT" in data._repr_html_()
    assert split._repr_png_().startswith(b"\x89PNG")


def test_a_seed_picks_the_images() -> None:
    """Another seed, other images; all of them of the row's class."""
    split = split_of(60, (28, 28, 1), 3)
    sheets = [contact_sheet(*arrays(split), 5, 2, seed) for seed in (1, 1, 2)]
    assert sheets[0] == sheets[1] != sheets[2]
    picture = np.asarray(Image.open(io.BytesIO(sheets[0])))
    left = picture.shape[1] - MARGIN - 5 * (TILE + GAP) + GAP
    for number in range(2):
        members = split.images[split.labels == number]
        top = MARGIN + number * (TILE + GAP)
        for column in range(5):
            x = left + column * (TILE + GAP)
            tile = picture[top : top + TILE : 2, x : x + TILE : 2, 0]
            assert (members[..., 0] == tile).all(axis=(1, 2)).any()


@pytest.mark.parametrize(("count", "columns"), [(1, 14), (30, 7), (5, 5)])
def test_a_mosaic_shows_images_in_the_order_of_the_seed(count: int, columns: int) -> None:
    """Row by row, the pixels themselves."""
    split = split_of(count, (28, 28, 1), 3)
    picture = np.asarray(Image.open(io.BytesIO(mosaic(*arrays(split), columns, 2, seed=4))))[..., 0]
    across, down = min(columns, count), min(2, -(-count // columns))
    step_x = (picture.shape[1] - 2 * MARGIN) // across
    step_y = (picture.shape[0] - 2 * MARGIN) // down
    order = permutation(4, 0, count)
    for place in range(min(count, 2 * columns)):
        x = MARGIN + place % columns * step_x + step_x // 2 - TILE // 2
        y = MARGIN + place // columns * step_y
        expected = split.images[order[place], ..., 0]
        assert np.array_equal(picture[y : y + TILE : 2, x : x + TILE : 2], expected)
