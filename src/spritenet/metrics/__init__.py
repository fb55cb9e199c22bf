"""Metrics: of predictions that are known, and while training.

    classification  functions of labels and probabilities: accuracy, class_report, …
    multi_label     the same where an image has several classes or none
    problem         Problem: classes, answers or numbers
    batch           MetricBatch: outputs beside what they should be
    base            Metric: sums, and the value that follows; MeanMetric
    accuracies      Accuracy, BinaryAccuracy, CategoricalAccuracy, TopK…, BalancedAccuracy
    counts          Precision, Recall, TruePositives, …: counts at thresholds
    f_score         F1Score, FBetaScore
    curves          AUC, PrecisionAtRecall, …: curves over thresholds
    regression      MeanAbsoluteError, RootMeanSquaredError, R2Score, CosineSimilarity, …
    losses          CategoricalCrossentropy, KLDivergence, Hinge, …
    registry        get: a metric by its name
    metric_set      MetricSet: the metrics of one training

The classes and their names are Keras's; `BalancedAccuracy` is not in Keras.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from spritenet.lazy_names import LazyNames
from spritenet.metrics.base import MeanMetric, Metric, Value
from spritenet.metrics.batch import MetricBatch
from spritenet.metrics.metric_set import MetricSet
from spritenet.metrics.problem import Problem
from spritenet.metrics.registry import MODULES, MeanMetricWrapper, get
from spritenet.migration import module_name

if TYPE_CHECKING:
    from spritenet.metrics.accuracies import (
        Accuracy,
        BalancedAccuracy,
        BinaryAccuracy,
        CategoricalAccuracy,
        SparseCategoricalAccuracy,
        SparseTopKCategoricalAccuracy,
        TopKCategoricalAccuracy,
    )
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
    from spritenet.metrics.counts import (
        FalseNegatives,
        FalsePositives,
        Precision,
        Recall,
        TrueNegatives,
        TruePositives,
    )
    from spritenet.metrics.curves import (
        AUC,
        PrecisionAtRecall,
        RecallAtPrecision,
        SensitivityAtSpecificity,
        SpecificityAtSensitivity,
    )
    from spritenet.metrics.f_score import F1Score, FBetaScore
    from spritenet.metrics.losses import (
        BinaryCrossentropy,
        CategoricalCrossentropy,
        CategoricalHinge,
        Hinge,
        KLDivergence,
        Poisson,
        SparseCategoricalCrossentropy,
        SquaredHinge,
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
    from spritenet.metrics.regression import (
        CosineSimilarity,
        LogCoshError,
        MeanAbsoluteError,
        MeanAbsolutePercentageError,
        MeanSquaredError,
        MeanSquaredLogarithmicError,
        R2Score,
        RootMeanSquaredError,
    )


__all__ = [
    "AUC",
    "Accuracy",
    "Averages",
    "BalancedAccuracy",
    "BinaryAccuracy",
    "BinaryCrossentropy",
    "Calibration",
    "CategoricalAccuracy",
    "CategoricalCrossentropy",
    "CategoricalHinge",
    "ClassReport",
    "CosineSimilarity",
    "F1Score",
    "FBetaScore",
    "FalseNegatives",
    "FalsePositives",
    "Hinge",
    "KLDivergence",
    "LabelReport",
    "LogCoshError",
    "MeanAbsoluteError",
    "MeanAbsolutePercentageError",
    "MeanMetric",
    "MeanMetricWrapper",
    "MeanSquaredError",
    "MeanSquaredLogarithmicError",
    "Metric",
    "MetricBatch",
    "MetricSet",
    "Poisson",
    "Precision",
    "PrecisionAtRecall",
    "Problem",
    "R2Score",
    "Recall",
    "RecallAtPrecision",
    "RootMeanSquaredError",
    "SensitivityAtSpecificity",
    "SparseCategoricalAccuracy",
    "SparseCategoricalCrossentropy",
    "SparseTopKCategoricalAccuracy",
    "SpecificityAtSensitivity",
    "SquaredHinge",
    "TopKCategoricalAccuracy",
    "TrueNegatives",
    "TruePositives",
    "Value",
    "accuracy",
    "accuracy_interval",
    "average_precision",
    "best_thresholds",
    "calibration",
    "calibration_error",
    "class_report",
    "co_occurrence",
    "confusion_matrix",
    "get",
    "label_report",
    "log_loss",
    "per_class_accuracy",
    "precision_recall_curve",
    "roc_auc",
    "top_k_accuracy",
]

FUNCTIONS = {
    "classification": (
        "Averages",
        "Calibration",
        "ClassReport",
        "accuracy",
        "accuracy_interval",
        "calibration",
        "calibration_error",
        "class_report",
        "confusion_matrix",
        "log_loss",
        "per_class_accuracy",
        "top_k_accuracy",
    ),
    "multi_label": (
        "LabelReport",
        "average_precision",
        "best_thresholds",
        "co_occurrence",
        "label_report",
        "precision_recall_curve",
        "roc_auc",
    ),
}
"""Functions of labels and probabilities, and what they return, by module."""

_LAZY = LazyNames(__name__, MODULES, others=FUNCTIONS)

if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Fetches a name from its module; refuses Keras's other metrics by name."""
        if name in _LAZY:
            return _LAZY.fetch(name)
        raise module_name(name, __name__, __all__)


def __dir__() -> list[str]:
    """All public names."""
    return [*__all__]
