"""Bytes → arrays. `load` finds out what it is given and reads it; `survey` only looks.

    formats.py              which formats there are, and who reads each
    idx.py, idx_folder.py   MNIST's file format, and folders of it
    inflate.py              gzip, bounded by what is expected
    strokes/                handwriting drawn by program
    sprite.py, foreign.py   sprites; PNGs of images in rows that other programs made
    image_folder.py         a folder of pictures in folders of classes
    archive.py              the same in a zip or tar, read in place; webdataset.py
    tile_sheet.py           PNGs of tiles that other programs made
    npy_classes.py          an npy file for each class
    hdf5.py, matlab.py      arrays in such files; stored_arrays.py finds the images and labels
    array_sets.py           npz and npy; array_files.py reads their headers, array_images.py values
    csv_rows.py             tables of pixels: text_rows.py finds rows, table_layout.py the label
                            (label_evidence.py), table_values.py the scale, table_labels.py classes;
                            csv_table.py and csv_numbers.py read the rows
    parquet.py              parquet with a column of pictures; parquet_numbers.py with numbers,
                            parquet_files.py opens the files
    class_folders.py        what is a class or a split, by its folder
    array_names.py          what is an image or a label, by an array's name
    pictures.py, image_spec.py    picture files as images of one form
    labelled_files.py       classes of pictures by folders, names or label_table.py
    picture.py              one picture file, by Pillow; small_png.py without it
    mmap_file.py               files, and what they inflate to, mapped into memory
    unreadable_formats.py   image formats that can't be read, by their names' endings
    single_file.py          the one data file of a folder; unused.py names what isn't read
    size.py                 how large images are, in words
    mnist_data.py           the tutorials' loader; tfjs_mnist.py its data
    catalog.py              data sets by name
    download.py, lock.py    fetching them, once and whole
    origin.py, transfer.py  files at addresses, bytes and file objects; magic.py what they are

It knows formats, never a network or a training.
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
from spritenet.errors import DataError
from spritenet.lfs_pointer import refuse_pointer_at
from spritenet.sources import tfjs_mnist
from spritenet.sources.catalog import CATALOG, load_entry
from spritenet.sources.download import Progress
from spritenet.sources.formats import FORMATS, Format
from spritenet.sources.options import Options
from spritenet.sources.origin import Origin, Source, bring, renamed
from spritenet.sources.refusals import unknown, unrecognised
from spritenet.sources.single_file import single_file
from spritenet.sources.size import ImageSize
from spritenet.sources.unused import unused_notes

__all__ = ["CATALOG", "FORMATS", "Format", "load", "survey"]


def load(
    name_or_path: Source,
    *,
    class_names: Sequence[str] | None = None,
    size: ImageSize | None = None,
    fit: str | None = None,
    color: str | None = None,
    strict: bool = False,
    image_size: ImageSize | None = None,
    labels: Source | None = None,
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
        name_or_path: "strokes" (drawn by program), "mnist", "fashion-mnist" or "kmnist"
            (downloaded once); or the path of a sprite, or of a folder of sprites; of a folder of
            IDX files; of a folder of pictures, or a zip or tar of one; of a CSV, npz, npy or
            parquet file, or a folder of them.
        class_names: the names of classes 0, 1, …, for a path whose files don't hold them.
        size: height and width that pictures get: "28x28" or (28, 28).
        fit: how: "fit" (all of the picture, with black bars; the default), "crop" (its middle),
            "stretch" or "pad" (pixels as they are, black around them).
        color: "grey", "rgb" or "rgba"; by default the least that loses nothing.
        strict: whether a picture that can't be read, or a doubtful reading, is an error. By default
            the first is left out, and a `DataWarning` tells of both.
        image_size: height and width of images that are stored as rows of numbers: in a PNG that is
            no sprite, a CSV or an npz. CSV takes squares by default.
        labels: the file with the labels of such a PNG (one-hot rows of bytes, a byte an image, or
            IDX), or of an npy file; a path, an address, bytes or a file object.
        train: how many images of such a PNG, from the first on, are the split `train`; the others
            are `test`. By default all are `train`.
        label_column: the name or the number (from 0; -1 is the last) of a table's label column; by
            default it is found, and a `DataWarning` says which one.
        label_from: "folder" (the default) or "name": whether a picture's class is the name of its
            folder or the beginning of its own name, as in `cat.0.png`.
        tile: height and width of the images that lie side by side in a foreign PNG: "28x28".
        bits: how many bits of 16-bit images hold the value: 12 for 0 to 4095.
        range: the lowest and highest value of pixels stored otherwise than as 0 to 255, such as
            (-1, 1) or "-1..1"; they are quantised to 256 levels.
        progress: called with a file's name, the bytes received and the bytes expected (0: not
            known) while something is downloaded.

    Returns:
        The data set, with a `train` split and, where there is one, a `test` split.

    Raises:
        DataError: no such name or path, or what is there is damaged or no data set.
        DownloadError: it must be downloaded and can't be.
        MissingExtraError: a library is needed that isn't installed.
    """
    options = Options(
        class_names,
        size,
        fit,
        color,
        image_size,
        labels,
        train,
        label_column,
        label_from,
        tile,
        bits,
        range,
    )
    entry = _entry(name_or_path, options)
    if entry is not None:
        options.none_given(entry)
        return load_entry(CATALOG[entry], progress)
    remarks = LoadWarnings()
    with _opened(name_or_path, options, progress) as (origin, options):
        listing = origin.listing(_surveyed(origin.path, options))
        data = listing.to_dataset()
        if data is None:
            from spritenet.sprites.gather import as_dataset

            data = as_dataset(listing, strict=strict, remarks=remarks)
        else:
            remarks.add(notes=listing.notes)
    origin.close()
    if strict:
        remarks.raise_for_notes(origin.said)
    remarks.warn()
    return data


def survey(
    name_or_path: Source,
    *,
    class_names: Sequence[str] | None = None,
    size: ImageSize | None = None,
    fit: str | None = None,
    color: str | None = None,
    image_size: ImageSize | None = None,
    labels: Source | None = None,
    train: int | None = None,
    label_column: str | int | None = None,
    label_from: str | None = None,
    tile: ImageSize | None = None,
    bits: int | None = None,
    range: tuple[float, float] | str | None = None,  # noqa: A002 - NumPy's word for it
    progress: Progress | None = None,
) -> LazyDataset:
    """Looks at a data set: labels, classes and splits are read, images only when they are wanted.

        spritenet.pack(survey("a/million/files", size="28x28"), "sprites")

    Args:
        name_or_path: as `load` has it.
        class_names: likewise.
        size: likewise.
        fit: likewise.
        color: likewise.
        image_size: likewise.
        labels: likewise.
        train: likewise.
        label_column: likewise.
        label_from: likewise.
        tile: likewise.
        bits: likewise.
        range: likewise.
        progress: likewise.

    Returns:
        A listing. What lies in one piece is in memory all the same: IDX files, a single sprite and
        the catalog's.

    Raises:
        DataError: as `load`.
        DownloadError: as `load`.
        MissingExtraError: as `load`.
    """
    options = Options(
        class_names,
        size,
        fit,
        color,
        image_size,
        labels,
        train,
        label_column,
        label_from,
        tile,
        bits,
        range,
    )
    entry = _entry(name_or_path, options)
    if entry is not None:
        options.none_given(entry)
        return LazyDataset.from_dataset(load_entry(CATALOG[entry], progress))
    with _opened(name_or_path, options, progress) as (origin, options):
        listing = origin.listing(_surveyed(origin.path, options))
    _KEPT.append(origin)
    return listing


_KEPT: list[Origin] = []
"""Whose images are read when they are wanted; until the process ends."""


def _entry(name_or_path: Source, options: Options) -> str | None:
    """The name in the catalog that is meant; None for anything else."""
    if not isinstance(name_or_path, str):
        return None
    if name_or_path == tfjs_mnist.ADDRESS + tfjs_mnist.IMAGES and options == Options():
        return "tfjs-mnist"
    name = name_or_path.lower().replace("_", "-")
    return name if name in CATALOG else None


@contextmanager
def _opened(
    given: Source, options: Options, progress: Progress | None
) -> Iterator[tuple[Origin, Options]]:
    """The files on this machine, and the options with the path of the labels; named in errors."""
    origin = bring(given, progress)
    its_labels = None if options.labels is None else bring(options.labels, progress, "labels")
    here = [origin] if its_labels is None else [origin, its_labels]
    try:
        if its_labels is not None:
            options = replace(options, labels=its_labels.path)
        _check_exists(origin)
        with renamed(*here):
            yield origin, options
    except OSError as error:
        raise DataError("can't be read", where=origin.said, got=error.strerror or error) from None
    except BaseException:
        for one in here:
            one.close()
        raise
    if its_labels is not None:
        its_labels.close()


def _check_exists(origin: Origin) -> None:
    """Raises DataError if nothing is there."""
    try:
        exists = origin.path.exists()
    except (OSError, ValueError) as error:
        raise DataError("this is no path", where=repr(origin.said), got=error) from None
    if not exists:
        raise unknown(origin.said)


def _surveyed(path: Path, options: Options) -> LazyDataset:
    """What lies there, looked at in the way of its format."""
    refuse_pointer_at(path)
    form = next((form for form in FORMATS if form.recognises(path)), None)
    if path.is_dir() and (form is None or form.is_last):
        only = single_file(path, partial(_is_whole, options=options))
        if only is not None:
            used = (only,) if options.labels_path is None else (only, options.labels_path)
            note = f"{only.name} was read, the only data file in {path}"
            return _surveyed(only, options).with_notes(note, *unused_notes(path, used))
    if form is None:
        raise unrecognised(path, [form.name for form in FORMATS])
    options.only(form.takes, path)
    listing = form.survey(path, options)
    if form.remarked_on:
        return listing
    return listing.with_notes(*class_notes(listing.labels, listing.class_names))


def _is_whole(path: Path, options: Options) -> bool:
    """Whether a file is a data set by itself; other PNGs than sprites only with their labels."""
    labels = options.labels_path
    if labels is not None and path.exists() and labels.exists() and path.samefile(labels):
        return False
    form = next((form for form in FORMATS if form.recognises(path)), None)
    return form is not None and (not form.needs_labels or labels is not None)
