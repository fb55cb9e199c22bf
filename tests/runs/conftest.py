"""A large journal, made once for all tests of runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from journal_files import START
from spritenet.runs.journal import Journal
from spritenet.training.events import EpochEnded


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
