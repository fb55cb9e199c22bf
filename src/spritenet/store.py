"""Stores, such as `s3://` and `gs://`, by fsspec. The one module that knows it."""

from __future__ import annotations

from typing import Any

from spritenet.address import redact
from spritenet.errors import DownloadError, InputError, MissingExtraError

__all__ = ["open_store", "reason_of"]


def open_store(address: str, doing: str) -> tuple[Any, str]:
    """Returns the file system of an address, and the path in it.

    Args:
        address: `s3://bucket/digits.png`, `gs://…`, `memory://…`.
        doing: the action, for messages: "reading from".

    Raises:
        MissingExtraError: fsspec, or its part for such addresses, is not installed.
        InputError: the kind of address is unknown.
        DownloadError: the store doesn't answer.
    """
    try:
        from fsspec.core import url_to_fs

        files, path = url_to_fs(address)
    except ImportError:
        scheme = address.partition("://")[0]
        raise MissingExtraError(f"{doing} {scheme}://", "fsspec") from None
    except ValueError as error:
        raise InputError("unknown kind of address", where=redact(address), got=error) from None
    except Exception as error:  # noqa: BLE001 - each store raises errors of its own
        raise DownloadError(
            "can't be reached", where=redact(address), got=reason_of(error)
        ) from None
    return files, path


def reason_of(error: BaseException) -> str:
    """Returns the reason of a store's error, in one short line."""
    text = " ".join(str(error).split())
    return text[:120] or type(error).__name__
