"""From format to format and back: no pixel changes on the way, whatever the way."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

import spritenet as sn
from sprite_data import data_sets
from spritenet.sources import survey
from spritenet.sources.unpack import Kind, unpack


def by_class(data: sn.Dataset) -> str:
    """The content hash of a data set whose images are sorted by class, as folders sort them."""
    splits = {
        name: split[np.argsort(split.labels, kind="stable")]
        for name, split in data.splits.items()
        if len(split)
    }
    return sn.Dataset(data.name, splits, data.class_names).content_hash


def zipped(folder: Path) -> Path:
    """A folder in a zip, by Python's own module."""
    path = folder.with_name(f"{folder.name}.zip")
    with zipfile.ZipFile(path, "w") as made:
        for file in folder.rglob("*"):
            made.write(file, file.relative_to(folder.parent))
    return path


@pytest.mark.filterwarnings("ignore:class:spritenet.errors.DataWarning")  # some are empty
@settings(max_examples=40)
@given(data_sets(), st.lists(st.sampled_from(["sprite", "sprites", "npz", "idx"]), max_size=4))
def test_any_way_through_the_formats_ends_where_it_began(data: sn.Dataset, way: list[str]) -> None:
    """Images, labels, splits and names of classes; then as a folder and its zip."""
    known = data
    with tempfile.TemporaryDirectory() as scratch:
        for number, form in enumerate(way):
            place = Path(scratch) / str(number)
            if form == "sprite":
                path = sn.pack(data, place.with_suffix(".png"))
            elif form == "sprites":
                path = sn.pack(data, place, shard_rows=3)
            elif form == "npz":
                path = unpack(data, place.with_suffix(".npz"), "npz")
            elif data.image_shape[2] == 1 and len(data.class_names) <= 256:
                path = unpack(data, place, cast("Kind", form))
            else:
                continue
            found = {name: split for name, split in data.splits.items() if len(split)}
            if len(found) < len(data.splits):
                return  # not every format has empty splits
            data = sn.load(path)
            assert (data.content_hash, data.class_names) == (known.content_hash, known.class_names)
        if data.class_names[0] != "class 0" or len(data.class_names) > 10:
            return
        folder = unpack(data, Path(scratch) / "folder", "folder")
        color = {1: "grey", 3: "rgb", 4: "rgba"}[data.image_shape[2]]
        for path in (folder, zipped(folder)):
            assert sn.load(path, color=color).content_hash == by_class(known)
        shutil.rmtree(folder)


def test_a_packed_folder_shows_what_pillow_shows(tmp_path: Path) -> None:
    """Each row of the sprite is the file that Pillow reads."""
    random = np.random.default_rng(0)
    for number in range(12):
        path = tmp_path / "pets" / str(number % 2) / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(random.integers(0, 256, (5, 7, 3), np.uint8)).save(path)
    sprite = sn.pack(survey(tmp_path / "pets"), tmp_path / "pets.png")
    files = sorted((tmp_path / "pets").rglob("*.png"), key=lambda p: (p.parent, int(p.stem)))
    with Image.open(sprite) as picture:
        rows = np.asarray(picture)
    for row, file in zip(rows, files, strict=True):
        with Image.open(file) as picture:
            assert np.array_equal(row, np.asarray(picture).reshape(35, 3))
