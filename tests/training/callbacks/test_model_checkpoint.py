"""ModelCheckpoint saves the epochs it should, whole or as weights."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import tiny
from scripted import Scripted, fitted
from spritenet.model import load_model
from spritenet.training.callbacks import (
    ModelCheckpoint,
)


def test_the_best_model_is_kept(tmp_path: Path) -> None:
    """Only when it is better; the file holds the weights of that epoch."""
    inner = ModelCheckpoint(tmp_path / "best", save_best_only=True)
    script = Scripted(inner, "val_loss", [3, 1, 2])
    fitted(script)
    np.testing.assert_array_equal(load_model(tmp_path / "best").parameters, script.weights[1])


def test_every_epochs_model_is_kept_under_its_name(tmp_path: Path) -> None:
    """With the epoch from 1 and the figures."""
    model = fitted(ModelCheckpoint(tmp_path / "m-{epoch:02d}"), epochs=2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["m-01", "m-02"]
    again = load_model(tmp_path / "m-02")
    assert again.weights_sha256 == model.weights_sha256


def test_the_best_weights_are_kept_in_a_file(tmp_path: Path) -> None:
    """With a figure to beat that nothing beats, none is."""
    path = tmp_path / "best-{epoch}.npz"
    model = fitted(ModelCheckpoint(path, save_weights_only=True))
    other = tiny.model()
    other.build((8, 8, 1))
    other.load_weights(tmp_path / "best-3.npz")
    assert other.weights_sha256 == model.weights_sha256
    fitted(
        ModelCheckpoint(tmp_path / "never", save_best_only=True, initial_value_threshold=0.0),
    )
    assert sorted(file.name for file in tmp_path.iterdir()) == [f"best-{i}.npz" for i in (1, 2, 3)]
