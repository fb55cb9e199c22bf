"""Recorder: writes a training to the folder of a run, from which it can be resumed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import spritenet
from spritenet.augmentation import Step
from spritenet.dataset.source import Source
from spritenet.errors import RunError
from spritenet.export.metadata import TrainedOn
from spritenet.layers import IMAGES, Graph
from spritenet.model import building
from spritenet.model.encoder import Encoder, to_batches
from spritenet.model.input_data import adapt
from spritenet.runs import Run
from spritenet.training import checkpoint, evaluation, loop
from spritenet.training.balanced_batches import BalancedBatches
from spritenet.training.batch_source import BatchSource
from spritenet.training.callbacks import Callbacks
from spritenet.training.controls import DISCARDED
from spritenet.training.events import EpochEnded, Event, Finished, StepEvent, Stopped
from spritenet.training.observer import Observer, Subject
from spritenet.training.session import Session
from spritenet.training.snapshot import WeightSlice
from spritenet.training.state import TrainingState
from spritenet.training.task import Task

if TYPE_CHECKING:
    from spritenet.model.model import Model

__all__ = ["Recorder", "observe"]

MOST_OBSERVED = 1000
"""Images of a stream that are held in memory for observation."""


@dataclass(frozen=True, slots=True, eq=False)
class Recorder:
    """Writes a training to the folder of a run.

    Attributes:
        model: the model in training.
        folder: of the run.
        about: JSON values to add to config.json.
        data_name: the name of the training set.
        resume: True to resume the run in the folder.
        finish: passes the events on and completes the model before the last one.
        held_out: held-out images to observe predictions on; None for none.
        augmentation: the random changes of images, besides those of the network's layers.
        brief: leave out single steps, predictions and snapshots.
    """

    model: Model
    folder: Path
    about: Mapping[str, object]
    data_name: str
    resume: bool
    finish: Callable[[Iterator[Event]], Iterator[Event]]
    held_out: BatchSource | None = None
    augmentation: Sequence[Step] = ()
    brief: bool = False

    def events(self, task: Task, session: Session, callbacks: Callbacks) -> Iterator[Event]:
        """Yields the events of the training, each after it is in the journal."""
        run, plan = Run(self.folder), session.plan
        with run.open_for_writing(resume=self.resume) as found:
            content_hash = task.examples.identity
            identity = self._identity(task, content_hash)
            last_step = None
            if found is not None:
                plan = checkpoint.continued(found, plan, identity, run.checkpoint_path)
                session.plan, session.rates = plan, plan.rates(task.optimizer.schedule)
                last_step = found.state.step
                self._check(found.state)
            run.write_config({**identity, "plan": asdict(plan), **self._settings()})
            self.model.trained_on = TrainedOn(self.data_name, content_hash, plan.seed, 0)
            run.controls.clear()
            task = replace(
                task,
                identity=identity,
                checkpoint=run.checkpoint_path,
                controls=run.controls,
                observer=None
                if self.brief
                else _observer(self.model, task, plan.seed, run, self.held_out),
            )
            events = self.finish(loop.run(task, session, callbacks, found))
            events = self._with_model(events, run)
            if self.brief:
                events = (event for event in events if not isinstance(event, StepEvent))
            yield from run.record(events, last_step, lambda: session.state.now.step)
            if session.reason == DISCARDED:
                run.clear()

    def _check(self, found: TrainingState) -> None:
        """Raises RunError if the arrays of a checkpoint don't have the sizes of the model's."""
        now = self.model.state.now
        expected, got = now.slots.shape, found.slots.shape
        if now.parameters.shape != found.parameters.shape or expected != got:
            raise RunError(
                "the arrays of the checkpoint have other sizes",
                where=Run(self.folder).checkpoint_path,
                expected=f"{now.parameters.size} parameters, slots {expected}",
                got=f"{found.parameters.size} parameters, slots {got}",
                do="Start the training again.",
            )

    def _identity(self, task: Task, content_hash: str) -> dict[str, object]:
        """Returns the JSON values that must be equal to resume from a checkpoint."""
        values: dict[str, object] = {
            "layers": describe(self.model.graph),
            "input_shape": self.model.input_shape,
            "optimizer": task.optimizer.config(),
            "loss": task.loss.config(),
            "images": len(task.examples),
            "data_sha256": content_hash,
        }
        if isinstance(task.examples, BalancedBatches):
            values["sampling"] = "balanced"
        if task.metrics is not None:
            values["metrics"] = self.model.chosen_metrics.config()
        if self.augmentation:
            values["augmentation"] = [[s.operator, s.attributes] for s in self.augmentation]
        result: dict[str, object] = json.loads(json.dumps(values))
        return result

    def _settings(self) -> dict[str, object]:
        """Returns the other values of config.json."""
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
        """Returns name, output shape and parameters of each layer, for pages."""
        return [
            {
                "name": node.layer.label,
                "output_shape": node.output_shape,
                "parameters": sum(weight.size for weight in node.weights),
            }
            for node in self.model.graph.nodes(self.model.input_shape or ())
        ]

    def _with_model(self, events: Iterable[Event], run: Run) -> Iterator[Event]:
        """Passes the events on, and saves the model before the last one."""
        for event in events:
            if isinstance(event, EpochEnded):
                logs = event.logs.items()
                self.model.scores = {
                    name: value
                    for name, value in logs
                    if name.startswith("val_") and not isinstance(value, list)
                }
            if isinstance(event, Finished | Stopped):
                self.model.save(run.model_path)
            yield event


def describe(graph: Graph) -> list[dict[str, object]]:
    """Returns the layers as JSON values; in a graph, each with the names of those it reads."""
    found: list[dict[str, object]] = []
    for layer, inputs in zip(graph.layers, graph.inputs, strict=True):
        entry: dict[str, object] = {"class_name": layer.class_name, "config": layer.config()}
        if not graph.is_chain:
            entry["inputs"] = [None if i == IMAGES else graph[i].label for i in inputs]
        found.append(entry)
    return found


def observe(model: Model, source: Source, run: Run, seed: int) -> Iterator[Event]:
    """Yields the observations of a trained model on a test set, for the journal of its run.

    Args:
        model: trained.
        source: the test set.
        run: the run, for the folder of snapshots.
        seed: of the sampled images.
    """
    optimizer, loss = model.compiled()
    encoder = Encoder(model.output_shape[-1], loss)
    shape = model.input_shape or source.image_shape
    examples = to_batches(adapt(source), shape, encoder)
    most = evaluation.images_per_call(model.graph, shape)
    task = Task(model.engine(), loss, optimizer, examples, examples, max_images=most)
    yield from _observer(model, task, seed, run, examples).evaluated(model.state.now)


def _observer(
    model: Model, task: Task, seed: int, run: Run, held_out: BatchSource | None
) -> Observer:
    """Returns the observer of a training, on its validation set or else held-out images."""
    source = held_out if task.validation is None else task.validation
    examples = None if source is None else source.in_memory(MOST_OBSERVED, seed)
    images = (task.examples.in_memory(MOST_OBSERVED, seed) if examples is None else examples).images
    places = building.places(model.graph, model.input_shape or images.shape[1:])
    subject = Subject(
        task.engine,
        [WeightSlice(place.name, place.weight.shape, place.start) for place in places],
        [layer.label for layer in model.layers],
        images[0],
        model.class_names,
        task.max_images,
    )
    return Observer(subject, examples, run.snapshots_path, seed, run.controls.watched)
