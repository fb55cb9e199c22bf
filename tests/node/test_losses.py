"""JavaScript trains with every loss of the core's table as Python does, and refuses the same."""

from __future__ import annotations

import json
import math
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
from spritenet import losses
from spritenet.losses import LOSSES
from spritenet.model import Sequential
from spritenet.training.events import StepEvent

HERE = Path(__file__).parent
RANDOM = np.random.default_rng(1)
IMAGES = RANDOM.integers(0, 256, (20, 4, 4, 1), np.uint8)
LABELS = RANDOM.integers(0, 3, 20).astype(np.int32)

OPTIONS: dict[str, dict[str, Any]] = {
    "BinaryCrossentropy": {"label_smoothing": 0.1},
    "BinaryFocalCrossentropy": {"gamma": 1.5, "alpha": 0.3, "apply_class_balancing": True},
    "CategoricalCrossentropy": {"from_logits": True, "label_smoothing": 0.2},
    "Huber": {"delta": 0.4},
    "Tversky": {"alpha": 0.2, "beta": 0.7},
}


def camel(name: str) -> str:
    """An argument as JavaScript calls it."""
    head, *rest = name.split("_")
    return head + "".join(part.capitalize() for part in rest)


def ran(node: str, folder: Path, jobs: list[dict[str, object]]) -> list[dict[str, Any]]:
    """The results of losses.mjs."""
    (folder / "images.bin").write_bytes(IMAGES.tobytes())
    done = subprocess.run(
        [node, HERE / "losses.mjs"],
        input=json.dumps({"folder": str(folder), "jobs": jobs}),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: list[dict[str, Any]] = json.loads(done.stdout)
    return result


def network(units: int, activation: str | None) -> Sequential:
    """A small, smooth network, built."""
    layers = [sn.Rescaling(1 / 255), sn.Flatten(), sn.Dense(6, activation="tanh")]
    made = Sequential([*layers, sn.Dense(units, activation=activation)])
    made.compile("sgd", "mse")
    made.build((4, 4, 1), seed=2)
    return made


def test_every_loss_trains_as_in_python(node: str, tmp_path: Path) -> None:
    """Losses of all steps, the evaluation, and the loss in the saved file."""
    jobs: list[dict[str, object]] = []
    for name, cls in LOSSES.items():
        options = OPTIONS.get(name, {})
        row = cls().row
        last = row.activation or "sigmoid"
        network(3, None if options.get("from_logits") else last).save(tmp_path / name)
        rows = RANDOM.uniform(0.1, 1, (20, 3))
        rows /= rows.sum(axis=1, keepdims=True)
        given = {"labels": LABELS.tolist()} if row.targets == "labels" else {}
        jobs.append(
            {
                "model": name,
                "loss": {"name": row.words[-1], **{camel(k): v for k, v in options.items()}},
                **(given or {"targets": rows.astype(np.float32).reshape(-1).tolist()}),
            }
        )
    results = ran(node, tmp_path, jobs)
    for job, result in zip(jobs, results, strict=True):
        name = str(job["model"])
        model = sn.load_model(tmp_path / name)
        loss = LOSSES[name](**OPTIONS.get(name, {}))
        model.compile(sn.SGD(0.05), loss)
        y = np.array(job.get("labels", job.get("targets")))
        y = y if y.size == len(IMAGES) else y.reshape(-1, 3)
        steps = sn.train(model, IMAGES, y, epochs=2, batch_size=8, seed=3)
        expected = [event.loss for event in steps if isinstance(event, StepEvent)]
        np.testing.assert_allclose(result["losses"], expected, rtol=2e-5, atol=2e-6, err_msg=name)
        value, accuracy = model.evaluate(IMAGES, y)
        assert result["loss"] == pytest.approx(value, rel=2e-5, abs=2e-6), name
        assert result["accuracy"] == (None if math.isnan(accuracy) else pytest.approx(accuracy)), (
            name
        )
        assert sn.load_model(tmp_path / f"{name} again").loss == loss


def test_labels_are_the_targets_of_one_output(node: str, tmp_path: Path) -> None:
    """Yes or no, and numbers."""
    network(1, "sigmoid").save(tmp_path / "one")
    network(1, None).save(tmp_path / "number")
    yes = (LABELS > 0).astype(int).tolist()
    jobs: list[dict[str, object]] = [
        {"model": "one", "loss": "bce", "labels": yes},
        {"model": "number", "loss": "mse", "labels": LABELS.tolist()},
    ]
    first, second = ran(node, tmp_path, jobs)
    assert 0 <= first["accuracy"] <= 1
    assert second["accuracy"] is None
    assert math.isfinite(second["loss"])


@pytest.mark.parametrize(
    ("last", "loss", "targets", "words"),
    [
        ("softmax", "ctc", [1, 0, 0], "one of binary_crossentropy"),
        ("softmax", "bce", [1, 0, 0], "expected sigmoid"),
        ("sigmoid", "bce", [2, 0, 0], "outside 0 to 1"),
        ("softmax", "kld", [1, 1, 0], "several labels"),
        ("softmax", "sparse_categorical_crossentropy", [1, 0, 0], "needs labels"),
        ("softmax", {"name": "huber", "delta": -1}, [1, 0, 0], "0 or more"),
        ("sigmoid", {"name": "binary_focal_crossentropy", "alpha": -1}, [1, 0, 0], "0 ≤ alpha ≤ 1"),
        ("sigmoid", {"name": "binary_focal_crossentropy", "alpha": 2}, [1, 0, 0], "0 ≤ alpha ≤ 1"),
        (
            "softmax",
            {"name": "categorical_focal_crossentropy", "alpha": -1},
            [1, 0, 0],
            "0 or more",
        ),
        ("softmax", {"name": "huber", "gamma": 1}, [1, 0, 0], "no argument gamma"),
        (
            "softmax",
            {"name": "categorical_crossentropy", "labelSmoothing": 1},
            [1, 0, 0],
            "label_smoothing < 1",
        ),
    ],
)
def test_what_makes_no_sense_is_refused(
    node: str, tmp_path: Path, last: str, loss: object, targets: list[int], words: str
) -> None:
    """One line each."""
    network(3, last).save(tmp_path / "model")
    (found,) = ran(node, tmp_path, [{"model": "model", "loss": loss, "targets": targets * 20}])
    assert words in found["refused"]
    assert "\n" not in found["refused"]


def test_all_names_are_known(node: str, tmp_path: Path) -> None:
    """The words of the table, in JavaScript's way of writing, too."""
    network(3, "linear").save(tmp_path / "model")
    words = ["meanSquaredError", "MeanAbsoluteError", "mape", "huber_loss", "logcosh"]
    targets = RANDOM.uniform(0.5, 1, 60).tolist()
    jobs: list[dict[str, object]] = [
        {"model": "model", "loss": word, "targets": targets} for word in words
    ]
    results = ran(node, tmp_path, jobs)
    assert [sorted(result) for result in results] == [["accuracy", "loss", "losses"]] * len(words)
    loaded = sn.load_model(tmp_path / "model again").loss
    assert loaded == losses.get("log_cosh")
