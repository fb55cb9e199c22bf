"""`spritenet sweep`: trials, the result, resuming, and a trial trained again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import spritenet as sn
from program import spritenet
from spritenet.cli import application

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
