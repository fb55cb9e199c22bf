"""Keras's files, read and written, with Keras 3 on the other side."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import keras_oracle
import spritenet as sn
import tiny
from keras_oracle import keras
from spritenet.errors import ModelError, UnsupportedError

Make = Callable[[], Any]

PLAIN = (keras_oracle.chain, keras_oracle.branched, keras_oracle.nested)
CASES = [
    *((make, ending) for make in PLAIN for ending in ("keras", "h5")),
    (keras_oracle.augmented, "keras"),  # Keras can't write random layers as .h5
    (keras_oracle.normalized, "keras"),  # hard_sigmoid isn't written as .h5
]

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


def images_of(model: sn.Model, count: int = 7) -> np.ndarray[Any, np.dtype[np.uint8]]:
    """Random images for a model."""
    return np.random.default_rng(3).integers(0, 256, (count, *(model.input_shape or ())), np.uint8)


def randomized(model: Any) -> Any:  # noqa: ANN401 - Keras has no types
    """The model with random values in place of zeros and ones, variances positive."""
    random = np.random.default_rng(5)
    model.set_weights([random.uniform(0.05, 0.4, w.shape) for w in model.get_weights()])
    return model


@pytest.mark.parametrize(("make", "ending"), CASES)
def test_keras_s_files_are_read(make: Make, ending: str, tmp_path: Path) -> None:
    """Outputs within 1e-5 of Keras's; a network without Rescaling takes raw pixels."""
    theirs = randomized(make())
    path = tmp_path / f"model.{ending}"
    theirs.save(path)
    ours = sn.load_model(path)
    images = images_of(ours)
    scaled = images.astype(np.float32)
    if not any(isinstance(layer, keras.layers.Rescaling) for layer in theirs.layers):
        scaled /= 255
    expected = theirs.predict(scaled, verbose=0)
    assert ours.predict(images) == pytest.approx(expected, rel=1e-5, abs=1e-5)


@pytest.mark.parametrize(("make", "ending"), CASES)
def test_keras_reads_what_is_written(make: Make, ending: str, tmp_path: Path) -> None:
    """The same outputs in Keras, and the same weights to the last bit when read back."""
    theirs = randomized(make())
    theirs.save(tmp_path / "theirs.keras")
    ours = sn.load_model(tmp_path / "theirs.keras")
    path = tmp_path / f"ours.{ending}"
    ours.save(path)
    again = keras.saving.load_model(path)
    images = images_of(ours)
    expected = ours.predict(images)
    found = again.predict(images.astype(np.float32), verbose=0)
    assert found == pytest.approx(expected, rel=1e-5, abs=1e-5)
    assert sn.load_model(path).weights_sha256 == ours.weights_sha256


@pytest.mark.parametrize("ending", ["keras", "h5"])
def test_what_keras_ignores_comes_back(ending: str, tmp_path: Path) -> None:
    """Class names, preparation, calibration and scores; equal models are equal files."""
    model = tiny.trained(tiny.images(100, 1))
    path = tmp_path / f"model.{ending}"
    model.save(path)
    again = sn.load_model(path)
    assert again.class_names == model.class_names
    assert again.calibrated == model.calibrated
    assert again.trained_on == model.trained_on
    first = path.read_bytes()
    again.save(path)
    if ending == "keras":
        assert path.read_bytes() == first


def test_a_checkpoint_is_a_keras_file(tmp_path: Path) -> None:
    """`ModelCheckpoint("best.keras")` writes one."""
    model = tiny.model()
    callback = sn.ModelCheckpoint(tmp_path / "best.keras")
    model.fit(tiny.images(50), epochs=1, callbacks=[callback], verbose=0)
    assert sn.load_model(tmp_path / "best.keras").weights_sha256 == model.weights_sha256
    keras.saving.load_model(tmp_path / "best.keras")


def test_what_keras_would_compute_otherwise_is_refused(tmp_path: Path) -> None:
    """RandomCrop resizes images when predicting; the approximate gelu has no name."""
    layers = keras_oracle.layers
    theirs = keras.Sequential([layers.Input((9, 9, 1)), layers.RandomCrop(8, 8), layers.Flatten()])
    theirs.save(tmp_path / "theirs.keras")
    with pytest.raises(ModelError, match=r"'RandomCrop', which resizes images.*Put Resizing"):
        sn.load_model(tmp_path / "theirs.keras")
    ours = sn.Sequential([sn.Input((8,)), sn.Dense(2, activation="gelu_new")])
    with pytest.raises(ModelError, match="Keras has no name for the activation gelu_new"):
        ours.save(tmp_path / "ours.keras")
    steep = sn.Sequential([sn.Input((8,)), sn.Dense(2, activation="hard_sigmoid")])
    with pytest.raises(ModelError, match=r"different functions of the name.*Save it as \.keras"):
        steep.save(tmp_path / "ours.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["theirs.keras"]


def archive(path: Path, change: Callable[[dict[str, bytes]], object]) -> Path:
    """A `.keras` archive of a small model with some of its files changed."""
    tiny.trained(tiny.images(100, 1)).save(path)
    with zipfile.ZipFile(path) as file:
        content = {name: file.read(name) for name in file.namelist()}
    change(content)
    with zipfile.ZipFile(path, "w") as file:
        for name, data in content.items():
            file.writestr(name, data)
    return path


def with_config(change: Callable[[Any], None]) -> Callable[[dict[str, bytes]], None]:
    """A change of the list of layers in config.json."""

    def changed(content: dict[str, bytes]) -> None:
        config = json.loads(content["config.json"])
        change(config["config"]["layers"])
        content["config.json"] = json.dumps(config).encode()

    return changed


def with_weights(change: Callable[[Any], object]) -> Callable[[dict[str, bytes]], None]:
    """A change of the HDF5 file of weights."""

    def changed(content: dict[str, bytes]) -> None:
        buffer = io.BytesIO(content["model.weights.h5"])
        with h5py.File(buffer, "r+") as file:
            change(file)
        content["model.weights.h5"] = buffer.getvalue()

    return changed


def replaced(file: Any, path: str, values: object) -> None:  # noqa: ANN401 - h5py has no types
    """Puts other values in place of an array."""
    del file[path]
    file[path] = values


DENSE = "layers/dense/vars/0"
BAD: dict[str, tuple[Callable[[dict[str, bytes]], object], str]] = {
    "no network": (lambda c: c.pop("config.json"), "not a Keras model: expected config.json"),
    "no weights": (lambda c: c.pop("model.weights.h5"), "expected model.weights.h5"),
    "no JSON": (lambda c: c.update({"config.json": b"{"}), "config.json: not JSON"),
    "no HDF5": (
        lambda c: c.update({"model.weights.h5": b"\x89HDF"}),
        "damaged or unsupported HDF5",
    ),
    "lambda": (
        with_config(lambda layers: layers.insert(2, {"class_name": "Lambda", "config": {}})),
        "unsupported layer 'Lambda'. It holds code, which is never run",
    ),
    "short": (
        with_weights(lambda file: replaced(file, DENSE, np.zeros((3, 4), "f4"))),
        r"dense: its weights don't fit the layer: expected .*got 3×4",
    ),
    "missing": (
        with_weights(lambda file: file.pop("layers/dense")),
        "dense: the layer has no weights",
    ),
    "text": (
        with_weights(lambda file: replaced(file, DENSE, "weights")),
        "vars/0: a weight is no array of numbers",
    ),
    "not a number": (
        with_weights(
            lambda file: file["layers/dense/vars/1"].write_direct(np.full(4, np.nan, "f4"))
        ),
        "a weight is not a finite number",
    ),
    "a claim of 2 GiB": (
        with_weights(
            lambda file: (
                replaced(file, DENSE, None)
                if file is None
                else (
                    file.pop(DENSE),
                    file.create_dataset(DENSE, (1 << 29,), "f4", chunks=(1 << 16,)),
                )
            )
        ),
        "the stated size exceeds what the file can hold",
    ),
    "an array outside": (
        with_weights(
            lambda file: (
                file.pop(DENSE),
                file.create_dataset(DENSE, (36, 4), "f4", external=[("/etc/passwd", 0, 576)]),
            )
        ),
        "a weight is no array of numbers",
    ),
}


@pytest.mark.parametrize("case", BAD)
def test_a_damaged_archive_is_one_line(case: str, tmp_path: Path) -> None:
    """It names the fault and its place; nothing is executed, nothing outside is read."""
    change, words = BAD[case]
    path = archive(tmp_path / "m.keras", change)
    with pytest.raises((ModelError, UnsupportedError), match=words) as caught:
        sn.load_model(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_weights_alone_are_refused(tmp_path: Path) -> None:
    """A `.h5` without its network: one line says what to save."""
    path = tmp_path / "weights.h5"
    with h5py.File(path, "w") as file:
        file.create_group("model_weights")
    with pytest.raises(ModelError, match=r"it holds no network\. Keras wrote its weights alone"):
        sn.load_model(path)


@pytest.mark.parametrize("size", [0, 512, 2**64 - 16])
def test_a_heap_on_which_hdf5_never_ends_is_refused(size: int, tmp_path: Path) -> None:
    """Its unused space, or an object, doesn't end where it should, and nothing is behind it."""
    path = tmp_path / "m.h5"
    tiny.trained(tiny.images(100, 1)).save(path)
    data = bytearray(path.read_bytes())
    heap = data.index(b"GCOL\1\0\0\0")
    at, end = heap + 16, heap + int.from_bytes(data[heap + 8 : heap + 16], "little")
    while at < end and int.from_bytes(data[at : at + 2], "little"):
        at += 16 + -(-int.from_bytes(data[at + 8 : at + 16], "little") // 8) * 8
    assert at < end
    assert int.from_bytes(data[at + 8 : at + 16], "little") == end - at > 512
    place = at if size < end else heap + 16
    data[place + 8 : place + 16] = size.to_bytes(8, "little")
    path.write_bytes(data)
    with pytest.raises(ModelError, match="an endless heap"):
        sn.load_model(path)


@pytest.mark.parametrize("libver", ["earliest", "latest"])
@pytest.mark.parametrize("names", [1, 3])
def test_texts_of_hdf5_are_no_longer_than_the_file(libver: str, names: int, tmp_path: Path) -> None:
    """HDF5 takes the memory that they claim, before it looks for them: 4 GiB of a file of 1 kB."""
    path = tmp_path / "m.h5"
    with h5py.File(path, "w", libver=libver) as file:
        file.attrs["model_config"] = "x" * 77 if names == 1 else ["x" * 77] * names
    data = path.read_bytes()
    with pytest.raises(ModelError, match=r"not JSON|it holds no network"):
        sn.load_model(path)
    assert data.count((77).to_bytes(4, "little")) == names * 2
    claim = (2**32 - 10).to_bytes(4, "little")
    path.write_bytes(data.replace((77).to_bytes(4, "little"), claim, 1))
    first = data.index((77).to_bytes(4, "little"))
    assert data[first + 4 : first + 12] != bytes(8), "not the length of a reference to a text"
    with pytest.raises(ModelError, match="damaged HDF5 file: got texts longer than the file"):
        sn.load_model(path)


def test_a_truncated_file_is_one_line(tmp_path: Path) -> None:
    """Each half of either format."""
    for ending in ("keras", "h5"):
        path = tmp_path / f"m.{ending}"
        tiny.trained(tiny.images(100, 1)).save(path)
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
        with pytest.raises(ModelError, match="damaged"):
            sn.load_model(path)
