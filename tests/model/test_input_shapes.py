"""Vectors and images without channels as the input of a network, as in Keras."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.errors import DataError, ModelError
from spritenet.layers import Layer
from spritenet.layers.input import fits, image_shape
from spritenet.model import Sequential

DATA = tiny.images()
ROWS = DATA.images.reshape(-1, 64)


def dense(*first: Any, **options: Any) -> Sequential:
    """A compiled network of two Dense layers after others."""
    layers = [*first, sn.Dense(16, activation="relu", **options), sn.Dense(4, activation="softmax")]
    model = Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def fitted(model: Sequential, x: object, **options: Any) -> str:
    """The SHA-256 of a network's weights after training on some form of the same images."""
    model.fit(x, DATA.labels, epochs=4, batch_size=16, verbose=0, **options)
    assert model.evaluate(x, DATA.labels).accuracy > 0.3
    return model.weights_sha256


def test_rows_train_as_a_flattened_network_does() -> None:
    """`x.reshape(-1, 64)`, of bytes or floats; declared, or built from what is given."""
    expected = fitted(dense(sn.Flatten()), DATA.images)
    vector = sn.Input((64,))
    for model, x in (
        (dense(vector), ROWS),
        (dense(vector), ROWS / np.float32(255)),
        (dense(vector), DATA.images),
        (dense(vector), DATA.images[..., 0]),
        (dense(), ROWS),
        (dense(), ROWS.tolist()),
        (dense(input_shape=(64,)), ROWS),
        (dense(sn.Input((8, 8)), sn.Flatten()), DATA.images[..., 0]),
        (dense(sn.Input((8, 8)), sn.Flatten()), DATA.images),
        (dense(sn.Flatten(input_shape=(8, 8))), ROWS),
    ):
        assert fitted(model, x) == expected
    assert dense(sn.Input((None, 64))).input_shape == (64,)


def test_every_form_of_the_images_predicts_the_same() -> None:
    """One image or many, rows or images; and data sets of images evaluate."""
    model = dense()
    fitted(model, ROWS, validation_data=(DATA.images, DATA.labels))
    assert (model.input_shape, model.image_shape) == ((64,), (8, 8, 1))
    many = [ROWS, ROWS / np.float32(255), DATA.images, DATA.images[..., 0], DATA]
    expected = model.predict(ROWS)
    assert expected.shape == (203, 4)
    for x in many:
        np.testing.assert_array_equal(model.predict(x), expected)
    for one in (ROWS[0], DATA.images[0], DATA.images[0, ..., 0]):
        np.testing.assert_array_equal(model.predict(one), expected[0])
    assert model.predict(ROWS[:1]).shape == (1, 4)
    assert model.evaluate(DATA).accuracy == model.evaluate(ROWS, DATA.labels).accuracy
    assert model.classify(ROWS[0]).label == expected[0].argmax()
    assert {k: v.shape for k, v in model.activations(ROWS[0]).items()} == {
        "rescaling": (64,),
        "dense": (16,),
        "dense_1": (4,),
    }
    assert "rescaling (Rescaling)  64 " in str(model)


def test_layers_read_images_without_channels_as_keras_does() -> None:
    """Dense on the last axis, Reshape to an image, Permute."""
    for layers, weights in (
        ([sn.Dense(3), sn.Flatten()], (8, 3)),
        ([sn.Permute((2, 1)), sn.Dense(3), sn.Flatten()], (8, 3)),
        ([sn.Reshape((8, 8, 1)), sn.Conv2D(2, 3), sn.Flatten()], (3, 3, 1, 2)),
    ):
        model = dense(sn.Input((8, 8)), *layers)
        fitted(model, DATA.images[..., 0])
        assert next(iter(model.weights.values())).shape == weights
    model = dense(sn.Reshape((8, 8, 1), input_shape=(64,)), sn.Conv2D(2, 3), sn.Flatten())
    fitted(model, ROWS)
    images = sn.Input((8, 8))
    x = sn.Concatenate()([sn.Flatten()(images), sn.Flatten()(sn.Dense(2)(images))])
    assert sn.Model(images, sn.Dense(4)(x)).output_shape == (4,)


def test_values_that_are_no_square_are_taken_too() -> None:
    """Rows of 60 values; images of three channels."""
    model = dense()
    fitted(model, ROWS[:, :60])
    assert (model.input_shape, model.image_shape) == ((60,), (1, 60, 1))
    assert image_shape((3072,)) == (32, 32, 3)
    assert fits((20, 3, 1), (60,))
    assert not fits((20, 3, 1), (60, 1, 1))


@pytest.mark.parametrize("layers", [[sn.Input((64,))], [sn.Input((8, 8)), sn.Flatten()]])
def test_files_keep_the_shape(
    layers: list[Any], node: str, tfjs_folder: Path, tmp_path: Path, predicted: Callable[..., Any]
) -> None:
    """TensorFlow.js loads them and predicts the same, and so does JavaScript's library."""
    del node
    model = dense(*layers)
    fitted(model, ROWS)
    model.save(tmp_path / "m")
    topology = json.loads((tmp_path / "m" / "model.json").read_text())["modelTopology"]
    first = topology["config"]["layers"][0]["config"]
    assert first["batch_input_shape"] == [None, *(model.input_shape or ())]
    again = sn.load_model(tmp_path / "m")
    assert again.input_shape == model.input_shape
    expected = model.predict(ROWS)
    np.testing.assert_array_equal(again.predict(ROWS), expected)
    for got in predicted(tfjs_folder, tmp_path, ROWS):
        assert np.abs(got - expected).max() < 1e-5


def test_a_run_is_resumed_and_observed(tmp_path: Path) -> None:
    """Its config holds the shape."""
    options: dict[str, Any] = {"validation_data": (DATA.images, DATA.labels), "verbose": 0}
    whole, parts = dense(), dense()
    whole.fit(ROWS, DATA.labels, epochs=4, **options)
    parts.fit(ROWS, DATA.labels, epochs=2, run=tmp_path / "run", **options)
    parts = dense()
    parts.fit(ROWS, DATA.labels, epochs=4, run=tmp_path / "run", resume=True, **options)
    assert parts.weights_sha256 == whole.weights_sha256
    assert json.loads((tmp_path / "run" / "config.json").read_text())["input_shape"] == [64]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            lambda: dense(sn.Input((8, 8)), sn.Conv2D(2, 3)),
            r"\(8, 8\). Add an axis of channels",
        ),
        (lambda: dense(sn.Input((64,)), sn.Conv2D(2, 3)), "got .64,.*after a Reshape"),
        (lambda: fitted(dense(sn.Conv2D(2, 3)), ROWS), "it needs an image"),
        (lambda: sn.Input(()), "invalid shape: expected .height, width, channels"),
        (lambda: sn.Input((1, 2, 3, 4)), "invalid shape"),
        (lambda: sn.Input((0,)), "invalid shape"),
        (lambda: sn.Input((None, None, 3)), "invalid shape"),
    ],
)
def test_layers_that_need_images_say_what_to_add(make: Callable[[], Layer], words: str) -> None:
    """In one line."""
    with pytest.raises(ModelError, match=words) as caught:
        make()
    assert "\n" not in str(caught.value)


def test_images_of_another_size_are_refused() -> None:
    """With what the network takes."""
    model = dense()
    fitted(model, ROWS)
    with pytest.raises(ModelError, match=r"built for other images: expected \(64,\), got \(4, 8"):
        model.fit(DATA.images[:, :4], DATA.labels, verbose=0)
    with pytest.raises(DataError, match="rows of 60 numbers don't fit the network: expected 64"):
        model.fit(ROWS[:, :60], DATA.labels, verbose=0)
    with pytest.raises(DataError, match=r"expected 64, as n rows, got shape \(203, 60\)"):
        model.predict(ROWS[:, :60])
