"""Pen lines pass through their points, smoothly or with corners."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from spritenet.sources.strokes.curves import SAMPLES, interpolate, smooth_through

POINTS = hnp.arrays(
    np.float32,
    hnp.array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=8),
    elements=st.floats(-2, 2, width=32),
)


@given(POINTS)
def test_a_line_passes_through_its_points(points: np.ndarray) -> None:
    """Every SAMPLES-th place is a control point, to the last bit but the sum's rounding."""
    x, y = smooth_through(points, points[::-1].copy(), np.zeros_like(points))
    assert np.allclose(x[:, ::SAMPLES], points, atol=1e-6)
    assert np.allclose(y[:, ::SAMPLES], points[::-1], atol=1e-6)


@given(POINTS)
def test_full_corners_make_straight_lines(points: np.ndarray) -> None:
    """Between two corners the pen goes straight, if not evenly fast."""
    inner = np.ones_like(points)
    x, y = smooth_through(points, points, inner)
    if points.shape[1] == 2:
        assert np.allclose(x, interpolate(points), atol=1e-4)
    assert np.allclose(x, y)


def test_points_on_a_circle_give_nearly_a_circle() -> None:
    """Eight points of a circle: the line between them stays within 3 % of its radius."""
    angles = np.linspace(0, 2 * np.pi, 9)
    x, y = np.cos(angles, dtype=np.float32)[None], np.sin(angles, dtype=np.float32)[None]
    line_x, line_y = smooth_through(x, y, np.zeros_like(x))
    assert np.abs(np.hypot(line_x, line_y) - 1).max() < 0.03


def test_values_are_interpolated_in_straight_lines() -> None:
    """Against NumPy's own interpolation."""
    values = np.array([[0, 1, -1, 4]], np.float32)
    places = np.arange(3 * SAMPLES + 1) / SAMPLES
    assert np.allclose(interpolate(values)[0], np.interp(places, np.arange(4), values[0]))
