"""The test vectors of docs/reference/sprite-format.md, kept since version 1, are still read."""

from __future__ import annotations

import json
import zlib
from pathlib import Path

import pytest

import second_sprite_reader
import spritenet as sn
from spritenet.sprites import verify

FOLDER = Path(__file__).parent / "vectors"
FILES = sorted(FOLDER.glob("*.png"))


@pytest.mark.parametrize("path", [*FILES, FOLDER / "folder"], ids=lambda path: path.name)
def test_a_vector_holds_what_its_json_says(path: Path) -> None:
    """Classes, splits, labels and every image."""
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    data = sn.load(path)
    splits = data.splits.values()
    assert list(data.class_names) == expected["classes"]
    assert list(data.image_shape) == expected["image_shape"]
    assert {name: len(split) for name, split in data.splits.items()} == expected["splits"]
    labels = [int(value) for split in splits for value in split.labels.ravel()]
    assert labels == expected["labels"]
    images = [image for split in splits for image in split.images]
    assert [f"{zlib.crc32(image.tobytes()):08x}" for image in images] == expected["crc32_of_images"]
    assert data.content_hash == expected["sha256"]
    assert verify(path) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_the_second_reader_agrees(path: Path) -> None:
    """The one that is written from the format's page alone."""
    expected = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    meta, labels, images = second_sprite_reader.read(path)
    assert (meta["classes"], labels) == (expected["classes"], expected["labels"])
    assert [f"{zlib.crc32(image):08x}" for image in images] == expected["crc32_of_images"]
    assert meta["sha256"] == expected["sha256"]
