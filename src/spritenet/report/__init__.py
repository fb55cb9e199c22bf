"""The numbers of a report: how good a trained network is, on what, and where it fails.

    content.py   Report: everything in one value, and `judge`, which works it out
    near.py      near-duplicates between two sets of images
    stress.py    accuracy on images that are shifted, turned, noisy, blurred, thinner or thicker
    perturbations.py   those changes, as arithmetic on pixels
    learning.py  what a run's journal tells: curves, how it ended
    machine.py   the machine it was made on
    charts.py    its charts, as data
    figures.py   its charts as matplotlib figures
    saved.py     the network of a run, also of one that was killed

It computes, and draws nothing: `web.report` writes the page, `plots` the pictures.
"""

from __future__ import annotations

from spritenet.report.cached_predictions import model_of_run
from spritenet.report.content import Report, judge, predictions_of
from spritenet.report.learning import Learning

__all__ = [
    "Learning",
    "Report",
    "judge",
    "model_of_run",
    "predictions_of",
]
