"""Catalog: data sets by name, with their mirrors and the hashes of their files.

`strokes` is synthetic. The others are downloaded once into the cache folder; files put there by
hand are used if their hashes match.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from spritenet.dataset import Dataset
from spritenet.errors import DataError, DownloadError
from spritenet.sources import tfjs_mnist
from spritenet.sources.idx.idx_folder import find_idx_files, idx_role, read_idx
from spritenet.sources.remote.download import (
    Progress,
    RemoteFile,
    cache_folder,
    download,
    matches_hash,
    mirrors_of,
)

__all__ = ["CATALOG", "CatalogEntry", "is_cached", "load_entry", "unknown_name"]

CHECKED_FILE = "checked.json"
LOCK_FILE = "download.lock"
WAIT_SECONDS = 900.0  # seconds to wait for another process's download
IMAGES_SIZE = {"train": 16 + 60_000 * 28 * 28, "t10k": 16 + 10_000 * 28 * 28}
LABELS_SIZE = {"train": 8 + 60_000, "t10k": 8 + 10_000}


@dataclass(frozen=True, slots=True)
class CatalogEntry:
    """A data set of the catalog.

    Args:
        name: the argument of `load`.
        about: a description in one line.
        class_names: the classes' names.
        source: the authors.
        licence: the licence's name.
        mirrors: base addresses of the files.
        files: the files to download; none if `make` is given.
        make: draws the data set, without a download.
        read: reads its folder, if that holds no IDX files.
    """

    name: str
    about: str
    class_names: tuple[str, ...]
    source: str
    licence: str
    mirrors: tuple[str, ...] = ()
    files: tuple[RemoteFile, ...] = ()
    make: Callable[[], Dataset] | None = None
    read: Callable[[Path, tuple[str, ...]], Dataset] | None = None


def _strokes(version: int = 1) -> Dataset:
    from spritenet.sources.strokes import strokes

    return strokes(version=version)


def _mnist_files(hashes: dict[str, str], *, of_gzip: bool) -> tuple[RemoteFile, ...]:
    """Returns the four files of a data set in MNIST's format, with a SHA-256 each."""
    files = []
    for name, digest in hashes.items():
        part, kind = name.split("-")
        size = IMAGES_SIZE[part] if kind == "images" else LABELS_SIZE[part]
        dimensions = 3 if kind == "images" else 1
        content, packed = ("", digest) if of_gzip else (digest, "")
        files.append(RemoteFile(f"{name}-idx{dimensions}-ubyte.gz", size, content, packed))
    return tuple(files)


DIGITS = tuple("0123456789")

ENTRIES = (
    CatalogEntry(
        "strokes",
        "handwritten digits drawn by program; nothing to download",
        DIGITS,
        "drawn by Spritenet",
        "Apache-2.0",
        make=_strokes,
    ),
    CatalogEntry(
        "strokes2",
        "strokes with more ways to write: a 1 with a long flag, slashed and narrow 0",
        DIGITS,
        "drawn by Spritenet",
        "Apache-2.0",
        make=partial(_strokes, 2),
    ),
    CatalogEntry(
        "mnist",
        "handwritten digits, 60,000 and 10,000",
        DIGITS,
        "Yann LeCun, Corinna Cortes, Christopher J. C. Burges",
        "CC-BY-SA-3.0",
        (
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "http://yann.lecun.com/exdb/mnist/",
        ),
        # Of the inflated files. Their MD5s are the well-known ones of MNIST, 6bbc9ace… for the
        # first; mirrors may have packed them differently.
        _mnist_files(
            {
                "train-images": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "train-labels": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "t10k-images": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "t10k-labels": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            },
            of_gzip=False,
        ),
    ),
    CatalogEntry(
        "fashion-mnist",
        "articles of clothing, 60,000 and 10,000",
        (
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
        "Han Xiao, Kashif Rasul, Roland Vollgraf (Zalando Research)",
        "MIT",
        (
            "https://github.com/zalandoresearch/fashion-mnist/raw/master/data/fashion/",
            "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        # Published are hashes of the gzip files: these SHA-256 in TensorFlow Datasets
        # (tensorflow_datasets/url_checksums/fashion_mnist.txt), MD5s in the project's README.
        _mnist_files(
            {
                "train-images": "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                "train-labels": "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                "t10k-images": "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                "t10k-labels": "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            },
            of_gzip=True,
        ),
    ),
    CatalogEntry(
        "kmnist",
        "cursive Japanese characters, 60,000 and 10,000",
        ("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
        "Center for Open Data in the Humanities (KMNIST Dataset), from "
        "National Institute of Japanese Literature and others (Kuzushiji Dataset)",
        "CC-BY-SA-4.0",
        (
            "https://codh.rois.ac.jp/kmnist/dataset/kmnist/",
            "https://storage.googleapis.com/s4tf-hosted-binaries/datasets/KMNIST/",
            "http://codh.rois.ac.jp/kmnist/dataset/kmnist/",
        ),
        # As above: tensorflow_datasets/url_checksums/kmnist.txt.
        _mnist_files(
            {
                "train-images": "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                "train-labels": "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                "t10k-images": "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                "t10k-labels": "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            },
            of_gzip=True,
        ),
    ),
    CatalogEntry(
        "tfjs-mnist",
        "the 65,000 of MNIST in the TensorFlow.js tutorials' own file, 55,000 and 10,000",
        DIGITS,
        "Yann LeCun, Corinna Cortes, Christopher J. C. Burges; the TensorFlow.js tutorials",
        "CC-BY-SA-3.0",
        (tfjs_mnist.ADDRESS,),
        tfjs_mnist.FILES,
        read=tfjs_mnist.read_tfjs_mnist,
    ),
)

CATALOG = {entry.name: entry for entry in ENTRIES}


def load_entry(entry: CatalogEntry, progress: Progress | None = None) -> Dataset:
    """Loads a data set of the catalog, downloading missing files first.

    Args:
        entry: the data set.
        progress: called with every piece that arrives.

    Raises:
        DownloadError: a file is missing and the download failed.
        DataError: a file can't be read.
    """
    if entry.make is not None:
        return entry.make()
    folder = cache_folder() / entry.name
    read = entry.read or read_idx
    _download_missing(entry, folder, progress)
    try:
        data = read(folder, entry.class_names)
    except DataError:
        # The file was intact when it was downloaded: check it again, and download it if it changed.
        (folder / CHECKED_FILE).unlink(missing_ok=True)
        _download_missing(entry, folder, progress)
        data = read(folder, entry.class_names)
    return replace(data, name=entry.name, source=entry.source, licence=entry.licence)


def is_cached(entry: CatalogEntry) -> bool:
    """True if a data set of the catalog needs no download."""
    return entry.make is not None or not _missing(entry, cache_folder() / entry.name)


def _download_missing(entry: CatalogEntry, folder: Path, progress: Progress | None) -> None:
    """Downloads missing files into the folder, and checks the hash of each."""
    if not _missing(entry, folder):
        return
    from spritenet.file_lock import lock_file  # only here: its import costs time

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with lock_file(folder / LOCK_FILE, WAIT_SECONDS):
            for part in folder.glob("*.part"):  # left by a process that was killed
                part.unlink(missing_ok=True)
            mirrors = mirrors_of(entry.name, entry.mirrors)
            # Another process may have downloaded them meanwhile.
            for file, wrong in _missing(entry, folder).items():
                answered = download(file, mirrors, folder, progress)
                mirrors = (answered, *(mirror for mirror in mirrors if mirror != answered))
                if wrong is not None and not matches_hash(wrong, file):
                    wrong.unlink(missing_ok=True)  # under a name that the reader prefers
            _missing(entry, folder)
    except DownloadError as error:
        names = ", ".join(file.name for file in _missing(entry, folder))
        raise DownloadError(
            f"{error.where} {error.what}",
            where=entry.name,
            got=error.got,
            do=f"Put {names} into {folder}, or try again with a connection; "
            f"strokes needs no download.",
        ) from None
    except TimeoutError as error:
        raise DownloadError(
            "another process is still downloading it",
            where=entry.name,
            got=error,
            do="Try again when it has finished.",
        ) from None
    except OSError as error:
        raise DownloadError(
            "can't write to the cache folder",
            where=folder,
            got=error.strerror or error,
            do="Set SPRITENET_CACHE to another folder.",
        ) from None


def _missing(entry: CatalogEntry, folder: Path) -> dict[RemoteFile, Path | None]:
    """Returns missing files, and files with a wrong hash with their paths.

    A file is hashed once. Later its size and time are compared, and gzip's checksum on reading.
    """
    local = _local_files(entry, folder)
    checked = _read_checked(folder)
    now: dict[str, list[int]] = {}
    missing: dict[RemoteFile, Path | None] = {}
    for file in entry.files:
        path = local.get(file.name)
        if path is None:
            missing[file] = None
            continue
        status = path.stat()
        stamp = [status.st_size, status.st_mtime_ns]
        if checked.get(path.name) == stamp or matches_hash(path, file):
            now[path.name] = stamp
        else:
            missing[file] = path
    if now != checked:
        _write_checked(folder, now)
    return missing


def _local_files(entry: CatalogEntry, folder: Path) -> dict[str, Path]:
    """Returns the local path of each file, by its name; IDX files have several spellings."""
    if not folder.is_dir():
        return {}
    if entry.read is not None:
        found = {file.name: folder / file.name for file in entry.files}
        return {name: path for name, path in found.items() if path.is_file()}
    roles = find_idx_files(folder).get("", {})
    names = {file.name: roles.get(idx_role(file.name)) for file in entry.files}
    return {name: path for name, path in names.items() if path is not None}


def _read_checked(folder: Path) -> dict[str, list[int]]:
    import json

    try:
        found = json.loads((folder / CHECKED_FILE).read_text("utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _write_checked(folder: Path, stamps: dict[str, list[int]]) -> None:
    import json

    part = folder / f"{CHECKED_FILE}.{os.getpid()}.part"
    try:
        part.write_text(json.dumps(stamps), "utf-8")
        part.replace(folder / CHECKED_FILE)
    except OSError:  # a shared cache that this user may only read
        part.unlink(missing_ok=True)


def unknown_name(given: str) -> DataError:
    """Returns the error for a name that is no path and no data set of the catalog."""
    import difflib

    names = ", ".join(CATALOG)
    nearest = difflib.get_close_matches(given.lower(), CATALOG, n=1)
    return DataError(
        "unknown data set",
        where=repr(given),
        expected=f"a path or one of {names}",
        do=f"Did you mean {nearest[0]}?" if nearest else "",
    )
