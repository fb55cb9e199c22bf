"""SweepPlan: the extent of a search; and the events of its trials."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from spritenet.sweeps.trial import Trial

__all__ = ["SweepPlan", "TrialEvent"]


@dataclass(frozen=True, slots=True)
class TrialEvent:
    """An event of a trial.

    Attributes:
        kind: "begun", "epoch", "ended", or "lost": its process died.
        trial: the trial as it is now.
    """

    kind: Literal["begun", "epoch", "ended", "lost"]
    trial: Trial


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPlan:
    """The extent of a search.

    Attributes:
        metric: Keras's name of the metric to optimize.
        maximize: True if it is better when it is larger.
        trials: the number of trials; None for as many as the time allows.
        seconds: the time after which no trial begins or goes on; None for no limit.
        seeds: the number of other seeds that the winner is trained with.
        halving: if True, trials that are worse than others end early.
        seed: of the trials' trainings, and of the search.
        storage: a file of the search that several machines share.
    """

    metric: str
    maximize: bool
    trials: int | None = 50
    seconds: float | None = None
    seeds: int = 5
    halving: bool = True
    seed: int = 0
    storage: Path | None = None
