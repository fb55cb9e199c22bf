"""Git LFS pointers in the place of files of every kind."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest

import spritenet as sn
from spritenet.errors import InputError
from spritenet.sources import survey
from tiny import images, model, trained

POINTER = (
    b"version https://git-lfs.github.com/spec/v1\n"
    b"oid sha256:4d7a214614ab2935c943f9e0ff69d22eadbb8f32b1258daaa5e2ca24d17e2393\nsize 109575994\n"
)
WORDS = "is a Git LFS pointer, not the file itself.*git lfs pull"


@pytest.mark.parametrize(
    "name",
    [
        *("train.csv", "optdigits.tra", "digits.parquet", "mnist.npz", "x_train.npy"),
        *("pets.zip", "pets.tar", "pets.tar.gz", "digits.png", "unknown.bin"),
        *("train-images-idx3-ubyte", "train-images-idx3-ubyte.gz", "dataset.json"),
    ],
)
def test_a_pointer_given_as_data_is_named(tmp_path: Path, name: str) -> None:
    """Whatever file it stands for."""
    (tmp_path / name).write_bytes(POINTER)
    with pytest.raises(InputError, match=WORDS):
        sn.load(tmp_path / name)


@pytest.mark.parametrize(
    "names",
    [
        ("train.csv", "test.csv"),
        ("x_train.npy", "y_train.npy"),
        ("train-00000-of-00001.parquet",),
        ("train-images-idx3-ubyte", "train-labels-idx1-ubyte"),
        ("cat/1.png", "dog/1.png"),
        ("dataset.json", "0.png"),
    ],
)
def test_pointers_in_a_folder_are_named(tmp_path: Path, names: tuple[str, ...]) -> None:
    """A repository cloned without its large files."""
    for name in names:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(POINTER)
    with pytest.raises(InputError, match=WORDS):
        survey(tmp_path)


def test_pointers_as_sprites_are_named(tmp_path: Path) -> None:
    """In each of the ways in which sprites are opened."""
    path = tmp_path / "digits.png"
    path.write_bytes(POINTER)
    for read in (sn.open, sn.Sprite):
        with pytest.raises(InputError, match=WORDS):
            read(path)
    with pytest.raises(InputError, match=WORDS):
        sn.load(path, image_size="28x28", labels=path)


@pytest.mark.parametrize("name", ["model.json", "weights.bin"])
def test_pointers_in_a_model_are_named(tmp_path: Path, name: str) -> None:
    """Its JSON, or its weights."""
    made = model()
    made.fit(images(8), epochs=1, verbose=0)
    made.save(tmp_path / "model")
    (tmp_path / "model" / name).write_bytes(POINTER)
    with pytest.raises(InputError, match=WORDS):
        sn.load_model(tmp_path / "model")


@pytest.mark.parametrize("name", ["m.keras", "m.h5", "m.onnx", "m.pt", "m.tflite", "m.zip"])
def test_pointers_as_models_are_named(tmp_path: Path, name: str) -> None:
    """Rather than called another program's."""
    (tmp_path / name).write_bytes(POINTER)
    with pytest.raises(InputError, match=WORDS):
        sn.load_model(tmp_path / name)


@pytest.mark.parametrize("by_address", [False, True])
def test_pointers_are_named_in_javascript(tmp_path: Path, node: str, by_address: bool) -> None:
    """In the place of the JSON, the weights and a ZIP: raw addresses of repositories have them."""
    made = trained(images(20, 1))
    for name in ("model.json", "weights.bin"):
        made.save(tmp_path / name.partition(".")[0])
        (tmp_path / name.partition(".")[0] / name).write_bytes(POINTER)
    (tmp_path / "m.zip").write_bytes(POINTER)
    names = ["model", "weights", "m.zip"] if by_address else ["model/model.json"]
    task = json.dumps({"folder": str(tmp_path), "names": names, "byAddress": by_address})
    done = subprocess.run(
        [node, "--expose-gc", Path(__file__).parent / "node" / "zips.mjs", "models"],
        input=task,
        capture_output=True,
        text=True,
        check=True,
    )
    said = [one["said"] for one in json.loads(done.stdout)]
    assert len(said) == len(names)
    assert all(re.search(WORDS, line) for line in said), said
