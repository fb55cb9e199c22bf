"""Importance: analysis of variance against NumPy's and SciPy's own sums, and what it must tell."""

from __future__ import annotations

import numpy as np
import pytest

from spritenet.sweeps import Trial
from spritenet.sweeps.importance import importance


def trials(count: int = 60) -> list[Trial]:
    """The value follows the rate, a little the word, and not the noise."""
    random = np.random.default_rng(0)
    made = []
    for number in range(count):
        rate, noise = random.uniform(0, 1), random.uniform(0, 1)
        word = str(random.choice(["a", "b"]))
        value = -((rate - 0.3) ** 2) + 0.05 * (word == "b") + 0.01 * random.normal()
        settings = {"rate": rate, "word": word, "noise": noise, "same": 3}
        made.append(Trial(number, settings, "finished", value=float(value)))
    return made


def test_what_decides_comes_first() -> None:
    """The rate, then the word; noise and a setting that never changes explain nothing."""
    found = importance(trials(), ["noise", "same", "word", "rate"])
    assert list(found)[:2] == ["rate", "word"]
    assert found["rate"] > 0.5
    assert found["noise"] < 0.1
    assert found["same"] == 0.0
    assert sum(found.values()) == pytest.approx(1.0)


def test_it_is_epsilon_squared_of_scipys_f() -> None:
    """With one setting of words: from the F statistic of SciPy on ranks."""
    stats = pytest.importorskip("scipy.stats")
    known = trials()
    ranks = stats.rankdata([trial.score for trial in known])
    fractions = {}
    for name in ("word", "third"):
        for number, trial in enumerate(known):
            trial.settings["third"] = f"{number % 3}{trial.settings['word']}"
        groups: dict[str, list[float]] = {}
        for trial, rank in zip(known, ranks, strict=True):
            groups.setdefault(trial.settings[name], []).append(float(rank))
        f, k, n = stats.f_oneway(*groups.values()).statistic, len(groups), len(known)
        fractions[name] = (k - 1) * (f - 1) / ((k - 1) * f + n - k)
    found = importance(known, ["word", "third"])
    total = sum(fractions.values())
    assert found == pytest.approx({name: value / total for name, value in fractions.items()})


def test_few_or_equal_trials_explain_nothing() -> None:
    """Nor do those without a value."""
    assert importance(trials(3), ["rate"]) == {}
    assert (
        importance([Trial(n, {"rate": n}, "finished", value=0.5) for n in range(9)], ["rate"]) == {}
    )
    assert importance([Trial(n, {"rate": n}, "failed") for n in range(9)], ["rate"]) == {}
