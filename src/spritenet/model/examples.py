"""From what people give `fit` and `evaluate` to what engines take."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from spritenet.dataset import Dataset, Split
from spritenet.dataset.arrays import as_images
from spritenet.dataset.axes import check_axes
from spritenet.dataset.image_list import as_array
from spritenet.dataset.load_warnings import warn
from spritenet.dataset.pixel_range import FROM_ARRAYS, dim_note
from spritenet.dataset.streamed import Streamed, StreamedDataset
from spritenet.engines.engine import Examples
from spritenet.errors import DataError
from spritenet.losses import Loss
from spritenet.model.targets import labels_or_targets, weights
from spritenet.permutation import permutation
from spritenet.training import feed
from spritenet.training.feed import Feed

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["Given", "at_hand", "given", "sample", "sha256", "to_examples"]

AT_HAND = 1000
"""Images of a stream that are held in memory for those who look on."""


@dataclass(frozen=True, slots=True, eq=False)
class Given:
    """Images with what they mean, before a network is known.

    Attributes:
        images: uint8 n h w c.
        y: labels, one-hot rows or targets; None if there are none.
        weights: a factor for each image; None for 1.
        class_names: of the labels; empty if nobody said.
        name: of the split.
        split: they are this split's images, or a part of them; None if they are nobody's.
        stream: the split they are read from while they are used; `images` then has none.
    """

    images: NDArray[np.uint8]
    y: ArrayLike | None = None
    weights: ArrayLike | None = None
    class_names: tuple[str, ...] = ()
    name: str = ""
    split: Split | None = None
    stream: Streamed | None = None

    def __len__(self) -> int:
        """How many images there are."""
        return len(self.images if self.stream is None else self.stream)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width, channels of an image."""
        _, height, width, channels = self.images.shape
        return height, width, channels

    def part(self, index: slice) -> Given:
        """A range of them."""
        return replace(
            self,
            images=self.images[index],
            y=None if self.y is None else np.asarray(self.y)[index],
            weights=None if self.weights is None else np.asarray(self.weights)[index],
        )


def given(x: object, y: ArrayLike | None = None, weights: ArrayLike | None = None) -> Given:
    """Images and labels from a Split, a Dataset's training images, a tuple, or arrays.

    Args:
        x: a Split or a StreamSplit; a Dataset or a Stream; (x, y) or (x, y, sample_weight); or
            images n h w c or n h w, uint8 or float k/255.
        y: what the images mean, where x has no labels itself.
        weights: a factor for each image.

    Raises:
        DataError: they are no images, or there are two sets of labels.
    """
    if isinstance(x, Dataset | StreamedDataset):
        x = x.train
    if isinstance(x, tuple) and y is None and 2 <= len(x) <= 3:
        return given(*x)
    if isinstance(x, Streamed):
        if y is not None or weights is not None:
            raise DataError("a stream has labels of its own, and no weights", where=x.name)
        empty = np.empty((0, *x.image_shape), np.uint8)
        return Given(empty, class_names=x.class_names, name=x.name, stream=x)
    if isinstance(x, Split):
        if y is not None:
            raise DataError("the images have labels already", where="y", got="a Split and y")
        return Given(x.images, x.labels, weights, x.class_names, x.name, x)
    array = as_array(x)
    if y is not None:
        check_axes(array.shape, *np.shape(y)[:1])
    images = as_images(array)
    if note := dim_note(images, FROM_ARRAYS):
        warn(note)
    if y is not None and np.asarray(y).dtype.kind in "UO":
        split = Split.from_arrays(images, y)
        return Given(split.images, split.labels, weights, split.class_names)
    return Given(images, y, weights)


def to_examples(
    given: Given,
    input_shape: tuple[int, int, int],
    outputs: int,
    loss: Loss,
    class_weight: Mapping[int, float] | None = None,
) -> Examples | Feed:
    """What a network with that input and so many outputs can learn from or be tried on.

    Raises:
        DataError: images, labels or weights don't fit.
    """
    count = len(given)
    if given.shape != input_shape:
        raise DataError(
            "the images don't fit the network",
            where=given.name,
            expected="×".join(map(str, input_shape)),
            got="×".join(map(str, given.shape)),
        )
    if not count:
        raise DataError("there are no images", where=given.name)
    if given.stream is not None:
        some = partial(_made, outputs=outputs, loss=loss, weight=class_weight)
        about = "" if class_weight is None else f"class_weight {sorted(class_weight.items())}"
        return Feed(given.stream, some, about)
    if given.y is None:
        raise DataError("there are no labels", where="y", do="Give a Split, or y beside x.")
    labels, targets = labels_or_targets(given.y, count, outputs, loss)
    factors = weights(labels, count, class_weight=class_weight, sample_weight=given.weights)
    return Examples(given.images, labels, targets, factors)


def _made(
    images: NDArray[np.uint8],
    y: NDArray[np.int32],
    *,
    outputs: int,
    loss: Loss,
    weight: Mapping[int, float] | None,
) -> Examples:
    """Some images with their labels as examples."""
    labels, targets = labels_or_targets(y, len(images), outputs, loss)
    return Examples(images, labels, targets, weights(labels, len(images), class_weight=weight))


def sample(examples: Examples | Feed, size: int, seed: int) -> Examples:
    """So many of the examples, picked by the seed; all of them if there are no more."""
    if isinstance(examples, Feed):
        return feed.sample(examples, size, seed)
    if size >= len(examples):
        return examples
    places = np.sort(permutation(seed, 0, len(examples), 0, size))

    labels, targets, factors = examples.labels, examples.targets, examples.weights
    return Examples(
        examples.images[places],
        None if labels is None else labels[places],
        None if targets is None else targets[places],
        None if factors is None else factors[places],
    )


def at_hand(examples: Examples | Feed, seed: int) -> Examples:
    """Examples in memory, to look at: all of them, or some picked by the seed of a stream's."""
    return feed.sample(examples, AT_HAND, seed) if isinstance(examples, Feed) else examples


def sha256(examples: Examples | Feed, split: Split | None = None) -> str:
    """The SHA-256, in hexadecimal, of what is learnt from.

    Of images with labels it is `Split.content_hash`; targets and weights are taken in after those.
    Of a stream it is `StreamSplit.identity`, for which no pixels are read.

    Args:
        examples: what is learnt from.
        split: whose images they are, if it is a split's: it may know the answer already.
    """
    if isinstance(examples, Feed):
        return examples.identity
    plain = examples.targets is None and examples.weights is None
    if split is not None and plain and examples.images is split.images:
        same = examples.labels is not None and np.array_equal(examples.labels, split.labels)
        if same:
            return split.content_hash
    digest = hashlib.sha256(" ".join(map(str, examples.images.shape)).encode() + b"\n")
    digest.update(np.ascontiguousarray(examples.images).data)
    if examples.labels is not None:
        digest.update(examples.labels.astype("<i4").data)
    for array in (examples.targets, examples.weights):
        if array is not None:
            digest.update(f"{array.dtype.str}{array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
