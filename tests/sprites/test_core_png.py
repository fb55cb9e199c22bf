"""The core's rows and stream ends, against the PNG specification in Python and against zlib."""

from __future__ import annotations

import zlib

import deflate
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spritenet.core.png import PAETH, SUB, stream_end, undo_filters
from spritenet.errors import CoreError
from spritenet.sprites.segments import reopen_stream


def undone(filtered: bytes, rows: int, row_bytes: int, pixel: int) -> bytes:
    """ISO/IEC 15948, clause 9, word by word."""
    above = bytearray(row_bytes)
    result = b""
    for r in range(rows):
        at = r * (row_bytes + 1)
        kind, row = filtered[at], bytearray(filtered[at + 1 : at + 1 + row_bytes])
        for i in range(row_bytes):
            a = row[i - pixel] if i >= pixel else 0
            b, c = above[i], above[i - pixel] if i >= pixel else 0
            p = a + b - c
            nearest = min((abs(p - a), 0, a), (abs(p - b), 1, b), (abs(p - c), 2, c))[2]
            row[i] = (row[i] + (0, a, b, (a + b) // 2, nearest)[kind]) & 255
        above = row
        result += bytes(row)
    return result


@settings(max_examples=200)
@given(st.integers(1, 6), st.integers(1, 80), st.integers(1, 6), st.data())
def test_every_filter_is_undone(rows: int, width: int, pixel: int, data: st.DataObject) -> None:
    """Into another array and over the filtered bytes themselves."""
    row_bytes = width * pixel
    seed = data.draw(st.integers(0, 1 << 30))
    filtered = np.random.default_rng(seed).integers(0, 256, (rows, row_bytes + 1)).astype(np.uint8)
    filtered[:, 0] = data.draw(st.lists(st.integers(0, 4), min_size=rows, max_size=rows))
    raw = bytearray(filtered.tobytes())
    expected = undone(bytes(raw), rows, row_bytes, pixel)
    out = np.empty((rows, row_bytes), np.uint8)
    assert undo_filters(raw, rows, row_bytes, pixel, out, highest_filter=PAETH) == rows
    assert out.tobytes() == expected
    assert undo_filters(raw, rows, row_bytes, pixel, highest_filter=PAETH) == rows
    assert bytes(raw[: len(expected)]) == expected


@pytest.mark.parametrize(("highest", "bad"), [(SUB, 2), (SUB, 255), (PAETH, 5)])
def test_the_first_filter_that_may_not_be_is_named(highest: int, bad: int) -> None:
    """Rows before it are fine; its number comes back."""
    raw = bytearray(bytes([0, 1, 2, 1, 3, 4, bad, 5, 6, bad, 7, 8]))
    out = np.empty((4, 2), np.uint8)
    assert undo_filters(raw, 4, 2, 1, out, highest_filter=highest) == 2


def test_sizes_that_do_not_fit_are_refused() -> None:
    """Before the core sees them."""
    with pytest.raises(CoreError):
        undo_filters(bytearray(10), 3, 3, 1)
    with pytest.raises(CoreError):
        undo_filters(bytearray(12), 3, 3, 1, np.empty(8, np.uint8))


DATA = st.one_of(
    st.binary(max_size=300),
    st.builds(lambda part, times: part * times, st.binary(max_size=40), st.integers(0, 900)),
    st.builds(
        lambda seed, size, top: (
            np.random.default_rng(seed).integers(0, top, size).astype(np.uint8).tobytes()
        ),
        st.integers(0, 99),
        st.integers(0, 70_000),
        st.sampled_from([2, 17, 256]),
    ),
)


@settings(max_examples=150)
@given(DATA, DATA, st.integers(0, 12), st.integers(0, 9))
def test_any_stream_can_be_made_to_go_on(
    first: bytes, second: bytes, level: int, zlib_level: int
) -> None:
    """Two opened streams one after the other, and an empty last block, inflate to both."""
    a = bytes(deflate.deflate_compress(first, level))
    compressor = zlib.compressobj(zlib_level, zlib.DEFLATED, -15)
    b = compressor.compress(second) + compressor.flush()
    assert stream_end(a).bytes == len(first)
    inflater = zlib.decompressobj(-15)
    assert inflater.decompress(reopen_stream(a) + reopen_stream(b) + b"\x03\x00") == first + second
    assert inflater.eof
    assert inflater.unused_data == b""


@settings(max_examples=200)
@given(DATA, st.integers(0, 12), st.data())
def test_a_damaged_stream_is_refused_or_read_within_its_bounds(
    content: bytes, level: int, data: st.DataObject
) -> None:
    """Cut off and changed at random: never a crash, never an end beyond the end."""
    stream = bytearray(deflate.deflate_compress(content, level))
    with pytest.raises(CoreError):
        stream_end(stream[: data.draw(st.integers(0, len(stream) - 1))])
    place = data.draw(st.integers(0, len(stream) - 1))
    stream[place] ^= data.draw(st.integers(1, 255))
    try:
        assert 0 <= stream_end(stream).last_block < stream_end(stream).end <= 8 * len(stream)
    except CoreError as error:
        assert "deflate stream" in str(error)  # noqa: PT017 - either outcome is right
