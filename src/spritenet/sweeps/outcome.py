"""Outcome: the ranking of a sweep's trials, and whether the winner was lucky."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Self

from spritenet.sweeps.spread import Spread
from spritenet.sweeps.sweep_plan import SweepPlan
from spritenet.sweeps.trial import Trial

__all__ = ["Outcome"]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The trials of a sweep, compared.

    Attributes:
        trials: all, also the winner's trainings with other seeds.
        metric: Keras's name of the metric that is optimized.
        maximize: True if it is better when it is larger.
    """

    trials: Sequence[Trial]
    metric: str
    maximize: bool

    @classmethod
    def of(cls, trials: Iterable[Trial], plan: SweepPlan) -> Self:
        """Returns the trials of a plan in order: those of the search, then other seeds."""
        ordered = sorted(trials, key=lambda t: (t.group != "trial", t.number))
        return cls(ordered, plan.metric, plan.maximize)

    @property
    def searched(self) -> list[Trial]:
        """The trials of the search."""
        return [trial for trial in self.trials if trial.group == "trial"]

    @property
    def ranked(self) -> list[Trial]:
        """The finished trials of the search, the best first; of equal ones the earlier."""
        done = [t for t in self.searched if t.state == "finished" and t.value is not None]
        return sorted(done, key=lambda t: (-t.score if self.maximize else t.score, t.number))

    @property
    def best(self) -> Trial | None:
        """The winner; None if no trial has finished."""
        ranked = self.ranked
        return ranked[0] if ranked else None

    @property
    def with_other_seeds(self) -> list[Trial]:
        """The winner's finished trainings with other seeds."""
        return [t for t in self.trials if t.group == "seed" and t.value is not None]

    @property
    def spread(self) -> Spread | None:
        """The spread of the metric over the winner's other seeds; None without them."""
        values = [trial.score for trial in self.with_other_seeds]
        return Spread.of(values) if values else None

    def test_spread(self, name: str = "accuracy") -> Spread | None:
        """Returns the spread of a metric on the test set over the winner's other seeds, or None."""
        values = [t.test[name] for t in self.with_other_seeds if t.test.get(name) is not None]
        return Spread.of(values) if values else None

    @property
    def luck(self) -> float | None:
        """The winner's value less the mean over other seeds, in standard deviations; None without.

        Positive where the winner was lucky.
        """
        spread, best = self.spread, self.best
        if spread is None or best is None or spread.std == 0:
            return None
        difference = best.score - spread.mean
        return (difference if self.maximize else -difference) / spread.std

    @property
    def alike(self) -> list[Trial]:
        """Finished trials, but for the winner, that luck alone may have put behind it.

        Those within two standard deviations of the mean of the winner's other seeds, or better.
        """
        spread = self.spread
        if spread is None:
            return []
        margin = 2 * spread.std
        if self.maximize:
            return [t for t in self.ranked[1:] if t.score >= spread.mean - margin]
        return [t for t in self.ranked[1:] if t.score <= spread.mean + margin]

    def to_json(self) -> dict[str, Any]:
        """Returns the result in JSON values."""
        best, spread, test = self.best, self.spread, self.test_spread()
        return {
            "best": None if best is None else best.to_json(),
            "metric": self.metric,
            "spread": None if spread is None else _entries(spread),
            "test_accuracy": None if test is None else _entries(test),
            "luck": self.luck,
            "alike": [trial.number for trial in self.alike],
            "states": {
                state: sum(trial.state == state for trial in self.searched)
                for state in dict.fromkeys(trial.state for trial in self.searched)
            },
        }


def _entries(spread: Spread) -> dict[str, float]:
    """Returns a spread in JSON values."""
    return {
        "mean": spread.mean,
        "std": spread.std,
        "least": spread.least,
        "most": spread.most,
        "count": spread.count,
    }
