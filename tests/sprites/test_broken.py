"""Every way to break a sprite is one line that says where, costs little memory, and gives no pixel.

The idea is that of PngSuite's corrupt files; the generator is `sprite_draft.Draft`.
"""

from __future__ import annotations

import json
import re
import shutil
import struct
import tracemalloc
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spritenet as sn
from sprite_data import data_set, same
from sprite_draft import Draft, chunk, flushed
from spritenet.sprites import INDEX, Sprite, SpriteFolder, verify

DATA = data_set(20, (5, 4, 1), test=4)
ROW = 21  # bytes of a row with its filter
MOST_MEMORY = 1 << 21  # for files of a kilobyte


def draft() -> Draft:
    """A right sprite of five segments of five rows, the last of four."""
    return Draft.of(DATA, 5)


def refuses(path: Path, words: str) -> None:
    """Loading raises one line with these words and the file's name, in little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(sn.InputError) as caught:
            sn.load(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    line = str(caught.value)
    assert str(path) in line
    assert "\n" not in line
    assert re.search(words, line), line
    assert peak < MOST_MEMORY + path.stat().st_size


def test_a_file_by_the_second_writer_is_read(tmp_path: Path) -> None:
    """The generator's unbroken output is a sprite, so the tests below test the damage."""
    path = tmp_path / "a.png"
    path.write_bytes(draft().build())
    assert same(sn.load(path), DATA)
    assert verify(path) == []


def test_a_file_cut_off_at_any_byte_is_refused(tmp_path: Path) -> None:
    """A download that ended early, wherever."""
    content = draft().build()
    path = tmp_path / "a.png"
    for size in range(len(content)):
        path.write_bytes(content[:size])
        with pytest.raises(sn.InputError, match=re.escape(str(path))):
            sn.load(path)
        assert len(verify(path)) == 1


def test_a_change_of_any_byte_is_refused(tmp_path: Path) -> None:
    """Every byte of the file is vouched for by something."""
    content = draft().build()
    path = tmp_path / "a.png"
    for place in range(len(content)):
        broken = bytearray(content)
        broken[place] ^= 1 << place % 8
        path.write_bytes(broken)
        with pytest.raises(sn.InputError, match=re.escape(str(path))):
            sn.load(path)


@settings(max_examples=150)
@given(st.data())
def test_whatever_is_done_to_a_file_no_wrong_pixel_comes_out(data: st.DataObject) -> None:
    """Random pieces deleted, doubled, moved or overwritten: refused, or the same data set."""
    path = Path(_scratch(), "a.png")
    content = bytearray(draft().build())
    for _ in range(data.draw(st.integers(1, 3))):
        first = data.draw(st.integers(0, len(content)))
        stop = data.draw(st.integers(first, min(len(content), first + 60)))
        piece = data.draw(
            st.one_of(
                st.binary(max_size=40),
                st.just(bytes(content[first:stop]) * 2),
                st.just(bytes(content[first // 2 : first // 2 + stop - first])),
            )
        )
        content[first:stop] = piece
    path.write_bytes(content)
    try:
        found = sn.load(path)
    except sn.InputError as error:
        assert "\n" not in str(error)  # noqa: PT017 - either outcome is right
    else:
        assert same(found, DATA)


def _scratch(folders: list[Path] = []) -> Path:  # noqa: B006 - made once, for all examples
    if not folders:
        import tempfile

        folders.append(Path(tempfile.mkdtemp()))
    return folders[0]


def lie(number: int, place: int, value: Callable[[Any], Any]) -> Callable[[Draft], None]:
    """Lets one field of one entry of the index say another thing."""

    def change(made: Draft) -> None:
        entry: list[Any] = list(made.right_entries()[number])
        entry[place] = value(entry[place])
        made.entries[number] = (entry[0], entry[1], entry[2], entry[3])

    return change


def segment(number: int, body: bytes) -> Callable[[Draft], None]:
    """Another segment; its length, hash and place in the index are those of this one."""

    def change(made: Draft) -> None:
        made.segments[number] = body

    return change


def part(name: str, value: object) -> Callable[[Draft], None]:
    """Another part of the draft."""
    return lambda made: setattr(made, name, value)


def meta(key: str, value: object) -> Callable[[Draft], None]:
    """Another value in the metadata."""

    def change(made: Draft) -> None:
        assert isinstance(made.metadata, dict)
        made.metadata[key] = value

    return change


def header(**fields: int) -> Callable[[Draft], None]:
    """Other fields of IHDR."""

    def change(made: Draft) -> None:
        names = ["width", "height", "depth", "colour", "compression", "filter", "interlace"]
        values = dict(zip(names, struct.unpack(">IIBBBBB", made.header), strict=True))
        made.header = struct.pack(">IIBBBBB", *(values | fields).values())

    return change


def huge(made: Draft) -> None:
    """2³¹ pixels, in the header and in the metadata alike."""
    header(width=1 << 15, height=1 << 16)(made)
    assert isinstance(made.metadata, dict)
    made.metadata.update(height=256, width=128, count=1 << 16, class_counts=[1 << 16, 0, 0])
    made.metadata["splits"] = {"train": [0, 1 << 16]}


def swap(made: Draft) -> None:
    """Two segments of the same size, exchanged; the index knows them where they are."""
    made.segments[1], made.segments[2] = made.segments[2], made.segments[1]


def raw(number: int) -> bytes:
    """The rows of a segment."""
    return draft().raw[number * 5 * ROW : (number + 1) * 5 * ROW]


def ended(data: bytes) -> bytes:
    """A stream that says it ends, then a flush."""
    compressor = zlib.compressobj(6, zlib.DEFLATED, -15)
    return compressor.compress(data) + compressor.flush() + b"\0\0\0\xff\xff"


SECOND = r"segment 1 \(rows 5 to 9\)"
BROKEN: dict[str, tuple[Callable[[Draft], None], str]] = {
    "offset too low": (lie(1, 1, lambda v: v - 1), f"{SECOND} overlaps"),
    "offset too high": (lie(1, 1, lambda v: v + 1), f"{SECOND} leaves a gap"),
    "offset beyond the file": (lie(1, 1, lambda _: 1 << 63), f"{SECOND} leaves a gap"),
    "length too short": (lie(1, 2, lambda v: v - 1), r"segment 2 \(rows 10 to 14\) leaves a gap"),
    "length too long": (lie(1, 2, lambda v: v + 1), r"segment 2 \(rows 10 to 14\) overlaps"),
    "length impossible": (lie(1, 2, lambda _: 1 << 31), f"{SECOND} can't have this length"),
    "length zero": (lie(0, 2, lambda _: 0), r"segment 0 \(rows 0 to 4\) can't have this length"),
    "last length": (lie(4, 2, lambda v: v + 1), "ends too early"),
    "hash": (lie(1, 3, lambda _: bytes(16)), f"{SECOND}: the segment is damaged"),
    "first row not 0": (lie(0, 0, lambda _: 1), "does not begin at row 0"),
    "rows out of order": (lie(2, 0, lambda _: 3), "segment 1 has no rows"),
    "rows twice": (lie(2, 0, lambda v: v - 5), "segment 1 has no rows"),
    "rows beyond the picture": (lie(4, 0, lambda _: 24), "segment 4 has no rows"),
    "another cut": (lie(2, 0, lambda v: v - 1), "segment 1 .* inflate"),
    "no segments": (part("index", b""), "no list of segments"),
    "half an entry": (part("index", bytes(31)), "no list of segments"),
    "too few rows": (segment(1, flushed(raw(1)[:-ROW])), f"{SECOND}: .* inflates to too little"),
    "one byte less": (segment(1, flushed(raw(1)[:-1])), f"{SECOND}: .* inflates to too little"),
    "one byte more": (
        segment(1, flushed(raw(1) + b"\0")),
        f"{SECOND}: .* inflates to a wrong size",
    ),
    "a bomb": (segment(1, flushed(bytes(100_000))), f"{SECOND}: .* inflates to a wrong size"),
    "no deflate": (segment(1, b"\x07" * 40 + b"\0\0\xff\xff"), f"{SECOND}: .* inflates to"),
    "no flush": (segment(1, flushed(raw(1))[:-4] + b"\0\0\0\0"), f"{SECOND}: .* full flush"),
    "refers to what is before": (
        segment(1, flushed(raw(0) + raw(0))[len(flushed(raw(0))) :].ljust(9, b"\0")),
        SECOND,
    ),
    "filter Up": (segment(1, flushed(b"\2" + raw(1)[1:])), "row 5 has an unsupported filter"),
    "filter 255": (segment(1, flushed(raw(1)[:ROW] + b"\xff" + raw(1)[ROW + 1 :])), "row 6 has a"),
    "segments exchanged": (swap, "don't match the compressed stream"),
    "adler": (part("adler", 1), "don't match the compressed stream: expected Adler-32"),
    "another zlib header": (part("zlib_header", b"\x78\x01"), "first IDAT"),
    "a long zlib header": (part("zlib_header", b"\x78\x9c\0\0"), "segment 0 .* leaves a gap"),
    "a type that is none": (part("before", chunk(b"ab\xff\n", b"")), "type is not four letters"),
    "another end": (part("closing", b"\0\0"), "unexpected end of the pixels or the file"),
    "bytes behind the end": (part("after", b"x"), "longer than its index says"),
    "2^31 pixels": (huge, "too large for a sprite: got 65,536 rows of 32,768 pixels"),
    "2^31 pixels, in the header only": (header(width=1 << 31), "doesn't match its metadata"),
    "another height": (header(height=23), "doesn't match its metadata"),
    "16 bits": (header(depth=16), "got 20×24, 16 bits"),
    "interlaced": (header(interlace=1), "doesn't match its metadata"),
    "palette": (header(colour=3), "colour type 3"),
    "a header too short": (
        part("header", b"\0\0\0\1"),
        "doesn't match its metadata|not a PNG",
    ),
    "labels too short": (
        part("labels", bytes(23)),
        "different numbers of labels and images: expected 24, got 23",
    ),
    "labels too long": (
        part("labels", bytes(25)),
        "different numbers of labels and images: expected 24, got more",
    ),
    "labels counted wrongly": (part("labels", bytes(24)), "don't match the counts in the metadata"),
    "a label that is no class": (
        part("labels", bytes(23) + b"\3"),
        "label of image 23 is out of range",
    ),
    "labels not compressed": (part("packed_labels", bytes(24)), "labels are damaged"),
    "labels cut off": (
        part("packed_labels", zlib.compress(bytes(24))[:-1]),
        "different numbers of labels and images",
    ),
    "a bomb of labels": (
        part("packed_labels", zlib.compress(bytes(60_000))),
        "different numbers of labels and images",
    ),
    "labels too long to read": (part("packed_labels", bytes(200)), "chunk snLB is too long"),
    "no JSON": (part("metadata", b"{"), "not JSON"),
    "no UTF-8": (part("metadata", b'{"a":"\xff"}'), "not JSON"),
    "no object": (part("metadata", b"[]"), "not a JSON object"),
    "deep JSON": (part("metadata", b"[" * 200_000), "not JSON"),
    "colours": (part("before", chunk(b"gAMA", bytes(4))), "unexpected chunk gAMA"),
    "transparency": (part("before", chunk(b"tRNS", bytes(2))), "unexpected chunk tRNS"),
    "an unknown critical chunk": (part("before", chunk(b"ABCD", b"")), "unexpected chunk ABCD"),
    "the index twice": (part("before", chunk(b"snIX", bytes(32))), "snIX is out of place"),
    "a long other chunk": (part("before", chunk(b"teXt", bytes(1_100_000))), "teXt is too long"),
    "many chunks": (part("before", chunk(b"teXt", b"") * 99), "too many chunks"),
    "a newer version": (meta("version", 3), "newer version: expected 1 or 2, got 3"),
    "several labels unsaid": (meta("version", 2), "'multi_label': expected one of True"),
    "version true": (meta("version", True), "'version': expected a whole number"),
    "height 0": (meta("height", 0), "'height': expected a whole number from 1"),
    "width huge": (meta("width", 1 << 40), "'width': expected a whole number"),
    "channels": (meta("channels", 2), "'channels': expected one of 1, 3, 4, got 2"),
    "channels 1.0": (meta("channels", 1.0), "'channels': expected one of"),
    "count": (meta("count", 25), "'class_counts': expected 25 images"),
    "count a text": (meta("count", "24"), "'count': expected a whole number"),
    "layout": (meta("layout", "heap"), "'layout': expected one of rows, grid"),
    "columns in rows": (meta("columns", 2), "'columns': expected 1 in layout rows"),
    "class names twice": (meta("classes", ["a", "a", "b"]), "'classes': expected names"),
    "an empty class name": (meta("classes", ["a", "", "b"]), "'classes': expected names"),
    "no class names": (meta("classes", []), "'classes': expected names"),
    "too few classes": (meta("classes", ["a", "b"]), "'class_counts': expected a list of 2"),
    "negative counts": (meta("class_counts", [-1, 24, 1]), "'class_counts': expected whole"),
    "no splits": (meta("splits", {}), "'splits': expected"),
    "splits apart": (meta("splits", {"a": [0, 9], "b": [10, 24]}), "'splits': expected ranges"),
    "splits overlap": (meta("splits", {"a": [0, 9], "b": [8, 24]}), "'splits': expected ranges"),
    "splits too short": (meta("splits", {"a": [0, 9]}), "'splits': expected ranges"),
    "splits backwards": (meta("splits", {"a": [24, 0]}), "'splits': expected ranges"),
    "splits of texts": (meta("splits", {"a": ["0", "24"]}), "'splits': expected"),
    "no content hash": (meta("sha256", "0" * 63), "'sha256': expected 64"),
    "a name that is none": (meta("name", 7), "'name': expected a text"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_named(tmp_path: Path, name: str) -> None:
    """One line with the file and, of pixels, segment and rows; `verify` finds it too."""
    change, words = BROKEN[name]
    made = draft()
    change(made)
    path = tmp_path / "a.png"
    path.write_bytes(made.build())
    refuses(path, words)
    assert verify(path)


def test_a_stream_that_others_see_end_is_found_by_verify(tmp_path: Path) -> None:
    """A segment that says it is the last: it inflates alone, but other programs stop there."""
    made = draft()
    made.segments[1] = ended(raw(1))
    path = tmp_path / "a.png"
    path.write_bytes(made.build())
    (error,) = verify(path)
    assert re.search(r"segment [12] .*: other programs", str(error))


def test_verify_finds_a_wrong_content_hash(tmp_path: Path) -> None:
    """All else is right, but these are not the images the metadata speak of."""
    made = draft()
    meta("sha256", "0" * 64)(made)
    path = tmp_path / "a.png"
    path.write_bytes(made.build())
    (error,) = verify(path)
    assert "content hash" in str(error)


def test_verify_names_every_broken_segment(tmp_path: Path) -> None:
    """Two of five: both, in order."""
    content = bytearray(draft().build())
    for entry in (draft().right_entries()[3], draft().right_entries()[1]):
        content[entry[1] + 7] ^= 255
    path = tmp_path / "a.png"
    path.write_bytes(content)
    found = [re.findall(r"segment \d \(rows \d+ to \d+\)", str(error)) for error in verify(path)]
    assert found == [["segment 1 (rows 5 to 9)"], ["segment 3 (rows 15 to 19)"]]


def test_a_hundred_megabytes_of_json_are_not_read(tmp_path: Path) -> None:
    """The chunk is refused by its length; the file is sparse, so only reading it would cost."""
    made = draft()
    start = made.build().index(b"snLB") - 4
    assert isinstance(made.metadata, dict)
    text = json.dumps(made.metadata).encode()
    at = made.build().index(b"iTXt") - 4
    path = tmp_path / "a.png"
    with path.open("wb") as file:
        file.write(made.build()[:at])
        file.write(struct.pack(">I", 100_000_000) + b"iTXt" + b"spritenet\0\0\0\0\0" + text)
        file.seek(at + 8 + 100_000_000 + 4)
        file.write(made.build()[start:])
    tracemalloc.start()
    try:
        with pytest.raises(
            sn.DataError, match="chunk iTXt is too long: expected at most 4,194,304"
        ):
            sn.load(path)
        assert tracemalloc.get_traced_memory()[1] < MOST_MEMORY
    finally:
        tracemalloc.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of four sprites."""
    return sn.pack(DATA, tmp_path / "many", shard_rows=6)


def test_a_missing_sprite_is_named(folder: Path) -> None:
    """Its file."""
    (folder / "many-00002.png").unlink()
    with pytest.raises(sn.DataError, match=r"many-00002\.png: a sprite of the data set is missing"):
        sn.load(folder)
    assert any("many-00002.png" in str(error) for error in verify(folder))


def test_exchanged_sprites_are_named(folder: Path) -> None:
    """Each is a good sprite, but not the one that belongs there."""
    first, second, aside = (folder / f"many-0000{n}.png" for n in (0, 1, 7))
    shutil.move(first, aside)
    shutil.move(second, first)
    shutil.move(aside, second)
    with pytest.raises(sn.DataError, match=r"many-00000\.png: the sprite doesn't match"):
        sn.load(folder)


def test_a_sprite_packed_again_is_not_the_one_that_was(folder: Path) -> None:
    """The same images with one changed, in its place."""
    with Sprite(folder / "many-00001.png") as sprite:
        images, labels = sprite.images().copy(), sprite.labels
        names = sprite.metadata.class_names
    images[2, 0, 0, 0] ^= 1
    sn.pack(sn.Split(images, labels, names), folder / "many-00001.png")
    with pytest.raises(sn.DataError, match=r"many-00001\.png: the sprite doesn't match"):
        sn.load(folder)


def test_a_changed_segment_in_a_folder_is_named(folder: Path) -> None:
    """File, segment and rows; the other sprites' images are still there."""
    path = folder / "many-00001.png"
    with Sprite(path) as sprite:
        offset = sprite.header.segments[0].offset
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)
    with pytest.raises(sn.DataError, match=r"many-00001\.png, segment 0 \(rows 0 to 5\)"):
        sn.load(folder)
    with SpriteFolder(folder) as sprites:
        assert np.array_equal(sprites.image(5), DATA.train.images[5])
        with pytest.raises(sn.DataError, match="segment 0"):
            sprites.image(6)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda v: v["shards"][0].update(file="../many-00000.png"), "'file': expected the name"),
        (lambda v: v["shards"][0].update(file="/etc/passwd"), "'file': expected the name"),
        (lambda v: v["shards"][0].update(file="many-00001.png"), "a shard is named twice"),
        (
            lambda v: v["shards"][0].update(count=7),
            "different number of images: expected 24, got 25",
        ),
        (lambda v: v["shards"].pop(), "different number of images"),
        (lambda v: v["shards"].reverse(), "does not fit dataset.json"),
        (lambda v: v["shards"][1].update(head_sha256="0" * 64), "doesn't match dataset.json"),
        (lambda v: v["shards"][1].update(bytes=7), "doesn't match dataset.json"),
        (lambda v: v.update(shards=None), "no list of objects"),
        (lambda v: v.update(format="other"), "'format'"),
        (lambda v: v.update(class_counts=[24, 0, 0]), "don't match their counts"),
        (lambda v: v.update(height=4), "does not fit dataset.json"),
        (lambda v: v.update(classes=["x", "y", "z"]), "does not fit dataset.json"),
    ],
)
def test_a_list_of_sprites_that_lies_is_refused(
    folder: Path, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    """`dataset.json` is compared with the sprites."""
    values = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    change(values)
    (folder / INDEX).write_text(json.dumps(values), encoding="utf-8")
    assert any(re.search(words, str(error)) for error in verify(folder))


def test_a_list_of_sprites_cut_off_anywhere_is_refused(folder: Path) -> None:
    """JSON that ends early."""
    text = (folder / INDEX).read_bytes()
    for size in range(0, len(text) - 2, 7):
        (folder / INDEX).write_bytes(text[:size])
        with pytest.raises(sn.DataError, match=r"dataset\.json"):
            sn.load(folder)
