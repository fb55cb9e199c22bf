"""Weight files: NumPy's .npz, written and read, and refused where they don't fit."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

import tiny
from spritenet.errors import ModelError, UnsupportedError


def test_weights_go_to_a_file_and_back(tmp_path: Path) -> None:
    """NumPy reads it; another model takes it over, bit for bit."""
    model, other = tiny.model(), tiny.model()
    model.fit(tiny.images(), verbose=0)
    path = tmp_path / "weights.npz"
    model.save_weights(path)
    with np.load(path) as file:
        assert list(file.files) == list(model.weights)
        np.testing.assert_array_equal(file["dense/bias"], model.weights["dense/bias"])
    with pytest.raises(ModelError, match="no weights yet"):
        other.load_weights(path)
    other.build((8, 8, 1))
    other.load_weights(str(path))
    assert other.weights_sha256 == model.weights_sha256
    assert [file.name for file in tmp_path.iterdir()] == ["weights.npz"]
    with pytest.raises(UnsupportedError, match="npz"):
        model.save_weights(tmp_path / "model.weights.h5")
    with pytest.raises(ModelError, match="npz"):
        model.save_weights(tmp_path / "checkpoint")


def test_a_weight_file_of_another_model_or_a_broken_one_is_refused(tmp_path: Path) -> None:
    """With one line; the weights stay, and nothing is allocated that a header only promises."""
    model = tiny.built()
    before, path = model.weights_sha256, tmp_path / "w.npz"
    model.save_weights(path)
    whole = path.read_bytes()
    arrays = model.weights

    def changed(**values: object) -> None:
        np.savez(path, **{**arrays, **values})  # type: ignore[arg-type]  # arrays of all kinds

    name = "dense/bias"
    for write, words in (
        (lambda: path.write_bytes(whole[:100]), "damaged"),
        (lambda: path.write_bytes(b""), "damaged"),
        (path.unlink, "missing file"),
        (lambda: np.savez(path, a=np.zeros(3)), "another model"),
        (lambda: changed(**{name: np.zeros(5, np.float32)}), "another model"),
        (lambda: changed(**{name: np.zeros(4, np.float64)}), "another model"),
        (lambda: changed(**{name: np.array([None] * 4)}), "another model"),
        (lambda: changed(**{name: np.full(4, np.nan, np.float32)}), "not a finite number"),
    ):
        write()
        with pytest.raises(ModelError, match=words) as caught:
            model.load_weights(path)
        assert "\n" not in str(caught.value)
    with zipfile.ZipFile(path, "w") as file:
        for each in arrays:
            file.writestr(f"{each}.npy", b"\x93NUMPY\x01\x00v\x00{'descr': '<f4'")
    with pytest.raises(ModelError, match="damaged"):
        model.load_weights(path)
    assert model.weights_sha256 == before
