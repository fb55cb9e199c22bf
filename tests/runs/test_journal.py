"""The journal: written cheaply, cut in place, read from anywhere, sampled when it is large."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spritenet.errors import RunError
from spritenet.runs.journal import Journal, read_journal
from spritenet.runs.journal_follower import HEAD, TAIL, JournalFollower
from spritenet.runs.journal_lines import JournalLines
from spritenet.training.events import EpochEnded, Event, Finished, Started, StepEvent

START = Started(0, 10_000, 100, 100, 64, 6400, 5000, 0)


def step(number: int) -> StepEvent:
    """An update whose figures tell its number."""
    return StepEvent(number, (number - 1) // 100, 1.0 / number, number % 65, 64, 0.25)


def epoch(number: int) -> EpochEnded:
    """The end of an epoch of 100 updates."""
    return EpochEnded(100 * number, number - 1, 0.5, 0.5, 0.25, None, None, 6400, 1.0)


def write(path: Path, steps: int, *, end: bool = True) -> list[Event]:
    """A journal of so many updates; its events."""
    events: list[Event] = [START]
    for number in range(1, steps + 1):
        events.append(step(number))
        if number % 100 == 0:
            events.append(epoch(number // 100))
    if end:
        events.append(Finished(steps, 64 * steps, 1.0, 2.0))
    with Journal(path) as journal:
        for event in events:
            journal.write(event)
    return events


def entries(path: Path) -> list[dict[str, Any]]:
    """The lines' objects."""
    return [json.loads(line) for line in path.read_bytes().splitlines()]


@pytest.fixture(scope="session")
def large(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal of 50 MB, a line of a newer version in its middle, its last line torn."""
    path = tmp_path_factory.mktemp("large") / "events.jsonl"
    lines = 30_000
    with Journal(path) as journal:
        journal.write(START)
        for number in range(1, 12):
            first = (number - 1) * lines
            text = "".join(
                f'{{"event": "step", "at": {k / 1000:.4f}, "step": {k}, "epoch": {k // 100}, '
                f'"loss": {1 / k!r}, "correct": 1, "images": 64, "learning_rate": 0.25}}\n'
                for k in range(first + 1, first + lines + 1)
            )
            journal._lines.append(text)
            journal.write(EpochEnded(first + lines, number, 0.5, 0.5, 0.25, None, None, 64, 1.0))
    with path.open("ab") as file:
        file.write(b'{"event": "step", "at": 3.1, "st')
    return path


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


def test_what_is_no_update_is_found_from_the_end(tmp_path: Path) -> None:
    """Each such line says where the one before it begins."""
    path = tmp_path / "events.jsonl"
    write(path, 500)
    data = path.read_bytes()
    with JournalLines(path) as lines:
        place = lines.last_other(lines.size)
    kinds = []
    while place >= 0:
        entry = json.loads(data[place:].partition(b"\n")[0])
        kinds.append(entry["event"])
        place = entry["before"]
    assert kinds == ["finished", *["epoch"] * 5, "started"]


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


def test_a_journal_grows_while_it_is_read(tmp_path: Path) -> None:
    """A reader gets each line once, whole, and nothing twice; a cut begins everything anew."""
    path = tmp_path / "events.jsonl"
    reader = JournalFollower(path)
    assert not reader.read()
    with Journal(path) as journal:
        journal.write(START)
        first = reader.read()
        assert first.restarted
        assert [e["event"] for e in first.others] == ["started"]
        for number in range(1, 6):
            journal.write(step(number))
        assert not reader.read()  # not flushed yet
        journal.flush()
        with path.open("ab") as file:
            file.write(b'{"event": "st')  # another write, half done
        batch = reader.read()
        assert (batch.restarted, batch.sampled) == (False, 1)
        assert batch.steps["step"] == [1, 2, 3, 4, 5]
        assert batch.steps["correct"] == [1, 2, 3, 4, 5]
        assert batch.steps["loss"][3] == 0.25
        assert not reader.read()
    with Journal(path, 3):
        pass
    again = reader.read()
    assert again.restarted
    assert again.steps["step"] == [1, 2, 3]
    path.unlink()
    assert reader.read().restarted


def test_a_journal_that_was_cut_and_grew_again_is_noticed(tmp_path: Path) -> None:
    """Though it is longer than it was when it was read last."""
    path = tmp_path / "events.jsonl"
    write(path, 100, end=False)
    reader = JournalFollower(path)
    reader.read()
    with Journal(path, 50) as journal:
        for number in range(51, 200):
            journal.write(step(number + 1000))
    batch = reader.read()
    assert batch.restarted
    assert batch.steps["step"][49:51] == [50, 1051]


def test_a_newer_version_is_read(tmp_path: Path) -> None:
    """Kinds and fields nobody knows here: events pass them over, pages get them as they are."""
    path = tmp_path / "events.jsonl"
    write(path, 3, end=False)
    with path.open("ab") as file:
        file.write(b'{"event": "dreamt", "at": 9.0, "step": 3, "of": ["sheep"]}\n')
        file.write(
            b'{"event": "step", "at": 9.5, "step": 4, "epoch": 0, "loss": NaN, "correct": 1,'
            b' "images": 2, "learning_rate": 0.1, "mood": "good"}\n'
        )
    assert [event.step for event in read_journal(path)] == [0, 1, 2, 3, 4]
    batch = JournalFollower(path).read()
    assert batch.others[-1] == {"event": "dreamt", "at": 9.0, "step": 3, "of": ["sheep"]}
    assert batch.steps["step"] == [1, 2, 3, 4]
    assert batch.steps["loss"][-1] is None  # JSON has no NaN


@given(
    st.lists(
        st.one_of(st.binary(max_size=60), st.just(b'{"event": "step", "step": 1}'), st.just(b"[1]"))
    )
)
def test_no_bytes_break_a_reader(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes]
) -> None:
    """Whatever stands in the file: updates are found, all else is passed over."""
    path = tmp_path_factory.mktemp("x") / "events.jsonl"
    path.write_bytes(b"\n".join(lines))
    batch = JournalFollower(path).read()
    whole = path.read_bytes().split(b"\n")[:-1]
    assert len(batch.steps["step"]) >= sum(
        line == b'{"event": "step", "step": 1}' for line in whole
    )
    list(read_journal(path))
    with Journal(path, 10**9):
        pass


def test_a_large_journal_is_sampled(large: Path) -> None:
    """Its beginning, its end and all that is no update are there; of the rest a part, in order."""
    reader = JournalFollower(large)
    batch = reader.read()
    steps = [int(s) for s in batch.steps["step"] if s is not None]
    assert batch.sampled > 10
    assert 10_000 < len(steps) < 60_000
    assert steps == sorted(set(steps))
    assert steps[:1000] == list(range(1, 1001))
    assert steps[-1000:] == list(range(329_001, 330_001))
    assert max(b - a for a, b in pairwise(steps)) < 200
    assert all(batch.steps["loss"][k] == 1 / s for k, s in enumerate(steps))
    assert [e["event"] for e in batch.others] == ["started", *["epoch"] * 11]
    assert [e["step"] for e in batch.others[1:]] == list(range(30_000, 330_001, 30_000))
    assert large.stat().st_size > 20 * (HEAD + TAIL)
    assert not reader.read()


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
