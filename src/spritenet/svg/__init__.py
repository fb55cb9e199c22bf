"""Small charts as SVG text, for notebooks and the report: no library, no script, no style sheet.

    scale.py   round numbers along an axis, and where values lie on it
    downsample.py Thinned: a curve of any length as a few hundred points
    chart.py   chart: lines, with bands and dots, and bars, on labelled axes

Text takes the colour of what is around it, so that a chart reads on light and on dark; a page may
recolour the classes `s1` … `s6`. Arrays go in, text comes out: no network or data set is known.
"""

from __future__ import annotations

from spritenet.svg.chart import Bars, Line, chart
from spritenet.svg.downsample import Thinned

__all__ = ["Bars", "Line", "Thinned", "chart"]
