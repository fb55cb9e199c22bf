"""Pictures become inputs exactly as docs/reference/prepare.md says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import prepare_reference
from spritenet.errors import DataError
from spritenet.prepare import Preparation, prepare
from spritenet.sources.strokes import draw_digits


def page(chance: np.random.Generator, height: int, width: int, channels: int) -> np.ndarray:
    """Paper with a bright or dark patch or line, some noise and uneven light."""
    y, x = np.mgrid[:height, :width]
    slope = chance.uniform(-60, 60, 2)
    levels = chance.integers(20, 236) + slope[0] * y / height + slope[1] * x / width
    a, b, c, d = chance.integers(0, [height, width, height, width])
    patch = (min(a, c) <= y) & (y <= max(a, c)) & (min(b, d) <= x) & (x <= max(b, d))
    if chance.random() < 0.5:
        patch &= np.abs((y - a) * (d - b) - (x - b) * (c - a)) <= chance.integers(1, 6) * height
    levels = levels + patch * chance.integers(-150, 150)
    levels = levels + chance.normal(0, chance.choice([0, 0, 3, 10]), (height, width))
    image = np.repeat(levels[:, :, None], channels, axis=2)
    if channels == 4:
        image[:, :, 3] = np.where(patch, chance.integers(100, 256), chance.integers(0, 256))
    levels_u8: np.ndarray = np.clip(image, 0, 255).astype(np.uint8)
    return levels_u8


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, Preparation]:
    """A small picture, and a way to prepare it."""
    chance = np.random.default_rng(draw(st.integers(0, 2**32)))
    height, width = draw(st.integers(1, 40)), draw(st.integers(1, 40))
    has = draw(st.sampled_from([1, 3, 4]))
    if draw(st.booleans()):
        image = page(chance, height, width, has)
    else:
        image = chance.integers(0, 256, (height, width, has), dtype=np.uint8)
    mode = draw(st.sampled_from(["digit", "digit", "fit", "crop", "stretch"]))
    channels = 1 if mode == "digit" else draw(st.sampled_from([1, 3, 4]))
    sides = st.integers(1, 33)
    return image, Preparation(mode, draw(sides), draw(sides), channels, draw(st.integers(0, 255)))


@settings(max_examples=150)
@given(cases())
def test_it_is_what_the_documentation_says(case: tuple[np.ndarray, Preparation]) -> None:
    """Byte by byte what a second program makes that follows the page."""
    image, preparation = case
    p = preparation
    expected = prepare_reference.prepare(
        image.tolist(), p.mode, p.height, p.width, p.channels, p.background
    )
    prepared = prepare(image, preparation)
    assert prepared.dtype == np.uint8
    assert prepared.tolist() == expected


@pytest.mark.parametrize("shape", [(3000, 2, 1), (2, 2100, 3), (1100, 1030, 1)])
def test_large_pictures_are_what_the_documentation_says(shape: tuple[int, int, int]) -> None:
    """Blocks first, the remainder left out."""
    image = np.random.default_rng(1).integers(0, 256, shape, dtype=np.uint8)
    expected = prepare_reference.prepare(image.tolist(), "stretch", 5, 4, 1, 0)
    assert prepare(image, Preparation("stretch", 5, 4, 1)).tolist() == expected


@pytest.mark.parametrize("level", [0, 1, 100, 254, 255])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_an_even_picture_has_no_ink(level: int, channels: int) -> None:
    """All zeros, whatever the colour."""
    image = np.full((50, 60, channels), level, np.uint8)
    assert not prepare(image, Preparation()).any()


def test_a_noisy_page_has_no_ink() -> None:
    """Paper as a camera sees it, with light from one side: all zeros."""
    chance = np.random.default_rng(2)
    levels = np.linspace(120, 220, 300)[None] + chance.normal(0, 4, (200, 300))
    assert not prepare(levels.astype(np.uint8), Preparation()).any()


def test_an_invisible_drawing_has_no_ink() -> None:
    """Opacity 0 everywhere: all zeros, whatever the colours."""
    image = np.random.default_rng(3).integers(0, 256, (40, 40, 4), dtype=np.uint8)
    image[:, :, 3] = 0
    assert not prepare(image, Preparation()).any()


@pytest.fixture(scope="module")
def digits() -> np.ndarray:
    """Drawn digits, n × 28 × 28."""
    return draw_digits(100, seed=9)[0][:, :, :, 0]


def test_ink_is_the_same_light_or_dark_opaque_or_not(digits: np.ndarray) -> None:
    """White on black, black on white, black on nothing, white on nothing: one result."""
    preparation = Preparation()
    for digit in digits[:30]:
        direct = prepare(digit, preparation)
        assert np.array_equal(prepare(255 - digit, preparation), direct)
        for level in (0, 255):
            drawing = np.full((28, 28, 4), level, np.uint8)
            drawing[:, :, 3] = digit
            assert np.array_equal(prepare(drawing, preparation), direct)


@settings(max_examples=30)
@example(74, (0, 0, 0, 44), 1)
@given(st.integers(0, 99), st.tuples(*[st.integers(0, 60)] * 4), st.integers(1, 6))
def test_place_and_size_on_the_page_do_not_matter(
    digits: np.ndarray, index: int, margins: tuple[int, int, int, int], times: int
) -> None:
    """Moved on its page, or with every pixel repeated, a digit gives the same picture, nearly.

    Seldom not the same bytes: how strong the strongest ink is, is asked of all but a two-thousandth
    of the page's pixels, and a pixel at the ink's edge may then count or not.
    """
    digit = digits[index]
    top, bottom, left, right = margins
    moved = np.pad(digit, ((top, bottom), (left, right)))
    direct = prepare(digit, Preparation()).astype(int)
    assert np.abs(prepare(moved, Preparation()) - direct).mean() < 3
    larger = digit.repeat(times, axis=0).repeat(times, axis=1)
    assert np.abs(prepare(larger, Preparation()) - direct).mean() < 3


def test_ink_comes_where_mnist_has_it(digits: np.ndarray) -> None:
    """The centre of mass at pixel 14 ± ½ (more only at the edge), the box 20 pixels."""
    for digit in digits:
        placed = prepare(digit.repeat(3, axis=0).repeat(3, axis=1), Preparation())[:, :, 0]
        mass = placed.astype(float).sum()
        for axis in (0, 1):
            middle = (placed.sum(axis=axis, dtype=float) * np.arange(28)).sum() / mass
            assert abs(middle - 14) < 0.6
        inked = [np.flatnonzero((placed >= 48).any(axis=axis)) for axis in (0, 1)]
        assert max(np.ptp(places) + 1 for places in inked) in {19, 20, 21}


def test_other_sizes_have_boxes_in_proportion(digits: np.ndarray) -> None:
    """56×56: a box of 40. 28×40: still 20, by the shorter side."""
    for height, width, box in ((56, 56, 40), (28, 40, 20), (7, 7, 5)):
        prepared = prepare(digits[0].repeat(4, 0).repeat(4, 1), Preparation("digit", height, width))
        inked = [np.ptp(np.flatnonzero((prepared >= 48).any(axis=a))) + 1 for a in ((1, 2), (0, 2))]
        assert abs(max(inked) - box) <= 1


def test_modes_show_what_they_promise() -> None:
    """A wide picture, its left third black, the rest white."""
    image = np.full((10, 30, 1), 255, np.uint8)
    image[:, :10] = 0
    fit = prepare(image, Preparation("fit", 12, 12, 1, background=77))[:, :, 0]
    assert (fit[:4] == 77).all()
    assert (fit[4:8, :4] == 0).all()
    assert (fit[4:8, 4:] == 255).all()
    assert (fit[8:] == 77).all()
    assert (prepare(image, Preparation("crop", 12, 12, 1)) == 255).all()
    stretched = prepare(image, Preparation("stretch", 12, 12, 1))[:, :, 0]
    assert (stretched[:, :4] == 0).all()
    assert (stretched[:, 4:] == 255).all()


def test_channels_are_made_as_wanted() -> None:
    """Grey to colour to opacity and back; transparency shows the background."""
    grey = np.full((4, 4, 1), 90, np.uint8)
    assert prepare(grey, Preparation("fit", 4, 4, 3))[0, 0].tolist() == [90, 90, 90]
    assert prepare(grey, Preparation("fit", 4, 4, 4))[0, 0].tolist() == [90, 90, 90, 255]
    clear = np.zeros((4, 4, 4), np.uint8)
    assert prepare(clear, Preparation("fit", 4, 4, 3, background=8))[0, 0].tolist() == [8, 8, 8]
    bars = prepare(np.zeros((2, 4, 3), np.uint8), Preparation("fit", 4, 4, 4, background=8))
    assert bars[0, 0].tolist() == [8, 8, 8, 255]


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((0, 4, 1), np.uint8),
        np.zeros((4, 0, 1), np.uint8),
        np.zeros((4, 4, 2), np.uint8),
        np.zeros((4, 4, 0), np.uint8),
        np.zeros((4, 4, 1), np.float32),
        np.zeros(4, np.uint8),
        np.zeros((1, 4, 4, 1), np.uint8),
    ],
)
def test_what_is_no_picture_is_refused(image: np.ndarray) -> None:
    """Wrong shapes and dtypes, no pixels: one line."""
    with pytest.raises(DataError):
        prepare(image, Preparation())
