"""JournalLines: random access to lines, whatever the file holds."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from journal_files import write
from spritenet.runs.journal_lines import JournalLines, entries_of, entry_of, is_step


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


@given(
    st.lists(
        st.text(st.characters(codec="ascii", exclude_characters="\n"), max_size=30), max_size=20
    ),
    st.integers(0, 400),
)
def test_lines_are_those_of_the_file(
    tmp_path_factory: pytest.TempPathFactory, texts: list[str], start: int
) -> None:
    """All of them in order with their offsets, and the first one behind any place."""
    path = tmp_path_factory.mktemp("x") / "events.jsonl"
    data = "".join(f"{text}\n" for text in texts).encode()
    path.write_bytes(data + b"torn")
    offsets = [0]
    for text in texts:
        offsets.append(offsets[-1] + len(text) + 1)
    expected = [(at, text.encode()) for at, text in zip(offsets, texts, strict=False)]
    with JournalLines(path) as lines:
        assert lines.size == len(data) + 4
        assert list(lines.whole(0, lines.size)) == expected
        behind = [line for line in expected if line[0] >= start]
        assert lines.line_after(start, lines.size) == (behind[0] if behind else None)
        assert lines.read(3, 5) == (data + b"torn")[3:8]


def test_broken_lines_are_empty_objects() -> None:
    """One by one and many at once."""
    texts = [b'{"event": "step"}', b"[1]", b"{", b"\xff", b"null", b'{"step": 3}']
    expected: list[dict[str, object]] = [{"event": "step"}, {}, {}, {}, {}, {"step": 3}]
    assert [entry_of(text) for text in texts] == expected
    assert entries_of(texts) == expected
    assert entries_of(texts[:1] + texts[-1:]) == [expected[0], expected[-1]]
    assert [is_step(entry) for entry in expected] == [True] + [False] * 5
