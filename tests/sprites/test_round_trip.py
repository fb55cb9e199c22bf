"""Round trips through our reader, and through one written from the format's page."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import second_sprite_reader
import spritenet as sn
from sprite_data import data_set, data_sets, same
from spritenet.sprites import INDEX, Sprite, SpriteFolder, verify
from spritenet.sprites.tiling import Layout

LAYOUTS = st.sampled_from(["rows", "grid"])


@settings(max_examples=60)
@given(data_sets(), LAYOUTS, st.integers(1, 12), st.integers(1, 30))
def test_every_data_set_comes_back(
    data: sn.Dataset, layout: Layout, level: int, segment_rows: int
) -> None:
    """Pixels, labels, names, splits; by `load` and by the second reader; nothing to complain of."""
    with tempfile.TemporaryDirectory() as folder:
        path = sn.pack(
            data, Path(folder, "a.png"), layout=layout, level=level, segment_rows=segment_rows
        )
        assert same(sn.load(path), data)
        assert verify(path) == []
        meta, labels, images = second_sprite_reader.read(path)
        pixels = np.concatenate([split.images for split in data.splits.values()])
        assert labels == [int(n) for split in data.splits.values() for n in split.labels]
        assert b"".join(images) == pixels.tobytes()
        assert meta["sha256"] == data.content_hash


@settings(max_examples=60)
@given(data_sets(), LAYOUTS, st.integers(1, 30), st.data())
def test_any_range_is_read_without_the_rest(
    data: sn.Dataset, layout: Layout, segment_rows: int, draw: st.DataObject
) -> None:
    """The images of a range, and single images, are those of the whole."""
    pixels = np.concatenate([split.images for split in data.splits.values()])
    first = draw.draw(st.integers(0, len(pixels)))
    stop = draw.draw(st.integers(first, len(pixels)))
    with tempfile.TemporaryDirectory() as folder:
        path = sn.pack(data, Path(folder, "a.png"), layout=layout, segment_rows=segment_rows)
        with Sprite(path) as sprite:
            assert np.array_equal(sprite.images(first, stop), pixels[first:stop])
            assert np.array_equal(sprite.image(stop - 1 if stop else 0), pixels[max(0, stop - 1)])
            assert [label for _, label in sprite] == sprite.labels.tolist()


@settings(max_examples=30)
@given(data_sets(), LAYOUTS, st.integers(1, 30), st.integers(1, 30))
def test_shards_hold_the_same(
    data: sn.Dataset, layout: Layout, shard_rows: int, segment_rows: int
) -> None:
    """However a data set is cut into sprites, the folder of them is the data set."""
    with tempfile.TemporaryDirectory() as folder:
        path = sn.pack(
            data,
            Path(folder, "a"),
            layout=layout,
            shard_rows=shard_rows,
            segment_rows=segment_rows,
        )
        assert same(sn.load(path), data)
        assert same(sn.load(path / INDEX), data)
        assert verify(path) == []
        pixels = np.concatenate([split.images for split in data.splits.values()])
        with SpriteFolder(path) as sprites:
            for place in (0, len(pixels) // 2, len(pixels) - 1):
                assert np.array_equal(sprites.image(place), pixels[place])


@pytest.mark.parametrize("layout", ["rows", "grid"])
def test_the_bytes_do_not_depend_on_the_number_of_threads(tmp_path: Path, layout: Layout) -> None:
    """One thread, two and seven write the same file."""
    data = data_set(500, (9, 7, 3), test=20)
    files = []
    for workers in (1, 2, 7):
        path = sn.pack(
            data, tmp_path / f"{workers}.png", layout=layout, segment_rows=20, workers=workers
        )
        files.append(path.read_bytes())
    assert files[0] == files[1] == files[2]


def test_a_segment_that_is_not_asked_for_is_not_read(tmp_path: Path) -> None:
    """A sprite whose other segments are ruined still gives this one's images."""
    data = data_set(100)
    path = sn.pack(data, tmp_path / "a.png", segment_rows=10)
    with Sprite(path) as sprite:
        keep = sprite.header.segments[4]
    content = bytearray(path.read_bytes())
    with Sprite(path) as sprite:
        for segment in sprite.header.segments:
            if segment is not sprite.header.segments[4]:
                content[segment.offset : segment.offset + segment.length] = bytes(segment.length)
    path.write_bytes(content)
    with Sprite(path) as sprite:
        assert np.array_equal(
            sprite.images(keep.first_row, keep.stop_row), data.train.images[40:50]
        )
        with pytest.raises(sn.DataError, match=r"segment 3 \(rows 30 to 39\)"):
            sprite.image(39)


def test_smooth_images_get_the_filter_that_makes_them_small(tmp_path: Path) -> None:
    """Sub for gradients, None for scattered ink: each at most as large as without the choice."""
    smooth = sn.pack(data_set(200, (16, 16, 3), smooth=True), tmp_path / "smooth.png")
    with Sprite(smooth) as sprite:
        assert set(sprite.inflated(0)[:: 16 * 16 * 3 + 1]) == {1}
    rough = sn.pack(data_set(200, (16, 16, 3)), tmp_path / "rough.png")
    with Sprite(rough) as sprite:
        assert set(sprite.inflated(0)[:: 16 * 16 * 3 + 1]) == {0}


def test_too_many_images_for_one_sprite_become_a_folder(tmp_path: Path) -> None:
    """65,001 rows are two sprites, and 65,000 are one."""
    images = np.arange(65_001, dtype=np.uint32).astype(np.uint8).reshape(-1, 1, 1, 1)
    labels = np.zeros(65_001, np.int32)
    names = ("a",)
    one = sn.pack(sn.Split(images[1:], labels[1:], names), tmp_path / "one.png")
    assert one.is_file()
    two = sn.pack(sn.Split(images, labels, names, "train"), tmp_path / "two.png")
    assert sorted(path.name for path in two.iterdir()) == [
        "dataset.json",
        "two-00000.png",
        "two-00001.png",
    ]
    assert np.array_equal(sn.load(two).train.images, images)


def test_the_tutorials_labels_are_written_beside(tmp_path: Path) -> None:
    """One-hot rows, a byte a class, in the order of the rows."""
    data = data_set(30, test=5, classes=4)
    sn.pack(data, tmp_path / "mnist.png", tfjs=True)
    rows = np.fromfile(tmp_path / "mnist_labels_uint8", np.uint8).reshape(-1, 4)
    assert np.array_equal(rows.argmax(1), [*data.train.labels, *data.test.labels])
    assert (rows.sum(1) == 1).all()
