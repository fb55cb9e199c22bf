"""Tables as people have them: the label found, the numbers scaled, however they are written."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import spritenet as sn
from spritenet.errors import DataError, DataWarning, InputError

RANDOM = np.random.default_rng(7)


def digits(count: int = 200, *, side: int = 8, top: int = 16) -> tuple[NDArray[Any], NDArray[Any]]:
    """Images as scikit-learn's digits: values to `top`, corners that are always 0; and labels."""
    images = RANDOM.integers(0, top + 1, (count, side, side))
    images[:, :, 0] = 0
    images[0, 1, 1] = top
    return images.reshape(count, -1), np.arange(count) % 10


def put(path: Path, rows: object, separator: str = ",", head: str = "", form: str = "%s") -> Path:
    """A table of rows."""
    lines = [separator.join(form % cell for cell in row) for row in np.asarray(rows).tolist()]
    path.write_text(head + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def scaled(pixels: NDArray[Any], top: int) -> NDArray[Any]:
    """Values of which `top` is white, as pixels."""
    return np.rint(pixels * 255 / top).astype(np.uint8)


@pytest.mark.parametrize("name", ["optdigits.tra", "optdigits.csv", "digits.txt"])
def test_ucis_digits_have_the_label_last(tmp_path: Path, name: str) -> None:
    """64 pixels up to 16, then the label: found, scaled, and both said."""
    pixels, labels = digits()
    path = put(tmp_path / name, np.column_stack([pixels, labels]))
    with pytest.warns(DataWarning) as told:
        data = sn.load(path)
    assert np.array_equal(data.train.images.reshape(200, 64), scaled(pixels, 16))
    assert data.train.labels.tolist() == labels.tolist()
    (line,) = [str(one.message) for one in told]
    assert "column 64 (the last) was taken as the label: it has whole numbers from 0 to 9" in line
    assert "and column 0 is always 0" in line
    assert "the numbers go from 0 to 16, not to 255: 16 was taken as white" in line


def test_scikit_learns_digits(tmp_path: Path) -> None:
    """The real ones."""
    datasets = pytest.importorskip("sklearn.datasets")
    found = datasets.load_digits()
    path = put(tmp_path / "a.csv", np.column_stack([found.data, found.target]).astype(int))
    with pytest.warns(DataWarning, match="column 64"):
        data = sn.load(path)
    assert data.train.labels.tolist() == found.target.tolist()
    assert np.array_equal(data.train.images.reshape(-1, 64), scaled(found.data, 16))


def test_a_folder_of_ucis_files(tmp_path: Path) -> None:
    """The training set and the test set; the description is named as not read."""
    pixels, labels = digits()
    table = np.column_stack([pixels, labels])
    put(tmp_path / "optdigits.tra", table)
    put(tmp_path / "optdigits.tes", table[:30])
    (tmp_path / "optdigits.names").write_text("Optical recognition", encoding="utf-8")
    with pytest.warns(DataWarning, match=r"not read in .*: optdigits\.names"):
        data = sn.load(tmp_path)
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 200, "test": 30}


def test_a_first_column_that_never_changes_is_no_label(tmp_path: Path) -> None:
    """Bytes, the label last; and the label first, as in mnist_train.csv, without a word."""
    pixels, labels = digits(top=255)
    path = put(tmp_path / "last.csv", np.column_stack([pixels, labels]))
    with pytest.warns(DataWarning, match=r"column 64 .the last. was taken as the label"):
        data = sn.load(path)
    assert np.array_equal(data.train.images.reshape(200, 64), pixels)
    first = sn.load(put(tmp_path / "first.csv", np.column_stack([labels, pixels[:, ::-1]])))
    assert first.train.labels.tolist() == labels.tolist()
    assert np.array_equal(first.train.images.reshape(200, 64), pixels[:, ::-1])


def test_mnists_classic_table(tmp_path: Path, mnist_folder: Path) -> None:
    """785 columns without names, the label first: read without a word."""
    known = sn.load(mnist_folder).test[:300]
    table = np.column_stack([known.labels, known.images.reshape(300, -1)])
    data = sn.load(put(tmp_path / "mnist_train.csv", table))
    assert np.array_equal(data.train.images, known.images)
    assert np.array_equal(data.train.labels, known.labels)


def test_two_readings_that_fit_are_refused_and_decided(tmp_path: Path) -> None:
    """A first and a last column of the same kind: named, and `label_column` decides."""
    table = RANDOM.integers(0, 2, (50, 17))
    path = put(tmp_path / "a.csv", table)
    words = r"ambiguous label column.*columns 0 and 16.*label_column=16"
    with pytest.raises(DataError, match=words):
        sn.load(path)
    for named in (16, -1, "16", "-1"):
        with pytest.warns(DataWarning, match="1 was taken as white"):
            data = sn.load(path, label_column=named)
        assert data.train.labels.tolist() == table[:, 16].tolist()
    with pytest.warns(DataWarning):
        assert sn.load(path, label_column=0).train.labels.tolist() == table[:, 0].tolist()
    with pytest.raises(InputError, match=r"unknown column: expected 0 to 16.*got 'x'"):
        sn.load(path, label_column="x")


def test_two_columns_called_labels_are_refused_and_decided(tmp_path: Path) -> None:
    """By their names."""
    head = "label,class," + ",".join(f"p{n}" for n in range(16)) + "\n"
    path = put(tmp_path / "a.csv", np.column_stack([[0, 1, 2], [2, 1, 0], PIXELS[:3]]), head=head)
    with pytest.raises(DataError, match="columns 'label' and 'class': each is called so"):
        sn.load(path)
    assert sn.load(path, label_column="class").image_shape == (4, 4, 1)


PIXELS = RANDOM.integers(0, 256, (40, 16))
LABELS = np.arange(40) % 4
NAMED = ",".join(f"pixel{n}" for n in range(16))


def table(*columns: Any) -> list[str]:
    """Lines of comma-separated cells, made of columns or blocks of them."""
    return [",".join(map(str, row)) for row in np.column_stack(columns).tolist()]


def read(path: Path, lines: list[str], *, end: str = "\n", encoding: str = "utf-8") -> sn.Dataset:
    """The data set of a table that is written so."""
    path.write_bytes((end.join(lines) + end).encode(encoding))
    return sn.load(path)


@pytest.mark.parametrize(
    ("head", "before", "after"),
    [
        ("id,label", [np.arange(40), LABELS], []),
        (",label", [np.arange(40), LABELS], []),
        ("ImageId,label", [np.arange(1, 41), LABELS], []),
        ("label", [LABELS], [np.arange(100, 140)]),
        ("label", [LABELS], [np.full(40, "")]),
    ],
)
def test_columns_that_are_no_pixels_are_skipped(
    tmp_path: Path, head: str, before: list[Any], after: list[Any]
) -> None:
    """An id, an index without a name, and the nothing behind a last comma."""
    names = f"{head},{NAMED}" + (",id" if after and after[0][0] != "" else "")
    data = read(tmp_path / "a.csv", [names, *table(*before, PIXELS, *after)])
    assert np.array_equal(data.train.images.reshape(40, 16), PIXELS)
    assert data.train.labels.tolist() == LABELS.tolist()


def test_an_index_without_names_is_found(tmp_path: Path) -> None:
    """Consecutive numbers before the label: said."""
    with pytest.warns(DataWarning, match="column 0 was skipped: it counts the rows"):
        data = read(tmp_path / "a.csv", table(np.arange(40), LABELS, PIXELS))
    assert data.train.labels.tolist() == LABELS.tolist()


HEAD = f"label,{NAMED}"
ROWS = table(LABELS, PIXELS)


@pytest.mark.parametrize(
    ("lines", "end", "encoding"),
    [
        ([HEAD, *ROWS], "\n", "utf-16"),
        ([HEAD, *ROWS], "\r\n", "utf-16-le"),
        (ROWS, "\n", "utf-16-be"),
        ([HEAD, *ROWS], "\r", "utf-8"),
        ([HEAD, *ROWS], "\n", "utf-8-sig"),
        (["sep=,", HEAD, *ROWS], "\r\n", "utf-8-sig"),
        (["sep=;", *(line.replace(",", ";") for line in [HEAD, *ROWS])], "\n", "utf-8"),
        (["# made by hand", HEAD, *ROWS[:9], "# the rest", *ROWS[9:]], "\n", "utf-8"),
        (["# " + HEAD, *ROWS], "\n", "utf-8"),
        ([HEAD + ",", *(line + "," for line in ROWS)], "\n", "utf-8"),
        ([HEAD, *(line + "," for line in ROWS)], "\n", "utf-8"),
        ([line.replace(",", "  ") for line in ROWS], "\n", "utf-8"),
        ([" " + line.replace(",", " ") + " " for line in ROWS], "\n", "utf-8"),
        (["label," + ",".join(map(str, range(16))), *ROWS], "\n", "utf-8"),
    ],
)
def test_however_spreadsheets_and_programs_write_it(
    tmp_path: Path, lines: list[str], end: str, encoding: str
) -> None:
    """Encodings, ends of lines, marks, comments, last commas, blanks, names that are numbers."""
    data = read(tmp_path / "a.csv", lines, end=end, encoding=encoding)
    assert np.array_equal(data.train.images.reshape(40, 16), PIXELS)
    assert data.train.labels.tolist() == LABELS.tolist()


def test_a_comma_in_a_quoted_label(tmp_path: Path) -> None:
    """The label is what is in the quotes, and quotes doubled there are quotes."""
    words = ['"cat, black"' if label else '"a ""b"""' for label in LABELS]
    data = read(tmp_path / "a.csv", [HEAD, *table(words, PIXELS)])
    assert data.class_names == ('a "b"', "cat, black")
    assert np.array_equal(data.train.images.reshape(40, 16), PIXELS)
    assert sn.load(tmp_path / "a.csv", label_column="label").class_names == data.class_names


@pytest.mark.parametrize("form", ["{}", '"{}"', '"[{}]"'])
def test_fer2013(tmp_path: Path, form: str) -> None:
    """All pixels in one cell; each row's split in another."""
    usage = np.array(["Training", "PublicTest", "PrivateTest"])[np.arange(40) % 3]
    cells = [form.format(" ".join(map(str, row))) for row in PIXELS.tolist()]
    data = read(tmp_path / "fer2013.csv", ["emotion,pixels,Usage", *table(LABELS, cells, usage)])
    assert list(data.splits) == ["train", "validation", "test"]
    for split, word in (("train", "Training"), ("validation", "PublicTest")):
        assert np.array_equal(data[split].images.reshape(-1, 16), PIXELS[usage == word])
        assert data[split].labels.tolist() == LABELS[usage == word].tolist()


def test_other_cells_of_pixels(tmp_path: Path) -> None:
    """`id,label,pixels`; a list with commas; a row that is too short is named."""
    cells = ['"' + str(row) + '"' for row in PIXELS.tolist()]
    lines = ["id,label,pixels", *table(np.arange(40), LABELS, cells)]
    data = read(tmp_path / "a.csv", lines)
    assert np.array_equal(data.train.images.reshape(40, 16), PIXELS)
    lines[3] = '2,2,"[1, 2, 3, 4, 5]"'
    with pytest.raises(
        DataError, match=r"line 4: the image has a different number of pixels.* got 5"
    ):
        read(tmp_path / "a.csv", lines)
    lines[3] = "2,2," + cells[2].replace("[", "[x")
    with pytest.raises(DataError, match=r"line 4: invalid pixel 0"):
        read(tmp_path / "a.csv", lines)


def test_semeion_has_one_hot_labels(tmp_path: Path) -> None:
    """256 numbers that are 0 or 1, then ten for the class; one that is not one-hot is named."""
    pixels, labels = RANDOM.integers(0, 2, (60, 256)), np.arange(60) % 10
    rows = np.column_stack([pixels, np.eye(10, dtype=int)[labels]])
    lines = [
        " ".join([f"{value:.4f}" for value in row[:256]] + [str(value) for value in row[256:]])
        + " "
        for row in rows.tolist()
    ]
    path = tmp_path / "semeion.data"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.warns(DataWarning, match="columns 256 to 265 were taken as a one-hot label"):
        data = sn.load(path)
    assert data.train.labels.tolist() == labels.tolist()
    assert np.array_equal(data.train.images.reshape(60, 256), pixels * 255)


def test_usps_needs_its_range(tmp_path: Path) -> None:
    """Labels "6.0000", then 256 numbers from -1 to 1: the range is asked for, then used."""
    pixels = RANDOM.uniform(-1, 1, (40, 256))
    pixels[0, :2] = -1, 1
    lines = [
        " ".join([f"{label:.4f}", *(f"{value:.4f}" for value in row)])
        for label, row in zip((np.arange(40) % 10).tolist(), pixels.tolist(), strict=True)
    ]
    path = tmp_path / "zip.train.gz"
    path.write_bytes(gzip.compress("\n".join(lines).encode()))
    with pytest.raises(DataError, match=r"from -1 to 1.*range=\(-1, 1\)"):
        sn.load(path)
    with pytest.warns(DataWarning, match="labels are written as '0.0000': read as 0"):
        data = sn.load(path, range=(-1, 1))
    assert data.train.labels.tolist() == (np.arange(40) % 10).tolist()
    expected = np.rint((np.round(pixels, 4) + 1) * 127.5)
    assert np.abs(data.train.images.reshape(40, 256) - expected).max() <= 1
    with pytest.raises(DataError, match=r"line \d+: invalid pixel \d+: expected 0 to 1"):
        sn.load(path, range="0..1")


@settings(max_examples=25)
@given(st.sampled_from(["%.3f", "%.4f", "%.6f", "%.6g", "%.8g", "%.17g"]), st.integers(0, 2**31))
def test_fractions_of_255_come_back(form: str, seed: int) -> None:
    """However many digits they are printed with: np.savetxt is the oracle."""
    import tempfile

    pixels = np.random.default_rng(seed).integers(0, 256, (12, 16))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        rows = np.column_stack([np.arange(12) % 3, pixels / 255])
        np.savetxt(path, rows, fmt=["%d"] + [form] * 16, delimiter=",", header=HEAD)
        data = sn.load(path)
    assert np.array_equal(data.train.images.reshape(12, 16), pixels)


def test_other_fractions_need_a_range(tmp_path: Path) -> None:
    """Numbers from 0 to 1 that are no k/255, or have too few digits for it."""
    for form in ("%.2f", "%.6f"):
        rows = np.column_stack([LABELS, RANDOM.uniform(0, 1, (40, 16))])
        path = tmp_path / "a.csv"
        np.savetxt(path, rows, fmt=["%d"] + [form] * 16, delimiter=",")
        with pytest.raises(DataError, match=r"invalid pixel values.*range=\(0, 1\)"):
            sn.load(path)
        data = sn.load(path, range=(0, 1))
        read_again = np.loadtxt(path, delimiter=",")[:, 1:]
        assert np.array_equal(data.train.images.reshape(40, 16), np.rint(read_again * 255))


def test_bits_and_few_levels_are_scaled_and_said(tmp_path: Path) -> None:
    """0 and 1; 0 to 15; a range that is given is not remarked on; dark images are."""
    for top, white in ((1, 1), (15, 15)):
        pixels, labels = digits(40, side=4, top=top)
        path = put(tmp_path / "a.csv", np.column_stack([labels, pixels]), head=HEAD + "\n")
        with pytest.warns(DataWarning, match=f"0 to {top}, not to 255: {white} was taken as white"):
            data = sn.load(path)
        assert np.array_equal(data.train.images.reshape(40, 16), scaled(pixels, white))
        plain = sn.load(path, range=(0, 255))
        assert np.array_equal(plain.train.images.reshape(40, 16), pixels)
        given = sn.load(path, range=(0, 16))
        assert np.array_equal(given.train.images.reshape(40, 16), scaled(pixels, 16))
    pixels, labels = digits(40, side=4, top=50)
    path = put(tmp_path / "a.csv", np.column_stack([labels, pixels]), head=HEAD + "\n")
    with pytest.warns(DataWarning, match=r"the highest number is 50 of 255.*range=\(0, 50\)"):
        assert sn.load(path).train.images.max() == 50
    put(path, np.column_stack([labels, pixels * 20]), head=HEAD + "\n")
    with pytest.raises(DataError, match=r"numbers from 0 to 1000.*range=\(0, 1023\)"):
        sn.load(path)


def test_labels_are_read_as_they_are_written(tmp_path: Path) -> None:
    """A label 1.0 is 1; 0.5 is none; a class left out, and names alike but for case, are said."""
    with pytest.warns(DataWarning, match=r"labels are written as '0\.0': read as 0"):
        data = read(tmp_path / "a.csv", [HEAD, *table([f"{n}.0" for n in LABELS], PIXELS)])
    assert data.train.labels.tolist() == LABELS.tolist()
    with pytest.raises(DataError, match=r"line 2: invalid label.*got 0\.5"):
        read(tmp_path / "a.csv", [HEAD, *table(LABELS + 0.5, PIXELS.astype(object))])
    with pytest.warns(DataWarning, match="the labels begin at 1: class 0 has no images"):
        read(tmp_path / "a.csv", [HEAD, *table(LABELS + 1, PIXELS)])
    with pytest.warns(DataWarning, match=r"the names of classes 'Cat' and 'cat' differ in case"):
        read(tmp_path / "a.csv", [HEAD, *table(np.array(["cat", "Cat"])[LABELS % 2], PIXELS)])
    with pytest.raises(DataError, match=r"begin at 1.*strict"):
        sn.load(put(tmp_path / "b.csv", np.column_stack([LABELS + 1, PIXELS])), strict=True)


def test_unlabelled_and_other_tables_say_what_they_are(tmp_path: Path) -> None:
    """Pixels with an id alone; libsvm's sparse rows."""
    pixels = RANDOM.integers(0, 256, (150, 16))
    for head in (f"id,{NAMED}", ""):
        with pytest.raises(DataError, match=r"missing labels"):
            read(tmp_path / "a.csv", ([head] if head else []) + table(np.arange(150), pixels))
    (tmp_path / "usps.txt").write_text("8 1:-1 2:-0.9 5:0.3\n7 1:-1 3:0.2\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"libsvm's sparse format.*load_svmlight_file"):
        sn.load(tmp_path / "usps.txt")
    (tmp_path / "notes.txt").write_text("1 2 3\n", encoding="utf-8")
    with pytest.raises(DataError, match="holds no data set"):
        sn.load(tmp_path / "notes.txt")


@settings(max_examples=60)
@given(st.binary(max_size=300))
def test_no_bytes_make_it_fail_otherwise(data: bytes) -> None:
    """Any file is a table, or a DataError."""
    import tempfile
    import warnings

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = Path(folder) / "a.csv"
        path.write_bytes(data)
        try:
            sn.load(path)
        except InputError as error:
            assert "a.csv" in str(error)  # noqa: PT017 - both ends are fine
