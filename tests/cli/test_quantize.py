"""`spritenet quantize`: the file, the accuracies, and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from program import spritenet


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a model and a data set of two classes: dark and light."""
    rng = np.random.default_rng(0)
    labels = np.arange(200) % 2
    images = rng.integers(0, 100, (200, 6, 6, 1)) + 150 * labels[:, None, None, None]
    np.savez(
        tmp_path / "data.npz",
        x_train=images[:150].astype(np.uint8),
        y_train=labels[:150],
        x_test=images[150:].astype(np.uint8),
        y_test=labels[150:],
    )
    data = sn.load(tmp_path / "data.npz")
    model = sn.Sequential(
        [sn.Conv2D(4, 3, activation="relu"), sn.Flatten(), sn.Dense(2, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(data.train, epochs=40, batch_size=10, verbose=0)
    model.save(tmp_path / "m")
    return tmp_path


def test_writes_the_model_and_prints_both_accuracies(folder: Path) -> None:
    """The file loads and predicts; the JSON has the accuracies that the models have."""
    done = spritenet("quantize", "m", "data.npz", "m.int8", "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    small, data = sn.QuantizedModel.load(folder / "m.int8"), sn.load(folder / "data.npz")
    assert found["bytes"] == (folder / "m.int8").stat().st_size
    assert found["accuracy_int8"] == small.evaluate(data.test).accuracy > 0.9
    whole = sn.load_model(folder / "m").predict_classes(data.test)
    assert found["accuracy_float32"] == (whole == data.test.labels).mean()


def test_refuses_another_ending_and_other_images(folder: Path) -> None:
    """One line and exit code 2; nothing is written."""
    done = spritenet("quantize", "m", "data.npz", "m.bin", folder=folder)
    assert done.returncode == 2
    assert "expected .int8" in done.stderr
    done = spritenet("quantize", "m", "strokes", "m.int8", folder=folder)
    assert done.returncode == 2
    assert "its images don't fit the network" in done.stderr
    assert not (folder / "m.int8").exists()
