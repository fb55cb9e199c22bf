"""Trainer: prepares model and data for a training, and yields its events."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spritenet.augmentation import flip_note, flips
from spritenet.dataset.load_warnings import warn
from spritenet.engines.engine import Engine, StagingEngine
from spritenet.errors import ModelError
from spritenet.layers import RandomFlip, Shape
from spritenet.model.data_adapter import DataAdapter
from spritenet.model.encoder import Encoder, to_batches
from spritenet.model.foreign_arrays import is_stream
from spritenet.model.input_data import adapt
from spritenet.model.label_notes import absence_note, label_notes
from spritenet.training import evaluation, loop
from spritenet.training.balanced_batches import BalancedBatches, balanced
from spritenet.training.batch_source import BatchSource, MemoryBatches, SourceBatches
from spritenet.training.callbacks import Callbacks
from spritenet.training.events import Event
from spritenet.training.fit_options import BATCH_SIZE, FitOptions
from spritenet.training.prefetched_batches import PrefetchedBatches
from spritenet.training.session import Session
from spritenet.training.state import Totals
from spritenet.training.task import Task

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spritenet.model.model import Model

__all__ = ["events"]


def events(model: Model, x: object, y: ArrayLike | None, options: FitOptions) -> Iterator[Event]:
    """Returns the events of a training, as `train` does.

    Args:
        model: compiled; built for these images if it isn't yet.
        x: the training data.
        y: its labels or targets.
        options: the description of the training.
    """
    training_set, validation_set = _split(x, y, options, model.input_shape)
    last_held_out = validation_set is not None and training_set.ordered
    if options.validation_data is not None:
        validation_set = adapt(options.validation_data, input_shape=training_set.input_shape)
        last_held_out = False
    seed = options.seed or 0
    batch_size = options.batch_size or training_set.batch_size or BATCH_SIZE
    batch_size = min(batch_size, max(1, len(training_set)))  # one step an epoch

    model.prepare(training_set.input_shape, training_set.class_names, seed)
    shape = model.input_shape or training_set.input_shape
    optimizer, loss = model.compiled()
    model.check_trainable()
    encoder = Encoder(model.output_shape[-1], loss, options.class_weight, model.class_names)
    unweighted = replace(encoder, class_weight=None)
    examples = to_batches(training_set, shape, encoder)
    validation = None if validation_set is None else to_batches(validation_set, shape, unweighted)
    if options.steps != 1:  # a single batch rarely has all classes
        names = model.class_names
        _warn_of_labels(examples, validation if last_held_out else None, training_set, names)
    if options.sampling is not None:
        examples = balanced(examples)
    augmentation = options.augmentation
    random = any(isinstance(layer, RandomFlip) for layer in model.graph)
    if (flips(augmentation) or random) and (note := flip_note(model.class_names)):
        warn(note)
    held_out = _held_out(options.calibrate_on, validation, shape, unweighted)

    now = model.state.now
    parts = -(-len(examples) // batch_size)
    # A new training begins a new pass through the images, even if the one before stopped midway.
    place = now.passes * parts
    now = replace(now, place=place, parts=parts, epoch=Totals(), whole=Totals(), metrics=None)
    plan = options.plan(len(training_set), batch_size, now.step)
    if plan.test_every and validation is None:
        raise ModelError("test_every needs images to test on", do="Give validation_data.")
    metrics = model.chosen_metrics.bound_to(loss, model.output_shape[-1], examples)
    engine = model.engine(batch_size, augmentation)
    task = Task(
        engine=engine,
        loss=loss,
        optimizer=optimizer,
        examples=_prefetched(examples, engine, batch_size, prod(shape)),
        validation=validation,
        sample=_sample(validation, options.test_size, seed),
        max_images=evaluation.images_per_call(model.graph, shape),
        trainable=[place.slice for place in model.network.places if place.trainable],
        metrics=metrics,
    )
    model.state.now, model.rejection, model.thresholds = now, None, None
    if augmentation or options.steps != 1:  # a single step is `train_on_batch`'s
        model.augmentation = augmentation
    rates = plan.rates(optimizer.schedule)
    session = Session(plan, model.state, rates, model, engine.interrupt)
    model.session = session
    finish = partial(model.after_training, training=examples, held_out=held_out, seed=seed)
    callbacks = Callbacks(options.callbacks)
    if options.run is None:
        return finish(loop.run(task, session, callbacks))
    from spritenet.model.recording import Recorder  # only here: its import costs time

    recorder = Recorder(
        model,
        Path(options.run),
        options.about or {},
        training_set.name,
        resume=options.resume,
        finish=finish,
        held_out=validation if held_out is None else held_out,
        augmentation=augmentation,
        brief=options.brief,
    )
    return recorder.events(task, session, callbacks)


def _split(
    x: object,
    y: ArrayLike | None,
    options: FitOptions,
    input_shape: Shape | None,
) -> tuple[DataAdapter, DataAdapter | None]:
    """Returns the training set, and the validation set that is held out of it, if any."""
    steps = options.steps_of_stream
    if steps is not None and is_stream(x):
        return _adapt_stream(x, y, options, steps), None
    data = adapt(x, y, options.sample_weight, input_shape=input_shape)
    if not options.validation_split:
        return data, None
    return data.hold_out(options.validation_split, options.seed or 0)


def _adapt_stream(x: object, y: ArrayLike | None, options: FitOptions, steps: int) -> DataAdapter:
    """Returns the adapter of an iterable of batches.

    Raises:
        DataError: an option can't be combined with it.
    """
    from spritenet.model.generator_adapter import (  # rarely needed
        BatchReader,
        GeneratorAdapter,
        unsupported,
    )

    for given, name, do in (
        (y is not None, "y", "Yield (images, labels)."),
        (options.sample_weight is not None, "sample_weight", "Yield (images, labels, weights)."),
        (options.validation_split, "validation_split", "Give validation_data."),
        (options.sampling is not None, "sampling", "Train on a Split, arrays or a Stream."),
        (options.resume, "resume", "Train on a Split, arrays or a Stream."),
    ):
        if given:
            raise unsupported(name, do)
    reader = BatchReader(x)
    return GeneratorAdapter(reader, steps, options.batch_size or reader.batch_size or BATCH_SIZE)


def _warn_of_labels(
    examples: BatchSource,
    last: BatchSource | None,
    training_set: DataAdapter,
    class_names: tuple[str, ...],
) -> None:
    """Warns of labels that are probably wrong.

    Args:
        examples: the training set.
        last: the validation set, if the last images were held out.
        training_set: the origin of the examples.
        class_names: of classes 0, 1, …; empty if unknown.
    """
    if not examples.resident:
        return
    labels = examples.all().labels
    if labels is None:
        return
    every = labels
    held_out = None if last is None else last.all().labels
    if held_out is not None:
        every = np.concatenate([labels, held_out])
        if note := absence_note(labels, held_out, class_names):
            warn(f"{note}: Split.from_arrays(x, y) holds out a part of each class")
    for note in label_notes(every, class_names, numbered=training_set.unnamed):
        warn(note)


def _held_out(
    given: object, validation: BatchSource | None, shape: Shape, encoder: Encoder
) -> BatchSource | None:
    """Returns the images to calibrate on: those given, else the validation set; False for none."""
    if given is None or given is False:
        return validation if given is None else None
    return to_batches(adapt(given, input_shape=shape), shape, encoder)


def _prefetched(
    examples: BatchSource, engine: Engine, batch_size: int, image_bytes: int
) -> BatchSource:
    """Returns the training set; one that is read while it runs a block ahead, on a device."""
    is_read = isinstance(examples, SourceBatches | BalancedBatches) and not examples.resident
    if not is_read or not isinstance(engine, StagingEngine):
        return examples
    return PrefetchedBatches(examples, engine.stage, batch_size, image_bytes)


def _sample(validation: BatchSource | None, size: int | None, seed: int) -> BatchSource | None:
    """Returns the images evaluated on within epochs."""
    if validation is None or size is None:
        return validation
    return MemoryBatches(validation.sample(size, seed))
