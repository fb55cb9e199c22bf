"""Formats: the ways in which a data set lies on disk, in the order in which they are asked for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.sources.idx_folder import is_idx, survey_idx
from spritenet.sources.options import Options
from spritenet.sources.refusals import no_labels

__all__ = ["FORMATS", "Format"]


@dataclass(frozen=True, slots=True)
class Format:
    """A way in which a data set lies on disk.

    Args:
        name: in words, for messages: "IDX files".
        recognises: whether a path is one, from its name or first bytes; it exists.
        survey: looks at it, as the options say.
        takes: which of the options mean something for it.
        remarked_on: whether its classes were remarked on when it was made.
        needs_labels: whether it is none without labels from elsewhere.
        is_last: whether another data set in the folder comes before it.
    """

    name: str
    recognises: Callable[[Path], bool]
    survey: Callable[[Path, Options], LazyDataset]
    takes: tuple[str, ...] = ()
    remarked_on: bool = False
    needs_labels: bool = False
    is_last: bool = False


def _idx(path: Path, options: Options) -> LazyDataset:
    return survey_idx(path, options.class_names, options.labels_path)


def _sprite(path: Path, options: Options) -> LazyDataset:
    from spritenet.sources.sprite import survey_sprite

    return survey_sprite(path, options.class_names)


def _foreign(path: Path, options: Options) -> LazyDataset:
    from spritenet.sources.foreign import read_foreign

    labels = options.labels_path
    if options.tile is not None:
        from spritenet.sources.tile_sheet import survey_tiles

        options.only(("tile", "labels", "train", "class_names"), path)
        return survey_tiles(path, options.tile, labels, options.train, options.class_names)
    if options.image_size is None or labels is None:
        raise no_labels(path)
    return LazyDataset.from_dataset(
        read_foreign(path, options.image_size, labels, options.train, options.class_names)
    )


def _npz(path: Path, options: Options) -> LazyDataset:
    from spritenet.sources.array_sets import survey_npz

    return survey_npz(path, options.image_size, options.class_names, options.pixel_range)


def _npy(path: Path, options: Options) -> LazyDataset:
    from spritenet.sources.array_sets import survey_npy

    return survey_npy(
        path, options.image_size, options.class_names, options.labels_path, options.pixel_range
    )


def _npy_classes(path: Path, options: Options) -> LazyDataset:
    from spritenet.sources.npy_classes import survey_npy_classes

    return survey_npy_classes(path, options.image_size, options.class_names, options.pixel_range)


def _csv(path: Path, options: Options) -> LazyDataset:
    from spritenet.sources.csv_rows import survey_csv

    return survey_csv(path, options)


def _parquet(path: Path, options: Options) -> LazyDataset:
    from spritenet.sources.parquet import survey_parquet

    return survey_parquet(path, options)


def _archive(path: Path, options: Options) -> LazyDataset:
    from spritenet.sources.archive import survey_archive

    return survey_archive(path, options.form, options.class_names, options.labelled_by)


def _hdf5(path: Path, options: Options) -> LazyDataset:
    from spritenet.sources.hdf5 import survey_hdf5

    return survey_hdf5(path, options.image_size, options.class_names, options.pixel_range)


def _matlab(path: Path, options: Options) -> LazyDataset:
    from spritenet.sources.matlab import survey_matlab

    return survey_matlab(path, options.image_size, options.class_names, options.pixel_range)


def _webdataset(path: Path, options: Options) -> LazyDataset:
    from spritenet.sources.webdataset import survey_webdataset

    return survey_webdataset(path, options.form, options.class_names)


def _image_folder(path: Path, options: Options) -> LazyDataset:
    from spritenet.sources.image_folder import survey_image_folder

    if options.tile is not None:
        from spritenet.sources.tile_sheet import survey_tile_folder

        options.only(("tile",), path)
        return survey_tile_folder(path, options.tile)
    return survey_image_folder(path, options.form, options.labelled_by)


def _is(name: str, module: str) -> Callable[[Path], bool]:
    """A function of a module that is imported only when it is called."""

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
        remarked_on=True,
    ),
    Format(
        "a PNG of rows with its labels",
        _is("is_png", "foreign"),
        _foreign,
        (*NAMES, *SIZE, "labels", "train", "tile"),
        needs_labels=True,
    ),
    Format("npz", _is("is_npz", "array_sets"), _npz, (*NAMES, *SIZE, *VALUES)),
    Format("npy", _is("is_npy", "array_sets"), _npy, (*NAMES, *SIZE, *VALUES, "labels")),
    Format(
        "an npy for each class (cat.npy, …)",
        _is("is_npy_classes", "npy_classes"),
        _npy_classes,
        (*NAMES, *SIZE, *VALUES),
    ),
    Format(
        "pictures with a table of their labels",
        _is("is_labelled_folder", "image_folder"),
        _image_folder,
        (*FORM, *BY, "tile"),
    ),
    Format(
        "CSV",
        _is("is_csv", "csv_rows"),
        _csv,
        (*NAMES, *SIZE, *VALUES, "label_column"),
    ),
    Format(
        "parquet",
        _is("is_parquet", "parquet"),
        _parquet,
        (*NAMES, *FORM, *SIZE, *VALUES, "label_column"),
    ),
    Format("HDF5", _is("is_hdf5", "hdf5"), _hdf5, (*NAMES, *SIZE, *VALUES)),
    Format("MATLAB's .mat", _is("is_matlab", "matlab"), _matlab, (*NAMES, *SIZE, *VALUES)),
    Format(
        "a zip or tar of pictures", _is("is_archive", "archive"), _archive, (*NAMES, *FORM, *BY)
    ),
    Format(
        "a folder of WebDataset's tars",
        _is("is_webdataset", "webdataset"),
        _webdataset,
        (*NAMES, *FORM),
    ),
    Format(
        "a folder of pictures (cat/1.png, …)",
        _is("is_image_folder", "image_folder"),
        _image_folder,
        (*FORM, *BY, "tile"),
        is_last=True,
    ),
)
"""Asked in this order."""
