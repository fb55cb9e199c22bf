"""PNGs of rows by other programs: every kind that Pillow writes, and what is wrong with others."""

from __future__ import annotations

import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import spritenet as sn
from sprite_draft import chunk
from spritenet.errors import DataError
from spritenet.sources.image_size import parse_image_size
from spritenet.sources.png_rows import read_png

RANDOM = np.random.default_rng(0)
GREY: NDArray[np.uint8] = RANDOM.integers(0, 256, (30, 12), dtype=np.uint8)
LABELS = np.arange(30) % 3


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    """One-hot rows of three classes for thirty images."""
    path = tmp_path / "labels_uint8"
    np.eye(3, dtype=np.uint8)[LABELS].tofile(path)
    return path


def saved(folder: Path, picture: Image.Image, **options: Any) -> Path:
    """The path of a picture that Pillow wrote."""
    path = folder / "rows.png"
    picture.save(path, **options)
    return path


def test_the_tutorials_layout_is_read(tmp_path: Path, labels: Path) -> None:
    """Grey rows and one-hot labels; the first of them are for training."""
    path = saved(tmp_path, Image.fromarray(GREY))
    data = sn.load(path, image_size="3x4", labels=labels, train=20)
    assert np.array_equal(data.train.images, GREY[:20].reshape(20, 3, 4, 1))
    assert np.array_equal(data.test.images, GREY[20:].reshape(10, 3, 4, 1))
    assert data.train.labels.tolist() == LABELS[:20].tolist()
    assert data.class_names == ("0", "1", "2")
    assert list(sn.load(path, image_size=(3, 4), labels=labels).splits) == ["train"]


def test_counts_are_compared_before_contents(tmp_path: Path) -> None:
    """Labels of 60 images for 30: not that a row of theirs is wrong."""
    path = saved(tmp_path, Image.fromarray(GREY))
    np.eye(3, dtype=np.uint8)[np.arange(60) % 3].tofile(tmp_path / "labels")
    with pytest.raises(
        DataError, match=r"labels don't match the images: expected 30 labels.*60 one-hot rows of 3"
    ):
        sn.load(path, image_size="3x4", labels=tmp_path / "labels")


def as_rgba(grey: NDArray[np.uint8]) -> Image.Image:
    """Returns an RGBA PNG, as a canvas saves it."""
    opaque = np.full(grey.shape, 255, np.uint8)
    return Image.fromarray(np.stack([grey, grey, grey, opaque], -1))


@pytest.mark.parametrize(
    "picture",
    [
        Image.fromarray(GREY),
        Image.fromarray(GREY).convert("RGB"),
        as_rgba(GREY),
        Image.fromarray(GREY).convert("LA"),
        Image.fromarray(GREY).convert("P"),
        Image.fromarray(GREY.astype(np.uint16) * 257),
    ],
    ids=["grey", "RGB", "RGBA", "grey with alpha", "palette", "16 bits"],
)
def test_grey_is_grey_in_every_mode(tmp_path: Path, picture: Image.Image) -> None:
    """One channel, exactly those pixels."""
    assert np.array_equal(read_png(saved(tmp_path, picture))[..., 0], GREY)


@pytest.mark.parametrize("channels", [3, 4])
@pytest.mark.parametrize("level", [0, 9])
def test_colours_stay(tmp_path: Path, channels: int, level: int) -> None:
    """RGB and RGBA, through the fast way, with all filters that Pillow chooses."""
    steps = RANDOM.integers(0, 5, (40, 50, channels)).cumsum(0).cumsum(1)
    pixels = (steps % 256).astype(np.uint8)
    path = saved(tmp_path, Image.fromarray(pixels), compress_level=level)
    assert np.array_equal(read_png(path), pixels)


def interlaced(grey: NDArray[np.uint8]) -> bytes:
    """A PNG in Adam7's seven passes, which Pillow reads but doesn't write."""
    height, width = grey.shape
    passes = [(0, 0, 8, 8), (0, 4, 8, 8), (4, 0, 8, 4), (0, 2, 4, 4), (2, 0, 4, 2), (0, 1, 2, 2)]
    raw = b""
    for top, left, down, right in [*passes, (1, 0, 2, 1)]:
        part = grey[top::down, left::right]
        raw += b"".join(b"\0" + row.tobytes() for row in part if part.shape[1])
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(kind, body) for kind, body in chunks)


def test_interlaced_pictures_are_read(tmp_path: Path) -> None:
    """By Pillow."""
    path = tmp_path / "a.png"
    path.write_bytes(interlaced(GREY))
    assert np.array_equal(read_png(path)[..., 0], GREY)


@pytest.mark.parametrize("kind", ["one-hot", "bytes", "idx"])
def test_labels_come_in_three_kinds(tmp_path: Path, kind: str) -> None:
    """One-hot rows, a byte an image, and IDX."""
    path = tmp_path / "labels"
    if kind == "one-hot":
        np.eye(3, dtype=np.uint8)[LABELS].tofile(path)
    else:
        head = struct.pack(">II", 2049, 30) if kind == "idx" else b""
        path.write_bytes(head + LABELS.astype(np.uint8).tobytes())
    data = sn.load(saved(tmp_path, Image.fromarray(GREY)), image_size="3×4", labels=path)
    assert data.train.labels.tolist() == LABELS.tolist()


def test_what_does_not_fit_is_said(tmp_path: Path, labels: Path) -> None:
    """The width, the labels, the split: one line each."""
    path = saved(tmp_path, Image.fromarray(GREY))
    with pytest.raises(sn.DataError, match=r"rows are 12 pixels wide, but a 5×5 image needs 25"):
        sn.load(path, image_size="5x5", labels=labels)
    with pytest.raises(sn.InputError, match="train: out of range: expected 1 to 30"):
        sn.load(path, image_size="3x4", labels=labels, train=31)
    with pytest.raises(sn.InputError, match="Pass image_size and labels"):
        sn.load(path, image_size="3x4")
    labels.write_bytes(labels.read_bytes()[:-1])
    with pytest.raises(sn.DataError, match=r"labels_uint8: labels don't match the images"):
        sn.load(path, image_size="3x4", labels=labels)
    labels.write_bytes(bytes(90))
    with pytest.raises(sn.DataError, match=r"labels_uint8: row 0 is not one-hot"):
        sn.load(path, image_size="3x4", labels=labels)


@pytest.mark.parametrize("given", ["28", "28x", "0x5", "axb", "", "123456x1"])
def test_what_is_no_size_is_refused(given: str) -> None:
    """Height and width, two numbers."""
    with pytest.raises(sn.InputError, match="invalid image size: expected 28x28"):
        parse_image_size(given)


@pytest.mark.parametrize("mode", ["L", "RGB", "P", "LA"])
def test_a_picture_cut_off_or_changed_is_refused(tmp_path: Path, mode: str) -> None:
    """At any byte, on either way of reading."""
    buffer = io.BytesIO()
    Image.fromarray(GREY).convert(mode).save(buffer, "PNG")
    content = buffer.getvalue()
    path = tmp_path / "a.png"
    for size in range(8, len(content), 3):
        path.write_bytes(content[:size])
        with pytest.raises(sn.InputError, match=r"a\.png"):
            read_png(path)
    for place in range(8, len(content), 2):
        broken = bytearray(content)
        broken[place] ^= 255
        path.write_bytes(broken)
        with pytest.raises(sn.InputError, match=r"a\.png"):
            read_png(path)


def test_a_bomb_is_refused_unread(tmp_path: Path) -> None:
    """A header of 2³¹ pixels on a file of 300 bytes."""
    header = struct.pack(">IIBBBBB", 1 << 16, 1 << 15, 8, 0, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(99_999))), (b"IEND", b""))
    body = b"".join(chunk(kind, data) for kind, data in chunks)
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + body)
    with pytest.raises(sn.DataError, match="its header states more data than the file can hold"):
        read_png(path)


def test_options_of_foreign_pngs_are_refused_for_anything_else(tmp_path: Path) -> None:
    """A catalog name, and a sprite, which says these things itself."""
    split = sn.Split(GREY.reshape(30, 3, 4, 1), LABELS.astype(np.int32), ("0", "1", "2"))
    for source in ("strokes", sn.pack(split, tmp_path / "a.png")):
        with pytest.raises(
            sn.InputError, match=r"(is|are) for (a PNG that is not a sprite|images stored)"
        ):
            sn.load(source, image_size="3x4")
