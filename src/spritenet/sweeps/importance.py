"""Importance: the fraction of the metric's variation that each setting explains."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.sweeps.trial import Trial

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["importance"]

GROUPS = 4
"""Groups of equal size that numbers are sorted into."""

FEWEST = 4
"""Trials below which nothing is explained."""


def importance(trials: Iterable[Trial], names: Iterable[str]) -> dict[str, float]:
    """Returns name → the fraction of the variation that the setting explains, the largest first.

    One-way analysis of variance of the trials' ranks: trials are grouped by the setting, numbers
    into four groups of equal size, and those without it apart. The explained fraction is corrected
    for what groups by chance explain (epsilon squared; Kelley, 1935). Fractions are scaled to a sum
    of 1. Ranks, since a few trials that learn nothing would otherwise decide alone.

    Args:
        trials: those with a value count, also ones that ended early.
        names: of the settings.
    """
    known = [trial for trial in trials if trial.value is not None]
    if len(known) < FEWEST:
        return {}
    ranks = _ranks([trial.score for trial in known])
    found = {
        name: _explained(ranks, _groups([trial.settings.get(name) for trial in known]))
        for name in names
    }
    total = sum(found.values())
    if total <= 0:
        return {}
    ordered = sorted(found.items(), key=lambda item: -item[1])
    return {name: value / total for name, value in ordered}


def _ranks(values: Sequence[float]) -> NDArray[np.float64]:
    """Returns the rank of each value from 0, of equal ones their mean rank."""
    unique, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    del unique
    ends = np.cumsum(counts)
    ranks: NDArray[np.float64] = (ends - (counts + 1) / 2)[inverse]
    return ranks


def _groups(values: Sequence[Any]) -> NDArray[np.int64]:
    """Returns the number of the group of each value."""
    numbers = [isinstance(v, int | float) and not isinstance(v, bool) for v in values]
    different = len({v for v, is_number in zip(values, numbers, strict=True) if is_number})
    if different > GROUPS:
        ranks = _ranks([v if is_n else 0.0 for v, is_n in zip(values, numbers, strict=True)])
        made = np.floor(ranks * GROUPS / len(values)).astype(np.int64)
        made[~np.array(numbers)] = GROUPS
        return made
    words = {word: place for place, word in enumerate(dict.fromkeys(map(repr, values)))}
    return np.array([words[repr(value)] for value in values], np.int64)


def _explained(ranks: NDArray[np.float64], groups: NDArray[np.int64]) -> float:
    """Returns epsilon squared, 0 if the groups explain no more than chance."""
    count, kinds = len(ranks), np.unique(groups)
    total = float(((ranks - ranks.mean()) ** 2).sum())
    if len(kinds) < 2 or total == 0 or count <= len(kinds):
        return 0.0
    inside = sum(
        float(((ranks[groups == kind] - ranks[groups == kind].mean()) ** 2).sum()) for kind in kinds
    )
    by_chance = (len(kinds) - 1) / (count - len(kinds)) * inside
    return max(0.0, (total - inside - by_chance) / total)
