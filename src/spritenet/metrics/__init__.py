"""Metrics: plain functions of labels and predicted probabilities.

    classification.py  one class an image: accuracy, confusion matrix, calibration
    multi_label.py     several classes an image or none: thresholds, F1, AUC, average precision

Each metric has one definition, here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spritenet.metrics.classification import (
    Averages,
    Calibration,
    ClassReport,
    accuracy,
    accuracy_interval,
    calibration,
    calibration_error,
    class_report,
    confusion_matrix,
    log_loss,
    per_class_accuracy,
    top_k_accuracy,
)
from spritenet.metrics.multi_label import (
    LabelReport,
    average_precision,
    best_thresholds,
    co_occurrence,
    label_report,
    precision_recall_curve,
    roc_auc,
)
from spritenet.migration import module_name

__all__ = [
    "Averages",
    "Calibration",
    "ClassReport",
    "LabelReport",
    "accuracy",
    "accuracy_interval",
    "average_precision",
    "best_thresholds",
    "calibration",
    "calibration_error",
    "class_report",
    "co_occurrence",
    "confusion_matrix",
    "label_report",
    "log_loss",
    "per_class_accuracy",
    "precision_recall_curve",
    "roc_auc",
    "top_k_accuracy",
]

if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Refuses Keras's other metrics by name."""
        raise module_name(name, __name__, __all__)
