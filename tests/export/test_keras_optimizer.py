"""Optimizers with their state in Keras's files: training goes on there, and back here."""

from __future__ import annotations

import json
import warnings
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
from keras_oracle import keras
from spritenet.errors import DataWarning

pytest.importorskip("h5py")
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

optimizers: Any = keras.optimizers
layers: Any = keras.layers

RANDOM = np.random.default_rng(0)
IMAGES = RANDOM.integers(0, 256, (24, 6, 6, 1), dtype=np.uint8)
LABELS = RANDOM.integers(0, 3, 24).astype(np.int32)

MADE: dict[str, Any] = {
    "momentum": lambda: optimizers.SGD(0.1, 0.9, nesterov=True),
    "rmsprop": lambda: optimizers.RMSprop(0.01, momentum=0.5, centered=True),
    "adam": lambda: optimizers.Adam(0.01, amsgrad=True),
    "average": lambda: optimizers.Adam(0.01, use_ema=True),
    "accumulated": lambda: optimizers.Adagrad(0.1, gradient_accumulation_steps=2),
    "nadam": lambda: optimizers.Nadam(0.01),
    "ftrl": lambda: optimizers.Ftrl(0.01),
    "muon": lambda: optimizers.Muon(0.01),
    "adafactor": lambda: optimizers.Adafactor(0.05),
}


def network(optimizer: Any) -> Any:  # noqa: ANN401 - Keras has no types
    """A graph whose layers Keras sorts otherwise than they were made."""
    images = keras.Input((6, 6, 1))
    x = layers.Rescaling(1 / 255)(images)
    a = layers.Conv2D(4, 3, padding="same", activation="relu")(x)
    b = layers.BatchNormalization()(layers.Conv2D(4, 1)(x))
    c = layers.Conv2D(4, 3, padding="same")(a)
    x = layers.Conv2D(4, 1)(layers.Add()([c, b]))
    x = layers.GlobalAveragePooling2D()(layers.Concatenate()([a, x]))
    model = keras.Model(images, layers.Dense(3, activation="softmax")(x))
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fit(model: Any, epochs: int) -> list[float]:  # noqa: ANN401 - one of two libraries'
    """Train on the whole batch; the losses of the epochs."""
    x = IMAGES if isinstance(model, sn.Model) else IMAGES.astype(np.float32)
    history = model.fit(x, LABELS, batch_size=24, epochs=epochs, verbose=0)
    losses: list[float] = history.history["loss"]
    return losses


@pytest.mark.parametrize("name", MADE)
def test_training_goes_on_from_keras_to_here_and_back(name: str, tmp_path: Path) -> None:
    """The losses are those of Keras alone, whoever takes the steps."""
    theirs = network(MADE[name]())
    fit(theirs, 3)
    theirs.save(tmp_path / "theirs.keras")
    ours = sn.load_model(tmp_path / "theirs.keras")
    assert fit(ours, 2) == pytest.approx(fit(theirs, 2), rel=1e-4)
    ours.save(tmp_path / "ours.keras", include_optimizer=True)
    again = keras.models.load_model(tmp_path / "ours.keras")
    back = sn.load_model(tmp_path / "ours.keras")
    expected = fit(theirs, 2)
    assert fit(again, 2) == pytest.approx(expected, rel=1e-4)
    assert fit(back, 2) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize("name", ["adam", "momentum", "rmsprop"])
def test_training_goes_on_from_an_h5_file(name: str, tmp_path: Path) -> None:
    """The losses are those of Keras alone, which itself can't train on from such a file."""
    theirs = network(MADE[name]())
    fit(theirs, 3)
    theirs.save(tmp_path / "theirs.h5")
    ours = sn.load_model(tmp_path / "theirs.h5")
    assert fit(ours, 3) == pytest.approx(fit(theirs, 3), rel=1e-4)
    ours.save(tmp_path / "ours.h5")
    again = keras.models.load_model(tmp_path / "ours.h5")  # a graph that Keras sorts otherwise
    found = again.predict(IMAGES.astype(np.float32), verbose=0)
    np.testing.assert_allclose(found, ours.predict(IMAGES), atol=1e-5)


@pytest.mark.parametrize("seed", range(6))
def test_layers_are_written_in_keras_s_order(seed: int, tmp_path: Path) -> None:
    """Any graph: Keras finds the weights of every layer, in groups that it numbers itself."""
    random = np.random.default_rng(seed)
    images = sn.Input((6, 6, 1))
    tensors: list[Any] = [sn.Rescaling(1 / 255)(images)]
    for _ in range(7):
        x = tensors[random.integers(len(tensors))]
        y = sn.Conv2D(3, int(random.integers(1, 4)), padding="same", activation="tanh")(x)
        if random.random() < 0.5 and len(tensors) > 2:
            y = sn.Add()([y, sn.Conv2D(3, 1)(tensors[random.integers(len(tensors))])])
        tensors.append(y)
    x = sn.Concatenate()(tensors[1:])
    model = sn.Model(images, sn.Dense(3, "softmax")(sn.GlobalMaxPooling2D()(x)))
    model.save(tmp_path / "m.keras")
    theirs = keras.models.load_model(tmp_path / "m.keras")
    expected = theirs.predict(IMAGES.astype(np.float32), verbose=0)
    np.testing.assert_allclose(model.predict(IMAGES), expected, atol=1e-5)
    back = sn.load_model(tmp_path / "m.keras")
    np.testing.assert_allclose(back.predict(IMAGES), expected, atol=1e-5)


def changed(path: Path, edit: Any) -> Path:  # noqa: ANN401 - a function of the config
    """The archive with another config."""
    other = path.with_name("changed.keras")
    with zipfile.ZipFile(path) as old, zipfile.ZipFile(other, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "config.json":
                config = json.loads(content)
                edit(config["compile_config"])
                content = json.dumps(config).encode()
            new.writestr(name, content)
    return other


@pytest.mark.parametrize(
    ("edit", "words"),
    [
        (lambda c: c["optimizer"].update(class_name="Mine"), "Mine"),
        (lambda c: c["optimizer"]["config"].update(more=1), "unknown arguments: got more"),
        (lambda c: c["optimizer"]["config"].update(momentum=0.0), "its arrays don't fit"),
        (
            lambda c: c["optimizer"].update(
                class_name="Muon", config={"exclude_layers": ["dense"], "momentum": 0.9}
            ),
            "another form",
        ),
        (lambda c: c.update(optimizer="sgd"), "it has no optimizer"),
        (lambda c: c.update(loss="ctc"), "ctc"),
    ],
)
def test_a_state_that_does_not_fit_is_left_out_and_said(
    edit: Any,  # noqa: ANN401 - a function of the config
    words: str,
    tmp_path: Path,
) -> None:
    """The model is read all the same."""
    theirs = network(optimizers.SGD(0.1, 0.9))
    fit(theirs, 1)
    theirs.save(tmp_path / "m.keras")
    with pytest.warns(DataWarning, match="its optimizer's state is left out") as caught:
        model = sn.load_model(changed(tmp_path / "m.keras", edit))
    assert any(words in str(each.message) for each in caught)
    assert model.optimizer is None


def test_without_being_asked_no_state_is_written(tmp_path: Path) -> None:
    """A model file is for others, as a folder is."""
    theirs = network(optimizers.SGD(0.1, 0.9))
    theirs.save(tmp_path / "theirs.keras")
    sn.load_model(tmp_path / "theirs.keras").save(tmp_path / "ours.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("error", DataWarning)
        assert sn.load_model(tmp_path / "ours.keras").optimizer is None
