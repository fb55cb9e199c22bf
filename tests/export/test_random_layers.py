"""Random layers in files: kept for training, without effect on predictions."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from spritenet.errors import ModelError
from spritenet.layers import Layer


def images() -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images and labels of three classes."""
    random = np.random.default_rng(1)
    return random.integers(0, 256, (48, 9, 9, 1), dtype=np.uint8), random.integers(0, 3, 48)


def network(*head: Layer) -> sn.Model:
    """A small network behind random layers."""
    layers = [*head, sn.Conv2D(4, 3), sn.Flatten(), sn.Dense(3, "softmax")]
    model = sn.Sequential(layers, threads=1)
    model.compile(sn.SGD(0.1), "sparse_categorical_crossentropy")
    model.build((9, 9, 1), seed=2)
    return model


def trained(model: sn.Model) -> list[NDArray[np.float32]]:
    """The weights after an epoch."""
    model.compile(sn.SGD(0.1), "sparse_categorical_crossentropy")
    model.fit(*images(), epochs=1, batch_size=16, verbose=0, seed=3)
    return model.get_weights()


HEADS: list[list[Layer]] = [
    [sn.RandomFlip("horizontal"), sn.RandomRotation((-0.1, 0.2)), sn.RandomErasing(0.5)],
    [sn.RandomTranslation(0.2, 0.1), sn.RandomCrop(7, 6), sn.RandomContrast(0.3), sn.MixUp(0.4)],
    [
        sn.RandomZoom(0.3),
        sn.Rescaling(1 / 127.5, -1),
        sn.RandomBrightness(0.2, (-1, 1)),
        sn.RandomShear(0.1, 0.2),
        sn.RandomElasticTransform(0.5, 0.5, value_range=(-1, 1)),
        sn.CutMix(0.5),
    ],
]


@pytest.mark.parametrize("head", HEADS)
@pytest.mark.parametrize("name", ["folder", "model.keras"])
def test_training_goes_on_with_them(tmp_path: Path, head: list[Layer], name: str) -> None:
    """The file predicts the same, has the same layers, and trains to the same bits."""
    if name.endswith(".keras"):
        pytest.importorskip("h5py")
    model = network(*head)
    model.save(tmp_path / name)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = sn.load_model(tmp_path / name)
    assert [(one.class_name, one.config()) for one in again.layers] == [
        (one.class_name, one.config()) for one in model.layers
    ]
    np.testing.assert_array_equal(again.predict(images()[0]), model.predict(images()[0]))
    plain = network(*(layer for layer in head if layer.class_name in ("Rescaling", "RandomCrop")))
    after = trained(model)
    for one, other in zip(trained(again), after, strict=True):
        np.testing.assert_array_equal(one, other)
    assert any(
        not np.array_equal(one, other) for one, other in zip(trained(plain), after, strict=True)
    )


def test_tensorflow_js_is_not_given_them(tmp_path: Path) -> None:
    """It has no such layers; our metadata keeps them, and where they stand."""
    network(*HEADS[1]).save(tmp_path)
    content = json.loads((tmp_path / "model.json").read_text())
    kinds = [entry["class_name"] for entry in content["modelTopology"]["config"]["layers"]]
    assert kinds[:3] == ["Rescaling", "Cropping2D", "Conv2D"]
    kept = content["userDefinedMetadata"]["spritenet"]["random_layers"]
    names = [None if entry is None else entry["class_name"] for entry in kept]
    assert names == ["RandomTranslation", "RandomCrop", "RandomContrast", "MixUp", None]
    kept[0]["config"]["height_factor"] = "far"
    (tmp_path / "model.json").write_text(json.dumps(content))
    with pytest.raises(ModelError, match="invalid random_layers in its metadata"):
        sn.load_model(tmp_path)
    del content["userDefinedMetadata"]["spritenet"]["random_layers"]
    (tmp_path / "model.json").write_text(json.dumps(content))
    again = sn.load_model(tmp_path)
    assert [layer.class_name for layer in again.layers[:2]] == ["Rescaling", "Cropping2D"]


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras")
def test_layers_of_keras_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of Keras trains here with its random layers; those of other values are named."""
    pytest.importorskip("torch")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    made = keras.Sequential(
        [
            keras.Input((9, 9, 1)),
            keras.layers.RandomFlip("horizontal"),
            keras.layers.Rescaling(1 / 255),
            keras.layers.RandomRotation(0.1, fill_mode="constant"),
            keras.layers.RandomBrightness(0.2, value_range=(0, 255)),
            keras.layers.Flatten(),
            keras.layers.Dense(3, activation="softmax"),
        ]
    )
    made.save(tmp_path / "made.keras")
    with pytest.warns(UserWarning, match="value_range isn't that of the images"):
        model = sn.load_model(tmp_path / "made.keras")
    kinds = [layer.class_name for layer in model.layers]
    assert kinds == ["RandomFlip", "Rescaling", "RandomRotation", "Flatten", "Dense"]
    pixels = images()[0]
    expected = made.predict(pixels.astype(np.float32), verbose=0)
    np.testing.assert_allclose(model.predict(pixels), expected, atol=1e-5)
    assert len(trained(model)) == 2


@pytest.mark.filterwarnings("ignore::DeprecationWarning:keras")
def test_keras_reads_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As its own layers, without effect on predictions; a RandomCrop as a Cropping2D."""
    pytest.importorskip("torch")
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    model = network(*HEADS[1])
    model.save(tmp_path / "model.keras")
    read = keras.models.load_model(tmp_path / "model.keras")
    kinds = [type(layer).__name__ for layer in read.layers][:5]
    assert kinds == ["RandomTranslation", "RandomContrast", "MixUp", "Rescaling", "Cropping2D"]
    pixels = images()[0]
    found = read.predict(pixels.astype(np.float32), verbose=0)
    np.testing.assert_allclose(found, model.predict(pixels), atol=1e-5)
