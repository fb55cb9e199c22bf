"""`spritenet runs` and `watch`: what was trained, what differs, what may go."""

from __future__ import annotations

import json
import os
import shutil
import time
from pathlib import Path

import pytest

from program import spritenet
from spritenet.runs import Run
from spritenet.runs.run_directory import RunDirectory


@pytest.fixture
def shelf(run: Path, tmp_path: Path) -> Path:
    """A folder `runs` with three runs: two that finished, one that was killed; one is old."""
    folder = tmp_path / "runs"
    for name in ("good", "old", "killed"):
        shutil.copytree(run, folder / name)
    journal = folder / "killed" / "events.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[: len(lines) // 2]) + b'{"event": "st')
    config = json.loads((folder / "killed" / "config.json").read_bytes())
    config["plan"]["seed"] = 7
    (folder / "killed" / "config.json").write_text(json.dumps(config))
    long_ago = time.time() - 30 * 86_400
    for path in (folder / "old").iterdir():
        os.utime(path, (long_ago, long_ago))
    (folder / "notes").mkdir()
    return folder


def names(folder: Path) -> set[str]:
    """The runs that are there."""
    return {run.folder.name for run in RunDirectory(folder).runs()}


def test_runs_are_listed_the_newest_first(shelf: Path) -> None:
    """With how they ended, their accuracy, and when."""
    done = spritenet("runs", folder=shelf.parent)
    assert done.returncode == 0, done.stderr
    rows = [line.split() for line in done.stdout.splitlines() if line.strip()][2:]
    assert {row[0]: row[3] for row in rows} == {
        "good": "finished",
        "old": "finished",
        "killed": "killed",
    }
    assert rows[-1][0] == "old"
    assert "30 days ago" in done.stdout
    listed = json.loads(spritenet("runs", "--json", folder=shelf.parent).stdout)
    found = {one["name"]: one for one in listed["runs"]}
    tested = [e for e in Run(shelf / "good").events() if e.kind == "tested"]
    assert found["good"]["test_accuracy"] == tested[-1].accuracy  # type: ignore[attr-defined]  # of a Tested
    assert found["killed"]["test_accuracy"] is None
    assert found["killed"]["steps"] < found["good"]["steps"]


def test_an_empty_shelf_says_what_to_do(tmp_path: Path) -> None:
    """No table of nothing."""
    done = spritenet("runs", folder=tmp_path)
    assert (done.returncode, done.stdout) == (
        0,
        "No runs in runs. Type spritenet train to make one.\n",
    )


def test_comparing_shows_what_differs(shelf: Path) -> None:
    """Only settings that are not the same, and what came of each."""
    done = spritenet("runs", "good", "runs/killed", folder=shelf.parent)
    assert done.returncode == 0, done.stderr
    assert "plan.seed" in done.stdout
    assert "plan.batch_size" not in done.stdout
    assert "test accuracy" in done.stdout
    answer = json.loads(spritenet("runs", "good", "killed", "--json", folder=shelf.parent).stdout)
    assert answer["differences"] == {"plan.seed": [0, 7]}
    same = spritenet("runs", "good", "old", folder=shelf.parent)
    assert "Their settings are the same." in same.stdout


@pytest.mark.parametrize(
    ("words", "left"),
    [
        (["--older-than", "7"], {"good", "killed"}),
        (["--keep-best", "1"], {"good"}),
        (["--keep-best", "0"], set()),
        (["--keep-best", "1", "--older-than", "7"], {"good", "killed"}),
        (["--older-than", "60"], {"good", "old", "killed"}),
    ],
)
def test_pruning_removes_what_was_said(shelf: Path, words: list[str], left: set[str]) -> None:
    """And nothing else: a folder that is no run stays."""
    done = spritenet("runs", "--prune", *words, "--yes", folder=shelf.parent)
    assert done.returncode == 0, done.stderr
    assert names(shelf) == left
    assert (shelf / "notes").is_dir()


def test_pruning_never_touches_a_run_that_is_trained(shelf: Path) -> None:
    """Its folder is held by a training."""
    with Run(shelf / "old").locked():
        done = spritenet("runs", "--prune", "--keep-best", "0", "--yes", folder=shelf.parent)
    assert done.returncode == 0, done.stderr
    assert names(shelf) == {"old"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--prune"], "no runs chosen"),
        (["--prune", "--keep-best", "0"], "Add --yes."),
        (["good"], "a comparison needs two runs"),
        (["good", "bad"], "bad: no such run"),
    ],
)
def test_mistakes_are_one_line(shelf: Path, words: list[str], said: str) -> None:
    """And nothing is removed without a yes."""
    done = spritenet("runs", *words, folder=shelf.parent)
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert said in done.stderr
    assert names(shelf) == {"good", "old", "killed"}


def test_watching_needs_a_run(tmp_path: Path) -> None:
    """A folder that holds none, and a shelf that is empty."""
    for words in (["watch"], ["watch", "nowhere"]):
        done = spritenet(*words, folder=tmp_path)
        assert done.returncode == 2
        assert "no run found" in done.stderr or "no such run" in done.stderr
