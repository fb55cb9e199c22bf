"""RateTest: a learning-rate range test, the loss of steps whose learning rate grows."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spritenet.arguments import count, number
from spritenet.errors import DivergedError, ModelError
from spritenet.migration import accepts
from spritenet.model import trainer
from spritenet.model.class_weight import ClassWeight
from spritenet.schedules import ExponentialDecay
from spritenet.training.events import StepEvent
from spritenet.training.fit_options import FitOptions

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from spritenet.charts import Chart
    from spritenet.model.model import Model

__all__ = ["RateTest", "tune_rate"]

SPANS = 12
"""The mean loss forgets at a rate of as many spans in a test: it is as old as one of them."""

EXPLODED = 4.0
"""The test ends at a mean loss this many times the least one."""

CERTAIN = 3.0
"""Standard deviations of the mean loss that a fall exceeds."""

FEWEST_STEPS = 10


@dataclass(frozen=True, slots=True, eq=False)
class RateTest:
    """The result of a learning-rate range test (Smith 2015, section 3.3).

    Attributes:
        rates: the learning rate of each step, float64 (n,), each larger than the one before.
        losses: the loss of its batch before the step, float64 (n,).
        smoothed: their exponential mean, float64 (n,).
        suggested: the rate at which the loss falls fastest, before its least mean. The mean is
            older than the last loss; so the rate is that of a mean's age before its steepest fall.
    """

    rates: NDArray[np.float64]
    losses: NDArray[np.float64]
    smoothed: NDArray[np.float64]
    suggested: float

    @classmethod
    def of(cls, rates: ArrayLike, losses: ArrayLike, steps: int) -> RateTest:
        """Returns the test of these steps, which may be the first of more.

        Raises:
            ModelError: there are too few of them, or the loss never falls.
        """
        x, y = np.asarray(rates, np.float64), np.asarray(losses, np.float64)
        keep = smoothing(steps)
        smoothed = smooth(y, keep)
        age = round(keep / (1 - keep))  # of the mean, in steps
        first = min(age, len(y) - 1)
        least = first + int(smoothed[first:].argmin())
        noise = float(np.std(y[: max(2, steps // 4)])) * math.sqrt((1 - keep) / (1 + keep))
        if smoothed[first] - smoothed[least] < CERTAIN * noise or least <= first:
            raise ModelError(
                "the loss doesn't fall at any of the learning rates",
                where="tune_rate",
                expected=f"a mean loss well below {smoothed[first]:.4g}",
                got=f"{smoothed[least]:.4g} at best",
                do="Begin lower with lowest=, end higher with highest=, or check the data.",
            )
        slopes = np.gradient(smoothed[first : least + 1], np.log(x[first : least + 1]))
        steepest = first + int(slopes.argmin()) - age
        return cls(x, y, smoothed, float(x[max(0, steepest)]))

    @property
    def chart(self) -> Chart:
        """Losses against the decimal logarithm of the rate, with the suggested rate marked."""
        from spritenet.charts import Chart, Line

        x = np.log10(self.rates)
        low = float(self.smoothed.min())
        high = float(self.smoothed[: int(self.smoothed.argmin()) + 1].max())
        room = 0.15 * (high - low) or 1.0
        return Chart(
            (
                Line("batch", x, self.losses, colour=5),
                Line("mean", x, self.smoothed, colour=0),
            ),
            x_label="learning rate, as a power of 10",
            y_label="loss",
            y_range=(low - room, high + 3 * room),
            marked=math.log10(self.suggested),
            note=f"suggested: {self.suggested:.2g}",
            description=f"The loss falls fastest at a learning rate of {self.suggested:.2g}.",
        )

    def show(self) -> Figure:
        """A figure of the test. Needs the extra `plot`."""
        from spritenet import plots

        return plots.chart(self.chart, title="Learning-rate range test")

    def _repr_html_(self) -> str:
        """The figure, for notebooks."""
        from spritenet.charts import svg

        return svg(self.chart)

    def __repr__(self) -> str:
        """The suggested rate, and what was tried."""
        tried = f"{len(self.rates)} steps from {self.rates[0]:.2g} to {self.rates[-1]:.2g}"
        return f"<RateTest: {self.suggested:.2g} suggested, {tried}>"


def smoothing(steps: int) -> float:
    """Returns the fraction of the mean loss that a step keeps, in a test of so many."""
    return max(0.0, 1 - SPANS / steps)


def smooth(losses: NDArray[np.float64], keep: float) -> NDArray[np.float64]:
    """Returns the exponential mean of the losses so far, corrected for its beginning at 0."""
    made, mean = np.zeros(len(losses)), 0.0
    for place, loss in enumerate(losses):
        mean = keep * mean + (1 - keep) * loss
        made[place] = mean / (1 - keep ** (place + 1))
    return made


@accepts
def tune_rate(  # noqa: D417 - self is the model
    self: Model,
    x: object,
    y: ArrayLike | None = None,
    *,
    lowest: float = 1e-6,
    highest: float = 10.0,
    steps: int = 100,
    batch_size: int | None = None,
    sample_weight: ArrayLike | None = None,
    class_weight: ClassWeight | None = None,
    seed: int | None = 0,
) -> RateTest:
    """Tries growing learning rates, one a step, and suggests one. The model stays as it is.

    A copy of the model is trained with its optimizer, whose state begins empty. It ends early where
    the loss explodes. Schedules that rise and fall may have their highest rate there; a constant
    rate is better three times smaller.

        test = model.tune_rate(data.train, batch_size=64)
        model.compile(sn.Adam(test.suggested), model.loss, metrics=["accuracy"])

    Args:
        x: the training data, as for `fit`.
        y: labels or targets, n, unless x has labels.
        lowest: the learning rate of the first step.
        highest: the learning rate of the last step.
        steps: their number, 10 or more.
        batch_size: images in a step; 32 by default, or the size of the batches in x.
        sample_weight: a factor on the loss of each image, n.
        class_weight: factors on the loss of each class.
        seed: of the order of the images, and of the weights of a model that has none.

    Raises:
        ModelError: the model isn't compiled or doesn't fit the images, an argument is wrong, or the
            loss falls at no rate.
        DataError: images or labels are wrong.
    """
    where = "tune_rate"
    low, high = number(lowest, "lowest", where), number(highest, "highest", where)
    if not 0 < low < high:
        raise ModelError(
            "invalid range of learning rates",
            where=where,
            expected="0 < lowest < highest",
            got=f"{low:g} to {high:g}",
        )
    count(steps, "steps", where, least=FEWEST_STEPS)
    trial = copy.deepcopy(self)
    optimizer, loss = trial.compiled()
    rate = ExponentialDecay(low, steps - 1, high / low)
    trial.compile(replace(optimizer, learning_rate=rate, use_ema=False), loss)
    options = FitOptions(
        steps=steps,
        batch_size=batch_size,
        sample_weight=sample_weight,
        class_weight=class_weight,
        seed=seed,
    )
    events = trainer.events(trial, x, y, options)
    rates: list[float] = []
    losses: list[float] = []
    try:
        for event in events:
            if not isinstance(event, StepEvent):
                continue
            rates.append(event.learning_rate)
            losses.append(event.loss)
            means = smooth(np.array(losses), smoothing(steps))
            if len(losses) == steps or means[-1] > EXPLODED * means.min():
                break
    except DivergedError:
        if len(losses) < FEWEST_STEPS:
            raise
    finally:
        close = getattr(events, "close", None)
        if close:
            close()
    return RateTest.of(rates, losses, steps)
