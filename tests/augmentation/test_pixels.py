"""Augmented pixels against SciPy and Keras's formulas, with ranges that leave one value."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import spritenet as sn
from spritenet.augmentation import augmented, find_steps
from spritenet.layers import Layer

ndimage = pytest.importorskip("scipy.ndimage", reason="SciPy is the oracle here")
stats = pytest.importorskip("scipy.stats")

MODES = {
    "constant": "grid-constant",
    "nearest": "nearest",
    "reflect": "reflect",
    "wrap": "grid-wrap",
}
fills = st.sampled_from(list(MODES))
sides = st.tuples(st.integers(1, 14), st.integers(1, 90), st.sampled_from([1, 3]))
fractions = st.floats(-0.9, 0.9)


def noise(shape: tuple[int, ...], seed: int = 0, count: int = 1) -> NDArray[np.uint8]:
    """Random images n h w c."""
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), dtype=np.uint8)


def sampled(
    image: NDArray[np.uint8], matrix: NDArray[np.float64], fill: str, value: float, order: int = 1
) -> NDArray[np.float64]:
    """The image h w c resampled by SciPy; the matrix takes (x, y, 1) of the result to the image."""
    height, width, channels = image.shape
    y, x = np.mgrid[:height, :width]
    places = np.tensordot(matrix, np.stack([x, y, np.ones_like(x)]).astype(float), 1)
    planes = [
        ndimage.map_coordinates(
            image[..., c].astype(float), places[[1, 0]], order=order, mode=MODES[fill], cval=value
        )
        for c in range(channels)
    ]
    return np.stack(planes, axis=-1)


def matrix(layer: str, first: float, second: float, height: int, width: int) -> NDArray[np.float64]:
    """Keras's, from the result to the image."""
    if layer == "translation":
        return np.array([[1, 0, -second * width], [0, 1, -first * height]])
    if layer == "rotation":
        cosine, sine = math.cos(2 * math.pi * first), math.sin(2 * math.pi * first)
        w, h = width - 1, height - 1
        across, down = (w - (cosine * w - sine * h)) / 2, (h - (sine * w + cosine * h)) / 2
        return np.array([[cosine, -sine, across], [sine, cosine, down]])
    zoom_y, zoom_x = 1 + first, 1 + second
    return np.array(
        [[zoom_x, 0, (width - 1) / 2 * (1 - zoom_x)], [0, zoom_y, (height - 1) / 2 * (1 - zoom_y)]]
    )


def random_layer(kind: str, first: float, second: float, **how: Any) -> Layer:
    """The layer of one fixed value."""
    if kind == "translation":
        return sn.RandomTranslation((first, first), (second, second), **how)
    if kind == "rotation":
        return sn.RandomRotation((first, first), **how)
    return sn.RandomZoom((first, first), (second, second), **how)


@settings(max_examples=150)
@given(sides, st.sampled_from(["translation", "rotation", "zoom"]), fractions, fractions, fills)
def test_moved_pixels_are_scipys(
    shape: tuple[int, int, int], kind: str, first: float, second: float, fill: str
) -> None:
    """Every fill mode, any size and channels, interpolated to 1/256 of a pixel."""
    image = noise(shape)
    layer = random_layer(kind, first, second, fill_mode=fill, fill_value=77)
    got = augmented(image, find_steps(layer))[0]
    height, width, _ = shape
    expected = sampled(image[0], matrix(kind, first, second, height, width), fill, 77)
    assert np.abs(got - expected).max() <= 0.5 + 255 * 2 / 128


def test_nearest_pixels_are_scipys() -> None:
    """Without interpolation every pixel is one of the image's."""
    image = noise((9, 11, 1))
    layer = sn.RandomTranslation((0.3, 0.3), (-0.2, -0.2), "constant", "nearest", 5.0)
    expected = sampled(image[0], matrix("translation", 0.3, -0.2, 9, 11), "constant", 5, 0)
    np.testing.assert_array_equal(augmented(image, find_steps(layer))[0], expected)


def test_layers_in_a_row_resample_once() -> None:
    """Turned and turned back is the image, where two resamplings would blur it."""
    image = noise((16, 16, 1))
    there, back = sn.RandomRotation((0.05, 0.05)), sn.RandomRotation((-0.05, -0.05))
    assert np.abs(augmented(image, find_steps([there, back])).astype(int) - image).max() <= 2
    turned, moved = sn.RandomRotation((0.1, 0.1)), sn.RandomTranslation((0.2, 0.2), (0.1, 0.1))
    product = [
        np.vstack([matrix(kind, first, second, 16, 16), [0, 0, 1]])
        for kind, first, second in (("rotation", 0.1, 0), ("translation", 0.2, 0.1))
    ]
    expected = sampled(image[0], (product[0] @ product[1])[:2], "reflect", 0)
    got = augmented(image, find_steps([turned, moved]))[0]
    assert np.abs(got - expected).max() <= 0.5 + 255 * 2 / 128


def test_shears_are_kerass() -> None:
    """By a factor or the negative one: x' = x + a y, y' = y + b x."""
    images = np.repeat(noise((9, 8, 1)), 20, axis=0)
    got = augmented(images, find_steps(sn.RandomShear((0.2, 0.2), (0.1, 0.1), fill_mode="wrap")))
    both = [
        sampled(images[0], np.array([[1, s * 0.2, 0], [s * 0.1, 1, 0]]), "wrap", 0) for s in (1, -1)
    ]
    found = {int(np.argmin([np.abs(one - side).max() for side in both])) for one in got}
    assert found == {0, 1}
    for one in got:
        assert min(np.abs(one - side).max() for side in both) <= 0.5 + 255 * 2 / 128


def test_flips_are_exact() -> None:
    """All four of both directions, with a share of the images each."""
    images = np.repeat(noise((6, 7, 3)), 400, axis=0)
    sideways, upside = images[0][:, ::-1], images[0][::-1]
    for mode, wanted in {
        "horizontal": [images[0], sideways],
        "vertical": [images[0], upside],
        "horizontal_and_vertical": [images[0], sideways, upside, upside[:, ::-1]],
    }.items():
        got = augmented(images, find_steps(sn.RandomFlip(mode)))
        counts = [int((got == one).all(axis=(1, 2, 3)).sum()) for one in wanted]
        assert sum(counts) == len(images)
        assert min(counts) > 0.7 * len(images) / len(wanted)


def test_brightness_and_contrast_are_kerass() -> None:
    """To half a value; the mean is each channel's; values are clipped to their range."""
    image = noise((5, 6, 3), count=4)
    bright = augmented(image, find_steps(sn.RandomBrightness((0.25, 0.25), (10, 210))))
    assert np.abs(bright - np.clip(image + 0.25 * 200, 10, 210)).max() <= 0.5
    contrast = augmented(image, find_steps(sn.RandomContrast((0.0, 0.4))))
    mean = image.mean(axis=(1, 2), keepdims=True)
    for one, before, middle in zip(contrast, image, mean, strict=True):
        spread = (before - middle).std()
        factor = (one - middle).std() / spread
        assert 0.9 <= factor <= 1.45
    fixed = augmented(image, find_steps(sn.RandomContrast((0, 0))))
    np.testing.assert_array_equal(fixed, image)


def test_rectangles_are_erased() -> None:
    """One each, of the fraction that `scale` says; others are untouched."""
    images = noise((40, 40, 2), count=200) // 2
    layer = sn.RandomErasing((0.5, 0.5), (0.25, 0.25), 200.0)
    erased = augmented(images, find_steps(layer)) == 200
    some = erased.any(axis=(1, 2, 3))
    assert 70 <= some.sum() <= 130
    for one in erased[some]:
        rows, columns = np.flatnonzero(one.any(axis=(1, 2))), np.flatnonzero(one.any(axis=(0, 2)))
        assert one[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].all()
        assert one.sum() == 2 * len(rows) * len(columns)
        assert {len(rows), len(columns)} <= {20, 21}
    noisy = augmented(images, find_steps(sn.RandomErasing((1, 1), (1, 1))))
    assert 0.4 < (noisy == 0).mean() < 0.6  # of normally distributed noise, the negative half
    assert noisy.std() > 50


def test_bent_images_move_as_far_as_kerass() -> None:
    """The displacements' standard deviation is that of Keras's blurred noise."""
    side = 40
    ramp = np.tile(np.arange(side, dtype=np.uint8) * 6, (side, 1))[None, ..., None]
    bent = augmented(np.repeat(ramp, 60, axis=0), find_steps({"elastic": (1, 1)}))
    middle = slice(12, 28)
    moved = (bent.astype(float) - ramp)[:, middle, middle] / 6
    alpha, sigma = side * 0.1, side * 0.05
    radius = 3 * int(sigma)
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / sigma) ** 2)
    kernel /= kernel.sum()
    expected = alpha * sigma * (kernel**2).sum()
    assert moved.std() == pytest.approx(expected, rel=0.1)
    assert abs(moved.mean()) < 0.1 * expected


def test_parameters_are_distributed_evenly() -> None:
    """A translation between its limits, over images and over epochs."""
    ramp = np.tile(np.arange(100, dtype=np.uint8) * 2, (3, 1))[None, ..., None]
    layer = find_steps(sn.RandomTranslation((0, 0), (-0.1, 0.3)))
    over_images = augmented(np.repeat(ramp, 3000, axis=0), layer)
    over_epochs = [augmented(ramp, layer, epoch=epoch)[0] for epoch in range(1500)]
    for images in (over_images, np.stack(over_epochs)):
        moved = (100 - images[:, 1, 50, 0].astype(float)) / 2
        assert stats.kstest(moved, stats.uniform(-10, 40).cdf).pvalue > 0.001


def test_an_image_alone_decides() -> None:
    """Whatever images are beside it: seed, epoch and its number are all."""
    images = noise((8, 8, 1), count=9)
    steps = find_steps("photos,erasing=1,elastic=1")
    whole = augmented(images, steps, seed=3, epoch=2)
    order = np.array([4, 0, 8])
    part = augmented(images[order], steps, seed=3, epoch=2, identities=order)
    np.testing.assert_array_equal(part, whole[order])
    others = [augmented(images, steps, seed=s, epoch=e) for s, e in ((4, 2), (3, 3))]
    for one, other in itertools.combinations([whole, *others], 2):
        assert (one != other).mean() > 0.5
