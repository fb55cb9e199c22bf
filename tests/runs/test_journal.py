"""The journal: written cheaply, cut in place, read from anywhere, sampled when it is large."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from journal_files import START, entries, epoch, step, write
from spritenet.errors import RunError
from spritenet.runs.journal import Journal, read_journal
from spritenet.runs.journal_lines import JournalLines
from spritenet.training.events import Finished


def test_updates_wait_for_the_flush_and_everything_else_does_not(tmp_path: Path) -> None:
    """Many updates become one write; what is rare is in the file at once."""
    path = tmp_path / "events.jsonl"
    with Journal(path) as journal:
        journal.write(START)
        journal.write(step(1))
        journal.write(step(2))
        assert len(entries(path)) == 1
        journal.flush()
        assert len(entries(path)) == 3
        journal.write(step(3))
        journal.write(epoch(1))
        assert len(entries(path)) == 5


@pytest.mark.parametrize("last_step", [0, 1, 99, 100, 101, 250, 300])
def test_going_on_keeps_what_was_until_then(tmp_path: Path, last_step: int) -> None:
    """The lines up to the checkpoint stay byte by byte; later ones, an end and a torn one go."""
    path = tmp_path / "events.jsonl"
    events = write(path, 300)
    kept = [e for e in events if e.step <= last_step and not isinstance(e, Finished)]
    at = entries(path)[len(kept) - 1]["at"]
    with path.open("ab") as file:
        file.write(b'{"event": "step", "at": 3.1, "st')
    whole = path.read_bytes()
    with Journal(path, last_step) as journal:
        journal.write(START)
    assert whole.startswith(path.read_bytes()[: -len(path.read_bytes().splitlines()[-1]) - 1])
    assert list(read_journal(path)) == [*kept, START]
    assert entries(path)[-1]["at"] >= at  # the clock goes on
    assert path.read_bytes()[entries(path)[-1]["before"] :].startswith(b'{"event": "')


def test_a_large_journal_is_cut_without_being_read(
    large: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Resuming a long training costs nothing: a few MB are read."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(large.read_bytes())
    read = 0
    plain = JournalLines.read

    def counted(self: JournalLines, start: int, count: int) -> bytes:
        nonlocal read
        data = plain(self, start, count)
        read += len(data)
        return data

    monkeypatch.setattr(JournalLines, "read", counted)
    with Journal(path, 150_000):
        pass
    assert read < 12 << 20
    with JournalLines(path) as lines:
        *_, (_, last) = lines.whole(lines.last_other(lines.size), lines.size)
    assert json.loads(last)["step"] == 150_000


def test_there_is_no_journal(tmp_path: Path) -> None:
    """One line says so."""
    with pytest.raises(RunError, match="the journal can't be read"):
        list(read_journal(tmp_path / "events.jsonl"))
