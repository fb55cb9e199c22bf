"""Multi-label data in JavaScript: sprites, metrics, thresholds, predictions, equal to Python's."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

import spritenet as sn
from several_shapes import shapes_dataset
from spritenet import metrics

HERE = Path(__file__).parent


def job(node: str, name: str, **given: object) -> dict[str, Any]:
    """Returns the result of a job of labels.mjs."""
    done = subprocess.run(
        [node, HERE / "labels.mjs", name],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def test_rows_of_a_sprite_and_a_folder_are_read(node: str, tmp_path: Path) -> None:
    """Each label, and the targets of a split; a damaged version is refused by one line."""
    data = shapes_dataset(70, 30)
    sn.pack(data, tmp_path / "shapes.png")
    sn.pack(data, tmp_path / "set", shard_rows=40)
    rows = np.concatenate([data.train.labels, data.test.labels])
    for names in (["shapes.png"], sorted(f"set/{p.name}" for p in (tmp_path / "set").iterdir())):
        found = job(node, "read", folder=str(tmp_path), names=names)
        assert found["rows"] == rows.ravel().tolist()
        assert found["targets"] == data.test.labels.ravel().tolist()
        assert found["labels"] == 0
    sprite = bytearray((tmp_path / "shapes.png").read_bytes())
    place = sprite.index(b'"version":2')
    sprite[place : place + 11] = b'"version":3'
    (tmp_path / "newer.png").write_bytes(sprite)
    found = job(node, "read", folder=str(tmp_path), names=["newer.png"])
    assert "DataError" in found["error"]


def test_metrics_and_thresholds_are_those_of_python(node: str) -> None:
    """Of probabilities with ties; a class without images keeps one half."""
    chance = np.random.default_rng(4)
    rows = (chance.random((200, 5)) < [0.5, 0.3, 0.1, 0.02, 0]).astype(np.uint8)
    p = np.round(0.5 * rows + 0.5 * chance.random(rows.shape), 2)
    found = job(node, "metrics", rows=rows.ravel().tolist(), p=p.ravel().tolist(), classes=5)
    best = metrics.best_thresholds(rows, p)
    np.testing.assert_allclose(found["thresholds"], best, atol=1e-12)
    report = metrics.label_report(rows, p, best)
    for name in ("precision", "recall", "f1", "support", "predicted"):
        np.testing.assert_allclose(found[name], getattr(report, name), atol=1e-12)
    assert abs(found["exactMatch"] - report.exact_match) < 1e-12
    assert abs(found["binaryAccuracy"] - report.binary_accuracy) < 1e-12


def test_a_model_of_python_names_the_same_classes(node: str, tmp_path: Path) -> None:
    """`classify`, `examine` and the saved thresholds; what is saved again keeps them."""
    data = shapes_dataset(400, 40)
    model = sn.networks.tutorial(data.train)
    model.fit(data.train, validation_split=0.2, epochs=1, verbose=0)
    model.save(tmp_path / "model")
    sn.pack(data, tmp_path / "shapes.png")
    found = job(node, "classify", folder=str(tmp_path), names=["shapes.png"])
    assert model.thresholds is not None
    np.testing.assert_array_equal(found["thresholds"], model.thresholds)
    p = model.predict(data.test)
    near = np.abs(p - model.thresholds) < 1e-5
    mine = model.predict_labels(data.test)
    assert (near | (np.array(found["present"]) == mine)).all()
    report = model.evaluate(data.test).label_predictions
    if not near.any():
        np.testing.assert_allclose(found["f1"], report.classes.f1, atol=1e-12)
    assert abs(found["accuracy"] - ((p >= 0.5) == data.test.labels).mean()) < 0.01
    (tmp_path / "again").mkdir()
    for name, text in found["files"].items():
        (tmp_path / "again" / name).write_bytes(
            bytes(text) if isinstance(text, list) else text.encode()
        )
    again = sn.load_model(tmp_path / "again")
    np.testing.assert_array_equal(again.thresholds, model.thresholds)
