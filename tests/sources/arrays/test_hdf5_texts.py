"""Texts in HDF5 files: labels and class names, of any length or of one, in bytes and UTF-8."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spritenet.errors import DataError
from spritenet.sources import load, survey

h5py = pytest.importorskip("h5py")

IMAGES = np.random.default_rng(7).integers(0, 256, (9, 6, 6), dtype=np.uint8)
INDICES = np.arange(9) % 3
NAMES = ("Hünd", "Katze", "Vogel")
LABELS = [NAMES[k] for k in INDICES]
UTF8 = [text.encode() for text in LABELS]
LATIN = [text.encode("latin-1") for text in LABELS]
ANY, ASCII = h5py.string_dtype(), h5py.string_dtype("ascii")
FORMS: dict[str, tuple[Any, Any]] = {
    "any length": (LABELS, ANY),
    "any length, said to be ASCII": (UTF8, ASCII),
    "UTF-8 of one length": (UTF8, h5py.string_dtype("utf-8", 6)),
    "bytes": (np.array(UTF8), None),
    "bytes filled with spaces": (np.array([text.ljust(9) for text in UTF8]), None),
    "a column": (np.array(LABELS, object)[:, None], ANY),
    "a row": (np.array(UTF8)[None], None),
}
MOST_MEMORY = 8 << 20


def written(path: Path, **arrays: Any) -> Path:
    """A file with these arrays, and IMAGES."""
    with h5py.File(path, "w") as file:
        file["images"] = IMAGES
        for name, given in arrays.items():
            values, kind = given if isinstance(given, tuple) else (given, None)
            file.create_dataset(name, data=values, dtype=kind)
    return path


@pytest.mark.parametrize("form", FORMS)
def test_labels_are_read_in_every_form(form: str, tmp_path: Path) -> None:
    """Classes in natural order, accents whole."""
    data = load(written(tmp_path / "a.h5", labels=FORMS[form]))
    assert data.class_names == NAMES
    assert data.train.labels.tolist() == INDICES.tolist()


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["class_names", "target_names", "list_classes"])
def test_class_names_are_read_in_every_form(form: str, name: str, tmp_path: Path) -> None:
    """In the order of the file."""
    values, kind = FORMS[form]
    first = values[:, :3] if form == "a row" else values[:3]
    data = load(written(tmp_path / "a.h5", labels=INDICES, **{name: (first, kind)}))
    assert data.class_names == NAMES


def test_latin_1_is_read_and_said(tmp_path: Path) -> None:
    """Of texts that are no UTF-8."""
    lazy = survey(written(tmp_path / "a.h5", labels=(LATIN, ASCII)))
    assert lazy.class_names == NAMES
    assert lazy.notes == ("texts that are no UTF-8 are read as Latin-1",)


def test_names_in_attributes_and_types_are_class_names(tmp_path: Path) -> None:
    """Of the file, of its labels; and an enumeration's, which needn't count from 0."""
    path = written(tmp_path / "a.h5", labels=INDICES)
    with h5py.File(path, "a") as file:
        file.attrs["classes"] = np.array(UTF8[:3])
    assert load(path).class_names == NAMES
    path = written(tmp_path / "b.h5", labels=INDICES)
    with h5py.File(path, "a") as file:
        file["labels"].attrs["class_names"] = NAMES
    assert load(path).class_names == NAMES
    kind = h5py.enum_dtype({"owl": 2, "dog": 0, "cat": 1}, "i1")
    data = load(written(tmp_path / "c.h5", labels=(INDICES, kind)))
    assert data.class_names == ("dog", "cat", "owl")
    assert data.train.labels.tolist() == INDICES.tolist()
    kind = h5py.enum_dtype({"b": 5, "a": 9, "c": 700}, "i2")
    data = load(written(tmp_path / "d.h5", labels=(np.array([5, 9, 700] * 3), kind)))
    assert data.class_names == ("a", "b", "c")
    assert data.train.labels.tolist() == [1, 0, 2] * 3
    with pytest.raises(DataError, match="a label is none of the names of its type"):
        load(written(tmp_path / "e.h5", labels=(np.array([5, 9, 6] * 3), kind)))


def test_more_than_a_hundred_thousand_labels_are_read(tmp_path: Path) -> None:
    """Piece by piece."""
    names = np.array(NAMES, object)[np.arange(120_000) % 3]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"] = np.arange(480_000, dtype=np.uint8).reshape(120_000, 2, 2)
        file.create_dataset("labels", data=names, dtype=ANY, chunks=(5000,), compression="gzip")
    data = load(tmp_path / "a.h5")
    assert (data.train.labels == np.arange(120_000) % 3).all()


def test_what_can_t_be_labels_is_named(tmp_path: Path) -> None:
    """The array, and its type."""
    compound = np.zeros(9, [("a", "i4"), ("b", "f4")])
    lists = np.empty(9, object)
    lists[:] = [np.zeros(1, "i4")] * 9
    for labels, said in (
        (compound, r"Unsupported: labels \(a compound of a, b\)"),
        ((lists, h5py.vlen_dtype("i4")), r"Unsupported: labels \(lists\)"),
        ("cat", "expected 9 labels as images has images, got 1"),
        (([""] * 9, ANY), "the label of image 0 is empty"),
        ((["x" * 1001] * 9, ANY), "a text is too long for a label"),
    ):
        with pytest.raises(DataError, match=said):
            load(written(tmp_path / "a.h5", labels=labels))
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["labels"] = INDICES
        file.create_dataset("images", IMAGES.shape, np.uint8, external=[("raw", 0, IMAGES.nbytes)])
    with pytest.raises(DataError, match=r"Unsupported: images \(empty, or in another file\)"):
        load(tmp_path / "a.h5")


def test_texts_claim_no_more_than_the_file_holds(tmp_path: Path) -> None:
    """Of one length, compressed to nothing; of any length, all the same long one."""
    zeros = np.zeros(900, "S1000000")
    with h5py.File(tmp_path / "a.h5", "w") as file:
        file["images"] = IMAGES
        file.create_dataset("labels", shape=(1 << 20,), dtype="S100000", chunks=(1,))
        file.create_dataset("captions", data=zeros[:9], compression="gzip")
    with h5py.File(tmp_path / "b.h5", "w") as file:
        file["images"] = IMAGES
        texts = ["x" * 900, *["y"] * 2999]
        made = file.create_dataset("labels", data=texts, dtype=ANY, chunks=(3000,))
        first = made.id.get_chunk_info(0).byte_offset
    content = bytearray((tmp_path / "b.h5").read_bytes())
    content[first : first + 48_000] = content[first : first + 16] * 3000
    (tmp_path / "b.h5").write_bytes(content)
    with h5py.File(tmp_path / "c.h5", "w") as file:
        file["images"] = IMAGES
        file["labels"] = INDICES
        file.create_dataset("captions", data=["x" * 60_000] * 900, dtype=ANY)
    tracemalloc.start()
    with pytest.raises(DataError, match="the stated size exceeds what the file can hold"):
        survey(tmp_path / "a.h5")
    with pytest.raises(DataError, match="texts longer than the file"):
        survey(tmp_path / "b.h5")
    assert survey(tmp_path / "c.h5").notes == ("skipped arrays: captions",)
    assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    tracemalloc.stop()
