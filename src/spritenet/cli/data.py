"""Loading a data set for a command, with a progress bar while it is downloaded or read."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from spritenet.dataset import Dataset
    from spritenet.dataset.listing import Listing

__all__ = ["load", "survey"]


def load(
    name: str,
    *,
    image_size: str | None = None,
    labels: Path | None = None,
    train: int | None = None,
) -> Dataset:
    """The data set of a name or a path. What must be left out of it is told on standard error.

    Args:
        name: of the catalog, a path, or an address.
        image_size: of images that are stored as rows of numbers.
        labels: the file of the labels of a PNG that is no sprite, or of an npy file.
        train: how many images of such a PNG are for training.

    Raises:
        DataError: there is none, or it is damaged.
        DownloadError: it must be downloaded and can't be.
    """
    if "://" in name and not (image_size or labels or train):
        from spritenet.cli.opened import fetched
        from spritenet.errors import DataError
        from spritenet.streams.opening import NO_SPRITE

        try:
            return fetched(name)
        except DataError as error:
            if error.what != NO_SPRITE:
                raise
    from spritenet.cli.counter import counting
    from spritenet.cli.told import tell
    from spritenet.dataset.remarks import Remarks

    listing = survey(name, image_size=image_size, labels=labels, train=train)
    remarks = Remarks()
    data = listing.at_hand()
    if data is None:
        from spritenet.sprites.gather import as_dataset

        with counting("reading", len(listing)) as progress:
            data = as_dataset(listing, remarks=remarks, progress=progress)
    else:
        remarks.add(notes=listing.notes)
    tell(remarks)
    return data


def survey(
    name: str,
    *,
    size: str | None = None,
    fit: str | None = None,
    color: str | None = None,
    image_size: str | None = None,
    labels: Path | None = None,
    train: int | None = None,
) -> Listing:
    """The data set of a name or a path, its images not yet read if they need not be.

    Args:
        name: of the catalog, or a path.
        size: that pictures get.
        fit: how they get it.
        color: how many channels they get.
        image_size: of images that are stored as rows of numbers.
        labels: the file of the labels of a PNG that is no sprite, or of an npy file.
        train: how many images of such a PNG are for training.

    Raises:
        DataError: there is none, or it is damaged.
        DownloadError: it must be downloaded and can't be.
    """
    from spritenet import sources

    look = partial(
        sources.survey,
        name,
        size=size,
        fit=fit,
        color=color,
        image_size=image_size,
        labels=labels,
        train=train,
    )
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
