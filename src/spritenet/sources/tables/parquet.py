"""Parquet files of image files, as Hugging Face writes them, or of numbers.

    train-00000-of-00002.parquet    a column of {bytes, path}, a column of class indices, and the
                                    classes' names in the schema's metadata, under `huggingface`
    y, x0, x1, …; or label, pixels  numbers, in columns or in lists: parquet_numbers.py
    a folder                        of such files; each one's split is in its name

Labels are read at once, images on demand, a row group at a time. Needs the extra `parquet`.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.arrays import as_labels
from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.multi_label import Labels, rows_of_names
from spritenet.dataset.natural_order import natural
from spritenet.errors import DataError
from spritenet.sources.field_names import LABELS, sort_splits
from spritenet.sources.folder_files import unused_notes
from spritenet.sources.images.image_decoder import MOST_BYTES, lazy_images
from spritenet.sources.options import ReadOptions
from spritenet.sources.tables.layout import column_number
from spritenet.sources.tables.parquet_files import (
    files_in,
    find_row_group,
    import_pyarrow,
    list_row_groups,
    open_parquet,
    parquet_errors,
    read_column,
    split_of_file,
)
from spritenet.sources.tables.parquet_numbers import holds_numbers, survey_numbers

__all__ = ["is_parquet", "survey_parquet"]

NAMES = ("image", "img", "picture", "png", "jpg")
LABEL_NAMES = ("label", "labels", "fine_label")
METADATA = b"huggingface"


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of images and labels in a file.

    Args:
        image: the image column.
        bytes_within: true if it holds {bytes, path}, not bytes.
        label: the label column.
        class_names: the names of classes 0, 1, …, if the file has them.
    """

    image: str
    bytes_within: bool
    label: str
    class_names: tuple[str, ...] | None


class _RowGroupCache(threading.local):
    """The row group that a thread read last."""

    def __init__(self) -> None:
        self.group = -1
        self.values: Any = None


@dataclass(frozen=True, slots=True, eq=False)
class ParquetStore:
    """Images in the rows of files.

    Args:
        files: their paths.
        columns: of each file.
        groups: for each row group of all files its file, its number there and its first row,
            counted through all files: int64, n × 3.
        count: rows of all files.
    """

    files: tuple[str, ...]
    columns: tuple[Columns, ...]
    groups: NDArray[np.int64]
    count: int
    _cache: _RowGroupCache = field(default_factory=_RowGroupCache, init=False, repr=False)

    def __len__(self) -> int:
        return self.count

    def name(self, place: int) -> str:
        """Returns the file and the row."""
        group = find_row_group(self.groups, place)
        file = int(self.groups[group, 0])
        first = int(self.groups[np.flatnonzero(self.groups[:, 0] == file)[0], 2])
        return f"{self.files[file]}, row {place - first:,}"

    def read(self, place: int) -> bytes:
        """Reads the bytes of an image."""
        group = find_row_group(self.groups, place)
        if self._cache.group != group:
            self._cache.group, self._cache.values = group, None
            self._cache.values = self._values(group)
        if self._cache.values is None:
            raise DataError("its row group is damaged", where=self.name(place))
        data = self._cache.values[place - int(self.groups[group, 2])].as_py()
        if data is None:
            raise DataError(
                "the row holds no image, or only the path of one", where=self.name(place)
            )
        if len(data) > MOST_BYTES:
            raise DataError(
                "the image's file is too long",
                where=self.name(place),
                expected=f"at most {MOST_BYTES:,} bytes",
                got=f"{len(data):,}",
            )
        return bytes(data)

    def _values(self, group: int) -> Any:  # noqa: ANN401 - pyarrow has no types
        """Reads the image bytes of a row group, an Arrow array."""
        file, number, _ = self.groups[group].tolist()
        columns = self.columns[file]
        path = Path(self.files[file])
        with open_parquet(path) as file_read, parquet_errors(path):
            table = file_read.read_row_group(number, columns=[columns.image], use_threads=False)
        ends = [*self.groups[1:, 2].tolist(), self.count]
        if table.num_rows != ends[group] - self.groups[group, 2]:
            raise DataError("a row group and the footer disagree on the number of rows", where=path)
        values = table.column(0).combine_chunks()
        return values.field("bytes") if columns.bytes_within else values

    def __reduce__(self) -> tuple[type[ParquetStore], tuple[object, ...]]:
        return ParquetStore, (self.files, self.columns, self.groups, self.count)


def is_parquet(path: Path) -> bool:
    """True for a parquet file, and for a folder of them."""
    return bool(files_in(path))


def survey_parquet(path: Path, options: ReadOptions | None = None) -> LazyDataset:
    """Reads the labels of parquet files.

    Args:
        path: a file, or a folder of files.
        options: `class_names` (by default those in the files) and `label_column`; for
            images `size`, `fit`, `color`; for numbers `image_size`, `range`, `bits`.

    Raises:
        MissingExtraError: pyarrow is not installed.
        DataError: a file is damaged, or has no column of images or labels.
    """
    options = options or ReadOptions()
    files = files_in(path)
    with open_parquet(files[0]) as first:
        numbers = holds_numbers(first.schema_arrow)
    notes = unused_notes(path, files) if path.is_dir() else ()
    if numbers:
        options.check_supported(
            ("class_names", "label_column", "image_size", "range", "bits"), path
        )
        return survey_numbers(path, files, options).with_notes(*notes)
    options.check_supported(("class_names", "label_column", "size", "fit", "color"), path)
    return _images(path, files, options).with_notes(*notes)


def _images(path: Path, files: list[Path], options: ReadOptions) -> LazyDataset:
    """Reads the labels of files with image columns."""
    names = [split_of_file(file, path) for file in files]
    splits = sort_splits(set(names))
    columns: list[Columns] = []
    groups: list[tuple[int, int, int]] = []
    labels: list[Any] = []
    split_numbers: list[int] = []
    for number, (file, split) in enumerate(zip(files, names, strict=True)):
        with open_parquet(file) as read:
            columns.append(_columns(read, file, options.label_column))
            groups += list_row_groups(read, file, number, len(labels))
            labels += read_column(read, columns[-1].label, file)
        split_numbers += [splits.index(split)] * (len(labels) - len(split_numbers))
    if not labels:
        raise DataError("the table has no rows", where=path)
    known = options.class_names or columns[0].class_names
    indices, classes = _labels(labels, known, path)
    places = np.array(groups, np.int64)
    store = ParquetStore(tuple(map(str, files)), tuple(columns), places, len(labels))
    return lazy_images(
        path, store, indices, classes, np.array(split_numbers, np.int64), splits, options.image_spec
    )


def _labels(
    values: list[Any], class_names: Sequence[str] | None, path: Path
) -> tuple[Labels, tuple[str, ...]]:
    """Converts a column to class indices, or lists in it to multi-label rows, and class names."""
    if None in values:
        raise DataError("missing label", where=path, got=f"row {values.index(None):,}")
    if isinstance(values[0], list):
        return _label_rows(values, class_names, path)
    if class_names is None and all(isinstance(value, str) for value in values):
        class_names = sorted(set(values), key=lambda name: (natural(name), name))
    try:
        return as_labels(
            np.array(values, object if isinstance(values[0], str) else None), class_names
        )
    except DataError as error:
        raise DataError(
            error.what, where=path, expected=error.expected, got=error.got, do=error.do
        ) from None


def _label_rows(
    values: list[list[Any]], class_names: Sequence[str] | None, path: Path
) -> tuple[Labels, tuple[str, ...]]:
    """Converts lists of class names, of class indices, or of a 0 or 1 for each class, to rows."""
    lengths = {len(value) for value in values}
    found = {item for value in values for item in value}
    if len(lengths) == 1 and lengths != {0} and found <= {0, 1}:
        names = class_names or [str(k) for k in range(lengths.pop())]
        return as_labels(np.array(values, np.uint8), names, multi_label=True)
    if all(isinstance(item, int) for item in found):
        highest = max(found, default=-1)
        names = class_names or [str(k) for k in range(highest + 1)]
        if not 0 <= highest < len(names) or min(found) < 0:
            raise DataError(
                "a label is no class", where=path, expected=f"0 to {len(names) - 1}", got=highest
            )
        lists = [[names[k] for k in value] for value in values]
    else:
        lists = [[str(item) for item in value] for value in values]
        names = class_names or sorted(map(str, found), key=lambda name: (natural(name), name))
    return rows_of_names(lists, names, path), tuple(names)


def _columns(
    file: Any,  # noqa: ANN401 - pyarrow has no types
    path: Path,
    label_column: str | int | None,
) -> Columns:
    """Finds the columns of images and labels."""
    arrow, _ = import_pyarrow()
    schema = file.schema_arrow
    features = _features(schema.metadata)
    structs, plain = [], []
    for column in schema:
        kind = column.type
        if arrow.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
            structs.append(column.name)
        elif arrow.types.is_binary(kind) or arrow.types.is_large_binary(kind):
            plain.append(column.name)
    named = [name for name, kind in features.items() if kind.get("_type") == "Image"]
    likely = [name for name in (*named, *NAMES) if name in structs + plain]
    image = next(iter(likely + structs + plain), None)
    has = ", ".join(f"{column.name} ({column.type})" for column in schema)[:200]
    if image is None:
        raise DataError(
            "missing image column",
            where=path,
            expected="a column image of {bytes, path}, as Hugging Face writes it",
            got=has,
        )
    classes = [name for name, kind in features.items() if kind.get("_type") == "ClassLabel"]
    known = [name for name in schema.names if name.lower() in LABELS | {"fine_label"}]
    preferred = [name for name in LABEL_NAMES if name in classes]
    label = next((name for name in preferred + classes + known if name in schema.names), None)
    if label_column is not None:
        label = schema.names[column_number(label_column, schema.names, len(schema.names), path)]
    if label is None:
        raise DataError("missing label column", where=path, expected="label", got=has)
    feature = features.get(label, {})
    inner = feature.get("feature")  # of a list of classes
    names = feature.get("names") or (inner.get("names") if isinstance(inner, dict) else None)
    fine = isinstance(names, list) and names and all(isinstance(name, str) for name in names)
    return Columns(image, image in structs, label, tuple(names) if fine and names else None)


def _features(metadata: dict[bytes, bytes] | None) -> dict[str, dict[str, Any]]:
    """Returns Hugging Face's description of columns; empty if there is none."""
    try:
        found = json.loads((metadata or {})[METADATA])["info"]["features"]
        return {name: kind for name, kind in found.items() if isinstance(kind, dict)}
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError):
        return {}
