"""The report as one HTML file: no other file, no request, no library.

    page.py      page, write_report: the file, its policy, what is where
    sections.py  what it was trained on, how that went, the summary
    class_metrics.py    each class; as sure as it is right?
    galleries.py mistakes, near-duplicates, changed images
    matrix.py    the confusion matrix, whose cells show their images
    sheet.py     all its images as one PNG, shown tile by tile

Looks and script are in static/report/ and static/ui/theme.css; they go into the file.
"""

from __future__ import annotations

from spritenet.web.report.page import page, write_report

__all__ = ["page", "write_report"]
