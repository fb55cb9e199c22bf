"""Ways to write digits that `strokes2` adds are read, drawn by lines that are in no data set."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from drawings import canvas, moved
from spritenet.prepare import Preparation, prepare
from spritenet.sources.strokes import strokes

Line = NDArray[np.float32]

TURN = np.linspace(0, 2 * np.pi, 60)


def long_flag(slope: float) -> list[Line]:
    """A 1 whose flag begins low on the left; without a foot."""
    return [np.array([[0.05, 0.3 + slope], [0.55, 0.0], [0.55, 1.0]], np.float32)]


def oval(width: float) -> Line:
    """A closed 0."""
    x, y = 0.5 - width / 2 * np.sin(TURN), 0.5 - 0.5 * np.cos(TURN)
    return np.stack([x, y], axis=1).astype(np.float32)


def slashed(reach: float) -> list[Line]:
    """A 0 with a line through it, from the upper right."""
    slash = [[0.5 + 0.4 * reach, 0.5 - 0.5 * reach], [0.5 - 0.4 * reach, 0.5 + 0.5 * reach]]
    return [oval(0.72), np.array(slash, np.float32)]


WAYS = {
    "a 1 with a long flag": (1, [long_flag(slope) for slope in (0.1, 0.2, 0.3)]),
    "a slashed 0": (0, [slashed(reach) for reach in (0.7, 0.9, 1.1)]),
    "a narrow 0": (0, [[oval(width)] for width in (0.3, 0.4, 0.5)]),
}


@pytest.fixture(scope="module")
def reader() -> sn.Sequential:
    """The tutorial's network on `strokes2`."""
    data = strokes(10_000, 1, seed=4, version=2)
    model = sn.networks.tutorial(data.train)
    model.compile(sn.Adam(sn.OneCycle(0.006)), "sparse_categorical_crossentropy")
    model.fit(data.train, batch_size=32, epochs=2, verbose=0)
    return model


@pytest.mark.parametrize("way", WAYS)
def test_it_is_read(reader: sn.Sequential, way: str) -> None:
    """By thin and thick pens, upright and slanted."""
    digit, drawings = WAYS[way]
    images = [
        prepare(canvas(moved(tuple(lines), slant=slant), pen), Preparation())
        for lines in drawings
        for slant in (-0.15, 0.0, 0.15)
        for pen in (10, 18, 26)
    ]
    assert (reader.predict_classes(np.stack(images)) == digit).mean() > 0.8
