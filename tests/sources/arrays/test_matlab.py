"""MATLAB's files, as SciPy writes them, and those since 7.3, which are HDF5."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
from spritenet.errors import DataError, MissingExtraError
from spritenet.sources import load, survey
from spritenet.sources.arrays.stored_arrays import ROWS, TEN_IS_ZERO, StoredArray, survey_arrays

scipy_io = pytest.importorskip("scipy.io")

RANDOM = np.random.default_rng(13)
IMAGES = RANDOM.integers(0, 256, (10, 32, 32, 3), dtype=np.uint8)
TENS = np.array([1, 10, 2, 3, 4, 5, 6, 7, 8, 9], np.uint8)


def saved(path: Path, arrays: dict[str, Any], *, compress: bool = True) -> Path:
    """A file of MATLAB 5."""
    scipy_io.savemat(path, arrays, do_compression=compress)
    return path


@pytest.mark.parametrize("compress", [True, False])
def test_svhn(tmp_path: Path, *, compress: bool) -> None:
    """`X` is h w c n; label 10 is the digit 0; it is said."""
    arrays = {"X": IMAGES.transpose(1, 2, 3, 0), "y": TENS[:, None]}
    path = saved(tmp_path / "train_32x32.mat", arrays, compress=compress)
    with pytest.warns(sn.DataWarning, match="label 10 is the digit 0"):
        data = load(path)
    assert np.array_equal(data.train.images, IMAGES)
    assert data.train.labels.tolist() == (TENS % 10).tolist()
    assert data.class_names == tuple("0123456789")


def test_rows_first_and_rows_last(tmp_path: Path) -> None:
    """`data` of (784, n), as MNIST's on many sites, or (n, 784); what rows are is said."""
    grey = IMAGES[..., 0].reshape(10, 1024)
    labels = np.arange(10.0) % 3
    for arrays in (
        {"data": grey.T, "label": labels[None]},
        {"data": grey, "label": labels[:, None]},
    ):
        with pytest.warns(sn.DataWarning, match="each row of numbers is read as rows of pixels"):
            data = load(saved(tmp_path / "a.mat", arrays))
        assert np.array_equal(data.train.images, IMAGES[..., :1])
        assert data.train.labels.tolist() == labels.tolist()


def test_an_array_for_each_class(tmp_path: Path) -> None:
    """`train0`, `test0`, …, as in `mnist_all.mat`."""
    grey = IMAGES[..., 0].reshape(10, 1024)
    arrays = {"train0": grey[:3], "train1": grey[3:5], "test0": grey[5:6], "test1": grey[6:8]}
    listing = survey(saved(tmp_path / "mnist_all.mat", arrays))
    assert listing.class_names == ("0", "1")
    assert listing.splits == (("train", 0, 5), ("test", 5, 8))
    assert listing.notes == (ROWS,)
    assert listing.labels.tolist() == [0, 0, 0, 1, 1, 0, 1, 1]


def test_since_7_3_they_are_hdf5(tmp_path: Path) -> None:
    """512 bytes of MATLAB's, then HDF5, whose axes are in the opposite order."""
    h5py = pytest.importorskip("h5py")
    path = tmp_path / "svhn.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        file["X"] = IMAGES.transpose(1, 2, 3, 0).transpose()
        file["y"] = TENS[None]
    with path.open("r+b") as file:
        file.write(b"MATLAB 7.3 MAT-file".ljust(512))
    with pytest.warns(sn.DataWarning, match="label 10"):
        data = load(path)
    assert np.array_equal(data.train.images, IMAGES)
    assert data.train.labels.tolist() == (TENS % 10).tolist()


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    """Structs, texts, damage, another file; an axis that could be either."""
    with pytest.raises(DataError, match=r"no numeric arrays found: got dataset \(struct\)"):
        load(saved(tmp_path / "a.mat", {"dataset": {"images": IMAGES, "labels": TENS}}))
    with pytest.raises(DataError, match="missing images and labels"):
        load(saved(tmp_path / "b.mat", {"other": np.arange(3)}))
    path = saved(tmp_path / "c.mat", {"X": IMAGES, "y": TENS})
    content = path.read_bytes()
    for first in range(0, len(content), max(1, len(content) // 40)):
        path.write_bytes(content[:first] + bytes(30) + content[first + 30 :])
        with contextlib.suppress(DataError):
            load(path, strict=True)
    path.write_bytes(b"nothing of MATLAB's")
    with pytest.raises(DataError, match="damaged or unsupported MATLAB file"):
        load(path)
    same = np.zeros((32, 32, 3, 32), np.uint8)
    arrays = [StoredArray("X", "X", same), StoredArray("y", "y", np.zeros(32, np.uint8))]
    with pytest.raises(DataError, match="ambiguous axis of images"):
        survey_arrays(path, arrays)
    assert TEN_IS_ZERO


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command to type."""
    path = saved(tmp_path / "a.mat", {"X": IMAGES, "y": TENS})
    monkeypatch.setitem(sys.modules, "scipy.io", None)
    with pytest.raises(MissingExtraError, match=r"spritenet\[mat\]"):
        load(path)
