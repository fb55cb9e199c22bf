"""How well a network does: what `evaluate` returns."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Self

from spritenet.errors import ModelError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from spritenet.model.predictions import Predictions

__all__ = ["Scores"]


class _Pair(NamedTuple):
    loss: float
    accuracy: float


class Scores(_Pair):
    """Loss and accuracy; unpacks like Keras's list: `loss, accuracy = model.evaluate(...)`.

    The plots need the extra `plot`. They are of the weights that were evaluated, also when the
    model has learnt since. Copies made by pickling keep only the two figures.

    Attributes:
        loss: the mean of weight · loss, plus the L2 penalty.
        accuracy: the share of the images whose largest output is at their label.
    """

    _judge: Callable[[], Predictions] | None = None
    _predictions: Predictions | None = None

    def __new__(
        cls, loss: float, accuracy: float, judge: Callable[[], Predictions] | None = None
    ) -> Self:
        """The two figures, and how to get at what the network said of each image."""
        scores = super().__new__(cls, loss, accuracy)
        scores._judge = judge
        return scores

    def __getstate__(self) -> None:
        """Only the figures are copied."""

    @property
    def predictions(self) -> Predictions:
        """What the network said of each image; worked out when first asked for.

        Raises:
            ModelError: they can't be had of these figures, or the images have no classes.
        """
        if self._predictions is None:
            if self._judge is None:
                raise ModelError(
                    "these figures came without predictions", where="Scores", do="Evaluate again."
                )
            self._predictions, self._judge = self._judge(), None
        return self._predictions

    def plot_confusion(self, *, title: str = "") -> Figure:
        """The confusion matrix: rows are what images are, columns what they were taken for."""
        from spritenet import plots

        found = self.predictions
        return plots.confusion(found.confusion, found.class_names, title=title)

    def plot_classes(self, *, title: str = "") -> Figure:
        """The accuracy of each class."""
        from spritenet import plots

        found = self.predictions
        return plots.class_accuracy(found.confusion, found.class_names, title=title)

    def plot_calibration(self, bins: int = 15, *, title: str = "") -> Figure:
        """Accuracy against confidence."""
        from spritenet import plots

        return plots.calibration(self.predictions.calibration(bins), title=title)

    def plot_mistakes(self, most: int = 30, *, title: str = "") -> Figure:
        """Plots the most confident mistakes, as "predicted class (true class)".

        Raises:
            DataError: there is none.
        """
        return self.predictions.plot_mistakes(most, title=title)

    def _repr_html_(self) -> str:
        """The figures, for notebooks."""
        return (
            f"<div><b>accuracy</b> {100 * self.accuracy:.2f} % &nbsp; "
            f"<b>loss</b> {self.loss:.4f}</div>"
        )
