"""Followers of a journal, for pages: steps in columns, other events as they are, then what is new.

A large journal is sampled: its beginning, its newest steps and all other events are read whole, and
only some of the steps between. The result has the sampling factor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from spritenet.runs.journal_lines import JournalLines, entries_of, entry_of, is_step

__all__ = ["COLUMNS", "JournalFollower"]

COLUMNS = ("step", "at", "loss", "correct", "images", "learning_rate")
"""The fields of each step."""

WHOLE = 24 << 20
"""Bytes of a journal that is read whole: 160,000 steps."""

HEAD, TAIL = 1 << 18, 1 << 21
"""Bytes of a larger one's two ends that are read whole."""

PLACES = 8192
"""Steps that are sampled between the ends."""

OTHERS = 20_000
"""Newest lines of other events than steps that are followed back."""

MARK = 64
"""Bytes before the reader's offset that must stay the same: else the file was cut."""


@dataclass(slots=True)
class JournalUpdate:
    """The new content of a journal.

    Attributes:
        restarted: True if earlier content is void and this is all of it.
        sampled: the sampling factor of the steps; 1 for all.
        steps: the columns, of equal length; None in place of numbers that are not finite.
        others: the other lines' objects, in their order.
    """

    restarted: bool = False
    sampled: int = 1
    steps: dict[str, list[float | None]] = field(default_factory=lambda: {c: [] for c in COLUMNS})
    others: list[dict[str, Any]] = field(default_factory=list)

    def __bool__(self) -> bool:
        """Returns whether there is anything new."""
        return self.restarted or bool(self.others) or bool(self.steps["step"])

    def add(self, lines: Sequence[bytes]) -> None:
        """Adds lines."""
        entries = entries_of(lines)
        steps = [entry for entry in entries if is_step(entry)]
        for name, column in self.steps.items():
            column += [_number(entry.get(name)) for entry in steps]
        if len(steps) < len(entries):
            self.others += [_plain(e) for e in entries if e and not is_step(e)]


class JournalFollower:
    """Follows one journal.

    Args:
        path: the file; it need not be there yet.
        whole: bytes that are read whole.
    """

    def __init__(self, path: Path, whole: int = WHOLE) -> None:
        self.path, self.largest = path, whole
        self.place = 0
        self.mark: bytes | None = None

    def read(self) -> JournalUpdate:
        """Returns what is new: everything at first, and after the file was cut or replaced."""
        if not self.path.exists():
            batch = JournalUpdate(restarted=self.mark is not None)
            self.place, self.mark = 0, None
            return batch
        with JournalLines(self.path) as lines:
            size, batch = lines.size, JournalUpdate()
            if self.mark is None or not self._unchanged(lines, size):
                batch.restarted, self.place = True, 0
                if size > self.largest:
                    self._sample(lines, size, batch)
            for at, whole in lines.blocks(self.place, size):
                batch.add(whole)
                self.place = at + sum(map(len, whole)) + len(whole)
            self.mark = lines.read(max(0, self.place - MARK), min(MARK, self.place))
        return batch

    def _unchanged(self, lines: JournalLines, size: int) -> bool:
        """Returns whether the file still has the last bytes that were read."""
        start = max(0, self.place - MARK)
        return size >= self.place and lines.read(start, self.place - start) == self.mark

    def _sample(self, lines: JournalLines, size: int, batch: JournalUpdate) -> None:
        """Read a large journal but for its tail; `place` is then where the tail begins."""
        head, tail = (lines.line_after(at, size) for at in (HEAD, size - TAIL))
        start, end = (size if found is None else found[0] for found in (head, tail))
        for _, whole in lines.blocks(0, start):
            batch.add(whole)
        every = (end - start) / PLACES
        found: dict[int, bytes] = {}
        for number in range(1, PLACES):
            one = lines.line_after(int(start + number * every), end)
            if one is not None and one[0] >= start:
                found.setdefault(*one)
        found |= {at: line for at, line in _others(lines, end) if at >= start}
        between = [found[at] for at in sorted(found)]
        batch.add(between)
        taken = sum(map(len, between)) + len(between)
        batch.sampled = max(2, round((end - start) / max(1, taken)))
        self.place = end


def _others(lines: JournalLines, end: int) -> Iterator[tuple[int, bytes]]:
    """The newest lines before `end` that are not of a step, from last to first."""
    place = lines.last_other(end)
    for _ in range(OTHERS):
        if place < 0:
            return
        found = lines.line_after(place, end)
        if found is None or found[0] != place:
            return
        yield found
        before = entry_of(found[1]).get("before")
        if not isinstance(before, int) or not 0 <= before < place:
            return
        place = before


def _number(value: Any) -> float | None:  # noqa: ANN401 - any JSON value
    """A finite number, or None."""
    kind = type(value)
    return value if kind is int or (kind is float and math.isfinite(value)) else None


def _plain(value: Any) -> Any:  # noqa: ANN401 - any JSON value
    """The value with None for numbers that are not finite, which JSON doesn't have."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if not isinstance(value, float) or math.isfinite(value) else None
