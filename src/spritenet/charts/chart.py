"""Chart: lines and bars on labelled axes, as data that any renderer draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["COLOURS", "Bars", "Chart", "Line"]

COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#b38600", "#56b4e9")
"""Okabe and Ito's, which colour-blind people can tell apart (https://jfly.uni-koeln.de/color/)."""


@dataclass(frozen=True, slots=True, eq=False)
class Line:
    """A line of a chart.

    Attributes:
        name: in the legend; "" for none.
        x: (n,).
        y: (n,); NaN leaves a gap.
        low: the lower edge of a band around it, (n,), or None.
        high: the upper edge, or None.
        dots: True for a dot at each point.
        dashed: True for a faint dashed line, as a reference.
        colour: its index in `COLOURS`, or None for its place in the chart.
        label: a word beside its last point; "" for none.
    """

    name: str
    x: ArrayLike
    y: ArrayLike
    low: ArrayLike | None = None
    high: ArrayLike | None = None
    dots: bool = False
    dashed: bool = False
    colour: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Bars of a chart, from zero.

    Attributes:
        name: in the legend; "" for none.
        edges: of the bars, (n + 1,).
        heights: (n,).
        gap: the fraction of a bar's width that stays free between two bars.
        colour: its index in `COLOURS`.
    """

    name: str
    edges: ArrayLike
    heights: ArrayLike
    gap: float = 0.0
    colour: int = 0


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """Lines and bars on labelled axes.

    Attributes:
        content: in the order in which they are drawn.
        x_label: of the x axis, with its unit.
        y_label: of the y axis, with its unit.
        x_range: the ends of the x axis; None, or an empty range, for that of the values.
        y_range: likewise.
        x_log: True for a logarithmic x axis, of values above 0.
        from_zero: True for a y axis that includes 0, so that half as high is half as much.
        percent: True if y is a fraction, shown in per cent.
        marked: an x to draw a dotted line at.
        note: a remark on the values, such as "means of 4 steps"; "" for none.
        description: a sentence for readers who can't see the chart.
    """

    content: tuple[Line | Bars, ...]
    x_label: str
    y_label: str
    x_range: tuple[float, float] | None = None
    y_range: tuple[float, float] | None = None
    x_log: bool = False
    from_zero: bool = False
    percent: bool = False
    marked: float | None = None
    note: str = ""
    description: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """The names that a legend needs; none if a single line explains itself."""
        names = tuple(item.name for item in self.content if item.name)
        return names if len(names) > 1 else ()
