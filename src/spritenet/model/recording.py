"""A training that is kept in a run's folder: written down, resumable, its model saved last."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import spritenet
from spritenet.dataset import Split
from spritenet.dataset.streamed import StreamSource
from spritenet.engines.engine import Examples
from spritenet.errors import RunError
from spritenet.export.metadata import TrainedOn
from spritenet.model import building
from spritenet.model import examples as made
from spritenet.model.data_adapter import adapt
from spritenet.runs import Run
from spritenet.training import checkpoint, evaluation, loop
from spritenet.training.callbacks import Callbacks
from spritenet.training.controls import DISCARDED
from spritenet.training.events import EpochEnded, Event, Finished, Stopped
from spritenet.training.feed import Feed
from spritenet.training.loop import Task
from spritenet.training.observer import Observer, Subject
from spritenet.training.session import Session
from spritenet.training.snapshot import WeightSlice
from spritenet.training.state import TrainingState

if TYPE_CHECKING:
    from spritenet.model.sequential import Sequential

__all__ = ["Kept", "observed"]


@dataclass(frozen=True, slots=True)
class Kept:
    """A training that is kept in a run's folder.

    Attributes:
        model: what is trained.
        folder: the run's.
        about: more for its config.json.
        data_name: what the images are called.
        split: whose they are, if they are a split's.
        resume: go on with the run that is there.
        ending: what is done with the events before the model is saved.
        shown: images not learnt from, to show those who watch what they are taken for.
    """

    model: Sequential
    folder: Path
    about: Mapping[str, object]
    data_name: str
    split: Split | None
    resume: bool
    ending: Callable[[Iterator[Event]], Iterator[Event]]
    shown: Examples | Feed | None = None

    def events(self, task: Task, session: Session, callbacks: Callbacks) -> Iterator[Event]:
        """The training's events, written down as they are pulled."""
        run, plan = Run(self.folder), session.plan
        with run.open_for_writing(resume=self.resume) as found:
            content_hash = made.sha256(task.examples, self.split)
            identity = self._identity(task, content_hash)
            last_step = None
            if found is not None:
                plan = checkpoint.continued(found, plan, identity, run.checkpoint_path)
                session.plan, session.rates = plan, plan.rates(task.optimizer.schedule)
                last_step = found.state.step
                self._check(found.state)
            run.write_config({**identity, "plan": asdict(plan), **self._setting()})
            self.model.trained_on = TrainedOn(self.data_name, content_hash, plan.seed, 0)
            run.controls.clear()
            task = replace(
                task,
                identity=identity,
                checkpoint=run.checkpoint_path,
                controls=run.controls,
                observer=_observer(self.model, task, plan.seed, run, self.shown),
            )
            events = self.ending(loop.run(task, session, callbacks, found))
            events = self._with_model(events, run)
            yield from run.record(events, last_step, lambda: session.state.now.step)
            if session.reason == DISCARDED:
                run.clear()

    def _check(self, found: TrainingState) -> None:
        """Refuse a checkpoint whose arrays aren't of the model's sizes.

        Raises:
            RunError: they aren't.
        """
        now = self.model.state.now
        expected, got = now.slots.shape, found.slots.shape
        if now.parameters.shape != found.parameters.shape or expected != got:
            raise RunError(
                "the checkpoint's arrays are of other sizes",
                where=Run(self.folder).checkpoint_path,
                expected=f"{now.parameters.size} parameters, slots {expected}",
                got=f"{found.parameters.size} parameters, slots {got}",
                do="Start the training anew.",
            )

    def _identity(self, task: Task, content_hash: str) -> dict[str, object]:
        """What must be the same to go on with a checkpoint, as JSON gives it back."""
        values = {
            "layers": [
                {"class_name": layer.class_name, "config": layer.config()}
                for layer in self.model.layers
            ],
            "input_shape": self.model.input_shape,
            "optimizer": task.optimizer.config(),
            "loss": task.loss.config(),
            "images": len(task.examples),
            "data_sha256": content_hash,
        }
        result: dict[str, object] = json.loads(json.dumps(values))
        return result

    def _setting(self) -> dict[str, object]:
        """What config.json holds beyond what a checkpoint needs."""
        return {
            "version": 1,
            "spritenet": spritenet.__version__,
            "model": self.model.name,
            "class_names": list(self.model.class_names),
            "data": self.data_name,
            "table": self._table(),
            **self.about,
        }

    def _table(self) -> list[dict[str, object]]:
        """Of each layer what it makes of an image and how much it learns, for those who look on."""
        rows = []
        shape: tuple[int, ...] = self.model.input_shape or ()
        for layer in self.model.layers:
            learnt = sum(weight.size for weight in layer.weights(shape))
            shape = layer.output_shape(shape)
            rows.append({"name": layer.label, "output_shape": shape, "parameters": learnt})
        return rows

    def _with_model(self, events: Iterable[Event], run: Run) -> Iterator[Event]:
        """Save the model before the last event."""
        for event in events:
            if isinstance(event, EpochEnded):
                logs = event.logs.items()
                self.model.scores = {k: v for k, v in logs if k.startswith("val_")}
            if isinstance(event, Finished | Stopped):
                self.model.save(run.model_path)
            yield event


def observed(
    model: Sequential, split: Split | StreamSource, run: Run, seed: int
) -> Iterator[Event]:
    """What is seen of a trained model when it is tried on a split, for the run's journal.

    Args:
        model: trained.
        split: what it is tried on.
        run: where snapshots are kept.
        seed: of the images that are followed.
    """
    loss = model.compiled()[1]
    given = adapt(split)
    examples = made.to_examples(given, given.shape, model.output_shape[-1], loss)
    max_images = evaluation.images_per_call(model.layers, given.shape)
    task = Task(
        model.engine(), loss, model.compiled()[0], examples, examples, max_images=max_images
    )
    yield from _observer(model, task, seed, run, examples).evaluated(model.state.now)


def _observer(
    model: Sequential, task: Task, seed: int, run: Run, shown: Examples | Feed | None
) -> Observer:
    """Who looks at the network for those who watch."""
    unlearnt = shown if task.validation is None else task.validation
    tried = None if unlearnt is None else made.at_hand(unlearnt, seed)
    images = (made.at_hand(task.examples, seed) if tried is None else tried).images
    places = building.places(model.layers, images.shape[1:])
    subject = Subject(
        task.engine,
        [WeightSlice(place.name, place.weight.shape, place.start) for place in places],
        [layer.label for layer in model.layers],
        images[0],
        model.class_names,
        task.max_images,
    )
    return Observer(subject, tried, run.snapshots_path, seed, run.controls.watched)
