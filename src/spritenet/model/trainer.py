"""From the arguments of `fit` to a training: how much, on what, where it is kept."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from spritenet.arguments import count, number, seed_of
from spritenet.dataset import Dataset, Split
from spritenet.dataset.load_warnings import warn
from spritenet.dataset.stratify import stratified_mask, validation_size
from spritenet.dataset.streamed import StreamedDataset, StreamSource
from spritenet.engines.engine import Examples
from spritenet.errors import DataError, ModelError
from spritenet.migration import accepts
from spritenet.model import classifier
from spritenet.model import examples as made
from spritenet.model.class_weight import ClassWeight
from spritenet.model.data_adapter import LabelledImages, adapt
from spritenet.model.foreign_arrays import is_collection, is_stream
from spritenet.model.label_notes import absence_note, label_notes
from spritenet.training import evaluation, loop
from spritenet.training.callbacks import AnyCallback, Callbacks
from spritenet.training.events import Event
from spritenet.training.feed import Feed
from spritenet.training.loop import Task
from spritenet.training.plan import Plan
from spritenet.training.session import Session
from spritenet.training.state import Totals

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spritenet.model.sequential import Sequential

__all__ = ["train"]


@dataclass(frozen=True, slots=True)
class _Amount:
    """How much to train, as the arguments say it."""

    epochs: int
    initial_epoch: int
    steps: int | None
    steps_per_epoch: int | None
    batch_size: int

    def plan(self, images: int) -> tuple[int, int]:
        """How many updates, and how many of them make an epoch.

        Raises:
            ModelError: there is nothing to do.
        """
        passes = -(-images // self.batch_size)
        each = passes
        if self.steps_per_epoch is not None:
            each = count(self.steps_per_epoch, "steps_per_epoch", "fit")
        if self.steps is not None:
            return count(self.steps, "steps", "fit"), each
        epochs = count(self.epochs, "epochs", "fit") - self.initial_epoch
        if epochs < 1:
            raise ModelError(
                "there is nothing to train",
                expected="epochs > initial_epoch",
                got=f"{self.epochs} and {self.initial_epoch}",
            )
        return epochs * each, each


@accepts
def train(
    model: Sequential,
    data: object,
    labels: ArrayLike | None = None,
    *,
    validation_data: object = None,
    validation_split: float = 0.0,
    epochs: int = 1,
    steps: int | None = None,
    steps_per_epoch: int | None = None,
    batch_size: int | None = None,
    shuffle: bool = True,
    seed: int | None = 0,
    test_every: int | None = None,
    test_size: int | None = None,
    class_weight: ClassWeight | None = None,
    sample_weight: ArrayLike | None = None,
    ema: float | None = None,
    initial_epoch: int = 0,
    callbacks: Iterable[AnyCallback] | AnyCallback | None = None,
    run: str | Path | None = None,
    resume: bool = False,
    checkpoint_every: int | None = None,
    about: Mapping[str, object] | None = None,
    calibrate_on: object = None,
    validation_freq: int = 1,
) -> Iterator[Event]:
    """Train a compiled model, one event at a time: pull to go on, stop pulling to stop.

        for event in sn.train(model, data.train, epochs=5):
            if isinstance(event, sn.EpochEnded):
                print(event.accuracy)

    The model holds the weights of the last event pulled, or of a few updates later. Wrong
    arguments raise at once, before the first event.

    Args:
        model: compiled; built for these images if it isn't yet.
        data: a Split, a Dataset (its training images), a StreamSplit or a Stream (which are read
            while they are learnt from), or images n h w c.
        labels: what the images mean, if data has no labels itself.
        validation_data: what to evaluate on after each epoch: a Split, a StreamSplit, or (x, y).
        validation_split: instead, the share of data to keep apart for that: of a Split picked
            class by class with the seed, of arrays the last ones, as in Keras.
        epochs: the number of the last epoch, counted from 1.
        steps: how many updates, instead of epochs.
        steps_per_epoch: updates in an epoch; by default as many as see every image once.
        batch_size: images in an update; 32 by default.
        shuffle: False takes the images as they lie.
        seed: of the first weights, the order and the dropout; None for another each time.
        test_every: evaluate on `test_size` of the validation images after every so many updates.
        test_size: how many; all by default.
        class_weight: factors on the loss of each class: {class or its name: factor}, a row of
            them, or "balanced".
        sample_weight: a factor on each image's loss.
        ema: the share of a moving average of the weights that stays at each update, 0.999 for
            example; the average is what is evaluated, and what the model ends with.
        initial_epoch: epochs that have been done before.
        callbacks: `Callback` objects, or functions that are shown every event.
        run: a folder for config.json, the journal, checkpoints and the model.
        resume: go on with the run that is in the folder, to the bit-identical end.
        checkpoint_every: updates between two checkpoints; by default each epoch, or 10 seconds.
        about: more for the run's config.json.
        calibrate_on: images not learnt from, a Split or (x, y), on which the model finds out at the
            end how sure it may be (docs/explanation/ood.md); by default what it is
            evaluated on.
        validation_freq: epochs between two evaluations.

    Returns:
        An iterator of events, from `Started` to `Finished` or `Stopped`.

    Raises:
        ModelError: the model isn't compiled or doesn't fit the images.
        DataError: images or labels are wrong.
        RunError: the run's folder can't be used.
        DivergedError: a loss was not finite; the model has the last good weights.
    """
    seed = seed_of(seed, "fit")
    shape = model.input_shape
    streamed = steps_per_epoch if steps_per_epoch is not None else steps
    if streamed is not None and is_stream(data):
        learn, held = _stream(data, labels, sample_weight, validation_split, resume=resume), None
    else:
        learn, held = _apart(data, labels, sample_weight, validation_split, seed, shape)
    tail = held is not None and learn.split is None and learn.stream is None
    if validation_data is not None:
        held, tail = adapt(validation_data, image_shape=learn.shape), False
    batch = count(
        (learn.batch_size or 32) if batch_size is None else batch_size, "batch_size", "fit"
    )
    if learn.batches is not None and streamed is not None:
        each_epoch = count(streamed, "steps_per_epoch", "fit")
        learn = replace(learn, length=each_epoch * batch, batch_size=batch)
    batch = min(batch, max(1, len(learn)))  # a pass is then one update
    first = count(initial_epoch, "initial_epoch", "fit", least=0)
    updates, each = _Amount(epochs, first, steps, steps_per_epoch, batch).plan(len(learn))

    shape = learn.shape
    model.prepare(shape, learn.class_names, seed)
    optimizer, loss = model.compiled()
    outputs = model.output_shape[-1]
    names = model.class_names
    examples = made.to_examples(learn, shape, outputs, loss, class_weight, names)
    validation = None if held is None else made.to_examples(held, shape, outputs, loss)
    if steps != 1:  # a single batch rarely has all classes
        _warn_of_labels(examples, validation if tail else None, learn, names)

    held_out = validation
    if calibrate_on is not None:
        known = adapt(calibrate_on, image_shape=shape)
        held_out = made.to_examples(known, shape, outputs, loss)

    now = model.state.now
    parts = -(-len(examples) // batch)
    # A new training begins a new pass through the images, even if the one before stopped midway.
    now = replace(now, place=now.passes * parts, parts=parts, epoch=Totals(), whole=Totals())
    plan = Plan(
        first_step=now.step,
        last_step=now.step + updates,
        batch_size=batch,
        seed=seed,
        steps_per_epoch=each,
        first_epoch=first,
        shuffle=shuffle,
        test_every=0 if test_every is None else count(test_every, "test_every", "fit"),
        checkpoint_every=count(checkpoint_every or 0, "checkpoint_every", "fit", least=0),
        validation_freq=count(validation_freq, "validation_freq", "fit"),
        average=0.0 if ema is None else number(ema, "ema", "fit", least=0, below=1),
    )
    if plan.test_every and validation is None:
        raise ModelError("test_every needs images to test on", do="Give validation_data.")
    task = Task(
        engine=model.engine(batch),
        loss=loss,
        optimizer=optimizer,
        examples=examples,
        validation=validation,
        sample=_sample(validation, test_size, seed),
        max_images=evaluation.images_per_call(model.layers, shape),
    )
    model.state.now, model.rejection = now, None
    rates = plan.rates(optimizer.schedule)
    session = Session(plan, model.state, rates, model, task.engine.interrupt)
    model.session = session
    ending = partial(
        classifier.after_training, model=model, training=examples, held_out=held_out, seed=seed
    )
    if run is None:
        return ending(loop.run(task, session, Callbacks(callbacks)))
    from spritenet.model.recording import (
        Kept,  # only here: a training without a folder shall not wait
    )

    name, split = learn.name, learn.split
    kept = Kept(model, Path(run), about or {}, name, split, resume, ending, held_out)
    return kept.events(task, session, Callbacks(callbacks))


def _apart(
    data: object,
    labels: ArrayLike | None,
    sample_weight: ArrayLike | None,
    share: float,
    seed: int,
    image_shape: tuple[int, int, int] | None,
) -> tuple[LabelledImages, LabelledImages | None]:
    """The images to learn from and, if a share was asked for, those kept apart."""
    share = number(share, "validation_split", "fit", least=0, below=1)
    split = data.train if isinstance(data, Dataset | StreamedDataset) else data
    if share and isinstance(split, Split | StreamSource) and sample_weight is None:
        train, validation = split.split(validation=share, seed=seed)
        return adapt(train), adapt(validation)
    given = adapt(split, labels, sample_weight, image_shape=image_shape)
    if not share:
        return given, None
    labels = given.y if given.split is not None or is_collection(data) else None
    if isinstance(labels, np.ndarray) and labels.ndim == 1 and labels.dtype.kind in "iu":
        aside = stratified_mask(labels, validation_size(share, len(given)), seed)
        return given.part(~aside), given.part(aside)
    at = int(len(given.images) * (1 - share))  # as Keras rounds it
    if not 0 < at < len(given.images):
        raise ModelError(
            "it leaves no images on one side", where="validation_split", got=f"{share:g}"
        )
    return given.part(slice(0, at)), given.part(slice(at, None))


def _stream(
    data: object,
    labels: ArrayLike | None,
    sample_weight: ArrayLike | None,
    share: float,
    *,
    resume: bool,
) -> LabelledImages:
    """Batches that are read while they are trained on.

    Raises:
        DataError: they can't be combined with an argument.
    """
    for value, name, do in (
        (labels, "y", "Let it give (images, labels)."),
        (sample_weight, "sample_weight", "Let it give (images, labels, weights)."),
        (share or None, "validation_split", "Give validation_data."),
        (resume or None, "resume", "Give a Split, arrays or a Stream."),
    ):
        if value is not None:
            raise DataError(f"batches that are read as they come take no {name}", where=name, do=do)
    from spritenet.model.batch_feed import BatchStream  # rarely needed

    batches = BatchStream(data)
    empty = np.empty((0, *batches.image_shape), np.uint8)
    size = batches.batch_size or None
    return LabelledImages(empty, class_names=batches.class_names, batches=batches, batch_size=size)


def _warn_of_labels(
    examples: Examples | Feed,
    tail: Examples | Feed | None,
    learn: LabelledImages,
    class_names: tuple[str, ...],
) -> None:
    """Warn of labels that are probably not those meant.

    Args:
        examples: to train on.
        tail: the last ones, if those were kept apart.
        learn: where the examples are from.
        class_names: of classes 0, 1, …; empty if they only have numbers.
    """
    if isinstance(examples, Feed) or examples.labels is None:
        return
    labels = every = examples.labels
    if isinstance(tail, Examples) and tail.labels is not None:
        every = np.concatenate([labels, tail.labels])
        if note := absence_note(labels, tail.labels, class_names):
            warn(f"{note}: Split.from_arrays(x, y) keeps a part of each class apart")
    numbered = learn.split is None and not learn.class_names
    for note in label_notes(every, class_names, numbered=numbered):
        warn(note)


def _sample(
    validation: Examples | Feed | None, size: int | None, seed: int
) -> Examples | Feed | None:
    """The few images to test on in between."""
    if validation is None or size is None:
        return validation
    return made.sample(validation, count(size, "test_size", "fit"), seed)
