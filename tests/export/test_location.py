"""The model file that a path means, and the names of other programs' files."""

from __future__ import annotations

import os
import shutil
import zipfile
from pathlib import Path

import pytest

import spritenet as sn
from foreign_models import small
from spritenet.errors import InputError, ModelError
from spritenet.export import is_model, load, save


@pytest.fixture
def downloaded(tmp_path: Path) -> Path:
    """A model as a browser leaves it: a JSON of any name, and weights that are called by "./"."""
    return small(tmp_path / "dl", name="my-model.json", bin_path="./my-model.weights.bin")


def test_a_json_of_any_name_is_read(downloaded: Path, tmp_path: Path) -> None:
    """Given as the file, its folder, or a ZIP of both, with what macOS puts into it."""
    with zipfile.ZipFile(tmp_path / "m.zip", "w") as archive:
        for file in downloaded.parent.iterdir():
            archive.write(file, f"dl/{file.name}")
            archive.writestr(f"__MACOSX/dl/._{file.name}", "x")
    (downloaded.parent / "package.json").write_text("{}")
    hashes = set()
    for path in (downloaded, downloaded.parent, tmp_path / "m.zip"):
        assert is_model(path)
        hashes.add(load(path, pixels="0..1").weights_sha256)
    assert len(hashes) == 1


def test_of_several_models_in_a_folder_one_must_be_named(downloaded: Path) -> None:
    """Rather than the first in the alphabet."""
    shutil.copy(downloaded, downloaded.with_name("other.json"))
    with pytest.raises(ModelError, match=r"several models: got my-model\.json, other\.json"):
        load(downloaded.parent)
    load(downloaded, pixels="0..1")


def test_a_run_s_folder_is_its_model(tmp_path: Path) -> None:
    """The model lies in `model`, as `spritenet train` leaves it."""
    small(tmp_path / "run" / "model")
    assert is_model(tmp_path / "run")
    assert sn.load_model(tmp_path / "run", pixels="0..1").input_shape == (4, 4, 1)


@pytest.mark.parametrize("path", [".", "../m", "./", "..", "../m/.", "~/m", "~/m/", "model.json"])
def test_short_and_relative_paths_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """Also those without a name of their own."""
    folder = small(tmp_path / "m").parent
    (folder / "inside").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(folder / "inside" if path == ".." else folder)
    assert sn.load_model(path, pixels="0..1").input_shape == (4, 4, 1)


def test_where_a_model_is_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`~` is home; the folder one is in would be gone from under one's feet."""
    model = load(small(tmp_path / "m"), pixels="0..1")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    save(model, "~/n")
    assert load(tmp_path / "n").layers == model.layers
    monkeypatch.chdir(tmp_path / "n")
    with pytest.raises(ModelError, match=r"working directory can't be replaced.*cd \.\."):
        save(model, ".")
    save(model, "../n2/")
    assert load("../n2").layers == load(".").layers


HDF5 = b"\x89HDF\r\n\x1a\n" + bytes(500)
FILES = {
    "m.h5": (HDF5, r"damaged or unsupported HDF5 file"),
    "m.hdf5": (HDF5, r"damaged or unsupported HDF5 file"),
    "m.model": (HDF5, r"it is an HDF5 file: .*end in \.h5 or \.keras"),
    "m.keras": (b"PK\3\4", r"the archive is damaged"),
    "text.keras": (b"hello", r"it is no Keras model: .*Save the model with model\.save"),
    "m.onnx": (b"\x08\x08", r"not an ONNX model"),
    "gone.onnx": (None, r"no model found"),
    "m.tflite": (b"\x1c\0\0\0TFL3", r"a TensorFlow Lite model"),
    "m.dat": (b"\x1c\0\0\0TFL3", r"a TensorFlow Lite model"),
    "m.pt": (b"PK\3\4", r"a PyTorch file, a pickle that may run code: .*sn\.from_torch"),
    "m.pth": (b"\x80\2", r"a PyTorch file"),
    "m.safetensors": (bytes(8), r"a safetensors file"),
    "weights.bin": (bytes(8), r"a file of weights.*the JSON file"),
    "m.txt": (b"hello", r"not a model: expected TensorFlow\.js's layers model"),
    "gone": (None, r"no model found: expected a folder that holds a model\.json"),
    "gone.h5": (None, r"no model found"),
}


@pytest.mark.parametrize("name", FILES)
def test_other_programs_models_are_called_what_they_are(tmp_path: Path, name: str) -> None:
    """In one line that says how to convert them."""
    content, message = FILES[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)
    with pytest.raises(ModelError, match=message) as caught:
        load(tmp_path / name)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(tmp_path / name))


def test_a_saved_model_of_tensorflow_is_called_one(tmp_path: Path) -> None:
    """By what is in its folder."""
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\1")
    assert is_model(tmp_path)
    with pytest.raises(ModelError, match=r"a TensorFlow SavedModel.*keras_saved_model"):
        load(tmp_path)


def test_an_address_is_refused_with_what_to_do() -> None:
    """A model is read from files."""
    with pytest.raises(InputError, match=r"models are read from files.*Download"):
        load("https://example.org/model.json")


def test_data_is_no_model(tmp_path: Path) -> None:
    """HDF5 files of data, JSON files and folders of pictures."""
    (tmp_path / "data.h5").write_bytes(HDF5)
    (tmp_path / "keras.h5").write_bytes(HDF5 + b"keras_version")
    (tmp_path / "labels.json").write_text("{}")
    (tmp_path / "data.bin").write_bytes(b"")
    assert is_model(tmp_path / "keras.h5")
    for path in ("data.h5", "labels.json", "data.bin", ".", "gone"):
        assert not is_model(tmp_path / path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="not on this machine: no named pipes")
def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    """Nothing blocks on what is no file."""
    os.mkfifo(tmp_path / "m.h5")
    with pytest.raises(ModelError):
        load(tmp_path / "m.h5")


@pytest.mark.parametrize("path", ["../w.bin", ".//w.bin", "./../w.bin", "././w.bin", "./", "a/w"])
def test_no_manifest_leads_out_of_the_folder(tmp_path: Path, path: str) -> None:
    """Only one "./" is taken away."""
    where = small(tmp_path / "m")
    where.write_text(where.read_text().replace('"weights.bin"', f'"{path}"'))
    with pytest.raises(ModelError, match="names a file elsewhere"):
        load(tmp_path / "m", pixels="0..1")
