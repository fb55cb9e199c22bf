"""The functions of libdeflate by zlib, for Pyodide, beside libdeflate's own."""

from __future__ import annotations

import deflate
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spritenet.compression import by_zlib

FORMATS = ("deflate", "gzip", "zlib")


@given(st.binary(max_size=2000), st.sampled_from(FORMATS), st.integers(1, 12))
def test_each_reads_what_the_other_wrote(data: bytes, kind: str, level: int) -> None:
    """At every level, with the size as the limit; and checksums are the same."""
    for writer, reader in ((deflate, by_zlib), (by_zlib, deflate)):
        packed = getattr(writer, f"{kind}_compress")(data, level)
        assert bytes(getattr(reader, f"{kind}_decompress")(packed, len(data))) == data
    assert by_zlib.crc32(data, 5) == deflate.crc32(data, 5)
    assert by_zlib.adler32(data) == deflate.adler32(data)


@pytest.mark.parametrize("kind", FORMATS)
def test_what_libdeflate_refuses_zlib_refuses(kind: str) -> None:
    """A stream that is cut, inflates to more than the size, or has another checksum."""
    data = bytes(range(256)) * 20
    packed = bytes(getattr(deflate, f"{kind}_compress")(data, 6))
    cases = [(packed[:-9], len(data)), (packed, len(data) - 1)]
    if kind != "deflate":
        cases.append((packed[:-1] + bytes([packed[-1] ^ 255]), len(data)))
    for broken, size in cases:
        with pytest.raises(deflate.DeflateError):
            getattr(deflate, f"{kind}_decompress")(broken, size)
        with pytest.raises(by_zlib.DeflateError):
            getattr(by_zlib, f"{kind}_decompress")(broken, size)
