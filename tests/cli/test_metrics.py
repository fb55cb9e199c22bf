"""`spritenet train --metrics … --sampling balanced --class-weight …`."""

from __future__ import annotations

import json
from pathlib import Path

from program import spritenet
from spritenet.report import TrainingRecord
from spritenet.report.charts import learning_charts
from spritenet.runs import Run
from spritenet.training import events as kinds


def test_metrics_are_printed_recorded_and_part_of_a_resumed_run(data: str, tmp_path: Path) -> None:
    """By name and with arguments, in lines, journal, charts, scores and JSON."""
    words = ["--metrics", "f1_score,recall:class_id=3:name=threes", "--sampling", "balanced"]
    words += ["--class-weight", "3=2,5=0.5"]
    words = ["train", data, "--epochs", "1", "--validation", "0.25", "--out", "r", *words]
    done = spritenet(*words, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert lines[2].startswith("epoch 1/1: loss ")
    assert lines[3].startswith("  f1 score 0.")
    assert "; validation f1 score 0." in lines[3]
    assert any(", f1 score 0." in line for line in lines if line.startswith("tested on"))
    run = Run(tmp_path / "r")
    events = list(run.events())
    (ended,) = [event for event in events if isinstance(event, kinds.EpochEnded)]
    (tested,) = [event for event in events if isinstance(event, kinds.Tested)]
    assert set(ended.metrics) == set(ended.val_metrics) == set(tested.metrics)
    assert set(tested.metrics) == {"f1_score", "threes"}
    assert run.config()["sampling"] == "balanced"
    assert run.config()["command"]["class_weight"] == {"3": 2.0, "5": 0.5}
    charts = learning_charts(TrainingRecord.of_run(run))
    assert list(charts) == ["loss", "accuracy", "f1_score", "threes"]
    done = spritenet("train", "--resume", "--out", "r", "--epochs", "2", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert set(json.loads(done.stdout)["test_metrics"]) == {"f1_score", "threes"}


def test_wrong_words_are_one_line(data: str, tmp_path: Path) -> None:
    """An unknown metric, an argument without a value, another sampling."""
    for words, expected in (
        (["--metrics", "precison"], "Did you mean precision"),
        (["--metrics", "recall:class_id"], "NAME:ARGUMENT=VALUE"),
        (["--metrics", "recall:class_id=10"], "class_id is out of range"),
        (["--metrics", "recall:classes=1"], "Unsupported argument 'classes'"),
        (["--sampling", "equal"], "expected one of balanced"),
        (["--class-weight", "3"], "expected balanced, or CLASS=FACTOR,…"),
        (["--class-weight", "12=2"], "unknown class"),
        (["--class-weight", "balanced", "--sampling", "balanced"], "mutually exclusive"),
    ):
        done = spritenet("train", data, "--steps", "1", *words, folder=tmp_path)
        assert done.returncode != 0
        assert expected in done.stderr
        assert done.stderr.count("\n") == 1
