"""Training on few images in JavaScript is that of Python's network `few`."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
from spritenet import networks

HERE = Path(__file__).parent
EACH = 10

Job = Callable[..., Any]


@pytest.fixture
def data(tmp_path: Path) -> sn.Dataset:
    """Ten drawn digits of each class, in files, and 200 others."""
    found = sn.load("strokes")
    train, test = found.train[: 10 * EACH], found.test[:200]
    (tmp_path / "images.bin").write_bytes(train.images.tobytes())
    (tmp_path / "labels.bin").write_bytes(train.labels.tobytes())
    (tmp_path / "test.bin").write_bytes(test.images.tobytes())
    return sn.Dataset("digits", {"train": train, "test": test}, found.class_names)


@pytest.fixture
def job(node: str, tmp_path: Path, data: sn.Dataset) -> Job:
    """Runs one job of few.mjs in the test's folder."""

    def run(name: str, **values: object) -> object:
        given = {"folder": str(tmp_path), "imageShape": data.image_shape, **values}
        done = subprocess.run(
            [node, HERE / "few.mjs", name],
            input=json.dumps({"classNames": data.class_names, **given}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


def test_it_begins_as_in_python(job: Job, data: sn.Dataset, tmp_path: Path) -> None:
    """The same layers and, but for rounding, the same weights; the same options of the training."""
    made = job("create")
    model = networks.few(data.train)
    assert made["names"] == list(model.weights)
    found = np.fromfile(tmp_path / "parameters.bin", np.float32)
    expected = np.concatenate([values.ravel() for values in model.weights.values()])
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-5)
    options = networks.fit_options("few")
    assert made["options"]["steps"] == options["steps"]
    assert made["options"]["batchSize"] == options["batch_size"]
    assert made["options"]["augment"] == options["augment"]
    optimizer, loss = model.compiled()
    assert optimizer == sn.Adam(sn.CosineDecay(made["options"]["rate"]), beta_2=0.99)
    assert loss == sn.CategoricalCrossentropy(label_smoothing=made["options"]["smoothing"])


def test_it_learns_from_ten_images_a_class(job: Job, data: sn.Dataset, tmp_path: Path) -> None:
    """In this thread and through the worker's messages alike; Python reads the result."""
    here, there = job("train", steps=80)
    assert here["outputs"] == there["outputs"]
    outputs = np.array(here["outputs"], np.float32).reshape(-1, 10)
    assert (outputs.argmax(axis=1) == data.test.labels).mean() > 0.85
    assert here["losses"] == here["calls"] == 80
    assert here["first"]["step"] == 1
    assert here["last"]["step"] == here["last"]["steps"] == 80
    assert here["last"]["loss"] < here["first"]["loss"]
    model = sn.load_model(tmp_path)
    np.testing.assert_allclose(model.predict(data.test.images), outputs, atol=1e-4)


def test_it_ends_early(job: Job) -> None:
    """An abort ends the training; the weights of the steps so far are kept."""
    done = job("abort")
    assert done["aborted"]
    assert 2 <= done["step"] < 300


def test_bad_input_is_one_line(job: Job) -> None:
    """The error says what, expected and got."""
    messages = job("refuse")
    assert "expected 1 or 3 channels, got 4" in messages["four channels"]
    assert "missing labels" in messages["no labels"]
    assert "label" in messages["one class"]
    assert "damaged weights" in messages["damaged weights"]
    assert all("\n" not in message and "BUG" not in message for message in messages.values())
