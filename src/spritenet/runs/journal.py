"""The journal of a run: `events.jsonl`, one JSON object a line, in the order things happened.

Lines are only ever added, so that a reader may follow while it grows. A process killed in the
middle of a write leaves a torn last line, which readers ignore. Format: docs/reference/runs.md.
"""

from __future__ import annotations

import json
from collections.abc import Container, Iterator, Mapping
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Self

from spritenet.atomic import write_file
from spritenet.errors import RunError
from spritenet.runs.journal_lines import JournalLines, entry_of
from spritenet.training.events import Event, Finished, StepEvent, from_json

__all__ = ["Journal", "read_journal"]

ENDS = {Finished.kind}
"""The events that a resumed training removes."""


class Journal:
    """The writer of a journal; a context manager.

    Each line but those of steps has the offset of the previous such line (`before`, in bytes, -1
    for none), so that a reader finds all of them without reading the steps between.

    Args:
        path: the file.
        last_step: None begins a new journal; a number keeps the lines up to that step and removes
            those that a killed training wrote after its last checkpoint.
        ended: True keeps the event of the end too, and appends behind it.
    """

    def __init__(self, path: Path, last_step: int | None = None, *, ended: bool = False) -> None:
        self._before, self._place, self._other = 0.0, 0, -1
        if last_step is not None and path.exists():
            self._cut(path, last_step, set() if ended else ENDS)
        else:
            write_file(path, b"", error=RunError)
        self.path = path
        self._file = path.open("ab", buffering=0)
        self._lines: list[str] = []
        self._began = perf_counter()

    def write(self, event: Event) -> None:
        """Appends an event as a line, with `at`, the seconds since the run began.

        It reaches the file with the next `flush`.
        """
        at = self._before + perf_counter() - self._began
        if isinstance(event, StepEvent):
            # By hand: there may be thousands of these a second, and json is several times slower.
            correct = "null" if event.correct is None else event.correct
            self._lines.append(
                f'{{"event": "step", "at": {at:.4f}, "step": {event.step}, "epoch": {event.epoch}, '
                f'"loss": {event.loss!r}, "correct": {correct}, "images": {event.images}, '
                f'"learning_rate": {event.learning_rate!r}}}\n'
            )
            return
        self.flush()
        entry = event.to_json()
        head = {"event": entry.pop("event"), "at": round(at, 4), "before": self._other}
        self._other = self._place
        self._lines.append(json.dumps({**head, **entry}, ensure_ascii=False) + "\n")
        self.flush()

    def flush(self) -> None:
        """Hands all lines to the operating system in one piece, so that a kill loses none of them.

        Raises:
            RunError: the disk refuses.
        """
        if not self._lines:
            return
        data = "".join(self._lines).encode()
        self._lines.clear()
        try:
            written = self._file.write(data)
            while written < len(data):  # a nearly full disk takes a part
                written += self._file.write(data[written:])
        except OSError as error:
            raise RunError(
                f"the journal can't be written: {error.strerror or error}",
                where=self.path,
                do="The last checkpoint is unchanged; make room and resume.",
            ) from error
        self._place += len(data)

    def _cut(self, path: Path, last_step: int, ends: Container[object]) -> None:
        """Removes the lines behind a step, and notes the offset and time of the last one kept."""

        def late(entry: Mapping[str, object]) -> bool:
            step = entry.get("step")
            return entry.get("event") in ends or (isinstance(step, int) and step > last_step)

        with JournalLines(path) as lines:
            low, high = 0, lines.size
            while low < high:  # steps only grow: the first late line is found by halving
                middle = (low + high) // 2
                found = lines.line_after(middle, high)
                while found is not None and "step" not in entry_of(found[1]):
                    found = lines.line_after(found[0] + len(found[1]) + 1, high)
                if found is None or late(entry_of(found[1])):
                    high = middle
                else:
                    low = found[0] + len(found[1]) + 1
            self._place, self._other = low, lines.last_other(low)
            for _, line in lines.whole(self._other, low) if self._other >= 0 else ():
                at = entry_of(line).get("at")
                self._before = at if isinstance(at, int | float) else self._before
        with path.open("r+b") as file:
            file.truncate(self._place)

    def __enter__(self) -> Self:
        """Returns the journal itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Writes what is left, and closes the file."""
        try:
            self.flush()
        finally:
            self._file.close()


def read_journal(path: Path) -> Iterator[Event]:
    """Yields the events of a journal, also of one that is being written.

    Torn lines and unknown kinds of events are skipped.

    Raises:
        RunError: there is no journal.
    """
    with JournalLines(path) as lines:
        for _, line in lines.whole(0, lines.size):
            event = from_json(entry_of(line))
            if event is not None:
                yield event
