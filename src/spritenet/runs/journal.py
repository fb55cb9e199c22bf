"""The journal of a run: `events.jsonl`, one JSON object a line, in the order things happened.

Lines are only ever added, each in one write, so that a reader may follow while it grows. A process
killed in the middle of a write leaves a torn last line, which readers ignore.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter
from types import TracebackType
from typing import Self

from spritenet.errors import RunError
from spritenet.training.disk import write_file
from spritenet.training.events import Event, StepEvent, from_json

__all__ = ["Journal", "read_journal"]


class Journal:
    """The writer; a context manager.

    Args:
        path: the file.
        last_step: None begins a new journal; a number keeps what is there up to that many updates,
            and what a killed training wrote after its last checkpoint goes.
    """

    def __init__(self, path: Path, last_step: int | None = None) -> None:
        kept = b""
        self._before = 0.0
        if last_step is not None and path.exists():
            for line in _lines(path):
                entry = _entry(line)
                step = entry.get("step")
                if isinstance(step, int) and step <= last_step and entry.get("event") != "finished":
                    kept += line
                    self._before = float(str(entry.get("at", self._before)))
        write_file(path, kept)
        self.path = path
        self._file = path.open("ab", buffering=0)
        self._began = perf_counter()

    def write(self, event: Event) -> None:
        """Add a line: the event with `at`, the seconds the run has been going on.

        Raises:
            RunError: the disk refuses.
        """
        at = self._before + perf_counter() - self._began
        if isinstance(event, StepEvent):
            # By hand: there may be thousands of these a second, and json is several times slower.
            text = (
                f'{{"event": "step", "at": {at:.4f}, "step": {event.step}, "epoch": {event.epoch}, '
                f'"loss": {event.loss!r}, "correct": {event.correct}, "images": {event.images}, '
                f'"learning_rate": {event.learning_rate!r}}}\n'
            )
        else:
            entry = event.to_json()
            ordered = {"event": entry.pop("event"), "at": round(at, 4), **entry}
            text = json.dumps(ordered, ensure_ascii=False) + "\n"
        try:
            self._file.write(text.encode())
        except OSError as error:
            raise RunError(
                f"the journal can't be written: {error.strerror or error}",
                where=self.path,
                do="The last checkpoint is unchanged; make room and resume.",
            ) from error

    def __enter__(self) -> Self:
        """The journal itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Close the file."""
        self._file.close()


def read_journal(path: Path) -> Iterator[Event]:
    """The events of a journal, also of one that is being written.

    Lines that are torn, or of a kind not known here, are passed over.

    Raises:
        RunError: there is no journal.
    """
    for line in _lines(path):
        event = from_json(_entry(line))
        if event is not None:
            yield event


def _lines(path: Path) -> list[bytes]:
    """The whole lines."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise RunError(
            f"the journal can't be read: {error.strerror or error}", where=path
        ) from error
    return [line + b"\n" for line in data.split(b"\n")[:-1]]


def _entry(line: bytes) -> dict[str, object]:
    """The JSON object of a line; empty if it is none."""
    try:
        entry = json.loads(line)
    except ValueError:
        return {}
    return entry if isinstance(entry, dict) else {}
