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


def test_fine_tunes_for_epochs(folder: Path) -> None:
    """The file is that of `model.quantize(data, epochs=…)`."""
    words = ("--epochs", "2", "--learning-rate", "0.001", "--seed", "5")
    done = spritenet("quantize", "m", "data.npz", "m.int8", *words, folder=folder)
    assert done.returncode == 0, done.stderr
    data = sn.load(folder / "data.npz")
    tuned = sn.load_model(folder / "m").quantize(data, epochs=2, learning_rate=0.001, seed=5)
    found = sn.QuantizedModel.load(folder / "m.int8").predict_integers(data.test.images)
    assert np.array_equal(found, tuned.predict_integers(data.test.images))


def test_refuses_another_ending_and_other_images(folder: Path) -> None:
    """One line and exit code 2; nothing is written."""
    done = spritenet("quantize", "m", "data.npz", "m.bin", folder=folder)
    assert done.returncode == 2
    assert "expected .int8 or .onnx" in done.stderr
    done = spritenet("quantize", "m", "strokes", "m.int8", folder=folder)
    assert done.returncode == 2
    assert "its images don't fit the network" in done.stderr
    assert not (folder / "m.int8").exists()


def test_the_file_is_described_and_evaluated(folder: Path) -> None:
    """`info` lists the integer operators, `evaluate` gives what Python gives."""
    spritenet("quantize", "m", "data.npz", "m.int8", folder=folder)
    done = spritenet("info", "m.int8", "--json", folder=folder)
    found = json.loads(done.stdout)
    assert found["format"] == "int8"
    assert [each["operator"] for each in found["operators"]] == ["Convolution", "Dense"]
    done = spritenet("info", "m.int8", folder=folder)
    assert "softmax of the outputs is computed in float32" in done.stdout
    done = spritenet("evaluate", "m.int8", "data.npz", "--json", folder=folder)
    small, data = sn.QuantizedModel.load(folder / "m.int8"), sn.load(folder / "data.npz")
    scores = small.evaluate(data.test)
    found = json.loads(done.stdout)
    assert (found["accuracy"], found["images"]) == (scores.accuracy, 50)
    assert found["loss"] == pytest.approx(scores.loss)
    done = spritenet("evaluate", "m.int8", "data.npz", folder=folder)
    assert "50 images, in int8" in done.stdout


def test_onnx_files_have_the_same_bytes_by_every_way(folder: Path) -> None:
    """From `quantize`, from `convert` of its .int8 file, and from `export` of the model."""
    for words in (
        ("quantize", "m", "data.npz", "a.onnx"),
        ("quantize", "m", "data.npz", "m.int8"),
        ("convert", "m.int8", "b.onnx"),
        ("export", "m", "c.onnx", "--precision", "int8", "--data", "data.npz"),
        ("convert", "m", "d.onnx", "--precision", "int8", "--data", "data.npz"),
    ):
        done = spritenet(*words, folder=folder)
        assert done.returncode == 0, done.stderr
    assert len({(folder / f"{name}.onnx").read_bytes() for name in "abcd"}) == 1
    done = spritenet("info", "a.onnx", folder=folder)
    assert "refused as a network: a.onnx: unsupported operator 'DequantizeLinear'" in done.stdout


def test_int8_files_have_the_same_bytes_by_every_way(folder: Path) -> None:
    """From `quantize`, `convert` and `export` of the model, and `convert` of an .int8 file."""
    for words in (
        ("quantize", "m", "data.npz", "a.int8"),
        ("convert", "m", "b.int8", "--data", "data.npz"),
        ("export", "m", "c.int8", "--data", "data.npz"),
        ("convert", "a.int8", "d.int8", "--json"),
    ):
        done = spritenet(*words, folder=folder)
        assert done.returncode == 0, done.stderr
    files = [folder / f"{name}.int8" for name in "abcd"]
    assert len({file.read_bytes() for file in files}) == 1
    size = files[0].stat().st_size
    expected = {"path": "d.int8", "to": "int8", "bytes": size, "same_weights": None}
    assert json.loads(done.stdout) == expected


@pytest.mark.parametrize("out", ["x", "x.zip", "x.keras", "x.h5", "x.py", "x.html"])
def test_an_int8_file_becomes_no_float32_model(folder: Path, out: str) -> None:
    """One line that names the model that it was made of; nothing is written."""
    spritenet("quantize", "m", "data.npz", "m.int8", folder=folder)
    done = spritenet("convert", "m.int8", out, folder=folder)
    assert done.returncode == 2
    assert "Convert the model that it was made of" in done.stderr
    assert done.stderr.count("\n") == 1
    assert not (folder / out).exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("evaluate", "m.int8", "data.npz", "--tta", "3"), "--tta is for float32 models"),
        (("evaluate", "m.int8", "data.npz", "--pixels", "0..1"), "--pixels is for float32"),
        (("draw", "m.int8"), "it is an int8 model: expected a float32 model. Give"),
        (("export", "m.int8", "m.html"), "Give the model that it was made of"),
        (("info", "m.int8", "--size", "8x8"), "this is a model"),
    ],
)
def test_what_an_int8_model_cannot_do_is_refused(
    arguments: tuple[str, ...], words: str, folder: Path
) -> None:
    """One line and exit code 2."""
    spritenet("quantize", "m", "data.npz", "m.int8", folder=folder)
    done = spritenet(*arguments, folder=folder)
    assert done.returncode == 2
    assert words in done.stderr
