"""Two shapes at random places: what the advice of `spritenet train` promises."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import spritenet as sn
from program import spritenet


def shapes(count: int, seed: int, name: str) -> sn.Split:
    """A triangle or the same upside down, anywhere in images of 28x28."""
    random = np.random.default_rng(seed)
    pixels = np.zeros((count, 28, 28, 1), np.uint8)
    labels = np.arange(count) % 2
    triangle = np.tri(9, dtype=bool)
    for image, label in zip(pixels, labels, strict=True):
        y, x = random.integers(0, 20, 2)
        image[y : y + 9, x : x + 9, 0] = np.where(triangle.T if label else triangle, 255, 0)
    return sn.Split.from_arrays(pixels, labels, ("lower", "upper"), name)


def test_the_advice_of_an_overfitted_training_helps(tmp_path: Path) -> None:
    """A dense network knows 200 images by heart, and reads 98 % of others only when augmented."""
    splits = {"train": shapes(200, 0, "train"), "test": shapes(1000, 1, "test")}
    sn.pack(sn.Dataset("shapes", splits, ("lower", "upper")), tmp_path / "shapes.png")
    words = ["train", "shapes.png", "--model", "dense", "--epochs", "100", "--threads", "1"]
    words += ["--batch-size", "20", "--optimizer", "adam", "--learning-rate", "0.001"]
    found = []
    for number, more in enumerate(([], ["--augment", "translation=0.5,fill=wrap"]), 1):
        done = spritenet(*words, *more, folder=tmp_path)
        assert done.returncode == 0, done.stderr
        model = sn.load_model(tmp_path / "runs" / f"dense-{number}")
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        found.append((model.evaluate(splits["test"]).accuracy, done.stdout + done.stderr))
    (plain, said), (augmented, unsaid) = found
    assert plain < 0.85
    assert "Augmentation helps most (--augment" in said
    assert augmented > 0.98
    assert "Overfitting" not in unsaid
