"""Git LFS pointers in the place of files of every kind."""

from __future__ import annotations

from pathlib import Path

import pytest

import spritenet as sn
from spritenet.errors import InputError
from spritenet.sources import survey
from tiny import images, model

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
