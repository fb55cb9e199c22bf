"""Study: the search through a space, by Optuna. Only this module imports it.

The tree-structured Parzen estimator (Bergstra et al., 2011) suggests settings, and asynchronous
successive halving (Li et al., 2020) ends trials that are worse than two thirds of the others after
1, 3, 9, … epochs. https://optuna.org
"""

from __future__ import annotations

import math
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spritenet.errors import MissingExtraError, RunError
from spritenet.sweeps.search_space import Choice, Domain, SearchSpace
from spritenet.sweeps.trial import Trial

if TYPE_CHECKING:
    from types import ModuleType

    from spritenet.model import Model

__all__ = ["Study"]

NAME = "spritenet"
"""Of the study in a shared storage."""

FACTOR = 3
"""The fraction of trials that go on at each rung of successive halving is 1 / FACTOR."""


class Study:
    """A search for the best settings, one process's view of it.

    Args:
        space: the settings.
        models: the networks, by name.
        maximize: True if the metric is better when it is larger.
        seed: of the search.
        halving: if True, trials that are worse than others end early.
        storage: a file that several machines share; None for a search of this process.
        past: trials of an earlier process, to continue from; those of a shared storage are there.

    Raises:
        MissingExtraError: Optuna is not installed.
        RunError: the storage can't be used.
    """

    def __init__(
        self,
        space: SearchSpace,
        models: Mapping[str, Model],
        *,
        maximize: bool,
        seed: int = 0,
        halving: bool = True,
        storage: Path | None = None,
        past: Iterable[Trial] = (),
    ) -> None:
        self._optuna = optuna = _optuna()
        self._space, self._models = space, models
        past = list(past)
        sampler = optuna.samplers.TPESampler(seed=(seed + len(past)) % 2**32, constant_liar=True)
        pruners = optuna.pruners
        pruner = (
            pruners.SuccessiveHalvingPruner(min_resource=1, reduction_factor=FACTOR)
            if halving
            else pruners.NopPruner()
        )
        self._study = optuna.create_study(
            storage=None if storage is None else _journal(storage),
            study_name=NAME,
            direction="maximize" if maximize else "minimize",
            sampler=sampler,
            pruner=pruner,
            load_if_exists=True,
        )
        self.shared = storage is not None
        self._handles: dict[int, Any] = {}
        if not self.shared:
            for trial in past:
                self._add(trial)

    @property
    def count(self) -> int:
        """The number of trials of all processes, also of those that run."""
        return len(self._study.get_trials(deepcopy=False))

    @property
    def runs_elsewhere(self) -> bool:
        """True while other processes train trials of a shared storage."""
        running = self._optuna.trial.TrialState.RUNNING
        mine = {handle.number for handle in self._handles.values()}
        trials = self._study.get_trials(deepcopy=False, states=(running,))
        return any(trial.number not in mine for trial in trials)

    def ask(self, number: int, seed: int) -> Trial:
        """Returns a new trial.

        Args:
            number: the trial's, unless a shared storage gives it one.
            seed: of its training.
        """
        handle = self._study.ask()
        settings = self._space.suggested(partial(self._suggest, handle), self._models)
        number = handle.number if self.shared else number
        self._handles[number] = handle
        return Trial(number, {"seed": seed, **settings})

    def ask_again(self, trial: Trial) -> None:
        """Takes up a trial of an earlier process that had not ended."""
        if self.shared:
            known = self._study.get_trials(deepcopy=False)[trial.number]
            self._handles[trial.number] = self._optuna.trial.Trial(self._study, known._trial_id)  # noqa: SLF001 - the only way to go on with it
            return
        self._study.enqueue_trial({k: trial.settings[k] for k in self._searched(trial)})
        handle = self._study.ask()
        self._space.suggested(partial(self._suggest, handle), self._models)
        self._handles[trial.number] = handle

    def is_worse(self, trial: Trial, epoch: int, value: float) -> bool:
        """Reports the metric after an epoch; returns True if the trial shall end early.

        Args:
            trial: the trial.
            epoch: from 0.
            value: the metric.
        """
        handle = self._handles[trial.number]
        if not math.isfinite(value):
            return False
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a resumed trial reports an epoch again
            handle.report(value, epoch + 1)
        worse = bool(handle.should_prune())
        trial.notes = {
            k: v
            for k, v in self._study._storage.get_trial(handle._trial_id).system_attrs.items()  # noqa: SLF001 - rungs, which a later process needs
            if isinstance(v, str | int | float)
        }
        return worse

    def tell(self, trial: Trial) -> None:
        """Reports the end of a trial."""
        states = self._optuna.trial.TrialState
        handle = self._handles.pop(trial.number)
        if trial.state == "finished" and math.isfinite(trial.score):
            self._study.tell(handle, trial.value)
        elif trial.state == "pruned":
            self._study.tell(handle, state=states.PRUNED)
        else:
            self._study.tell(handle, state=states.FAIL)

    def _searched(self, trial: Trial) -> Sequence[str]:
        """Returns the names of the trial's settings that are searched for."""
        return [name for name in self._space.domains if name in trial.settings]

    def _suggest(self, handle: Any, name: str, domain: Domain) -> Any:  # noqa: ANN401 - Optuna's trial, any value
        """Returns a value for a setting."""
        if isinstance(domain, Choice):
            return handle.suggest_categorical(name, domain.values)
        if domain.whole:
            return handle.suggest_int(name, int(domain.low), int(domain.high), log=domain.log)
        return handle.suggest_float(name, domain.low, domain.high, log=domain.log)

    def _distribution(self, domain: Domain) -> Any:  # noqa: ANN401 - of Optuna
        """Returns Optuna's description of a domain."""
        known = self._optuna.distributions
        if isinstance(domain, Choice):
            return known.CategoricalDistribution(domain.values)
        if domain.whole:
            return known.IntDistribution(int(domain.low), int(domain.high), log=domain.log)
        return known.FloatDistribution(domain.low, domain.high, log=domain.log)

    def _add(self, trial: Trial) -> None:
        """Adds a trial of an earlier process that has ended."""
        states = self._optuna.trial.TrialState
        metric = str(trial.notes.get("metric"))
        values = {i + 1: epoch.get(metric) for i, epoch in enumerate(trial.epochs)}
        good = trial.state == "finished" and math.isfinite(trial.score)
        state = {"pruned": states.PRUNED}.get(trial.state, states.COMPLETE if good else states.FAIL)
        names = self._searched(trial)
        self._study.add_trial(
            self._optuna.trial.create_trial(
                state=state,
                value=trial.value if state in {states.COMPLETE, states.PRUNED} else None,
                params={name: trial.settings[name] for name in names},
                distributions={n: self._distribution(self._space.domains[n]) for n in names},
                intermediate_values={k: v for k, v in values.items() if isinstance(v, float)},
                system_attrs={k: v for k, v in trial.notes.items() if k != "metric"},
            )
        )


def _optuna() -> ModuleType:
    """Returns the library, silent.

    Raises:
        MissingExtraError: it is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise MissingExtraError("a sweep", "sweep") from None
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    return optuna


def _journal(path: Path) -> Any:  # noqa: ANN401 - Optuna's storage
    """Returns Optuna's storage in a file that several machines share.

    Raises:
        RunError: the file can't be used.
    """
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend, JournalFileOpenLock

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = JournalFileOpenLock(str(path)) if sys.platform == "win32" else None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # experimental, says Optuna
            return JournalStorage(JournalFileBackend(str(path), lock_obj=lock))
    except OSError as error:
        raise RunError(
            f"the storage can't be used: {error.strerror or error}", where=path
        ) from error
