"""The programs in examples/ run and do what they say."""

from __future__ import annotations

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from spritenet.dataset import Dataset

pytest.importorskip("matplotlib")
pytest.importorskip("optuna")

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


@pytest.mark.slow
def test_every_notebook_executes(tmp_path: Path) -> None:
    """With few images and epochs, cell by cell; each figure shows something."""
    done = subprocess.run(
        [sys.executable, "tools/notebooks.py", "--fast", "--out", str(tmp_path)],
        cwd=EXAMPLES.parent,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SPRITENET_THREADS": "2"},
    )
    assert done.returncode == 0, done.stderr
    names = sorted(path.stem for path in EXAMPLES.glob("*.ipynb"))
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == names
    for name in names:
        pictures = sorted(tmp_path.glob(f"{name}-*.png"))
        assert pictures, name
        for picture in pictures:
            grey = np.asarray(Image.open(picture).convert("L"))
            assert grey.min() < 100, picture.name
            assert grey.max() > 200, picture.name


def test_notebooks_are_committed_without_outputs() -> None:
    """They hold text and code alone, and values that a quick check takes for the parameters."""
    for path in EXAMPLES.glob("*.ipynb"):
        notebook = json.loads(path.read_text(encoding="utf-8"))
        code = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        assert not any(cell["outputs"] or cell["execution_count"] for cell in code), path.name
        (parameters,) = (
            "".join(cell["source"])
            for cell in code
            if "parameters" in cell["metadata"].get("tags", ())
        )
        for name in notebook["metadata"]["spritenet"]["fast"]:
            assert f"{name} = " in parameters, path.name


def test_every_example_is_listed() -> None:
    """In the table of examples/README.md and on the page about notebooks."""
    there = {path.name for path in EXAMPLES.glob("*.*")} - {"README.md", "mnist_core.py"}
    for page in (EXAMPLES / "README.md", EXAMPLES.parent / "docs/how-to/notebooks.md"):
        text = page.read_text(encoding="utf-8")
        assert {name for name in there if f"[{name}](" not in text} == set()
