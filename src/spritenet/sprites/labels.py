"""The chunk snLB: the class index of each image, little-endian, zlib-compressed.

An index takes as many bytes as the number of classes needs: 1 up to 256 classes, 2 up to 65,536,
else 4.
"""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError

__all__ = ["item_bytes", "most_bytes", "pack", "unpack"]


def item_bytes(classes: int) -> int:
    """Returns the bytes of a class index."""
    return 1 if classes <= 1 << 8 else 2 if classes <= 1 << 16 else 4


def most_bytes(count: int, classes: int) -> int:
    """Returns the maximal bytes of the chunk: zlib never makes data longer than this."""
    size = count * item_bytes(classes)
    return size + size // 512 + 64


def pack(labels: NDArray[np.int32], classes: int) -> bytes:
    """Returns the chunk's data for class indices (n)."""
    import deflate

    indices = labels.astype(f"<u{item_bytes(classes)}")
    return bytes(deflate.zlib_compress(indices.tobytes(), 9))


def unpack(data: bytes, count: int, class_counts: tuple[int, ...], where: str) -> NDArray[np.int32]:
    """Reads the chunk's data.

    Args:
        data: of the chunk.
        count: the expected number of labels.
        class_counts: the expected number of each class.
        where: the file's name, for errors.

    Returns:
        int32 class indices, n.

    Raises:
        DataError: damaged, too few or too many, or not as many of each class as there should be.
    """
    classes = len(class_counts)
    width = item_bytes(classes)
    inflater = zlib.decompressobj()
    try:
        raw = inflater.decompress(data, count * width + 1)
        ended = inflater.eof and not inflater.unused_data
    except zlib.error as error:
        raise DataError("its labels are damaged", where=where, got=error) from None
    if len(raw) != count * width or not ended:
        got = f"{len(raw) // width:,}" if len(raw) < count * width else "more"
        raise DataError(
            "different numbers of labels and images", where=where, expected=count, got=got
        )
    labels = np.frombuffer(raw, f"<u{width}")
    wrong = labels >= classes
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DataError(
            f"the label of image {place} is out of range",
            where=where,
            expected=f"0 to {classes - 1}",
            got=int(labels[place]),
        )
    indices = labels.astype(np.int32)
    if tuple(np.bincount(indices, minlength=classes).tolist()) != class_counts:
        raise DataError("the labels don't match the counts in the metadata", where=where)
    return indices
