"""Small PNGs are read as Pillow reads them, or left to it."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from picture_folders import encoded, noise
from spritenet.sources.images.fast_png import read_png8
from spritenet.sources.images.image_file import read_image
from spritenet.sprites.chunks import chunk


@given(
    st.integers(1, 40),
    st.integers(1, 40),
    st.sampled_from([1, 3, 4]),
    st.booleans(),
    st.booleans(),
)
def test_pixels_are_those_of_pillow(
    height: int, width: int, channels: int, smooth: bool, optimize: bool
) -> None:
    """Of every size and number of channels, with every filter that Pillow's encoder chooses."""
    pixels = noise((height, width, channels))
    if smooth:
        pixels = np.cumsum(pixels % 3, axis=1, dtype=np.uint8)
    data = encoded(pixels[..., 0] if channels == 1 else pixels, optimize=optimize)
    mine = read_png8(data)
    assert mine is not None
    assert np.array_equal(mine, pixels)
    assert np.array_equal(mine, read_image(data))


def with_chunk(data: bytes, kind: bytes, body: bytes) -> bytes:
    """A PNG with another chunk behind its header."""
    return data[:33] + chunk(kind, body) + data[33:]


def test_what_may_change_a_picture_is_left_to_pillow() -> None:
    """Palettes, 16 bits, transparency, animations, orientation, interlacing."""
    grey = encoded(noise())
    assert read_png8(grey) is not None
    assert read_png8(with_chunk(grey, b"gAMA", b"\0\0\xb1\x8f")) is not None
    info = PngImagePlugin.PngInfo()
    info.add_text("Raw profile type exif", "anything")
    odd = [
        with_chunk(grey, b"tRNS", b"\0\7"),
        with_chunk(grey, b"acTL", struct.pack(">II", 2, 0)),
        with_chunk(grey, b"eXIf", b"II*\0"),
        encoded(noise(), pnginfo=info),
        encoded(np.zeros((3, 3), np.uint16) + 9),
        encoded(np.array(Image.fromarray(noise()).convert("1"))),
        encoded(noise(), "BMP"),
    ]
    assert [read_png8(data) for data in odd] == [None] * len(odd)


@pytest.mark.parametrize("place", [10, 20, 30, 45, -20, -6])
def test_damage_is_left_to_pillow(place: int) -> None:
    """One error that names the fault; also for a file cut at any byte."""
    data = bytearray(encoded(noise((9, 9))))
    assert read_png8(bytes(data[:place])) is None or place == -6
    data[place] ^= 255
    assert read_png8(bytes(data)) is None or place in {-6, -20}


def test_a_header_of_two_billion_pixels_is_not_believed() -> None:
    """Nothing is allocated for it."""
    data = bytearray(encoded(noise()))
    data[16:24] = struct.pack(">II", 1 << 16, 1 << 15)
    data[29:33] = chunk(b"IHDR", bytes(data[16:29]))[-4:]
    assert read_png8(bytes(data)) is None


@given(st.binary(max_size=200), st.integers(0, 60))
def test_no_bytes_make_it_fail(tail: bytes, kept: int) -> None:
    """Whatever follows the beginning of a PNG."""
    read_png8(encoded(noise())[:kept] + tail)
