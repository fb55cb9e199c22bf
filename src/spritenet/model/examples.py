"""Examples: labelled images as engines take them, samples of them, and their hash."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from spritenet.dataset import Split
from spritenet.dataset.arrays import as_labels
from spritenet.engines.engine import Examples
from spritenet.errors import DataError, ModelError
from spritenet.losses import CategoricalCrossentropy, Loss, SparseCategoricalCrossentropy
from spritenet.model.class_weight import ClassWeight, class_factors
from spritenet.model.data_adapter import LabelledImages
from spritenet.model.targets import labels_or_targets, weights
from spritenet.permutation import permutation
from spritenet.training.feed import Feed, SplitFeed

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.model.batch_feed import Block

__all__ = ["at_hand", "sample", "sha256", "to_examples"]

AT_HAND = 1000
"""Images of a stream that are held in memory for those who look on."""


def to_examples(
    given: LabelledImages,
    input_shape: tuple[int, int, int],
    outputs: int,
    loss: Loss,
    class_weight: ClassWeight | None = None,
    class_names: tuple[str, ...] = (),
) -> Examples | Feed:
    """What a network with that input and so many outputs can learn from or be tried on.

    Raises:
        DataError: images, labels or weights don't fit.
        ModelError: one output stands for all classes.
    """
    _check_outputs(outputs, loss)
    count = len(given)
    factors_of = partial(_factors_of, class_weight, outputs, class_names)
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
        known = given.stream.labels_at(np.arange(count)) if isinstance(class_weight, str) else None
        by_class = factors_of(known)
        about = "" if by_class is None else f"class_weight {sorted(by_class.items())}"
        some = partial(_made, outputs=outputs, loss=loss, weight=by_class)
        return SplitFeed(given.stream, some, about)
    if given.batches is not None:
        from spritenet.model.batch_feed import BatchFeed  # rarely needed

        make = partial(
            _of_block, outputs=outputs, loss=loss, weight=factors_of(None), class_names=class_names
        )
        return BatchFeed(given.batches, count, given.batch_size or 1, make)
    if given.y is None:
        raise DataError("there are no labels", where="y", do="Give a Split, or y beside x.")
    labels, targets = labels_or_targets(given.y, count, outputs, loss)
    factors = weights(labels, count, class_weight=factors_of(labels), sample_weight=given.weights)
    if factors is not None and not factors.any():
        raise DataError(
            "the weight of every image is 0: there is nothing to learn from or to judge by",
            where="sample_weight" if class_weight is None else "class_weight",
        )
    return Examples(given.images, labels, targets, factors)


def _check_outputs(outputs: int, loss: Loss) -> None:
    """Raises ModelError if a single output stands for all classes."""
    if outputs == 1 and isinstance(loss, CategoricalCrossentropy | SparseCategoricalCrossentropy):
        raise ModelError(
            "a softmax of one output is always 1: the loss is 0, and nothing is learnt",
            where=loss.name,
            expected="an output for each class",
            got="1",
            do="Give the last layer as many units as there are classes, at least 2.",
        )


def _factors_of(
    class_weight: ClassWeight | None,
    outputs: int,
    class_names: tuple[str, ...],
    labels: NDArray[np.int32] | None,
) -> dict[int, float] | None:
    """The factor of each class that has one; None if none was given."""
    if class_weight is None:
        return None
    return class_factors(class_weight, outputs, class_names, labels)


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


def _of_block(
    block: Block,
    *,
    outputs: int,
    loss: Loss,
    weight: Mapping[int, float] | None,
    class_names: tuple[str, ...],
) -> Examples:
    """A block of a stream of batches as examples.

    Raises:
        DataError: labels or weights don't fit.
    """
    images, y, factors = block
    if y is None:
        raise DataError("there are no labels", where="x", do="Give batches (images, labels).")
    if y.dtype.kind in "UO":
        if not class_names:
            raise DataError(
                "the classes of these names aren't known before all of them are read",
                where="y",
                expected="class indices",
                got=repr(y.reshape(-1)[0]),
            )
        y = as_labels(y, class_names)[0]
    labels, targets = labels_or_targets(y, len(images), outputs, loss)
    made = weights(labels, len(images), class_weight=weight, sample_weight=factors)
    return Examples(np.ascontiguousarray(images), labels, targets, made)


def sample(examples: Examples | Feed, size: int, seed: int) -> Examples:
    """So many of the examples, picked by the seed; all of them if there are no more."""
    if isinstance(examples, Feed):
        return examples.sample(size, seed)
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
    return examples.sample(AT_HAND, seed) if isinstance(examples, Feed) else examples


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
