"""The same images train and are judged alike, however they lie in memory."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from spritenet.dataset.arrays import as_images

Pixels = NDArray[np.uint8]

LAYOUTS: dict[str, Callable[[Pixels], Pixels]] = {
    "transpose": lambda x: np.ascontiguousarray(x.transpose(0, 3, 1, 2)).transpose(0, 2, 3, 1),
    "bgr": lambda x: np.ascontiguousarray(x[..., ::-1])[..., ::-1],
    "every second": lambda x: np.repeat(x, 2, axis=0)[::2],
    "crop": lambda x: np.pad(x, ((0, 0), (1, 1), (2, 2), (0, 0)))[:, 1:-1, 2:-2],
    "mirror": lambda x: np.ascontiguousarray(x[:, :, ::-1])[:, :, ::-1],
    "reversed": lambda x: np.ascontiguousarray(x[::-1])[::-1],
    "fortran": np.asfortranarray,
    "broadcast channel": lambda x: np.broadcast_to(x[..., :1], x.shape),
}


def pixels(count: int = 40) -> Pixels:
    """Images 6×6×3 of noise."""
    return np.random.default_rng(0).integers(0, 256, (count, 6, 6, 3), np.uint8)


def model() -> sn.Sequential:
    """A small network for them, always with the same weights."""
    network = sn.Sequential([sn.layers.Flatten(), sn.layers.Dense(3, activation="softmax")])
    network.compile(sn.optimizers.SGD(0.1), "categorical_crossentropy", metrics=["accuracy"])
    return network


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout_gives_the_same_numbers(layout: str) -> None:
    """`fit`, `validation_data`, `validation_split`, `evaluate` and `predict` of a strided array."""
    images = LAYOUTS[layout](pixels())
    assert not images.flags.c_contiguous
    plain = np.ascontiguousarray(images)
    y = np.arange(len(images)) % 3
    found = []
    for x in (plain, images):
        network = model()
        network.fit(x, y, epochs=2, batch_size=8, validation_data=(x, y), verbose=0)
        network.fit(x, y, epochs=1, batch_size=8, validation_split=0.3, verbose=0)
        scores = network.evaluate(x, y)
        found.append((scores.loss, scores.accuracy, network.predict(x), network.predict(x[0])))
    assert found[0][:2] == found[1][:2]
    assert np.array_equal(found[0][2], found[1][2])
    assert np.array_equal(found[0][3], found[1][3])


@pytest.mark.parametrize("layout", LAYOUTS)
def test_any_layout_is_the_same_data(layout: str) -> None:
    """A split, a data set and their content hash; labels that are strided too."""
    images = LAYOUTS[layout](pixels())
    y = np.repeat(np.arange(len(images)) % 3, 2)[::2]
    plain = sn.Split.from_arrays(np.ascontiguousarray(images), y.copy())
    strided = sn.Split.from_arrays(images, y)
    assert strided.images.flags.c_contiguous
    assert strided.content_hash == plain.content_hash
    direct = sn.Split(images, y.astype(np.int32), plain.class_names)
    assert direct.content_hash == plain.content_hash
    assert as_images(images).flags.c_contiguous


def test_strided_labels_weights_and_rows() -> None:
    """Every array that comes with the images may be strided, and so may rows of pixels."""
    images, count = pixels(), 40
    y = np.eye(3, dtype=np.float32)[np.arange(count) % 3]
    weights = np.linspace(0.5, 2, count, dtype=np.float32)
    found = []
    for labels, factors in ((y, weights), (np.asfortranarray(y), np.repeat(weights, 2)[::2])):
        network = model()
        network.fit(images, labels, epochs=1, sample_weight=factors, verbose=0)
        rows = np.asfortranarray(images.reshape(count, -1))
        found.append(network.predict(rows))
    assert np.array_equal(found[0], found[1])
