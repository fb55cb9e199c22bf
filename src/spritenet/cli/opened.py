"""Data sets for a command that may be on other machines, or larger than memory."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from spritenet.cli.data import AS_IT_IS, load
from spritenet.cli.reading import Reading

if TYPE_CHECKING:
    from spritenet.dataset import Dataset, Split
    from spritenet.streams import Stream

__all__ = ["fetched", "load_or_open", "one_split"]

SHARE = 2
"""Of the machine's memory, half is for images: the other half is for everything else."""

UNKNOWN = 4 << 30
"""Bytes of memory that a machine is taken to have which doesn't say."""


def load_or_open(
    name: str, memory: str | None = None, reading: Reading = AS_IT_IS
) -> Dataset | Stream:
    """The data set of a name, a path or an address: in memory if it fits, else as a stream.

    Args:
        name: of the catalog, a path, or an address.
        memory: what images may take, "400MB"; None for half of the machine's.
        reading: how. Sprites that may be larger than memory say all of it themselves.

    Raises:
        DataError: there is none, or it is damaged.
        DownloadError: it is far away and can't be had.
    """
    far = "://" in name
    if reading.given or not (far or _is_folder(name) or (memory and _is_sprite(name))):
        return load(name, reading)
    from spritenet.errors import DataError
    from spritenet.streams.open_stream import NO_SPRITE

    try:
        stream = _stream(name, memory)
    except DataError as error:
        if far and error.what == NO_SPRITE:
            return load(name, reading)
        raise
    if stream.pixel_bytes > _limit(memory):
        return stream
    if not far:
        stream.close()
        return load(name, reading)
    with stream:
        return _read(stream)


def one_split(
    name: str, split: str, memory: str | None = None, reading: Reading = AS_IT_IS
) -> Split:
    """A split of such a data set in memory; of a stream no other split is read.

    Raises:
        DataError: there is none, or it is damaged.
        DownloadError: it is far away and can't be had.
        InputError: it does not fit into memory.
    """
    import math

    from spritenet.cli.counter import counting
    from spritenet.dataset import Dataset
    from spritenet.errors import InputError

    data = load_or_open(name, memory, reading)
    if isinstance(data, Dataset):
        return data[split]
    with data:
        found = data[split]
        size, limit = len(found) * math.prod(data.image_shape), _limit(memory)
        if size > limit:
            raise InputError(
                "the split does not fit into memory",
                where=f"{name}, {split}",
                expected=f"at most {limit:,} bytes",
                got=f"{size:,}",
                do="Give it more --memory; or call model.evaluate on it in Python, which streams.",
            )
        with counting("reading", len(found)) as progress:
            return found.read(progress)


def fetched(name: str) -> Dataset:
    """The sprites at an address, in memory.

    Raises:
        DataError: they are damaged.
        DownloadError: they can't be had.
    """
    with _stream(name, None) as stream:
        return _read(stream)


def _stream(name: str, memory: str | None) -> Stream:
    from spritenet import streams

    return streams.open(name) if memory is None else streams.open(name, memory=memory)


def _read(stream: Stream) -> Dataset:
    from spritenet.cli.counter import counting

    with counting("fetching", stream.count) as progress:
        return stream.read(progress)


def _is_folder(name: str) -> bool:
    """Whether a path is that of a folder of sprites, the only data set that may be too large."""
    path = Path(name)
    return path.name == "dataset.json" or (path / "dataset.json").is_file()


def _is_sprite(name: str) -> bool:
    from spritenet.sources.sprite import is_sprite

    path = Path(name)
    return path.exists() and is_sprite(path)


def _limit(memory: str | None) -> int:
    """Bytes that images may take."""
    from spritenet.streams.settings import parse_bytes

    if memory is not None:
        return parse_bytes(memory, "--memory")
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        whole = UNKNOWN
    return whole // SHARE
