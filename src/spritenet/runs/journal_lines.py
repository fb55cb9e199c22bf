"""The lines of a journal, with random access: a file of 1 GB is not read to see its end.

A line that is torn, or no JSON object, is skipped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from spritenet.errors import RunError

__all__ = ["STEP", "JournalLines", "entries_of", "entry_of", "is_step"]

BLOCK = 1 << 16
"""Bytes read at a time."""

LONGEST = 1 << 22
"""Bytes that a line may have; longer ones are skipped."""

STEP = b'{"event": "step"'
"""The beginning of a step's line."""


def entry_of(line: bytes) -> dict[str, Any]:
    """Parses the JSON object of a line; returns an empty one if it is none."""
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return entry if isinstance(entry, dict) else {}


def entries_of(lines: Sequence[bytes]) -> list[dict[str, Any]]:
    """Parses many lines at once, in a third of the time."""
    try:
        entries = json.loads(b"[" + b",".join(lines) + b"]")
    except (ValueError, RecursionError):
        entries = None
    if entries is None or len(entries) != len(lines):  # one is broken
        return [entry_of(line) for line in lines]
    return [entry if isinstance(entry, dict) else {} for entry in entries]


def is_step(entry: Mapping[str, object]) -> bool:
    """Returns whether an entry is that of a step."""
    return entry.get("event") == "step"


class JournalLines:
    """A journal open for reading; a context manager.

    Args:
        path: the file.

    Raises:
        RunError: there is none, or it can't be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            self._file = path.open("rb", buffering=0)
        except OSError as error:
            raise RunError(
                f"the journal can't be read: {error.strerror or error}", where=path
            ) from error

    @property
    def size(self) -> int:
        """The size of the file now, in bytes."""
        return os.fstat(self._file.fileno()).st_size

    def read(self, start: int, count: int) -> bytes:
        """Reads bytes from an offset on; fewer at the end."""
        parts = []
        self._file.seek(start)
        while count > 0 and (part := self._file.read(min(count, 1 << 24))):
            parts.append(part)
            count -= len(part)
        return b"".join(parts)

    def blocks(self, start: int, end: int) -> Iterator[tuple[int, list[bytes]]]:
        """Yields whole lines, many at a time, with the offset of the first one.

        Args:
            start: where a line begins.
            end: lines that end later are left out.
        """
        rest, at = b"", start
        while at + len(rest) < end:
            block = self.read(at + len(rest), min(BLOCK, end - at - len(rest)))
            if not block:
                return
            cut = block.rfind(b"\n") + 1
            if cut:
                whole = rest + block[:cut]
                yield at, whole[:-1].split(b"\n")
                rest, at = block[cut:], at + len(whole)
            else:
                rest += block
            if len(rest) > LONGEST:  # no line: go on at the next one
                found = self.line_after(at + len(rest), end)
                if found is None:
                    return
                rest, at = b"", found[0]

    def whole(self, start: int, end: int) -> Iterator[tuple[int, bytes]]:
        """Yields offset and content of each whole line, from the start of a line to `end`."""
        for at, lines in self.blocks(start, end):
            place = at
            for line in lines:
                yield place, line
                place += len(line) + 1

    def line_after(self, start: int, end: int) -> tuple[int, bytes] | None:
        """Returns the first whole line that begins at `start` or later and before `end`.

        `start` itself counts as a beginning only if it is 0 or follows a line's end.
        """
        at = max(0, start - 1)
        size, data = 1024, b""
        while at + len(data) < end or not data:
            more = self.read(at + len(data), size)
            if not more:
                return None
            data += more
            size = BLOCK
            first = 0 if start == 0 else data.find(b"\n") + 1
            if start and not first:
                if len(data) > LONGEST:
                    return None
                continue
            if at + first >= end:
                return None
            last = data.find(b"\n", first)
            if last >= 0:
                return at + first, data[first:last]
            if len(data) > LONGEST:
                return None
        return None

    def last_other(self, end: int, reach: int = 1 << 25) -> int:
        """Returns the offset of the last line before `end` that isn't a step's, or -1.

        Args:
            end: the end of a line.
            reach: bytes to look back at most.
        """
        floor = max(0, end - reach)
        tail = b""
        at = end
        while at > floor:
            count = min(1 << 20, at - floor)
            at -= count
            data = self.read(at, count) + tail
            cut = 0 if at == 0 else data.find(b"\n") + 1
            if at and not cut:
                tail = data
                continue
            place, found = at + cut, -1
            for line in data[cut:].split(b"\n")[:-1]:
                if not line.startswith(STEP) and entry_of(line):
                    found = place
                place += len(line) + 1
            if found >= 0:
                return found
            tail = data[:cut]
        return -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()
