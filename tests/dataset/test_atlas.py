"""The square picture and the tables beside it agree on which image is where."""

from __future__ import annotations

import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from spritenet.dataset import Split
from spritenet.dataset.atlas import LARGEST_SIDE, atlas, most_images


def split_of(count: int, shape: tuple[int, int, int]) -> Split:
    """Noise, labelled 0, 1, 2 over and over; a class's name holds what would break a table."""
    pixels = np.random.default_rng(0).integers(0, 256, (count, *shape), np.uint8)
    return Split.from_arrays(pixels, np.arange(count) % 3, ["a\tb", "c\nd", "e"])


@given(
    count=st.integers(1, 40),
    height=st.integers(1, 6),
    width=st.integers(1, 6),
    channels=st.sampled_from([1, 3, 4]),
    wanted=st.integers(1, 50),
)
def test_each_place_holds_its_image(
    count: int, height: int, width: int, channels: int, wanted: int
) -> None:
    """Row by row, in the order of both tables and of the vectors."""
    split = split_of(count, (height, width, channels))
    files = atlas(split, wanted, seed=3)
    picture = np.asarray(Image.open(io.BytesIO(files["sprite.png"])))
    picture = picture.reshape(picture.shape[0], -1, channels)
    entries = json.loads(files["data.json"])
    lines = files["metadata.tsv"].decode().splitlines()
    vectors = np.frombuffer(files["tensors.bytes"], "<f4").reshape(len(entries), -1)
    side = picture.shape[0] // height
    assert picture.shape == (side * height, side * width, channels)
    assert (side - 1) ** 2 < len(entries) <= side**2
    assert len(entries) == min(count, wanted) == len(lines) - 1
    assert len({entry["index"] for entry in entries}) == len(entries)
    for place, entry in enumerate(entries):
        image, label = split[entry["index"]]
        top, left = place // side * height, place % side * width
        assert np.array_equal(picture[top : top + height, left : left + width], image)
        assert np.array_equal(vectors[place], image.reshape(-1))
        assert entry["class"] == split.class_names[label]
        assert lines[1 + place].split("\t") == [("a b", "c d", "e")[label], str(entry["index"])]


def test_the_projector_finds_its_files() -> None:
    """Its config names the files and the sizes."""
    files = atlas(split_of(10, (4, 6, 1)), 10, points=np.ones((10, 7), np.float32))
    entry = json.loads(files["config.json"])["embeddings"][0]
    assert entry["tensorShape"] == [10, 7]
    assert entry["sprite"] == {"imagePath": "sprite.png", "singleImageDim": [6, 4]}
    assert {entry["tensorPath"], entry["metadataPath"]} < set(files)
    assert len(files["tensors.bytes"]) == 10 * 7 * 4


@pytest.mark.parametrize(("shape", "most"), [((28, 28, 1), 292**2), ((1, 8192, 3), 1)])
def test_no_picture_is_too_wide_for_a_texture(shape: tuple[int, int, int], most: int) -> None:
    """So many images fit, and one more column wouldn't."""
    side = most_images(shape) ** 0.5
    assert most_images(shape) == most
    assert side * max(shape[:2]) <= LARGEST_SIDE < (side + 1) * max(shape[:2])
