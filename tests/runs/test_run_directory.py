"""RunDirectory: the runs in a folder, newest first, and nothing that only looks like one."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from spritenet.errors import RunError
from spritenet.runs.run import LOCK
from spritenet.runs.run_directory import RunDirectory


def make_run(folder: Path, seconds: int) -> None:
    """A run that was last written at that time."""
    folder.mkdir()
    for name in (LOCK, "config.json", "events.jsonl"):
        (folder / name).write_text("{}")
        os.utime(folder / name, (seconds, seconds))


def test_runs_come_newest_first(tmp_path: Path) -> None:
    """By the last write to journal or config; other folders, files and links are no runs."""
    for name, seconds in (("b", 20), ("a", 30), ("c", 10)):
        make_run(tmp_path / name, seconds)
    (tmp_path / "photos").mkdir()
    (tmp_path / "notes.txt").write_text("mine")
    (tmp_path / "unlocked").mkdir()
    (tmp_path / "unlocked" / "config.json").write_text("{}")
    (tmp_path / "link").symlink_to(tmp_path / "a")
    runs = RunDirectory(tmp_path)
    assert [run.folder.name for run in runs.runs()] == ["a", "b", "c"]
    assert [found.name for found in runs.summaries()] == ["a", "b", "c"]
    assert runs.latest().folder.name == "a"
    os.utime(tmp_path / "c" / "events.jsonl", (40, 40))
    assert runs.latest().folder.name == "c"


@pytest.mark.parametrize("name", ["../secret", "/etc", "a/../b", "", ".", "photos"])
def test_names_are_no_paths(tmp_path: Path, name: str) -> None:
    """A page asks by name; nothing outside the folder answers."""
    make_run(tmp_path / "secret", 10)
    inside = tmp_path / "runs"
    inside.mkdir()
    make_run(inside / "a", 10)
    runs = RunDirectory(inside)
    assert runs.named(name) is None
    found = runs.named("a")
    assert found is not None
    assert found.folder == inside / "a"


def test_without_runs_the_latest_is_an_error(tmp_path: Path) -> None:
    """With the command that makes one; a missing folder has no runs."""
    for folder in (tmp_path, tmp_path / "nowhere"):
        assert RunDirectory(folder).runs() == []
        with pytest.raises(RunError, match="Run spritenet train"):
            RunDirectory(folder).latest()
