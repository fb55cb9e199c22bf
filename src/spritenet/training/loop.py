"""The loop: updates, evaluations and checkpoints, as a stream of events.

It prints nothing and knows no terminal, page or journal: whoever wants to see something pulls.
Between two events the state is whole, so that a consumer may stop pulling at any time.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from time import perf_counter, sleep
from typing import TYPE_CHECKING

import numpy as np

from spritenet.engines.engine import Engine, Evaluation, Examples, Steps
from spritenet.errors import DivergedError
from spritenet.losses import Loss
from spritenet.optimizers import Optimizer
from spritenet.training import batches, evaluation
from spritenet.training.call_size import Pace
from spritenet.training.callbacks import Callbacks
from spritenet.training.controls import BY_HAND, Controls, obey
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
from spritenet.training.feed import Feed
from spritenet.training.plan import AVERAGE_EVERY
from spritenet.training.session import Session
from spritenet.training.state import Snapshot, Totals

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.training.checkpoint import Checkpoint
    from spritenet.training.observer import Observer

__all__ = ["Task", "run"]


EXPLODED = 1000.0
"""A loss this many times the first (or 1, if that is more) means that training has gone astray."""

LONGEST_UNSAVED = 10.0
"""Seconds of work that a crash may cost, unless it is said how many updates."""

PAUSED = 0.05
"""Seconds between two looks for commands while the training is paused."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """What is trained on what, and where it is kept.

    Attributes:
        engine: the network, made for the plan's batch size.
        loss: what becomes small.
        optimizer: how the weights move.
        examples: to learn from.
        validation: to evaluate on at the end of each epoch; None for no evaluation.
        sample: the few of them to evaluate on in between.
        max_images: images in one call of an evaluation.
        identity: what a checkpoint must share to be gone on with; JSON values.
        checkpoint: the checkpoint's file; None for none.
        controls: where commands come from; None for nowhere.
        observer: looks at the network now and then; None for nobody.
    """

    engine: Engine
    loss: Loss
    optimizer: Optimizer
    examples: Examples | Feed
    validation: Examples | Feed | None = None
    sample: Examples | Feed | None = None
    max_images: int = 1024
    identity: Mapping[str, object] = field(default_factory=dict)
    checkpoint: Path | None = None
    controls: Controls | None = None
    observer: Observer | None = None


def run(
    task: Task,
    session: Session,
    callbacks: Callbacks,
    found: Checkpoint | None = None,
) -> Iterator[Event]:
    """Train as `session.plan` says, from `session.state` on, or from the checkpoint that was found.

    Raises:
        DivergedError: a loss was not finite. The last good weights are in `session.state`.
        RunError: a checkpoint can't be written.
    """
    return _Loop(task, session, callbacks, found).events()


class _Loop:
    """One run of the loop: what it needs at hand between events."""

    def __init__(
        self, task: Task, session: Session, callbacks: Callbacks, found: Checkpoint | None
    ) -> None:
        self.task = task
        self.session = session
        self.plan = session.plan
        self.callbacks = callbacks
        self.pace = Pace()
        self.began = self.saved = perf_counter()
        self.epochs: list[EpochEnded] = []
        self.largest_loss = math.inf  # known from the first update on
        now = session.state.now
        if found is not None:
            now = found.snapshot
            session.rate = found.rate
            session.reason = "" if found.reason in BY_HAND else found.reason
            self.epochs = list(found.epochs)
            for callback, memory in zip(callbacks.all, found.memories, strict=False):
                callback.remember(memory)
        if self.plan.average and now.average is None:
            now = replace(now, average=now.parameters.copy())
        session.state.now = now
        # Three sets of arrays take turns: the present, the one before it, and the next.
        self.before = now.copy()
        self.spare = now.copy()

    @property
    def now(self) -> Snapshot:
        """Weights and place."""
        return self.session.state.now

    def events(self) -> Iterator[Event]:
        """All events, each shown to the callbacks before it is given out."""
        callbacks, plan = self.callbacks, self.plan
        callbacks.begin(self.session)
        yield self._shown(self._started())
        if self.now.step < plan.last_step and not self.now.epoch.images:
            callbacks.epoch_begins(plan.epoch(self.now.step))
        try:
            while self.now.step < plan.last_step and not self.session.reason:
                for event in chain(self._some_steps(), self._between(), self._at_pause()):
                    yield self._shown(event)
            self._finite(self.now.best_guess)
        except DivergedError as error:
            yield self._shown(self._stopped(error.what))
            raise
        yield self._shown(self._end())

    def _shown(self, event: Event) -> Event:
        """The event, after the callbacks have seen it."""
        self.callbacks.show(event)
        return event

    def _started(self) -> Started:
        """The first event."""
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
        """Do updates up to the next pause, or fewer; then tell of each."""
        now, plan, task = self.now, self.plan, self.task
        steps = 1 if self.callbacks.exact else self.pace.steps
        steps = min(plan.pause(now.step) - now.step, steps)
        steps = batches.permitted(now, plan, steps, task.examples)
        rates = self._rates(steps)
        work = now.copy_into(self.spare)
        start = perf_counter()
        done = batches.advance(
            task.engine,
            work,
            task.examples,
            plan,
            loss=task.loss,
            optimizer=task.optimizer,
            rates=rates,
        )
        seconds = perf_counter() - start
        self._finite(np.where(done.losses > self.largest_loss, np.inf, done.losses), done)
        if len(done) and self.largest_loss == math.inf:
            self.largest_loss = EXPLODED * max(1.0, float(done.losses[0]))
        self.pace.took(len(done), seconds)
        sizes = [
            batches.batch_images(now.place + k, plan.batch_size, len(task.examples))
            for k in range(len(done))
        ]
        self._commit(work, len(done), _sums(done, sizes, seconds))
        for k, (loss, correct) in enumerate(zip(done.losses, done.correct, strict=True)):
            epoch, rate = plan.epoch(now.step + k), float(rates[k])
            yield StepEvent(now.step + k + 1, epoch, float(loss), int(correct), sizes[k], rate)

    def _rates(self, steps: int) -> NDArray[np.float32]:
        """The learning rates of the next updates."""
        if self.session.rate is not None:
            return np.full(steps, self.session.rate, np.float32)
        first = self.now.step - self.plan.first_step
        return self.session.rates[first : first + steps]

    def _commit(self, work: Snapshot, steps: int, sums: Totals) -> None:
        """Make what was worked out the present state, in one assignment."""
        now = self.now
        step = now.step + steps
        if work.average is not None and self.plan.averages(step):
            done = step - self.plan.first_step
            # TensorFlow's warm-up: a young average forgets the untrained weights quickly.
            stays = min(self.plan.average, (1 + done) / (10 + done)) ** AVERAGE_EVERY
            work.average[:] += np.float32(1 - stays) * (work.parameters - work.average)
        self.spare, self.before = self.before, now
        self.session.state.now = replace(
            work,
            step=step,
            place=now.place + steps,
            epoch=now.epoch.plus(sums),
            whole=now.whole.plus(sums),
        )

    def _finite(self, values: NDArray[np.float32], done: Steps | None = None) -> None:
        """Go back to the last good weights if a value is not finite, or a loss has exploded.

        Weights are good if a loss computed with them was finite. That is known of the present ones
        only if the first of the updates that were tried was all right.

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
            f"training diverged: the loss after update {step} is infinite, not a number, or more "
            f"than {EXPLODED:,.0f} times the first",
            do=f"The weights after update {self.now.step} are kept. "
            f"Use a learning rate below {self.session.learning_rate:g}.",
        )

    def _at_pause(self) -> Iterator[Event]:
        """What is due after the updates done so far."""
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
            self.session.state.now = replace(self.now, epoch=Totals())
            yield ended
        if task.checkpoint is not None and self._saves():
            yield self._checkpointed(task.checkpoint)
        if plan.ends_epoch(step) and step < plan.last_step and not self.session.reason:
            self.callbacks.epoch_begins(plan.epoch(step))

    def _between(self) -> Iterator[Event]:
        """Look at the network, and do what is asked for; while it is paused, wait."""
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
        """What is seen of images that it doesn't learn from."""
        if self.task.observer is not None:
            yield from self.task.observer.evaluated(self.now)

    def _evaluated(self, examples: Examples | Feed) -> Evaluated:
        """Try the network on the examples."""
        result = self._evaluate(examples)
        self._finite(np.array([result.loss], np.float32))
        step = self.now.step
        return Evaluated(
            step, self.plan.epoch(step - 1), result.loss, result.accuracy, result.count
        )

    def _evaluate(self, examples: Examples | Feed) -> Evaluation:
        """How the network does on the examples."""
        task = self.task
        return evaluation.evaluate(
            task.engine, self.now.best_guess, examples, task.loss, task.max_images
        )

    def _epoch_ended(self, evaluated: Evaluated | None) -> EpochEnded:
        """The figures of the epoch that is over."""
        step, sums = self.now.step, self.now.epoch
        rate = self.session.rate
        if rate is None:
            rate = float(self.session.rates[step - 1 - self.plan.first_step])
        return EpochEnded(
            step,
            self.plan.epoch(step - 1),
            sums.loss / max(1, sums.images),
            sums.correct / max(1, sums.images),
            rate,
            None if evaluated is None else evaluated.loss,
            None if evaluated is None else evaluated.accuracy,
            sums.images,
            sums.seconds,
        )

    def _saves(self) -> bool:
        """Whether a checkpoint is due."""
        late = not self.plan.checkpoint_every and perf_counter() - self.saved > LONGEST_UNSAVED
        return late or bool(self.session.reason) or self.plan.saves(self.now.step)

    def _checkpointed(self, path: Path) -> CheckpointSaved:
        """Write a checkpoint; the event that says so."""
        self._save(path)
        self.saved = perf_counter()
        return CheckpointSaved(self.now.step, str(path))

    def _save(self, path: Path) -> None:
        """Write everything needed to go on from here."""
        from spritenet.training import checkpoint  # only here: others shall not wait for it

        made = checkpoint.Checkpoint(
            self.now,
            self.plan,
            self.task.identity,
            self.session.rate,
            self.session.reason,
            [callback.memory() for callback in self.callbacks.all],
            self.epochs,
        )
        checkpoint.save(path, made)

    def _end(self) -> Finished | Stopped:
        """Settle the weights, and say how it ended."""
        now = self.now
        self.session.state.now = replace(now, parameters=now.best_guess.copy(), average=None)
        self.callbacks.end(self.epochs[-1].logs if self.epochs else {})
        if self.session.reason:
            return self._stopped(self.session.reason)
        total = perf_counter() - self.began
        return Finished(now.step, now.whole.images, now.whole.seconds, total)

    def _stopped(self, reason: str) -> Stopped:
        """The last event of a training that didn't come to its end."""
        whole = self.now.whole
        total = perf_counter() - self.began
        return Stopped(self.now.step, reason, whole.images, whole.seconds, total)


def _sums(done: Steps, sizes: list[int], seconds: float) -> Totals:
    """The updates' share of an epoch's figures."""
    loss = float(np.dot(done.losses.astype(np.float64), sizes))
    return Totals(loss, int(done.correct.sum()), sum(sizes), seconds)
