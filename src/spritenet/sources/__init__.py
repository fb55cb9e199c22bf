"""Bytes → arrays. `load` finds out what it is given and reads it; `survey` only looks.

    idx.py, idx_folder.py   MNIST's file format, and folders of it
    inflate.py              gzip, bounded by what is expected
    strokes/                handwriting drawn by program
    sprite.py, foreign.py   sprites; PNGs of images in rows that other programs made
    image_folder.py         a folder of pictures in folders of classes
    archive.py              the same in a zip or tar, read in place
    csv_rows.py             tables of pixels; csv_numbers.py reads their numbers
    array_sets.py           npz and npy; array_files.py reads their headers
    parquet.py              parquet with a column of pictures
    tree.py, roles.py       what is a class, a split, an image or a label, by its name
    pictures.py, form.py    picture files as images of one form
    picture.py              one picture file, by Pillow; small_png.py without it
    mapped.py               files, and what they inflate to, mapped into memory
    size.py                 how large images are, in words
    mnist_data.py           the tutorials' loader
    catalog.py              data sets by name
    download.py, lock.py    fetching them, once and whole

It knows formats, never a network or a training.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spritenet.dataset import Dataset
from spritenet.dataset.listing import Listing
from spritenet.dataset.remarks import Remarks
from spritenet.errors import DataError, InputError
from spritenet.sources.catalog import CATALOG, load_entry
from spritenet.sources.download import Progress
from spritenet.sources.idx_folder import is_idx, read_idx
from spritenet.sources.options import Options
from spritenet.sources.size import ImageSize

__all__ = ["CATALOG", "FORMATS", "Format", "load", "survey"]


@dataclass(frozen=True, slots=True)
class Format:
    """A way in which a data set lies on disk.

    Args:
        name: in words, for messages: "IDX files".
        recognises: whether a path is one, from its name or first bytes; it exists.
        survey: looks at it, as the options say.
        takes: which of the options mean something for it.
    """

    name: str
    recognises: Callable[[Path], bool]
    survey: Callable[[Path, Options], Listing]
    takes: tuple[str, ...] = ()


def _idx(path: Path, options: Options) -> Listing:
    return Listing.of(read_idx(path, options.class_names))


def _sprite(path: Path, options: Options) -> Listing:
    from spritenet.sources.sprite import survey_sprite

    return survey_sprite(path, options.class_names)


def _foreign(path: Path, options: Options) -> Listing:
    from spritenet.sources.foreign import read_foreign

    if options.image_size is None or options.labels is None:
        raise _missing(path)
    return Listing.of(
        read_foreign(path, options.image_size, options.labels, options.train, options.class_names)
    )


def _npz(path: Path, options: Options) -> Listing:
    from spritenet.sources.array_sets import survey_npz

    return survey_npz(path, options.image_size, options.class_names)


def _npy(path: Path, options: Options) -> Listing:
    from spritenet.sources.array_sets import survey_npy

    labels = None if options.labels is None else Path(options.labels)
    return survey_npy(path, options.image_size, options.class_names, labels)


def _csv(path: Path, options: Options) -> Listing:
    from spritenet.sources.csv_rows import survey_csv

    return survey_csv(path, options.image_size, options.class_names)


def _parquet(path: Path, options: Options) -> Listing:
    from spritenet.sources.parquet import survey_parquet

    return survey_parquet(path, options.form, options.class_names)


def _archive(path: Path, options: Options) -> Listing:
    from spritenet.sources.archive import survey_archive

    return survey_archive(path, options.form)


def _image_folder(path: Path, options: Options) -> Listing:
    from spritenet.sources.image_folder import survey_image_folder

    return survey_image_folder(path, options.form)


def _is(name: str, module: str) -> Callable[[Path], bool]:
    """A function of a module that is imported only when it is called."""

    def recognises(path: Path) -> bool:
        from importlib import import_module

        function = getattr(import_module(f"spritenet.sources.{module}"), name)
        return bool(function(path))

    return recognises


NAMES = ("class_names",)
SIZE = ("image_size",)
FORM = ("size", "fit", "color")

FORMATS = (
    Format("IDX files", is_idx, _idx, NAMES),
    Format(
        "a sprite, or a folder of them with dataset.json",
        _is("is_sprite", "sprite"),
        _sprite,
        NAMES,
    ),
    Format(
        "a PNG of rows with its labels",
        _is("is_png", "foreign"),
        _foreign,
        (*NAMES, *SIZE, "labels", "train"),
    ),
    Format("npz", _is("is_npz", "array_sets"), _npz, (*NAMES, *SIZE)),
    Format("npy", _is("is_npy", "array_sets"), _npy, (*NAMES, *SIZE, "labels")),
    Format("CSV", _is("is_csv", "csv_rows"), _csv, (*NAMES, *SIZE)),
    Format("parquet", _is("is_parquet", "parquet"), _parquet, (*NAMES, *FORM)),
    Format("a zip or tar of pictures", _is("is_archive", "archive"), _archive, FORM),
    Format(
        "a folder of pictures (cat/1.png, …)",
        _is("is_image_folder", "image_folder"),
        _image_folder,
        FORM,
    ),
)
"""Asked in this order."""


def load(
    name_or_path: str | os.PathLike[str],
    *,
    class_names: Sequence[str] | None = None,
    size: ImageSize | None = None,
    fit: str | None = None,
    color: str | None = None,
    strict: bool = False,
    image_size: ImageSize | None = None,
    labels: str | os.PathLike[str] | None = None,
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
            IDX), or of an npy file.
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
    entry = _entry(name_or_path)
    if entry is not None:
        options.none_given(entry)
        return load_entry(CATALOG[entry], progress)
    path = _existing(name_or_path)
    remarks = Remarks()
    try:
        listing = _surveyed(path, options)
        data = listing.at_hand()
        if data is None:
            from spritenet.sprites.gather import as_dataset

            data = as_dataset(listing, strict=strict, remarks=remarks)
        else:
            remarks.add(notes=listing.notes)
    except OSError as error:
        raise DataError("can't be read", where=path, got=error.strerror or error) from None
    if strict:
        remarks.refuse_notes(path)
    remarks.warn()
    return data


def survey(
    name_or_path: str | os.PathLike[str],
    *,
    class_names: Sequence[str] | None = None,
    size: ImageSize | None = None,
    fit: str | None = None,
    color: str | None = None,
    image_size: ImageSize | None = None,
    labels: str | os.PathLike[str] | None = None,
    train: int | None = None,
    label_column: str | int | None = None,
    label_from: str | None = None,
    tile: ImageSize | None = None,
    bits: int | None = None,
    range: tuple[float, float] | str | None = None,  # noqa: A002 - NumPy's word for it
    progress: Progress | None = None,
) -> Listing:
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
    entry = _entry(name_or_path)
    if entry is not None:
        options.none_given(entry)
        return Listing.of(load_entry(CATALOG[entry], progress))
    path = _existing(name_or_path)
    try:
        return _surveyed(path, options)
    except OSError as error:
        raise DataError("can't be read", where=path, got=error.strerror or error) from None


def _entry(name_or_path: str | os.PathLike[str]) -> str | None:
    """The name in the catalog that is meant; None for a path."""
    if not isinstance(name_or_path, str):
        return None
    name = name_or_path.lower().replace("_", "-")
    return name if name in CATALOG else None


def _existing(name_or_path: str | os.PathLike[str]) -> Path:
    """The path, if something is there."""
    given = os.fspath(name_or_path)
    path = Path(given).expanduser()
    try:
        exists = path.exists()
    except (OSError, ValueError) as error:
        raise DataError("this is no path", where=repr(given), got=error) from None
    if not exists:
        raise _unknown(given)
    return path


def _surveyed(path: Path, options: Options) -> Listing:
    """What lies there, looked at in the way of its format."""
    for form in FORMATS:
        if form.recognises(path):
            options.only(form.takes, path)
            return form.survey(path, options)
    raise _unrecognised(path)


def _missing(path: Path) -> InputError:
    return InputError(
        "the PNG is no sprite: it does not say how large its images are, nor what they show",
        where=path,
        do="Pass image_size and labels (--image-size 28x28 --labels FILE).",
    )


def _unknown(given: str) -> DataError:
    """No such name and no such path: what was probably meant."""
    import difflib

    names = ", ".join(CATALOG)
    nearest = difflib.get_close_matches(given.lower(), CATALOG, n=1)
    return DataError(
        "there is no file or folder of this name, nor a data set in the catalog",
        where=repr(given),
        expected=f"a path or one of {names}",
        do=f"Did you mean {nearest[0]}?"
        if nearest
        else "spritenet.open reads sprites from addresses."
        if "://" in given
        else "",
    )


def _unrecognised(path: Path) -> DataError:
    """A path in which there is nothing known."""
    got = "an empty file" if path.is_file() and not path.stat().st_size else "another file"
    if path.is_dir():
        names = sorted(found.name for found in path.iterdir())
        few = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")
        got = few or "an empty folder"
    expected = ", ".join(form.name for form in FORMATS)
    return DataError("holds no data set", where=path, expected=expected, got=got)
