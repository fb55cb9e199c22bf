"""Downloads of known files from mirrors into the cache, checked by their hashes.

A file appears under its name only after its hash was found right; until then it has a name of its
own beside it, which is removed whatever happens.
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
    """A file that is known byte by byte, or as far as `check` knows it.

    Args:
        name: what it is called on every mirror, and here: "train-images-idx3-ubyte.gz".
        size: its size when inflated, in bytes.
        sha256: of what it inflates to, in hex; "" where only the gzip file's is published.
        gzip_sha256: of the gzip file itself, in hex; "" where `sha256` is enough.
        check: says what is wrong with its bytes, "" for nothing, where no hash is published.
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
    if system == "linux":  # as platformdirs says, without importing it
        caches = os.environ.get("XDG_CACHE_HOME", "").strip() or "~/.cache"
        return Path(caches).expanduser() / "spritenet"
    from platformdirs import user_cache_path

    return user_cache_path("spritenet")


def mirrors_of(name: str, mirrors: Sequence[str]) -> tuple[str, ...]:
    """Returns the mirrors of a data set: `$SPRITENET_MIRROR/NAME/` first, if that is set.

    Args:
        name: of the data set, in the catalog.
        mirrors: its own.
    """
    chosen = os.environ.get(MIRROR_VARIABLE, "").strip()
    return (f"{chosen.rstrip('/')}/{name}/", *mirrors) if chosen else tuple(mirrors)


def matches_hash(path: Path, file: RemoteFile) -> bool:
    """True if a local file has the known hash, gzipped or not."""
    try:
        return _complaint(path.read_bytes(), file, path) == ""
    except (OSError, MemoryError):
        return False


def download(
    file: RemoteFile, mirrors: Sequence[str], folder: Path, progress: Progress | None = None
) -> str:
    """Fetches a file into a folder.

    Args:
        file: which one, and how to know it.
        mirrors: addresses to put its name behind, tried one after the other.
        folder: where to put it, under its own name; it must exist.
        progress: called for every chunk that arrives.

    Returns:
        The mirror that had it.

    Raises:
        DownloadError: no mirror had it; the line says what each one did.
        OSError: it can't be written.
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
            limit = file.size + (1 << 20)  # no gzip of it is longer, and an inflated one fits
            transfer(mirror + file.name, out, file.name, limit, progress)
            out.flush()
            os.fsync(out.fileno())  # else a crash could leave the name without the content
        content = part.read_bytes()
        complaint = _complaint(content, file, part)
        if complaint:
            raise TransferError(complaint)
        # A server that "helpfully" inflates has sent the content under the gzip file's name.
        name = file.name if content.startswith(GZIP_MAGIC) else file.name.removesuffix(".gz")
        part.replace(folder / name)
    finally:
        part.unlink(missing_ok=True)


def _complaint(content: bytes, file: RemoteFile, path: Path) -> str:
    """Returns the fault of a file's bytes in a few words; "" if they are the known ones."""
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
