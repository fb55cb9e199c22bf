"""`spritenet evaluate` and `spritenet info`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from idx_bytes import image_bytes, label_bytes, write_folder
from program import spritenet


def test_evaluate_agrees_with_the_library(data: str, run: Path) -> None:
    """Accuracy, loss, confusion and hash, as JSON."""
    done = spritenet("evaluate", run, data, "--json")
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    test, model = sn.load(data).test, sn.load_model(run / "model")
    model.compile("sgd", "sparse_categorical_crossentropy")
    scores = model.evaluate(test)
    assert found["accuracy"] == scores.accuracy
    assert found["loss"] == pytest.approx(scores.loss)
    confusion = np.zeros((10, 10), int)
    np.add.at(confusion, (test.labels, model.predict_classes(test)), 1)
    assert found["confusion"] == confusion.tolist()
    assert found["weights_sha256"] == model.weights_sha256
    low, high = found["accuracy_interval"]
    assert low < scores.accuracy < high or scores.accuracy == high == 1


def test_evaluate_shows_every_class_and_the_confusion(run: Path) -> None:
    """For people, on the data the run was trained on."""
    done = spritenet("evaluate", run)
    assert done.returncode == 0, done.stderr
    assert "test: 100 images" in done.stdout
    assert "with 95 % confidence" in done.stdout
    for word in ("recall", "precision", "often predicted as", "true ↓ predicted→"):
        assert word in done.stdout


def test_evaluate_shows_mistakes_if_asked_for(data: str, tmp_path: Path) -> None:
    """As pictures in shades, where there are no colours; none where there are none to show."""
    done = spritenet("train", data, "--steps", "1", "--out", "run", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    run = tmp_path / "run"
    assert "most confident" not in spritenet("evaluate", run).stdout
    for no_color in ("", "1"):
        done = spritenet("evaluate", run, "--mistakes", "2", NO_COLOR=no_color)
        shown = done.stdout.partition("2 most confident mistakes:")[2]
        assert "▓" in shown or "█" in shown
        assert "▀" not in shown
        assert ", true " in shown
    # Whoever wants no colours gets none, also where they are forced.
    done = spritenet("evaluate", run, "--mistakes", "2", NO_COLOR="1", FORCE_COLOR="1")
    assert "▀" not in done.stdout


def test_evaluate_takes_another_split(run: Path) -> None:
    """And names those there are."""
    assert "train: 400 images" in spritenet("evaluate", run, "--split", "train").stdout
    done = spritenet("evaluate", run, "--split", "moon")
    assert done.returncode == 2
    assert "unknown split 'moon': expected one of train, test" in done.stderr


def test_evaluate_refuses_data_of_another_kind(run: Path, tmp_path: Path) -> None:
    """Twelve classes are not ten; images of another size are not the network's."""
    small = write_folder(tmp_path / "small")
    done = spritenet("evaluate", run, small)
    assert done.returncode == 2
    assert "the images don't fit the network" in done.stderr
    for name in ("train", "t10k"):
        images = np.zeros((12, 28, 28), np.uint8)
        (tmp_path / f"{name}-images-idx3-ubyte").write_bytes(image_bytes(images))
        labels = np.arange(12, dtype=np.uint8)
        (tmp_path / f"{name}-labels-idx1-ubyte").write_bytes(label_bytes(labels))
    done = spritenet("evaluate", run, tmp_path)
    assert done.returncode == 2
    assert "expected 12 classes, got 10 outputs" in done.stderr


def test_info_of_a_data_set(data: str) -> None:
    """Counts, classes and the image size; the same as JSON."""
    done = spritenet("info", data)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("quarters: 28×28×1 pixels, 10 classes\n")
    assert ["total", "400", "100"] in [line.split() for line in done.stdout.splitlines()]
    assert done.stdout.endswith("no duplicate images\n")
    lines = done.stdout.splitlines()
    captions = next(i for i, line in enumerate(lines) if line.split() == ["0", "1", "2", "3"])
    assert len(lines[captions - 1]) <= 80
    assert all(set(line) <= set(" ░▒▓█") for line in lines[captions - 7 : captions])
    assert any(set(line) - {" "} for line in lines[captions - 7 : captions])
    found = json.loads(spritenet("info", data, "--json").stdout)
    assert found["splits"]["test"]["images"] == 100
    assert sum(found["splits"]["train"]["classes"].values()) == 400
    assert found["content_hash"] == sn.load(data).content_hash


def test_info_tells_of_copies(tmp_path: Path) -> None:
    """Their number, the splits, and those with different labels."""
    pixels = np.arange(8, dtype=np.uint8).reshape(4, 2, 1, 1)
    train = sn.Split.from_arrays(pixels, [0, 1, 0, 1], ["a", "b"], range=(0, 255))
    test = sn.Split.from_arrays(pixels[[0, 1, 1]], [0, 0, 0], ["a", "b"], range=(0, 255))
    data = sn.Dataset("copies", {"train": train, "test": test}, ("a", "b"))
    sn.pack(data, tmp_path / "copies.png")
    done = spritenet("info", "copies.png", folder=tmp_path)
    assert "1 duplicate image within test\n" in done.stdout
    assert "3 images of test also in train\n" in done.stdout
    assert "2 duplicate images with contradictory labels\n" in done.stdout
    assert "test 0 = train 0, test 1 = train 1, test 2 = train 1\n" in done.stdout
    found = json.loads(spritenet("info", "copies.png", "--json", folder=tmp_path).stdout)
    assert found["duplicates"]["between"] == [{"splits": ["train", "test"], "images": 3}]
    assert found["splits"]["train"]["mean"] == [pytest.approx(3.5 / 255)]


def test_info_of_a_model(run: Path) -> None:
    """Layers and metadata, by its folder, by its model.json and by its run."""
    for path in (run, run / "model", run / "model" / "model.json"):
        done = spritenet("info", path)
        assert done.returncode == 0, done.stderr
        assert "a network of 5,994 parameters, 23,976 bytes" in done.stdout
        assert "Conv2D(8, (5, 5), activation='relu')" in done.stdout
        assert "trained on: quarters, seed 0, 21 steps" in done.stdout
    found = json.loads(spritenet("info", run, "--json").stdout)
    assert found["parameters"] == 5994
    assert found["input_shape"] == [28, 28, 1]
    assert [layer["class_name"] for layer in found["layers"]][-1] == "Dense"


def test_a_broken_model_is_one_line(run: Path, tmp_path: Path) -> None:
    """Wherever a model is asked for."""
    (tmp_path / "model.json").write_text("{")
    for command in ("info", "evaluate"):
        done = spritenet(command, tmp_path)
        assert done.returncode == 2
        assert "not JSON" in done.stderr
        assert done.stderr.count("\n") == 1
    (tmp_path / "model.json").write_bytes((run / "model" / "model.json").read_bytes())
    done = spritenet("info", tmp_path)
    assert "weights.bin: the weights can't be read: No such file or directory" in done.stderr


def test_a_warning_is_one_line(tmp_path: Path) -> None:
    """On standard error, without Python's file and line."""
    keras = tmp_path / "keras"
    shutil.copytree(Path(__file__).parents[1] / "export" / "keras3", keras)
    text = (keras / "model.json").read_text()
    (keras / "model.json").write_text(text.replace('"NonNeg"', '"Own"').replace('"L1"', '"Own"'))
    done = spritenet("info", keras)
    assert done.returncode == 0
    line = (
        "warning: dense_1: kernel_regularizer and kernel_constraint are unsupported and ignored.\n"
    )
    assert done.stderr == line
    assert "Rescaling(0.00784313725490196, offset=-1.0)" in done.stdout
