"""The static files of the pages: as they lie, or out of the archive in which a wheel holds them.

The built pages share most of their bytes, and so do the cores: in one archive they take a third of
the room. hatch_build.py makes it; a clone has the files themselves.
"""

from __future__ import annotations

import tarfile
from functools import cache
from pathlib import Path

__all__ = ["ARCHIVE", "STATIC", "archived", "static_bytes", "static_text"]

STATIC = Path(__file__).parent / "static"
ARCHIVE = "archive.tar.xz"


def static_bytes(name: str) -> bytes:
    """Returns a static file's content.

    Args:
        name: its path below `STATIC`, with slashes.

    Raises:
        OSError: there is no such file.
    """
    path = STATIC / name
    content = None if path.is_file() else archived(STATIC / ARCHIVE).get(name)
    return path.read_bytes() if content is None else content


def static_text(name: str) -> str:
    """Returns a static text file's content.

    Args:
        name: its path below `STATIC`, with slashes.

    Raises:
        OSError: there is no such file.
    """
    return static_bytes(name).decode()


@cache
def archived(archive: Path) -> dict[str, bytes]:
    """Returns the archive's files by their path below `STATIC`; none if there is no archive."""
    if not archive.is_file():
        return {}
    with tarfile.open(archive, "r:xz") as tar:
        files = [member for member in tar.getmembers() if member.isfile()]
        return {file.name: found.read() for file in files if (found := tar.extractfile(file))}
