"""calibration_curve, confidence_histogram: confidence against accuracy, in bins."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import numpy as np

from spritenet.charts.chart import Bars, Chart, Line
from spritenet.formatting import percent

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Calibration", "calibration_curve", "confidence_histogram"]

CONFIDENCE = "confidence (largest probability)"


class Calibration(Protocol):
    """The members of `spritenet.metrics.Calibration` that charts need."""

    @property
    def edges(self) -> NDArray[np.float64]:
        """The edges of the bins, (bins + 1,)."""
        ...

    @property
    def count(self) -> NDArray[np.int64]:
        """The number of images in each bin, (bins,)."""
        ...

    @property
    def confidence(self) -> NDArray[np.float64]:
        """The mean confidence in each bin, (bins,)."""
        ...

    @property
    def accuracy(self) -> NDArray[np.float64]:
        """The accuracy in each bin, (bins,)."""
        ...

    @property
    def error(self) -> float:
        """The expected calibration error."""
        ...


def calibration_curve(bins: Calibration) -> Chart:
    """Accuracy against confidence, beside the diagonal of perfect calibration."""
    there = bins.count > 0
    error = f"expected calibration error {percent(bins.error)}"
    return Chart(
        (
            Line("perfectly calibrated", [0, 1], [0, 1], dashed=True),
            Line("model", bins.confidence[there], bins.accuracy[there], dots=True, colour=0),
        ),
        x_label=CONFIDENCE,
        y_label="accuracy",
        x_range=(0, 1),
        y_range=(0, 1),
        percent=True,
        note=error,
        description=f"Accuracy against confidence; {error}.",
    )


def confidence_histogram(bins: Calibration) -> Chart:
    """The number of images in each bin of confidence."""
    return Chart(
        (Bars("", bins.edges, bins.count),),
        x_label=CONFIDENCE,
        y_label="images",
        x_range=(0, 1),
        from_zero=True,
        description=f"Images in each bin of confidence; {int(bins.count[-1]):,} in the last.",
    )
