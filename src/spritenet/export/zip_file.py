"""ZIP files of models, as the drawing page downloads them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from zlib import error as DeflateError  # noqa: N812 - an exception, whatever zlib calls it

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted

__all__ = ["DAMAGED", "unzipped", "zipped"]

DAMAGED = (zipfile.BadZipFile, NotImplementedError, RuntimeError, DeflateError, EOFError)
"""Exceptions that zipfile raises of a damaged archive, beside OSError."""

MAXIMAL_FILES = 1000
MAXIMAL_BYTES = 2**30  # of all files together, inflated


def zipped(files: Mapping[str, bytes]) -> bytes:
    """Returns a ZIP of files by name, the same bytes for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


@contextmanager
def unzipped(path: Path) -> Iterator[Path]:
    """A temporary folder with the files of a ZIP, while the context lasts.

    Folders in it are left out, so that a folder that was zipped as a whole is a model too.

    Raises:
        ModelError: it is no ZIP, is damaged, or would become too large; and those raised inside,
            which then name the ZIP.
    """
    with TemporaryDirectory(prefix="spritenet-") as scratch:
        folder = Path(scratch)
        try:
            with zipfile.ZipFile(path) as archive:
                _extract(archive, folder, path)
        except (
            zipfile.BadZipFile,
            NotImplementedError,
            RuntimeError,
            DeflateError,
            EOFError,
        ) as error:
            raise ModelError("the ZIP is damaged", where=path, got=quoted(str(error))) from error
        except OSError as error:
            raise ModelError(f"it can't be read: {error.strerror or error}", where=path) from error
        try:
            yield folder
        except ModelError as error:
            place = error.where.replace(str(folder), str(path))
            raise ModelError(
                error.what, where=place, expected=error.expected, got=error.got, do=error.do
            ) from error


def _extract(archive: zipfile.ZipFile, folder: Path, where: Path) -> None:
    """Write the archive's files into the folder, by their last names."""
    files = [info for info in archive.infolist() if not info.is_dir()]
    if len(files) > MAXIMAL_FILES or sum(info.file_size for info in files) > MAXIMAL_BYTES:
        raise ModelError(
            "the ZIP holds more than a model",
            where=where,
            expected=f"at most {MAXIMAL_FILES} files and {MAXIMAL_BYTES} bytes",
        )
    for info in files:
        name = PurePosixPath(info.filename.replace("\\", "/")).name
        if name in {"", ".", ".."} or "\0" in name or ":" in name or (folder / name).exists():
            raise ModelError("unsupported file in the ZIP", where=where, got=quoted(info.filename))
        (folder / name).write_bytes(archive.read(info))
