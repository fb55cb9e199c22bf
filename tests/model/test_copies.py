"""Predictions averaged over augmented copies."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import spritenet as sn
from program import spritenet
from spritenet.augmentation import augmented, find_steps
from spritenet.errors import ModelError
from spritenet.layers import Layer


def data(count: int = 60) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images and labels of three classes."""
    random = np.random.default_rng(2)
    return random.integers(0, 256, (count, 9, 9, 1), dtype=np.uint8), random.integers(0, 3, count)


def trained(
    *head: Layer, augment: str | None = "photos,erasing=1,mixup=0.3", **how: object
) -> sn.Model:
    """A small network, trained for a moment."""
    layers = [*head, sn.Conv2D(4, 3, activation="relu"), sn.Flatten(), sn.Dense(3, "softmax")]
    model = sn.Sequential(layers, **how)  # type: ignore[arg-type]  # threads
    model.compile(sn.optimizers.Adam(0.02), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(*data(), epochs=2, verbose=0, augment=augment)
    return model


def copies(x: NDArray[np.uint8], words: str, count: int) -> list[NDArray[np.uint8]]:
    """The image itself, and what training with seed 0 sees of image 0 in epochs 1, 2 and so on."""
    alike = np.zeros(len(x), np.int64)
    steps = find_steps(words)
    return [x, *(augmented(x, steps, epoch=k, identities=alike) for k in range(1, count))]


def test_outputs_are_means_over_the_image_and_its_copies() -> None:
    """With the words given, or those of the training without erasing and MixUp."""
    x, _ = data()
    model = trained()
    for words, given in (("rotation=20", "rotation=20"), ("photos", None)):
        parts = [model.predict(one).astype(np.float64) for one in copies(x, words, 5)]
        expected = np.mean(parts, axis=0).astype(np.float32)
        np.testing.assert_array_equal(model.predict(x, tta=5, augment=given), expected)
        np.testing.assert_array_equal(model.predict(x[7], tta=5, augment=given), expected[7])
    np.testing.assert_array_equal(model.predict(x, tta=1), model.predict(x))
    answers = model.classify(x, tta=5)
    np.testing.assert_allclose(answers.probabilities, expected, atol=1e-6)
    np.testing.assert_array_equal(answers.label, answers.probabilities.argmax(axis=1))


@pytest.mark.parametrize("head", [[], [sn.RandomCrop(7, 7)], [sn.BatchNormalization()]])
def test_threads_change_no_bit(head: list[Layer]) -> None:
    """Of outputs and of losses."""
    x, y = data()
    found = []
    for threads in (1, 2, 5):
        model = trained(*head, threads=threads)
        scores = model.evaluate(x, y, tta=4, augment="digits")
        found.append((model.predict(x, tta=4, augment="digits").tobytes(), *scores))
    assert found[0] == found[1] == found[2]


def test_own_random_layers_make_copies() -> None:
    """Also behind Rescaling, in whose values they count; a RandomCrop stays in the middle."""
    x, _ = data()
    first = [sn.RandomTranslation(0.3, 0.3, "constant", fill_value=51.0), sn.RandomFlip()]
    head = [sn.RandomTranslation(0.3, 0.3, "constant", fill_value=0.2), sn.RandomFlip()]
    one = trained(*first, sn.Rescaling(1 / 255), augment=None)
    other = trained(sn.Rescaling(1 / 255), *head, augment=None)
    other.set_weights(one.get_weights())
    np.testing.assert_array_equal(one.predict(x, tta=3), other.predict(x, tta=3))
    np.testing.assert_array_equal(one.predict(x, tta=3), one.predict(x, tta=3, augment=first))
    assert not np.array_equal(one.predict(x, tta=3), one.predict(x))
    cropped = trained(sn.RandomCrop(7, 7), *first, augment=None)
    assert cropped.predict(x, tta=3).shape == (60, 3)


@pytest.mark.parametrize("final", ["softmax", "sigmoid", "linear"])
@pytest.mark.parametrize("weighted", [False, True])
def test_losses_are_those_of_the_means(final: str, weighted: bool) -> None:
    """Computed from the means in NumPy, with float64."""
    x, y = data()
    weights = np.linspace(0.5, 2, len(x), dtype=np.float32) if weighted else None
    rows = np.eye(3, dtype=np.float32)[y]
    losses = {
        "softmax": sn.losses.SparseCategoricalCrossentropy(),
        "sigmoid": sn.losses.BinaryCrossentropy(),
        "linear": sn.losses.MeanSquaredError(),
    }
    penalty = sn.regularizers.L2(0.01)
    last = sn.Dense(3, final, kernel_regularizer=penalty)
    model = sn.Sequential([sn.Flatten(), last])
    model.compile("sgd", losses[final], metrics=["accuracy"])
    given = y if final == "softmax" else rows
    model.fit(x, given, epochs=2, verbose=0, augment="digits")
    scores = model.evaluate(x, given, sample_weight=weights, tta=6)
    p = model.predict(x, tta=6).astype(np.float64)
    if final == "softmax":
        each = -np.log(p[np.arange(len(x)), y])
    elif final == "sigmoid":
        each = -(rows * np.log(p) + (1 - rows) * np.log1p(-p)).mean(axis=1)
    else:
        each = ((p - rows) ** 2).mean(axis=1)
    mean = (each * (1 if weights is None else weights)).mean()
    mean += 0.01 * (model.get_weights()[0].astype(np.float64) ** 2).sum()
    assert scores.loss == pytest.approx(mean, rel=2e-5)
    if final == "softmax":
        assert scores.accuracy == pytest.approx((p.argmax(axis=1) == y).mean())
        np.testing.assert_allclose(scores.predictions.probabilities, p, atol=1e-6)


def test_files_keep_the_augmentation(tmp_path: Path) -> None:
    """So that a loaded model makes the same copies."""
    x, _ = data()
    model = trained()
    model.save(tmp_path)
    again = sn.load_model(tmp_path)
    assert again.augmentation == model.augmentation
    assert [step.operator for step in again.augmentation][-2:] == ["RandomErasing", "MixUp"]
    np.testing.assert_array_equal(again.predict(x, tta=3), model.predict(x, tta=3))
    model.train_on_batch(*data())
    assert model.augmentation
    model.fit(*data(), epochs=1, verbose=0)
    assert model.augmentation == ()


@pytest.mark.parametrize(
    "value", [[["RandomFlip"]], [["Dense", {}]], [["RandomFlip", {"a": 1}]], 3]
)
def test_damaged_augmentation_in_files_is_refused(tmp_path: Path, value: object) -> None:
    """In a line that names it."""
    trained().save(tmp_path)
    path = tmp_path / "model.json"
    content = json.loads(path.read_text())
    content["userDefinedMetadata"]["spritenet"]["augmentation"] = value
    path.write_text(json.dumps(content))
    with pytest.raises(ModelError, match="invalid augmentation in its metadata"):
        sn.load_model(tmp_path)


def test_wrong_numbers_are_refused() -> None:
    """And copies that would all be alike."""
    x, _ = data()
    model = trained(augment=None)
    for how, words in (
        ({"tta": 0}, "invalid tta"),
        ({"tta": 2.5}, "invalid tta"),
        ({"tta": 4}, "there is no augmentation"),
        ({"tta": 4, "augment": "mixup=0.2"}, "there is no augmentation"),
        ({"augment": "digits"}, "augment without copies"),
        ({"tta": 4, "augment": "spin"}, "unknown augmentation"),
    ):
        with pytest.raises(ModelError, match=words):
            model.predict(x, **how)
        with pytest.raises(ModelError, match=words):
            model.evaluate(*data(), **how)
    images = sn.Sequential([sn.Conv2D(1, 3)])
    images.build((9, 9, 1))
    with pytest.raises(ModelError, match="images have no mean"):
        images.predict(x, tta=2, augment="digits")


def test_commands_average_too(tmp_path: Path) -> None:
    """`evaluate --tta` and `predict --tta` give what the methods give."""
    split = sn.Split.from_arrays(*data(), name="test")
    sn.pack(sn.Dataset("set", {"test": split}, split.class_names), tmp_path / "set.png")
    model = trained()
    model.save(tmp_path / "model")
    command: list[str | Path] = ["evaluate", tmp_path / "model", tmp_path / "set.png"]
    command += ["--tta", "4", "--json"]
    found = json.loads(spritenet(*command).stdout.splitlines()[-1])
    scores = model.evaluate(split, tta=4)
    assert (found["tta"], found["accuracy"]) == (4, pytest.approx(scores.accuracy))
    assert found["loss"] == pytest.approx(scores.loss)
    scan = tmp_path / "scan.png"
    Image.fromarray(split.images[0, :, :, 0]).save(scan)
    command = ["predict", tmp_path / "model", scan, "--prepare", "stretch", "--json"]
    command += ["--tta", "3", "--augment", "rotation=20"]
    found = json.loads(spritenet(*command).stdout.splitlines()[-1])
    first = found["predictions"][0]["classes"][0]["probability"]
    expected = model.classify(split.images[0], tta=3, augment="rotation=20").probabilities.max()
    assert first == pytest.approx(expected)
    refused = spritenet("predict", tmp_path / "model", scan, "--augment", "digits")
    assert refused.returncode == 2
    assert "augment without copies" in refused.stderr
