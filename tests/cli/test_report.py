"""`spritenet report`: the file, the pictures, what it says when something is missing."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from program import spritenet


def test_a_run_gets_its_report(run: Path) -> None:
    """Into its own folder, with its curves, on the data it was trained on."""
    done = spritenet("report", run)
    assert done.returncode == 0, done.stderr
    assert "test: 100 images" in done.stdout
    page = (run / "report.html").read_text(encoding="utf-8")
    assert '<h2 id="curves-title">Learning curves</h2>' in page
    assert "spritenet train" in page
    assert "--epochs 3" in page
    assert "these training images" in page


def test_json_agrees_with_evaluate(run: Path, data: str, tmp_path: Path) -> None:
    """The same figures, by both commands; a model without its run has no curves."""
    out = tmp_path / "r.html"
    done = spritenet("report", run / "model", data, "--out", out, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    expected = json.loads(spritenet("evaluate", run, data, "--json").stdout)
    assert found["accuracy"] == expected["accuracy"]
    assert found["accuracy_interval"] == expected["accuracy_interval"]
    assert found["log_loss"] == pytest.approx(expected["loss"], rel=1e-3)
    assert found["bytes"] == out.stat().st_size < 3_000_000
    assert found["changed"]["rotation"]["0"] == found["changed"]["shift"]["0.0"]
    assert 'id="curves"' not in out.read_text(encoding="utf-8")


def test_each_chart_is_a_picture_if_asked_for(run: Path, tmp_path: Path) -> None:
    """By matplotlib."""
    pytest.importorskip("matplotlib", reason="pip install matplotlib")
    done = spritenet("report", run, "--out", tmp_path / "r.html", "--png", tmp_path / "pictures")
    assert done.returncode == 0, done.stderr
    pictures = sorted(path.stem for path in (tmp_path / "pictures").glob("*.png"))
    charts = {"blur", "calibration", "classes", "confusion", "learning", "noise", "rotation"}
    assert (
        charts | {"shift", "thickness"}
        <= set(pictures)
        <= charts
        | {
            "shift",
            "thickness",
            "mistakes",
        }
    )
    for path in (tmp_path / "pictures").iterdir():
        assert path.read_bytes().startswith(b"\x89PNG")


def test_a_killed_run_gets_one_too(run: Path, tmp_path: Path) -> None:
    """Of its checkpoint, and it says so."""
    killed = tmp_path / "killed"
    shutil.copytree(run, killed)
    shutil.rmtree(killed / "model")
    journal = killed / "events.jsonl"
    lines = [line for line in journal.read_text().splitlines() if '"finished"' not in line]
    journal.write_text("\n".join(lines))  # the last one torn
    done = spritenet("report", killed)
    assert done.returncode == 0, done.stderr
    assert "This is the last checkpoint." in (killed / "report.html").read_text(encoding="utf-8")


def test_without_test_images_it_says_that_the_figures_flatter(run: Path, tmp_path: Path) -> None:
    """On the training images, if that is all there is."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (30, 28, 28), np.uint8)
    names = [str(i) for i in range(10)]
    arrays = {"train_images": images, "train_labels": np.arange(30) % 10, "class_names": names}
    np.savez(tmp_path / "d.npz", **arrays)  # type: ignore[arg-type]  # arrays and a list of words
    done = spritenet("report", run, tmp_path / "d.npz", "--out", tmp_path / "r.html")
    assert done.returncode == 0, done.stderr
    assert "its accuracy is overestimated" in done.stdout
    assert "All metrics are too optimistic" in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_mistakes_are_one_line(run: Path, data: str, tmp_path: Path) -> None:
    """No run, no model, another split, a place that can't be written to."""
    for arguments, words in (
        ((tmp_path / "nothing", data), "nothing"),
        ((run, data, "--split", "moon"), "unknown split 'moon'"),
        ((run, data, "--out", tmp_path / "file" / "r.html"), "no such folder"),
        (
            (run, data, "--out", tmp_path / "x.html", "--png", tmp_path / "file"),
            "can't make the folder",
        ),
    ):
        (tmp_path / "file").write_text("")
        done = spritenet("report", *arguments)
        assert done.returncode == 2, (arguments, done.stderr)
        assert words in done.stderr
        assert done.stderr.count("\n") == 1
