"""The training loop: steps, evaluations and checkpoints, as a stream of events.

It prints nothing and knows no terminal, page or journal: consumers pull events. Between two events
the state is consistent, so that a consumer may stop pulling at any time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain
from pathlib import Path
from time import perf_counter, sleep
from typing import TYPE_CHECKING

import numpy as np

from spritenet.engines.engine import Evaluation, Steps
from spritenet.errors import DivergedError
from spritenet.training import batches, evaluation
from spritenet.training.batch_source import BatchSource
from spritenet.training.call_size import CallSize
from spritenet.training.callbacks import Callbacks
from spritenet.training.controls import BY_HAND, obey
from spritenet.training.events import (
    CheckpointSaved,
    EpochEnded,
    Evaluated,
    Event,
    Finished,
    Started,
    StepEvent,
    Stopped,
)
from spritenet.training.measurement import Measurement
from spritenet.training.plan import AVERAGE_EVERY
from spritenet.training.prefetched_batches import PrefetchedBatches
from spritenet.training.session import Session
from spritenet.training.state import Totals, TrainingState
from spritenet.training.task import Task

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.metrics import Value
    from spritenet.training.checkpoint import Checkpoint

__all__ = ["run"]


EXPLODED = 1000.0
"""Training has diverged at a loss this many times the first one, or 1 if that is larger."""

LONGEST_UNSAVED = 10.0
"""Seconds of work that a crash may cost, if the plan gives no number of steps."""

PAUSED = 0.05
"""Seconds between two polls for commands while the training is paused."""


def run(
    task: Task,
    session: Session,
    callbacks: Callbacks,
    found: Checkpoint | None = None,
) -> Iterator[Event]:
    """Trains by `session.plan`, from `session.state` on, or from the checkpoint that was found.

    Raises:
        DivergedError: a loss was not finite. The last good weights are in `session.state`.
        RunError: a checkpoint can't be written.
    """
    return _Loop(task, session, callbacks, found).events()


class _Loop:
    """One run of the loop, with its state between events."""

    def __init__(
        self, task: Task, session: Session, callbacks: Callbacks, found: Checkpoint | None
    ) -> None:
        self.task = task
        self.session = session
        self.plan = session.plan
        self.callbacks = callbacks
        self.call_size = CallSize()
        self.began = self.saved = perf_counter()
        self.epochs: list[EpochEnded] = []
        self.largest_loss = math.inf  # known after the first step
        now = session.state.now
        if found is not None:
            now = found.state
            session.rate = found.rate
            session.reason = "" if found.reason in BY_HAND else found.reason
            self.epochs = list(found.epochs)
            for callback, state in zip(callbacks.all, found.callbacks, strict=False):
                callback.load_state_dict(state)
        if self.plan.average and now.average is None:
            now = replace(now, average=now.parameters.copy())
        if task.metrics is not None:
            if now.metrics is None:
                now = replace(now, metrics=task.metrics.start())
            session.directions = task.metrics.directions
            session.running_metrics = self._running_metrics
        session.state.now = now
        # Three sets of arrays rotate: the present one, the previous one, and the next.
        self.before = now.copy()
        self.spare = now.copy()

    @property
    def now(self) -> TrainingState:
        """Weights, optimizer slots and position."""
        return self.session.state.now

    def events(self) -> Iterator[Event]:
        """Yields all events, each after the callbacks were called with it."""
        callbacks, plan = self.callbacks, self.plan
        callbacks.begin(self.session)
        yield self._notify(self._started())
        if self.now.step < plan.last_step and not self.now.epoch.images:
            callbacks.epoch_begins(plan.epoch(self.now.step))
        try:
            while self.now.step < plan.last_step and not self.session.reason:
                for event in chain(self._some_steps(), self._between(), self._at_pause()):
                    yield self._notify(event)
            self._finite(self.now.best_guess)
        except DivergedError as error:
            yield self._notify(self._stopped(error.what))
            raise
        finally:
            if isinstance(self.task.examples, PrefetchedBatches):
                self.task.examples.close()
        yield self._notify(self._end())

    def _notify(self, event: Event) -> Event:
        """Calls the callbacks with an event and returns it."""
        self.callbacks.show(event)
        return event

    def _started(self) -> Started:
        """Returns the first event."""
        plan, now = self.plan, self.now
        return Started(
            now.step,
            plan.last_step,
            plan.steps_per_epoch,
            plan.epoch(plan.last_step - 1) + 1,
            plan.batch_size,
            len(self.task.examples),
            len(now.parameters),
            plan.seed,
        )

    def _some_steps(self) -> Iterator[StepEvent]:
        """Makes steps up to the next pause, or fewer, and yields an event for each."""
        now, plan, task = self.now, self.plan, self.task
        steps = 1 if self.callbacks.exact else self.call_size.steps
        steps = min(plan.pause(now.step) - now.step, steps)
        steps = batches.permitted(now, plan, steps, task.examples)
        measurement = None
        if task.metrics is not None and now.metrics is not None:
            measurement = Measurement(task.metrics, now.metrics)
            steps = min(steps, measurement.most_steps(plan.batch_size))
        rates = self._rates(steps)
        work = now.copy_into(self.spare)
        start = perf_counter()
        done, waited = batches.advance(
            task.engine,
            work,
            task.examples,
            plan,
            loss=task.loss,
            optimizer=task.optimizer,
            rates=rates,
            measure=measurement,
        )
        seconds = perf_counter() - start
        self.session.waited += waited
        self._finite(np.where(done.losses > self.largest_loss, np.inf, done.losses), done)
        if len(done) and self.largest_loss == math.inf:
            self.largest_loss = EXPLODED * max(1.0, float(done.losses[0]))
        self.call_size.took(len(done), seconds)
        sizes = [
            batches.batch_images(now.place + k, plan.batch_size, len(task.examples))
            for k in range(len(done))
        ]
        if measurement is not None:
            work = replace(work, metrics=measurement.state)
        self._commit(work, len(done), _sums(done, sizes, seconds))
        right = [None] * len(done) if done.correct is None else done.correct.tolist()
        for k, (loss, correct) in enumerate(zip(done.losses, right, strict=True)):
            epoch, rate = plan.epoch(now.step + k), float(rates[k])
            yield StepEvent(now.step + k + 1, epoch, float(loss), correct, sizes[k], rate)

    def _rates(self, steps: int) -> NDArray[np.float32]:
        """Returns the learning rates of the next steps."""
        if self.session.rate is not None:
            return np.full(steps, self.session.rate, np.float32)
        first = self.now.step - self.plan.first_step
        return self.session.rates[first : first + steps]

    def _commit(self, work: TrainingState, steps: int, sums: Totals) -> None:
        """Makes the computed state the present one, in one assignment."""
        now = self.now
        step = now.step + steps
        if work.average is not None and self.plan.averages(step):
            done = step - self.plan.first_step
            # TensorFlow's warm-up: a young average forgets the untrained weights quickly.
            decay = min(self.plan.average, (1 + done) / (10 + done)) ** AVERAGE_EVERY
            work.average[:] += np.float32(1 - decay) * (work.parameters - work.average)
        self.spare, self.before = self.before, now
        self.session.state.now = replace(
            work,
            step=step,
            place=now.place + steps,
            epoch=now.epoch.plus(sums),
            whole=now.whole.plus(sums),
        )

    def _finite(self, values: NDArray[np.float32], done: Steps | None = None) -> None:
        """Restores the last good weights if a value is not finite, or the loss has exploded.

        Weights are good if a loss computed with them was finite. This is known of the present
        weights only if the first of the new steps succeeded.

        Raises:
            DivergedError: a value is not finite.
        """
        finite = np.isfinite(values)
        if finite.all() and not (done is not None and done.diverged):
            return
        step = self.now.step + (int(finite.argmin()) if not finite.all() else len(values))
        if done is None or step == self.now.step:
            self.session.state.now = self.before
        raise DivergedError(
            f"training diverged: the loss after step {step} is infinite, not a number, or more "
            f"than {EXPLODED:,.0f} times the first",
            do=f"The weights after step {self.now.step} are kept. "
            f"Use a learning rate below {self.session.learning_rate:g}.",
        )

    def _at_pause(self) -> Iterator[Event]:
        """Yields the evaluations, the end of an epoch and the checkpoint due at this step."""
        plan, task, step = self.plan, self.task, self.now.step
        if plan.tests(step) and task.sample is not None:
            yield self._evaluated(task.sample)
            yield from self._observed()
        if plan.ends_epoch(step):
            evaluated = None
            if task.validation is not None and plan.validates(step):
                evaluated = self._evaluated(task.validation)
                yield evaluated
                yield from self._observed()
            elif task.observer is not None and task.observer.watched():
                yield from self._observed()
            ended = self._epoch_ended(evaluated)
            self.epochs.append(ended)
            start = None if task.metrics is None else task.metrics.start()
            self.session.state.now = replace(self.now, epoch=Totals(), metrics=start)
            yield ended
        if task.checkpoint is not None and self._saves():
            yield self._checkpointed(task.checkpoint)
        if plan.ends_epoch(step) and step < plan.last_step and not self.session.reason:
            self.callbacks.epoch_begins(plan.epoch(step))

    def _between(self) -> Iterator[Event]:
        """Takes snapshots and executes commands; waits while the training is paused."""
        if self.task.observer is not None:
            yield from self.task.observer.passed(self.now)
        if self.task.controls is None:
            return
        paused = False
        while True:
            for command in self.task.controls.poll():
                answer = obey(command, self.session, paused=paused)
                yield answer
                if not answer.refused and command.name in {"pause", "resume"}:
                    paused = command.name == "pause"
                    if paused and self.task.checkpoint is not None:
                        yield self._checkpointed(self.task.checkpoint)
            if not paused or self.session.reason:
                return
            sleep(PAUSED)

    def _observed(self) -> Iterator[Event]:
        """Yields the observer's predictions for validation images."""
        if self.task.observer is not None:
            yield from self.task.observer.evaluated(self.now)

    def _evaluated(self, examples: BatchSource) -> Evaluated:
        """Evaluates the network and returns the event."""
        result = self._evaluate(examples)
        self._finite(np.array([result.loss], np.float32))
        step = self.now.step
        epoch = self.plan.epoch(step - 1)
        return Evaluated(
            step, epoch, result.loss, result.accuracy, result.count, metrics=result.metrics
        )

    def _evaluate(self, examples: BatchSource) -> Evaluation:
        """Returns the network's loss and accuracy on the examples."""
        task = self.task
        return evaluation.evaluate(
            task.engine,
            self.now.best_guess,
            examples,
            task.loss,
            task.max_images,
            metrics=task.metrics,
        )

    def _running_metrics(self) -> dict[str, Value]:
        """Returns the metrics of the epoch so far."""
        metrics, state = self.task.metrics, self.now.metrics
        return {} if metrics is None or state is None else metrics.values(state)

    def _epoch_ended(self, evaluated: Evaluated | None) -> EpochEnded:
        """Returns the metrics of the epoch that has ended."""
        step, sums = self.now.step, self.now.epoch
        rate = self.session.rate
        if rate is None:
            rate = float(self.session.rates[step - 1 - self.plan.first_step])
        return EpochEnded(
            step,
            self.plan.epoch(step - 1),
            sums.loss / max(1, sums.images),
            None if sums.correct is None else sums.correct / max(1, sums.images),
            rate,
            None if evaluated is None else evaluated.loss,
            None if evaluated is None else evaluated.accuracy,
            sums.images,
            sums.seconds,
            metrics=self._running_metrics(),
            val_metrics={} if evaluated is None else evaluated.metrics,
        )

    def _saves(self) -> bool:
        """Returns True if a checkpoint is due."""
        late = not self.plan.checkpoint_every and perf_counter() - self.saved > LONGEST_UNSAVED
        return late or bool(self.session.reason) or self.plan.saves(self.now.step)

    def _checkpointed(self, path: Path) -> CheckpointSaved:
        """Writes a checkpoint and returns its event."""
        self._save(path)
        self.saved = perf_counter()
        return CheckpointSaved(self.now.step, str(path))

    def _save(self, path: Path) -> None:
        """Writes everything needed to resume here."""
        from spritenet.training import checkpoint  # only here: its import costs time

        made = checkpoint.Checkpoint(
            self.now,
            self.plan,
            self.task.identity,
            self.session.rate,
            self.session.reason,
            [callback.state_dict() for callback in self.callbacks.all],
            self.epochs,
        )
        checkpoint.save(path, made)

    def _end(self) -> Finished | Stopped:
        """Makes the averaged weights final and returns the last event."""
        now = self.now
        final = now.best_guess.copy()
        if "average" in self.task.optimizer.slots and now.average is None and now.step:
            average = now.slots[self.task.optimizer.slots.index("average")]
            for part in self.task.trainable:
                final[part] = average[part]
        self.session.state.now = replace(now, parameters=final, average=None)
        self.callbacks.end(self.epochs[-1].logs if self.epochs else {})
        if self.session.reason:
            return self._stopped(self.session.reason)
        total = perf_counter() - self.began
        return Finished(now.step, now.whole.images, now.whole.seconds, total)

    def _stopped(self, reason: str) -> Stopped:
        """Returns the last event of a training that stopped early."""
        whole = self.now.whole
        total = perf_counter() - self.began
        return Stopped(self.now.step, reason, whole.images, whole.seconds, total)


def _sums(done: Steps, sizes: list[int], seconds: float) -> Totals:
    """Returns the sums that these steps add to an epoch's metrics."""
    loss = float(np.dot(done.losses.astype(np.float64), sizes))
    correct = None if done.correct is None else done.correct.sum().item()
    return Totals(loss, correct, sum(sizes), seconds)
