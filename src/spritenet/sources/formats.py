"""Formats of data sets: how each is recognized, and its reader."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.errors import DataError, InputError
from spritenet.sources.idx.idx_folder import is_idx, survey_idx
from spritenet.sources.options import ReadOptions

__all__ = ["FORMATS", "Format", "find_format", "unknown_format"]


@dataclass(frozen=True, slots=True)
class Format:
    """A format of data sets.

    Args:
        name: a description for messages: "IDX files".
        recognises: returns true for an existing path of this format, by its name or first bytes.
        survey: reads the labels of a path, with the options.
        takes: the supported options.
        has_class_notes: true if its files were checked for suspicious classes when written.
        needs_labels: true if the labels are in another file.
        is_last: true if a single data file in the folder takes precedence.
    """

    name: str
    recognises: Callable[[Path], bool]
    survey: Callable[[Path, ReadOptions], LazyDataset]
    takes: tuple[str, ...] = ()
    has_class_notes: bool = False
    needs_labels: bool = False
    is_last: bool = False


def _idx(path: Path, options: ReadOptions) -> LazyDataset:
    return survey_idx(path, options.class_names, options.labels_path)


def _sprite(path: Path, options: ReadOptions) -> LazyDataset:
    from spritenet.sources.sprite import survey_sprite

    return survey_sprite(path, options.class_names)


def _foreign(path: Path, options: ReadOptions) -> LazyDataset:
    from spritenet.sources.png_rows import read_png_rows

    labels = options.labels_path
    if options.tile is not None:
        from spritenet.sources.tile_sheet import survey_tiles

        options.check_supported(("tile", "labels", "train", "class_names"), path)
        return survey_tiles(path, options.tile, labels, options.train, options.class_names)
    if options.image_size is None or labels is None:
        raise InputError(
            "the PNG is not a sprite, so it lacks image size and labels",
            where=path,
            do="Pass image_size and labels (--image-size 28x28 --labels FILE).",
        )
    return LazyDataset.from_dataset(
        read_png_rows(path, options.image_size, labels, options.train, options.class_names)
    )


def _npz(path: Path, options: ReadOptions) -> LazyDataset:
    from spritenet.sources.arrays.numpy_sets import survey_npz

    return survey_npz(path, options.image_size, options.class_names, options.pixel_range)


def _npy(path: Path, options: ReadOptions) -> LazyDataset:
    from spritenet.sources.arrays.numpy_sets import survey_npy

    return survey_npy(
        path, options.image_size, options.class_names, options.labels_path, options.pixel_range
    )


def _npy_classes(path: Path, options: ReadOptions) -> LazyDataset:
    from spritenet.sources.arrays.class_arrays import survey_npy_classes

    return survey_npy_classes(path, options.image_size, options.class_names, options.pixel_range)


def _csv(path: Path, options: ReadOptions) -> LazyDataset:
    from spritenet.sources.tables.csv_files import survey_csv

    return survey_csv(path, options)


def _parquet(path: Path, options: ReadOptions) -> LazyDataset:
    from spritenet.sources.tables.parquet import survey_parquet

    return survey_parquet(path, options)


def _archive(path: Path, options: ReadOptions) -> LazyDataset:
    from spritenet.sources.images.archive import survey_archive

    return survey_archive(path, options.image_spec, options.class_names, options.label_rule)


def _hdf5(path: Path, options: ReadOptions) -> LazyDataset:
    from spritenet.sources.arrays.hdf5 import survey_hdf5

    return survey_hdf5(path, options.image_size, options.class_names, options.pixel_range)


def _matlab(path: Path, options: ReadOptions) -> LazyDataset:
    from spritenet.sources.arrays.matlab import survey_matlab

    return survey_matlab(path, options.image_size, options.class_names, options.pixel_range)


def _webdataset(path: Path, options: ReadOptions) -> LazyDataset:
    from spritenet.sources.images.webdataset import survey_webdataset

    return survey_webdataset(path, options.image_spec, options.class_names)


def _image_folder(path: Path, options: ReadOptions) -> LazyDataset:
    from spritenet.sources.images.image_folder import survey_image_folder

    if options.tile is not None:
        from spritenet.sources.tile_sheet import survey_tile_folder

        options.check_supported(("tile",), path)
        return survey_tile_folder(path, options.tile)
    return survey_image_folder(path, options.image_spec, options.label_rule)


def _is(name: str, module: str) -> Callable[[Path], bool]:
    """Returns a function of a module that is imported on the first call."""

    def recognises(path: Path) -> bool:
        from importlib import import_module

        function = getattr(import_module(f"spritenet.sources.{module}"), name)
        return bool(function(path))

    return recognises


NAMES = ("class_names",)
SIZE = ("image_size",)
FORM = ("size", "fit", "color", "bits")
BY = ("label_from", "label_column")
VALUES = ("bits", "range")

FORMATS = (
    Format("IDX files", is_idx, _idx, (*NAMES, "labels")),
    Format(
        "a sprite, or a folder of them with dataset.json",
        _is("is_sprite", "sprite"),
        _sprite,
        NAMES,
        has_class_notes=True,
    ),
    Format(
        "a PNG of rows with its labels",
        _is("is_png", "png_rows"),
        _foreign,
        (*NAMES, *SIZE, "labels", "train", "tile"),
        needs_labels=True,
    ),
    Format("npz", _is("is_npz", "arrays.numpy_sets"), _npz, (*NAMES, *SIZE, *VALUES)),
    Format("npy", _is("is_npy", "arrays.numpy_sets"), _npy, (*NAMES, *SIZE, *VALUES, "labels")),
    Format(
        "an npy for each class (cat.npy, …)",
        _is("is_npy_classes", "arrays.class_arrays"),
        _npy_classes,
        (*NAMES, *SIZE, *VALUES),
    ),
    Format(
        "images with a table of their labels",
        _is("is_labelled_folder", "images.image_folder"),
        _image_folder,
        (*FORM, *BY, "tile"),
    ),
    Format(
        "CSV",
        _is("is_csv", "tables.csv_files"),
        _csv,
        (*NAMES, *SIZE, *VALUES, "label_column"),
    ),
    Format(
        "parquet",
        _is("is_parquet", "tables.parquet"),
        _parquet,
        (*NAMES, *FORM, *SIZE, *VALUES, "label_column"),
    ),
    Format("HDF5", _is("is_hdf5", "arrays.hdf5"), _hdf5, (*NAMES, *SIZE, *VALUES)),
    Format("MATLAB's .mat", _is("is_matlab", "arrays.matlab"), _matlab, (*NAMES, *SIZE, *VALUES)),
    Format(
        "a zip or tar of images",
        _is("is_archive", "images.archive"),
        _archive,
        (*NAMES, *FORM, *BY),
    ),
    Format(
        "a folder of WebDataset's tars",
        _is("is_webdataset", "images.webdataset"),
        _webdataset,
        (*NAMES, *FORM),
    ),
    Format(
        "a folder of images (cat/1.png, …)",
        _is("is_image_folder", "images.image_folder"),
        _image_folder,
        (*FORM, *BY, "tile"),
        is_last=True,
    ),
)
"""All formats, in the order in which they are tried."""


def find_format(path: Path) -> Format | None:
    """Returns the format of a file or folder; None if it is unknown."""
    return next((format_ for format_ in FORMATS if format_.recognises(path)), None)


def unknown_format(path: Path) -> DataError:
    """Returns the error for a path of no known format."""
    from spritenet.sources.foreign_files import unsupported_file

    known = unsupported_file(path)
    if known is not None:
        return known
    got = "an empty file" if path.is_file() and not path.stat().st_size else "another file"
    if path.is_dir():
        names = sorted(found.name for found in path.iterdir())
        few = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        got = few or "an empty folder"
    expected = ", ".join(format_.name for format_ in FORMATS)
    return DataError("holds no data set", where=path, expected=expected, got=got)
