"""The chunk snLB: the label of each image, zlib-compressed.

A class index, little-endian, takes as many bytes as the number of classes needs: 1 up to 256
classes, 2 up to 65,536, else 4. A multi-label row takes a byte, 0 or 1, for each class.
"""

from __future__ import annotations

import zlib

import numpy as np

from spritenet.dataset.multi_label import Labels, class_counts
from spritenet.errors import DataError

__all__ = ["label_bytes", "label_type", "most_bytes", "pack", "unpack"]


def label_type(classes: int, columns: int) -> str:
    """Returns NumPy's code of the unsigned integers of which labels consist.

    Args:
        classes: the number of classes.
        columns: that of multi-label rows; 0 for class indices.
    """
    return "<u1" if columns or classes <= 1 << 8 else "<u2" if classes <= 1 << 16 else "<u4"


def label_bytes(classes: int, columns: int) -> int:
    """Returns the bytes of an image's label; see `label_type`."""
    return columns or np.dtype(label_type(classes, columns)).itemsize


def most_bytes(count: int, classes: int, columns: int) -> int:
    """Returns the maximal bytes of the chunk: zlib never makes data longer than this."""
    size = count * label_bytes(classes, columns)
    return size + size // 512 + 64


def pack(labels: Labels, classes: int) -> bytes:
    """Returns the chunk's data for class indices (n) or multi-label rows (n, k)."""
    from spritenet.compression import deflate

    values = labels.astype(label_type(classes, labels.ndim - 1))
    return bytes(deflate.zlib_compress(values.tobytes(), 9))


def unpack(
    data: bytes, count: int, counts: tuple[int, ...], where: str, *, multi_label: bool = False
) -> Labels:
    """Reads the chunk's data.

    Args:
        data: of the chunk.
        count: the expected number of labels.
        counts: the expected number of each class.
        where: the file's name, for errors.
        multi_label: True if labels are rows.

    Returns:
        int32 class indices (n), or uint8 rows (n, k).

    Raises:
        DataError: damaged, too few or too many, or not as many of each class as there should be.
    """
    classes = len(counts)
    columns = classes if multi_label else 0
    width = label_bytes(classes, columns)
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
    values = np.frombuffer(raw, label_type(classes, columns))
    most = 1 if multi_label else classes - 1
    wrong = values > most
    if wrong.any():
        place = int(np.argmax(wrong))
        raise DataError(
            f"the label of image {place // max(1, columns)} is out of range",
            where=where,
            expected=f"0 to {most}",
            got=int(values[place]),
        )
    labels: Labels = values.reshape(count, columns) if columns else values.astype(np.int32)
    if tuple(class_counts(labels, classes).tolist()) != counts:
        raise DataError("the labels don't match the counts in the metadata", where=where)
    return labels
