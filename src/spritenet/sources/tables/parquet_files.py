"""Parquet files: their row groups, columns and errors. Only this module imports pyarrow."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.natural_order import natural
from spritenet.errors import DataError, MissingExtraError
from spritenet.lfs_pointer import refuse_pointer_at
from spritenet.sources.field_names import split_in_name

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "files_in",
    "find_row_group",
    "import_pyarrow",
    "list_row_groups",
    "open_parquet",
    "parquet_errors",
    "read_column",
    "split_of_file",
]

SUFFIX = ".parquet"
MOST_GROUP_BYTES = 1 << 31  # of a row group, which is read as a whole


def files_in(path: Path) -> list[Path]:
    """Returns the file itself, or the files of a folder or its subfolders."""
    if not path.is_dir():
        return [path] if path.name.lower().endswith(SUFFIX) else []
    for pattern in (f"*{SUFFIX}", f"*/*{SUFFIX}"):
        found = [file for file in path.glob(pattern) if not file.name.startswith(".")]
        if found:
            return sorted(found, key=lambda file: natural(str(file)))
    return []


def split_of_file(file: Path, folder: Path) -> str:
    """Returns the split in a file's name, or in that of its folder within `folder`."""
    outer = split_in_name(file.parent.name) if file.parent not in {folder, folder.parent} else None
    return split_in_name(file.name) or outer or "train"


def open_parquet(path: Path) -> Any:  # noqa: ANN401 - pyarrow has no types
    """Opens a parquet file and reads its footer."""
    _, parquet = import_pyarrow()
    refuse_pointer_at(path)
    with parquet_errors(path, "damaged or unsupported parquet file"):
        return parquet.ParquetFile(path, page_checksum_verification=True)


def list_row_groups(file: Any, path: Path, number: int, count: int) -> list[tuple[int, int, int]]:  # noqa: ANN401 - pyarrow has no types
    """Lists the row groups of a file that have rows.

    Args:
        file: as `open_parquet` returns it.
        path: of the file.
        number: of the file among all.
        count: rows of the files before.

    Returns:
        For each the file's number, its own in the file, and its first row.

    Raises:
        DataError: one is too large to be read.
    """
    groups = []
    for group in range(file.num_row_groups):
        facts = file.metadata.row_group(group)
        if facts.total_byte_size > MOST_GROUP_BYTES:
            raise DataError(
                "a row group is too large to be read",
                where=path,
                expected=f"at most {MOST_GROUP_BYTES:,} bytes",
                got=f"{facts.total_byte_size:,}",
            )
        if facts.num_rows:
            groups.append((number, group, count))
        count += facts.num_rows
    return groups


def read_column(file: Any, name: str, path: Path) -> list[Any]:  # noqa: ANN401 - pyarrow has no types
    """Reads all values of a column."""
    with parquet_errors(path):
        values: list[Any] = file.read(columns=[name]).column(0).to_pylist()
    if len(values) != file.metadata.num_rows:
        raise DataError(
            "the number of rows differs from the footer",
            where=path,
            expected=f"{file.metadata.num_rows:,} labels",
            got=f"{len(values):,}",
        )
    return values


@contextmanager
def parquet_errors(path: Path, what: str = "is damaged") -> Iterator[None]:
    """Converts pyarrow's errors to DataError."""
    arrow, _ = import_pyarrow()
    try:
        yield
    except (arrow.ArrowException, OSError) as error:
        raise DataError(what, where=path, got=str(error)[:200]) from None


def import_pyarrow() -> tuple[ModuleType, ModuleType]:
    """Imports pyarrow and pyarrow.parquet.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """
    try:
        import pyarrow as pa
        from pyarrow import parquet
    except ImportError:
        raise MissingExtraError("reading parquet files", "parquet") from None
    return pa, parquet


def find_row_group(groups: NDArray[np.int64], place: int) -> int:
    """Returns the row group of a row."""
    return int(np.searchsorted(groups[:, 2], place, side="right")) - 1
