"""Terminal output: results on standard output; progress bars and errors on standard error."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, TextIO

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn, TaskID
    from rich.table import Table

__all__ = [
    "DownloadBars",
    "PlainScreen",
    "columns",
    "console",
    "print_error",
    "print_json",
    "print_table",
    "process_seconds",
    "progress_bar",
    "shell_command",
    "table",
]

WIDEST = 110
"""Columns of a table at most, and those assumed where the output has no width."""

UNLIMITED = 1 << 16
"""Columns of a table in a pipe or a file, where a folded path could not be read back."""

IMPORTED = time.perf_counter()


CONTROLS = re.compile(
    r"\x1b(?!\[(?:[0-9;]*m|[0-9]*[AK]|\?25[hl]))"  # all but colours, and what moves a bar
    r"|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]"
)
"""Characters that control a terminal, or turn the direction of what follows."""


class PlainScreen:
    """A stream on which names of classes and files can't control the terminal.

    Args:
        stream: standard output or standard error.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Writes a text with ? in place of each control character."""
        return self._stream.write(text if text.isprintable() else CONTROLS.sub("?", text))

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the stream has
        return getattr(self._stream, name)


def columns() -> int:
    """Returns the width of the output."""
    return min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)


def console(width: int | None = None) -> Console:
    """Returns standard output as rich's console, which never reads class names as markup.

    Args:
        width: columns; by default those of the terminal.
    """
    from rich.console import Console

    return Console(width=width or columns(), markup=False, highlight=False, emoji=False)


def table(*heads: str, left: int = 1) -> Table:
    """Returns an empty table; the first `left` columns are words, the others numbers."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, head in enumerate(heads):
        made.add_column(head, justify="left" if place < left else "right", overflow="fold")
    return made


def print_table(made: Table) -> None:
    """Prints a table: cells are folded to fit a terminal or COLUMNS, and whole in a pipe."""
    folded = sys.stdout.isatty() or "COLUMNS" in os.environ
    console(None if folded else UNLIMITED).print(made)


def print_json(values: Mapping[str, object]) -> None:
    """Prints one JSON object on a line of its own, with null for NaN and infinities."""
    sys.stdout.flush()
    print(json.dumps(_without_nan(values), ensure_ascii=False))


def _without_nan(value: object) -> object:
    """Returns the value with None for NaN and infinities, which JSON doesn't have."""
    if isinstance(value, Mapping):
        return {str(key): _without_nan(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(inner) for inner in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value


def print_error(line: str) -> None:
    """Prints one line on standard error, its first word in red on a terminal."""
    word = "error:"
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        word = f"\x1b[1;31m{word}\x1b[0m"
    text = " ".join(line.split())
    print(word, text.encode("utf-8", "replace").decode(), file=sys.stderr)


def shell_command(words: Sequence[object]) -> str:
    """Returns a command as it can be pasted into a shell."""
    return shlex.join(str(word) for word in words)


@contextmanager
def progress_bar(description: str, total: int) -> Iterator[Callable[[int], object] | None]:
    """Shows a progress bar that counts images, if standard error is a terminal.

    Args:
        description: of the work, such as "packing".
        total: number of images.

    Yields:
        A function to call with the number of images done since the last call, from any thread;
        None without a bar.
    """
    if not sys.stderr.isatty():
        yield None
        return
    from rich.progress import MofNCompleteColumn

    with _progress(MofNCompleteColumn()) as progress:
        task = progress.add_task(description, total=total)
        yield lambda count: progress.advance(task, count)


class DownloadBars:
    """A progress bar for each downloaded file, added when its first bytes arrive."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self._progress is not None:
            self._progress.stop()

    def update(self, name: str, received: int, expected: int) -> None:
        """Shows how many bytes of a file have arrived, of how many (0: unknown)."""
        from rich.progress import DownloadColumn

        if self._progress is None:
            self._progress = _progress(DownloadColumn())
            self._progress.start()
        if name not in self._tasks:
            self._tasks[name] = self._progress.add_task(name)
        self._progress.update(self._tasks[name], completed=received, total=expected or None)


def _progress(count: ProgressColumn) -> Progress:
    """Returns an empty progress display on standard error."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    words = TextColumn("{task.description}")
    return Progress(words, BarColumn(), count, console=Console(stderr=True), transient=True)


def process_seconds() -> float:
    """Returns the seconds since this process began, imports included; since this import elsewhere.

    Linux counts a process's start in clock ticks since the machine's start: proc(5), field 22.
    """
    try:
        fields = Path("/proc/self/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        started = int(fields[19]) / os.sysconf("SC_CLK_TCK")
        return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - started)
    except (OSError, ValueError, IndexError, AttributeError):  # other systems
        return time.perf_counter() - IMPORTED
