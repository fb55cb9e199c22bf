"""Data sets of commands: surveyed, loaded into memory, or streamed if they don't fit.

A name is that of the catalog, a path or an address. Only sprites are streamed.
"""

from __future__ import annotations

import math
import os
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from spritenet.address import is_address
from spritenet.cli.data_options import DataOptions
from spritenet.cli.terminal import DownloadBars, progress_bar
from spritenet.errors import DataError, InputError

if TYPE_CHECKING:
    from spritenet.dataset import Dataset, Split
    from spritenet.dataset.lazy_dataset import LazyDataset
    from spritenet.dataset.load_warnings import LoadWarnings
    from spritenet.streams import Stream

__all__ = ["load", "load_or_stream", "load_split", "print_warnings", "survey"]

DEFAULTS = DataOptions()

MEMORY_FRACTION = 0.5
"""Fraction of the machine's memory that images may take by default."""

ASSUMED_MEMORY = 8 << 30
"""Bytes of memory assumed where the system doesn't say."""

MOST_LINES = 20
"""Printed lines of each kind; `--json` has all of them."""


def survey(name: str, options: DataOptions = DEFAULTS) -> LazyDataset:
    """Returns the data set with its labels, its images not yet read if they need not be.

    Raises:
        DataError: there is none, it is damaged, or `options` are strict and a reading is ambiguous.
        DownloadError: it must be downloaded and can't be.
    """
    from spritenet import sources

    call = partial(sources.survey, name, **options.arguments)
    if sys.stderr.isatty():
        with DownloadBars() as bars:
            listing = call(progress=bars.update)
    else:
        listing = call()
    if options.strict:
        from spritenet.dataset.load_warnings import LoadWarnings

        LoadWarnings(notes=[*listing.notes]).raise_for_notes(name)
    return listing


def load(name: str, options: DataOptions = DEFAULTS) -> Dataset:
    """Returns the data set in memory, and prints its warnings on standard error.

    Raises:
        DataError: there is none, it is damaged, or `options` are strict and a reading is ambiguous.
        DownloadError: it must be downloaded and can't be.
    """
    sprites = _open_sprites(name, options=options) if is_address(name) else None
    return _read(name, sprites, options)


def load_or_stream(
    name: str, memory: str | None = None, options: DataOptions = DEFAULTS
) -> Dataset | Stream:
    """Returns the data set in memory if it fits, else as a stream.

    Args:
        name: of the catalog, a path, or an address.
        memory: limit of the images, such as "400MB"; None for half of the machine's memory.
        options: the read options. With any, the data is read into memory: sprites take none.

    Raises:
        DataError: there is none, it is damaged, or `options` are strict and a reading is ambiguous.
        DownloadError: it must be downloaded and can't be.
    """
    sprites = _open_sprites(name, memory, options)
    if sprites is not None and sprites.pixel_bytes > _limit(memory):
        return sprites
    return _read(name, sprites, options)


def load_split(
    name: str, split: str, memory: str | None = None, options: DataOptions = DEFAULTS
) -> Split:
    """Returns a split of a data set in memory; of a stream, no other split is read.

    Raises:
        DataError: there is none, or it is damaged.
        DownloadError: it must be downloaded and can't be.
        InputError: the split does not fit into memory.
    """
    from spritenet.dataset import Dataset

    data = load_or_stream(name, memory, options)
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
                do="Raise --memory, or call model.evaluate in Python, which streams.",
            )
        with progress_bar("reading", len(found)) as progress:
            return found.read(progress)


def print_warnings(warnings: LoadWarnings) -> None:
    """Prints a line for each image left out and for each note, on standard error."""
    left_out = [f"left out: {error}" for error in warnings.left_out]
    for lines in (left_out, [f"note: {note}." for note in warnings.notes]):
        for line in lines[:MOST_LINES]:
            print(line, file=sys.stderr)
        if len(lines) > MOST_LINES:
            print(f"… and {len(lines) - MOST_LINES:,} more", file=sys.stderr)


def _open_sprites(
    name: str, memory: str | None = None, options: DataOptions = DEFAULTS
) -> Stream | None:
    """Opens sprites that are remote, or that may not fit into memory; None for any other data."""
    remote = is_address(name)
    if options.given or not (remote or _may_be_large(Path(name), memory)):
        return None
    from spritenet import streams
    from spritenet.streams.open_stream import NO_SPRITE

    try:
        return streams.open(name) if memory is None else streams.open(name, memory=memory)
    except DataError as error:
        if remote and error.what == NO_SPRITE:
            return None
        raise


def _may_be_large(path: Path, memory: str | None) -> bool:
    """Returns whether a path is that of sprites that may exceed a limit of memory."""
    if path.name == "dataset.json" or (path / "dataset.json").is_file():
        return True
    if memory is None or not path.exists():
        return False
    from spritenet.sources.sprite import is_sprite

    return is_sprite(path)


def _read(name: str, sprites: Stream | None, options: DataOptions) -> Dataset:
    """Reads a data set into memory: sprites at an address from their stream, else by a survey."""
    if sprites is not None:
        with sprites:
            if is_address(name):
                with progress_bar("fetching", sprites.count) as progress:
                    return sprites.read(progress)
    from spritenet.dataset.load_warnings import LoadWarnings

    listing = survey(name, options)
    warnings = LoadWarnings()
    data = listing.to_dataset()
    if data is None:
        from spritenet.sprites.image_block import read_dataset

        with progress_bar("reading", len(listing)) as progress:
            data = read_dataset(
                listing, strict=options.strict, load_warnings=warnings, progress=progress
            )
    else:
        warnings.add(notes=listing.notes)
    if options.strict:
        warnings.raise_for_notes(name)
    print_warnings(warnings)
    return data


def _limit(memory: str | None) -> int:
    """Returns the bytes that images may take."""
    from spritenet.streams.settings import parse_bytes

    if memory is not None:
        return parse_bytes(memory, "--memory")
    try:
        whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows
        whole = ASSUMED_MEMORY
    return int(whole * MEMORY_FRACTION)
