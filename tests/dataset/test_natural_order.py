"""Class names have one order wherever they come from: "2" before "10"."""

from __future__ import annotations

from pathlib import Path
from zipfile import ZipFile

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import spritenet as sn
from picture_folders import write_pictures
from spritenet.dataset.natural_order import in_natural_order, natural

NAMES = tuple(map(str, range(11)))


@given(st.lists(st.integers(0, 10**30), unique=True))
def test_numbers_are_sorted_by_value(numbers: list[int]) -> None:
    """However long they are, and with words around them."""
    for form in ("{}", "img{}.png", "a {} b"):
        names = [form.format(number) for number in numbers]
        assert in_natural_order(names) == tuple(form.format(n) for n in sorted(numbers))


def test_thousands_of_digits_are_sorted_too() -> None:
    """Python refuses to make integers of them."""
    assert natural("1" * 10_000) < natural("2" * 10_000) < natural("1" * 10_001)


def test_every_source_has_the_same_order(tmp_path: Path) -> None:
    """Labels "0" … "10" in arrays, npz, folders, archives and tables."""
    x = np.random.default_rng(0).integers(0, 256, (22, 4, 4), np.uint8)
    y = np.array([*NAMES, *reversed(NAMES)])
    files = [f"{name}/{number}.png" for name in NAMES for number in (1, 2)]
    write_pictures(tmp_path / "folder", *files)
    with ZipFile(tmp_path / "folder.zip", "w") as archive:
        for name in files:
            archive.write(tmp_path / "folder" / name, name)
    np.savez(tmp_path / "a.npz", x=x, y=y)
    rows = [",".join([name, *map(str, image.ravel())]) for name, image in zip(y, x, strict=True)]
    head = ",".join(["label", *(f"pixel{place}" for place in range(16))])
    (tmp_path / "a.csv").write_text("\n".join([head, *(f"c{row}" for row in rows)]))
    found = [
        sn.Split.from_arrays(x, y).class_names,
        sn.Split.from_arrays(x, y.astype(object)).class_names,
        sn.Dataset.from_arrays((x, y), (x[:3], y[:3])).class_names,
        sn.load(tmp_path / "a.npz").class_names,
        sn.load(tmp_path / "folder").class_names,
        sn.load(tmp_path / "folder.zip").class_names,
    ]
    assert found == [NAMES] * 6
    assert sn.load(tmp_path / "a.csv").class_names == tuple(f"c{name}" for name in NAMES)
