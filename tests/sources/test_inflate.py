"""Inflating: exactly the bytes that are expected, or one line that says why not."""

import contextlib
import gzip
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spritenet.errors import DataError
from spritenet.sources.inflate import inflate, inflate_start

HERE = Path("some.gz")


@given(content=st.binary(max_size=5000), level=st.integers(0, 9))
def test_what_was_packed_comes_back(content: bytes, level: int) -> None:
    """Any content, at any level of compression."""
    packed = gzip.compress(content, level)
    assert inflate(packed, len(content), HERE) == content
    assert inflate_start(packed, 16, HERE) == content[:16]


@given(parts=st.lists(st.binary(max_size=300), min_size=2, max_size=4), zeros=st.integers(0, 600))
def test_several_members_are_one_file(parts: list[bytes], zeros: int) -> None:
    """`cat a.gz b.gz` is a gzip file, and so is one that a tape padded with zeros."""
    packed = b"".join(map(gzip.compress, parts)) + bytes(zeros)
    assert inflate(packed, len(b"".join(parts)), HERE) == b"".join(parts)


@given(content=st.binary(min_size=1, max_size=2000), data=st.data())
def test_a_cut_file_is_refused(content: bytes, data: st.DataObject) -> None:
    """Wherever it is cut off."""
    packed = gzip.compress(content)
    cut = data.draw(st.integers(0, len(packed) - 1))
    with pytest.raises(DataError, match=r"some\.gz: "):
        inflate(packed[:cut], len(content), HERE)


@given(content=st.binary(min_size=1, max_size=2000), data=st.data())
def test_a_flipped_bit_never_changes_content(content: bytes, data: st.DataObject) -> None:
    """It is refused; or it means nothing, such as the date in the header and bits of padding."""
    packed = bytearray(gzip.compress(content))
    place = data.draw(st.integers(0, 8 * len(packed) - 1))
    packed[place // 8] ^= 1 << place % 8
    try:
        inflated = inflate(bytes(packed), len(content), HERE)
    except DataError:
        return
    assert inflated == content


@given(noise=st.binary(max_size=300), size=st.integers(0, 1000))
def test_noise_is_refused_with_a_data_error(noise: bytes, size: int) -> None:
    """No other exception gets out, whatever the bytes are."""
    for packed in (noise, b"\x1f\x8b" + noise, b"\x1f\x8b\x08\0\0\0\0\0\0\x03" + noise):
        with contextlib.suppress(DataError):
            assert len(inflate(packed, size, HERE)) == size


@pytest.mark.parametrize(
    ("packed", "size", "says"),
    [
        (gzip.compress(b"abcdef"), 5, "inflates to more than its header states"),
        (gzip.compress(b"abcdef"), 7, "holds less than its header states"),
        (gzip.compress(b"abcdef")[:-9], 6, "ends too early"),
        (gzip.compress(b"abcdef") + b"garbage", 6, "extra bytes after the compressed data"),
        (gzip.compress(b"abcdef")[:-8] + bytes(8), 6, "incorrect data check"),
        (b"", 6, "its header states more data than the file can hold"),
    ],
)
def test_the_line_says_what_is_wrong(packed: bytes, size: int, says: str) -> None:
    """Each kind of damage has words of its own."""
    with pytest.raises(DataError, match=says):
        inflate(packed, size, HERE)


def bomb(size: int) -> bytes:
    """A gzip file of zeros, a thousandth as long."""
    packer = zlib.compressobj(9, wbits=31)
    piece = bytes(1 << 20)
    return b"".join(packer.compress(piece) for _ in range(size >> 20)) + packer.flush()


def test_a_bomb_takes_no_memory() -> None:
    """A file that inflates to 256 MiB instead of 100 bytes takes kilobytes of memory."""
    packed = bomb(1 << 28)
    tracemalloc.start()
    try:
        assert inflate_start(packed, 16, HERE) == bytes(16)
        with pytest.raises(DataError, match="more than its header states"):
            inflate(packed, 100, HERE)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_an_impossible_size_allocates_nothing() -> None:
    """A header that states terabytes for a kilobyte is refused by arithmetic."""
    with pytest.raises(DataError, match="more data than the file can hold"):
        inflate(gzip.compress(bytes(1000)), 1 << 42, HERE)
