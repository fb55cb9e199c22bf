"""Evaluation of a trained network: metrics, mistakes, near-duplicates, robustness.

    report.py           Report: all results in one value; make_report computes them
    near_duplicates.py  images of one set that are nearly images of another
    robustness.py       accuracy on images that are shifted, rotated, noisy, blurred or thicker
    perturbations.py    those changes, as arithmetic on pixels
    training_record.py  TrainingRecord: the curves and the outcome of a training, from its journal
    run_model.py        model_of_run: the network of a run, also of one that was killed
    machine.py          the processor and the system
    charts.py           the charts of a report, as data
    figures.py          the same as matplotlib figures

`web.report` writes the page.
"""

from __future__ import annotations

from spritenet.report.report import Report, label_predictions_of, make_report, predictions_of
from spritenet.report.run_model import model_of_run
from spritenet.report.training_record import TrainingRecord

__all__ = [
    "Report",
    "TrainingRecord",
    "label_predictions_of",
    "make_report",
    "model_of_run",
    "predictions_of",
]
