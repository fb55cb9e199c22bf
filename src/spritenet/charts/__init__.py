"""Charts as data: their lines, axes and texts, shared by notebooks, reports and plots.

    chart.py           Chart: lines and bars on labelled axes
    learning_curve.py  learning_curve: a metric against steps
    calibration.py     calibration_curve, confidence_histogram
    histogram.py       histogram, histogram_edges: counts of values
    confusion.py       ConfusionMatrix: the classes, counts and fractions that are drawn
    downsample.py      Thinned: a curve of any length as a few hundred points
    svg.py             svg, svg_row: charts as SVG text, for notebooks and the report
    scale.py           Scale: round numbers along an axis, and where values lie on it

`plots` draws the same charts with matplotlib. Arrays go in: no network or data set is known.
"""

from __future__ import annotations

from spritenet.charts.calibration import calibration_curve, confidence_histogram
from spritenet.charts.chart import Bars, Chart, Line
from spritenet.charts.confusion import ConfusionMatrix
from spritenet.charts.downsample import Thinned
from spritenet.charts.histogram import histogram
from spritenet.charts.learning_curve import learning_curve
from spritenet.charts.svg import svg, svg_row

__all__ = [
    "Bars",
    "Chart",
    "ConfusionMatrix",
    "Line",
    "Thinned",
    "calibration_curve",
    "confidence_histogram",
    "histogram",
    "learning_curve",
    "svg",
    "svg_row",
]
