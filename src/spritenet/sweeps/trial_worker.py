"""TrialWorker: trains one trial after the other, an epoch at a call.

It lives in a process of its own, warm with data and networks; the search asks for an epoch, looks
at its metrics, and asks for the next one or ends the trial.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spritenet.errors import CoreError, DivergedError, RunError, SpritenetError
from spritenet.model import trainer
from spritenet.runs import Run
from spritenet.sweeps.search_space import NETWORK
from spritenet.sweeps.settings import Settings
from spritenet.training import checkpoint
from spritenet.training.events import EpochEnded, Event, Finished, Stopped
from spritenet.training.fit_options import BATCH_SIZE, FitOptions

if TYPE_CHECKING:
    from spritenet.dataset import Split
    from spritenet.model import Model

__all__ = ["OVER", "PRUNED", "Job", "Message", "TrialWorker", "Workload"]

Message = dict[str, Any]
"""`{"kind": "epoch", "metrics": …}`, or `{"kind": "end", "state": …}` with the trial's results."""

PRUNED = "pruned: others were better after as many epochs"
OVER = "the sweep's time was over"


@dataclass(frozen=True, slots=True, eq=False)
class Workload:
    """The things that all trials of a sweep have in common.

    Attributes:
        models: the networks by name, compiled.
        train: the training set, without validation images.
        validation: the validation set.
        test: the test set; None for none.
        options: of the training.
        keep_weights: begin with the models' weights.
    """

    models: Mapping[str, Model]
    train: Split
    validation: Split
    test: Split | None
    options: FitOptions
    keep_weights: bool = False

    def model(self, values: Mapping[str, Any]) -> tuple[Model, Settings]:
        """Returns the compiled network of a trial's settings, and the settings without its name."""
        chosen = values.get(NETWORK, next(iter(self.models)))
        settings = Settings({k: v for k, v in values.items() if k != NETWORK})
        options = settings.options(self.options)
        batches = -(-len(self.train) // (options.batch_size or BATCH_SIZE))
        steps = options.steps or options.epochs * batches
        base = self.models[chosen]
        return settings.model(base, keep_weights=self.keep_weights, steps=steps), settings


@dataclass(frozen=True, slots=True)
class Job:
    """One training.

    Attributes:
        settings: values by name.
        folder: of its run; None for a training that leaves nothing on disk.
        resume: go on from the checkpoint in the folder, if there is one.
        test: evaluate on the test set at the end.
        threads: the number of threads.
    """

    settings: Mapping[str, Any]
    folder: Path | None = None
    resume: bool = False
    test: bool = False
    threads: int | None = 1
    about: Mapping[str, Any] = field(default_factory=dict)


class TrialWorker:
    """Trains one trial at a time.

    Args:
        workload: data, networks and options.
    """

    def __init__(self, workload: Workload) -> None:
        self._workload = workload
        self._model: Model | None = None
        self._events: Iterator[Event] = iter(())
        self._began = 0.0
        self._job = Job({})

    def is_there(self) -> None:
        """Returns None once the worker has its data."""

    def begin(self, job: Job) -> Message:
        """Begins a training, and returns the message of its first epoch or its end."""
        self._began, self._job = time.perf_counter(), job
        try:
            self._model, settings = self._workload.model(job.settings)
            self._model.threads = job.threads
            options = self._options(settings, resume=_continues(job))
            self._events = trainer.events(self._model, self._workload.train, None, options)
        except SpritenetError as error:
            return self._failure(error)
        return self.go_on()

    def go_on(self) -> Message:
        """Trains to the end of the next epoch, and returns its message or that of the end."""
        end: Finished | Stopped | None = None
        try:
            for event in self._events:
                if isinstance(event, EpochEnded):
                    return self._epoch(event)
                if isinstance(event, Finished | Stopped):
                    end = event  # an error may follow, and the run is closed after it
        except SpritenetError as error:
            return self._failure(error)
        if end is None:
            return self._failure(CoreError("the training ended without a last event"))
        return self._end(end)

    @property
    def model(self) -> Model:
        """The model of the last training."""
        assert self._model is not None  # noqa: S101 - it has begun
        return self._model

    def _epoch(self, event: EpochEnded) -> Message:
        """Returns the message of an epoch."""
        session = self.model.session
        last = session is not None and event.step >= session.plan.last_step
        return {
            "kind": "epoch",
            "epoch": event.epoch,
            "metrics": dict(event.logs),
            "last": last,
        }

    def stop(self, reason: str = PRUNED) -> Message:
        """Ends the training after the epoch that it reported, and returns the message of the end.

        The run keeps checkpoint and model, as at the end of a shorter training.
        """
        if self.model.session is not None:
            self.model.session.stop(reason)
        message = self.go_on()
        if message["kind"] == "end" and message["state"] == "stopped" and reason == PRUNED:
            message["state"] = "pruned"
        return message

    def _options(self, settings: Settings, *, resume: bool) -> FitOptions:
        """Returns the options of the training."""
        job = self._job
        return replace(
            settings.options(self._workload.options),
            validation_data=self._workload.validation,
            calibrate_on=False,
            run=job.folder,
            resume=resume,
            about=job.about,
            brief=True,
        )

    def _end(self, event: Finished | Stopped) -> Message:
        """Returns the message of a training that ended."""
        model = self.model
        test: dict[str, Any] = {}
        if self._job.test and self._workload.test is not None:
            test = dict(model.evaluate(self._workload.test, return_dict=True))
        return {
            "kind": "end",
            "state": "finished" if isinstance(event, Finished) else "stopped",
            "parameters": model.count_params(),
            "seconds": event.seconds,
            "total_seconds": time.perf_counter() - self._began,
            "weights_sha256": model.weights_sha256,
            "test": test,
            "error": "",
        }

    def _failure(self, error: SpritenetError) -> Message:
        """Returns the message of a training that can't go on."""
        return {
            "kind": "end",
            "state": "diverged" if isinstance(error, DivergedError) else "failed",
            "total_seconds": time.perf_counter() - self._began,
            "error": str(error),
        }


def _continues(job: Job) -> bool:
    """Returns True if a run has a checkpoint to go on from; one that was killed before is cleared.

    Raises:
        RunError: the disk refuses.
    """
    if job.folder is None or not job.resume:
        return False
    run = Run(job.folder)
    with suppress(RunError):  # a checkpoint may be torn after a loss of power
        if run.checkpoint_path.exists():
            checkpoint.load(run.checkpoint_path)
            return True
    if job.folder.is_dir():
        run.clear()
    return False
