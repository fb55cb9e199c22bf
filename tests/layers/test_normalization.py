"""Normalization against PyTorch and Keras, and `adapt` against NumPy."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spritenet as sn
from builds import examples
from layer_cases import Tensor, check, check_file
from spritenet import layers as kinds
from spritenet.errors import DataError, DataWarning, ModelError

images = st.tuples(st.integers(1, 5), st.integers(1, 5), st.integers(1, 9))


@settings(max_examples=examples(6), deadline=None)
@given(images, st.booleans())
def test_outputs_and_gradients(image: tuple[int, int, int], invert: bool) -> None:
    """Of images, rows and vectors; the mean and the variance get no gradient."""
    layer = kinds.Normalization(invert=invert)

    def oracle(x: Sequence[Tensor], w: Mapping[str, Tensor]) -> Tensor:
        mean, deviation = w["mean"].detach(), w["variance"].detach().sqrt()
        return x[0] * deviation + mean if invert else (x[0] - mean) / deviation

    rows = kinds.Reshape((image[0] * image[1], image[2]))
    for between in (None, rows, kinds.Flatten()):
        check(layer, image, oracle, reshapes=[between])
    check_file(layer, image)


@pytest.mark.parametrize("axis", [-1, None])
def test_adapts_to_images(axis: int | None) -> None:
    """Of uint8 the statistics of what a network sees, of floats those as they are."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (2100, 3, 4, 3)).astype(np.uint8)
    pixels //= np.array([1, 2, 3], np.uint8)
    axes = (0, 1, 2) if axis else None
    for data in (pixels, pixels / 7.0, np.asarray(pixels, np.float32)):
        layer = sn.Normalization(axis)
        layer.adapt(data)
        values = data / 255 if data.dtype == np.uint8 else data.astype(np.float64)
        assert layer.mean == pytest.approx(np.ravel(values.mean(axes)), rel=1e-9)
        assert layer.variance == pytest.approx(np.ravel(values.var(axes)), rel=1e-9)
    layer = sn.Normalization(axis)
    layer.adapt(sn.Split.from_arrays(pixels, np.zeros(2100, int)))
    model = sn.Sequential([sn.Input((3, 4, 3)), layer, sn.GlobalAveragePooling2D()])
    found = model.predict(pixels)
    assert model.layers[0] == sn.Rescaling(1 / 255, name=model.layers[0].name)
    assert np.abs(found.mean(axis=None if axis is None else 0)).max() < 1e-5
    assert [w.shape for w in model.get_weights()] == [(3,), (3,)]
    assert not model.trainable_weights


def test_means_above_one_are_of_raw_pixels() -> None:
    """A network that begins with them sees pixels from 0 to 255."""
    layer = sn.Normalization(mean=[33.3], variance=[6178.0])
    model = sn.Sequential([sn.Input((3, 4, 1)), layer, sn.Flatten()])
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 4, 1) * 10
    expected = (pixels.reshape(2, -1) - 33.3) / 6178**0.5
    assert np.abs(model.predict(pixels) - expected).max() < 1e-5


@pytest.mark.filterwarnings("ignore:.*TensorFlow.js has no layer")
def test_stays_fixed_in_training_and_comes_back(tmp_path: Path) -> None:
    """Training moves other weights alone; files of each format give the same outputs."""
    random = np.random.default_rng(1)
    pixels = random.integers(0, 256, (40, 6, 6, 2)).astype(np.uint8)
    layer = sn.Normalization()
    layer.adapt(pixels)
    layers = [layer, sn.Conv2D(3, 3, activation="relu"), sn.Flatten(), sn.Dense(2, "softmax")]
    model = sn.Sequential(layers)
    model.compile("adam", "sparse_categorical_crossentropy")
    model.fit(pixels, np.arange(40) % 2, epochs=2, verbose=0)
    assert model.get_weights()[0] == pytest.approx(layer.mean, rel=1e-6)
    expected = model.predict(pixels)
    for name in ("m", "m.keras", "m.h5", "m.onnx"):
        model.save(tmp_path / name)
        again = sn.load_model(tmp_path / name)
        assert np.array_equal(again.predict(pixels), expected), name
    small = model.quantize(pixels)
    assert np.abs(small.predict(pixels) - expected).max() < 0.05
    assert type(small.network.operators[0]).__name__ == "Convolution"


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")
def test_keras_reads_and_is_read(tmp_path: Path) -> None:
    """Adapted, given and inverted: both programs give the same outputs."""
    from keras_oracle import keras

    k = keras.layers
    random = np.random.default_rng(2)
    pixels = random.integers(0, 256, (30, 5, 5, 3)).astype(np.uint8)
    adapted = k.Normalization()
    adapted.adapt(pixels / np.float32(255))
    raw = k.Normalization()
    raw.adapt(pixels.astype(np.float32))
    whole = k.Normalization(axis=None)
    whole.adapt(pixels / np.float32(255))
    made = k.Normalization(mean=[0.1, 0.2, 0.3], variance=[0.5, 1.0, 2.0])
    back = k.Normalization(mean=[0.1, 0.2, 0.3], variance=[0.5, 1.0, 2.0], invert=True)
    for place, layer in enumerate((adapted, raw, whole, made, back)):
        theirs = keras.Sequential([k.Input((5, 5, 3)), layer, k.Flatten(), k.Dense(3)])
        path = tmp_path / f"theirs_{place}.keras"
        theirs.save(path)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", DataWarning)
            ours = sn.load_model(path)
        assert any("0..1 is assumed" in str(one.message) for one in caught) == (place != 1)
        given = pixels.astype(np.float32) if place == 1 else pixels / np.float32(255)
        expected = theirs.predict(given, verbose=0)
        scale = float(np.abs(expected).max())
        assert np.abs(ours.predict(pixels) - expected).max() < 1e-5 * scale, place
        for ending in ("keras", "h5"):
            ours.save(tmp_path / f"ours.{ending}")
            read = keras.models.load_model(tmp_path / f"ours.{ending}")
            found = read.predict(pixels.astype(np.float32), verbose=0)
            assert np.abs(found - expected).max() < 1e-4 * scale, (place, ending)


def test_what_does_not_fit_is_refused_in_a_line() -> None:
    """Half of the statistics, another axis, other channels, no images, a model's layer."""
    with pytest.raises(ModelError, match="variance is missing: expected both or neither"):
        kinds.Normalization(mean=[1.0])
    with pytest.raises(ModelError, match="unsupported axis: expected -1 or None, got 1"):
        kinds.Normalization(1)
    with pytest.raises(ModelError, match="different lengths"):
        kinds.Normalization(mean=[1.0, 2.0], variance=[1.0])
    with pytest.raises(ModelError, match="invalid variance"):
        kinds.Normalization(mean=0.0, variance=-1.0)
    with pytest.raises(ModelError, match="expected 3 numbers, got 2"):
        kinds.Normalization(mean=[0, 0], variance=[1, 1]).weights((4, 4, 3))
    layer = sn.Normalization()
    with pytest.raises(DataError, match="these are no images"):
        layer.adapt(np.zeros(3))
    with pytest.raises(DataError, match="not a finite number"):
        layer.adapt(np.full((2, 3), np.nan))
    model = sn.Sequential([sn.Input((4, 4, 1)), layer, sn.Flatten(), sn.Dense(2)])
    with pytest.raises(ModelError, match="part of a model already"):
        model.layers[1].adapt(np.zeros((1, 4, 4, 1)))  # type: ignore[attr-defined]  # a Normalization
