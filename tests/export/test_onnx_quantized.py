"""int8 networks as ONNX files: onnxruntime gives what the specification gives, within rounding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spritenet as sn
from integer_networks import random_images, random_model
from onnx_oracle import onnx, runtime, session
from spritenet.errors import ModelError
from spritenet.export.onnx import save_quantized

if TYPE_CHECKING:
    from numpy.typing import NDArray


def outputs_of(path: Path, images: NDArray[np.uint8]) -> dict[str, NDArray[Any]]:
    """Onnxruntime's outputs by name, without the saturating sums of AVX2."""
    options = runtime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.x64quantprecision", "1")
    opened = runtime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    names = [output.name for output in opened.get_outputs()]
    return dict(zip(names, opened.run(names, {"images": images}), strict=True))


@pytest.mark.parametrize("seed", range(400, 430))
def test_random_graphs_give_the_same_outputs(seed: int, tmp_path: Path) -> None:
    """All operators; a value at a half is rounded to even, which changes few outputs by a step."""
    model = random_model(seed)
    images = random_images(seed, model, 24)
    small = model.quantize(images)
    path = tmp_path / "m.onnx"
    small.save(path)
    onnx.checker.check_model(str(path), full_check=True)
    wanted = small.predict(images)
    found = next(iter(outputs_of(path, images).values()))
    assert found.shape == wanted.shape
    off = np.abs(found - wanted) / max(1.0, float(np.abs(wanted).max()))
    assert (off < 2e-3).mean() > 0.97
    assert off.max() < 0.05


def test_labels_are_those_of_the_int8_model(tmp_path: Path) -> None:
    """Of digits; and the metadata has class names and the temperature."""
    digits = sn.load("strokes")
    x, y = digits.train.images[:2500], digits.train.labels[:2500]
    parts = (x[:1500], y[:1500]), (x[1500:2500], y[1500:2500])
    data = sn.Dataset.from_arrays(*parts, class_names=[f"digit {n}" for n in range(10)])
    model = sn.Sequential(
        [
            sn.Conv2D(8, 5, strides=2, activation="relu"),
            sn.MaxPooling2D(2),
            sn.Flatten(),
            sn.Dense(10, activation="softmax"),
        ]
    )
    model.compile(sn.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(data.train, epochs=3, batch_size=32, seed=0, verbose=0)
    small = model.quantize(data)
    small.temperature = 1.25
    small.save(tmp_path / "m.onnx")
    found = outputs_of(tmp_path / "m.onnx", data.test.images)
    wanted = small.predict(data.test)
    assert list(found) == ["probabilities", "label"]
    assert np.array_equal(found["label"], wanted.argmax(axis=1))
    assert np.abs(found["probabilities"] - wanted).max() < 0.01
    texts = session(tmp_path / "m.onnx").get_modelmeta().custom_metadata_map
    assert json.loads(texts["class_names"])[3] == "digit 3"
    assert (texts["temperature"], texts["pixel_range"]) == ("1.25", "0..255")
    assert (tmp_path / "m.onnx").stat().st_size < 20_000
    small.save(tmp_path / "m.int8")
    assert sn.QuantizedModel.load(tmp_path / "m.int8").temperature == 1.25


@pytest.mark.parametrize("shape", [(64,), (8, 9), (8, 8, 3)])
def test_images_and_vectors_of_every_rank(shape: tuple[int, ...], tmp_path: Path) -> None:
    """The file takes n × h × w × c; the batch may have any size."""
    model = sn.Sequential([sn.Input(shape), sn.Flatten(), sn.Dense(5, "tanh"), sn.Dense(3)])
    images = np.random.default_rng(0).integers(0, 256, (9, *shape)).astype(np.uint8)
    small = model.quantize(images)
    small.save(tmp_path / "m.onnx")
    assert model.image_shape is not None
    given = images.reshape(9, *model.image_shape)
    for count in (1, 9):
        found = outputs_of(tmp_path / "m.onnx", given[:count])["output"]
        assert np.abs(found - small.predict(images[:count])).max() < 0.02


def test_light_and_dark_are_inverted(tmp_path: Path) -> None:
    """A network that turns pixels round gets them so."""
    model = sn.Sequential([sn.Rescaling(-1 / 255, 1, input_shape=(6, 6, 1)), sn.Conv2D(4, 3)])
    images = np.random.default_rng(1).integers(0, 256, (8, 6, 6, 1)).astype(np.uint8)
    small = model.quantize(images)
    assert small.network.inverted
    small.save(tmp_path / "m.onnx")
    found = outputs_of(tmp_path / "m.onnx", images)["output"]
    assert np.abs(found - small.predict(images)).max() < 0.01


def test_a_quantized_file_is_refused_by_its_operator(tmp_path: Path) -> None:
    """One line names the operator and what to load."""
    model = sn.Sequential([sn.Conv2D(4, 3, input_shape=(6, 6, 1)), sn.Flatten(), sn.Dense(2)])
    images = np.zeros((4, 6, 6, 1), np.uint8)
    small = model.quantize(images)
    save_quantized(small.network, small.metadata, tmp_path / "m.onnx")
    with pytest.raises(ModelError, match=r"'DequantizeLinear'.*Load the float32 model"):
        sn.load_model(tmp_path / "m.onnx")
