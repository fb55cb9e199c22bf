"""Multi-label data sets in every format: sprites, streams, arrays, tables, folders of images."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

import second_sprite_reader
import spritenet as sn
from several_shapes import NAMES, several_shapes, shapes_dataset
from spritenet.core.png import encode_png
from spritenet.sources.unpack import unpack
from spritenet.sprites import labels as chunk
from spritenet.sprites.verify import verify

PIXELS = 12


def small(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images of 12×12 grey pixels, and rows."""
    images, rows = several_shapes(count)
    return np.ascontiguousarray(images[:, 8:20, 8:20]), rows


@pytest.mark.parametrize("layout", ["rows", "grid"])
def test_a_sprite_keeps_rows_and_a_second_reader_reads_them(
    tmp_path: Path, layout: Literal["rows", "grid"]
) -> None:
    """Version 2 with a byte a class; the hash, the counts and `verify` agree."""
    data = shapes_dataset(40, 10)
    path = sn.pack(data, tmp_path / "shapes.png", layout=layout)
    again = sn.load(path)
    assert again.is_multi_label
    assert again.content_hash == data.content_hash
    assert verify(path) == []
    meta, labels, images = second_sprite_reader.read(path)
    assert (meta["version"], meta["multi_label"]) == (2, True)
    assert meta["class_counts"] == np.vstack([data.train.labels, data.test.labels]).sum(0).tolist()
    assert np.reshape(labels, (50, 4))[:40].tolist() == data.train.labels.tolist()
    assert images[3] == data.train.images[3].tobytes()


def test_a_folder_of_sprites_is_read_and_streamed(tmp_path: Path) -> None:
    """Labels, counts, splits and batches of a stream are those of the data set in memory."""
    data = shapes_dataset(90, 20)
    folder = sn.pack(data, tmp_path / "shapes", shard_rows=40)
    assert sn.load(folder).content_hash == data.content_hash
    assert verify(folder) == []
    with sn.open(folder) as stream:
        train = stream.train
        assert train.is_multi_label
        assert train.class_counts == data.train.class_counts
        assert train.content_hash == data.train.content_hash
        np.testing.assert_array_equal(train.labels, data.train.labels)
        np.testing.assert_array_equal(train[7][1], data.train.labels[7])
        mine = [labels for _, labels in data.train.batches(16, seed=5)]
        theirs = [labels for _, labels in train.batches(16, seed=5)]
        np.testing.assert_array_equal(np.concatenate(mine), np.concatenate(theirs))
        np.testing.assert_array_equal(train.split(10)[1].labels, data.train.split(10)[1].labels)
        assert train.read().content_hash == data.train.content_hash


def test_an_npz_with_rows_is_read_and_written(tmp_path: Path) -> None:
    """`unpack` writes what `load` reads again."""
    data = shapes_dataset(30, 10)
    path = unpack(data, tmp_path / "shapes.npz")
    with pytest.warns(sn.DataWarning, match="labels are read as multi-label"):
        assert sn.load(path).content_hash == data.content_hash
    with pytest.raises(sn.InputError, match="IDX files only hold one label an image"):
        unpack(data, tmp_path / "idx", "idx")


def test_a_folder_of_images_with_a_column_for_each_class(tmp_path: Path) -> None:
    """`unpack` writes train/000000.png and labels.csv; `load` and `pack` read them."""
    data = shapes_dataset(30, 10)
    folder = unpack(data, tmp_path / "shapes")
    with (folder / "labels.csv").open() as file:
        assert next(csv.reader(file)) == ["file", "split", *NAMES]
    with pytest.warns(sn.DataWarning, match="'circle', 'square', 'triangle', 'cross'"):
        again = sn.load(folder)
    assert again.class_names == NAMES
    assert again.content_hash == data.content_hash


def test_a_labels_column_with_several_names(tmp_path: Path) -> None:
    """A cell "cat|dog" in a table beside images; an empty cell is no label."""
    images, _ = small(3)
    for number, image in enumerate(images):
        (tmp_path / f"{number}.png").write_bytes(encode_png(image))
    (tmp_path / "labels.csv").write_text("file,labels\n0.png,cat|dog\n1.png,dog\n2.png,\n")
    with pytest.warns(sn.DataWarning, match="of 3 images 1 has several, 1 none"):
        data = sn.load(tmp_path)
    assert data.class_names == ("cat", "dog")
    assert data.train.labels.tolist() == [[1, 1], [0, 1], [0, 0]]


def table(path: Path, head: list[str], rows: np.ndarray) -> Path:
    """A CSV of numbers with a header."""
    lines = [",".join(head), *(",".join(map(str, row)) for row in rows.tolist())]
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_table_of_pixels_with_several_label_columns(tmp_path: Path) -> None:
    """Columns of 0 and 1 that aren't numbered as the pixels are; or those that are named."""
    images, labels = small(20)
    pixels = images.reshape(20, -1)
    numbered = [f"pixel{k}" for k in range(pixels.shape[1])]
    path = table(tmp_path / "a.csv", [*NAMES, *numbered], np.hstack([labels, pixels]))
    with pytest.warns(sn.DataWarning, match="were taken as labels, as they hold 0 and 1 alone"):
        data = sn.load(path)
    assert data.class_names == NAMES
    np.testing.assert_array_equal(data.train.labels, labels)
    np.testing.assert_array_equal(data.train.images, images)
    plain = table(tmp_path / "b.csv", list("wxyz") + numbered, np.hstack([labels, pixels]))
    with pytest.warns(sn.DataWarning, match="multi-label"):
        again = sn.load(plain, label_column="w,x,y,z")
    assert again.class_names == tuple("wxyz")
    with pytest.raises(sn.DataError, match="several label columns must hold 0 and 1"):
        sn.load(path, label_column="circle,pixel70")


def test_a_labels_column_in_a_table_of_pixels(tmp_path: Path) -> None:
    """Names with | between them, in a table of pixels."""
    images, rows = small(9)
    pixels = images.reshape(9, -1)
    lines = [",".join(["labels", *(f"p{k}" for k in range(pixels.shape[1]))])]
    for row, values in zip(rows, pixels.tolist(), strict=True):
        names = "|".join(name for name, there in zip(NAMES, row, strict=True) if there)
        lines.append(",".join([names, *map(str, values)]))
    path = tmp_path / "a.csv"
    path.write_text("\n".join(lines) + "\n")
    with pytest.warns(sn.DataWarning, match="name several classes each"):
        data = sn.load(path, class_names=NAMES)
    np.testing.assert_array_equal(data.train.labels, rows)


def test_lists_of_classes_in_parquet(tmp_path: Path) -> None:
    """A column of lists: indices or names, as Hugging Face has them."""
    arrow = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    images, rows = small(6)
    files = [{"bytes": encode_png(image), "path": None} for image in images]
    for lists in (
        [np.flatnonzero(row).tolist() for row in rows],
        [[NAMES[k] for k in np.flatnonzero(row)] for row in rows],
        rows.tolist(),
    ):
        path = tmp_path / "a.parquet"
        parquet.write_table(arrow.table({"image": files, "labels": lists}), path)
        with pytest.warns(sn.DataWarning, match="multi-label"):
            data = sn.load(path, class_names=NAMES)
        np.testing.assert_array_equal(data.train.labels, rows)


def test_damaged_labels_are_refused_by_one_line() -> None:
    """A label that is neither 0 nor 1, and counts that aren't those of the labels."""
    packed = chunk.pack(np.array([[1, 2]], np.uint8), 2)
    with pytest.raises(sn.DataError, match="label of image 0 is out of range: expected 0 to 1"):
        chunk.unpack(packed, 1, (1, 1), "a.png", multi_label=True)
    packed = chunk.pack(np.array([[1, 1]], np.uint8), 2)
    with pytest.raises(sn.DataError, match="don't match the counts"):
        chunk.unpack(packed, 1, (1, 0), "a.png", multi_label=True)
