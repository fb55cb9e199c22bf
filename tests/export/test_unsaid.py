"""Information that files of other programs lack: pixel range and class names."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from foreign_models import small
from spritenet.errors import DataWarning, ModelError
from spritenet.export import RANGES, load, read_class_names, save

PIXELS = np.random.default_rng(1).integers(0, 256, (6, 4, 4, 1), np.uint8)


def outputs(path: Path, values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the outputs of the Dense layer of `small` for rescaled values."""
    numbers = np.frombuffer((path.parent / "weights.bin").read_bytes(), "<f4").astype(np.float64)
    logits = values.reshape(len(values), -1) @ numbers[:48].reshape(16, 3) + numbers[48:]
    shares = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))


@pytest.mark.parametrize("name", RANGES)
def test_pixels_are_brought_into_the_range_that_is_said(tmp_path: Path, name: str) -> None:
    """0 becomes the first of it, 255 the second."""
    path = small(tmp_path / "m")
    first, second = (float(end) for end in name.split(".."))
    model = sn.load_model(path, pixels=name)
    values = first + (second - first) * PIXELS.astype(np.float64) / 255
    assert np.allclose(model.predict(PIXELS), outputs(path, values), atol=1e-5)
    model.save(tmp_path / "again")
    assert np.array_equal(sn.load_model(tmp_path / "again").predict(PIXELS), model.predict(PIXELS))


def test_a_range_that_is_assumed_is_said(tmp_path: Path) -> None:
    """Once, where it is loaded; a saved copy says it itself."""
    path = small(tmp_path / "m")
    with pytest.warns(DataWarning, match=r"0\.\.1 is assumed.*pixels=\"0\.\.255\"") as warned:
        model = sn.load_model(path)
    assert [w.filename for w in warned] == [__file__]
    model.save(tmp_path / "again")
    sn.load_model(tmp_path / "again")


def test_a_range_of_a_model_that_says_its_own_is_refused(tmp_path: Path) -> None:
    """And one that doesn't exist."""
    save(load(small(tmp_path / "m"), pixels="0..1"), tmp_path / "ours")
    with pytest.raises(ModelError, match=r"rescaling: the model itself says what its pixels are"):
        load(tmp_path / "ours", pixels="0..255")
    with pytest.raises(ModelError, match=r'invalid pixels: expected "0..1" or .*got \'0-255\''):
        load(tmp_path / "m", pixels="0-255")


def test_class_names_are_given_or_lie_beside(tmp_path: Path) -> None:
    """The argument first, then the file's own, then labels of metadata.json."""
    path = small(tmp_path / "m")
    assert load(path, pixels="0..1").metadata.class_names == ()
    beside = path.with_name("metadata.json")
    beside.write_text(json.dumps({"labels": ["a", "b", "c"], "imageSize": 4}))
    assert load(path, pixels="0..1").metadata.class_names == ("a", "b", "c")
    model = sn.load_model(path, pixels="0..1", class_names=["x", "y", "z"])
    assert model.class_names == ("x", "y", "z")
    beside.write_text(json.dumps({"labels": ["a", "b"]}))
    with pytest.warns(DataWarning, match=r"its 2 labels are left out, as there are 3 outputs"):
        assert load(path, pixels="0..1").metadata.class_names == ()
    beside.write_text('{"labels": [1, 2, 3]}')
    with pytest.raises(ModelError, match=r"metadata\.json: invalid class name"):
        load(path, pixels="0..1")


TEACHABLE = {
    "tfjsVersion": "1.3.1",
    "tmVersion": "2.4.7",
    "packageName": "@teachablemachine/image",
    "labels": ["a", "b", "c"],
    "imageSize": 4,
}


def test_teachable_machine_says_its_pixels_and_labels(tmp_path: Path) -> None:
    """It divides by 127 and subtracts 1; that is said, and `pixels` decides otherwise."""
    path = small(tmp_path / "m")
    path.with_name("metadata.json").write_text(json.dumps(TEACHABLE))
    with pytest.warns(DataWarning, match=r"Teachable Machine's, so pixels are divided by 127") as w:
        model = sn.load_model(path)
    assert len(w) == 1
    assert model.class_names == ("a", "b", "c")
    values = PIXELS.astype(np.float64) / 127 - 1
    assert np.allclose(model.predict(PIXELS), outputs(path, values), atol=1e-6)
    other = sn.load_model(path, pixels="0..1")
    assert np.allclose(other.predict(PIXELS), outputs(path, PIXELS / 255.0), atol=1e-6)
    pose = {**TEACHABLE, "packageName": "@teachablemachine/pose"}
    path.with_name("metadata.json").write_text(json.dumps(pose))
    with pytest.raises(ModelError, match=r"the model doesn't take images: expected .*image, got"):
        load(path)


def test_an_image_size_beside_fills_an_open_one(tmp_path: Path) -> None:
    """[null, null, null, 1], as of networks for any size."""
    path = small(tmp_path / "m")
    content = json.loads(path.read_text())
    layers = content["modelTopology"]["config"]["layers"]
    layers[0]["config"]["batch_input_shape"] = [None, None, None, 1]
    path.write_text(json.dumps(content))
    with pytest.raises(ModelError, match="images of a known size"):
        load(path, pixels="0..1")
    path.with_name("metadata.json").write_text('{"imageSize": 4}')
    assert load(path, pixels="0..1").input_shape == (4, 4, 1)


@pytest.mark.parametrize("name", ["metadata.json", "model.json", "weights.bin"])
def test_whatever_the_names_one_zip_is_a_model(tmp_path: Path, name: str) -> None:
    """Of shards without an ending too; a file that is missing is named."""
    path = small(tmp_path / "m", name="any.json", bin_path="group1-shard1of1")
    path.with_name("metadata.json").write_text(json.dumps(TEACHABLE))
    names = {"model.json": "any.json", "weights.bin": "group1-shard1of1"}
    with zipfile.ZipFile(tmp_path / "all.zip", "w") as archive:
        for file in path.parent.iterdir():
            archive.write(file, f"inner/{file.name}")
    assert load(tmp_path / "all.zip", pixels="0..1").metadata.class_names == ("a", "b", "c")
    assert load(path.parent, pixels="0..1").weights_sha256
    (path.parent / names.get(name, name)).unlink()
    if name == "metadata.json":
        assert load(path.parent, pixels="0..1").metadata.class_names == ()
        return
    with pytest.raises(ModelError, match="no model found"):
        load(path.parent, pixels="0..1")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["a", "b"], "class names don't fit the outputs: expected 3, got 2"),
        ("abc", "class_names: invalid class names"),
        ([], "class_names: invalid class names"),
        (["a", "b\n", "c"], "class_names: invalid class name"),
        (["a", 1, "c"], "class_names: invalid class name"),
    ],
)
def test_class_names_that_cant_be_are_refused(tmp_path: Path, names: object, message: str) -> None:
    """In one line."""
    with pytest.raises(ModelError, match=message):
        load(small(tmp_path / "m"), pixels="0..1", class_names=names)  # type: ignore[arg-type] # the test


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("cat\ndog\n", ("cat", "dog")),
        ("\ufeffcat\r\ndog\r\n\r\n", ("cat", "dog")),
        ("0 cat\n1 big dog\n", ("cat", "big dog")),
        ("1 cat\n2 dog\n", ("1 cat", "2 dog")),
        ('["cat", "dog"]', ("cat", "dog")),
        ('{"labels": ["cat", "dog"]}', ("cat", "dog")),
    ],
)
def test_files_of_class_names(tmp_path: Path, text: str, names: tuple[str, ...]) -> None:
    """Lines, numbered lines, and JSON."""
    path = tmp_path / "classes"
    path.write_bytes(text.encode())
    assert read_class_names(path) == names


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"{", b"{}", b"a\n\nb", bytes(2**20 + 1)])
def test_broken_files_of_class_names_are_refused(tmp_path: Path, data: bytes) -> None:
    """In one line that names the file."""
    path = tmp_path / "classes"
    path.write_bytes(data)
    with pytest.raises(ModelError, match="classes: "):
        read_class_names(path)


def saved_elsewhere(tfjs_folder: Path, *arguments: Path, **environment: str) -> None:
    """Let TensorFlow.js save a model as a browser does: see downloads.mjs."""
    import os

    done = subprocess.run(
        ["node", "downloads.mjs", *arguments],
        cwd=tfjs_folder,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stderr


def compare(folder: Path, model: sn.Model) -> None:
    """The model predicts what TensorFlow.js did."""
    pixels = np.fromfile(folder / "pixels.bin", "<f4").reshape(-1, *(model.input_shape or ()))
    theirs = np.fromfile(folder / "outputs.bin", "<f4").reshape(len(pixels), -1)
    assert np.abs(model.predict(pixels.astype(np.uint8)) - theirs).max() < 1e-5


def test_what_a_browser_downloads_or_sends_is_read(tfjs_folder: Path, tmp_path: Path) -> None:
    """`downloads://my-model` and HTTP, as TensorFlow.js itself writes them."""
    saved_elsewhere(tfjs_folder, tmp_path)
    for place in ("my-model.json", ".", "http", "http/model.json"):
        compare(tmp_path, sn.load_model(tmp_path / place, pixels="0..1"))


@pytest.fixture
def ours(tmp_path: Path) -> Path:
    """A model of ours with all that a file can say, in a folder."""
    model = sn.Sequential([sn.Flatten(), sn.Dense(3, activation="softmax")])
    model.compile("adam", "categorical_crossentropy")
    model.build((4, 4, 1))
    model.class_names = ("a", "b", "c")
    model.preparation = {"mode": "fit"}
    model.scores = {"test_accuracy": 0.9}
    model.save(tmp_path / "ours", include_optimizer=True)
    return tmp_path / "ours"


def test_a_model_of_ours_that_tensorflow_js_trained_on_is_read(
    tfjs_folder: Path, tmp_path: Path, ours: Path
) -> None:
    """Its class names and its input stay; what was true of other weights is dropped, and said."""
    saved_elsewhere(tfjs_folder, tmp_path / "theirs", ours)
    with pytest.warns(DataWarning, match="TensorFlow.js has changed its weights") as warned:
        model = sn.load_model(tmp_path / "theirs" / "my-model.json")
    assert len(warned) == 1
    assert model.class_names == ("a", "b", "c")
    assert model.preparation == {"mode": "fit"}
    assert not model.scores
    assert model.optimizer is None
    compare(tmp_path / "theirs", model)


def test_a_model_of_ours_that_tensorflow_js_only_saved_keeps_what_is_true(
    tfjs_folder: Path, tmp_path: Path, ours: Path
) -> None:
    """All but the optimizer's memory, which isn't in the file any more."""
    saved_elsewhere(tfjs_folder, tmp_path / "theirs", ours, UNTRAINED="1")
    model = sn.load_model(tmp_path / "theirs" / "http")
    assert model.scores == {"test_accuracy": 0.9}
    assert model.optimizer is None


def test_an_optimizer_that_is_missing_is_called_missing(ours: Path) -> None:
    """The manifest has no arrays of the optimizer."""
    path = ours / "model.json"
    content = json.loads(path.read_text())
    group = content["weightsManifest"][0]
    group["weights"] = [entry for entry in group["weights"] if "group" not in entry]
    path.write_text(json.dumps(content))
    (ours / "weights.bin").write_bytes((ours / "weights.bin").read_bytes()[: 51 * 4])
    with pytest.raises(ModelError, match="missing optimizer state"):
        sn.load_model(ours)
    assert load(ours).optimizer is None
