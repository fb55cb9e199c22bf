"""`spritenet tune-rate`: the curve, the suggested rate, JSON and the plot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import spritenet as sn
from program import spritenet


def test_it_prints_a_curve_and_a_rate(data: str) -> None:
    """The suggested one, with the optimizer that it is for."""
    done = spritenet("tune-rate", data, "--steps", "40", "--optimizer", "momentum")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert "█" in lines[0]
    assert "↑" in lines[8]
    assert lines[-1].startswith("suggested learning rate for SGD: ")
    assert max(map(len, lines)) <= 80


def test_json_is_the_librarys_test(data: str, tmp_path: Path) -> None:
    """Rates, losses and the suggestion; and the plot is written."""
    pytest.importorskip("matplotlib")
    out = tmp_path / "rates.png"
    words = ("--steps", "40", "--lowest", "1e-4", "--highest", "1", "--json", "--out", out)
    done = spritenet("tune-rate", data, *words)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    train = sn.load(data).train
    ours = sn.networks.tutorial(train).tune_rate(
        train, steps=40, lowest=1e-4, highest=1.0, batch_size=64
    )
    assert found["losses"] == ours.losses.tolist()
    assert found["suggested"] == ours.suggested
    assert out.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("words", "error"),
    [
        (["--lowest", "1", "--highest", "0.1"], "expected 0 < lowest < highest"),
        (["--steps", "3"], "--steps"),
        (["--out", "rates.csv"], "rates.csv"),
        (["--model", "tutorial", "--from", "x"], "mutually exclusive"),
        (["--optimizer", "best"], "Unsupported optimizer"),
    ],
)
def test_mistakes_are_one_line(data: str, tmp_path: Path, words: list[str], error: str) -> None:
    """With exit code 2, and nothing written."""
    done = spritenet("tune-rate", data, *words, folder=tmp_path)
    assert done.returncode == 2
    assert error in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.iterdir())
