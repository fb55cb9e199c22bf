"""Scale: an axis, its round numbers and the pixels of its values."""

from __future__ import annotations

import math
from dataclasses import dataclass

__all__ = ["Scale", "span"]

STEPS = (1, 2, 5, 10)


@dataclass(frozen=True, slots=True)
class Scale:
    """An axis, straight or logarithmic.

    Attributes:
        low: the value at its beginning.
        high: the value at its end, above low.
        start: the pixel of `low`.
        end: the pixel of `high`.
        percent: True if values are fractions, shown in per cent.
        logarithmic: True for a logarithmic axis; `low` is above 0.
    """

    low: float
    high: float
    start: float
    end: float
    percent: bool = False
    logarithmic: bool = False

    def place(self, value: float) -> float:
        """Returns the pixel of a value; that of the nearer end for one outside."""
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = math.log(low), math.log(high), math.log(max(value, low))
        fraction = (value - low) / (high - low)
        return self.start + min(1.0, max(0.0, fraction)) * (self.end - self.start)

    def ticks(self, most: int = 6) -> list[tuple[float, str]]:
        """Returns at most `most` round values inside, with their texts."""
        if self.logarithmic:
            return self._powers(most)
        rough = (self.high - self.low) / max(1, most - 1)
        power = 10.0 ** math.floor(math.log10(rough))
        step = next((s * power for s in STEPS if s * power >= rough * 0.999), 10 * power)
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        return [(i * step, self._text(i * step, step)) for i in range(first, last + 1)]

    def _powers(self, most: int) -> list[tuple[float, str]]:
        """Returns 1, 2 and 5 times the powers of ten inside, or the powers alone if too many."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        for digits in ((1, 2, 5), (1,)):
            values = [digit * 10.0**power for power in range(first, last + 1) for digit in digits]
            inside = [value for value in values if self.low <= value <= self.high]
            if len(inside) <= most:
                break
        return [(value, self._text(value, value)) for value in inside[:: -(-len(inside) // most)]]

    def _text(self, value: float, step: float) -> str:
        """Returns a value with the digits that its step needs."""
        unit, factor = (" %", 100) if self.percent else ("", 1)
        digits = max(0, -math.floor(math.log10(step * factor) + 1e-9))
        shown = value * factor
        plain = digits <= 5 and abs(shown) < 1e8
        text = f"{shown:,.{digits}f}{unit}" if plain else f"{shown:.3g}{unit}"
        return text.replace("-", "−") if value else f"0{unit}"


def span(values: list[float], *, from_zero: bool = False) -> tuple[float, float]:
    """Returns the range of the finite values, never empty, with a little room."""
    finite = [value for value in values if math.isfinite(value)]
    if not finite:
        return 0.0, 1.0
    low, high = min(finite), max(finite)
    if from_zero:
        low, high = min(0.0, low), max(0.0, high)
    if high - low <= 1e-9 * max(1.0, abs(high)):
        room = abs(high) / 2 if abs(high) > 1e-9 else 0.5
        return (0.0, high + room) if from_zero and low >= 0 else (low - room, high + room)
    room = (high - low) * 0.04
    return (low if from_zero and low == 0 else low - room), high + room
