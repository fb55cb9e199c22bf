"""Tables with a column that is neither pixels nor a label, other separators, and signed labels."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from spritenet.errors import DataError, DataWarning

PIXELS = np.random.default_rng(3).integers(0, 256, (60, 36))
LABELS = np.arange(60) % 4
COUNT, CONSTANT = np.arange(60), np.full(60, 7)


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ((CONSTANT, PIXELS, LABELS), "column 0 was skipped: it is always 7"),
        ((LABELS, PIXELS, CONSTANT), "column 37 was skipped: it is always 7"),
        ((COUNT, PIXELS, LABELS), "column 0 was skipped: it counts the rows"),
        ((LABELS, PIXELS, COUNT + 1), "column 37 was skipped: it counts the rows"),
        ((COUNT, LABELS, PIXELS), "column 0 was skipped: it counts the rows"),
    ],
)
def test_a_spare_column_at_an_end_is_skipped_and_said(
    tmp_path: Path, columns: tuple[np.ndarray, ...], words: str
) -> None:
    """Without names, one column more than a square and a label."""
    rows = np.column_stack(columns)
    np.savetxt(tmp_path / "a.csv", rows, "%d", ",")
    with pytest.warns(DataWarning, match=words):
        data = sn.load(tmp_path / "a.csv")
    assert np.array_equal(data.train.images.reshape(60, 36), PIXELS)
    assert data.train.labels.tolist() == LABELS.tolist()


@pytest.mark.parametrize("separator", [",", ";", "\t", "|", " "])
def test_every_separator(tmp_path: Path, separator: str) -> None:
    """A bar too, which may also be between the names of one label."""
    np.savetxt(tmp_path / "a.csv", np.column_stack([LABELS, PIXELS]), "%d", separator)
    data = sn.load(tmp_path / "a.csv")
    assert np.array_equal(data.train.images.reshape(60, 36), PIXELS)


@pytest.mark.parametrize("label", ["{}", "cat {}"])
def test_decimal_commas_are_named(tmp_path: Path, label: str) -> None:
    """As spreadsheets write them in much of Europe: not split at the commas."""
    lines = [
        ";".join([label.format(k), *(f"{v / 255:.3f}".replace(".", ",") for v in row)])
        for k, row in zip(LABELS, PIXELS, strict=True)
    ]
    (tmp_path / "a.csv").write_text("\n".join(lines))
    with pytest.raises(DataError, match=r"decimal commas: expected decimal points, got \d,\d+"):
        sn.load(tmp_path / "a.csv")


def test_negative_labels_are_names_in_the_order_of_their_values(tmp_path: Path) -> None:
    """-1 and 1 of older sets; said, as -1 may mean that there is no label."""
    labels = LABELS * 5 - 1
    np.savetxt(tmp_path / "a.csv", np.column_stack([labels, PIXELS]), "%d", ",")
    path = tmp_path / "a.csv"
    path.write_text(
        "label" + ",".join(["", *map("p{}".format, range(36))]) + "\n" + path.read_text()
    )
    with pytest.warns(DataWarning, match="the labels go from -1 to 14: each number is taken as a"):
        data = sn.load(path)
    assert data.class_names == ("-1", "4", "9", "14")
    assert data.train.labels.tolist() == LABELS.tolist()
