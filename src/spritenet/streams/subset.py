"""Subsets: a validation set and its complement, as readers of some images of another reader.

Both compute the number of an image in the whole from the sorted numbers of the validation set, by a
look-up or by a binary search. Nothing is copied.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.multi_label import Labels
from spritenet.streams.sample_order import Extent
from spritenet.streams.segment_reader import ImageReader

__all__ = ["Subset", "partition"]

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Subset(ImageReader):
    """Some of the images of a reader.

    Args:
        whole: reads all images.
        chosen: numbers of the images that were set aside, ascending.
        inside: True if these are the subset, False if they are the others.
    """

    whole: ImageReader
    chosen: Numbers
    inside: bool
    extents: tuple[Extent, ...] = field(init=False)

    def __post_init__(self) -> None:
        made: list[Extent] = []
        start = 0
        for extent in self.whole.extents:
            ends = np.searchsorted(
                self.chosen, (extent.start, extent.start + extent.count)
            ).tolist()
            count = ends[1] - ends[0] if self.inside else extent.count - (ends[1] - ends[0])
            if count:
                made.append(replace(extent, start=start, count=count))
                start += count
        object.__setattr__(self, "extents", tuple(made))

    @property
    def size(self) -> int:
        """The number of images."""
        return len(self.chosen) if self.inside else self.whole.size - len(self.chosen)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each image."""
        return self.whole.image_shape

    def to_whole(self, wanted: Numbers) -> Numbers:
        """Returns the numbers of the same images in the whole."""
        if self.inside:
            return self.chosen[wanted]
        # The k-th of the others has as many chosen ones before it as this list has values <= k.
        lower = self.chosen - np.arange(len(self.chosen))
        return wanted + np.searchsorted(lower, wanted, side="right")

    def read(
        self, wanted: Numbers, images: NDArray[np.uint8], labels: Labels, *, keep: bool
    ) -> None:
        """Reads images and labels in the order of `wanted`."""
        self.whole.read(self.to_whole(wanted), images, labels, keep=keep)

    @property
    def label_columns(self) -> int:
        """The number of columns of multi-label rows; 0 for class indices."""
        return self.whole.label_columns

    def labels(self, wanted: Numbers) -> Labels:
        """Returns labels; no pixels are read."""
        return self.whole.labels(self.to_whole(wanted))

    def image(self, number: int) -> tuple[NDArray[np.uint8], Any]:
        """Returns one image (h w c, read-only) and its label."""
        return self.whole.image(int(self.to_whole(np.array([number]))[0]))

    def fingerprints(self) -> list[str]:
        """Returns hashes and ranges that identify the images."""
        digest = hashlib.sha256(self.chosen.astype("<i8").tobytes()).hexdigest()
        return [*self.whole.fingerprints(), f"{'in' if self.inside else 'not in'} {digest}"]


def partition(whole: ImageReader, aside: NDArray[np.bool_]) -> tuple[Subset, Subset]:
    """Returns a reader of the images that remain, and one of those that are set aside.

    Args:
        whole: reads all images.
        aside: a mask (n), True where an image is set aside.
    """
    numbers = np.flatnonzero(aside)
    return Subset(whole, numbers, inside=False), Subset(whole, numbers, inside=True)
