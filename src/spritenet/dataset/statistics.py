"""Statistics of a split's pixels, and duplicate images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b

import numpy as np

from spritenet.dataset.split import Split

__all__ = ["MOST_EXAMPLES", "Duplicates", "find_duplicates", "pixel_statistics"]

BLOCK = 4096  # images at a time, so that no second copy of a large set is made
MOST_EXAMPLES = 10

ImageId = tuple[str, int]
"""A split's name and an image's index in it."""


@dataclass(frozen=True, slots=True)
class PixelStatistics:
    """Mean and standard deviation of each channel, of pixels from 0 to 1."""

    mean: tuple[float, ...]
    deviation: tuple[float, ...]


def pixel_statistics(split: Split) -> PixelStatistics:
    """Returns mean and deviation of a split's pixels, from exact sums; 0 without images."""
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
    return PixelStatistics(tuple(mean.tolist()), tuple(deviation.tolist()))


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Images that occur more than once, compared pixel by pixel.

    Attributes:
        within: by split, the number of images equal to an earlier one of the same split.
        between: by pair of splits, the number of images of the second that are in the first too.
        contradictions: the number of images equal to an earlier one but with another label.
        examples: the first few duplicates, each with the image that it equals.
    """

    within: Mapping[str, int]
    between: Mapping[tuple[str, str], int]
    contradictions: int
    examples: tuple[tuple[ImageId, ImageId], ...]

    def __bool__(self) -> bool:
        """True if there are any."""
        return any(self.within.values()) or any(self.between.values())


def find_duplicates(splits: Mapping[str, Split]) -> Duplicates:
    """Finds duplicates within and between splits, by 128-bit hashes of the pixels."""
    seen: dict[bytes, dict[str, tuple[int, int]]] = {}  # by hash of an image: split → index, label
    within = dict.fromkeys(splits, 0)
    names = list(splits)
    pairs = [(a, b) for index, a in enumerate(names) for b in names[index + 1 :]]
    between = dict.fromkeys(pairs, 0)
    contradictions = 0
    examples: list[tuple[ImageId, ImageId]] = []
    for name, split in splits.items():
        labels = split.labels.tolist()
        for index, image in enumerate(np.ascontiguousarray(split.images)):
            copies = seen.setdefault(blake2b(image.data, digest_size=16).digest(), {})
            if copies:
                other, (earlier, label) = next(iter(copies.items()))
                contradictions += label != labels[index]
                if len(examples) < MOST_EXAMPLES:
                    examples.append(((name, index), (other, earlier)))
            if name in copies:
                within[name] += 1
            for other in copies:
                if other != name:
                    between[other, name] += 1
            copies.setdefault(name, (index, labels[index]))
    return Duplicates(within, between, contradictions, tuple(examples))
