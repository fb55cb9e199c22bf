"""A checkpoint holds everything, is whole or not there, and refuses what it doesn't belong to."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spritenet.errors import RunError
from spritenet.training import checkpoint
from spritenet.training.checkpoint import Checkpoint
from spritenet.training.events import EpochEnded
from spritenet.training.plan import Plan
from spritenet.training.state import Totals, TrainingState

PLAN = Plan(10, 50, batch_size=8, seed=3, steps_per_epoch=9, average=0.9)


def example(**how: Any) -> Checkpoint:
    """A checkpoint with something in every field."""
    random = np.random.default_rng(1)
    state = TrainingState(
        random.normal(size=7).astype(np.float32),
        random.normal(size=(2, 7)).astype(np.float32),
        random.normal(size=7).astype(np.float32),
        step=19,
        place=21,
        parts=9,
        epoch=Totals(1.25, 3, 16, 0.5),
        whole=Totals(2.5, 30, 160, 1.5),
    )
    memory = {"best": float("inf"), "wait": 2, "parameters": np.arange(7, dtype=np.float32)}
    ended = EpochEnded(19, 0, 0.5, 0.75, 0.1, None, None, 72, 0.25)
    made = Checkpoint(state, PLAN, {"data": "abc"}, 0.25, "", [{}, memory], [ended])
    return replace(made, **how)


def test_everything_comes_back(tmp_path: Path) -> None:
    """Bit for bit."""
    path = tmp_path / "checkpoint" / "state.npz"
    before = example()
    checkpoint.save(path, before)
    after = checkpoint.load(path)
    for name in ("parameters", "slots", "average"):
        np.testing.assert_array_equal(getattr(after.state, name), getattr(before.state, name))
    for name in ("step", "place", "parts", "epoch", "whole"):
        assert getattr(after.state, name) == getattr(before.state, name)
    assert (after.plan, after.identity, after.rate, after.reason) == (
        PLAN,
        {"data": "abc"},
        0.25,
        "",
    )
    assert after.epochs == before.epochs
    assert after.callbacks[0] == {}
    np.testing.assert_array_equal(after.callbacks[1]["parameters"], np.arange(7))
    assert after.callbacks[1]["best"] == float("inf")
    assert list(path.parent.iterdir()) == [path]


def test_an_earlier_checkpoint_is_read(tmp_path: Path) -> None:
    """The states of callbacks were once called memories."""
    path = tmp_path / "state.npz"
    checkpoint.save(path, example())
    with np.load(path) as file:
        arrays = dict(file)
    about = arrays["about"].tobytes().decode()
    assert about.count('"callbacks"') == 1
    earlier = about.replace('"callbacks"', '"memories"').encode()
    np.savez(path, **{**arrays, "about": np.frombuffer(earlier, np.uint8)})
    found = checkpoint.load(path).callbacks
    assert found[0] == {}
    assert found[1]["wait"] == 2
    np.testing.assert_array_equal(found[1]["parameters"], np.arange(7))


@given(st.data())
def test_a_broken_file_is_refused_with_one_line(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    """Cut off anywhere, or with any bit flipped: an error or the same content, never a crash."""
    path = tmp_path_factory.mktemp("broken") / "state.npz"
    checkpoint.save(path, example())
    content = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        del content[data.draw(st.integers(0, len(content) - 1)) :]
    else:
        place = data.draw(st.integers(0, len(content) - 1))
        content[place] ^= 1 << data.draw(st.integers(0, 7))
    path.write_bytes(content)
    refusal = ""
    found = example()
    try:
        found = checkpoint.load(path)  # the same, where the bit is one nobody reads
    except RunError as error:
        refusal = str(error)
    assert "\n" not in refusal
    if not refusal:
        np.testing.assert_array_equal(found.state.parameters, example().state.parameters)
        np.testing.assert_array_equal(found.state.slots, example().state.slots)


def test_a_missing_checkpoint_is_said(tmp_path: Path) -> None:
    """With its path."""
    with pytest.raises(RunError, match=r"state\.npz: Missing checkpoint"):
        checkpoint.load(tmp_path / "state.npz")


@pytest.mark.parametrize("when", ["write", "fsync", "replace"])
def test_a_full_disk_leaves_the_older_checkpoint(
    when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fails, the file is the old one, nothing is left behind, and the line says why."""
    path = tmp_path / "state.npz"
    checkpoint.save(path, example())
    before = path.read_bytes()

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    if when == "write":
        monkeypatch.setattr(Path, "open", full)
    elif when == "fsync":
        monkeypatch.setattr(os, "fsync", full)
    else:
        monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(RunError, match=r"No space left on device.*unchanged"):
        checkpoint.save(path, example(rate=None))
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="not on this machine: no limits on files")
def test_a_real_limit_leaves_the_older_checkpoint(tmp_path: Path) -> None:
    """The operating system refuses the write halfway (RLIMIT_FSIZE), in a process of its own."""
    path = tmp_path / "state.npz"
    checkpoint.save(path, example())
    before = path.read_bytes()
    script = (
        "import resource, signal, sys\n"
        "from pathlib import Path\n"
        "from spritenet.errors import RunError\n"
        "from spritenet.training import checkpoint\n"
        "path = Path(sys.argv[1])\n"
        "found = checkpoint.load(path)\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    checkpoint.save(path, found)\n"
        "except RunError as error:\n"
        "    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, path], capture_output=True, text=True, check=True
    )
    assert "can't be written: got File too large" in done.stdout
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("plan", "identity", "words"),
    [
        (replace(PLAN, batch_size=9), {"data": "abc"}, "another batch size"),
        (replace(PLAN, seed=4), {"data": "abc"}, "another seed"),
        (replace(PLAN, average=0.0), {"data": "abc"}, "another average"),
        (PLAN, {"data": "abd"}, "another data"),
        (PLAN, {"data": "abc", "loss": 1}, "another loss"),
        (PLAN, {}, "another data"),
    ],
)
def test_a_checkpoint_of_something_else_is_refused(
    plan: Plan, identity: dict[str, object], words: str
) -> None:
    """Going on would not be the same training."""
    with pytest.raises(RunError, match=words):
        checkpoint.continued(example(), plan, identity, Path("x"))


def test_going_on_may_be_longer() -> None:
    """The end that is wanted now, counted from where the checkpoint's training began."""
    wanted = Plan(0, 60, batch_size=8, seed=3, steps_per_epoch=9, average=0.9, test_every=4)
    plan = checkpoint.continued(example(), wanted, {"data": "abc"}, Path("x"))
    assert (plan.first_step, plan.last_step, plan.test_every) == (10, 70, 4)
