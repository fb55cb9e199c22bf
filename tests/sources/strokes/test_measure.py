"""A network that was trained on synthetic digits alone reads handwritten ones."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from spritenet import networks
from spritenet.dataset import Split
from spritenet.prepare import Preparation, prepare

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reader() -> sn.Model:
    """The tutorial network after four epochs of strokes."""
    train = sn.load("strokes").train
    model = networks.get("tutorial", train)
    optimizer = sn.Adam(sn.OneCycle(0.006))
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(train, epochs=4, batch_size=64, seed=0, verbose=0)
    return model


def test_it_reads_other_drawn_digits(reader: sn.Model) -> None:
    """Believably: most, not all."""
    accuracy = reader.evaluate(sn.load("strokes").test, verbose=0)[1]
    assert 0.95 < accuracy < 0.995


def test_it_reads_mnist(reader: sn.Model, mnist_folder: Path) -> None:
    """The bar is 90 %; 97 % is usual. No image of MNIST had a part in the drawing."""
    assert reader.evaluate(sn.load(mnist_folder).test, verbose=0)[1] > 0.96


def test_preparing_mnist_changes_little(reader: sn.Model, mnist_folder: Path) -> None:
    """Dark on light, twice as large, off-centre on a page: read as well as before."""
    test = sn.load(mnist_folder).test[:1000]
    direct = reader.evaluate(test, verbose=0)[1]
    chance = np.random.default_rng(0)
    images = []
    for image in test.images[:, :, :, 0]:
        top, bottom, left, right = chance.integers(0, 40, 4)
        page = np.pad(image.repeat(2, axis=0).repeat(2, axis=1), ((top, bottom), (left, right)))
        images.append(prepare(255 - page, Preparation()))
    prepared = Split(np.stack(images), test.labels, test.class_names)
    assert reader.evaluate(prepared, verbose=0)[1] > direct - 0.005
    assert np.abs(prepared.images.astype(int) - test.images).mean() < 2
