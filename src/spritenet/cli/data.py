"""Loading a data set for a command, with a progress bar while it is downloaded or read."""

from __future__ import annotations

import sys
from functools import partial
from typing import TYPE_CHECKING

from spritenet.cli.reading import Reading

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from spritenet.dataset import Dataset
    from spritenet.dataset.lazy_dataset import LazyDataset

__all__ = ["load", "survey"]

AS_IT_IS = Reading()


def load(name: str, reading: Reading = AS_IT_IS) -> Dataset:
    """The data set of a name or a path. What must be left out of it is told on standard error.

    Args:
        name: of the catalog, a path, or an address.
        reading: how.

    Raises:
        DataError: there is none, it is damaged, or `reading` is strict and it leaves a doubt.
        DownloadError: it must be downloaded and can't be.
    """
    if "://" in name and not reading.given:
        from spritenet.cli.opened import fetched
        from spritenet.errors import DataError
        from spritenet.streams.open_stream import NO_SPRITE

        try:
            return fetched(name)
        except DataError as error:
            if error.what != NO_SPRITE:
                raise
    from spritenet.cli.counter import counting
    from spritenet.cli.notes import tell
    from spritenet.dataset.load_warnings import LoadWarnings

    listing = survey(name, reading)
    remarks = LoadWarnings()
    data = listing.to_dataset()
    if data is None:
        from spritenet.sprites.gather import as_dataset

        with counting("reading", len(listing)) as progress:
            data = as_dataset(listing, strict=reading.strict, remarks=remarks, progress=progress)
    else:
        remarks.add(notes=listing.notes)
    if reading.strict:
        remarks.raise_for_notes(name)
    tell(remarks)
    return data


def survey(name: str, reading: Reading = AS_IT_IS) -> LazyDataset:
    """The data set of a name or a path, its images not yet read if they need not be.

    Args:
        name: of the catalog, or a path.
        reading: how.

    Raises:
        DataError: there is none, it is damaged, or `reading` is strict and it leaves a doubt.
        DownloadError: it must be downloaded and can't be.
    """
    listing = _survey(name, reading)
    if reading.strict:
        from spritenet.dataset.load_warnings import LoadWarnings

        LoadWarnings(notes=[*listing.notes]).raise_for_notes(name)
    return listing


def _survey(name: str, reading: Reading) -> LazyDataset:
    """The same, with bars on a terminal while it is downloaded."""
    from spritenet import sources

    look = partial(sources.survey, name, **reading.arguments)
    if not sys.stderr.isatty():
        return look()
    bars = _Bars()
    try:
        return look(progress=bars.show)
    finally:
        bars.close()


class _Bars:
    """A bar for each file, made when its first bytes arrive."""

    def __init__(self) -> None:
        self.progress: Progress | None = None
        self.tasks: dict[str, TaskID] = {}

    def show(self, name: str, received: int, expected: int) -> None:
        """Bytes of a file arrived."""
        from rich.console import Console
        from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

        if self.progress is None:
            self.progress = Progress(
                TextColumn("{task.description}"),
                BarColumn(),
                DownloadColumn(),
                console=Console(stderr=True),
                transient=True,
            )
            self.progress.start()
        if name not in self.tasks:
            self.tasks[name] = self.progress.add_task(name)
        self.progress.update(self.tasks[name], completed=received, total=expected or None)

    def close(self) -> None:
        """Take the bars away."""
        if self.progress is not None:
            self.progress.stop()
