"""Scores: the loss and the accuracy that `evaluate` returns, and plots of the predictions."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Self

from spritenet.errors import ModelError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spritenet.model.label_predictions import LabelPredictions
    from spritenet.model.predictions import Predictions

    AnyPredictions = Predictions | LabelPredictions

__all__ = ["Scores"]


class _Pair(NamedTuple):
    loss: float
    accuracy: float


class Scores(_Pair):
    """Loss and accuracy; unpacks like Keras's list: `loss, accuracy = model.evaluate(...)`.

    The plots need the extra `plot`. They show the weights that were evaluated, even if the
    model was trained since. Pickling keeps only the two metrics.

    Attributes:
        loss: the mean of weight · loss, plus the L2 penalty.
        accuracy: the fraction of images whose largest output is at their label; where each output
            is a yes or no, the fraction of right outputs; NaN where targets are numbers.
    """

    _predict: Callable[[], AnyPredictions] | None = None
    _predictions: AnyPredictions | None = None

    def __new__(
        cls,
        loss: float,
        accuracy: float | None,
        predict: Callable[[], AnyPredictions] | None = None,
    ) -> Self:
        """Makes the scores; `predict` computes the predictions when they are first asked for."""
        scores = super().__new__(cls, loss, math.nan if accuracy is None else accuracy)
        scores._predict = predict
        return scores

    def as_dict(self) -> dict[str, float]:
        """The scores by name; without "accuracy" where targets are numbers."""
        return {name: value for name, value in self._asdict().items() if not math.isnan(value)}

    def __getstate__(self) -> None:
        """Drops the predictions from pickles and copies."""

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
        """Accuracy and loss, for notebooks."""
        right = self.accuracy
        words = "" if math.isnan(right) else f"<b>accuracy</b> {100 * right:.2f} % &nbsp; "
        return f"<div>{words}<b>loss</b> {self.loss:.4f}</div>"
