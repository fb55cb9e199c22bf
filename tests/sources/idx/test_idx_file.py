"""IDX files: headers are believed only when the file bears them out."""

import gzip
import math
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from numpy.typing import NDArray

from idx_bytes import image_bytes, label_bytes, some_images, some_labels
from spritenet.errors import DataError
from spritenet.sources.idx.idx_file import IMAGES, LABELS, open_idx

one_folder = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
small = hnp.array_shapes(min_dims=3, max_dims=3, max_side=9)


@one_folder
@given(images=hnp.arrays(np.uint8, small), packed=st.booleans())
def test_images_come_back(tmp_path: Path, images: NDArray[np.uint8], packed: bool) -> None:
    """Of any size, gzipped or not, whatever the file's name says."""
    path = tmp_path / "train-images-idx3-ubyte"
    content = image_bytes(images)
    path.write_bytes(gzip.compress(content) if packed else content)
    opened = open_idx(path, IMAGES)
    assert opened.shape == images.shape
    assert opened.gzipped == packed
    assert np.array_equal(opened.read(), images)


@one_folder
@given(labels=hnp.arrays(np.uint8, st.integers(1, 100)), packed=st.booleans())
def test_labels_come_back(tmp_path: Path, labels: NDArray[np.uint8], packed: bool) -> None:
    """All byte values."""
    path = tmp_path / "labels.gz"
    content = label_bytes(labels)
    path.write_bytes(gzip.compress(content) if packed else content)
    assert np.array_equal(open_idx(path, LABELS).read(), labels)


@one_folder
@given(
    content=st.binary(max_size=60), packed=st.booleans(), magic=st.sampled_from([IMAGES, LABELS])
)
def test_noise_is_refused(tmp_path: Path, content: bytes, packed: bool, magic: int) -> None:
    """Only DataError gets out; what is accepted has exactly the size that its header says."""
    path = tmp_path / "noise"
    path.write_bytes(gzip.compress(content) if packed else content)
    try:
        array = open_idx(path, magic).read()
    except DataError:
        return
    assert array.nbytes == math.prod(array.shape) < len(content)


@one_folder
@given(n=st.integers(0, 2**32 - 1), h=st.integers(0, 2**32 - 1), w=st.integers(0, 2**32 - 1))
def test_sizes_are_checked_before_memory_is_taken(tmp_path: Path, n: int, h: int, w: int) -> None:
    """A header may promise 2⁹⁶ bytes: it costs nothing."""
    content = struct.pack(">IIII", IMAGES, n, h, w) + bytes(100)
    for stored in (content, gzip.compress(content)):
        (tmp_path / "huge").write_bytes(stored)
        if n * h * w != 100:
            with pytest.raises(DataError):
                open_idx(tmp_path / "huge", IMAGES).read()


IMAGE_FILE = image_bytes(some_images(6))
LABEL_FILE = label_bytes(some_labels(6))


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "expected magic number 2051, got an empty file"),
        (b"\x00\x00", "expected magic number 2051, got 2 bytes"),
        (b"<!DOCTYPE html><p>Sign in", "got a web page. Download it again"),
        (LABEL_FILE, "got 2049, a file of labels"),
        (image_bytes(some_images(6), magic=2052), "expected magic number 2051, got 2052"),
        (IMAGE_FILE[:9], "ends within its header"),
        (IMAGE_FILE[:-1], "ends too early: expected 136 bytes for 6×5×4, got 135"),
        (
            IMAGE_FILE + b"\n",
            "is longer than its header says: expected 136 bytes for 6×5×4, got 137",
        ),
        (struct.pack(">IIII", IMAGES, 0, 28, 28), "holds no images: got sizes 0×28×28"),
        (struct.pack(">IIII", IMAGES, 2, 0, 28), "holds no images: got sizes 2×0×28"),
        (gzip.compress(IMAGE_FILE)[:40], "ends too early|is damaged"),
        (gzip.compress(IMAGE_FILE) + b"more", "extra bytes after the compressed data"),
        (gzip.compress(IMAGE_FILE + b"\n"), "inflates to more than its header states"),
        (gzip.compress(IMAGE_FILE[:-1]), "holds less than its header states"),
        (gzip.compress(b""), "expected magic number 2051, got an empty file"),
        (gzip.compress(IMAGE_FILE) + bytes(3 << 20), "much longer than what its header promises"),
        (b"\x1f\x8b\x08garbage", "is damaged"),
    ],
)
def test_the_line_says_what_is_wrong(tmp_path: Path, content: bytes, says: str) -> None:
    """Each kind of wrong file has a line of its own, which begins with the path."""
    path = tmp_path / "train-images-idx3-ubyte"
    path.write_bytes(content)
    with pytest.raises(DataError, match=says) as caught:
        open_idx(path, IMAGES).read()
    assert str(caught.value).startswith(f"{path}: ")


def test_what_can_not_be_opened_is_a_data_error(tmp_path: Path) -> None:
    """A folder in a file's place, or nothing at all."""
    for path in (tmp_path, tmp_path / "nothing"):
        with pytest.raises(DataError, match="can't be read"):
            open_idx(path, IMAGES)


def test_a_file_that_shrinks_after_its_header_was_read_is_refused(tmp_path: Path) -> None:
    """Between looking and reading, anything may happen to a file."""
    path = tmp_path / "images"
    path.write_bytes(IMAGE_FILE)
    opened = open_idx(path, IMAGES)
    path.write_bytes(IMAGE_FILE[:50])
    with pytest.raises(DataError, match="ends too early"):
        opened.read()
