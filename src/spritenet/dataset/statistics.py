"""What there is to know of a data set's pixels before anything is learnt from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from spritenet.dataset.split import Split

__all__ = ["MOST_EXAMPLES", "Duplicates", "Pixels", "find_duplicates", "pixel_statistics"]

BLOCK = 4096  # images at a time, so that no second copy of a large set is made
MOST_EXAMPLES = 10

Place = tuple[str, int]
"""A split's name and an image's index in it."""


@dataclass(frozen=True, slots=True)
class Pixels:
    """Mean and standard deviation of each channel, pixels counted from 0 to 1."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]


def pixel_statistics(split: Split) -> Pixels:
    """Exact sums of all pixels of a split: 255 = 1.

    Of no images at all both are 0.
    """
    channels = split.image_shape[2]
    counts = np.zeros((channels, 256), np.int64)
    for first in range(0, len(split), BLOCK):
        block = split.images[first : first + BLOCK]
        for channel in range(channels):
            counts[channel] += np.bincount(block[..., channel].reshape(-1), minlength=256)
    values = np.arange(256) / 255
    total = np.maximum(1, counts.sum(axis=1))
    mean = counts @ values / total
    variance = np.array([count @ (values - m) ** 2 for count, m in zip(counts, mean, strict=True)])
    deviation = np.sqrt(variance / total)
    return Pixels(tuple(mean.tolist()), tuple(deviation.tolist()))


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Images that are there more than once, pixel by pixel.

    Attributes:
        within: of each split, how many of its images are copies of an earlier one in it.
        between: of two splits, how many images of the second are also in the first.
        contradictions: how many images have the same pixels as an earlier one but another label.
        examples: the first few copies, each with the image it is a copy of.
    """

    within: Mapping[str, int]
    between: Mapping[tuple[str, str], int]
    contradictions: int
    examples: tuple[tuple[Place, Place], ...]

    def __bool__(self) -> bool:
        """Whether there are any."""
        return any(self.within.values()) or any(self.between.values())


def find_duplicates(splits: Mapping[str, Split]) -> Duplicates:
    """Compares all images of all splits with each other, by 128-bit hashes of their pixels."""
    seen: dict[bytes, dict[str, tuple[int, int]]] = {}  # of a picture: split → index, label
    within = dict.fromkeys(splits, 0)
    names = list(splits)
    pairs = [(a, b) for place, a in enumerate(names) for b in names[place + 1 :]]
    between = dict.fromkeys(pairs, 0)
    contradictions = 0
    examples: list[tuple[Place, Place]] = []
    for name, split in splits.items():
        labels = split.labels.tolist()
        for index, image in enumerate(np.ascontiguousarray(split.images)):
            places = seen.setdefault(blake2b(image.data, digest_size=16).digest(), {})
            if places:
                other, (earlier, label) = next(iter(places.items()))
                contradictions += label != labels[index]
                if len(examples) < MOST_EXAMPLES:
                    examples.append(((name, index), (other, earlier)))
            if name in places:
                within[name] += 1
            for other in places:
                if other != name:
                    between[other, name] += 1
            places.setdefault(name, (index, labels[index]))
    return Duplicates(within, between, contradictions, tuple(examples))
