"""ZIP files of models, as the drawing page downloads them, and files of Keras's archives.

Nothing is inflated further than its reader may need: an archive of some kB can claim gigabytes, or
claim little and hold them.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO
from zlib import error as DeflateError  # noqa: N812 - an exception, whatever zlib calls it

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted
from spritenet.export.location import MAXIMAL_MODEL_JSON
from spritenet.lfs_pointer import refuse_pointer_at

__all__ = ["DAMAGED", "inflate", "unzipped", "zipped"]

DAMAGED = (zipfile.BadZipFile, NotImplementedError, RuntimeError, DeflateError, EOFError)
"""Exceptions that zipfile raises of a damaged archive, beside OSError."""

MAXIMAL_FILES = 1000
PIECE = 1 << 16  # bytes that are inflated at once
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

WeightFiles = Callable[[Path], tuple[Sequence[str], int]]
"""Returns the names of a folder's files of weights, and the bytes of all that its model has."""


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Returns a ZIP of files by name, the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@contextmanager
def unzipped(path: Path, weight_files: WeightFiles) -> Iterator[Path]:
    """A temporary folder with the files of a ZIP, while the context lasts.

    Folders in it are left out, so that a folder that was zipped as a whole is a model too. The JSON
    files are written first; of the others only those with the model's weights, the rest is empty.

    Args:
        path: the ZIP.
        weight_files: is given the folder with its JSON files.

    Raises:
        ModelError: it is no ZIP, is damaged, or would become larger than its model; and those
            raised inside, which then name the ZIP.
    """
    refuse_pointer_at(path, ModelError)
    with TemporaryDirectory(prefix="spritenet-") as scratch:
        folder = Path(scratch)
        try:
            with zipfile.ZipFile(path) as archive:
                _extract(archive, folder, path, weight_files)
        except DAMAGED as error:
            raise ModelError("the ZIP is damaged", where=path, got=quoted(str(error))) from error
        except OSError as error:
            raise ModelError(f"it can't be read: {error.strerror or error}", where=path) from error
        with _named_after(path, folder):
            yield folder


@contextmanager
def _named_after(path: Path, folder: Path) -> Iterator[None]:
    """Lets errors inside name the ZIP instead of the temporary folder."""
    try:
        yield
    except ModelError as error:
        place = error.where.replace(str(folder), str(path))
        raise ModelError(
            error.what, where=place, expected=error.expected, got=error.got, do=error.do
        ) from error


def _extract(
    archive: zipfile.ZipFile, folder: Path, where: Path, weight_files: WeightFiles
) -> None:
    """Write the archive's files into the folder, by their last names."""
    files: dict[str, zipfile.ZipInfo] = {}
    for info in archive.infolist():
        if info.filename.endswith("/"):
            continue
        name = PurePosixPath(info.filename.replace("\\", "/")).name
        if name in {"", ".", ".."} or "\0" in name or ":" in name or (folder / name).exists():
            raise ModelError("unsupported file in the ZIP", where=where, got=quoted(info.filename))
        if len(files) == MAXIMAL_FILES:
            raise _too_much(where, f"at most {MAXIMAL_FILES} files")
        files[name] = info
        (folder / name).touch()
    texts = [name for name in files if name.lower().endswith(".json")]
    if sum(files[name].file_size for name in texts) > MAXIMAL_MODEL_JSON:
        raise _too_much(where, f"at most {MAXIMAL_MODEL_JSON} bytes of JSON")
    for name in texts:
        with (folder / name).open("wb") as file:
            inflate(archive, files[name], file)
    with _named_after(where, folder):
        names, most = weight_files(folder)
    wanted = [name for name in dict.fromkeys(names) if name in files and name not in texts]
    claimed = sum(files[name].file_size for name in wanted)
    if claimed > most:
        expected = f"{most} bytes"
        raise ModelError("the weights are too long", where=where, expected=expected, got=claimed)
    for name in wanted:
        with (folder / name).open("wb") as file:
            inflate(archive, files[name], file)


def _too_much(where: Path, expected: str) -> ModelError:
    """The error for a ZIP that holds more than a model can."""
    return ModelError("the ZIP holds more than a model", where=where, expected=expected)


def inflate(archive: zipfile.ZipFile, info: zipfile.ZipInfo, into: IO[bytes]) -> None:
    """Writes a file of an archive, piece by piece; no more than the size that it claims.

    Raises:
        NotImplementedError: it is compressed otherwise than by deflate, which alone is bounded.
        BadZipFile: it is damaged, or longer than it claims.
    """
    if info.compress_type not in METHODS:
        raise NotImplementedError("unsupported compression")
    with archive.open(info) as file:
        left = info.file_size
        while left and (piece := file.read(min(PIECE, left))):
            into.write(piece)
            left -= len(piece)
        if left:
            raise EOFError("a file is shorter than it claims")
