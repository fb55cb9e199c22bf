"""`spritenet convert`: every pair of formats, on a residual network with batch normalization."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from program import spritenet

IMAGES = np.random.default_rng(2).integers(0, 256, (40, 8, 8, 3), np.uint8)
LABELS = np.arange(40) % 3
READ = ("m", "m.zip", "m.keras", "m.h5", "m.onnx")
WRITTEN = {"m.html": "it is a page", "m.py": "it is Python code", "c": "it is C code"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The network `m`, trained a little, and its data `data.npz`."""
    made = tmp_path_factory.mktemp("convert")
    inputs = sn.Input((8, 8, 3))
    x = sn.Conv2D(4, 3, padding="same", use_bias=False)(inputs)
    x = sn.ReLU()(sn.BatchNormalization()(x))
    y = sn.BatchNormalization()(sn.Conv2D(4, 3, padding="same")(x))
    x = sn.Flatten()(sn.MaxPooling2D()(sn.Add()([x, y])))
    model = sn.Model(inputs, sn.Dense(3, activation="softmax")(x))
    model.compile("adam", "sparse_categorical_crossentropy")
    data = sn.Split.from_arrays(IMAGES, LABELS, class_names=["a", "b", "c"])
    model.fit(data, epochs=2, verbose=0)
    model.save(made / "m")
    np.savez(made / "data.npz", images=IMAGES, labels=LABELS)
    for name in READ[1:]:
        assert spritenet("convert", "m", name, folder=made).returncode == 0
    return made


@pytest.mark.parametrize("source", READ)
def test_every_pair_predicts_the_same(source: str, folder: Path, tmp_path: Path) -> None:
    """With the same weights, bit by bit, and the class names."""
    expected = sn.load_model(folder / "m").predict(IMAGES)
    for out in READ:
        done = spritenet("convert", folder / source, out, folder=tmp_path)
        assert done.stdout.endswith("reads back with the same weights, bit by bit\n"), done.stderr
        model = sn.load_model(tmp_path / out)
        assert np.abs(model.predict(IMAGES) - expected).max() < 1e-6, out
        assert model.class_names == ("a", "b", "c")
    for out in ("x.html", "x.py"):
        assert spritenet("convert", folder / source, out, folder=tmp_path).returncode == 0
    done = spritenet(
        "convert", folder / source, "c", "--to", "c", "--data", folder / "data.npz", folder=tmp_path
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", WRITTEN)
def test_what_is_only_written_is_named_when_it_is_given(name: str, folder: Path) -> None:
    """One line, to `convert` and `info`; nothing is written."""
    more = ("--to", "c", "--data", "data.npz") if name == "c" else ()
    assert spritenet("convert", "m", name, *more, folder=folder).returncode == 0
    for words in (("convert", name, "x.keras"), ("info", name)):
        done = spritenet(*words, folder=folder)
        assert (done.returncode, done.stderr.count("\n")) == (2, 1)
        assert f"{name}: {WRITTEN[name]}" in done.stderr
        assert "Load the model that it was written from." in done.stderr
    assert not (folder / "x.keras").exists()


def test_an_int8_file_stays_int8(folder: Path) -> None:
    """Another --precision is refused, rather than ignored."""
    done = spritenet("convert", "m", "q.int8", "--data", "data.npz", folder=folder)
    assert done.returncode == 0, done.stderr
    done = spritenet("convert", "q.int8", "q.onnx", "--precision", "float16", folder=folder)
    assert done.returncode == 2
    assert "q.int8: an int8 model stays int8" in done.stderr
    assert "got float16 for onnx" in done.stderr
    assert not (folder / "q.onnx").exists()


def test_the_weights_of_python_code_replace_no_other_file(folder: Path) -> None:
    """A data set of the same name stays; older weights of the model's don't."""
    content = (folder / "data.npz").read_bytes()
    done = spritenet("convert", "m", "data.py", folder=folder)
    assert done.returncode == 2
    assert "data.py: the weights would replace another file, data.npz" in done.stderr
    assert (folder / "data.npz").read_bytes() == content
    assert not (folder / "data.py").exists()
    for _ in range(2):
        assert spritenet("convert", "m", "twice.py", folder=folder).returncode == 0
