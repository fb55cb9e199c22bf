"""The cache of inflated segments in memory; the least recently used ones go first."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

__all__ = ["SegmentCache"]

Key = tuple[int, int]
"""The number of a sprite, and of a segment in it."""


class SegmentCache:
    """A thread-safe LRU cache of the images of segments.

    Args:
        limit: maximal bytes of pixels.
    """

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.size = 0
        self._images: OrderedDict[Key, NDArray[np.uint8]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Key) -> NDArray[np.uint8] | None:
        """Returns a segment's images, or None."""
        with self._lock:
            images = self._images.get(key)
            if images is not None:
                self._images.move_to_end(key)
            return images

    def put(self, key: Key, images: NDArray[np.uint8]) -> None:
        """Adds a segment's images, which become read-only."""
        if images.nbytes > self.limit:
            return
        images.flags.writeable = False
        with self._lock:
            if key in self._images:
                return
            self._images[key] = images
            self.size += images.nbytes
            while self.size > self.limit:
                self.size -= self._images.popitem(last=False)[1].nbytes

    def clear(self) -> None:
        """Drops everything."""
        with self._lock:
            self._images.clear()
            self.size = 0
