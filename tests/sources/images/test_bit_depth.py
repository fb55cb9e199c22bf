"""Pictures of 16 bits that hold fewer: one scale for a data set, which is said or asked for."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray
from PIL import Image

import spritenet as sn
from spritenet.errors import DataError, DataWarning, InputError
from spritenet.sources.images.bit_depth import reduce_to_8_bits
from spritenet.sources.images.fast_png import read_png16
from spritenet.sources.images.image_file import read_image

RANDOM = np.random.default_rng(0)
COLOUR_TYPES = {1: 0, 2: 4, 3: 2, 4: 6}


def png_of(values: NDArray[np.uint16], interlaced: int = 0) -> bytes:
    """A PNG of 16 bits and 1 to 4 channels, h w c, written by hand: Pillow writes grey only."""
    height, width, channels = values.shape
    header = struct.pack(">IIBBBBB", width, height, 16, COLOUR_TYPES[channels], 0, 0, interlaced)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def tiff_of(values: NDArray[np.uint16]) -> bytes:
    """A TIFF of 16 bits, grey, by Pillow."""
    file = io.BytesIO()
    Image.fromarray(values[:, :, 0]).save(file, "TIFF")
    return file.getvalue()


def write(folder: Path, highest: int, channels: int = 1, count: int = 4, kind: str = "png") -> None:
    """Pictures of two classes; the last one has the highest value, the others half of it."""
    for number in range(count):
        top = highest if number == count - 1 else max(1, highest // 2)
        values = RANDOM.integers(0, top + 1, (5, 6, channels)).astype(np.uint16)
        values[0, 0] = top
        path = folder / "ab"[number % 2] / f"{number}.{kind}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png_of(values) if kind == "png" else tiff_of(values))
        np.save(path.with_suffix(".npy"), values)


def infer_scale(folder: Path) -> NDArray[np.uint16]:
    """Returns the written images, in the order in which they are read."""
    found = [np.load(path) for path in sorted(folder.glob("*/*.npy"))]
    for path in folder.glob("*/*.npy"):
        path.unlink()
    return np.stack(found)


@given(
    values=hnp.arrays(np.uint16, (3, 4)),
    bits=st.integers(1, 16),
)
def test_reducing_is_off_by_half_a_level_at_most(values: NDArray[np.uint16], bits: int) -> None:
    """Of 255 levels; what is higher is white."""
    top = 2**bits - 1
    exact = np.minimum(values.astype(np.float64), top) * 255 / top
    assert np.abs(reduce_to_8_bits(values, bits) - exact).max() <= 0.5


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_all_16_bits_of_colours_are_read(channels: int) -> None:
    """Pillow has the high bytes: ours agrees with them; of grey Pillow has all bits."""
    values = RANDOM.integers(0, 65536, (5, 6, channels)).astype(np.uint16)
    data = png_of(values)
    found = read_png16(data)
    assert found is not None
    assert np.array_equal(found, values)
    pillow = np.asarray(Image.open(io.BytesIO(data)))
    high = (values >> 8)[:, :, [0, 0, 0, 1]] if channels == 2 else values >> 8
    assert np.array_equal(pillow, values[:, :, 0] if channels == 1 else high)
    eight = read_image(data)
    assert np.abs(eight.astype(int) - high).max() <= 1
    assert np.array_equal(eight[:, :, 0], np.rint(values[:, :, 0] / 257))


@pytest.mark.parametrize(("highest", "bits"), [(4032, 12), (255, 8), (1000, 10), (16000, 14)])
@pytest.mark.parametrize(("channels", "kind"), [(1, "png"), (3, "png"), (1, "tiff")])
def test_the_range_seen_over_the_data_set_is_the_scale_and_is_said(
    tmp_path: Path, highest: int, bits: int, channels: int, kind: str
) -> None:
    """The same for all images, bright or dark; `bits` says it without a warning."""
    write(tmp_path, highest, channels, kind=kind)
    values = infer_scale(tmp_path)
    with pytest.warns(DataWarning, match=rf"seem to hold {bits} and are read so: pass bits={bits}"):
        seen = sn.load(tmp_path)
    said = sn.load(tmp_path, bits=bits, strict=True)
    assert np.array_equal(seen.train.images, np.rint(values / (2**bits - 1) * 255))
    assert np.array_equal(said.train.images, seen.train.images)
    dark = sn.load(tmp_path, bits=16, strict=True).train.images
    assert np.array_equal(dark, np.rint(values / 65535 * 255))
    with pytest.raises(DataError, match="seem to hold"):
        sn.load(tmp_path, strict=True)


def test_all_bits_are_no_news(tmp_path: Path) -> None:
    """One bright pixel in any of the images is enough."""
    write(tmp_path, 40_000)
    values = infer_scale(tmp_path)
    found = sn.load(tmp_path, strict=True).train.images
    assert np.array_equal(found, np.rint(values / 65535 * 255))


def test_a_later_picture_of_more_bits_is_an_error(tmp_path: Path) -> None:
    """Not looked at when the scale was settled: never spoilt, never another scale for it alone."""
    write(tmp_path, 4095, count=202)
    (tmp_path / "b/201.png").write_bytes(png_of(np.full((5, 6, 1), 5000, np.uint16)))
    infer_scale(tmp_path)
    said = r"201\.png: a value has more than 12 bits: expected 0 to 4,095, got 5,000.*bits=14"
    with pytest.raises(DataError, match=said):
        sn.load(tmp_path)
    with pytest.raises(DataError, match=said):
        sn.load(tmp_path, bits=12)
    sn.load(tmp_path, bits=14, strict=True)


def test_one_of_16_bits_among_others_of_8(tmp_path: Path) -> None:
    """If nobody looked at it, it is asked for."""
    (tmp_path / "a").mkdir()
    for number in range(202):
        picture = Image.fromarray(RANDOM.integers(0, 256, (5, 6), np.uint8))
        picture.save(tmp_path / f"a/{number:03}.png")
    (tmp_path / "a/201.png").write_bytes(png_of(np.full((5, 6, 1), 4000, np.uint16)))
    with pytest.raises(DataError, match=r"201\.png: ambiguous bit depth .*bits=12"):
        sn.load(tmp_path)
    assert sn.load(tmp_path, bits=12).train.images[201].max() == 249


def test_a_single_picture_says_that_it_is_dark() -> None:
    """`read_image` knows no data set: it keeps all bits, and warns."""
    data = png_of(np.full((5, 6, 1), 4032, np.uint16))
    with pytest.warns(DataWarning, match=r"reach 4,032 of 65,535 only.*bits=12"):
        assert read_image(data).max() == 16
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_image(data, bits=12).max() == 251
    with pytest.raises(DataError, match="a value has more than 10 bits"):
        read_image(data, bits=10)


def test_colours_of_which_only_the_high_bytes_are_at_hand_need_all_16_bits() -> None:
    """An interlaced PNG of one pixel: Pillow reads it, without its low bytes."""
    values = np.full((1, 1, 3), 4032, np.uint16)
    data = png_of(values, interlaced=1)
    assert read_png16(data) is None
    with pytest.warns(DataWarning, match="reach 3,855 of 65,535 only"):
        assert read_image(data).tolist() == [[[15, 15, 15]]]
    with pytest.raises(DataError, match="read by their high 8 bits only: expected 12 bits"):
        read_image(data, bits=12)


def test_what_is_wider_is_refused(tmp_path: Path) -> None:
    """32 bits have no scale, and there are no 17."""
    file = io.BytesIO()
    Image.fromarray(np.full((5, 6), 70_000, np.int32)).save(file, "TIFF")
    with pytest.raises(DataError, match="pixels of 32 bits have no common scale"):
        read_image(file.getvalue())
    (tmp_path / "a").mkdir()
    Image.fromarray(np.zeros((5, 6), np.uint8)).save(tmp_path / "a/1.png")
    with pytest.raises(InputError, match="expected 1 to 16, got 17"):
        sn.load(tmp_path, bits=17)
