"""histogram: counts of values in bins of equal width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.charts.chart import Bars, Chart

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = ["histogram"]


def histogram(
    values: ArrayLike, bins: int | None = None, *, x_label: str = "value", y_label: str = "count"
) -> Chart:
    """Counts the finite values in bins; the note gives the number of the others.

    Args:
        values: of any shape.
        bins: their number; chosen by Freedman and Diaconis's rule if None.
        x_label: of the x axis, with its unit.
        y_label: of the y axis.
    """
    flat = np.asarray(values, np.float64).ravel()
    finite = flat[np.isfinite(flat)]
    content: tuple[Bars, ...] = ()
    if finite.size:
        counts, edges = np.histogram(finite, bins or _edges(finite))
        content = (Bars("", edges, counts),)
    left_out = flat.size - finite.size
    return Chart(
        content,
        x_label=x_label,
        y_label=y_label,
        from_zero=True,
        note=f"{left_out:,} not finite" if left_out else "",
        description=f"Histogram of {flat.size:,} values.",
    )


def _edges(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Returns the edges of bins by Freedman and Diaconis's rule, 5 to 100 of them."""
    low, high = float(values.min()), float(values.max())
    if high <= low:
        return np.array([low - 0.5, low + 0.5])
    upper, lower = np.percentile(values, [75, 25])
    width = 2 * float(upper - lower) / len(values) ** (1 / 3)
    count = int(np.clip((high - low) / width, 5, 100)) if width > 0 else 10
    return np.linspace(low, high, count + 1)
