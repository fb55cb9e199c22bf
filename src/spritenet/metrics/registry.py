"""Registry: metrics by name, as strings and mappings give them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import DataError
from spritenet.lazy_names import LazyNames
from spritenet.metrics.base import MeanMetric, Metric, snake_case
from spritenet.migration import accepts, word

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.metrics.batch import MetricBatch

__all__ = ["MeanMetricWrapper", "get", "grows", "names"]

MODULES = {
    "accuracies": (
        "Accuracy",
        "BalancedAccuracy",
        "BinaryAccuracy",
        "CategoricalAccuracy",
        "SparseCategoricalAccuracy",
        "SparseTopKCategoricalAccuracy",
        "TopKCategoricalAccuracy",
    ),
    "counts": (
        "FalseNegatives",
        "FalsePositives",
        "Precision",
        "Recall",
        "TrueNegatives",
        "TruePositives",
    ),
    "curves": (
        "AUC",
        "PrecisionAtRecall",
        "RecallAtPrecision",
        "SensitivityAtSpecificity",
        "SpecificityAtSensitivity",
    ),
    "f_score": (
        "F1Score",
        "FBetaScore",
    ),
    "losses": (
        "BinaryCrossentropy",
        "CategoricalCrossentropy",
        "CategoricalHinge",
        "Hinge",
        "KLDivergence",
        "Poisson",
        "SparseCategoricalCrossentropy",
        "SquaredHinge",
    ),
    "regression": (
        "CosineSimilarity",
        "LogCoshError",
        "MeanAbsoluteError",
        "MeanAbsolutePercentageError",
        "MeanSquaredError",
        "MeanSquaredLogarithmicError",
        "R2Score",
        "RootMeanSquaredError",
    ),
}
"""Metrics by module."""

_LAZY = LazyNames("spritenet.metrics", MODULES)

ALIASES = {
    "acc": "Accuracy",
    "bce": "BinaryCrossentropy",
    "cosine_proximity": "CosineSimilarity",
    "f1": "F1Score",
    "kld": "KLDivergence",
    "kullback_leibler_divergence": "KLDivergence",
    "log_cosh": "LogCoshError",
    "logcosh": "LogCoshError",
    "mae": "MeanAbsoluteError",
    "mape": "MeanAbsolutePercentageError",
    "mse": "MeanSquaredError",
    "msle": "MeanSquaredLogarithmicError",
    "rmse": "RootMeanSquaredError",
}
"""Other names, of Keras 2 and 3 and of TensorFlow.js."""


@accepts
@dataclass(eq=False)
class MeanMetricWrapper(MeanMetric):
    """The mean of a function of targets and outputs over the images.

    `compile(metrics=[function])` makes one.

    Args:
        fn: called with targets (n, k), or of labels one-hot rows, and outputs (n, k); returns a
            value for each image, (n,), or for each output, (n, k).
        name: in logs; that of the function by default.
    """

    fn: Callable[..., Any]

    def __post_init__(self) -> None:
        """See `Metric.__post_init__`."""
        self.name = self.name or getattr(self.fn, "__name__", "") or "metric"
        super().__post_init__()

    def values(self, batch: MetricBatch) -> NDArray[np.float64]:
        """See `MeanMetric.values`."""
        made = np.asarray(self.fn(batch.truth, batch.predictions), np.float64)
        if not made.ndim or len(made) != len(batch):
            raise DataError(
                "the function of a metric gives no value for each image",
                where=self.label,
                expected=f"({len(batch)},)",
                got=made.shape,
            )
        return np.asarray(made.reshape(len(made), -1).mean(axis=1))

    def config(self) -> dict[str, object]:
        """See `Metric.config`; it names the function, which no file can hold."""
        return {"class_name": "MeanMetricWrapper", "config": {"name": self.name}}


def _plain(name: str) -> str:
    """A name as all its spellings have it, "binaryAccuracy" and "binary_accuracy"."""
    return name.lower().replace("_", "")


_BY_WORD = {_plain(name): name for name in _LAZY.names} | {
    _plain(alias): name for alias, name in ALIASES.items()
}


def _named(name: str) -> type[Metric] | None:
    """Returns the metric of a name; None if there is none."""
    known = _BY_WORD.get(_plain(name))
    found: type[Metric] | None = None if known is None else _LAZY.fetch(known)
    return found


def names() -> list[str]:
    """Returns the names in snake case, then the short ones."""
    return [*map(snake_case, _LAZY.names), *ALIASES]


def get(identifier: object) -> Metric:
    """The metric meant by an object, a Keras name, a function, or a mapping of class and config.

    >>> get("mae").name
    'mean_absolute_error'

    Raises:
        ModelError: there is none of that name, or it needs an argument.
    """
    if isinstance(identifier, Metric):
        return identifier
    name: object = identifier
    arguments: Mapping[str, object] = {}
    if isinstance(identifier, Mapping):
        name, config = identifier.get("class_name", identifier), identifier.get("config")
        arguments = config if isinstance(config, Mapping) else {}
    if isinstance(name, type) and issubclass(name, Metric):
        return name()
    if callable(name):
        return MeanMetricWrapper(fn=name)
    cls = _named(name) if isinstance(name, str) else None
    if cls is None:
        raise word(name, "metrics", names())
    return cls(**arguments)  # type: ignore[arg-type]  # each class checks its own


def grows(name: str) -> bool | None:
    """Returns True if larger values of the metric of a name are better; None if it is unknown."""
    cls = _named(name)
    return None if cls is None else cls.direction == "up"
