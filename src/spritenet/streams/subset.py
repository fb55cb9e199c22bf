"""Some images of a split as a split of their own: those that were set aside, and the others.

Both know by arithmetic, or by a list as long as what was set aside, which image of the whole one of
theirs is. Nothing is copied.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from spritenet.streams.order import Piece
from spritenet.streams.reader import Images

__all__ = ["Part", "parted"]

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Part(Images):
    """Some images of a reader.

    Args:
        whole: reads all of them.
        aside: the numbers of the images that were set aside, ascending.
        inside: whether those are meant, or the others.
    """

    whole: Images
    aside: Numbers
    inside: bool
    pieces: tuple[Piece, ...] = field(init=False)

    def __post_init__(self) -> None:
        made: list[Piece] = []
        start = 0
        for piece in self.whole.pieces:
            ends = np.searchsorted(self.aside, (piece.start, piece.start + piece.count)).tolist()
            count = ends[1] - ends[0] if self.inside else piece.count - (ends[1] - ends[0])
            if count:
                made.append(replace(piece, start=start, count=count))
                start += count
        object.__setattr__(self, "pieces", tuple(made))

    @property
    def size(self) -> int:
        """How many images there are."""
        return len(self.aside) if self.inside else self.whole.size - len(self.aside)

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """H w c."""
        return self.whole.image_shape

    def numbers(self, wanted: Numbers) -> Numbers:
        """The same images, counted in the whole."""
        if self.inside:
            return self.aside[wanted]
        # The k-th of the others has as many set aside before it as lie below it in this list.
        lower = self.aside - np.arange(len(self.aside))
        return wanted + np.searchsorted(lower, wanted, side="right")

    def read(
        self, wanted: Numbers, images: NDArray[np.uint8], labels: NDArray[np.int32], *, keep: bool
    ) -> None:
        """Reads images and labels in the order in which they are wanted."""
        self.whole.read(self.numbers(wanted), images, labels, keep=keep)

    def labels(self, wanted: Numbers) -> NDArray[np.int32]:
        """Labels of images; no pixels are read."""
        return self.whole.labels(self.numbers(wanted))

    def image(self, number: int) -> tuple[NDArray[np.uint8], int]:
        """One image (h w c, read-only) with its label."""
        return self.whole.image(int(self.numbers(np.array([number]))[0]))

    def marks(self) -> list[str]:
        """What the images are known by."""
        digest = hashlib.sha256(self.aside.astype("<i8").tobytes()).hexdigest()
        return [*self.whole.marks(), f"{'in' if self.inside else 'not in'} {digest}"]


def parted(whole: Images, aside: NDArray[np.bool_]) -> tuple[Part, Part]:
    """The images that remain, and those that were set aside.

    Args:
        whole: reads all of them.
        aside: whether each image is set aside, n.
    """
    numbers = np.flatnonzero(aside)
    return Part(whole, numbers, inside=False), Part(whole, numbers, inside=True)
