"""Changes of images are SciPy's, and curves count what they say."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from spritenet.report import perturbations
from spritenet.report.robustness import robustness_curves

ndimage = pytest.importorskip("scipy.ndimage", reason="scipy is the oracle of changed images")

IMAGES = np.random.default_rng(0).integers(0, 256, (9, 12, 15, 3), np.uint8)
IMAGES[:, [0, -1]] = IMAGES[:, :, [0, -1]] = 0  # a dark edge: what stands out is light


def close(ours: NDArray[np.uint8], theirs: NDArray[np.float64]) -> None:
    """Equal but for the rounding of halves."""
    np.testing.assert_allclose(ours.astype(float), np.clip(np.rint(theirs), 0, 255), atol=1)


def test_shifts_are_scipys() -> None:
    """Right, down, left, up in turn; the edge goes on."""
    moved = perturbations.shift(IMAGES, 2)
    for i, way in enumerate([(0, 2), (2, 0), (0, -2), (-2, 0)] * 2):
        expected = ndimage.shift(IMAGES[i], (*way, 0), order=0, mode="nearest")
        np.testing.assert_array_equal(moved[i], expected)


@pytest.mark.parametrize("degrees", [0, 10, 90, -37])
def test_rotations_are_scipys(degrees: float) -> None:
    """Anticlockwise as one sees it, around the middle, straight lines between pixels."""
    expected = ndimage.rotate(
        IMAGES.astype(float), degrees, axes=(1, 2), reshape=False, order=1, mode="nearest"
    )
    close(perturbations.rotate(IMAGES, degrees), expected)


@pytest.mark.parametrize("deviation", [0.5, 1.5, 3])
def test_blurs_are_scipys(deviation: float) -> None:
    """A Gaussian cut at three deviations."""
    radius = int(np.ceil(3 * deviation))
    sigma = (0, deviation, deviation, 0)
    expected = ndimage.gaussian_filter(
        IMAGES.astype(float), sigma, mode="nearest", radius=(0, radius, radius, 0)
    )
    close(perturbations.blur(IMAGES, deviation), expected)


@pytest.mark.parametrize("pixels", [-2, -1, 0, 1, 2])
def test_thickness_is_scipys_dilation(pixels: int) -> None:
    """With a cross, as often as there are pixels; of dark things on light, the dark."""
    cross = ndimage.generate_binary_structure(2, 1)[None, :, :, None]
    expected = IMAGES
    for _ in range(abs(pixels)):
        step = ndimage.grey_dilation if pixels > 0 else ndimage.grey_erosion
        expected = step(expected, footprint=cross, mode="nearest")
    np.testing.assert_array_equal(perturbations.thicken(IMAGES, pixels), expected)
    np.testing.assert_array_equal(perturbations.thicken(255 - IMAGES, pixels), 255 - expected)


def test_noise_has_its_deviation_and_its_seed() -> None:
    """The same noise every time; nothing wraps around."""
    grey = np.full((50, 20, 20, 1), 128, np.uint8)
    noisy = perturbations.add_noise(grey, 16)
    assert noisy.std() == pytest.approx(16, rel=0.03)
    assert noisy.mean() == pytest.approx(128, abs=0.5)
    np.testing.assert_array_equal(noisy, perturbations.add_noise(grey, 16))
    assert perturbations.add_noise(np.full((50, 9, 9, 1), 255, np.uint8), 64).min() > 0


def test_curves_count_what_is_right() -> None:
    """A predictor that looks at the middle pixel; nothing changes at level 0."""
    images = np.zeros((40, 28, 28, 1), np.uint8)
    labels = (np.arange(40) % 2).astype(np.int32)
    images[labels == 1, 14, 14] = 255
    calls: list[int] = []

    def predict(given: NDArray[np.uint8]) -> NDArray[np.int64]:
        calls.append(len(given))
        return (given[:, 14, 14, 0] > 128).astype(np.int64)

    curves = {curve.name: curve for curve in robustness_curves(predict, images, labels)}
    assert list(curves) == ["shift", "rotation", "noise", "blur", "thickness"]
    assert set(calls) == {40}
    for curve in curves.values():
        at_rest = curve.levels.index(0)
        assert list(curve.levels) == sorted(curve.levels)
        assert curve.accuracy[at_rest] == 1
        assert len(curve.examples) == len(curve.levels) == len(curve.low) == len(curve.high)
        assert all(
            a <= b <= c for a, b, c in zip(curve.low, curve.accuracy, curve.high, strict=True)
        )
    shift = curves["shift"]
    assert shift.accuracy[shift.levels.index(3)] == 0.5  # the pixel has gone; zeros are right still
    thick = curves["thickness"]
    assert thick.accuracy[thick.levels.index(-1)] == 0.5
    assert thick.accuracy[thick.levels.index(1)] == 1


def test_levels_grow_with_the_images() -> None:
    """Twice the side, twice the pixels; degrees and grey levels stay."""
    images = np.zeros((1, 56, 56, 1), np.uint8)
    curves = robustness_curves(
        lambda given: np.zeros(len(given), np.int64), images, np.zeros(1, np.int32)
    )
    levels = {curve.name: curve.levels for curve in curves}
    assert max(levels["shift"]) == 12
    assert max(levels["rotation"]) == 60
    assert max(levels["blur"]) == 6


def test_tiny_images_have_fewer_curves() -> None:
    """On 4×4 pixels a stroke can't get thicker in proportion: no curve has a single level."""
    images = np.zeros((1, 4, 4, 1), np.uint8)
    curves = robustness_curves(
        lambda given: np.zeros(len(given), np.int64), images, np.zeros(1, np.int32)
    )
    assert [curve.name for curve in curves] == ["shift", "rotation", "noise", "blur"]
    assert all(len(curve.levels) > 1 for curve in curves)
