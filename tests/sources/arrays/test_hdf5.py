"""HDF5 files, as h5py writes them: layouts, and what must not be followed or believed."""

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

h5py = pytest.importorskip("h5py")

RANDOM = np.random.default_rng(11)
IMAGES = RANDOM.integers(0, 256, (8, 6, 6), dtype=np.uint8)
LABELS = (np.arange(8) % 3).astype(np.uint8)


def written(path: Path, arrays: dict[str, Any], **options: object) -> Path:
    """A file with these arrays."""
    with h5py.File(path, "w") as file:
        for name, values in arrays.items():
            more = options if getattr(values, "ndim", 0) else {}
            file.create_dataset(name, data=values, **more)
    return path


@pytest.mark.parametrize("options", [{}, {"compression": "gzip"}, {"chunks": True}])
@pytest.mark.parametrize(
    "arrays",
    [
        {"data": IMAGES, "target": LABELS},
        {"images": IMAGES.reshape(8, 36), "labels": LABELS.astype(np.int64)},
        {"x": np.float32(IMAGES / 255), "y": np.eye(3)[LABELS]},
        {"data": IMAGES[..., None], "label": LABELS[:, None]},
    ],
)
def test_a_pair(tmp_path: Path, arrays: dict[str, Any], options: dict[str, Any]) -> None:
    """By name; rows are squares; mapped where they lie in one piece."""
    data = load(written(tmp_path / "a.h5", arrays, **options))
    assert np.array_equal(data.train.images[..., 0], IMAGES)
    assert data.train.labels.tolist() == LABELS.tolist()


def test_splits_by_name_and_by_group(tmp_path: Path) -> None:
    """Keras's names, groups, and `train_set_x` with `list_classes`."""
    for names in (
        ("x_train", "y_train", "x_test", "y_test"),
        ("train/data", "train/target", "test/data", "test/target"),
        ("train_set_x", "train_set_y", "test_set_x", "test_set_y"),
    ):
        parts = (IMAGES[:5], LABELS[:5], IMAGES[5:], LABELS[5:])
        arrays: dict[str, Any] = dict(zip(names, parts, strict=True))
        arrays["list_classes"] = np.array([b"cat", b"dog", b"cow"])
        data = load(written(tmp_path / "a.hdf5", arrays))
        assert (len(data.train), len(data.test)) == (5, 3)
        assert np.array_equal(data.test.images[..., 0], IMAGES[5:])
        assert data.class_names == ("cat", "dog", "cow")


def test_an_array_for_each_class(tmp_path: Path) -> None:
    """In natural order, in groups of splits or not."""
    arrays = {"dog 10": IMAGES[:2], "dog 9": IMAGES[2:5], "cat": IMAGES[5:]}
    data = load(written(tmp_path / "a.h5", arrays))
    assert data.class_names == ("cat", "dog 9", "dog 10")
    assert np.array_equal(data.train.images[:3, ..., 0], IMAGES[5:])
    grouped = {f"{split}/{name}": v for split in ("train", "test") for name, v in arrays.items()}
    listing = survey(written(tmp_path / "b.h5", grouped))
    packed = load(sn.pack(listing, tmp_path / "b.png"))
    assert np.array_equal(packed.test.images, data.train.images)


def test_other_files_are_not_read(tmp_path: Path) -> None:
    """Links, virtual and external arrays, references and compounds are skipped."""
    written(tmp_path / "secret.h5", {"data": IMAGES, "target": LABELS})
    (tmp_path / "raw").write_bytes(IMAGES.tobytes())
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["target"] = LABELS
        file["data"] = h5py.ExternalLink(str(tmp_path / "secret.h5"), "/data")
    with pytest.raises(DataError, match=r"missing images and labels: .* got target"):
        load(tmp_path / "a.h5")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["target"] = LABELS
        raw = [(str(tmp_path / "raw"), 0, IMAGES.nbytes)]
        file.create_dataset("data", IMAGES.shape, np.uint8, external=raw)
        layout = h5py.VirtualLayout(IMAGES.shape, np.uint8)
        layout[:] = h5py.VirtualSource(str(tmp_path / "secret.h5"), "data", IMAGES.shape)
        file.create_virtual_dataset("images", layout)
        file["refs"] = np.array([file["target"].ref], h5py.ref_dtype)
        file["compound"] = np.zeros(3, [("a", "i4"), ("b", "f4")])
    with pytest.raises(DataError, match=r"missing images and labels: .* got target"):
        load(tmp_path / "b.h5")


def test_what_is_wrong_is_said(tmp_path: Path) -> None:
    """Promises beyond the file, counts, damage, a saved network."""
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file.create_dataset("data", (1 << 20, 1 << 12), np.uint8, chunks=(1, 1 << 12))
        file["target"] = LABELS
    with pytest.raises(DataError, match="the stated size exceeds what the file can hold"):
        load(tmp_path / "a.h5")
    for arrays, said in (
        ({"data": IMAGES, "target": LABELS[:3]}, "different numbers of images and labels"),
        ({"data": IMAGES, "images": IMAGES, "target": LABELS}, "ambiguous images"),
        ({"data": IMAGES}, "missing labels of the train split"),
        ({"notes": np.arange(3)}, "missing images and labels"),
    ):
        with pytest.raises(DataError, match=said):
            load(written(tmp_path / "b.h5", arrays))
    path = written(tmp_path / "c.h5", {"data": IMAGES, "target": LABELS}, compression="gzip")
    content = bytearray(path.read_bytes())
    for first in range(8, len(content), 97):
        damaged = content[:first] + bytes(40) + content[first + 40 :]
        path.write_bytes(damaged)
        with contextlib.suppress(DataError):
            load(path)
    path.write_bytes(content[: len(content) // 2])
    with pytest.raises(DataError, match="damaged or unsupported HDF5 file"):
        load(path)
    with h5py.File(tmp_path / "model.h5", "w") as file:
        file.attrs["model_config"] = "{}"
    with pytest.raises(DataError, match="a Keras model, not a data set"):
        load(tmp_path / "model.h5")


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command to type."""
    path = written(tmp_path / "a.h5", {"data": IMAGES, "target": LABELS})
    monkeypatch.setitem(sys.modules, "h5py", None)
    with pytest.raises(MissingExtraError, match=r"spritenet\[hdf5\]"):
        load(path)
