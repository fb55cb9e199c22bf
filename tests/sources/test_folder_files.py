"""Folders: the one data file in them is read, and what is not read is named."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from idx_bytes import write_folder
from spritenet.errors import DataError, DataWarning

PIXELS = np.random.default_rng(0).integers(0, 256, (6, 4, 4)).astype(np.uint8)
LABELS = np.array([0, 1, 0, 1, 0, 1])
DATA = sn.Dataset.from_arrays((PIXELS, LABELS))


def put_csv(path: Path) -> None:
    """The images as a table."""
    rows = np.column_stack([LABELS, PIXELS.reshape(6, 16)])
    np.savetxt(path, rows, fmt="%d", delimiter=",", header="label" + ",p" * 16, comments="")


def put_npz(path: Path) -> None:
    """The images as Keras has them."""
    np.savez(path, x_train=PIXELS, y_train=LABELS)


def put_sprite(path: Path) -> None:
    """The images as a sprite."""
    sn.pack(DATA, path)


def put_zip(path: Path) -> None:
    """The images as files in folders of classes."""
    with zipfile.ZipFile(path, "w") as made:
        for number, (image, label) in enumerate(zip(PIXELS, LABELS.tolist(), strict=True)):
            Image.fromarray(image).save(path.with_suffix(".tmp"), "png")
            made.write(path.with_suffix(".tmp"), f"{label}/{number}.png")
    path.with_suffix(".tmp").unlink()


@pytest.mark.parametrize(
    ("name", "put"),
    [
        ("digits.csv", put_csv),
        ("digits.npz", put_npz),
        ("digits.png", put_sprite),
        ("digits.zip", put_zip),
    ],
)
def test_the_only_data_file_of_a_folder_is_read(
    tmp_path: Path, name: str, put: Callable[[Path], None]
) -> None:
    """Of any kind; it is said, and so is what else is there."""
    put(tmp_path / name)
    (tmp_path / "README.md").write_text("Digits.", encoding="utf-8")
    (tmp_path / "more.bin").write_bytes(b"?")
    (tmp_path / ".hidden").write_text("", encoding="utf-8")
    words = f"{name} was read, the only data file in {tmp_path}; not read in .*: more.bin"
    with pytest.warns(DataWarning, match=words):
        data = sn.load(tmp_path)
    assert {image.tobytes() for image in data.train.images} == {image.tobytes() for image in PIXELS}


def test_a_png_of_rows_with_its_labels(tmp_path: Path) -> None:
    """The labels are named, and may lie beside it."""
    Image.fromarray(PIXELS.reshape(6, 16)).save(tmp_path / "rows.png")
    LABELS.astype(np.uint8).tofile(tmp_path / "labels")
    with pytest.warns(DataWarning, match=r"rows\.png was read, the only data file in [^;]*$"):
        data = sn.load(tmp_path, image_size="4x4", labels=tmp_path / "labels")
    assert np.array_equal(data.train.images[..., 0], PIXELS)


def test_two_data_files_are_not_chosen_between(tmp_path: Path) -> None:
    """Neither is read in silence."""
    put_csv(tmp_path / "a.csv")
    put_npz(tmp_path / "b.npz")
    with pytest.raises(DataError, match=r"holds no data set: .* got a\.csv, b\.npz"):
        sn.load(tmp_path)


def test_each_table_that_is_not_read_is_named(tmp_path: Path) -> None:
    """A second test set, which no split is left for."""
    for name in ("mnist_train_small.csv", "test_1.csv", "test_4.csv"):
        put_csv(tmp_path / name)
    with pytest.warns(DataWarning, match=r"^not read in .*: test_4\.csv\.$"):
        data = sn.load(tmp_path)
    assert list(data.splits) == ["train", "test"]


def test_files_beside_arrays_and_idx_files_are_named(tmp_path: Path) -> None:
    """Also beside one npy file a class."""
    write_folder(tmp_path / "idx")
    for name in ("x_train", "y_train"):
        (tmp_path / "npy").mkdir(exist_ok=True)
        np.save(tmp_path / "npy" / name, PIXELS if name[0] == "x" else LABELS)
    (tmp_path / "classes").mkdir()
    for name in ("cat", "dog"):
        np.save(tmp_path / "classes" / name, PIXELS)
    for folder in ("idx", "npy", "classes"):
        (tmp_path / folder / "more.bin").write_bytes(b"?")
        with pytest.warns(DataWarning, match=r"not read in .*: more\.bin"):
            sn.load(tmp_path / folder)
