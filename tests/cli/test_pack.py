"""`spritenet pack`, `unpack` and `verify`."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from program import spritenet


def test_pack_verify_unpack_and_back(data: str, tmp_path: Path) -> None:
    """IDX to a sprite, to IDX, to npz and to images: the content hash never changes."""
    done = spritenet("pack", data, "digits.png", "--segment-rows", "64", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("digits.png: 500 images of 28×28×1, ")
    done = spritenet("verify", "digits.png", folder=tmp_path)
    assert (done.returncode, done.stdout) == (0, "digits.png: 500 images, all right\n")
    done = spritenet("unpack", "digits.png", "idx", "--to", "idx", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    known = sn.load(data).content_hash
    assert json.loads(done.stdout)["content_hash"] == known
    assert sn.load(tmp_path / "idx").content_hash == known
    done = spritenet("info", "digits.png", "--json", folder=tmp_path)
    assert json.loads(done.stdout)["content_hash"] == known


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["pack", "x.jpg"], "unsupported file extension .jpg: expected a name that"),
        (["unpack", "x.zip"], "a name that ends in .npz, or the name of a folder"),
        (["unpack", "x.npz", "--to", "folder"], "unsupported file extension .npz"),
        (["sheet", "x.jpg"], "expected a name that ends in .png."),
        (["sheet", "x.png", "--projector"], "expected the name of a folder."),
    ],
)
def test_a_name_of_another_kind_of_file_is_refused(
    data: str, tmp_path: Path, arguments: list[str], line: str
) -> None:
    """Other programs would take what is written for something else; nothing is written."""
    command, out, *options = arguments
    done = spritenet(command, data, out, *options, folder=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert line in done.stderr
    assert not [*tmp_path.iterdir()]


def test_a_sprite_is_data_to_train_on(data: str, tmp_path: Path) -> None:
    """A folder of them as well."""
    done = spritenet("pack", data, "many", "--shard-rows", "300", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [Path(file).name for file in json.loads(done.stdout)["files"]] == [
        "many-00000.png",
        "many-00001.png",
    ]
    done = spritenet("train", "many", "--steps", "2", "--json", folder=tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_tutorials_file_is_packed(data: str, tmp_path: Path) -> None:
    """One image a row and one-hot labels, by another program: the same data set."""
    found = sn.load(data)
    images = np.concatenate([found.train.images, found.test.images])
    labels = np.concatenate([found.train.labels, found.test.labels])
    Image.fromarray(images.reshape(500, 784)).save(tmp_path / "sheet.png")
    np.eye(10, dtype=np.uint8)[labels].tofile(tmp_path / "labels")
    rows = ["--image-size", "28x28", "--labels", "labels", "--train", "400"]
    done = spritenet("pack", "sheet.png", "digits.png", *rows, "--tfjs", folder=tmp_path)
    assert done.returncode == 0, done.stderr
    assert sn.load(tmp_path / "digits.png").content_hash == found.content_hash
    written = (tmp_path / "digits_labels_uint8").read_bytes()
    assert written == (tmp_path / "labels").read_bytes()


def test_what_is_missing_for_a_foreign_png_is_said(tmp_path: Path) -> None:
    """One line, with the options to type."""
    Image.new("L", (784, 3)).save(tmp_path / "sheet.png")
    done = spritenet("pack", "sheet.png", "digits.png", folder=tmp_path)
    assert done.returncode == 2
    assert "Pass image_size and labels (--image-size 28x28 --labels FILE)." in done.stderr
    assert done.stderr.count("\n") == 1


def test_verify_names_the_broken_rows(data: str, tmp_path: Path) -> None:
    """A line for each segment, exit code 2, and JSON for programs."""
    path = sn.pack(sn.load(data), tmp_path / "a.png", segment_rows=50)
    with sn.Sprite(path) as sprite:
        offsets = [sprite.header.segments[number].offset for number in (2, 7)]
    content = bytearray(path.read_bytes())
    for offset in offsets:
        content[offset] ^= 1
    path.write_bytes(content)
    done = spritenet("verify", path, "--json")
    assert done.returncode == 2
    first, second = done.stderr.splitlines()
    assert "segment 2 (rows 100 to 149): the segment is damaged" in first
    assert "segment 7 (rows 350 to 399): the segment is damaged" in second
    assert len(json.loads(done.stdout)["wrong"]) == 2
    assert spritenet("verify", tmp_path / "none.png").returncode == 2
