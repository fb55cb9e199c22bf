"""Input data: everything that `fit` takes is the same training, or refused in one line."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import tiny
from spritenet.dataset import Dataset
from spritenet.errors import DataError
from spritenet.losses import CategoricalCrossentropy
from spritenet.model.encoder import Encoder, to_batches
from spritenet.model.input_data import adapt, images_of

DATA = tiny.images(60)
ENCODER = Encoder(4, CategoricalCrossentropy())


@pytest.mark.parametrize(
    ("x", "y"),
    [
        (DATA, None),
        (Dataset("tiny", {"train": DATA}, DATA.class_names), None),
        ((DATA.images, DATA.labels), None),
        ([DATA.images, DATA.labels], None),
        ((DATA.images, DATA.labels, np.ones(60)), None),
        (DATA.images[..., 0], DATA.labels.tolist()),
        (DATA.images / 255, [DATA.class_names[label] for label in DATA.labels]),
        (list(DATA.images), DATA.labels),
        ({"image": DATA.images, "label": DATA.labels}, None),
        (iter(list(zip(DATA.images, DATA.labels, strict=True))), None),
    ],
    ids=range(10),
)
def test_every_form_is_the_same_examples(x: Any, y: Any) -> None:  # noqa: ANN401 - as of fit
    """Images, labels and their number."""
    adapter = adapt(x, y)
    examples = to_batches(adapter, DATA.image_shape, ENCODER).all()
    assert len(adapter) == 60
    assert np.array_equal(examples.images, DATA.images)
    assert examples.labels is not None
    assert np.array_equal(examples.labels, DATA.labels)


def test_classes_are_named_where_they_have_names() -> None:
    """By a split or by the labels themselves; indices name nothing."""
    names = [DATA.class_names[label] for label in DATA.labels]
    assert adapt(DATA).class_names == DATA.class_names
    assert adapt(DATA.images, names).class_names == DATA.class_names
    assert adapt(DATA.images, DATA.labels).class_names == ()
    assert [adapt(DATA.images, y).unnamed for y in (names, DATA.labels)] == [False, True]


def test_batches_of_a_collection_set_the_batch_size() -> None:
    """Single images don't."""
    batches = ((DATA.images[k : k + 12], DATA.labels[k : k + 12]) for k in range(0, 60, 12))
    assert adapt(batches).batch_size == 12
    assert adapt(zip(DATA.images, DATA.labels, strict=True)).batch_size is None
    assert adapt(DATA).batch_size is None


def test_rows_have_the_networks_size_or_are_vectors() -> None:
    """A network is built for vectors where rows are given to it first; its images are square."""
    rows = DATA.images.reshape(60, 64)
    assert images_of(rows, (8, 8, 1)).shape == (60, 8, 8, 1)
    assert images_of(rows, (64,)).shape == (60, 8, 8, 1)
    data = adapt(rows, DATA.labels)
    assert (data.image_shape, data.input_shape) == ((8, 8, 1), (64,))
    assert adapt(rows[:, :60], DATA.labels).image_shape == (1, 60, 1)
    assert adapt(DATA.images, DATA.labels).input_shape == (8, 8, 1)


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (DATA, DATA.labels, "labels already"),
        (DATA.images, None, "missing labels"),
        (DATA.images[:0], DATA.labels[:0], "no images"),
        (DATA.images[:, :4], DATA.labels, r"don't fit the network.*8×8×1.*4×8×1"),
        ("digits", None, r"not yet data.*sn\.load\('digits'\)"),
        (adapt, None, r"a function is no data.*adapt\(\)"),
    ],
    ids=range(6),
)
def test_others_are_refused(x: Any, y: Any, words: str) -> None:  # noqa: ANN401 - as of fit
    """In one line."""
    with pytest.raises(DataError, match=words) as caught:
        to_batches(adapt(x, y), DATA.image_shape, ENCODER)
    assert "\n" not in str(caught.value)
