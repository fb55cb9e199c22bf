"""Multipliers and rounding, against Python's integers and fractions."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spritenet.errors import ModelError
from spritenet.quantization.fixed_point import multipliers, requantize, shared_multipliers


@given(st.integers(-(2**31), 2**31 - 1), st.integers(0, 2**31 - 1), st.integers(1, 62))
def test_rounds_halves_up(total: int, multiplier: int, shift: int) -> None:
    """The rule is floor(x + 1/2) of the exact product, with no overflow at the limits."""
    exact = floor(Fraction(total * multiplier, 2**shift) + Fraction(1, 2))
    assert requantize(np.array([total]), multiplier, shift)[0] == exact


@given(st.floats(2.0**-31, 2.0**29))
def test_multiplier_has_31_bits(ratio: float) -> None:
    """A factor is exact to 2**-23 of itself, and float32 holds it."""
    (multiplier,), (shift,) = multipliers([ratio], "layer")
    assert 2**30 <= multiplier < 2**31
    assert 1 <= shift <= 62
    found = Fraction(int(multiplier), 2 ** int(shift))
    assert abs(found / Fraction(ratio) - 1) <= Fraction(1, 2**23)
    assert Fraction(float(np.float32(multiplier))) == multiplier


@given(st.floats(2.0**-20, 0.5, exclude_max=True), st.integers(-(2**24) + 1, 2**24 - 1))
def test_no_product_is_a_half(ratio: float, total: int) -> None:
    """So a float32 multiplication and addition, rounded once and to even, rounds as the rule."""
    (multiplier,), (shift,) = multipliers([ratio], "layer")
    assert Fraction(total * int(multiplier), 2 ** int(shift)) % 1 != Fraction(1, 2)


def test_tiny_factors_lose_bits_and_huge_ones_are_refused() -> None:
    """A shift is at most 62; a factor of 2**30 or more has none."""
    (multiplier,), (shift,) = multipliers([2.0**-60], "layer")
    assert (multiplier, shift) == (4, 62)
    assert multipliers([1e-30], "layer")[0][0] == 0
    with pytest.raises(ModelError, match="layer"):
        multipliers([2.0**30], "layer")


@given(st.lists(st.floats(-100, 100), min_size=1, max_size=9))
def test_shared_multipliers_fit_32_bits(ratios: list[float]) -> None:
    """The largest sum with its rounding is below 2**31; factors are exact to 2**-14."""
    multiplier, shift = shared_multipliers(ratios, "layer")
    total = 255 * int(np.abs(multiplier.astype(np.int64)).sum()) + 2 ** (shift - 1)
    assert total < 2**31
    largest = max(abs(ratio) for ratio in ratios)
    for ratio, found in zip(ratios, multiplier, strict=True):
        assert abs(float(found) / 2.0**shift - ratio) <= max(largest * 2**-14, 2.0**-24)
