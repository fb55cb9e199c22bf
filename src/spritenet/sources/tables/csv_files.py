"""CSV and text files of pixels, one image per row, as Kaggle's digits: `label,pixel0,pixel1,…`.

    train.csv, train.csv.gz     with or without a header; commas, semicolons or tabs
    optdigits.tra, semeion.data numbers separated by blanks or commas, as UCI has them
    fer2013.csv                 emotion,pixels,Usage: the pixels of an image in one cell
    a folder                    with train.csv and test.csv

The offsets of rows are found once; numbers are read on demand.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.lazy_dataset import ImageReader, LazyDataset
from spritenet.errors import DataError
from spritenet.sources.field_names import sort_splits, split_in_name
from spritenet.sources.file_type import start_of
from spritenet.sources.folder_files import unused_notes
from spritenet.sources.image_size import image_shape
from spritenet.sources.options import ReadOptions
from spritenet.sources.tables.csv_reader import CsvImages, Table
from spritenet.sources.tables.labels import parse_bits, parse_labels
from spritenet.sources.tables.layout import TableLayout, row_split
from spritenet.sources.tables.layout_inference import infer_layout
from spritenet.sources.tables.text_rows import TextRows, find_rows
from spritenet.sources.tables.value_scale import BYTES, infer_scale

__all__ = ["is_csv", "survey_csv"]

SUFFIXES = (".csv", ".csv.gz", ".csv.xz", ".csv.bz2", ".tsv", ".tsv.gz")
NUMBER_SUFFIXES = (".txt", ".data", ".dat", ".tra", ".tes", ".train", ".test", ".ssv")
"""Suffixes of texts that are tables only if they begin with enough numbers."""

FEWEST_NUMBERS = 16
NUMBERS = re.compile(rb"[-+.\deE,;\s\"]*")
SPLIT_WORDS = {"tra": "train", "tes": "test"}
"""UCI's words for splits, besides `SPLITS`."""

SAMPLED_ROWS = 1000
SAMPLED_CELLS = 1 << 18
CELLS = 1 << 22
"""Looked through at a time for the highest number."""

SPARSE = re.compile(r"\d+:[-+.\deE]+")
"""A cell of libsvm's sparse format: the number of a column, and its value."""


def is_csv(path: Path) -> bool:
    """True for a table, and for a folder of tables with splits in their names."""
    if path.is_dir():
        return bool(_tables_in(path))
    return _is_table(path)


def _is_table(path: Path) -> bool:
    """True for a table, by its suffix; for other texts by their first line."""
    name = path.name.lower()
    if name.endswith(SUFFIXES):
        return True
    if not name.removesuffix(".gz").endswith(NUMBER_SUFFIXES) or not path.is_file():
        return False
    start = start_of(path)
    first = next((line for line in start.splitlines() if line.strip()), b"")
    words = re.split(rb"[\s,;]+", first.strip())
    sparse = len(words) > 1 and SPARSE.fullmatch(words[1].decode("latin-1"))
    return bool(sparse) or (len(words) > FEWEST_NUMBERS and NUMBERS.fullmatch(first) is not None)


def _split_of(name: str) -> str | None:
    """Returns the split in a table's name; None if there is none."""
    return split_in_name(name) or next(
        (SPLIT_WORDS[word] for word in name.lower().split(".") if word in SPLIT_WORDS), None
    )


def _tables_in(folder: Path) -> dict[str, Path]:
    """Returns the tables of a folder by the split in their names."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        split = _split_of(path.name)
        if split and path.is_file() and not path.name.startswith(".") and _is_table(path):
            found.setdefault(split, path)
    return found if "train" in found else {}


def survey_csv(path: Path, options: ReadOptions | None = None) -> LazyDataset:
    """Reads the labels of a table, or of a folder of tables.

    Args:
        path: the file or folder.
        options: `image_size` (by default images are square), `class_names`, `label_column` and
            `range` or `bits`.

    Raises:
        DataError: the table is damaged, has no labels, or rows of another length.
    """
    options = options or ReadOptions()
    files = _tables_in(path) if path.is_dir() else {"train": path}
    tables: dict[str, Table] = {}
    samples: list[list[list[str]]] = []
    notes: list[str] = []
    for split in sort_splits(list(files)):
        rows = find_rows(files[split])
        sample = _sample(rows)
        first = next(iter(tables.values()), None)
        layout = _layout(rows, sample, first, options)
        if layout is None and split == "train":
            raise _unlabelled(files[split])
        if layout is None:
            notes.append(f"{files[split]} has no labels and was skipped")
            continue
        if first is None:
            notes += layout.notes
        elif layout.columns != first.layout.columns:
            raise DataError(
                "the tables have rows of different lengths",
                where=files[split],
                expected=f"{first.layout.columns:,} columns as in {first.rows.file.path.name}",
                got=f"{layout.columns:,}",
            )
        tables[split] = Table(rows, layout)
        samples.append(sample)
    made, more = _with_values(list(tables.values()), samples, options)
    shape = image_shape(made[0].layout.pixels, options.image_size, made[0].rows.file.path)
    texts = [text for table in made for text in table.labels()]
    columns = made[0].layout.label_names
    if columns:
        labels, names, written = parse_bits(texts, options.class_names or columns)
    else:
        labels, names, written = parse_labels(texts, options.class_names, made)
    splits, split_numbers = _splits(list(tables), made)
    images: ImageReader = CsvImages(tuple(made), shape)
    if path.is_dir():
        more += unused_notes(path, files.values())
    return LazyDataset.sorted_by_split(
        path.name.partition(".")[0],
        shape,
        labels,
        names,
        split_numbers,
        splits,
        images,
        source=str(path),
        pixel_range=made[0].values.pixel_range,
        notes=(*notes, *more, *written),
    )


def _sample(rows: TextRows) -> list[list[str]]:
    """Samples rows evenly; only those of the most frequent length."""
    most = max(20, min(SAMPLED_ROWS, SAMPLED_CELLS // max(1, len(rows.cells(0)))))
    step = max(1, math.ceil(len(rows) / most))
    every = [rows.cells(row) for row in range(0, len(rows), step)]
    counts = Counter(map(len, every))
    columns = max(counts, key=lambda count: (counts[count], count == len(rows.names)))
    return [cells for cells in every if len(cells) == columns]


def _layout(
    rows: TextRows, sample: list[list[str]], first: Table | None, options: ReadOptions
) -> TableLayout | None:
    """Infers the layout; of a similar table it is that of the first one."""
    where = rows.file.path
    if len(sample[0]) > 1 and SPARSE.fullmatch(sample[0][1]):
        raise DataError(
            "this is libsvm's sparse format",
            where=where,
            expected="a table of pixels",
            do="Save it as npz: sklearn.datasets.load_svmlight_file reads it.",
        )
    if first is not None and len(sample[0]) == first.layout.columns:
        names = first.rows.names
        if rows.names == names or not (rows.names and names):
            return first.layout
    return infer_layout(rows.names, sample, options.image_size, options.label_column, where)


def _with_values(
    tables: list[Table], samples: list[list[list[str]]], options: ReadOptions
) -> tuple[list[Table], tuple[str, ...]]:
    """Returns the tables with the scale of their numbers, and warnings about it."""
    where = tables[0].rows.file.path
    cells = [
        cell
        for table, sample in zip(tables, samples, strict=True)
        for row in sample
        for cell in table.layout.pixel_cells(row)
    ]
    values, notes = infer_scale(
        cells, options.pixel_range, where, lambda: max(map(_highest, tables))
    )
    return [replace(table, values=values) for table in tables], notes


def _highest(table: Table) -> float:
    """Returns the highest number of a table, up to the first that is no byte."""
    highest = 0
    step = max(1, CELLS // max(1, table.layout.pixels))
    for first in range(0, len(table), step):
        places = np.arange(first, min(first + step, len(table)))
        try:
            highest = max(highest, int(replace(table, values=BYTES).read(places).max(initial=0)))
        except DataError:
            return float(highest)
    return float(highest)


def _splits(names: list[str], tables: list[Table]) -> tuple[list[str], NDArray[np.int64]]:
    """Returns the splits, and the number of each row's split."""
    counts = [len(table) for table in tables]
    if len(tables) > 1 or tables[0].layout.split < 0:
        return names, np.repeat(np.arange(len(counts)), counts)
    found = []
    for row, cell in enumerate(tables[0].column(tables[0].layout.split)):
        split = row_split(cell)
        if split is None:
            raise DataError(
                "invalid split name",
                where=tables[0].rows.place(row),
                expected="train, validation or test",
                got=repr(cell),
            )
        found.append(split)
    splits = sort_splits(set(found))
    numbers = {split: number for number, split in enumerate(splits)}
    return splits, np.array([numbers[split] for split in found], np.int64)


def _unlabelled(path: Path) -> DataError:
    return DataError(
        "missing labels",
        where=path,
        expected="a first or last column called label",
        do="Kaggle's test.csv has none, so it can't be used for training or evaluation. "
        "Use train.csv and hold out a part: spritenet pack train.csv a.png --split test=10%.",
    )
