"""Near-duplicates: images of one set that are nearly images of another.

Every image becomes a thumbnail of at most 8×8 pixels, less its mean, of length 1; of that, the 32
directions in which the thumbnails differ most are kept. Products of such rows are nearly
correlations; the largest of every 8,000 in a row of their matrix name candidates, and those
pairs are then compared pixel by pixel. 10,000 against 60,000 images are 38 thousand million
operations in one matrix product after another: about half a second on two cores.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.permutation import permutation
from spritenet.prepare.resample import coverage

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["ALIKE", "NearDuplicates", "find", "find_within", "thumbnails"]

SIDE = 8
"""Pixels of a thumbnail's side, at most."""

ALIKE = 0.98
"""Pixels that correlate so well are called near-duplicates."""

PARTS = 32
"""Principal components of the thumbnails that are compared."""

ROWS, COLUMNS = 512, 8_000
"""Of a block of products: 16 MB. Each block of columns names a candidate of its own."""

MOST_PRODUCTS = 1_200_000_000
"""Pairs that are compared, at most: twice MNIST's. Of more, the second set is sampled."""


@dataclass(frozen=True, slots=True, eq=False)
class NearDuplicates:
    """The most similar image of a first set, for each image of a second.

    Attributes:
        images: indices (n,) of the compared images of the second set, ascending.
        among: the number of images of the first set.
        nearest: the index of the most similar of those, (n,).
        similarity: the correlation of the pixels of the two, -1 … 1, (n,).
        exact: True where all pixels are equal, (n,).
    """

    images: NDArray[np.int64]
    among: int
    nearest: NDArray[np.int64]
    similarity: NDArray[np.float32]
    exact: NDArray[np.bool_]

    @property
    def count(self) -> int:
        """The number of images with a correlation of at least 0.98."""
        return int((self.similarity >= ALIKE).sum())

    def closest(self, most: int) -> NDArray[np.int64]:
        """Returns the positions in `images` of the most similar pairs, the most similar first."""
        return np.argsort(-self.similarity, kind="stable")[:most].astype(np.int64)


def find_within(images: NDArray[np.uint8], *, most_products: int = MOST_PRODUCTS) -> NearDuplicates:
    """Finds the other image of a set that is most similar to each image of it.

    An exact duplicate's `nearest` is the first of those equal to it, which isn't called exact.

    Args:
        images: uint8 n h w c, at least two.
        most_products: pairs that are compared, at most; of more, the images are sampled.
    """
    chosen = np.arange(len(images), dtype=np.int64)
    most = max(1, most_products // len(images))
    if len(images) > most:
        chosen = np.sort(permutation(0, 0, len(images), 0, most)).astype(np.int64)
    nearest = np.zeros(len(chosen), np.int64)
    similarity = np.full(len(chosen), -1, np.float32)
    rows, some = _projected(thumbnails(images), thumbnails(images[chosen]))
    for candidates in _candidates(rows, some, chosen):
        found = _correlations(images, candidates, images[chosen])
        found[candidates == chosen] = -1
        better = found > similarity
        similarity[better], nearest[better] = found[better], candidates[better]
    first = np.arange(len(images), dtype=np.int64)
    known: dict[bytes, int] = {}
    for number, image in enumerate(images):
        first[number] = known.setdefault(image.tobytes(), number)
    exact = first[chosen] != chosen
    similarity[exact], nearest[exact] = 1.0, first[chosen][exact]
    return NearDuplicates(chosen, len(images), nearest, similarity, exact)


def find(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> NearDuplicates:
    """Finds the image of the first set that is most similar to each image of the second.

    Args:
        first: uint8 n h w c, not empty, such as the training set.
        second: uint8 m h w c, such as the test set; sampled, if there are more than 1,200 million
            pairs.
    """
    chosen = np.arange(len(second), dtype=np.int64)
    most = max(1, MOST_PRODUCTS // len(first))
    if len(second) > most:
        chosen = np.sort(permutation(0, 0, len(second), 0, most)).astype(np.int64)
    own = second if len(chosen) == len(second) else second[chosen]
    nearest = np.zeros(len(own), np.int64)
    similarity = np.full(len(own), -1, np.float32)
    for candidates in _candidates(*_projected(thumbnails(first), thumbnails(own))):
        found = _correlations(first, candidates, own)
        better = found > similarity
        similarity[better], nearest[better] = found[better], candidates[better]
    exact = _identical(first, own, nearest)
    similarity[exact] = 1.0
    return NearDuplicates(chosen, len(first), nearest, similarity, exact)


def thumbnails(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns images n h w c as rows of at most 8·8·c numbers with mean 0 and length 1.

    Images of a single colour become zeros.
    """
    n, height, width, channels = images.shape
    tall, wide = min(SIDE, height), min(SIDE, width)
    down = coverage(0, height, tall, tall, height) / height
    across = coverage(0, width, wide, wide, width) / width
    kernel = np.einsum("ah,bw->hwab", down, across).reshape(height * width, tall * wide)
    kernel32 = kernel.astype(np.float32)
    rows = np.empty((n, tall * wide * channels), np.float32)
    for start in range(0, n, 2048):
        part = images[start : start + 2048].reshape(-1, height * width, channels)
        planes = [part[:, :, k].astype(np.float32) @ kernel32 for k in range(channels)]
        rows[start : start + len(part)] = planes[0] if channels == 1 else np.hstack(planes)
    return _normed(rows)


def _normed(rows: NDArray[np.float32]) -> NDArray[np.float32]:
    """Returns rows with mean 0 and length 1; zeros for constant rows."""
    rows -= rows.mean(axis=1, keepdims=True)
    lengths = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    rows /= np.where(lengths > 1e-3, lengths, np.inf)
    return rows


def _projected(
    first: NDArray[np.float32], second: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Projects both on the 32 principal components of a sample of the first."""
    if first.shape[1] <= PARTS:
        return first, second
    some = first[:: max(1, len(first) // 10_000)].astype(np.float64)
    _, directions = np.linalg.eigh(some.T @ some)
    kept = directions[:, -PARTS:].astype(np.float32)
    return first @ kept, second @ kept


def _candidates(
    first: NDArray[np.float32],
    second: NDArray[np.float32],
    own: NDArray[np.int64] | None = None,
) -> Iterator[NDArray[np.int64]]:
    """Yields the row with the largest product for each row of the second, block by block.

    `own` gives rows of the first that are no candidates for their row of the second: themselves.
    """
    columns = np.ascontiguousarray(first.T)
    for left in range(0, len(first), COLUMNS):
        part = np.ascontiguousarray(columns[:, left : left + COLUMNS])
        block = np.empty((ROWS, part.shape[1]), np.float32)
        nearest = np.empty(len(second), np.int64)
        for top in range(0, len(second), ROWS):
            rows = second[top : top + ROWS]
            products = np.matmul(rows, part, out=block[: len(rows)])
            if own is not None:
                at = own[top : top + len(rows)] - left
                inside = np.flatnonzero((at >= 0) & (at < part.shape[1]))
                products[inside, at[inside]] = -2
            nearest[top : top + ROWS] = products.argmax(axis=1)
        yield nearest + left


def _identical(
    first: NDArray[np.uint8], second: NDArray[np.uint8], nearest: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Returns True for images of the second that are in the first; sets their `nearest`."""
    known: dict[bytes, int] = {}
    for number, image in enumerate(first):
        known.setdefault(image.tobytes(), number)
    same = np.zeros(len(second), bool)
    for number, image in enumerate(second):
        place = known.get(image.tobytes())
        if place is not None:
            same[number], nearest[number] = True, place
    return same


def _correlations(
    first: NDArray[np.uint8], places: NDArray[np.int64], second: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Returns the correlations of second[i] with first[places[i]]; 0 if one is constant."""
    found = np.empty(len(second), np.float32)
    for start in range(0, len(second), 512):
        part = slice(start, start + 512)
        pair = (first[places[part]], second[part])
        rows = [_normed(images.reshape(len(images), -1).astype(np.float32)) for images in pair]
        found[part] = np.einsum("ij,ij->i", *rows)
    return np.clip(found, -1, 1)
