"""Augmentation in JavaScript is that of Python: words, pixels to the byte, trainings, files."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
from spritenet.augmentation import PRESETS, augmented, find_steps
from spritenet.errors import ModelError

HERE = Path(__file__).parent
RELAXED = "--experimental-wasm-relaxed-simd"
AUGMENTS = [
    *PRESETS,
    "digits,elastic=0.7,erasing=1",
    "rotation=180,zoom=-0.5:0.8,fill=wrap",
    "shear=0.4,translation=0.3,fill=constant",
    "contrast=0.9,brightness=-0.5:0.2,flip=both",
    "mixup=0.3,cutmix=0.8",
]
REFUSED = ["dgits", "spin=1", "rotation=200", "rotation=9:3", "flip=sideways", "cutmix=2"]

Job = Callable[..., Any]


@pytest.fixture
def job(node: str, tmp_path: Path) -> Job:
    """Runs one job of library.mjs in the test's folder."""

    def run(name: str, *options: str, **values: object) -> object:
        done = subprocess.run(
            [node, *options, HERE / "library.mjs", name],
            input=json.dumps({"folder": str(tmp_path), **values}),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    return run


@pytest.mark.parametrize("relaxed", [False, True])
def test_pixels_are_the_same_bytes(job: Job, tmp_path: Path, relaxed: bool) -> None:
    """Of every preset and amount, also where products and sums may be fused."""
    images = np.random.default_rng(2).integers(0, 256, (8, 13, 70, 3), dtype=np.uint8)
    (tmp_path / "images.bin").write_bytes(images.tobytes())
    seed, epoch = 2**63 + 11, 5
    options = [RELAXED] if relaxed else []
    layers = job(
        "augment",
        *options,
        augments=AUGMENTS,
        shape=[13, 70, 3],
        seed=str(seed),
        epoch=epoch,
        relaxed=relaxed,
    )
    seen = np.frombuffer((tmp_path / "seen.bin").read_bytes(), np.uint8)
    for words, found, part in zip(
        AUGMENTS, layers, seen.reshape(len(AUGMENTS), *images.shape), strict=True
    ):
        steps = find_steps(words)
        assert [step.operator for step in steps] == [name for name, _ in found]
        for step, (_, config) in zip(steps, found, strict=True):
            for name, value in step.attributes.items():
                given = config[name]
                same = [given] if isinstance(given, int | float) else given
                assert same == (value if isinstance(value, str) else list(value))
        np.testing.assert_array_equal(part, augmented(images, steps, seed=seed, epoch=epoch))


def test_wrong_words_are_refused(job: Job) -> None:
    """The same ones as in Python, in a line."""
    for words, line in zip(REFUSED, job("refusals", augments=REFUSED), strict=True):
        with pytest.raises(ModelError):
            find_steps(words)
        assert line.startswith("ModelError"), line


@pytest.mark.parametrize("augment", ["photos", "digits,mixup=0.4,cutmix=0.9"])
def test_trainings_are_those_of_python(job: Job, tmp_path: Path, augment: str) -> None:
    """Losses of three epochs, with random layers at the head; its files predict in Python."""
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (50, 11, 10, 1), dtype=np.uint8)
    labels = random.integers(0, 3, 50)
    (tmp_path / "images.bin").write_bytes(images.tobytes())
    (tmp_path / "labels.bin").write_bytes(labels.astype("<i4").tobytes())
    made = job(
        "augmentedFit",
        shape=[11, 10, 1],
        augment=augment,
        options={"epochs": 3, "batchSize": 16, "seed": 7},
    )
    assert made["kinds"][:3] == ["RandomCrop", "RandomFlip", "Rescaling"]
    model = sn.Sequential(
        [
            sn.RandomCrop(9, 8),
            sn.RandomFlip(),
            sn.Conv2D(4, 3, activation="relu"),
            sn.Flatten(),
            sn.Dense(3, activation="softmax"),
        ]
    )
    model.compile(sn.optimizers.SGD(0.05), "sparse_categorical_crossentropy")
    model.build((11, 10, 1), seed=0)
    losses = [
        event.loss
        for event in sn.train(
            model, images, labels, epochs=3, batch_size=16, seed=7, augment=augment
        )
        if isinstance(event, sn.StepEvent)
    ]
    np.testing.assert_allclose(made["losses"], losses, rtol=1e-4)
    again = sn.load_model(tmp_path / "made")
    assert [layer.class_name for layer in again.layers[:2]] == ["Rescaling", "Cropping2D"]
    np.testing.assert_allclose(again.predict(images), model.predict(images), atol=1e-4)


def test_random_layers_of_a_file_are_kept(job: Job, tmp_path: Path) -> None:
    """A model that is loaded and saved in JavaScript trains on in Python as it would have."""
    model = sn.Sequential([sn.RandomFlip(), sn.RandomCrop(7, 6), sn.Flatten(), sn.Dense(3)])
    model.compile("sgd", "mean_squared_error")
    pixels = np.random.default_rng(1).integers(0, 256, (8, 9, 9, 1), dtype=np.uint8)
    model.fit(pixels, np.zeros((8, 3), np.float32), verbose=0, augment="digits,mixup=0.2")
    model.save(tmp_path / "one")
    (tmp_path / "one" / "pixels.bin").write_bytes(pixels.tobytes())
    job("predict", models=["one"], relaxed=False)
    found = np.frombuffer((tmp_path / "one" / "javascript.bin").read_bytes(), np.float32)
    np.testing.assert_allclose(found.reshape(8, 3), model.predict(pixels), atol=1e-5)
    again = sn.load_model(tmp_path / "one again")
    assert [layer.config() for layer in again.layers] == [layer.config() for layer in model.layers]
    assert again.augmentation == model.augmentation
