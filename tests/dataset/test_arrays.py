"""Arrays become pixels and classes or are refused, never guessed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from spritenet.dataset.arrays import as_images, as_labels
from spritenet.dataset.natural_order import natural
from spritenet.errors import DataError

images = hnp.arrays(np.uint8, hnp.array_shapes(min_dims=3, max_dims=4, max_side=4))


@given(
    pixels=images, dtype=st.sampled_from(["int8", "int16", "uint16", "int32", "int64", "uint64"])
)
def test_integers_keep_their_values(pixels: NDArray[np.uint8], dtype: str) -> None:
    """Pixels in any integer type come back as the same numbers, n h w c."""
    if dtype == "int8":
        pixels = pixels % 128
    found = as_images(pixels.astype(dtype))
    assert found.dtype == np.uint8
    assert found.ndim == 4
    assert np.array_equal(found.reshape(pixels.shape), pixels)


@given(pixels=images, dtype=st.sampled_from(["float16", "float32", "float64"]), data=st.data())
def test_dividing_by_255_is_undone_exactly(
    pixels: NDArray[np.uint8], dtype: str, data: st.DataObject
) -> None:
    """However it was divided, and whatever it was cast to afterwards."""
    ways = [
        (pixels / 255).astype(dtype),
        (pixels.astype("float32") * np.float32(1 / 255)).astype(dtype),
        (pixels.astype("float32") / 255).astype("float64").astype(dtype),
    ]
    scaled = data.draw(st.sampled_from(ways))
    assert np.array_equal(as_images(scaled).reshape(pixels.shape), pixels)


@given(pixels=images, dtype=st.sampled_from(["float16", "float32", "float64"]))
def test_whole_floats_are_pixels_too(pixels: NDArray[np.uint8], dtype: str) -> None:
    """As scikit-learn's MNIST has them; one value beyond 1 tells them from scaled ones."""
    pixels.flat[0] = max(pixels.flat[0], 2)
    assert np.array_equal(as_images(pixels.astype(dtype)).reshape(pixels.shape), pixels)


def test_large_arrays_are_converted_block_by_block() -> None:
    """The blocks' edges don't show, and a block that is dark is not scaled by itself."""
    pixels = np.random.default_rng(0).integers(0, 256, (3000, 28, 28), np.uint8)
    pixels[:2000] = 1
    assert np.array_equal(as_images(pixels.astype("float32"))[..., 0], pixels)
    assert np.array_equal(as_images(pixels.astype("float32") / 255)[..., 0], pixels)


def test_uint8_is_not_copied() -> None:
    """47 MB stay where they are."""
    pixels = np.zeros((3, 4, 5), np.uint8)
    assert np.shares_memory(as_images(pixels), pixels)


def test_no_images_are_images_too() -> None:
    """An empty array has a shape all the same."""
    assert as_images(np.zeros((0, 28, 28), np.float32)).shape == (0, 28, 28, 1)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.zeros((10, 784)), r"reshape\(-1, 28, 28\)"),
        (np.zeros(10), "expected an array n h w or n h w c"),
        (np.full((1, 2, 2), -0.42), "Pass the raw 0–255 pixels"),
        (np.full((1, 2, 2), 0.3), r"got 0\.3"),
        (np.full((1, 2, 2), 255.5), r"got 255\.5"),
        (np.full((1, 2, 2), 256), "got 256"),
        (np.full((1, 2, 2), -1), "got -1"),
        (np.full((1, 2, 2), np.nan), "got nan"),
        (np.full((1, 2, 2), np.inf), "got inf"),
        (np.full((1, 2, 2), -np.inf), "got -inf"),
        (np.full((1, 2, 2), "a"), "numbers 0 to 255"),
    ],
)
def test_what_is_no_pixel_is_refused(values: NDArray[np.generic], says: str) -> None:
    """With the value that was found, and what to pass in its place."""
    with pytest.raises(DataError, match=says):
        as_images(values)


labels = hnp.arrays(np.uint8, st.integers(1, 50), elements=st.integers(0, 12))


@given(
    indices=labels,
    dtype=st.sampled_from(["uint8", "int8", "uint16", "int64", "uint64", "float32", "float64"]),
    column=st.booleans(),
)
def test_class_indices_of_any_type(indices: NDArray[np.uint8], dtype: str, column: bool) -> None:
    """Integers and whole floats, as n or as the column n 1 that Keras has."""
    given_labels = indices.astype(dtype)
    found, names = as_labels(given_labels[:, np.newaxis] if column else given_labels)
    assert found.dtype == np.int32
    assert np.array_equal(found, indices)
    assert names == tuple(str(number) for number in range(indices.max() + 1))


@given(indices=labels, dtype=st.sampled_from(["uint8", "bool", "int64", "float32"]))
def test_one_hot_rows_are_class_indices(indices: NDArray[np.uint8], dtype: str) -> None:
    """Their width is the number of classes, whether all occur or not."""
    found, names = as_labels(np.eye(13, dtype=dtype)[indices])
    assert np.array_equal(found, indices)
    assert len(names) == 13


@given(st.lists(st.text(min_size=1), min_size=1, max_size=20))
def test_names_are_labels_too(words: list[str]) -> None:
    """The classes are the names found, in natural order."""
    found, names = as_labels(np.array(words, dtype=object))
    assert names == tuple(sorted(set(words), key=lambda word: (natural(word), word)))
    assert [names[index] for index in found] == words


def test_given_names_decide_the_classes() -> None:
    """Their order, and which labels there may be."""
    assert as_labels(["dog", "cat"], ["dog", "cat", "cow"])[0].tolist() == [0, 1]
    assert as_labels([1, 0], ["dog", "cat", "cow"])[1] == ("dog", "cat", "cow")
    with pytest.raises(DataError, match="expected one of dog, cat, got cow"):
        as_labels(["dog", "cow"], ["dog", "cat"])
    with pytest.raises(
        DataError, match=r"label of image 1 is out of range: expected 0 to 1, got 2"
    ):
        as_labels([0, 2], ["dog", "cat"])


@pytest.mark.parametrize(
    ("values", "says"),
    [
        (np.array([[1, 0], [0.5, 0.5]]), "row 1 holds other values than 0 and 1: .* got 0.5, 0.5"),
        (np.array([[1, 2]]), "row 0 holds other values than 0 and 1"),
        (np.array([[1, np.nan]]), "row 0 holds other values"),
        (np.array([["a", "b"]]), "row 0 holds other values"),
        (np.zeros((2, 0)), "row 0 is not one-hot: .* got no columns"),
        (np.array([1, -1]), r"the label of image 1 is out of range: expected 0 to 1, got -1"),
        (np.array([0.5]), "unsupported labels"),
        (np.array([np.nan]), "unsupported labels"),
        (np.array([np.inf]), "unsupported labels"),
        (np.array([1e300]), "unsupported labels"),
        (np.array([2**63], np.uint64), "a label is too high"),
        (np.array(["a", 3], dtype=object), "a label is not a class name: got 3"),
        (np.zeros((2, 2, 2)), "unsupported labels"),
        (np.array(5), "unsupported labels"),
    ],
)
def test_what_is_no_label_is_refused(values: NDArray[np.generic], says: str) -> None:
    """With the first wrong one."""
    with pytest.raises(DataError, match=says):
        as_labels(values)
