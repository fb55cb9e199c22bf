"""A thinned curve is NumPy's means, smallest and largest values of equally many points."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from spritenet.charts import Thinned

FINITE = st.floats(-1e6, 1e6)


@given(st.lists(FINITE, min_size=1, max_size=300))
def test_a_thinned_curve_keeps_mean_least_and_greatest(values: list[float]) -> None:
    """However many there are, never more than `most` points; nothing is lost from the range."""
    curve = Thinned(most=8)
    for step, value in enumerate(values):
        curve.add(step, value)
    assert len(curve) <= 8
    assert curve.low.min() == min(values)
    assert curve.high.max() == max(values)
    full = len(values) // curve.each
    means = np.array(values[: full * curve.each]).reshape(full, -1).mean(axis=1)
    np.testing.assert_allclose(curve.y[:full], means, atol=1e-3)


def test_a_curve_of_arrays_is_that_of_its_points() -> None:
    """`of` adds one point after another."""
    x, y = np.arange(1000), np.arange(1000) % 7
    curve = Thinned.of(x, y)
    assert curve.each == 4
    np.testing.assert_allclose(curve.x, x.reshape(-1, 4).mean(axis=1))
    np.testing.assert_allclose(curve.y, y.reshape(-1, 4).mean(axis=1))
