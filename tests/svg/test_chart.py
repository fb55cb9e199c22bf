"""Charts as SVG: well-formed, escaped, with what was given in its place."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spritenet.svg import Bars, Line, Thinned, chart
from spritenet.svg.scale import Scale, span

SVG = "{http://www.w3.org/2000/svg}"
FINITE = st.floats(-1e6, 1e6)


def parsed(text: str) -> ET.Element:
    """The element of a chart of ours."""
    return ET.fromstring(text)  # noqa: S314 - written by the function under test


@given(st.lists(st.tuples(FINITE, st.floats(allow_nan=True)), min_size=1, max_size=20))
def test_any_values_make_a_chart(points: list[tuple[float, float]]) -> None:
    """Also NaN, infinities, one point, or the same value everywhere."""
    x, y = [p[0] for p in points], [p[1] if abs(p[1]) < 1e9 else np.nan for p in points]
    svg = parsed(chart([Line("a", x, y, dots=True)], label="l", x_label="x", y_label="y"))
    dots = svg.findall(f"{SVG}circle")
    assert len(dots) == int(np.isfinite(y).sum())
    for dot in dots:
        assert 0 <= float(dot.attrib["cx"]) <= 400
        assert 0 <= float(dot.attrib["cy"]) <= 250


def test_names_are_escaped() -> None:
    """A class may be called anything."""
    nasty = '<script>alert("1")</script>&'
    text = chart(
        [Line(nasty, [0], [0]), Line("b", [0], [1])], label=nasty, x_label=nasty, y_label=""
    )
    svg = parsed(text)
    assert svg.attrib["aria-label"] == nasty
    assert not list(svg.iter(f"{SVG}script"))


def test_values_lie_where_the_axis_says() -> None:
    """Higher is up; the ends of a given range are the ends of the axis."""
    line = Line("", [0, 1], [0, 1], dots=True)
    svg = parsed(
        chart(
            [line], label="", x_label="", y_label="", x_range=(0, 1), y_range=(0, 1), percent=True
        )
    )
    low, high = svg.findall(f"{SVG}circle")
    texts = {text.text: text.attrib for text in svg.findall(f"{SVG}text")}
    assert float(texts["0 %"]["y"]) - 3.8 == pytest.approx(float(low.attrib["cy"]))
    assert float(texts["100 %"]["y"]) - 3.8 == pytest.approx(float(high.attrib["cy"]))
    title = high.find(f"{SVG}title")
    assert title is not None
    assert title.text == ": 1, 100.00 %"


def test_nan_leaves_a_gap() -> None:
    """The pen is lifted."""
    svg = chart([Line("", [0, 1, 2], [0, np.nan, 1])], label="", x_label="", y_label="")
    (path,) = [
        e.attrib["d"] for e in parsed(svg).findall(f"{SVG}path") if "line" in e.get("class", "")
    ]
    assert path.count("M") == 2
    assert "L" not in path


def test_bars_stand_on_zero() -> None:
    """Their heights are in proportion."""
    svg = parsed(chart([Bars("", [0, 1, 2], [1, 2])], label="", x_label="", y_label=""))
    one, two = [float(bar.attrib["height"]) for bar in svg.findall(f"{SVG}rect")]
    assert two == pytest.approx(2 * one, abs=0.2)


@given(st.floats(-1e9, 1e9), st.floats(1e-6, 1e9))
def test_ticks_are_few_round_and_inside(low: float, width: float) -> None:
    """At least one, at most seven, in order."""
    low, high = span([low, low + width])
    ticks = Scale(low, high, 0, 100).ticks(6)
    values = [value for value, _ in ticks]
    assert 1 <= len(ticks) <= 7
    assert values == sorted(values)
    margin = (high - low) * 1e-6
    assert all(low - margin <= value <= high + margin for value in values)


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


def test_an_empty_range_is_widened() -> None:
    """An axis from 0 to 0 takes the values' range, and has round numbers all the same."""
    svg = parsed(chart([Line("", [0], [0.5])], label="", x_label="", y_label="", x_range=(0, 0)))
    assert len(svg.findall(f"{SVG}text")) > 4
