"""Run: a folder of one training, that others' files and trainings are safe from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import tiny
from spritenet.errors import RunError
from spritenet.model import train
from spritenet.runs import Run
from spritenet.training import events

DATA = tiny.images(60)
HOW: dict[str, Any] = {"epochs": 1, "batch_size": 16}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff\xfe"])
def test_a_broken_config_is_refused(tmp_path: Path, content: bytes) -> None:
    """With one line."""
    (tmp_path / "config.json").write_bytes(content)
    with pytest.raises(RunError):
        Run(tmp_path).config()
    with pytest.raises(RunError, match="no run"):
        Run(tmp_path / "nowhere").config()


def test_a_folder_that_can_not_be_made_is_refused(tmp_path: Path) -> None:
    """A file in its place, for example."""
    (tmp_path / "file").write_text("x")
    with pytest.raises(RunError, match="can't be used"):
        tiny.model().fit(DATA, run=tmp_path / "file", verbose=0, **HOW)
    with pytest.raises(RunError, match="can't be used"):
        tiny.model().fit(DATA, run=tmp_path / "file" / "x", verbose=0, **HOW)


def test_a_run_holds_what_the_training_left(tmp_path: Path) -> None:
    """Its parts by their paths; what is added later comes after the end."""
    run = Run(tmp_path / "run")
    existed = run.exists
    found = list(train(tiny.model(), DATA, run=run.folder, **HOW))
    assert (existed, run.exists, run.running) == (False, True, False)
    assert run.config()["data"] == "train"
    assert [event.kind for event in run.events()] == [event.kind for event in found]
    run.add(events.Tested(4, 0.5, 0.75, 100))
    *_, end, last = run.events()
    assert isinstance(end, events.Finished)
    assert last == events.Tested(4, 0.5, 0.75, 100)


def test_a_locked_folder_is_left_alone(tmp_path: Path) -> None:
    """By trainings, additions and removal."""
    run = Run(tmp_path / "run")
    list(train(tiny.model(), DATA, run=run.folder, **HOW))
    with run.locked():
        running = run.running
        for use in (run.remove, lambda: run.add(events.Tested(4, 0.5, 0.75, 100))):
            with pytest.raises(RunError, match="another training is using"):
                use()
    assert (running, run.running) == (True, False)
    with pytest.raises(RunError, match="no training is running"):
        run.send_command("stop")


def test_removing_leaves_what_is_not_the_runs(tmp_path: Path) -> None:
    """A note beside it stays, and the folder with it."""
    run = Run(tmp_path / "run")
    list(train(tiny.model(), DATA, run=run.folder, **HOW))
    (run.folder / "notes.txt").write_text("mine")
    run.remove()
    assert [path.name for path in run.folder.iterdir()] == ["notes.txt"]
    with pytest.raises(RunError, match="no run"):
        run.remove()
    (run.folder / "notes.txt").unlink()
    list(train(tiny.model(), DATA, run=run.folder, **HOW))
    run.remove()
    assert not run.folder.exists()


def test_addresses_are_no_folders() -> None:
    """A run grows line by line, which no bucket can."""
    with pytest.raises(Exception, match="can't be at an address") as caught:
        Run("s3://bucket/run")
    assert "\n" not in str(caught.value)


def test_other_files_are_not_mixed_with_a_run(tmp_path: Path) -> None:
    """A folder of photos is refused; one with a config of a run is not."""
    (tmp_path / "cat.jpg").write_bytes(b"")
    with pytest.raises(RunError, match=r"other files.*got cat\.jpg"):
        list(train(tiny.model(), DATA, run=tmp_path, **HOW))
    (tmp_path / "config.json").write_text(json.dumps({}))
    list(train(tiny.model(), DATA, run=tmp_path, resume=True, **HOW))
