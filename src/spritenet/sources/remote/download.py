"""Downloads of known files from mirrors into the cache, checked by their hashes.

A file gets its name only after its hash was checked. Until then it is a temporary file in the same
folder, which is removed in any case.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from spritenet.destination import local_only
from spritenet.errors import DataError, DownloadError
from spritenet.sources.inflate import GZIP_MAGIC, inflate
from spritenet.sources.remote.transfer import Progress, TransferError, transfer

__all__ = [
    "Progress",
    "RemoteFile",
    "cache_folder",
    "download",
    "matches_hash",
    "mirrors_of",
]

CACHE_VARIABLE = "SPRITENET_CACHE"
MIRROR_VARIABLE = "SPRITENET_MIRROR"


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """A file with a known hash, or with a `check` of its content.

    Args:
        name: the file name on every mirror and in the cache: "train-images-idx3-ubyte.gz".
        size: the inflated size in bytes.
        sha256: the hash of the inflated content, in hex; "" if only the gzip file's is published.
        gzip_sha256: the hash of the gzip file, in hex; "" if `sha256` is enough.
        check: for files without a published hash, returns the fault of the bytes, "" for none.
    """

    name: str
    size: int
    sha256: str = ""
    gzip_sha256: str = ""
    check: Callable[[bytes], str] | None = None


def cache_folder() -> Path:
    """Returns the folder of downloads: `$SPRITENET_CACHE`, else the system's cache folder."""
    chosen = os.environ.get(CACHE_VARIABLE)
    if chosen:
        return local_only(chosen, f"Set {CACHE_VARIABLE} to a folder.").expanduser()
    system: str = sys.platform
    if system == "linux":  # as platformdirs does, without importing it
        caches = os.environ.get("XDG_CACHE_HOME", "").strip() or "~/.cache"
        return Path(caches).expanduser() / "spritenet"
    from platformdirs import user_cache_path

    return user_cache_path("spritenet")


def mirrors_of(name: str, mirrors: Sequence[str]) -> tuple[str, ...]:
    """Returns the mirrors of a data set: `$SPRITENET_MIRROR/NAME/` first, if that is set.

    Args:
        name: the data set's name in the catalog.
        mirrors: the mirrors in the catalog.
    """
    chosen = os.environ.get(MIRROR_VARIABLE, "").strip()
    return (f"{chosen.rstrip('/')}/{name}/", *mirrors) if chosen else tuple(mirrors)


def matches_hash(path: Path, file: RemoteFile) -> bool:
    """Returns True if a local file has the known hash, gzipped or not."""
    try:
        return _complaint(path.read_bytes(), file, path) == ""
    except (OSError, MemoryError):
        return False


def download(
    file: RemoteFile, mirrors: Sequence[str], folder: Path, progress: Progress | None = None
) -> str:
    """Fetches a file into a folder.

    Args:
        file: the file, with its size and hash.
        mirrors: base addresses, tried in order.
        folder: the existing folder to write it to.
        progress: called for every chunk that arrives.

    Returns:
        The mirror it came from.

    Raises:
        DownloadError: every mirror failed; the message names each one's failure.
        OSError: writing the file fails.
    """
    from urllib.parse import urlsplit

    failures = []
    for mirror in mirrors:
        try:
            _download_from(mirror, file, folder, progress)
        except TransferError as error:
            failures.append(f"{urlsplit(mirror).hostname or mirror}: {error}")
        else:
            return mirror
    raise DownloadError("can't be downloaded", where=file.name, got="; ".join(failures))


def _download_from(mirror: str, file: RemoteFile, folder: Path, progress: Progress | None) -> None:
    part = folder / f"{file.name}.{os.getpid()}.part"
    try:
        with part.open("wb") as out:
            limit = file.size + (1 << 20)  # of the gzip file or the inflated one
            transfer(mirror + file.name, out, file.name, limit, progress)
            out.flush()
            os.fsync(out.fileno())  # otherwise a crash could leave an empty file under that name
        content = part.read_bytes()
        complaint = _complaint(content, file, part)
        if complaint:
            raise TransferError(complaint)
        # Some servers inflate gzip files and send the content under the gzip file's name.
        name = file.name if content.startswith(GZIP_MAGIC) else file.name.removesuffix(".gz")
        part.replace(folder / name)
    finally:
        part.unlink(missing_ok=True)


def _complaint(content: bytes, file: RemoteFile, path: Path) -> str:
    """Returns the fault of a file's bytes in a few words; "" if they match."""
    from hashlib import sha256

    if not content:
        return "an empty file"
    if content.lstrip()[:1] == b"<":
        return "a web page in its place"
    if file.check is not None:
        return file.check(content)
    gzipped = content.startswith(GZIP_MAGIC)
    if gzipped and sha256(content).hexdigest() == file.gzip_sha256:
        return ""
    try:
        inflated = inflate(content, file.size, path) if gzipped else content
    except DataError as error:
        return f"a file that {error.what}"
    found = sha256(inflated).hexdigest()
    if file.sha256:
        known = f"SHA-256 {found[:12]}…, expected {file.sha256[:12]}…"
    else:
        known = f"known is the gzip file of SHA-256 {file.gzip_sha256[:12]}…"
    return "" if found == file.sha256 else f"another file ({known})"
