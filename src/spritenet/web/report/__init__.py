"""The report as one HTML file: no other file, no request, no library.

    page.py      page, write_report: the file and its content security policy
    sections.py  summary, model and data, learning curves, commands
    class_metrics.py  metrics of each class, calibration
    multi_label.py    the sections on classes of which an image may have several
    galleries.py mistakes, near-duplicates, robustness
    matrix.py    the confusion matrix, whose cells show their images
    sheet.py     all images as one PNG, shown tile by tile

Style and script are in static/report/ and static/ui/theme.css; they go into the file.
"""

from __future__ import annotations

from spritenet.web.report.page import page, write_report

__all__ = ["page", "write_report"]
