"""Pen lines are drawn the same by every build, and as a slow drawing in NumPy has them."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import lines_reference
from spritenet.core import library
from spritenet.core.lines import draw_lines
from spritenet.errors import CoreError


@st.composite
def drawings(draw: st.DrawFn) -> dict[str, Any]:
    """Some drawings of a few points, anywhere in a box."""
    box = draw(st.integers(1, 64))
    size = draw(st.integers(box, 70))
    points = draw(st.integers(1, 12))
    count = draw(st.integers(1, 4))
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    places = chance.integers(0, box * 256, (count, points, 3), endpoint=True)
    if draw(st.booleans()):  # lines as a pen draws them: short pieces, a thin pen
        steps = chance.integers(-300, 300, (count, points, 2)).cumsum(axis=1)
        places[:, :, :2] = np.clip(places[:, :1, :2] + steps, 0, box * 256)
        places[:, :, 2] = np.minimum(chance.integers(0, 700, (count, points)), box * 256)
    if draw(st.booleans()):  # a dot
        places[:] = places[:, :1]
    return {
        "places": places.astype(np.int16),
        "lifts": chance.random(points) < 0.2,
        "gains": chance.integers(16, 4096, count, endpoint=True).astype(np.int32),
        "box": box,
        "size": size,
    }


@settings(max_examples=60)
@given(drawings())
def test_the_core_draws_what_numpy_draws(drawing: dict[str, Any]) -> None:
    """Two programs of the same integers: not a grey level apart."""
    assert np.array_equal(draw_lines(**drawing), lines_reference.draw_lines(**drawing))


def test_a_dot_in_the_box_comes_to_the_middle() -> None:
    """A round dot: symmetric, as dark as can be in its middle, centred on pixel 14."""
    places = np.array([[[2500, 2500, 300]] * 2], np.int16)
    picture = draw_lines(places, np.array([True, False]), np.array([256], np.int32))[0, :, :, 0]
    rows, columns = np.nonzero(picture)
    mass = picture[rows, columns].astype(float)
    assert abs((rows * mass).sum() / mass.sum() - 14) <= 0.5
    assert np.array_equal(picture, picture.T)
    assert picture.max() == 255


PROGRAM = """
import hashlib, numpy as np
from spritenet.core.lines import draw_lines
chance = np.random.default_rng(0)
places = chance.integers(0, 20 * 256, (200, 9, 3))
places[:, :, 2] = chance.integers(0, 700, (200, 9))
lines = draw_lines(places.astype(np.int16), chance.random(9) < 0.2,
                   chance.integers(150, 400, 200).astype(np.int32))
print(hashlib.sha256(lines).hexdigest())
"""


def test_every_instruction_set_draws_the_same() -> None:
    """One hash from all builds that this processor runs."""
    hashes = {
        build: subprocess.run(
            [sys.executable, "-c", PROGRAM],
            env=os.environ | {"SPRITENET_ISA": build},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for build in library.builds()
    }
    assert len(set(hashes.values())) == 1, hashes


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"box": 0}, "1 to 64"),
        ({"box": 65, "size": 70}, "1 to 64"),
        ({"size": 19}, "must hold the box"),
        ({"gains": np.array([15], np.int32)}, "gain"),
        ({"gains": np.array([256, 256], np.int32)}, "sizes of the arrays differ"),
        ({"places": np.full((1, 2, 3), -1, np.int16)}, "outside"),
        ({"places": np.full((1, 2, 3), 20 * 256 + 1, np.int16)}, "outside"),
        ({"places": np.zeros((1, 0, 3), np.int16), "lifts": np.zeros(0, bool)}, "too few"),
    ],
)
def test_what_is_out_of_range_is_refused(change: dict[str, Any], words: str) -> None:
    """The core checks its host, and says what was wrong."""
    good: dict[str, Any] = {
        "places": np.full((1, 2, 3), 256, np.int16),
        "lifts": np.array([True, False]),
        "gains": np.array([256], np.int32),
        "box": 20,
        "size": 28,
    }
    with pytest.raises(CoreError, match=words):
        draw_lines(**good | change)
