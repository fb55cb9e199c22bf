"""Parquet files of numbers: a column for each pixel, or a column of lists, and a label column.

y, x0, x1, … x783           int or double
label, pixels               list<uint8>, list<double>, or lists of lists
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.lazy_dataset import Indices, LazyDataset, ReadResult
from spritenet.errors import DataError
from spritenet.sources.field_names import sort_splits
from spritenet.sources.image_size import image_shape
from spritenet.sources.options import ReadOptions
from spritenet.sources.tables.labels import parse_bits, parse_labels
from spritenet.sources.tables.layout import TableLayout, row_split
from spritenet.sources.tables.layout_inference import infer_layout
from spritenet.sources.tables.parquet_files import (
    import_pyarrow,
    list_row_groups,
    open_parquet,
    parquet_errors,
    read_column,
    split_of_file,
)
from spritenet.sources.tables.value_scale import ValueScale, infer_scale

__all__ = ["holds_numbers", "survey_numbers"]

FEWEST_COLUMNS = 4
SAMPLED_ROWS = 300
SAMPLED_CELLS = 1 << 18
BLOCK = 1 << 20  # numbers converted at a time


class _RowGroupCache(threading.local):
    """The pixels of the row group that a thread read last."""

    def __init__(self) -> None:
        self.group = -1
        self.pixels: NDArray[np.uint8] = np.empty((0, 0), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class ParquetNumbers:
    """A reader of images in the rows of files.

    Args:
        files: the paths.
        names: the columns with pixels.
        groups: for each row group of all files its file, its number there and its first row,
            counted through all files: int64, n × 3.
        count: the rows of all files.
        shape: h w c of an image.
        values: the scale of the numbers.
        threads: true if several threads read faster than one.
    """

    files: tuple[str, ...]
    names: tuple[str, ...]
    groups: NDArray[np.int64]
    count: int
    shape: tuple[int, int, int]
    values: ValueScale
    threads: bool = False
    _cache: _RowGroupCache = field(default_factory=_RowGroupCache, init=False, repr=False)

    def read(self, indices: Indices) -> ReadResult:
        """Reads images.

        Raises:
            DataError: a row group is damaged, or a number is no pixel.
        """
        images = np.empty((len(indices), *self.shape), np.uint8)
        ends = [*self.groups[1:, 2].tolist(), self.count]
        numbers = np.searchsorted(self.groups[:, 2], indices, side="right") - 1
        for group in np.unique(numbers).tolist():
            here = np.flatnonzero(numbers == group)
            first = int(self.groups[group, 2])
            if self._cache.group != group:
                self._cache.group = -1
                self._cache.pixels = self._group(group, ends[group] - first)
                self._cache.group = group
            rows = self._cache.pixels[indices[here] - first]
            images[here] = rows.reshape(len(here), *self.shape)
        return ReadResult(images)

    def _group(self, group: int, rows: int) -> NDArray[np.uint8]:
        """Reads the pixels of a row group, rows × pixels."""
        file, number, _ = self.groups[group].tolist()
        path = Path(self.files[file])
        with open_parquet(path) as read, parquet_errors(path):
            table = read.read_row_group(number, columns=list(self.names), use_threads=False)
        if table.num_rows != rows:
            raise DataError("a row group and the footer disagree on the number of rows", where=path)
        pixels = np.empty((rows, int(np.prod(self.shape))), np.uint8)
        for place, name in enumerate(self.names):
            values = numbers_in(table.column(name), path)
            one = pixels[:, place] if len(self.names) > 1 else pixels.reshape(-1)
            if len(values) != len(one):
                raise DataError(
                    "a row has a different number of pixels",
                    where=f"{path}, column {name}",
                    expected=f"{len(one):,} numbers in {rows:,} rows",
                    got=f"{len(values):,}",
                )
            for first in range(0, len(values), BLOCK):
                block = values[first : first + BLOCK]
                one[first : first + BLOCK], wrong = self.values.pixels(block.astype(np.float64))
                if wrong.any():
                    raise DataError(
                        "invalid pixel value",
                        where=f"{path}, column {name}",
                        expected=self.values.expected,
                        got=block[wrong][0],
                        do=self.values.advice,
                    )
        return pixels

    def __reduce__(self) -> tuple[type[ParquetNumbers], tuple[object, ...]]:
        given = (self.files, self.names, self.groups, self.count, self.shape, self.values)
        return ParquetNumbers, given


def numbers_in(column: Any, path: Path) -> NDArray[Any]:  # noqa: ANN401 - pyarrow has no types
    """Returns all numbers of a column, with lists flattened."""
    arrow, _ = import_pyarrow()
    values = column.combine_chunks()
    values = arrow.concat_arrays(values.chunks) if hasattr(values, "chunks") else values
    lengths = []
    while values.null_count == 0 and _is_list(values.type):
        lengths.append(values.value_lengths().to_numpy(zero_copy_only=False))
        values = values.flatten()
    if values.null_count:
        raise DataError("a pixel is missing", where=path)
    if any(len(found) and found.min() != found.max() for found in lengths):
        raise DataError("its rows have different numbers of pixels", where=path)
    made: NDArray[Any] = values.to_numpy(zero_copy_only=False)
    return made


def _is_list(kind: Any) -> bool:  # noqa: ANN401 - pyarrow has no types
    types = import_pyarrow()[0].types
    return bool(types.is_list(kind) or types.is_large_list(kind) or types.is_fixed_size_list(kind))


def _is_numeric(kind: Any) -> bool:  # noqa: ANN401 - pyarrow has no types
    types = import_pyarrow()[0].types
    while _is_list(kind):
        kind = kind.value_type
    return bool(types.is_integer(kind) or types.is_floating(kind) or types.is_boolean(kind))


def holds_numbers(schema: Any) -> bool:  # noqa: ANN401 - pyarrow has no types
    """True for columns with images as numbers: one of lists, or many of numbers."""
    types = import_pyarrow()[0].types
    kinds = [column.type for column in schema]
    if any(map(types.is_struct, kinds)) or any(
        types.is_binary(kind) or types.is_large_binary(kind) for kind in kinds
    ):
        return False
    numeric = [kind for kind in kinds if _is_numeric(kind)]
    return len(numeric) > FEWEST_COLUMNS or any(map(_is_list, numeric))


def survey_numbers(path: Path, files: list[Path], options: ReadOptions) -> LazyDataset:
    """Reads the labels of files of numbers.

    Args:
        path: the file or folder.
        files: the files, in order.
        options: as for `survey_parquet`.

    Raises:
        DataError: a file is damaged, has no labels, or rows of another length.
    """
    layout, names, values, notes = _infer(files[0], options)
    shape = image_shape(layout.pixels, options.image_size, files[0])
    groups: list[tuple[int, int, int]] = []
    texts: list[str] = []
    splits: list[str] = []
    for number, file in enumerate(files):
        with open_parquet(file) as read:
            if tuple(read.schema_arrow.names) != names:
                raise DataError(
                    "its columns differ from the first file's",
                    where=file,
                    expected=", ".join(names[:6]),
                    got=", ".join(read.schema_arrow.names[:6]),
                )
            groups += list_row_groups(read, file, number, len(texts))
            texts += _labels(read, layout, names, file)
            if layout.split >= 0:
                found = [
                    row_split(str(cell)) for cell in read_column(read, names[layout.split], file)
                ]
                splits += [split or "train" for split in found]
        if layout.split < 0:
            splits += [split_of_file(file, path)] * (len(texts) - len(splits))
    if not texts:
        raise DataError("the table has no rows", where=path)
    rows = [_Rows(len(texts), path)]
    if layout.label_names:
        labels, classes, written = parse_bits(texts, options.class_names or layout.label_names)
    else:
        labels, classes, written = parse_labels(texts, options.class_names, rows)
    known = sort_splits(set(splits))
    pixels = (layout.text,) if layout.text >= 0 else tuple(_left(layout))
    images = ParquetNumbers(
        tuple(map(str, files)),
        tuple(names[place] for place in pixels),
        np.array(groups, np.int64),
        len(texts),
        shape,
        values,
    )
    return LazyDataset.sorted_by_split(
        path.name.partition(".")[0],
        shape,
        labels,
        classes,
        np.array([known.index(split) for split in splits], np.int64),
        known,
        images,
        source=str(path),
        pixel_range=values.pixel_range,
        notes=(*layout.notes, *notes, *written),
    )


@dataclass(frozen=True, slots=True)
class _Rows:
    """The locations of the rows of all files."""

    count: int
    path: Path

    def __len__(self) -> int:
        return self.count

    def place(self, row: int) -> str:
        """Returns the location of a row, for messages."""
        return f"{self.path}, row {row:,}"


def _left(layout: TableLayout) -> list[int]:
    gone = set(layout.dropped)
    return [place for place in range(layout.columns) if place not in gone]


def _infer(
    file: Path, options: ReadOptions
) -> tuple[TableLayout, tuple[str, ...], ValueScale, tuple[str, ...]]:
    """Infers layout and scale from the first rows; returns the columns' names and warnings too."""
    with open_parquet(file) as read, parquet_errors(file):
        names = tuple(read.schema_arrow.names)
        groups = list_row_groups(read, file, 0, 0)
        if not groups:
            raise DataError("the table has no rows", where=file)
        table = read.read_row_group(groups[0][1], use_threads=False)
        rows = max(20, min(SAMPLED_ROWS, SAMPLED_CELLS // len(names)))
        step = max(1, -(-table.num_rows // rows))
        columns = [
            [_text(table.column(place)[row].as_py()) for row in range(0, table.num_rows, step)]
            for place in range(len(names))
        ]
    sample = [list(row) for row in zip(*columns, strict=True)]
    layout = infer_layout(names, sample, options.image_size, options.label_column, file)
    if layout is None:
        raise DataError(
            "missing label column",
            where=file,
            expected="label",
            got=", ".join(names[:8]) + (", …" if len(names) > 8 else ""),
            do="Name it: label_column (--label-column).",
        )
    cells = [cell for row in sample for cell in layout.pixel_cells(row)]
    values, notes = infer_scale(cells, options.pixel_range, file)
    return layout, names, values, notes


def _text(value: object) -> str:
    """Formats a value as in a CSV file."""
    if isinstance(value, bool):
        return str(int(value))
    return "" if value is None else str(value)


def _labels(file: Any, layout: TableLayout, names: tuple[str, ...], path: Path) -> list[str]:  # noqa: ANN401 - pyarrow has no types
    """Reads the labels of a file as text: class indices, or 0 and 1 of several columns: "011"."""
    columns = [read_column(file, names[place], path) for place in layout.label]
    if len(columns) == 1:
        whole = all(isinstance(value, float) and value == int(value) for value in columns[0])
        return [_text(int(value) if whole else value) for value in columns[0]]
    values = np.array(columns, np.float64).T
    if layout.label_names:
        other = ~np.isin(values, (0, 1)).all(axis=1)
        if other.any():
            row = int(np.flatnonzero(other)[0])
            where = f"{path}, row {row:,}"
            raise DataError("a label is neither 0 nor 1", where=where, got=values[row].tolist())
        return ["".join(map(str, row)) for row in values.astype(np.int64).tolist()]
    wrong = ((values == 1).sum(axis=1) != 1) | ((values != 0).sum(axis=1) != 1)
    if wrong.any():
        row = int(np.flatnonzero(wrong)[0])
        raise DataError(
            "the label is not one-hot",
            where=f"{path}, row {row:,}",
            expected="one 1, and 0 elsewhere",
        )
    return [str(label) for label in values.argmax(axis=1).tolist()]
