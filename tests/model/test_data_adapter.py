"""Data adapters: what is held out, and examples that are the same from arrays and from sources."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiny
from spritenet.dataset.source import Indices
from spritenet.errors import DataError, ModelError
from spritenet.losses import CategoricalCrossentropy
from spritenet.model.data_adapter import ArrayAdapter, SourceAdapter
from spritenet.model.encoder import Encoder, to_batches
from spritenet.model.input_data import adapt

DATA = tiny.images(60)
ENCODER = Encoder(4, CategoricalCrossentropy())


class Reading:
    """A split that is read when it is needed, with the members of `Source` alone."""

    name, class_names, image_shape = DATA.name, DATA.class_names, DATA.image_shape
    identity = "reading"

    def __len__(self) -> int:
        return len(DATA)

    def take(self, indices: Indices) -> Any:  # noqa: ANN401 - images and labels
        """Of the tiny task."""
        return DATA.take(indices)


def test_of_arrays_the_last_images_are_held_out() -> None:
    """As in Keras, with their weights."""
    weights = np.arange(60) + 1.0
    train, held_out = adapt(DATA.images, DATA.labels, weights).hold_out(0.25, 0)
    assert isinstance(train, ArrayAdapter)
    assert isinstance(held_out, ArrayAdapter)
    assert np.array_equal(train.images, DATA.images[:45])
    assert np.array_equal(held_out.images, DATA.images[45:])
    examples = to_batches(held_out, DATA.image_shape, ENCODER).all()
    assert examples.weights is not None
    assert np.array_equal(examples.weights, weights[45:].astype(np.float32))


@pytest.mark.parametrize("weighted", [False, True])
def test_of_a_split_each_class_gives_its_fraction(weighted: bool) -> None:
    """The images of `Split.split`, with sample weights and without."""
    weights = np.ones(60) if weighted else None
    parts = adapt(DATA, None, weights).hold_out(0.25, 3)
    for adapter, split in zip(parts, DATA.split(0.25, 3), strict=True):
        batches = to_batches(adapter, DATA.image_shape, ENCODER)
        assert np.array_equal(batches.all().images, split.images)
        if not weighted:
            assert batches.identity == split.content_hash


def test_of_a_collection_each_class_gives_its_fraction_too() -> None:
    """As many images of each class, though nobody said it was a split."""
    pairs = list(zip(DATA.images, DATA.labels.tolist(), strict=True))
    _, held_out = adapt(iter(pairs)).hold_out(0.25, 3)
    examples = to_batches(held_out, DATA.image_shape, ENCODER).all()
    assert np.array_equal(examples.images, DATA.split(0.25, 3)[1].images)


def test_nothing_can_be_held_out_of_too_little() -> None:
    """One side would be empty."""
    with pytest.raises(ModelError, match="the training or validation set would be empty"):
        adapt(DATA.images[:1], DATA.labels[:1]).hold_out(0.5, 0)
    with pytest.raises(DataError, match=r"can't be split.*validation_data"):
        adapt(Reading()).hold_out(0.25, 0)


@pytest.mark.parametrize("class_weight", [None, {1: 3.0}, {"b": 3.0}, [1, 3, 1, 1], "balanced"])
def test_sources_make_the_examples_of_arrays(class_weight: Any) -> None:  # noqa: ANN401 - as of fit
    """With class weights of every form; they count for the identity."""
    encoder = Encoder(4, CategoricalCrossentropy(), class_weight, DATA.class_names)
    adapters = adapt(Reading()), adapt(DATA)
    assert isinstance(adapters[0], SourceAdapter)
    read, held = (to_batches(adapter, DATA.image_shape, encoder) for adapter in adapters)
    for one, other in ((read.all(), held.all()), (read.stored(7, 20), held.stored(7, 20))):
        assert np.array_equal(one.images, other.images)
        assert one.labels is not None
        assert other.labels is not None
        assert np.array_equal(one.labels, other.labels)
        assert (one.weights is None) == (other.weights is None) == (class_weight is None)
        if one.weights is not None and other.weights is not None:
            assert np.array_equal(one.weights, other.weights)
    assert (read.identity == "reading") == (class_weight is None)
    assert (held.identity == DATA.content_hash) == (class_weight is None)
