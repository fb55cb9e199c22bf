"""Tables of pixels, as Kaggle has its digits: `label,pixel0,pixel1,…`, an image a row.

    train.csv, train.csv.gz     with or without a line of column names; commas, semicolons or tabs
    a folder                    with train.csv and test.csv

Where each row begins is found once; its numbers are read when the image is wanted.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.arrays import as_labels
from spritenet.dataset.listing import Images, Listing, Pixels, Places
from spritenet.errors import DataError
from spritenet.sources.csv_numbers import numbers_of
from spritenet.sources.mapped import Mapped
from spritenet.sources.roles import LABELS, ordered, split_of
from spritenet.sources.size import ImageSize, size_of
from spritenet.sources.tree import natural

__all__ = ["is_csv", "survey_csv"]

SUFFIXES = (".csv", ".csv.gz", ".csv.xz", ".csv.bz2", ".tsv", ".tsv.gz")
PIECE = 1 << 24  # bytes looked through at a time for ends of lines
NUMBERS = 1 << 17  # read at a time: what that takes fits into a processor's cache
LONGEST_LINE = 1 << 24
BOM = b"\xef\xbb\xbf"
SEPARATORS = (b",", b";", b"\t")


@dataclass(frozen=True, slots=True, eq=False)
class CsvImages:
    """The images of tables, one after the other.

    Args:
        tables: the files.
        shape: h w c of an image.
        threads: whether reading on several threads is quicker.
    """

    tables: tuple[Table, ...]
    shape: tuple[int, int, int]
    threads: bool = True

    def read(self, places: Places) -> Pixels:
        """Reads images.

        Raises:
            DataError: a row is no image: which one, and what is wrong with it.
        """
        images = np.empty((len(places), *self.shape), np.uint8)
        first = 0
        for table in self.tables:
            here = np.flatnonzero((places >= first) & (places < first + len(table)))
            if len(here):
                rows = table.read(places[here] - first)
                images[here] = rows.reshape(len(here), *self.shape)
            first += len(table)
        return Pixels(images)


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """The rows of one file.

    Args:
        file: its bytes.
        starts: where each row begins, int64, n.
        stops: where each ends.
        columns: how many each has.
        label: which of them is the label: 0 or the last.
        separator: between columns.
    """

    file: Mapped
    starts: NDArray[np.int64]
    stops: NDArray[np.int64]
    columns: int
    label: int
    separator: bytes

    def __len__(self) -> int:
        return len(self.starts)

    def read(self, rows: Places) -> NDArray[np.uint8]:
        """The pixels of some rows, uint8, n × (columns - 1)."""
        pixels = np.empty((len(rows), self.columns - 1), np.uint8)
        step = max(1, NUMBERS // self.columns)
        for first in range(0, len(rows), step):
            pixels[first : first + step] = self._some(rows[first : first + step])
        return pixels

    def _some(self, rows: Places) -> NDArray[np.uint8]:
        spans = zip(self.starts[rows].tolist(), self.stops[rows].tolist(), strict=True)
        lines = [self.file[start:stop] for start, stop in spans]
        return numbers_of(
            lines, self.columns, self.label, self.separator, lambda row: self.place(int(rows[row]))
        )

    def place(self, row: int) -> str:
        """A row in words: the file and the line, as an editor counts it."""
        line = self.file.bytes[: int(self.starts[row])].count(b"\n") + 1
        return f"{self.file.path}, line {line:,}"

    def labels(self) -> list[str]:
        """The labels of all rows, as they are written."""
        found = []
        separator = self.separator
        for start, stop in zip(self.starts.tolist(), self.stops.tolist(), strict=True):
            if self.label == 0:
                text = self.file[start : min(stop, start + 200)].partition(separator)[0]
            else:
                text = self.file[max(start, stop - 200) : stop].rpartition(separator)[2]
            found.append(text.strip().strip(b'"').decode("utf-8", "replace"))
        return found


def is_csv(path: Path) -> bool:
    """Whether this is a table, or a folder of tables that are splits."""
    if path.is_dir():
        return bool(_tables_in(path))
    return path.name.lower().endswith(SUFFIXES)


def _tables_in(folder: Path) -> dict[str, Path]:
    """The tables of a folder whose names name a split."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        split = split_of(path.name)
        if split and path.name.lower().endswith(SUFFIXES) and path.is_file():
            found.setdefault(split, path)
    return found if "train" in found else {}


def survey_csv(
    path: Path, image_size: ImageSize | None = None, class_names: Sequence[str] | None = None
) -> Listing:
    """Finds the rows and labels of a table, or of a folder of tables.

    Args:
        path: of the file or the folder.
        image_size: height and width; by default images are square.
        class_names: of classes 0, 1, …

    Raises:
        DataError: damaged, without labels, or its rows are no images of this size.
    """
    files = _tables_in(path) if path.is_dir() else {"train": path}
    tables: dict[str, Table] = {}
    notes = []
    for split in ordered(list(files)):
        table = _table(files[split], image_size)
        if table is None and split != "train":
            notes.append(f"{files[split]} has no labels and was passed over")
        elif table is None:
            raise _unlabelled(files[split])
        else:
            tables[split] = table
    first = next(iter(tables.values()))
    for table in tables.values():
        if table.columns != first.columns:
            raise DataError(
                "its rows are of another length than those of the other table",
                where=table.file.path,
                expected=f"{first.columns:,} columns as in {first.file.path.name}",
                got=f"{table.columns:,}",
            )
    texts = [text for table in tables.values() for text in table.labels()]
    labels, names = _classes(texts, class_names, list(tables.values()))
    counts = [len(table) for table in tables.values()]
    images: Images = CsvImages(tuple(tables.values()), _shape(first, image_size))
    return Listing.sorted(
        path.name.partition(".")[0],
        _shape(first, image_size),
        labels,
        names,
        np.repeat(np.arange(len(counts)), counts),
        list(tables),
        images,
        source=str(path),
        notes=tuple(notes),
    )


def _table(path: Path, image_size: ImageSize | None) -> Table | None:
    """Where the rows of a file are; None if it has no labels."""
    file = Mapped(path)
    start = len(BOM) if file[:3] == BOM else 0
    starts, stops = _lines(file, start)
    if not len(starts):
        raise DataError("there are no rows", where=path)
    line = file[int(starts[0]) : int(stops[0])]
    separator = max(SEPARATORS, key=line.count)
    cells = [cell.strip().strip(b'"').lower() for cell in line.split(separator)]
    header = not all(_is_number(cell) for cell in cells[1:-1]) or not cells[1:-1]
    label: int | None
    if header:
        words = [cell.decode("utf-8", "replace") for cell in cells]
        label = 0 if words[0] in LABELS else len(words) - 1 if words[-1] in LABELS else None
        starts, stops = starts[1:], stops[1:]
        if label is None and _sides(len(cells), image_size) is None:
            label = 0 if _sides(len(cells) - 1, image_size) else None
    else:
        unlabelled = _sides(len(cells), image_size) and not _sides(len(cells) - 1, image_size)
        label = None if unlabelled else 0
    if label is None:
        return None
    if not len(starts):
        raise DataError("there are no rows below the names of its columns", where=path)
    return Table(file, starts, stops, len(cells), label, separator)


def _lines(file: Mapped, start: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Where lines begin and end that are not empty; their ends, CR LF or LF, not in them."""
    view = np.frombuffer(file.bytes, np.uint8)
    found = [
        np.flatnonzero(view[first : first + PIECE] == 10) + first
        for first in range(start, len(view), PIECE)
    ]
    stops = np.concatenate([*found, [len(view)]]).astype(np.int64)
    starts = np.concatenate([[start], stops[:-1] + 1]).astype(np.int64)
    some = stops > starts
    starts, stops = starts[some], stops[some]
    stops = stops - (view[stops - 1] == 13)
    some = stops > starts
    starts, stops = starts[some], stops[some]
    longest = int((stops - starts).max(initial=0))
    if longest > LONGEST_LINE:
        raise DataError(
            "this is no table of pixels",
            where=file.path,
            expected=f"lines of at most {LONGEST_LINE:,} bytes",
            got=f"one of {longest:,}",
        )
    return starts, stops


def _is_number(cell: bytes) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _sides(pixels: int, image_size: ImageSize | None) -> tuple[int, int, int] | None:
    """Height, width and channels of an image of so many numbers; None if it can't be."""
    if image_size is None:
        side = math.isqrt(pixels)
        return (side, side, 1) if side > 1 and side * side == pixels else None
    height, width = size_of(image_size)
    channels = pixels // (height * width)
    fits = channels in {1, 3, 4} and channels * height * width == pixels
    return (height, width, channels) if fits else None


def _shape(table: Table, image_size: ImageSize | None) -> tuple[int, int, int]:
    """The shape of a table's images."""
    pixels = table.columns - 1
    found = _sides(pixels, image_size)
    if found is not None:
        return found
    if image_size is None:
        raise DataError(
            f"its rows have {pixels:,} pixels, which is no square",
            where=table.file.path,
            do="Pass the images' height and width: image_size (--image-size 28x28).",
        )
    height, width = size_of(image_size)
    raise DataError(
        f"its rows have {pixels:,} pixels",
        where=table.file.path,
        expected=f"{height * width:,} for {height}×{width} images, or 3 or 4 times as many",
    )


def _classes(
    texts: list[str], class_names: Sequence[str] | None, tables: list[Table]
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Class indices and names of labels as they are written: numbers, or names."""

    def where(number: int) -> str:
        for table in tables:
            if number < len(table):
                return table.place(number)
            number -= len(table)
        return ""

    if "" in texts:
        raise DataError("the label is missing", where=where(texts.index("")))
    numbers = all(text.isascii() and text.isdecimal() and len(text) < 10 for text in texts)
    try:
        if numbers:
            return as_labels(np.array(texts, np.int64), class_names)
        names = class_names or sorted(set(texts), key=lambda text: (natural(text), text))
        return as_labels(np.array(texts), names)
    except DataError as error:
        raise DataError(
            error.what,
            where=tables[0].file.path,
            expected=error.expected,
            got=error.got,
            do=error.do,
        ) from None


def _unlabelled(path: Path) -> DataError:
    return DataError(
        "its rows have no labels",
        where=path,
        expected="a first or last column called label",
        do="Kaggle's test.csv has none: nothing can be learnt from it, nor tested on it. "
        "Name train.csv, and set a part aside: spritenet pack train.csv a.png --split test=10%.",
    )
