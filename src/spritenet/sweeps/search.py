"""Search: the trials of a sweep, spread over self.workers."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from spritenet.runs import Run
from spritenet.sweeps.outcome import Outcome
from spritenet.sweeps.process_workers import Workers
from spritenet.sweeps.study import Study
from spritenet.sweeps.sweep_folder import SweepFolder
from spritenet.sweeps.sweep_plan import SweepPlan, TrialEvent
from spritenet.sweeps.trial import Trial
from spritenet.sweeps.trial_worker import OVER, PRUNED, Job, Message

__all__ = ["Search"]

ATTEMPTS = 3
"""Times that a trial is begun whose process dies."""

PATIENCE = 0.5
"""Seconds between two looks at the clock."""


@dataclass(slots=True, eq=False)
class Search:
    """The trials of a sweep, spread over self.workers.

    Attributes:
        plan: the extent of the search.
        study: suggests settings.
        workers: train the trials.
        trials: all by name; changed while the search goes on.
        folder: the files of the sweep; None for none.
        data: the name of the data set, for the runs.
        again: trials to begin before new ones.
        running: trials by the number of their worker.
        prepared: the next trial, whose settings are known.
        deadline: time of the monotonic clock after which no trial goes on.
        begun: True once a trial has begun, from when on the plan's time counts.
    """

    plan: SweepPlan
    study: Study
    workers: Workers
    trials: dict[str, Trial]
    folder: SweepFolder | None = None
    data: Any = ""
    again: list[Trial] = field(default_factory=list)
    running: dict[int, Trial] = field(default_factory=dict)
    prepared: Trial | None = None
    deadline: float = float("inf")
    begun: bool = False

    @property
    def outcome(self) -> Outcome:
        """The ranking of the trials so far."""
        return Outcome.of(self.trials.values(), self.plan)

    def search(self) -> Iterator[TrialEvent]:
        """Trains the trials of the search."""
        while True:
            while self.workers.free and (trial := self._next()) is not None:
                yield self._begin(trial)
            if not self.running and not self._has_next():
                return
            if not self.study.shared:  # where a trial that nobody begins would stay
                self._prepare()
            for worker, message in self.workers.messages(PATIENCE):
                yield from self._take(worker, message)

    def other_seeds(self) -> Iterator[TrialEvent]:
        """Trains the winner with other seeds."""
        if self.folder is not None and self.plan.storage is not None:
            if self.study.runs_elsewhere:
                return  # the last machine does it
            self.trials.update({trial.name: trial for trial in self.folder.trials()})
        best = self.outcome.best
        if best is None or not self.plan.seeds:
            return
        self.deadline, self.prepared = float("inf"), None
        own = best.settings["seed"]
        for place in range(self.plan.seeds):
            trial = Trial(place, {**best.settings, "seed": own + place + 1}, group="seed")
            before = self.trials.get(trial.name)
            if before is None or before.settings != trial.settings or not before.ended:
                self._forget(trial)
                self.again.append(trial)
        while self.again or self.running:
            while self.workers.free and self.again:
                yield self._begin(self.again.pop(0))
            for worker, message in self.workers.messages(PATIENCE):
                yield from self._take(worker, message)

    def _forget(self, trial: Trial) -> None:
        """Removes the run of an earlier winner with that seed."""
        if self.folder is not None:
            run = Run(self.folder.run_path(trial))
            if run.exists:
                run.remove()

    def _has_next(self) -> bool:
        """Returns True if another trial is to be begun."""
        if time.monotonic() >= self.deadline:
            return False
        return bool(self.again or self.prepared) or self._wants_more()

    def _wants_more(self) -> bool:
        """Returns True if there are fewer trials than planned."""
        if self.plan.trials is None:
            return True
        count = self.study.count if self.study.shared else len(self.outcome.searched)
        return count < self.plan.trials

    def _next(self) -> Trial | None:
        """Returns the next trial to begin; None for none."""
        if not self._has_next():
            return None
        if self.again:
            return self.again.pop(0)
        self._prepare()
        trial, self.prepared = self.prepared, None
        return trial

    def _prepare(self) -> None:
        """Asks for the settings of the next trial, while the others train."""
        if self.prepared is not None or self.again or not self._wants_more():
            return
        if time.monotonic() < self.deadline:
            numbers = [t.number for t in self.outcome.searched]
            trial = self.study.ask(max(numbers, default=-1) + 1, self.plan.seed)
            self.prepared = trial

    def _begin(self, trial: Trial) -> TrialEvent:
        """Begins a trial on a free worker."""
        worker = self.workers.free[0]
        trial.state, trial.worker = "running", self.workers.name(worker)
        trial.attempts += 1
        trial.notes = {**trial.notes, "metric": self.plan.metric}
        self.trials[trial.name] = trial
        self.running[worker] = trial
        if self.plan.seconds is not None and not self.begun:
            self.deadline, self.begun = time.monotonic() + self.plan.seconds, True
        run = None if self.folder is None else self.folder.run_path(trial)
        about = {"data": self.data, "trial": trial.settings}
        self._write(trial)
        job = Job(trial.settings, run, resume=True, test=trial.group == "seed", about=about)
        self.workers.begin(worker, job)
        return TrialEvent("begun", trial)

    def _take(self, worker: int, message: Message | None) -> Iterator[TrialEvent]:
        """Takes a worker's message."""
        trial = self.running.get(worker)
        if trial is None:  # a worker died before its first trial
            return
        if message is None:
            del self.running[worker]
            yield self._lost(trial, self.workers.last_words(worker))
        elif message["kind"] == "epoch":
            trial.epochs = [*trial.epochs[: message["epoch"]], dict(message["metrics"])]
            trial.value = self._value(trial)
            worse = self._is_worse(trial, message)
            if message["last"] or not (worse or time.monotonic() >= self.deadline):
                self.workers.go_on(worker)
            else:
                self.workers.stop(worker, PRUNED if worse else OVER)
            self._write(trial)
            yield TrialEvent("epoch", trial)
        else:
            del self.running[worker]
            for name in ("state", "parameters", "seconds", "total_seconds", "weights_sha256"):
                setattr(trial, name, message.get(name, getattr(trial, name)))
            trial.test, trial.error = dict(message.get("test", {})), message["error"]
            yield self._ended(trial)

    def _is_worse(self, trial: Trial, message: Message) -> bool:
        """Returns True if a trial shall end early."""
        if trial.group == "seed":
            return False
        notes = dict(trial.notes)
        worse = self.study.is_worse(trial, message["epoch"], trial.score)
        trial.notes = {**notes, **trial.notes}
        return worse

    def _lost(self, trial: Trial, words: str) -> TrialEvent:
        """Puts a trial back whose process died, or gives it up."""
        if trial.attempts < ATTEMPTS:
            trial.state = "waiting"
            self.again.append(trial)
            self._write(trial)
            return TrialEvent("lost", trial)
        trial.state = "failed"
        trial.error = f"its process died {ATTEMPTS} times" + (f": {words}" if words else "")
        return self._ended(trial)

    def _ended(self, trial: Trial) -> TrialEvent:
        """Records the end of a trial."""
        trial.value = self._value(trial) if trial.state in {"finished", "pruned"} else None
        if trial.group == "trial" and trial.ended:
            self.study.tell(trial)
        self._write(trial)
        return TrialEvent("ended", trial)

    def _value(self, trial: Trial) -> float | None:
        """Returns the metric after the last epoch; None where there is none, or several values."""
        value = trial.epochs[-1].get(self.plan.metric) if trial.epochs else None
        return float(value) if isinstance(value, float | int) else None

    def _write(self, trial: Trial) -> None:
        """Writes a trial's file."""
        if self.folder is not None:
            self.folder.write(trial)
