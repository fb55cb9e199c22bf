"""Destinations: the places of results, on this machine or in a store.

Everything that writes calls `destination` or `local_only` first. The first writes into a temporary
folder and uploads it; the second refuses addresses, which would otherwise become a local folder
`s3:` that nobody looks for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from spritenet.address import address_of, path_of, redact
from spritenet.errors import DataError, InputError
from spritenet.store import open_store, reason_of

__all__ = ["Destination", "destination", "local_only"]

WEB = {"http", "https", "ftp", "data"}
"""Schemes that are read from, never written to."""

LAST = {"dataset.json", "model.json"}
"""Files that refer to others: uploaded last, so that nobody follows them too early."""


@dataclass(frozen=True, slots=True)
class Destination:
    """A place to write to.

    Args:
        path: the local path.
        parent: the address of the folder for the upload, with its last slash; "" for none.
    """

    path: Path
    parent: str = ""

    def of(self, written: Path) -> Path | str:
        """Returns the final path or address of something written here."""
        if not self.parent:
            return written
        return f"{self.parent}{written.relative_to(self.path.parent).as_posix()}"


def local_only(
    where: object,
    do: str = "Name a path on this machine.",
    what: str = "can't be written to an address",
) -> Path:
    """Returns the path, where addresses aren't supported.

    Args:
        where: a path, or `file://…`.
        do: the advice of the error.
        what: the first words of the error.

    Raises:
        InputError: it is an address.
    """
    address = address_of(where)
    if not address:
        return Path(str(where)).expanduser()
    if address.startswith("file://"):
        return path_of(address)
    raise InputError(what, where=redact(address), do=do)


@contextmanager
def destination(where: object) -> Iterator[Destination]:
    """Provides a place for a file or a folder, and uploads it if its address is that of a store.

    Args:
        where: a path, or an address such as `s3://bucket/digits.png`.

    Yields:
        The place. Everything written to its path, and beside it, is uploaded at the end, whole or
        not at all. A single file replaces an existing one, as on a disk; several don't.

    Raises:
        InputError: the address is one of the web, or of no kind that is known.
        MissingExtraError: fsspec, or its part for such addresses, is not installed.
        DataError: the output already exists, or the store refuses it.
        DownloadError: the store doesn't answer.
    """
    address = address_of(where)
    if not address or address.startswith("file://"):
        yield Destination(local_only(where))
        return
    if address.partition("://")[0].lower() in WEB:
        raise InputError(
            "web addresses can't be written to",
            where=redact(address),
            expected="a path, or an address of a store, such as s3://bucket/name",
        )
    files, target = open_store(address, "writing to")
    scheme, _, rest = address.partition("://")
    folder, mark, name = rest.rstrip("/").rpartition("/")
    if not name:
        raise InputError(
            "the address has no file name",
            where=redact(address),
            expected="such as s3://bucket/name",
        )
    from tempfile import TemporaryDirectory

    with TemporaryDirectory(prefix="spritenet-") as scratch:
        place = Destination(Path(scratch) / name, f"{scheme}://{folder}{mark}")
        yield place
        _upload(files, target.rstrip("/").rpartition("/")[0], Path(scratch), address)


def _upload(files: Any, parent: str, scratch: Path, address: str) -> None:  # noqa: ANN401 - a file system of fsspec, which has no types
    """Uploads all files of a folder, or none.

    Raises:
        DataError: the output already exists, or the store refuses it; nothing new is left there.
    """
    found = [path for path in sorted(scratch.rglob("*")) if path.is_file()]
    found.sort(key=lambda path: path.name in LAST)
    targets = [f"{parent}/{path.relative_to(scratch).as_posix()}" for path in found]
    begun: list[str] = []
    try:
        _check_free(files, parent, scratch, targets, address)
        for path, remote in zip(found, targets, strict=True):
            if not (len(targets) == 1 and files.exists(remote)):
                begun.append(remote)
            files.put_file(str(path), remote)
            size = files.info(remote).get("size")
            if size != path.stat().st_size:
                raise OSError(f"{size} bytes of {path.stat().st_size:,} arrived")  # noqa: TRY301 - handled as a store's own
    except DataError:
        raise
    except BaseException as error:
        for remote in begun:
            with contextlib.suppress(Exception):
                files.rm_file(remote)
        if not isinstance(error, Exception):
            raise  # interrupted
        raise DataError(
            "can't be written",
            where=redact(address),
            got=reason_of(error),
            do="What had been uploaded is removed.",
        ) from None


def _check_free(files: Any, parent: str, scratch: Path, targets: list[str], address: str) -> None:  # noqa: ANN401 - as above
    """Raises DataError if several files would be mixed with existing ones."""
    files.invalidate_cache()
    tops = {f"{parent}/{path.name}": path.is_dir() for path in scratch.iterdir()}
    taken = [
        top
        for top, folder in tops.items()
        if (files.find(top) if folder else len(targets) > 1 and files.exists(top))
        or (not folder and files.isdir(top))
    ]
    if taken:
        raise DataError(
            "the output already exists",
            where=redact(address),
            expected="a new name",
            got=", ".join(Path(one).name for one in taken[:3]),
            do="Several files can't be replaced at once in a store; choose another name.",
        )
