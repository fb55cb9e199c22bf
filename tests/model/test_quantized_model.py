"""Models in int8: predicted, evaluated, saved and loaded."""

from __future__ import annotations

import json
import tempfile
from contextlib import suppress
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spritenet as sn
from integer_networks import random_images, random_model
from spritenet.errors import DataError, ModelError
from spritenet.export.int8_file import read_int8
from spritenet.quantization.reference import predict


@pytest.fixture(scope="module")
def data() -> sn.Dataset:
    """A few hundred synthetic digits."""
    digits = sn.load("strokes")
    x, y = digits.train.images, digits.train.labels
    parts = (x[:1500], y[:1500]), (x[1500:2000], y[1500:2000])
    return sn.Dataset.from_arrays(*parts, class_names=digits.class_names)


@pytest.fixture(scope="module")
def model(data: sn.Dataset) -> sn.Model:
    """A small network that has learned something."""
    layers = [
        sn.Conv2D(8, 5, strides=2, activation="relu"),
        sn.MaxPooling2D(2),
        sn.Flatten(),
        sn.Dense(10, activation="softmax"),
    ]
    made = sn.Sequential(layers)
    made.compile(sn.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    made.fit(data.train, epochs=3, batch_size=32, seed=0, verbose=0)
    return made


def test_predicts_and_evaluates_as_the_float_model(data: sn.Dataset, model: sn.Model) -> None:
    """Nearly the same probabilities, and nearly the same scores."""
    small = model.quantize(data)
    images, wanted = data.test.images, model.predict(data.test)
    found = small.predict(data.test)
    assert found.dtype == np.float32
    assert np.abs(found - wanted).max() < 0.1
    assert np.array_equal(small.predict(images), found)
    assert np.allclose(small.predict(images / np.float32(255)), found)
    assert np.array_equal(small.predict(images[0]), found[0])
    assert np.array_equal(small.predict_classes(images), found.argmax(axis=1))
    loss, accuracy = small.evaluate(data.test)
    real_loss, real_accuracy = model.evaluate(data.test)
    assert accuracy == (found.argmax(axis=1) == data.test.labels).mean()
    assert abs(accuracy - real_accuracy) < 0.02
    assert abs(loss - real_loss) < 0.05
    assert small.evaluate(images, data.test.labels) == (loss, accuracy)
    assert small.evaluate(data.test).predictions.accuracy == accuracy


def test_a_saved_model_has_the_same_integers(
    data: sn.Dataset, model: sn.Model, tmp_path: Path
) -> None:
    """A file brings back every operator, the class names and the training."""
    small = model.quantize(data.train.images)
    small.save(tmp_path / "digits.int8")
    loaded = sn.QuantizedModel.load(tmp_path / "digits.int8")
    assert loaded.class_names == small.class_names == model.class_names
    assert loaded.metadata.trained_on == small.metadata.trained_on
    images = data.test.images[:40]
    assert np.array_equal(loaded.predict_integers(images), small.predict_integers(images))
    assert (tmp_path / "digits.int8").stat().st_size < 20_000


def test_files_hold_every_operator(tmp_path: Path) -> None:
    """Random graphs are the same after a round trip, by the reference."""
    for seed in range(12):
        model = random_model(seed)
        images = random_images(seed, model, 6)
        small = model.quantize(images)
        small.save(tmp_path / "m.int8")
        loaded = sn.QuantizedModel.load(tmp_path / "m.int8").network
        assert np.array_equal(predict(loaded, images), predict(small.network, images)), seed
        assert loaded.activation == small.network.activation


def test_refuses_what_it_is_not(data: sn.Dataset, model: sn.Model, tmp_path: Path) -> None:
    """One line says what is wrong: the ending, another file, images of another size."""
    small = model.quantize(data)
    with pytest.raises(ModelError, match=r"expected \.int8 or \.onnx"):
        small.save(tmp_path / "digits.bin")
    with pytest.raises(ModelError, match=r"no calibration images.*'int8'.*quantize\(data\)"):
        model.quantize("int8")
    (tmp_path / "other.int8").write_bytes(b"PK\3\4 a ZIP")
    with pytest.raises(ModelError, match="not an int8 model"):
        sn.QuantizedModel.load(tmp_path / "other.int8")
    with pytest.raises(DataError):
        small.predict(np.zeros((2, 9, 9, 1), np.uint8))
    (tmp_path / "new.int8").write_bytes(_file({"format": "spritenet int8", "version": 2}))
    with pytest.raises(ModelError, match="newer Spritenet"):
        read_int8(tmp_path / "new.int8")
    small.save(tmp_path / "long.int8")
    (tmp_path / "long.int8").write_bytes((tmp_path / "long.int8").read_bytes() + bytes(64))
    with pytest.raises(ModelError, match="longer or shorter than its arrays"):
        read_int8(tmp_path / "long.int8")


def _file(header: object) -> bytes:
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text


@cache
def _folder() -> Path:
    return Path(tempfile.mkdtemp())


@cache
def _broken_source() -> bytes:
    """The file of a small network of several operators."""
    images = sn.Input((6, 6, 2))
    x = sn.Conv2D(5, 3, padding="same", activation="relu")(images)
    x = sn.Add()([x, sn.Conv2D(5, 1, activation="tanh")(x)])
    x = sn.AveragePooling2D(2)(sn.MaxPooling2D(2, 1)(x))
    model = sn.Model(images, sn.Dense(3)(sn.Flatten()(x)))
    pixels = np.random.default_rng(0).integers(0, 256, (8, 6, 6, 2)).astype(np.uint8)
    path = _folder() / "whole.int8"
    model.quantize(pixels).save(path)
    return path.read_bytes()


@settings(max_examples=50, deadline=None)
@given(data=st.data())
def test_broken_files_are_refused(data: st.DataObject) -> None:
    """Any change of a header's value is refused, or leaves a model that runs."""
    whole = _broken_source()
    size = int.from_bytes(whole[:8], "little")
    header = json.loads(whole[8 : 8 + size])
    target = data.draw(st.sampled_from([header["network"], *header["operators"]]))
    key = data.draw(st.sampled_from(sorted(target)))
    value = st.one_of(st.integers(-3, 300), st.none(), st.text(max_size=3), st.just([1, 2, 3]))
    if isinstance(target[key], dict):
        target[key][data.draw(st.sampled_from(["dtype", "shape", "offset"]))] = data.draw(value)
    elif isinstance(target[key], list):
        place = data.draw(st.integers(0, len(target[key]) - 1))
        target[key][place] = data.draw(st.integers(-3, 300))
    else:
        target[key] = data.draw(value)
    path = _folder() / "broken.int8"
    path.write_bytes(_file(header) + whole[8 + size :])
    with suppress(ModelError):
        model = sn.QuantizedModel.load(path, threads=1)
        model.predict_integers(np.zeros((1, *model.network.input_shape), np.uint8))
