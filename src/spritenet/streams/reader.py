"""Images by their number, from wherever they lie: each segment they are in is inflated once.

Wanted images are sorted, so that those of one segment come together; neighbouring segments are
fetched in one piece. Threads inflate segments and put each image at its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from spritenet.sprites.chunks import Blob
from spritenet.sprites.parallel import each
from spritenet.streams.cache import SegmentCache
from spritenet.streams.order import Piece
from spritenet.streams.shard import Member

__all__ = ["Images", "Reader"]

RUN_BYTES = 1 << 20
"""Neighbouring segments that are fetched in one piece, about."""


@dataclass(frozen=True, slots=True)
class _Run:
    """Neighbouring segments of a sprite, with the wanted images in them.

    Args:
        member: the sprite.
        first: the first segment.
        cuts: for each segment where its images begin in `images`, and the end.
        images: wanted images, counted in the sprite, ascending.
        places: where each is to go.
    """

    member: Member
    first: int
    cuts: NDArray[np.intp]
    images: NDArray[np.int64]
    places: NDArray[np.intp]


class Images(Protocol):
    """Images of a split, by their numbers."""

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Where they lie."""

    @property
    def size(self) -> int:
        """How many there are."""

    @property
    def image_shape(self) -> tuple[int, int, int]:
        """Height, width and channels of each."""

    def read(
        self,
        wanted: NDArray[np.int64],
        images: NDArray[np.uint8],
        labels: NDArray[np.int32],
        *,
        keep: bool,
    ) -> None:
        """Reads images and labels in the order in which they are wanted."""

    def labels(self, wanted: NDArray[np.int64]) -> NDArray[np.int32]:
        """Labels of images; no pixels are read."""

    def image(self, number: int) -> tuple[NDArray[np.uint8], int]:
        """One image (h w c, read-only) with its label."""

    def marks(self) -> list[str]:
        """What the images are known by."""


class Reader:
    """Reads images of a split by their numbers.

    Args:
        members: all sprites of the stream.
        pieces: where the split's images lie.
        image_shape: h w c.
        cache: of inflated segments, shared by the stream's splits.
        workers: threads that fetch and inflate.
    """

    def __init__(
        self,
        members: Sequence[Member],
        pieces: Sequence[Piece],
        image_shape: tuple[int, int, int],
        cache: SegmentCache,
        workers: int,
    ) -> None:
        self.pieces = tuple(pieces)
        self.image_shape = image_shape
        self.workers = workers
        self._members = members
        self._cache = cache
        self._starts = np.array([piece.start for piece in pieces], np.int64)

    @property
    def size(self) -> int:
        """How many images there are."""
        return self.pieces[-1].start + self.pieces[-1].count if self.pieces else 0

    def read(
        self,
        wanted: NDArray[np.int64],
        images: NDArray[np.uint8],
        labels: NDArray[np.int32],
        *,
        keep: bool,
    ) -> None:
        """Reads images and labels in the order in which they are wanted.

        Args:
            wanted: numbers of images in the split, m.
            images: m h w c, where they go.
            labels: m, where the labels go.
            keep: whether segments stay in the cache.

        Raises:
            DataError: a segment is damaged, and `images` is undefined: which one, and its rows.
        """
        runs = self._runs(wanted, labels)
        pixels = _pixels(images)
        if not keep:
            for run in runs:
                run.member.announce(run.first, run.first + len(run.cuts) - 1)

        def work(number: int) -> None:
            self._fill(runs[number], pixels, keep=keep)

        each(work, len(runs), self.workers)

    def labels(self, wanted: NDArray[np.int64]) -> NDArray[np.int32]:
        """Labels of images, m; no pixels are read."""
        found = np.empty(len(wanted), np.int32)
        for member, images, places in self._by_member(wanted):
            found[places] = member.labels[images]
        return found

    def image(self, number: int) -> tuple[NDArray[np.uint8], int]:
        """One image (h w c, read-only) with its label; its segment stays in the cache."""
        place = int(np.searchsorted(self._starts, number, side="right")) - 1
        piece = self.pieces[place]
        member = self._members[piece.sprite]
        inside = piece.first + number - piece.start
        segment = member.segment_of(inside)
        images = self._segment(member, segment, None, keep=True)
        image = images[inside - int(member.head.images[segment])]
        return image, int(member.labels[inside])

    def marks(self) -> list[str]:
        """What the images are known by: the SHA-256 of the head of each piece's sprite, in hex."""
        return [
            f"{self._members[piece.sprite].head_sha256} {piece.first} {piece.count}"
            for piece in self.pieces
        ]

    def _by_member(
        self, wanted: NDArray[np.int64]
    ) -> list[tuple[Member, NDArray[np.int64], NDArray[np.intp]]]:
        """The wanted images of each piece, ascending, counted in its sprite; and their places."""
        ascending = np.argsort(wanted)
        numbers = wanted[ascending]
        used = np.unique(np.searchsorted(self._starts, numbers, side="right") - 1)
        found = []
        for place in used.tolist():
            piece = self.pieces[place]
            first, last = np.searchsorted(numbers, (piece.start, piece.start + piece.count))
            inside = numbers[first:last] + (piece.first - piece.start)
            found.append((self._members[piece.sprite], inside, ascending[first:last]))
        missing = [member for member, _, _ in found if not member.opened]
        each(lambda number: missing[number].open(), len(missing), self.workers)
        return found

    def _runs(self, wanted: NDArray[np.int64], labels: NDArray[np.int32]) -> list[_Run]:
        """The wanted images by neighbouring segments; and their labels."""
        runs = []
        for member, images, places in self._by_member(wanted):
            head = member.head
            labels[places] = head.labels[images]
            low, high = member.segment_of(int(images[0])), member.segment_of(int(images[-1])) + 1
            cuts = np.searchsorted(images, head.images[low : high + 1])
            used = np.flatnonzero(np.diff(cuts))
            sizes = head.lengths[low:high][used]
            begin = size = 0
            for place in range(1, len(used) + 1):
                size += int(sizes[place - 1])
                ends = place == len(used) or used[place] != used[place - 1] + 1
                if ends or size >= RUN_BYTES:
                    first, stop = int(used[begin]), int(used[place - 1]) + 1
                    run = _Run(member, low + first, cuts[first : stop + 1], images, places)
                    runs.append(run)
                    begin, size = place, 0
        return runs

    def _fill(self, run: _Run, pixels: NDArray[Any], *, keep: bool) -> None:
        """Puts the images of a run at their places."""
        member, near = run.member, None
        count = len(run.cuts) - 1
        for number, (begin, end) in enumerate(zip(run.cuts[:-1], run.cuts[1:], strict=True)):
            segment = run.first + number
            if near is None and self._cache.get((member.number, segment)) is None:
                near = member.span(segment, run.first + count)
            images = _pixels(self._segment(member, segment, near, keep=keep))
            if end - begin == len(images):
                pixels[run.places[begin:end]] = images
            else:
                inside = run.images[begin:end] - member.head.images[segment]
                pixels[run.places[begin:end]] = images[inside]

    def _segment(
        self, member: Member, number: int, near: Blob | None, *, keep: bool
    ) -> NDArray[np.uint8]:
        """A segment's images, from the cache if they are there."""
        key = (member.number, number)
        images = self._cache.get(key)
        if images is None:
            images = member.segment(number, near)
            if keep:
                self._cache.put(key, images)
        return images


def _pixels(images: NDArray[np.uint8]) -> NDArray[Any]:
    """Images (n h w c) as n values of h·w·c bytes: NumPy moves those a third faster than rows."""
    size = images[0].size if len(images) else 1
    return images.reshape(len(images), size).view(f"V{size}")[:, 0]
