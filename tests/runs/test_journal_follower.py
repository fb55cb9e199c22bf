"""JournalFollower: each line once and whole, a part of the steps of a large journal."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal_files import START, step, write
from spritenet.runs.journal import Journal, read_journal
from spritenet.runs.journal_follower import HEAD, TAIL, JournalFollower


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
    """In any file, events are found and everything else is skipped."""
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
