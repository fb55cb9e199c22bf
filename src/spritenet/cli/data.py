"""Loading a data set for a command, with a progress bar while it is downloaded."""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from spritenet.dataset import Dataset

__all__ = ["load"]


def load(
    name: str,
    *,
    image_size: str | None = None,
    labels: Path | None = None,
    train: int | None = None,
) -> Dataset:
    """The data set of a name or a path.

    Args:
        name: of the catalog, or a path.
        image_size: of the images of a PNG that is no sprite; labels and train as well.
        labels: the file of its labels.
        train: how many of its images are for training.

    Raises:
        DataError: there is none, or it is damaged.
        DownloadError: it must be downloaded and can't be.
    """
    from spritenet import sources

    read = partial(sources.load, name, image_size=image_size, labels=labels, train=train)
    if not sys.stderr.isatty():
        return read()
    bars = _Bars()
    try:
        return read(progress=bars.show)
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
