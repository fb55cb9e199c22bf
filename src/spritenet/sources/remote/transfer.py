"""Transfer: copies a whole file from the web, a store or a disk into an open file."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

from spritenet.address import is_address
from spritenet.errors import DownloadError

__all__ = ["Progress", "TransferError", "transfer"]

CONNECT_SECONDS = 6.0
READ_SECONDS = 15.0  # without receiving a byte
SLOWEST_BYTES_PER_SECOND = 2_000  # on average, after the first READ_SECONDS
CHUNK = 1 << 16

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes received, and the bytes expected (0: not known)."""

Pieces = Iterator[bytes]


class TransferError(Exception):
    """The transfer failed; the text is the reason, in a few words.

    Args:
        why: the reason.
        missing: True if the server answered that the file is missing.
    """

    def __init__(self, why: str, *, missing: bool = False) -> None:
        super().__init__(why)
        self.missing = missing


def transfer(
    address: str, out: IO[bytes], name: str, limit: int, progress: Progress | None = None
) -> None:
    """Copies the file at an address; raises an error if it is too long or too slow.

    Args:
        address: `https://…`; `s3://…` and others with the extra `fsspec`; or a path.
        out: the file to write to.
        name: the name for `progress`.
        limit: the largest number of bytes.
        progress: called for every chunk that arrives.

    Raises:
        TransferError: the file is missing, unreachable or too long.
        MissingExtraError: fsspec, or its backend for such addresses, isn't installed.
        InputError: the protocol of the address is unknown.
    """
    scheme = address.partition("://")[0].lower() if is_address(address) else ""
    if scheme in {"http", "https"}:
        _from_web(address, out, name, limit, progress)
    elif scheme:
        _from_store(address, out, name, limit, progress)
    else:
        try:
            file = Path(address).open("rb")  # noqa: SIM115 - closed below
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            raise TransferError(error.strerror or str(error), missing=missing) from None
        with file:
            _copy(_pieces(file), 0, out, name, limit, progress)


def _from_web(
    address: str, out: IO[bytes], name: str, limit: int, progress: Progress | None
) -> None:
    from spritenet.http_client import HttpClient, HTTPError, RedirectError, reason_of

    client = HttpClient(READ_SECONDS, CONNECT_SECONDS)
    try:
        response = client.get(address)
        if response.status != 200:
            raise TransferError(
                f"HTTP {response.status}", missing=response.status in {403, 404, 410}
            )
        said = response.headers.get("content-length", "")
        total = int(said) if said.isdecimal() else 0
        pieces = iter(lambda: response.read1(CHUNK), b"")
        _copy(pieces, total, out, name, limit, progress)
    except RedirectError as error:
        raise TransferError(str(error)) from None
    except HTTPError as error:
        raise TransferError(reason_of(error)) from None
    finally:
        client.close()


def _from_store(
    address: str, out: IO[bytes], name: str, limit: int, progress: Progress | None
) -> None:
    from spritenet.store import open_store, reason_of

    try:
        files, path = open_store(address, "reading from")
    except DownloadError as error:
        raise TransferError(error.got or error.what) from None
    try:
        files.invalidate_cache()
        total = files.info(path).get("size") or 0
        file = files.open(path, "rb")
    except FileNotFoundError:
        raise TransferError("missing file", missing=True) from None
    except Exception as error:  # noqa: BLE001 - each store raises errors of its own
        raise TransferError(reason_of(error)) from None
    with file:
        _copy(_pieces(file), total, out, name, limit, progress)


def _pieces(file: IO[bytes]) -> Pieces:
    """Yields a file's bytes; errors become `TransferError`, unlike errors of writing."""
    from spritenet.store import reason_of

    while True:
        try:
            piece = file.read(CHUNK)
        except Exception as error:  # noqa: BLE001 - each store raises errors of its own
            raise TransferError(reason_of(error)) from None
        if not piece:
            return
        yield piece


def _copy(
    pieces: Pieces,
    total: int,
    out: IO[bytes],
    name: str,
    limit: int,
    progress: Progress | None,
) -> None:
    """Writes the pieces; `total` is the announced number of bytes, 0 if unknown."""
    received, began = 0, time.monotonic()
    if total > limit:
        raise TransferError(f"sends more than {limit:,} bytes")
    for piece in pieces:
        received += len(piece)
        if received > limit:
            raise TransferError(f"sends more than {limit:,} bytes")
        seconds = time.monotonic() - began
        if seconds > READ_SECONDS and received < seconds * SLOWEST_BYTES_PER_SECOND:
            raise TransferError(f"too slow: {received:,} bytes in {seconds:.0f} s")
        out.write(piece)
        if progress is not None:
            progress(name, received, total)
    if total and received != total:
        raise TransferError("the connection broke")
