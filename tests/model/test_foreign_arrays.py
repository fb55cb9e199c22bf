"""Arrays of other libraries are recognized by their members, and become NumPy's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from spritenet.errors import DataError
from spritenet.model import foreign_arrays
from spritenet.model.foreign_arrays import (
    channels_last,
    column_named,
    from_torch,
    is_collection,
    is_foreign_array,
    is_frame,
    is_stream,
    length_of,
    rows_as_images,
    to_array,
)


class Tensor:
    """Any library's array: a shape and a conversion."""

    shape, dtype = (2, 3), np.dtype(np.float32)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Any:  # noqa: ANN401 - NumPy's protocol
        return np.arange(6, dtype=np.float32).reshape(2, 3)


class Frame(Tensor):
    """A table of pandas or Polars."""

    columns = ("a", "b", "c")

    def to_numpy(self) -> Any:  # noqa: ANN401 - an array
        """All columns."""
        return np.ones((2, 3))


class Indexed:
    """A data set of PyTorch."""

    def __len__(self) -> int:
        return 3

    def __getitem__(self, index: int) -> int:
        return index


class Broken(Indexed):
    """One whose length can't be told."""

    def __len__(self) -> int:
        raise RuntimeError("unknown")

    def __iter__(self) -> Any:  # noqa: ANN401 - an iterator
        return iter(())


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        (np.zeros(3), ""),
        (np.float32(3), ""),
        ([1, 2], ""),
        ("text", ""),
        (int, ""),
        (3, ""),
        (Tensor(), "array"),
        (Frame(), "array frame"),
        (Indexed(), "collection"),
        (Broken(), "collection stream"),
        ({"image": []}, "collection"),
        (iter([1]), "collection stream"),
        ((x for x in range(3)), "collection stream"),
        (range(3), "collection"),
    ],
    ids=range(14),
)
def test_kinds_follow_from_members(value: object, kinds: str) -> None:
    """No library is imported to find out."""
    found = {
        "array": is_foreign_array(value),
        "frame": is_frame(value),
        "collection": is_collection(value),
        "stream": is_stream(value),
    }
    assert " ".join(kind for kind, held in found.items() if held) == kinds


def test_a_length_that_fails_is_none() -> None:
    """Other libraries raise what they like."""
    assert [length_of(value) for value in (Indexed(), Broken(), iter([1]))] == [3, None, None]


def test_arrays_are_converted() -> None:
    """By the conversion that the library offers."""
    assert to_array(Tensor()).tolist() == [[0, 1, 2], [3, 4, 5]]
    assert to_array(Frame()).tolist() == [[1, 1, 1], [1, 1, 1]]
    assert to_array([[1, 2]]).tolist() == [[1, 2]]


def test_tensors_of_torch_are_converted() -> None:
    """With gradients, and of a type that NumPy lacks."""
    torch = pytest.importorskip("torch")
    plain = torch.arange(6.0).reshape(2, 3)
    for tensor in (plain, plain.clone().requires_grad_(), plain.to(torch.bfloat16)):
        assert from_torch(tensor)
        assert to_array(tensor).tolist() == plain.tolist()
    assert from_torch(torch.nn.Parameter(plain))
    assert not from_torch(Tensor())


def test_what_is_too_large_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """By shape and type alone."""
    monkeypatch.setattr(foreign_arrays, "MOST_BYTES", 23)
    with pytest.raises(DataError, match=r"weights: too many images to read into memory"):
        to_array(Tensor(), "weights")


@pytest.mark.parametrize(
    ("shape", "one", "expected", "noted"),
    [
        ((5, 3, 8, 9), False, (5, 8, 9, 3), True),
        ((5, 1, 8, 9), False, (5, 8, 9, 1), False),
        ((3, 8, 9), True, (8, 9, 3), True),
        ((5, 8, 9, 3), False, (5, 8, 9, 3), False),
        ((5, 3, 8, 4), False, (5, 3, 8, 4), False),
        ((5, 16, 8, 9), False, (5, 16, 8, 9), False),
        ((8, 9), False, (8, 9), False),
    ],
)
def test_channels_first_are_turned_where_that_is_clear(
    shape: tuple[int, ...],
    one: bool,
    expected: tuple[int, ...],
    noted: bool,
) -> None:
    """With a note for several channels; a last axis of up to four may be channels already."""
    array = np.arange(np.prod(shape)).reshape(shape)
    turned, note = channels_last(array, one=one)
    assert turned.shape == expected
    assert bool(note) == noted
    if shape != expected:
        assert np.array_equal(np.moveaxis(turned, -1, -3), array)


def test_rows_become_images_of_a_known_size() -> None:
    """The network's if it is grey, else squares."""
    rows = np.arange(24).reshape(2, 12)
    assert np.array_equal(rows_as_images(rows, (3, 4, 1))[..., 0], rows.reshape(2, 3, 4))
    assert rows_as_images(np.zeros((2, 9)), None).shape == (2, 3, 3)
    for shape, words in (
        ((2, 2, 3), r"may be 2×2×3 or 3×2×2.*transpose\(0, 2, 3, 1\)"),
        ((5, 5, 1), "don't fit the network: expected 25 in a row"),
        (None, "aren't square images"),
    ):
        with pytest.raises(DataError, match=words):
            rows_as_images(rows, shape)


def test_columns_are_found_by_names_in_any_case() -> None:
    """By the order of the names; numbers are columns too."""
    assert column_named(["ID", "Target", "Label"], ("label", "target")) == "Label"
    assert column_named([0, 1], ("1",)) == 1
    assert column_named(["a"], ("b",)) is None
