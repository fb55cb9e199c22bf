"""PNG rows: PNGs with one image per row of pixels, such as the tutorials' `mnist_images.png`.

They hold neither labels nor the image size, so both are arguments. 8-bit grey, RGB and RGBA files
without interlacing, nearly all there are, are inflated at once and unfiltered in place; Pillow
reads the others.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from spritenet.core.png import PAETH, undo_filters
from spritenet.dataset import Dataset, Split
from spritenet.dataset.arrays import as_labels, one_hot_rows
from spritenet.errors import DataError, InputError
from spritenet.lfs_pointer import BEGINNING, refuse_pointer
from spritenet.sources.idx.idx_file import LABELS, open_idx
from spritenet.sources.image_size import ImageSize, parse_image_size
from spritenet.sources.images.image_file import read_image
from spritenet.sprites.chunks import SIGNATURE, Blob, FileBlob, read_chunk

__all__ = ["is_png", "possible_label_counts", "read_labels", "read_png", "read_png_rows"]

CHANNELS = {0: 1, 2: 3, 6: 4}
"""By PNG's colour type: those read without Pillow."""

MOST_BYTES = 1 << 30  # of a decoded image; Chromium refuses 2^31
HIGHEST_RATIO = 1032  # deflate's: 258 bytes from two bits; zlib's technical notes
IDX_MAGIC = LABELS.to_bytes(4, "big")


def is_png(path: Path) -> bool:
    """True for PNG files, by their first bytes."""
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return file.read(len(SIGNATURE)) == SIGNATURE


def read_png_rows(
    path: Path,
    image_size: ImageSize,
    labels: str | os.PathLike[str],
    train: int | None = None,
    class_names: Sequence[str] | None = None,
) -> Dataset:
    """Reads a PNG whose row i is image i, and a file with its labels.

    Args:
        path: the PNG, height·width pixels wide.
        image_size: height and width.
        labels: a file of one-hot rows, one byte per class (`mnist_labels_uint8`); of class indices,
            one byte per image; or an IDX file of labels.
        train: the number of images, from the first on, in the split `train`; the others are `test`.
            By default all are `train`.
        class_names: the names of classes 0, 1, …; by default "0", "1", …

    Returns:
        The data set, with one channel if all pixels are grey and opaque.

    Raises:
        DataError: the PNG is damaged or has another size, or the labels don't match the images.
        InputError: an invalid image size or split.
    """
    height, width = parse_image_size(image_size)
    rows = read_png(path)
    count, pixels, channels = rows.shape
    if pixels != height * width:
        raise DataError(
            f"rows are {pixels:,} pixels wide, but a {height}×{width} image needs "
            f"{height * width:,}",
            where=path,
            do="Was it made for another size? "
            f"Pass image_size (--image-size HxW) with H·W = {pixels:,}.",
        )
    indices, names = read_labels(Path(labels), count, class_names)
    images = rows.reshape(count, height, width, channels)
    first = count if train is None else train
    if not 0 < first <= count:
        raise InputError("out of range", where="train", expected=f"1 to {count:,}", got=first)
    splits = {"train": Split(images[:first], indices[:first], names, "train")}
    if first < count:
        splits["test"] = Split(images[first:], indices[first:], names, "test")
    return Dataset(path.stem, splits, names, source=str(path))


def read_png(path: Path) -> NDArray[np.uint8]:
    """Reads all pixels of a PNG, uint8 h w c; one channel if all are grey and opaque.

    Raises:
        DataError: the PNG is damaged or too large.
    """
    blob = FileBlob(path)
    try:
        header = _Header.of(blob)
        pieces, transparent = _checked_chunks(blob)
        plain = header.depth == 8 and header.colour in CHANNELS and not header.interlaced
        pixels = _inflated(blob, header, pieces) if plain and not transparent else None
    finally:
        blob.close()
    return _drop_channels(read_image(path) if pixels is None else pixels)


@dataclass(frozen=True, slots=True)
class _Header:
    width: int
    height: int
    depth: int
    colour: int
    interlaced: int

    @classmethod
    def of(cls, blob: Blob) -> _Header:
        """Reads and checks the IHDR chunk."""
        if blob.read(0, 8) != SIGNATURE:
            raise DataError("this is not a PNG", where=blob.name)
        first = read_chunk(blob, 8, 13)
        if first.kind != b"IHDR" or len(first.data) != 13:
            raise DataError("this is not a PNG", where=blob.name, expected="an IHDR chunk first")
        width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", first.data)
        raw = height * (width * CHANNELS.get(colour, 4) + 1)
        if not width or not height or raw > min(MOST_BYTES, HIGHEST_RATIO * blob.size):
            raise DataError(
                "its header states more data than the file can hold or than is supported",
                where=blob.name,
                got=f"{width:,}×{height:,} pixels in {blob.size:,} bytes",
            )
        return cls(width, height, depth, colour, interlaced)


def _checked_chunks(blob: Blob) -> tuple[list[bytes], bool]:
    """Returns the data of all IDAT chunks, and true if there is a tRNS chunk; checks every CRC.

    Pillow ignores some of these errors.
    """
    pieces: list[bytes] = []
    transparent = False
    place = len(SIGNATURE)
    while True:
        found = read_chunk(blob, place, blob.size)
        if found.kind == b"IEND":
            return pieces, transparent
        if found.kind == b"IDAT":
            pieces.append(found.data)
        transparent |= found.kind == b"tRNS"
        place = found.end


def _inflated(blob: Blob, header: _Header, pieces: list[bytes]) -> NDArray[np.uint8]:
    """Returns the pixels (h w c)."""
    from spritenet.compression import deflate

    channels = CHANNELS[header.colour]
    row_bytes = header.width * channels
    size = header.height * (row_bytes + 1)
    packed = pieces[0] if len(pieces) == 1 else b"".join(pieces)
    pieces.clear()
    try:
        raw: bytearray = deflate.zlib_decompress(packed, size)
    except deflate.DeflateError:
        raw = bytearray()
    if len(raw) != size:
        raise DataError(
            "its compressed data are damaged, or not those of its size",
            where=blob.name,
            expected=f"{size:,} bytes for {header.width:,}×{header.height:,}",
            do="Download or copy it again.",
        )
    done = undo_filters(raw, header.height, row_bytes, channels, highest_filter=PAETH)
    if done < header.height:
        raise DataError(f"invalid filter in row {done}", where=blob.name)
    pixels = np.frombuffer(raw, np.uint8, header.height * row_bytes)
    return pixels.reshape(header.height, header.width, channels)


def _drop_channels(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Returns one channel for grey, opaque pixels; other pixels unchanged."""
    channels = pixels.shape[2]
    red = pixels[..., :1]
    if channels > 1 and (pixels[..., 1:3] == red).all() and (pixels[..., 3:] == 255).all():
        return np.ascontiguousarray(red)
    return pixels


def possible_label_counts(path: Path, most: int) -> list[int]:
    """Returns the possible numbers of labels in a file, up to `most`: bytes or one-hot rows.

    Raises:
        DataError: the file can't be read.
    """
    size, start = _size_and_start(path)
    if start == IDX_MAGIC:
        return [open_idx(path, LABELS).shape[0]]
    return [count for count in range(1, min(size, most) + 1) if size % count == 0]


def read_labels(
    path: Path, count: int, class_names: Sequence[str] | None
) -> tuple[NDArray[np.int32], tuple[str, ...]]:
    """Reads labels from a file of one of three kinds; returns class indices (n) and names.

    Args:
        path: one-hot rows of bytes, one byte per image, or IDX.
        count: the number of images.
        class_names: the names of classes 0, 1, …; by default "0", "1", …

    Raises:
        DataError: the file can't be read, or the number of labels is wrong.
    """
    size, start = _size_and_start(path)
    if start == IDX_MAGIC and size != count:
        values = open_idx(path, LABELS).read()
        if len(values) != count:
            raise _not_one_an_image(path, count, f"{len(values):,} labels")
    else:
        if not count or size % count or not 1 <= size // count <= 65_536:
            raise _not_one_an_image(path, count, f"{size:,} bytes")
        values = np.fromfile(path, np.uint8).reshape(count, -1)
        values = values[:, 0] if values.shape[1] == 1 else values
        rows = one_hot_rows(values.ravel()) if values.ndim == 2 else count
        if rows not in {0, count}:
            raise _not_one_an_image(
                path, count, f"{size:,} bytes, which are {rows:,} one-hot rows of {size // rows:,}"
            )
    try:
        return as_labels(values, class_names)
    except DataError as error:
        raise DataError(
            error.what, where=path, expected=error.expected, got=error.got, do=error.do
        ) from None


def _size_and_start(path: Path) -> tuple[int, bytes]:
    """Returns a file's size and its first bytes."""
    try:
        with path.open("rb") as file:
            size, start = path.stat().st_size, file.read(len(BEGINNING))
    except FileNotFoundError:
        raise DataError("missing file", where=path) from None
    except OSError as error:
        raise DataError("can't be read", where=path, got=error.strerror or error) from None
    refuse_pointer(start, path)
    return size, start[: len(IDX_MAGIC)]


def _not_one_an_image(path: Path, count: int, got: str) -> DataError:
    return DataError(
        "labels don't match the images",
        where=path,
        expected=f"{count:,} labels: one-hot rows of bytes, a byte each, or IDX",
        got=got,
    )
