"""Sources of data sets: `load` reads one into memory, `survey` reads its labels only.

    formats.py      the known formats and the reader of each
    options.py      ReadOptions: the arguments of `load` and `survey`
    catalog.py      data sets by name; tfjs_mnist.py, mnist_data.py
    sprite.py       sprites; png_rows.py and tile_sheet.py read other programs' PNGs
    idx/            IDX files: MNIST's format
    images/         image files in folders, archives and WebDataset shards
    arrays/         arrays in NumPy, HDF5 and MATLAB files
    tables/         images in the rows of CSV, text and parquet files
    strokes/        synthetic handwritten digits
    remote/         downloads, and copies of addresses, bytes and file objects
    unpack.py       writes data sets as IDX, npz or image folders
    field_names.py  names of arrays, columns and splits; file_names.py, folder_files.py
    file_type.py    the type of a file by its first bytes
    image_size.py   ImageSize: height and width
    mmap_file.py    MappedFile: memory-mapped files, inflated if need be; inflate.py

The package knows formats, no networks or training.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from spritenet.dataset import Dataset
from spritenet.dataset.class_notes import class_notes
from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.load_warnings import LoadWarnings
from spritenet.dataset.multi_label import is_multi_label, multi_label_note
from spritenet.errors import DataError
from spritenet.lfs_pointer import refuse_pointer_at
from spritenet.sources import tfjs_mnist
from spritenet.sources.catalog import CATALOG, load_entry, unknown_name
from spritenet.sources.folder_files import single_file, unused_notes
from spritenet.sources.formats import FORMATS, Format, find_format, unknown_format
from spritenet.sources.image_size import ImageSize
from spritenet.sources.options import ReadOptions
from spritenet.sources.remote.download import Progress
from spritenet.sources.remote.origin import FileOrPath, Origin, fetch_local, report_original

__all__ = ["CATALOG", "FORMATS", "Format", "load", "survey"]


def load(
    name_or_path: FileOrPath,
    *,
    class_names: Sequence[str] | None = None,
    size: ImageSize | None = None,
    fit: str | None = None,
    color: str | None = None,
    strict: bool = False,
    image_size: ImageSize | None = None,
    labels: FileOrPath | None = None,
    train: int | None = None,
    label_column: str | int | None = None,
    label_from: str | None = None,
    tile: ImageSize | None = None,
    bits: int | None = None,
    range: tuple[float, float] | str | None = None,  # noqa: A002 - NumPy's word for it
    progress: Progress | None = None,
) -> Dataset:
    """Loads a data set by its name in the catalog, or from a path.

        data = load("mnist")
        data = load("folder/with/idx/files")
        data = load("digits.png")
        data = load("photos", size="32x32", fit="crop")
        data = load("sheet.png", image_size="28x28", labels="labels_uint8", train=55000)

    Args:
        name_or_path: "strokes" (synthetic), "mnist", "fashion-mnist" or "kmnist"
            (downloaded once); or the path of a sprite, or of a folder of sprites; of a folder of
            IDX files; of a folder of images, or a zip or tar of one; of a CSV, npz, npy or
            parquet file, or a folder of them.
        class_names: the names of classes 0, 1, …, if the files don't hold them.
        size: height and width to resize image files to: "28x28" or (28, 28).
        fit: the method of resizing: "fit" (the whole image with black bars; the default), "crop"
            (its center), "stretch" or "pad" (original pixels, black around them).
        color: "grey", "rgb" or "rgba"; by default the fewest channels that lose nothing.
        strict: True raises an error for an unreadable image or an assumption. By default
            unreadable images are left out, and a `DataWarning` reports both.
        image_size: height and width of images that are stored as rows of numbers: in a PNG that is
            no sprite, a CSV or an npz. CSV takes squares by default.
        labels: the file with the labels of such a PNG (one-hot rows of bytes, one byte an image,
            or IDX), or of an npy file; a path, an address, bytes or a file object.
        train: the number of images of such a PNG, from the first on, in the split `train`; the
            others are `test`. By default all are `train`.
        label_column: the name or the index (from 0; -1 is the last) of a table's label column, or
            several with commas, of 0 and 1 each, for multi-label data; by default it is inferred,
            and a `DataWarning` names it.
        label_from: "folder" (the default) takes an image's class from its folder's name, "name"
            from the beginning of its own name, as in `cat.0.png`.
        tile: height and width of the images in a PNG of tiles: "28x28".
        bits: the bit depth of values in 16-bit images: 12 for 0 to 4095.
        range: the values of black and white where they are not 0 and 255, such as (-1, 1) or
            "-1..1"; values are quantized to 256 levels.
        progress: called with a file's name, the bytes received and the bytes expected (0 if
            unknown) during a download.

    Returns:
        The data set, with a `train` split and, if there is one, a `test` split.

    Raises:
        DataError: the name or path doesn't exist, is damaged, or is no data set.
        DownloadError: the download failed.
        MissingExtraError: a required library isn't installed.
    """
    options = ReadOptions.of(locals())
    entry = _entry(name_or_path, options)
    if entry is not None:
        options.check_none(entry)
        return load_entry(CATALOG[entry], progress)
    load_warnings = LoadWarnings()
    with _open_origin(name_or_path, options, progress) as (origin, options):
        lazy = origin.describe(_survey_path(origin.path, options))
        data = lazy.to_dataset()
        if data is None:
            from spritenet.sprites.image_block import read_dataset

            data = read_dataset(lazy, strict=strict, load_warnings=load_warnings)
        else:
            load_warnings.add(notes=lazy.notes)
    origin.close()
    if strict:
        load_warnings.raise_for_notes(origin.display_name)
    load_warnings.warn()
    return data


def survey(  # noqa: D417 - the options are documented once, at load
    name_or_path: FileOrPath,
    *,
    class_names: Sequence[str] | None = None,
    size: ImageSize | None = None,
    fit: str | None = None,
    color: str | None = None,
    image_size: ImageSize | None = None,
    labels: FileOrPath | None = None,
    train: int | None = None,
    label_column: str | int | None = None,
    label_from: str | None = None,
    tile: ImageSize | None = None,
    bits: int | None = None,
    range: tuple[float, float] | str | None = None,  # noqa: A002 - NumPy's word for it
    progress: Progress | None = None,
) -> LazyDataset:
    """Reads the labels, classes and splits of a data set; its images are read on demand.

        spritenet.pack(survey("a/million/files", size="28x28"), "sprites")

    Args:
        name_or_path: as `load` has it.
        class_names, size, …: the options of `load`, with the same defaults.
        progress: as `load` has it.

    Returns:
        A lazy data set. IDX files, single sprites and the catalog's data sets are in memory all the
        same.

    Raises:
        DataError: as `load`.
        DownloadError: as `load`.
        MissingExtraError: as `load`.
    """
    options = ReadOptions.of(locals())
    entry = _entry(name_or_path, options)
    if entry is not None:
        options.check_none(entry)
        return LazyDataset.from_dataset(load_entry(CATALOG[entry], progress))
    with _open_origin(name_or_path, options, progress) as (origin, options):
        lazy = origin.describe(_survey_path(origin.path, options))
    _OPEN.append(origin)
    return lazy


_OPEN: list[Origin] = []
"""Origins of lazy data sets: their temporary files are needed until the process ends."""


def _entry(name_or_path: FileOrPath, options: ReadOptions) -> str | None:
    """Returns the name of a data set in the catalog; None for anything else."""
    if not isinstance(name_or_path, str):
        return None
    if name_or_path == tfjs_mnist.ADDRESS + tfjs_mnist.IMAGES and options == ReadOptions():
        return "tfjs-mnist"
    name = name_or_path.lower().replace("_", "-")
    return name if name in CATALOG else None


@contextmanager
def _open_origin(
    given: FileOrPath, options: ReadOptions, progress: Progress | None
) -> Iterator[tuple[Origin, ReadOptions]]:
    """Yields the local files, and the options with the labels' path; errors name the originals."""
    origin = fetch_local(given, progress)
    label_origin = (
        None if options.labels is None else fetch_local(options.labels, progress, "labels")
    )
    origins = [origin] if label_origin is None else [origin, label_origin]
    try:
        if label_origin is not None:
            options = replace(options, labels=label_origin.path)
        _check_exists(origin)
        with report_original(*origins):
            yield origin, options
    except OSError as error:
        raise DataError(
            "can't be read", where=origin.display_name, got=error.strerror or error
        ) from None
    except BaseException:
        for one in origins:
            one.close()
        raise
    if label_origin is not None:
        label_origin.close()


def _check_exists(origin: Origin) -> None:
    """Raises DataError if the path doesn't exist."""
    try:
        exists = origin.path.exists()
    except (OSError, ValueError) as error:
        raise DataError("invalid path", where=repr(origin.display_name), got=error) from None
    if not exists:
        raise unknown_name(origin.display_name)


def _survey_path(path: Path, options: ReadOptions) -> LazyDataset:
    """Reads the labels of a local file or folder in its format."""
    refuse_pointer_at(path)
    format_ = find_format(path)
    if path.is_dir() and (format_ is None or format_.is_last):
        only = single_file(path, partial(_is_data_set, options=options))
        if only is not None:
            used = (only,) if options.labels_path is None else (only, options.labels_path)
            note = f"{only.name} was read, the only data file in {path}"
            return _survey_path(only, options).with_notes(note, *unused_notes(path, used))
    if format_ is None:
        raise unknown_format(path)
    options.check_supported(format_.takes, path)
    lazy = format_.survey(path, options)
    if format_.has_class_notes:
        return lazy
    if is_multi_label(lazy.labels):
        lazy = lazy.with_notes(multi_label_note(lazy.labels))
    return lazy.with_notes(*class_notes(lazy.labels, lazy.class_names))


def _is_data_set(path: Path, options: ReadOptions) -> bool:
    """True if a file is a data set by itself; PNGs that are no sprites only with their labels."""
    labels = options.labels_path
    if labels is not None and path.exists() and labels.exists() and path.samefile(labels):
        return False
    format_ = find_format(path)
    return format_ is not None and (not format_.needs_labels or labels is not None)
