"""NumPy's npz and npy files as data sets."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import spritenet as sn
from spritenet.errors import DataError
from spritenet.sources import survey
from spritenet.sources.arrays.numpy_files import read_npy_header

RANDOM = np.random.default_rng(0)
X = RANDOM.integers(0, 256, (20, 6, 5), np.uint8)
Y = RANDOM.integers(0, 3, 20).astype(np.uint8)


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
@pytest.mark.parametrize(
    ("names", "splits"),
    [
        (("x_train", "y_train", "x_test", "y_test"), ["train", "test"]),
        (("train_images", "train_labels", "val_images", "val_labels"), ["train", "validation"]),
        (("images", "labels"), ["train"]),
        (("X", "y"), ["train"]),
        (("arr_0", "arr_1"), ["train"]),
        (("pictures", "kinds"), ["train"]),
    ],
)
def test_however_arrays_are_called(
    tmp_path: Path, save: Callable[..., None], names: tuple[str, ...], splits: list[str]
) -> None:
    """Keras, MedMNIST, a plain pair, whatever two arrays there are."""
    save(tmp_path / "a.npz", **dict(zip(names, [X, Y, X[:5], Y[:5]], strict=False)))
    data = sn.load(tmp_path / "a.npz")
    assert list(data.splits) == splits
    assert np.array_equal(data.train.images[..., 0], X)
    assert data.train.labels.tolist() == Y.tolist()
    if len(splits) > 1:
        assert np.array_equal(data[splits[1]].images[..., 0], X[:5])


@pytest.mark.parametrize(
    ("images", "labels"),
    [
        (X / 255, Y[:, None]),
        (X.astype(np.float32) / np.float32(255), np.eye(3)[Y]),
        (X.astype(np.int64)[..., None], Y.astype(str)),
        (np.asfortranarray(X), Y.astype(np.float64)),
        (X.reshape(20, 30), Y),
    ],
)
def test_whatever_types_they_have(
    tmp_path: Path, images: NDArray[Any], labels: NDArray[Any]
) -> None:
    """Divided by 255, one-hot, names, another order of axes in memory, rows with a size."""
    np.savez(tmp_path / "a.npz", images=images, labels=labels)
    size = "6x5" if images.ndim == 2 else None
    data = sn.load(tmp_path / "a.npz", image_size=size)
    assert np.array_equal(data.train.images[..., 0], X)
    assert data.train.labels.tolist() == Y.tolist()


def test_npy_files_beside_each_other(tmp_path: Path) -> None:
    """A folder of pairs, one of a pair, and a pair whose names say nothing."""
    np.save(tmp_path / "x_train.npy", X)
    np.save(tmp_path / "y_train.npy", Y)
    np.save(tmp_path / "x_test.npy", X[:4])
    np.save(tmp_path / "y_test.npy", Y[:4])
    assert [len(split) for split in sn.load(tmp_path).splits.values()] == [20, 4]
    assert len(sn.load(tmp_path / "x_test.npy").test) == 4
    np.save(tmp_path / "pictures.npy", X)
    with pytest.raises(DataError, match=r"missing labels.*--labels FILE"):
        sn.load(tmp_path / "pictures.npy")
    assert len(sn.load(tmp_path / "pictures.npy", labels=tmp_path / "y_train.npy").train) == 20


def test_npy_is_mapped_not_read(tmp_path: Path) -> None:
    """A file of 8 GB, most of it never written: only what is wanted is touched."""
    shape = (1_000_000, 90, 90)
    images = np.lib.format.open_memmap(tmp_path / "images.npy", "w+", np.uint8, shape)
    images[-1] = 7
    np.save(tmp_path / "labels.npy", np.zeros(shape[0], np.uint8))
    from spritenet.sources import survey
    from spritenet.sprites.image_block import read_block

    part = read_block(survey(tmp_path / "images.npy"), shape[0] - 3)
    assert part.images.sum(axis=(1, 2, 3)).tolist() == [0, 0, 7 * 8100]


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"x": X, "z": Y, "w": Y}, "missing labels of the train split: got x, z, w"),
        ({"notes": Y}, "missing images and labels: .* got notes"),
        (
            {"x": X, "y": Y[:5]},
            r"y: different numbers of images and labels: expected 20 .* got 5",
        ),
        ({"x": X, "y": Y, "images": X}, "ambiguous images of the train split"),
        ({"x": np.zeros((2, 3, 9, 8)), "y": Y[:2]}, r"channels come first here"),
        ({"x": X.reshape(20, 30), "y": Y}, "these are rows of numbers, not images"),
        ({"x": X - 0.5, "y": Y}, r"a\.npz, x: invalid pixel value"),
        ({"x": X, "y": Y - 1.5}, "a.npz: unsupported labels"),
        (
            {"x_train": X, "y_train": Y, "x_test": X[:, 1:], "y_test": Y},
            "the splits' images are of different sizes: expected 6×5×1, got 5×5×1",
        ),
    ],
)
def test_what_does_not_fit_is_named(
    tmp_path: Path, arrays: dict[str, NDArray[Any]], words: str
) -> None:
    """The file and the array in it."""
    np.savez(tmp_path / "a.npz", **arrays)  # type: ignore[arg-type]  # none is allow_pickle
    with pytest.raises(DataError, match=words):
        sn.load(tmp_path / "a.npz")


def test_pickled_objects_are_never_run(tmp_path: Path) -> None:
    """An npz whose labels are a program."""

    class Program:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return pytest.fail, ("it was run",)

    labels = np.empty(20, object)
    labels[:] = [Program() for _ in range(20)]
    file = tmp_path / "a.npz"
    np.savez(file, x=X, y=labels)
    with pytest.raises(DataError, match=r"a\.npz, y: pickled objects are unsupported"):
        sn.load(file)
    np.save(tmp_path / "x.npy", labels)
    np.save(tmp_path / "y.npy", Y)
    with pytest.raises(DataError, match=r"x\.npy: pickled objects are unsupported"):
        sn.load(tmp_path / "x.npy")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_any_flipped_bit_or_cut_is_one_line(tmp_path: Path, save: Callable[..., None]) -> None:
    """Or changes nothing that is read; never wrong pixels, never another exception."""
    save(tmp_path / "a.npz", x=X, y=Y)
    whole = (tmp_path / "a.npz").read_bytes()
    broken = tmp_path / "b.npz"
    for place in range(0, len(whole), 7):
        for data in (whole[:place], whole[:place] + bytes([whole[place] ^ 4]) + whole[place + 1 :]):
            broken.write_bytes(data)
            try:
                found = sn.load(broken)
            except DataError:
                continue
            assert np.array_equal(found.train.images[..., 0], X)
            assert found.train.labels.tolist() == Y.tolist()


def test_headers_that_promise_too_much_are_not_believed(tmp_path: Path) -> None:
    """Nothing is allocated for 10¹² images, nor for a header of 60 kB."""
    huge = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        huge, {"descr": "|u1", "fortran_order": False, "shape": (10**12, 28, 28)}
    )
    (tmp_path / "x.npy").write_bytes(huge.getvalue() + bytes(100))
    np.save(tmp_path / "y.npy", Y)
    with pytest.raises(DataError, match="the size is not the one in the header"):
        sn.load(tmp_path / "x.npy")
    with zipfile.ZipFile(tmp_path / "a.npz", "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("x.npy", huge.getvalue() + bytes(100))
    with pytest.raises(DataError, match=r"a\.npz, x: the size is not the one in the header"):
        sn.load(tmp_path / "a.npz")
    (tmp_path / "x.npy").write_bytes(b"\x93NUMPY\x01\0\xff\xff" + b"(" * 70_000)
    with pytest.raises(DataError, match="its header is too long"):
        sn.load(tmp_path / "x.npy")


@given(st.binary(max_size=200))
def test_no_header_makes_it_fail_otherwise(
    tmp_path_factory: pytest.TempPathFactory, rest: bytes
) -> None:
    """Any bytes behind the magic number."""
    path = tmp_path_factory.getbasetemp() / "any.npy"
    path.write_bytes(b"\x93NUMPY" + rest)
    try:
        read_npy_header(path)
    except DataError:
        return


@pytest.mark.parametrize("shape", [(20, 1, 30), (20, 30)])
def test_rows_in_any_form_need_their_size_and_use_it(
    tmp_path: Path, shape: tuple[int, ...]
) -> None:
    """Of n 1 h·w as of n h·w; without it they are refused, not taken for 1 pixel high."""
    np.save(tmp_path / "x_train.npy", X.reshape(shape))
    np.save(tmp_path / "y_train.npy", Y)
    with pytest.raises(DataError, match=r"these are rows of numbers.*got 20×.*--image-size"):
        sn.load(tmp_path / "x_train.npy")
    found = sn.load(tmp_path / "x_train.npy", image_size="6x5")
    assert np.array_equal(found.train.images[..., 0], X)
    assert sn.load(tmp_path / "x_train.npy", image_size="1x30").image_shape == (1, 30, 1)
    with pytest.raises(DataError, match="of another size: expected 7×7, or rows of 49 numbers"):
        sn.load(tmp_path / "x_train.npy", image_size="7x7")


def test_a_size_that_is_not_the_images_is_refused(tmp_path: Path) -> None:
    """It was ignored where images have a size of their own."""
    np.savez(tmp_path / "a.npz", x=X, y=Y)
    assert sn.load(tmp_path / "a.npz", image_size="6x5").image_shape == (6, 5, 1)
    with pytest.raises(DataError, match="expected 5×6, or rows of 30 numbers, got 20×6×5"):
        sn.load(tmp_path / "a.npz", image_size="5x6")


def test_arrays_that_are_not_used_are_named(tmp_path: Path) -> None:
    """Of a file with images and labels; class names, as bytes too, are used."""
    names = np.array([b"a", "ü".encode(), b"c"])
    np.savez(tmp_path / "a.npz", images=X, labels=Y, class_names=names, notes=np.zeros(3), ids=Y)
    lazy = survey(tmp_path / "a.npz")
    assert lazy.notes == ("skipped arrays: notes, ids",)
    assert lazy.class_names == ("a", "ü", "c")
    np.savez(tmp_path / "b.npz", images=X, labels=names[Y])
    data = sn.load(tmp_path / "b.npz")
    assert [data.class_names[k] for k in data.train.labels] == [names[k].decode() for k in Y]
