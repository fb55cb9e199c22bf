"""Tables of pixels."""

from __future__ import annotations

import gzip
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import spritenet as sn
from spritenet.errors import DataError, InputError
from spritenet.sources import survey
from spritenet.sources.tables.csv_numbers import parse_pixels

RANDOM = np.random.default_rng(0)
PIXELS = RANDOM.integers(0, 256, (30, 16))
LABELS = RANDOM.integers(0, 4, 30)


def table(
    *,
    header: bool = True,
    separator: str = ",",
    end: str = "\n",
    last: bool = False,
    labels: list[str] | None = None,
) -> str:
    """A table of the 30 images."""
    names = [f"pixel{number}" for number in range(16)]
    written = labels or [str(label) for label in LABELS]
    rows = [
        [*map(str, row), label] if last else [label, *map(str, row)]
        for row, label in zip(PIXELS, written, strict=True)
    ]
    if header:
        rows.insert(0, [*names, "label"] if last else ["label", *names])
    return end.join(separator.join(row) for row in rows) + end


@pytest.mark.parametrize(
    "text",
    [
        table(),
        table(header=False),
        table(separator=";"),
        table(separator="\t", end="\r\n"),
        table(last=True),
        "\ufeff" + table(),
        table().rstrip("\n"),
        table().replace("\n", "\n\n"),
        table().replace(",", ", "),
    ],
)
def test_however_it_is_written(tmp_path: Path, text: str) -> None:
    """With names or without, separators of every kind, ends of lines, spaces, empty lines."""
    (tmp_path / "a.csv").write_bytes(text.encode())
    data = sn.load(tmp_path / "a.csv")
    assert np.array_equal(data.train.images.reshape(30, 16), PIXELS)
    assert data.train.labels.tolist() == LABELS.tolist()
    assert (data.image_shape, data.class_names) == ((4, 4, 1), ("0", "1", "2", "3"))


def test_gzipped_and_quoted(tmp_path: Path) -> None:
    """As spreadsheets and Kaggle's archives have it."""
    quoted = "\n".join(
        ",".join(f'"{cell}"' for cell in line.split(",")) for line in table().splitlines()
    )
    (tmp_path / "a.csv.gz").write_bytes(gzip.compress(quoted.encode()))
    assert np.array_equal(sn.load(tmp_path / "a.csv.gz").train.images.reshape(30, 16), PIXELS)


def test_names_are_classes_in_natural_order(tmp_path: Path) -> None:
    """Labels may be words."""
    words = ["b10" if label == 0 else "b9" if label == 1 else "a" for label in LABELS]
    (tmp_path / "a.csv").write_text(table(labels=words), encoding="utf-8")
    data = sn.load(tmp_path / "a.csv")
    assert data.class_names == ("a", "b9", "b10")
    assert [data.class_names[label] for label in data.train.labels] == words


def test_images_that_are_no_squares_need_their_size(tmp_path: Path) -> None:
    """Also for colours: 2×2 pixels of 4 numbers."""
    (tmp_path / "a.csv").write_text(table(), encoding="utf-8")
    assert sn.load(tmp_path / "a.csv", image_size="2x8").image_shape == (2, 8, 1)
    assert sn.load(tmp_path / "a.csv", image_size="2x2").image_shape == (2, 2, 4)
    with pytest.raises(DataError, match=r"16 pixels: expected 15 for 3×5 images"):
        sn.load(tmp_path / "a.csv", image_size="3x5")
    (tmp_path / "b.csv").write_text("label,a,b,c\n1,2,3,4\n", encoding="utf-8")
    with pytest.raises(DataError, match=r"3 pixels, which is not a square number.*--image-size"):
        sn.load(tmp_path / "b.csv")


def test_a_folder_of_tables_has_splits(tmp_path: Path) -> None:
    """Kaggle's test.csv has no labels: it is skipped, with a warning."""
    (tmp_path / "train.csv").write_text(table(), encoding="utf-8")
    (tmp_path / "sample_submission.csv").write_text("ImageId,Label\n1,0\n", encoding="utf-8")
    unlabelled = "\n".join(line.partition(",")[2] for line in table().splitlines())
    (tmp_path / "test.csv").write_text(unlabelled, encoding="utf-8")
    with pytest.warns(UserWarning, match=r"test\.csv has no labels and was skipped"):
        assert list(sn.load(tmp_path).splits) == ["train"]
    with pytest.raises(DataError, match=r"test\.csv: missing labels.*--split test=10%"):
        sn.load(tmp_path / "test.csv")
    (tmp_path / "test.csv").write_text(table(), encoding="utf-8")
    with pytest.warns(sn.DataWarning, match=r"not read in .*: sample_submission\.csv\.$"):
        data = sn.load(tmp_path)
    assert np.array_equal(data.test.images, data.train.images)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (1, "1,2,3", r"a\.csv, line 2: the row has a different length: expected 17 columns, got 3"),
        (5, None, r"line 6: invalid pixel 3: expected a whole number from 0 to 255, got 256"),
        (7, "x", r"line 8: the row has a different length"),
        (9, "-", r"line 10: invalid pixel 3: .* got -1"),
        (11, "", r"line 12: invalid pixel 3: .* got nothing"),
        (30, "0.5", r"line 31: invalid pixel 3: .* got 0\.5"),
    ],
)
def test_a_wrong_row_is_named_as_an_editor_counts(
    tmp_path: Path, old: int, new: str | None, words: str
) -> None:
    """The line, the pixel, and what is there."""
    lines = table().splitlines()
    cells = lines[old].split(",")
    if new in {"1,2,3", "x"}:
        lines[old] = str(new)
    else:
        cells[4] = {None: "256", "-": "-1"}.get(new, new or "")
        lines[old] = ",".join(cells)
    (tmp_path / "a.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(DataError, match=words):
        sn.load(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("\n\n", "the table has no rows"),
        ("label,pixel0\n", "no rows below"),
        (table().replace("\n" + str(LABELS[0]) + ",", "\n,", 1), r"line 2: missing label"),
        (table(labels=["70000"] * 30), "a label is too high"),
    ],
)
def test_what_is_no_table_of_images_says_so(tmp_path: Path, text: str, words: str) -> None:
    """In a line."""
    (tmp_path / "a.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=words):
        sn.load(tmp_path / "a.csv")


def test_any_rows_in_any_order(tmp_path: Path) -> None:
    """Each is read where it is, also after a journey to another process."""
    (tmp_path / "a.csv").write_text(table(), encoding="utf-8")
    listing = pickle.loads(pickle.dumps(survey(tmp_path / "a.csv")))
    places = np.array([29, 3, 3, 0])
    assert np.array_equal(listing.images.read(places).images.reshape(4, 16), PIXELS[places])


@given(st.lists(st.lists(st.integers(0, 255), min_size=3, max_size=3), min_size=1, max_size=9))
def test_numbers_come_back(rows: list[list[int]]) -> None:
    """Python's own int is the oracle."""
    lines = [b",".join(str(value).encode() for value in [7, *row]) for row in rows]
    assert parse_pixels(lines, 4, 0, b",", str).tolist() == rows


@given(st.lists(st.binary(max_size=20).filter(lambda line: b"\n" not in line), max_size=5))
def test_no_lines_make_it_fail_otherwise(lines: list[bytes]) -> None:
    """Any bytes are numbers, or a DataError."""
    try:
        parse_pixels(lines, 4, 0, b",", str)
    except DataError as error:
        assert "pixel" in str(error) or "length" in str(error)  # noqa: PT017 - both ends are fine
