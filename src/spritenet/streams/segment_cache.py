"""What was inflated, kept in memory up to a number of bytes; what was used longest ago goes."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

__all__ = ["SegmentCache"]

Key = tuple[int, int]
"""The number of a sprite, and of a segment in it."""


class SegmentCache:
    """Images of segments. Several threads may use it at the same time.

    Args:
        limit: bytes of pixels it may hold.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.held = 0
        self._kept: OrderedDict[Key, NDArray[np.uint8]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> NDArray[np.uint8] | None:
        """A segment's images, if they are here."""
        with self._lock:
            images = self._kept.get(key)
            if images is not None:
                self._kept.move_to_end(key)
            return images

    def put(self, key: Key, images: NDArray[np.uint8]) -> None:
        """Keeps a segment's images, read-only from now on; others may have to go for them."""
        if images.nbytes > self.limit:
            return
        images.flags.writeable = False
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = images
            self.held += images.nbytes
            while self.held > self.limit:
                self.held -= self._kept.popitem(last=False)[1].nbytes

    def clear(self) -> None:
        """Lets go of everything."""
        with self._lock:
            self._kept.clear()
            self.held = 0
