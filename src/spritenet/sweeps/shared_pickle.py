"""Objects that several processes of this machine read, their large arrays from one mapped file.

Pickle 5 hands large arrays out as buffers. They go into a file, which each process maps: the
system keeps one copy in memory for all.
"""

from __future__ import annotations

import mmap
import pickle
from pathlib import Path
from typing import Any

__all__ = ["dump", "load"]

ALIGNED = 64
"""Bytes on whose multiples arrays begin, as vectors need it."""

INDEX, ARRAYS = "index.pickle", "arrays.bin"


def dump(value: object, folder: Path) -> None:
    """Writes an object into a folder.

    Args:
        value: anything that can be pickled.
        folder: existing; nobody else may write to it.

    Raises:
        OSError: the disk is full.
        TypeError, AttributeError, PicklingError: a part can't be pickled.
    """
    buffers: list[pickle.PickleBuffer] = []
    index = pickle.dumps(value, protocol=5, buffer_callback=buffers.append)
    places = []
    with (folder / ARRAYS).open("wb") as file:
        for buffer in buffers:
            raw = buffer.raw()
            file.write(b"\0" * (-file.tell() % ALIGNED))
            places.append((file.tell(), raw.nbytes))
            file.write(raw)
        file.write(b"\0")  # an empty file can't be mapped
    (folder / INDEX).write_bytes(pickle.dumps((places, index)))


def load(folder: Path) -> Any:  # noqa: ANN401 - what was dumped
    """Returns the object of a folder; its large arrays are read-only and shared.

    Raises:
        OSError: the folder is gone.
    """
    places, index = pickle.loads((folder / INDEX).read_bytes())  # noqa: S301 - our own file
    with (folder / ARRAYS).open("rb") as file:
        mapped = memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))
    buffers = [mapped[first : first + size] for first, size in places]
    return pickle.loads(index, buffers=buffers)  # noqa: S301 - our own file
