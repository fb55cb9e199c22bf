"""Sweep: a search for the best settings of a training, and its results."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from platform import node
from typing import Any

import spritenet
from spritenet.errors import InputError, RunError
from spritenet.file_lock import lock_file
from spritenet.model import Model
from spritenet.sweeps.importance import importance
from spritenet.sweeps.outcome import Outcome
from spritenet.sweeps.process_workers import Workers
from spritenet.sweeps.search import Search
from spritenet.sweeps.search_space import SearchSpace
from spritenet.sweeps.study import Study
from spritenet.sweeps.sweep_folder import SweepFolder
from spritenet.sweeps.sweep_plan import SweepPlan, TrialEvent
from spritenet.sweeps.trial import Trial
from spritenet.sweeps.trial_worker import PRUNED, Job, TrialWorker, Workload

__all__ = ["Sweep"]


class Sweep:
    """A search for the best settings. Iterating over `events` searches; results finish first.

    Made by `spritenet.sweep`.

    Attributes:
        folder: its files; None if nothing is kept on disk.
        seconds: its duration so far in this process.
    """

    def __init__(
        self,
        workload: Workload,
        space: SearchSpace,
        plan: SweepPlan,
        workers: Callable[[Workload], Workers],
        folder: Path | None = None,
        *,
        resume: bool = False,
        about: Mapping[str, Any] | None = None,
    ) -> None:
        self.folder = None if folder is None else SweepFolder(folder)
        self.seconds = 0.0
        self._workload, self._space, self._plan = workload, space, plan
        self._workers, self._resume, self._about = workers, resume, dict(about or {})
        self._trials: dict[str, Trial] = {}
        self._importance: dict[str, float] = {}
        self._study: Study | None = None
        self._running = self._events()

    def __repr__(self) -> str:
        """The number of trials, and the best one."""
        best = self.outcome.best
        words = f": {self._plan.metric} {best.score:.4f} with {_words(best)}" if best else ""
        return f"<Sweep of {len(self.outcome.searched)} trials{words}>"

    @property
    def events(self) -> Iterator[TrialEvent]:
        """The events from now on, as they happen; each is yielded once.

        Close the iterator to end the trials that run; they are trained further when the sweep is
        resumed.
        """
        return self._running

    def finish(self) -> Sweep:
        """Searches to the end, and returns itself.

        Raises:
            RunError: the folder can't be used, or processes don't start.
        """
        for _ in self._running:
            pass
        return self

    @property
    def trials(self) -> list[Trial]:
        """The trials of the search by number, at its end."""
        return self.finish().outcome.searched

    @property
    def best(self) -> Trial:
        """The finished trial with the best metric.

        Raises:
            RunError: none has finished.
        """
        best = self.finish().outcome.best
        if best is None:
            errors = [trial.error for trial in self.outcome.searched if trial.error]
            raise RunError("no trial has finished", where="sweep", got=errors[-1] if errors else "")
        return best

    @property
    def importance(self) -> Mapping[str, float]:
        """The fraction of the metric's variation that each setting explains, at the end."""
        self.finish()
        return dict(self._importance)

    @property
    def outcome(self) -> Outcome:
        """The ranking of the trials so far."""
        return Outcome.of(self._trials.values(), self._plan)

    def repeat(self, number: int, *, threads: int | None = None) -> Model:
        """Trains a trial again, alone in this process, and returns the model.

        Args:
            number: of the trial.
            threads: the number of threads; None for all.

        Raises:
            InputError: there is none of that number, or it never ended.
            RunError: its weights differ: it was trained on a machine of another kind, or by another
                version.
        """
        if self.folder is not None and not self._trials:
            self._trials = {trial.name: trial for trial in self.folder.trials()}
        trial = next((t for t in self.outcome.searched if t.number == number), None)
        if trial is None or not trial.weights_sha256:
            known = ", ".join(str(t.number) for t in self.outcome.searched if t.weights_sha256)
            raise InputError("no trained trial", where="repeat", expected=known, got=number)
        worker = TrialWorker(self._workload)
        message = worker.begin(Job(trial.settings, threads=threads))
        while message["kind"] == "epoch":
            over = trial.state != "finished" and message["epoch"] + 1 >= len(trial.epochs)
            message = worker.stop(PRUNED) if over else worker.go_on()
        got = message.get("weights_sha256", message["error"])
        if got != trial.weights_sha256:
            raise RunError(
                "the weights differ",
                where=f"trial {number}",
                expected=trial.weights_sha256,
                got=got,
                do="Was it trained on a processor of another kind, or by another version?",
            )
        return worker.model

    def config(self, state: str) -> dict[str, object]:
        """Returns the entries of sweep.json."""
        plan = self._plan
        return {
            "version": 1,
            "spritenet": spritenet.__version__,
            "state": state,
            "data_sha256": self._workload.train.content_hash,
            "networks": list(self._workload.models),
            "space": self._space.to_json(),
            "metric": plan.metric,
            "maximize": plan.maximize,
            "trials": plan.trials,
            "seconds": plan.seconds,
            "seeds": plan.seeds,
            "seed": plan.seed,
            "halving": plan.halving,
            "took": self.seconds,
            "importance": self._importance,
            **self._about,
        }

    def _events(self) -> Iterator[TrialEvent]:
        """Searches, and yields the events."""
        with contextlib.ExitStack() as stack:
            workers = self._workers(self._workload)  # first: they start while the rest is prepared
            stack.callback(workers.close)
            past = self._open(stack)
            self._trials = {trial.name: trial for trial in past}
            ended = [t for t in past if t.group == "trial" and t.ended]
            plan = self._plan
            self._study = Study(
                self._space,
                self._workload.models,
                maximize=plan.maximize,
                seed=plan.seed,
                halving=plan.halving,
                storage=plan.storage,
                past=ended,
            )
            data = self._about.get("data", "")
            search = Search(plan, self._study, workers, self._trials, self.folder, data)
            for trial in past:
                if not trial.ended and trial.group == "trial":
                    self._study.ask_again(trial)
                    search.again.append(trial)
            began = time.monotonic()
            try:
                yield from search.search()
                yield from search.other_seeds()
            finally:
                self.seconds = time.monotonic() - began
            self._close("finished")

    def _open(self, stack: contextlib.ExitStack) -> list[Trial]:
        """Returns the trials of an earlier process, and locks the folder.

        Raises:
            RunError: the folder can't be used.
        """
        if self.folder is None:
            return []
        shared = self._plan.storage is not None
        past = self.folder.begin(self.config("running"), resume=self._resume or shared)
        if shared:  # others may be at work there: this machine's own trials, if it resumes
            mine = self._resume and f"{node()}, "
            return [t for t in past if t.ended or (mine and t.worker.startswith(mine))]
        try:
            stack.enter_context(lock_file(self.folder.path / ".lock"))
        except TimeoutError as error:
            raise RunError(
                "another sweep is using this folder", where=self.folder.path, got=error
            ) from error
        return past

    def _close(self, state: str) -> None:
        """Writes the end of the sweep."""
        self._importance = importance(self.outcome.searched, self._space.domains)
        if self.folder is not None:
            self.folder.write_config(self.config(state))


def _words(trial: Trial) -> str:
    """Returns the settings of a trial in few words."""
    from spritenet.sweeps.settings import Settings

    return str(Settings({k: v for k, v in trial.settings.items() if k != "seed"}))
