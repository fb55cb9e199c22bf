"""The inflater of core-png.wasm, compiled for this machine with traps, beside zlib.

Input ends and output ends where a page of memory begins that can't be touched.
"""

from __future__ import annotations

import ctypes
import mmap
import os
import subprocess
import sys
import zlib
from pathlib import Path

import hatch_build
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

ROOT = Path(__file__).parents[2]
SOURCES = ("inflate.cpp", "checksum.cpp")
ROOM = 1 << 20
DAMAGED = -1

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="protects memory by mprotect")


class Guarded:
    """Memory whose end is followed by a page that can't be touched."""

    def __init__(self) -> None:
        self.memory = mmap.mmap(-1, ROOM + mmap.PAGESIZE)
        self.end = ctypes.addressof(ctypes.c_char.from_buffer(self.memory)) + ROOM
        protect = ctypes.CDLL(None, use_errno=True).mprotect
        protect.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
        assert protect(self.end, mmap.PAGESIZE, mmap.PROT_READ & 0) == 0

    def last(self, size: int) -> int:
        """Returns the address of the last bytes."""
        assert size <= ROOM
        return self.end - size


class Inflater:
    """The compiled functions."""

    def __init__(self, library: Path) -> None:
        self.core = ctypes.CDLL(str(library))
        self.core.sn_inflate.restype = ctypes.c_int64
        self.core.sn_inflate.argtypes = 2 * (ctypes.c_void_p, ctypes.c_int64)
        for checksum in (self.core.sn_crc32, self.core.sn_adler32):
            checksum.restype = ctypes.c_uint32
            checksum.argtypes = (ctypes.c_uint32, ctypes.c_void_p, ctypes.c_int64)
        self.packed, self.out = Guarded(), Guarded()

    def inflate(self, packed: bytes, size: int) -> tuple[int, bytes]:
        """Returns the length as the core has it, and the bytes."""
        start, to = self.packed.last(len(packed)), self.out.last(size)
        ctypes.memmove(start, packed, len(packed))
        length = self.core.sn_inflate(start, len(packed), to, size)
        return length, ctypes.string_at(to, length if 0 <= length <= size else 0)

    def checksums(self, content: bytes, cut: int) -> tuple[int, int]:
        """Returns CRC-32 and Adler-32, taken in two parts."""
        found = []
        for checksum, start in ((self.core.sn_crc32, 0), (self.core.sn_adler32, 1)):
            value = start
            for part in (content[:cut], content[cut:]):
                at = self.packed.last(len(part))
                ctypes.memmove(at, part, len(part))
                value = checksum(value, at, len(part))
            found.append(value)
        return found[0], found[1]


@pytest.fixture(scope="module")
def inflater(tmp_path_factory: pytest.TempPathFactory) -> Inflater:
    """Compiled with a trap at undefined behaviour."""
    command, zig = hatch_build.compiler(os.environ)
    library = tmp_path_factory.mktemp("inflate") / "inflate.so"
    options = [*hatch_build.LANGUAGE, *hatch_build.WARNINGS, "-O1", "-DSN_INFLATE"]
    options += ["-fsanitize=undefined", "-fsanitize-trap=undefined"]
    options += ["-nostdlib++"] if zig else []
    cache = str(ROOT / "build" / "zig")
    done = subprocess.run(
        [
            *(*command, *options, f"-I{ROOT / 'core'}"),
            *(str(ROOT / "core" / source) for source in SOURCES),
            *("-o", str(library)),
        ],
        env={"ZIG_GLOBAL_CACHE_DIR": cache, "ZIG_LOCAL_CACHE_DIR": cache, **os.environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return Inflater(library)


def by_zlib(packed: bytes, size: int) -> tuple[int, bytes]:
    """Returns the same as `Inflater.inflate`."""
    reader = zlib.decompressobj(-15)
    try:
        found = reader.decompress(packed, size + 1)
    except zlib.error:
        return DAMAGED, b""
    if len(found) > size:
        return size + 1, b""
    whole = reader.eof and not reader.unused_data
    return (len(found), found) if whole else (DAMAGED, b"")


runs = st.lists(st.tuples(st.binary(max_size=40), st.integers(1, 400)), max_size=30).map(
    lambda parts: b"".join(part * times for part, times in parts)
)
contents = st.one_of(
    st.binary(max_size=3_000),
    runs,
    st.tuples(runs, st.binary(max_size=300), runs).map(b"".join),
    st.lists(st.integers(0, 7), max_size=2_000).map(lambda powers: bytes(2**k - 1 for k in powers)),
)


@st.composite
def streams(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """Content, and deflate data of it: any level and strategy, stored and flushed in between."""
    content = draw(contents)
    packer = zlib.compressobj(
        draw(st.integers(0, 9)),
        zlib.DEFLATED,
        -draw(st.integers(9, 15)),
        draw(st.integers(1, 9)),
        draw(st.sampled_from([zlib.Z_DEFAULT_STRATEGY, zlib.Z_HUFFMAN_ONLY, zlib.Z_RLE, 4])),
    )
    cut = draw(st.integers(0, len(content)))
    packed = packer.compress(content[:cut])
    packed += packer.flush(
        draw(st.sampled_from([zlib.Z_NO_FLUSH, zlib.Z_SYNC_FLUSH, zlib.Z_FULL_FLUSH]))
    )
    return content, packed + packer.compress(content[cut:]) + packer.flush()


@given(made=streams(), more=st.integers(0, 400), less=st.integers(1, 400))
@settings(deadline=None)
def test_a_stream_inflates_to_its_content(
    inflater: Inflater, made: tuple[bytes, bytes], more: int, less: int
) -> None:
    """Into exact room, into more, and never beyond: a stream may state any length."""
    content, packed = made
    size = len(content)
    assert inflater.inflate(packed, size) == (size, content)
    assert inflater.inflate(packed, size + more) == (size, content)
    if size:
        room = max(0, size - less)
        assert inflater.inflate(packed, room)[0] == room + 1


@given(made=streams(), data=st.data())
@settings(deadline=None)
def test_what_zlib_refuses_is_refused(
    inflater: Inflater, made: tuple[bytes, bytes], data: st.DataObject
) -> None:
    """Cut off, with bits changed, with bytes behind: the same answer, and the same bytes."""
    content, packed = made
    changed = bytearray(packed[: data.draw(st.integers(0, len(packed)))])
    if data.draw(st.booleans()):
        changed = bytearray(packed) + data.draw(st.binary(max_size=3))
    for place in data.draw(
        st.lists(st.integers(0, 8 * len(changed) - 1), max_size=3) if changed else st.just([])
    ):
        changed[place // 8] ^= 1 << place % 8
    here, there = (side(bytes(changed), len(content)) for side in (inflater.inflate, by_zlib))
    # Of a stream that is too long, what comes behind isn't looked at.
    assert here == there or {here[0], there[0]} == {DAMAGED, len(content) + 1}


@given(packed=st.binary(max_size=200), kind=st.integers(0, 7))
@settings(deadline=None)
def test_any_bytes_are_a_stream_or_refused(inflater: Inflater, packed: bytes, kind: int) -> None:
    """Most are no stream; each kind of block begins many of them."""
    packed = bytes(byte & 0xF8 | kind if not i else byte for i, byte in enumerate(packed))
    here, there = inflater.inflate(packed, 70_000), by_zlib(packed, 70_000)
    assert here == there or {here[0], there[0]} == {DAMAGED, 70_001}


def test_a_bomb_ends_at_the_size_that_is_asked_for(inflater: Inflater) -> None:
    """100 MB of zeros in 100 kB of data: 1,000 bytes are written, none behind them."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(bytes(10**8)) + packer.flush()
    assert inflater.inflate(packed, 1_000)[0] == 1_001


def test_codes_of_every_length(inflater: Inflater) -> None:
    """Fibonacci counts of bytes make codes of 1 to 15 bits, in second tables, too."""
    counts = [1, 1]
    while len(counts) < 22:
        counts.append(counts[-1] + counts[-2])
    content = b"".join(bytes([byte]) * count for byte, count in enumerate(counts))
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, 9, zlib.Z_HUFFMAN_ONLY)
    packed = packer.compress(content) + packer.flush()
    assert inflater.inflate(packed, len(content)) == (len(content), content)


@pytest.mark.parametrize("period", [1, 2, 7, 15, 16, 40])
def test_nothing_is_written_behind_any_room(inflater: Inflater, period: int) -> None:
    """Matches of 258 bytes, of each way to copy one, that end anywhere near the end of the room."""
    content = bytes(range(1, period + 1)) * (1_500 // period)
    content += np.random.default_rng(0).bytes(100)  # so that the end of the data is far
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = packer.compress(content) + packer.flush()
    for room in range(len(content)):
        assert inflater.inflate(packed, room)[0] == room + 1


@pytest.mark.parametrize("before", [0, 1, 400])
@pytest.mark.parametrize("behind", [0, 2_000])
def test_a_match_with_what_was_never_there(inflater: Inflater, before: int, behind: int) -> None:
    """Of a stream that goes on from another, read as one that doesn't."""
    chance = np.random.default_rng(before + behind)
    first, rest = chance.bytes(600), chance.bytes(before) + bytes(behind)
    packer = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=first)
    packed = packer.compress(rest[:before] + first[:300] + rest[before:]) + packer.flush()
    size = before + 300 + behind
    assert inflater.inflate(packed, size)[0] == by_zlib(packed, size)[0] == DAMAGED


def dynamic(literals: list[int], distances: list[int], body: list[int]) -> bytes:
    """Returns a last block with codes of these lengths, up to 15 bits, and then these bits."""
    bits = [1, 0, 1]  # last, dynamic

    def number(value: int, count: int) -> None:
        bits.extend(value >> bit & 1 for bit in range(count))

    number(len(literals) - 257, 5)
    number(len(distances) - 1, 5)
    number(19 - 4, 4)
    for symbol in (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15):
        number(4 if symbol < 16 else 0, 3)  # the code of each length is itself, in four bits
    for length in literals + distances:
        bits.extend(length >> bit & 1 for bit in (3, 2, 1, 0))
    bits += body
    bits += [0] * (-len(bits) % 8)
    return bytes(
        sum(bit << place for place, bit in enumerate(bits[at : at + 8]))
        for at in range(0, len(bits), 8)
    )


def lengths(**some: int) -> list[int]:
    """Returns the lengths of 258 literals: `s65=3` for the code of 65."""
    return [some.get(f"s{symbol}", 0) for symbol in range(258)]


CODES = {
    "no end of the block": (lengths(s65=1, s66=1), [0], [0] * 150, DAMAGED),
    "too few literals": (lengths(s65=2, s256=2), [0], [0, 0, 0, 1], DAMAGED),
    "too many literals": (lengths(s65=1, s66=1, s256=1), [0], [0, 1], DAMAGED),
    "one literal": (lengths(s256=1), [0], [0], 0),
    "the other bit of one literal": (lengths(s256=1), [0], [1], DAMAGED),
    "no distance": (lengths(s65=1, s256=1), [0], [0, 0, 1], 2),
    "a match without a distance": (lengths(s65=1, s256=2, s257=2), [0], [0, 1, 1, 0], DAMAGED),
    "one distance": (lengths(s65=1, s256=2, s257=2), [1], [0, 1, 1, 0, 1, 0], 4),
    "its other bit": (lengths(s65=1, s256=2, s257=2), [1], [0, 1, 1, 1, 1, 0], DAMAGED),
    "one distance of two bits": (lengths(s65=1, s256=1), [2], [0, 1], DAMAGED),
    "too many distances": (lengths(s65=1, s256=1), [1, 1, 1], [0, 1], DAMAGED),
    "31 distances": (lengths(s65=1, s256=1), [0] * 31, [0, 1], DAMAGED),
    "287 literals": ([*lengths(s65=1, s256=1), *[0] * 29], [0], [0, 1], DAMAGED),
    "286 literals": ([*lengths(s65=1, s256=1), *[0] * 28], [0] * 30, [0, 1], 1),
}


@pytest.mark.parametrize("name", CODES)
def test_codes_that_are_none(inflater: Inflater, name: str) -> None:
    """Incomplete, too many, or without an end: as zlib has it."""
    *code, expected = CODES[name]
    packed = dynamic(*code)
    assert inflater.inflate(packed, 100)[0] == by_zlib(packed, 100)[0] == expected


@given(
    literals=st.lists(st.integers(0, 4), min_size=6, max_size=6),
    distances=st.lists(st.integers(0, 2), min_size=1, max_size=4),
    body=st.lists(st.integers(0, 1), max_size=200),
)
@settings(deadline=None)
def test_codes_by_chance(
    inflater: Inflater, literals: list[int], distances: list[int], body: list[int]
) -> None:
    """Four literals, the end and a match, of any lengths: as zlib has it."""
    packed = dynamic([*literals[:4], *[0] * 252, *literals[4:]], distances, body)
    here, there = inflater.inflate(packed, 300), by_zlib(packed, 300)
    assert here == there or {here[0], there[0]} == {DAMAGED, 301}


@given(content=contents, again=st.integers(1, 40), data=st.data())
@settings(deadline=None)
def test_checksums(inflater: Inflater, content: bytes, again: int, data: st.DataObject) -> None:
    """CRC-32 and Adler-32 as zlib has them, also taken in two parts."""
    content *= again
    content = content[:ROOM]
    cut = data.draw(st.integers(0, len(content)))
    assert inflater.checksums(content, cut) == (zlib.crc32(content), zlib.adler32(content))


def test_the_largest_sums(inflater: Inflater) -> None:
    """A megabyte of 255: no sum overflows."""
    content = b"\xff" * ROOM
    assert inflater.checksums(content, 5) == (zlib.crc32(content), zlib.adler32(content))
