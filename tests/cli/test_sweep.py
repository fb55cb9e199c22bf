"""`spritenet sweep`: trials, the result, resuming, and a trial trained again."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

import spritenet as sn
from program import PROGRAM, environment, spritenet
from spritenet.cli import application
from spritenet.sweeps.sweep_folder import SweepFolder

pytest.importorskip("optuna")


def test_it_searches_resumes_and_trains_a_trial_again(data: str, tmp_path: Path) -> None:
    """The printed result, the same in JSON, and the same weights by its own command."""
    words = ["--try", "learning_rate=0.05..0.3:log", "--try", "augment=none,digits"]
    words += ["--epochs", "1", "--seeds", "1", "--workers", "1", "--out", "s"]
    done = spritenet("sweep", data, *words, "--trials", "2", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "trial   0" in done.stdout
    assert "seed    1" in done.stdout
    assert "with other seeds: val_accuracy" in done.stdout
    assert "test accuracy: " in done.stdout
    assert "spritenet sweep --out s --repeat" in done.stdout
    again = spritenet("sweep", "--resume", "--out", "s", "--trials", "3", "--json", folder=tmp_path)
    assert again.returncode == 0, again.stderr
    found = json.loads(again.stdout)
    assert [t["number"] for t in found["trials"] if t["group"] == "trial"] == [0, 1, 2]
    assert (
        sn.load_model(tmp_path / found["model"]).weights_sha256 == (found["best"]["weights_sha256"])
    )
    repeated = spritenet("sweep", "--out", "s", "--repeat", "1", folder=tmp_path)
    assert repeated.returncode == 0, repeated.stderr
    assert found["trials"][1]["weights_sha256"] in repeated.stdout


def is_alive(process: int) -> bool:
    """True for a process that is there and no zombie, which nobody may have waited for."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="ascii")
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform == "win32", reason="not on this machine: signals")
def test_a_sweep_that_is_killed_is_resumed(data: str, tmp_path: Path) -> None:
    """By kill -9: its workers end too, nothing that was done is lost, and its page stays."""
    words = ["sweep", data, "--try", "learning_rate=0.05..0.3:log", "--epochs", "2"]
    words += ["--seeds", "0", "--workers", "1", "--no-halving", "--out", "s"]
    begun = subprocess.Popen(
        [*PROGRAM, *words, "--trials", "500", "--watch", "--no-browser"],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        text=True,
    )
    assert begun.stdout is not None
    assert begun.stdout.readline().startswith("watch it at http://127.0.0.1:")
    lines = [begun.stdout.readline(), begun.stdout.readline()]
    begun.kill()
    begun.communicate()
    assert [line.split()[:2] for line in lines] == [["trial", "0"], ["trial", "1"]]
    before = SweepFolder(tmp_path / "s").trials()
    worker = int(before[0].worker.split()[-1])
    until = time.monotonic() + 120
    while is_alive(worker):  # it looks after its parent twice a second
        assert time.monotonic() < until
        time.sleep(0.1)
    count = str(len(before) + 1)
    out = ("--out", "s", "--trials", count, "--json")
    done = spritenet("sweep", "--resume", *out, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    after = json.loads(done.stdout)["trials"]
    assert [trial["state"] for trial in after] == ["finished"] * len(after)
    assert len(after) == len(before) + 1
    for old, new in zip(before, after, strict=False):
        assert new["settings"] == old.settings
        if old.state == "finished":
            assert new == old.to_json()


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ([], "--try: nothing to search"),
        (["--try", "learning_rate=1..0.1"], "upside down"),
        (["--try", "learning_rate=0..1:log"], "can't reach 0"),
        (["--try", "lr=1,2"], "--try lr: unknown setting"),
        (["--try", "batch_size=32", "--try", "batch_size=64"], "comes twice"),
        (["--try", "model=nope,fast"], "unknown network"),
        (["--try", "batch_size=32", "--metric", "val_auc"], "--metric: unknown metric"),
        (["--try", "batch_size=32", "--time", "soon"], "--time: not a time"),
        (["--try", "batch_size=32", "--time", "0s"], "--time: not a time"),
        (["--try", "batch_size=32", "--epochs", "1", "--steps", "2"], "mutually exclusive"),
        (["--resume"], "no sweep found"),
        (["--repeat", "3"], "no sweep found"),
    ],
)
def test_mistakes_are_one_line(
    data: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    error: str,
) -> None:
    """Before anything is trained or written."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(sn.InputError) as refusal:
        application("sweep")(["sweep", data, *words], prog_name="spritenet", standalone_mode=False)
    assert error in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not list(tmp_path.iterdir())


def test_no_trials_is_a_mistake(data: str) -> None:
    """Exit code 2, in one line."""
    done = spritenet("sweep", data, "--try", "batch_size=8,16", "--trials", "0")
    assert done.returncode == 2
    assert "--trials" in done.stderr
    assert len(done.stderr.splitlines()) == 1
