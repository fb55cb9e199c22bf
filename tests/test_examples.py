"""The programs in examples/ run and do what they say."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

import spritenet as sn
from spritenet.dataset import Dataset

EXAMPLES = Path(__file__).parents[1] / "examples"


def test_mnist_core_learns(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """A few of its steps on drawn digits lower the loss."""
    source = (EXAMPLES / "mnist_core.py").read_text(encoding="utf-8")
    assert "TRAIN_STEPS = 100" in source
    short = tmp_path / "mnist_core.py"
    short.write_text(source.replace("TRAIN_STEPS = 100", "TRAIN_STEPS = 25"), encoding="utf-8")
    digits = sn.load("strokes")
    splits = {"train": digits.train[:1000], "test": digits.test[:200]}
    sn.pack(Dataset("digits", splits, digits.class_names), tmp_path / "digits")
    monkeypatch.setattr(sys, "argv", ["mnist_core.py", str(tmp_path / "digits")])
    runpy.run_path(str(short), run_name="__main__")
    lines = capsys.readouterr().out.splitlines()
    losses = [float(line.split(": ")[1]) for line in lines if line.startswith("loss[")]
    assert len(losses) == 25
    assert losses[-1] < 0.9 * losses[0]
    assert lines[-1].startswith("Test accuracy: ")
