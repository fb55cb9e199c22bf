"""Origin: local copies of data sets given as addresses, bytes or file objects.

Readers read local files. Remote files are first copied into a temporary folder under their own
names, which tell their formats; bytes get a name by their first bytes.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Protocol, runtime_checkable
from urllib.parse import unquote, urlsplit

from spritenet.address import address_of, path_of, redact
from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.errors import DataError, DownloadError, InputError, MissingExtraError, SpritenetError
from spritenet.sources.file_type import ending_of
from spritenet.sources.remote.transfer import CHUNK, Progress, TransferError, transfer

if TYPE_CHECKING:
    from tempfile import TemporaryDirectory

__all__ = ["FileOrPath", "Origin", "fetch_local", "report_original"]

MOST = 1 << 33
"""Bytes of one file from elsewhere."""

ATTEMPTS = 2
TEXTS = (".tsv", ".txt", ".data")
INDEX = "dataset.json"  # the index of a folder of sprites
UNSAFE = '\\/:*?"<>|\0'


@runtime_checkable
class Readable(Protocol):
    """A file object, such as `open(path, "rb")` or `io.BytesIO`."""

    def read(self, size: int, /) -> bytes | str:
        """Reads the next bytes, up to a number."""


FileOrPath = str | os.PathLike[str] | bytes | bytearray | memoryview | Readable


@dataclass(frozen=True, slots=True)
class Origin:
    """The local file or folder of a data set.

    Args:
        path: the local path.
        said: the name for messages: the address, or the argument.
        scratch: the temporary folder that holds it; None if it was local already.
    """

    path: Path
    display_name: str
    scratch: TemporaryDirectory[str] | None = None

    def close(self) -> None:
        """Removes temporary files. Memory-mapped ones stay readable."""
        if self.scratch is not None:
            with contextlib.suppress(OSError):
                self.scratch.cleanup()

    def named(self, text: str) -> str:
        """Returns a message with the argument in place of the temporary path."""
        if self.scratch is None:
            return text
        return text.replace(str(self.path), self.display_name).replace(
            self.scratch.name, self.display_name
        )

    def describe(self, found: LazyDataset) -> LazyDataset:
        """Returns the lazy data set with its origin in the notes and errors."""
        if self.scratch is None:
            return found
        notes = tuple(map(self.named, found.notes))
        return replace(found, source=self.named(found.source), notes=notes)


def fetch_local(given: FileOrPath, progress: Progress | None = None, stem: str = "data") -> Origin:
    """Copies an argument to this machine, unless it is a local path.

    Args:
        given: a path, which is used as it is; an address; bytes; or a file object.
        progress: called for every chunk that is downloaded.
        stem: the name of bytes without one.

    Raises:
        InputError: the argument is none of these.
        DownloadError: the download failed.
        DataError: the file is too long, or writing fails.
        MissingExtraError: the library for the address isn't installed.
    """
    if isinstance(given, (str, os.PathLike)):
        address = address_of(given)
        if not address:
            try:
                return Origin(Path(given).expanduser(), os.fspath(given))
            except RuntimeError as error:  # ~nobody
                raise DataError("invalid path", where=repr(given), got=error) from None
        if address.startswith("file://"):
            path = path_of(address)
            return Origin(path, str(path))
        return _from_address(address, progress)
    if not isinstance(given, (bytes, bytearray, memoryview, Readable)):
        raise InputError(
            "unsupported data set",
            expected="a name, a path, an address, bytes or a file object",
            got=type(given).__name__,
        )
    with _scratch() as scratch:
        path = Path(scratch.name) / stem
        if isinstance(given, Readable):
            name = getattr(given, "name", None)
            display_name = name if isinstance(name, str) else "a file object"
            path = path.with_name(_safe(Path(display_name).name)) if isinstance(name, str) else path
            with path.open("wb") as out:
                _copy(given, out, display_name)
        else:
            display_name = f"{memoryview(given).nbytes:,} bytes"
            path.write_bytes(given)
        return Origin(_with_ending(path), display_name, scratch)


@contextmanager
def report_original(*origins: Origin) -> Iterator[None]:
    """Makes errors name the argument, not temporary files."""
    try:
        yield
    except MissingExtraError:
        raise
    except SpritenetError as error:
        parts = {name: getattr(error, name) for name in ("what", "where", "expected", "got", "do")}
        told = dict(parts)
        for origin in origins:
            told = {name: origin.named(text) for name, text in told.items()}
        if told == parts:
            raise
        what = told.pop("what")
        raise type(error)(what, **told) from None


def _from_address(address: str, progress: Progress | None) -> Origin:
    """Downloads a file, or a folder of sprites by its address or that of its `dataset.json`."""
    parts = urlsplit(address)
    name = unquote(parts.path.rstrip("/").rpartition("/")[2])
    with _scratch() as scratch:
        folder = Path(scratch.name)
        path = folder / _safe(name)
        if name == INDEX:
            _fetch_folder(address, folder, progress)
            return Origin(folder, redact(address), scratch)
        try:
            _fetch(address, path, MOST, progress)
        except TransferError as error:
            if not error.missing or "." in name:
                raise DownloadError(
                    "can't be downloaded", where=redact(address), got=str(error)
                ) from None
            # A name without a dot may be a folder.
            inside = parts._replace(path=parts.path.rstrip("/") + "/" + INDEX).geturl()
            _fetch_folder(inside, folder, progress)
            return Origin(folder, redact(address), scratch)
        return Origin(_with_ending(path), redact(address), scratch)


@contextmanager
def _scratch() -> Iterator[TemporaryDirectory[str]]:
    """Makes a temporary folder, and removes it if an error is raised."""
    import tempfile  # only here: data on this machine is read where it is

    scratch = tempfile.TemporaryDirectory(prefix="spritenet-", ignore_cleanup_errors=True)
    try:
        yield scratch
    except OSError as error:
        scratch.cleanup()
        raise DataError(
            "the temporary folder is full",
            where=tempfile.gettempdir(),
            got=error.strerror or error,
            do="Set TMPDIR to a folder with room.",
        ) from None
    except BaseException:
        scratch.cleanup()
        raise


def _fetch_folder(address: str, folder: Path, progress: Progress | None) -> None:
    """Downloads `dataset.json` and the sprites it names."""
    from spritenet.sprites.folder import MAX_BYTES, read_index

    display_name = redact(address)
    try:
        _fetch(address, folder / INDEX, MAX_BYTES, progress)
        _, shards = read_index((folder / INDEX).read_bytes(), display_name)
        parts = urlsplit(address)
        for shard in shards:
            path = parts.path.rpartition("/")[0] + "/" + _quoted(shard.file, parts.scheme)
            there = parts._replace(path=path).geturl()
            display_name = redact(there)
            _fetch(there, folder / shard.file, shard.digest.size, progress)
    except TransferError as error:
        raise DownloadError("can't be downloaded", where=display_name, got=str(error)) from None


def _fetch(address: str, path: Path, limit: int, progress: Progress | None) -> None:
    """Downloads one file, in up to two attempts."""
    for attempt in range(ATTEMPTS):
        try:
            with path.open("wb") as out:
                transfer(address, out, path.name, limit, progress)
            break
        except TransferError as error:
            path.unlink(missing_ok=True)
            if error.missing or attempt == ATTEMPTS - 1:
                raise
    with path.open("rb") as file:
        begin = file.read(512).lstrip().lower()
    if begin.startswith((b"<!doctype", b"<html")):
        path.unlink()
        raise TransferError("a web page in its place")


def _copy(given: Readable, out: IO[bytes], display_name: str) -> None:
    """Writes the content of a file object; text as UTF-8."""
    taken = 0
    while True:
        try:
            piece = given.read(CHUNK)
        except (OSError, ValueError) as error:
            raise DataError("can't be read", where=display_name, got=error) from None
        data = piece.encode() if isinstance(piece, str) else bytes(piece)
        taken += len(data)
        if taken > MOST:
            raise DataError("is too long", where=display_name, expected=f"at most {MOST:,} bytes")
        if not data:
            return
        out.write(data)


def _with_ending(path: Path) -> Path:
    """Renames the file by its type, if its name has no known suffix."""
    ending = ending_of(path)
    own = path.name.lower()
    if not ending or own.endswith((ending, *TEXTS) if ending == ".csv" else ending):
        return path
    return path.rename(path.with_name(path.name + ending))


def _safe(name: str) -> str:
    """Returns a file name that is valid on every system."""
    plain = "".join("_" if letter in UNSAFE or letter < " " else letter for letter in name)
    return plain[-100:].lstrip(".") or "data"


def _quoted(name: str, scheme: str) -> str:
    from urllib.parse import quote

    return quote(name) if scheme in {"http", "https"} else name
