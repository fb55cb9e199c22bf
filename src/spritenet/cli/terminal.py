"""Where output goes: standard output for people and programs, tables through rich."""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

__all__ = ["columns", "command", "complain", "console", "print_json", "table"]

WIDEST = 110
"""Columns a table takes at most, and where nobody says how wide the output is."""


def columns() -> int:
    """Columns that output has."""
    return min(WIDEST, shutil.get_terminal_size((WIDEST, 24)).columns)


def console() -> Console:
    """Standard output through rich; class and file names are never taken for markup."""
    from rich.console import Console

    return Console(width=columns(), markup=False, highlight=False, emoji=False)


def table(*heads: str, left: int = 1) -> Table:
    """An empty table; the first `left` columns are words, the others numbers."""
    from rich import box
    from rich.table import Table

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for place, head in enumerate(heads):
        made.add_column(head, justify="left" if place < left else "right", overflow="fold")
    return made


def print_json(values: Mapping[str, object]) -> None:
    """One JSON object on a line of its own; what is not a number there becomes null."""
    sys.stdout.flush()
    print(json.dumps(_plain(values), ensure_ascii=False))


def _plain(value: object) -> object:
    """The value with null for NaN and infinities, which JSON doesn't have."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float) and not abs(value) < float("inf"):
        return None
    return value


def complain(line: str) -> None:
    """One line on standard error, its first word red on a terminal."""
    word = "error:"
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        word = f"\x1b[1;31m{word}\x1b[0m"
    text = " ".join(line.split())
    print(word, text.encode("utf-8", "replace").decode(), file=sys.stderr)


def command(words: Sequence[object]) -> str:
    """A command as it can be pasted into a shell."""
    import shlex

    return shlex.join(str(word) for word in words)
