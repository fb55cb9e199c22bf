"""Pictures whose class is in their names or in a table beside them, in folders and archives."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from picture_folders import write_pictures
from spritenet.errors import DataError, DataWarning, InputError
from spritenet.sources.images.labelled_files import class_of_name


def zipped(folder: Path) -> Path:
    """A zip of all files of a folder."""
    path = folder.with_name(f"{folder.name}.zip")
    with ZipFile(path, "w") as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return path


def itself(folder: Path) -> Path:
    """The folder."""
    return folder


either = pytest.mark.parametrize("form", [itself, zipped])


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("cat.0.png", "cat"),
        ("cat_12.jpg", "cat"),
        ("cat-3.jpg", "cat"),
        ("cat (4).jpg", "cat"),
        ("cat5.jpg", "cat"),
        ("big cat 6.jpg", "big cat"),
        ("3_00017.png", "3"),
        ("n02085620_10074.JPEG", "n02085620"),
        ("cat_a8f.png", "cat"),
        ("00017.png", None),
        ("cat.png", None),
    ],
)
def test_the_class_of_a_name(name: str, expected: str | None) -> None:
    """The text before the number, or before the first separator."""
    assert class_of_name(name) == expected


@either
def test_names_that_begin_with_the_class(form: Callable[[Path], Path], tmp_path: Path) -> None:
    """Found by itself, with a note; or asked for, without one; files in natural order."""
    write_pictures(tmp_path / "pets", "dog.10.png", "dog.9.png", "cat.0.png", "cat.1.png")
    path = form(tmp_path / "pets")
    with pytest.warns(DataWarning, match="beginnings of the files' names: cat, dog"):
        found = sn.load(path)
    assert found.class_names == ("cat", "dog")
    asked = sn.load(path, label_from="name", strict=True)
    assert asked.content_hash == found.content_hash
    nine = np.asarray(Image.open(tmp_path / "pets/dog.9.png"))
    assert np.array_equal(found.train.images[2, ..., 0], nine)
    with pytest.raises(DataError, match="in no class folder"):
        sn.load(path, label_from="folder")


def test_names_in_splits(tmp_path: Path) -> None:
    """As Kaggle's dogs and cats: in a split, images without a class are skipped."""
    names = ["train/cat.0.png", "train/cat.1.png", "train/dog.0.png", "train/dog.1.png"]
    write_pictures(tmp_path, *names, "test/1.png", "test/2.png")
    with pytest.warns(DataWarning, match="2 images of test have no class in their names"):
        found = sn.load(tmp_path)
    assert (found.class_names, list(found.splits), len(found.train)) == (
        ("cat", "dog"),
        ["train"],
        4,
    )


@pytest.mark.parametrize(
    "names",
    [
        ("IMG_0001.png", "IMG_0002.png", "DSC_1.png", "DSC_2.png"),
        ("1.png", "2.png"),
        ("cat.0.png", "cat.1.png"),
        ("cat.0.png", "cat.1.png", "dog.0.png"),
        ("cat.0.png", "cat.1.png", "dog.0.png", "dog.1.png", "readme.png"),
    ],
)
def test_names_that_may_mean_nothing_are_not_taken(names: tuple[str, ...], tmp_path: Path) -> None:
    """Cameras' names, numbers, a single class: refused, naming the argument."""
    write_pictures(tmp_path, *names)
    with pytest.raises(DataError, match=r'in no class folder.*label_from="name"'):
        sn.load(tmp_path)


def test_names_that_are_asked_for_and_are_none(tmp_path: Path) -> None:
    """One line that names the file."""
    write_pictures(tmp_path, "cat.0.png", "17.png")
    with pytest.raises(DataError, match=r"no class in its name.*got 17\.png"):
        sn.load(tmp_path, label_from="name")
    with pytest.raises(InputError, match="expected folder or name"):
        sn.load(tmp_path, label_from="table")


def table(folder: Path, name: str, *lines: str) -> None:
    """Writes a CSV."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")


@either
@pytest.mark.parametrize(
    ("column", "calls"),
    [("id", ["a1", "b2", "c3"]), ("file", ["a1.png", "b2.png", "c3.png"])],
)
@pytest.mark.parametrize("inside", ["", "train_images/"])
def test_a_table_of_labels(
    form: Callable[[Path], Path], column: str, calls: list[str], inside: str, tmp_path: Path
) -> None:
    """By names with or without their ending, whatever folder they are in."""
    folder = tmp_path / "leaves"
    write_pictures(folder, *(f"{inside}{name}.png" for name in ("a1", "b2", "c3", "other")))
    lines = [f"{call},{label}" for call, label in zip(calls, ["10", "9", "10"], strict=True)]
    table(folder, "train.csv", f"{column},kind", *lines)
    table(folder, "sample_submission.csv", f"{column},kind", "other,9")
    path = form(folder)
    with pytest.warns(DataWarning) as caught:
        found = sn.load(path)
    said = str(caught[0].message)
    assert f"labels are from train.csv, by its columns '{column}' and 'kind'" in said
    assert "1 image is not in it" in said
    assert found.class_names == ("9", "10")
    assert found.train.labels.tolist() == [1, 0, 1]
    for call, image in zip(["a1", "b2", "c3"], found.train.images, strict=True):
        written = np.asarray(Image.open(folder / f"{inside}{call}.png"))
        assert np.array_equal(image[..., 0], written)


def test_splits_of_a_table(tmp_path: Path) -> None:
    """In a column, in the tables' names, or in the images' folders."""
    write_pictures(tmp_path / "one", *(f"{number}.png" for number in range(4)))
    table(
        tmp_path / "one",
        "l.csv",
        "name,label,split",
        "0,a,train",
        "1,b,val",
        "2,a,test",
        "3,b,test",
    )
    write_pictures(tmp_path / "two", *(f"{number}.png" for number in range(4)))
    table(tmp_path / "two", "train.csv", "name,label", "0,a")
    table(tmp_path / "two", "valid.csv", "name,label", "1,b")
    table(tmp_path / "two", "test.csv", "name,label", "2,a", "3,b")
    names = ("train/0.png", "val/1.png", "test/2.png", "test/3.png")
    write_pictures(tmp_path / "three", *names)
    rows = (f"{name},{label}" for name, label in zip(names, "abab", strict=True))
    table(tmp_path / "three", "labels.csv", "path,label", *rows)
    for folder in ("one", "two", "three"):
        with pytest.warns(DataWarning, match="labels are from"):
            found = sn.load(tmp_path / folder)
        sizes = {name: len(split) for name, split in found.splits.items()}
        assert sizes == {"train": 1, "validation": 1, "test": 2}
        assert found.test.labels.tolist() == [0, 1]


def test_several_columns_need_a_name_or_are_one_hot(tmp_path: Path) -> None:
    """Nothing is guessed between two; columns of 0 and 1, one 1 a row, are classes."""
    write_pictures(tmp_path, "a.png", "b.png", "c.png")
    table(tmp_path, "meta.csv", "image,age,sex", "a,30,f", "b,40,m", "c,30,m")
    with pytest.raises(DataError, match=r"ambiguous label column.*label_column='age'"):
        sn.load(tmp_path)
    assert sn.load(tmp_path, label_column="sex", strict=True).class_names == ("f", "m")
    assert sn.load(tmp_path, label_column=-1, strict=True).train.labels.tolist() == [0, 1, 1]
    with pytest.raises(DataError, match="unknown column: expected image, age, sex"):
        sn.load(tmp_path, label_column="size")
    table(tmp_path, "meta.csv", "image,MEL,NV", "a,1.0,0.0", "b,0.0,1.0", "c,1.0,0.0")
    with pytest.warns(DataWarning, match="2 of classes"):
        found = sn.load(tmp_path)
    assert (found.class_names, found.train.labels.tolist()) == (("MEL", "NV"), [0, 1, 0])


def test_folders_that_say_as_much_are_classes_as_before(tmp_path: Path) -> None:
    """A table of the same labels, or of other things, changes nothing; it is named as unread."""
    write_pictures(tmp_path, "cat/1.png", "cat/2.png", "dog/3.png")
    plain = sn.load(tmp_path)
    for lines in (
        ("file,label", "cat/1.png,cat", "cat/2.png,cat", "dog/3.png,dog"),
        ("file,age,place", "cat/1.png,3,x", "cat/2.png,4,y", "dog/3.png,5,z"),
        ("notes,more", "nothing,here"),
    ):
        table(tmp_path, "meta.csv", *lines)
        with pytest.warns(DataWarning, match=r"skipped files that are no images: meta\.csv"):
            assert sn.load(tmp_path).content_hash == plain.content_hash


def test_labels_that_disagree_or_are_missing(tmp_path: Path) -> None:
    """Two labels for one image are refused; a row without one is not an image's."""
    write_pictures(tmp_path, "a.png", "b.png")
    table(tmp_path, "labels.csv", "id,label", "a,x", "b,y", "a,y")
    with pytest.raises(DataError, match="an image has two labels: got x and y"):
        sn.load(tmp_path)
    table(tmp_path, "labels.csv", "id,label", "a,x", "b,")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert len(sn.load(tmp_path).train) == 1
    assert "1 image is not in it" in str(caught[0].message)
    with pytest.raises(InputError, match="mutually exclusive"):
        sn.load(tmp_path, label_from="name", label_column="id")


@either
def test_rows_without_an_image_are_said(form: Callable[[Path], Path], tmp_path: Path) -> None:
    """Names of other files, and rows of another length; and images that no row names."""
    write_pictures(tmp_path / "pets", *(f"images/{k}.png" for k in range(5)))
    table = "file,label\n0.png,a\n1.png,b\n2.png,a\n3.png,b\n99.png,a\n4.png\n"
    (tmp_path / "pets" / "labels.csv").write_text(table)
    with pytest.warns(DataWarning) as told:
        data = sn.load(form(tmp_path / "pets"))
    assert len(data.train) == 4
    words = " ".join(str(one.message) for one in told)
    assert "2 of its rows name no image here, or several: '4.png'" in words
    assert "1 image is not in it and left out" in words


def test_an_empty_file_is_called_so(tmp_path: Path) -> None:
    """Rather than one of an unknown format."""
    write_pictures(tmp_path / "pets", "cat/0.png", "dog/0.png")
    (tmp_path / "pets" / "dog" / "1.png").write_bytes(b"")
    with pytest.warns(DataWarning, match=r"dog/1\.png: the file is empty"):
        sn.load(tmp_path / "pets")
