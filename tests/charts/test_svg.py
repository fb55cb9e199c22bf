"""Charts as SVG: well-formed, escaped, with what was given in its place."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spritenet.charts import Bars, Chart, Line, svg, svg_row
from spritenet.charts.scale import Scale, span

SVG = "{http://www.w3.org/2000/svg}"
FINITE = st.floats(-1e6, 1e6)


def parsed(text: str) -> ET.Element:
    """The element of a chart of ours."""
    return ET.fromstring(text)  # noqa: S314 - written by the function under test


@given(st.lists(st.tuples(FINITE, st.floats(allow_nan=True)), min_size=1, max_size=20))
def test_any_values_make_a_chart(points: list[tuple[float, float]]) -> None:
    """Also NaN, infinities, one point, or the same value everywhere."""
    x, y = [p[0] for p in points], [p[1] if abs(p[1]) < 1e9 else np.nan for p in points]
    drawn = parsed(svg(Chart((Line("a", x, y, dots=True),), "x", "y")))
    dots = drawn.findall(f"{SVG}circle")
    assert len(dots) == int(np.isfinite(y).sum())
    for dot in dots:
        assert 0 <= float(dot.attrib["cx"]) <= 400
        assert 0 <= float(dot.attrib["cy"]) <= 250


def test_names_are_escaped() -> None:
    """A class may be called anything."""
    nasty = '<script>alert("1")</script>&'
    lines = Line(nasty, [0], [0]), Line("b", [0], [1])
    chart = Chart(lines, nasty, "", note=nasty, description=nasty)
    drawn = parsed(svg(chart))
    assert drawn.attrib["aria-label"] == nasty
    assert not list(drawn.iter(f"{SVG}script"))
    assert "<script>" not in svg_row([chart])


def test_values_lie_where_the_axis_says() -> None:
    """Higher is up; the ends of a given range are the ends of the axis."""
    line = Line("", [0, 1], [0, 1], dots=True)
    drawn = parsed(svg(Chart((line,), "", "", x_range=(0, 1), y_range=(0, 1), percent=True)))
    low, high = drawn.findall(f"{SVG}circle")
    texts = {text.text: text.attrib for text in drawn.findall(f"{SVG}text")}
    assert float(texts["0 %"]["y"]) - 3.8 == pytest.approx(float(low.attrib["cy"]))
    assert float(texts["100 %"]["y"]) - 3.8 == pytest.approx(float(high.attrib["cy"]))
    title = high.find(f"{SVG}title")
    assert title is not None
    assert title.text == ": 1, 100.00 %"


def test_equal_factors_are_equal_distances_on_a_logarithmic_axis() -> None:
    """From 1 to 10 as far as from 10 to 100; its numbers are 1, 2 and 5 times powers of ten."""
    line = Line("", [1, 10, 100], [0, 1, 2], dots=True)
    drawn = parsed(svg(Chart((line,), "", "", x_log=True)))
    one, ten, hundred = (float(dot.attrib["cx"]) for dot in drawn.findall(f"{SVG}circle"))
    assert ten - one == pytest.approx(hundred - ten, abs=0.2)
    assert hundred > one
    for low, high in ((3, 4e5), (0.02, 700.0), (1.0, 10.0)):
        ticks = Scale(low, high, 0, 100, logarithmic=True).ticks(7)
        assert 1 <= len(ticks) <= 7
        assert all(low <= value <= high for value, _ in ticks)
        assert all(f"{value:.0e}"[0] in "125" for value, _ in ticks)
        assert [float(text.replace(",", "")) for _, text in ticks] == [v for v, _ in ticks]


def test_a_label_stands_beside_the_last_point() -> None:
    """To its right, or to its left where there is no room."""
    lines = Line("", [0, 1], [0, 1], label="left <"), Line("", [0, 0.5], [1, 0.5], label="right")
    drawn = parsed(svg(Chart(lines, "", "", x_range=(0, 1))))
    texts = {text.text: text.attrib for text in drawn.findall(f"{SVG}text")}
    assert texts["left <"]["text-anchor"] == "end"
    assert texts["right"]["text-anchor"] == "start"


def test_nan_leaves_a_gap() -> None:
    """The pen is lifted."""
    drawn = parsed(svg(Chart((Line("", [0, 1, 2], [0, np.nan, 1]),), "", "")))
    (path,) = [e.attrib["d"] for e in drawn.findall(f"{SVG}path") if "line" in e.get("class", "")]
    assert path.count("M") == 2
    assert "L" not in path


def test_bars_stand_on_zero() -> None:
    """Their heights are in proportion."""
    drawn = parsed(svg(Chart((Bars("", [0, 1, 2], [1, 2]),), "", "", from_zero=True)))
    one, two = [float(bar.attrib["height"]) for bar in drawn.findall(f"{SVG}rect")]
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


def test_an_empty_range_is_widened() -> None:
    """An axis from 0 to 0 takes the values' range, and has round numbers all the same."""
    drawn = parsed(svg(Chart((Line("", [0], [0.5]),), "", "", x_range=(0, 0))))
    assert len(drawn.findall(f"{SVG}text")) > 4


def test_a_legend_names_what_a_single_line_need_not() -> None:
    """Two names have samples; one line is named by the axes."""
    one, two = Line("one", [0, 1], [0, 1]), Line("two", [0, 1], [1, 0])
    texts = [t.text for t in parsed(svg(Chart((one, two), "x", "y"))).iter(f"{SVG}text")]
    assert {"one", "two"} <= set(texts)
    assert "one" not in [t.text for t in parsed(svg(Chart((one,), "x", "y"))).iter(f"{SVG}text")]
