"""Scores: the loss and the metrics that `evaluate` returns, and plots of the predictions."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, Self

from spritenet.errors import ModelError
from spritenet.formatting import metric

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spritenet.model.label_predictions import LabelPredictions
    from spritenet.model.predictions import Predictions

    AnyPredictions = Predictions | LabelPredictions

__all__ = ["Scores"]


class Scores(tuple[Any, ...]):  # noqa: SLOT001 - it has more than the values
    """Loss and metrics; unpacks like Keras's list: `loss, accuracy = model.evaluate(...)`.

    The values are those of `names`. The plots need the extra `plot`. They show the weights that
    were evaluated, even if the model was trained since. Pickling keeps only the values.

    Attributes:
        names: "loss", then the metrics of `compile`; "accuracy" where there is no other.
        loss: the mean of weight · loss, plus the L2 penalty.
        accuracy: the fraction of images whose largest output is at their label; where each output
            is a yes or no, the fraction of right outputs; NaN where targets are numbers.
    """

    names: tuple[str, ...]
    loss: float
    accuracy: float
    _predict: Callable[[], AnyPredictions] | None = None
    _predictions: AnyPredictions | None = None

    def __new__(
        cls,
        loss: float,
        accuracy: float | None,
        names: Sequence[str] = (),
        metrics: Mapping[str, float | list[float]] | None = None,
        predict: Callable[[], AnyPredictions] | None = None,
    ) -> Self:
        """Makes the scores.

        Args:
            loss: the loss.
            accuracy: the accuracy; None where targets are numbers.
            names: of the metrics; none for the accuracy alone.
            metrics: name → value of those that are not the accuracy.
            predict: computes the predictions when they are first asked for.
        """
        right = math.nan if accuracy is None else accuracy
        found = {"accuracy": right, **(metrics or {})}
        shown = tuple(names) or ("accuracy",)
        scores = super().__new__(cls, (loss, *(found[name] for name in shown)))
        scores.names, scores.loss, scores.accuracy = ("loss", *shown), loss, right
        scores._predict = predict
        return scores

    @property
    def metrics(self) -> dict[str, Any]:
        """The metrics besides loss and accuracy, by name."""
        named = zip(self.names, self, strict=True)
        return {name: value for name, value in named if name not in {"loss", "accuracy"}}

    def as_dict(self) -> dict[str, Any]:
        """The scores by name; without "accuracy" where targets are numbers."""
        found = dict(zip(self.names, self, strict=True))
        if math.isnan(self.accuracy):
            found.pop("accuracy", None)
        return found

    def __reduce__(self) -> tuple[object, ...]:
        """Drops the predictions from pickles and copies."""
        right = None if math.isnan(self.accuracy) else self.accuracy
        values = dict(zip(self.names[1:], self[1:], strict=True))
        return type(self), (self.loss, right, self.names[1:], values)

    def __repr__(self) -> str:
        """The values by name."""
        words = ", ".join(f"{n}={v}" for n, v in zip(self.names, self, strict=True))
        return f"{type(self).__name__}({words})"

    @property
    def predictions(self) -> Predictions:
        """The predictions for each image, computed when first used.

        Raises:
            ModelError: the scores are a copy, or the images have no classes or several.
        """
        from spritenet.model.predictions import Predictions

        found = self._found()
        if not isinstance(found, Predictions):
            raise ModelError(
                "an image may have several classes",
                where="Scores.predictions",
                do="Use Scores.label_predictions.",
            )
        return found

    @property
    def label_predictions(self) -> LabelPredictions:
        """The multi-label predictions for each image, computed when first used.

        Raises:
            ModelError: the scores are a copy, or an image has one class.
        """
        from spritenet.model.label_predictions import LabelPredictions

        found = self._found()
        if not isinstance(found, LabelPredictions):
            raise ModelError(
                "an image has one class",
                where="Scores.label_predictions",
                do="Use Scores.predictions.",
            )
        return found

    def _found(self) -> AnyPredictions:
        """Returns the predictions.

        Raises:
            ModelError: the scores are a copy.
        """
        if self._predictions is None:
            if self._predict is None:
                raise ModelError(
                    "these scores have no predictions", where="Scores", do="Evaluate again."
                )
            self._predictions, self._predict = self._predict(), None
        return self._predictions

    def plot_confusion(self, *, title: str = "") -> Figure:
        """Plots the confusion matrix: rows are true classes, columns predicted ones."""
        from spritenet import plots

        found = self.predictions
        return plots.confusion(found.confusion, found.class_names, title=title)

    def plot_classes(self, *, title: str = "") -> Figure:
        """Plots the accuracy of each class."""
        from spritenet import plots

        found = self.predictions
        return plots.class_accuracy(found.confusion, found.class_names, title=title)

    def plot_calibration(self, bins: int = 15, *, title: str = "") -> Figure:
        """Plots accuracy against confidence."""
        from spritenet import plots

        return plots.calibration(self.predictions.calibration(bins), title=title)

    def plot_mistakes(self, most: int = 30, *, title: str = "") -> Figure:
        """Plots the most confident mistakes, as "predicted (true)".

        Raises:
            DataError: there is none.
        """
        return self._found().plot_mistakes(most, title=title)

    def _repr_html_(self) -> str:
        """Accuracy, loss and other metrics, for notebooks."""
        right = self.accuracy
        words = "" if math.isnan(right) else f"<b>accuracy</b> {100 * right:.2f} % &nbsp; "
        others = "".join(
            f" &nbsp; <b>{escape(name)}</b> {metric(value)}" for name, value in self.metrics.items()
        )
        return f"<div>{words}<b>loss</b> {self.loss:.4f}{others}</div>"
