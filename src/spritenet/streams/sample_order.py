"""Orders of a stream's images: three kinds, all of them arithmetic.

`Shuffled` is the order of training from memory: one permutation of all images. `Windowed` is for
images that are slow to reach one by one: chunks of neighbours are shuffled, some of them at a time
make a window, and the images of a window are shuffled. `Stored` is the order they lie in.

An epoch is cut into *units*, which are read as a whole. Which image is at which place never depends
on what was read before, so an epoch can be entered anywhere.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from spritenet.permutation import epoch_key, permutation

__all__ = ["Extent", "Kind", "Order", "Shuffled", "Stored", "Windowed"]

Kind = Literal["shuffled", "windowed"]

BLOCK = 1 << 15  # chunks looked through at a time: 0.25 MiB


@dataclass(frozen=True, slots=True)
class Extent:
    """Neighbouring images of a split that lie in one sprite.

    Args:
        sprite: the number of the sprite.
        first: the first image, counted in the sprite.
        start: the same, counted in the split.
        count: the number of them.
    """

    sprite: int
    first: int
    start: int
    count: int


class Order(Protocol):
    """The order of images: the image at each place of each epoch."""

    @property
    def size(self) -> int:
        """The number of images of an epoch."""

    @property
    def description(self) -> str:
        """The order in words that differ where orders do; the seed is not part of it."""

    def unit(self, seed: int, epoch: int, place: int) -> tuple[int, int]:
        """Returns the first place of the unit of a place, and the one behind its last."""

    def indices(self, seed: int, epoch: int, start: int, stop: int) -> NDArray[np.int64]:
        """The images at these places of an epoch, counted in the split."""


@dataclass(frozen=True, slots=True)
class Shuffled:
    """All images in one permutation, as in training from memory.

    Args:
        size: the number of images.
        most: images in a unit.
    """

    size: int
    most: int

    @property
    def description(self) -> str:
        """The order in words."""
        return "shuffled"

    def unit(self, seed: int, epoch: int, place: int) -> tuple[int, int]:
        """Returns the first place of the unit of a place, and the one behind its last."""
        del seed, epoch
        start = place - place % self.most
        return start, min(self.size, start + self.most)

    def indices(self, seed: int, epoch: int, start: int, stop: int) -> NDArray[np.int64]:
        """Returns the images at these places of an epoch."""
        return permutation(seed, epoch, self.size, start, stop)


@dataclass(frozen=True, slots=True)
class Stored:
    """The images as they lie, in every epoch.

    Args:
        size: the number of images.
        most: images in a unit.
    """

    size: int
    most: int

    @property
    def description(self) -> str:
        """The order in words."""
        return "stored"

    def unit(self, seed: int, epoch: int, place: int) -> tuple[int, int]:
        """Returns the first place of the unit of a place, and the one behind its last."""
        return Shuffled(self.size, self.most).unit(seed, epoch, place)

    def indices(self, seed: int, epoch: int, start: int, stop: int) -> NDArray[np.int64]:
        """Returns the images at these places of an epoch."""
        del seed, epoch
        return np.arange(start, stop, dtype=np.int64)


@dataclass(slots=True, eq=False)
class Windowed:
    """Chunks shuffled, some of them at a time a window, the window's images shuffled.

    A chunk is `chunk` neighbouring images of one sprite, counted from its first, or fewer where the
    sprite or the split begins or ends. In epoch e of seed s the chunk at position p is number
    `permutation(s, e, chunks)[p]`; positions w·`window` to (w+1)·`window` - 1 are window w; and
    the image at place k of a window of m images is number `permutation(epoch_key(s, e), w, m)[k]`
    of its chunks' images, one chunk after the other.

    Where a window begins follows from its number and from the short chunks before it, of which a
    sprite has two at most: all that is held of an epoch is where those came to lie.

    Args:
        extents: where the split's images lie, in order.
        chunk: images in a chunk.
        window: chunks in a window.
    """

    extents: Sequence[Extent]
    chunk: int
    window: int
    size: int = field(init=False)
    _starts: NDArray[np.int64] = field(init=False)  # of each extent in the split, and the end
    _phases: NDArray[np.int64] = field(init=False)  # images of its first chunk that lie before it
    _numbers: NDArray[np.int64] = field(init=False)  # of each extent's first chunk, and the end
    _short: NDArray[np.int64] = field(init=False)  # numbers of chunks that are not full
    _missing: NDArray[np.int64] = field(init=False)  # images they lack
    _layout: tuple[int, int, list[int], list[int]] | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        counts = np.array([extent.count for extent in self.extents], np.int64)
        self._starts = np.concatenate([[0], np.cumsum(counts)])
        self.size = int(self._starts[-1])
        self._phases = np.array([extent.first for extent in self.extents], np.int64) % self.chunk
        ends = self._phases + counts
        chunks = -(-ends // self.chunk)
        self._numbers = np.concatenate([[0], np.cumsum(chunks)])
        lacking: dict[int, int] = {}
        rests = -ends % self.chunk
        first, last = self._numbers[:-1].tolist(), (self._numbers[1:] - 1).tolist()
        for number, lacks in zip(
            [*first, *last], [*self._phases.tolist(), *rests.tolist()], strict=True
        ):
            if lacks:
                lacking[number] = lacking.get(number, 0) + lacks
        self._short = np.array(sorted(lacking), np.int64)
        self._missing = np.array([lacking[number] for number in sorted(lacking)], np.int64)

    @property
    def chunks(self) -> int:
        """The number of chunks."""
        return int(self._numbers[-1])

    @property
    def windows(self) -> int:
        """The number of windows of an epoch."""
        return -(-self.chunks // self.window)

    @property
    def description(self) -> str:
        """The order in words."""
        return f"windowed, chunks of {self.chunk}, windows of {self.window}"

    def unit(self, seed: int, epoch: int, place: int) -> tuple[int, int]:
        """The first place of the window that this place is in, and the one behind its last."""
        number = self._window_of(seed, epoch, place)
        return self._begins(seed, epoch, number), self._begins(seed, epoch, number + 1)

    def indices(self, seed: int, epoch: int, start: int, stop: int) -> NDArray[np.int64]:
        """Returns the images at these places of an epoch."""
        made = np.empty(stop - start, np.int64)
        place = start
        while place < stop:
            number = self._window_of(seed, epoch, place)
            first = self._begins(seed, epoch, number)
            end = self._begins(seed, epoch, number + 1)
            last = min(stop, end)
            inside = permutation(
                epoch_key(seed, epoch), number, end - first, place - first, last - first
            )
            made[place - start : last - start] = self._images(seed, epoch, number, inside)
            place = last
        return made

    def _window_of(self, seed: int, epoch: int, place: int) -> int:
        """The number of the window that a place is in."""
        numbers = range(self.windows)
        return bisect_right(numbers, place, key=lambda w: self._begins(seed, epoch, w)) - 1

    def _begins(self, seed: int, epoch: int, number: int) -> int:
        """The first place of a window."""
        positions, missing = self._short_ones(seed, epoch)
        position = min(number * self.window, self.chunks)
        return position * self.chunk - missing[bisect_right(positions, position - 1)]

    def _short_ones(self, seed: int, epoch: int) -> tuple[list[int], list[int]]:
        """Positions of chunks that are not full, and how many images all before each lack."""
        known = self._layout
        if known is None or known[:2] != (seed, epoch):
            places, lacks = [], []
            for start in range(0, self.chunks if len(self._short) else 0, BLOCK):
                stop = min(self.chunks, start + BLOCK)
                numbers = permutation(seed, epoch, self.chunks, start, stop)
                near = np.searchsorted(self._short, numbers)
                near[near == len(self._short)] = 0
                found = np.flatnonzero(self._short[near] == numbers)
                places.append(found + start)
                lacks.append(self._missing[near[found]])
            positions = np.concatenate(places).tolist() if places else []
            sums = [0, *np.cumsum(np.concatenate(lacks)).tolist()] if lacks else [0]
            known = self._layout = (seed, epoch, positions, sums)
        return known[2], known[3]

    def _images(
        self, seed: int, epoch: int, number: int, inside: NDArray[np.int64]
    ) -> NDArray[np.int64]:
        """Images of a window by their number in it, counted in the split."""
        position = number * self.window
        numbers = permutation(
            seed, epoch, self.chunks, position, min(position + self.window, self.chunks)
        )
        extent = np.searchsorted(self._numbers, numbers, side="right") - 1
        start = self._starts[extent] - self._phases[extent]
        start += (numbers - self._numbers[extent]) * self.chunk
        stop = np.minimum(start + self.chunk, self._starts[extent + 1])
        start = np.maximum(start, self._starts[extent])
        sizes = stop - start
        shifts = np.repeat(stop - np.cumsum(sizes), sizes)  # from a window's number to the split's
        images: NDArray[np.int64] = inside + shifts.take(inside)
        return images
