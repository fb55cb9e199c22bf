"""Training of a model as one call, as an iterator of events, or step by step."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spritenet.augmentation import Augment
from spritenet.errors import ModelError
from spritenet.migration import accepts
from spritenet.model import progress, trainer
from spritenet.model.class_weight import ClassWeight
from spritenet.model.scores import Scores
from spritenet.training.callbacks import AnyCallback
from spritenet.training.events import EpochEnded, Event, StepEvent
from spritenet.training.fit_options import FitOptions
from spritenet.training.history import History

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spritenet.model.model import Model

__all__ = ["fit", "train", "train_on_batch"]


@accepts
def fit(  # noqa: D417 - self is the model
    self: Model,
    x: object,
    y: ArrayLike | None = None,
    batch_size: int | None = None,
    epochs: int = 1,
    verbose: str | int = "auto",
    callbacks: Iterable[AnyCallback] | AnyCallback | None = None,
    validation_split: float = 0.0,
    validation_data: object = None,
    shuffle: bool = True,
    class_weight: ClassWeight | None = None,
    sample_weight: ArrayLike | None = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    *,
    steps: int | None = None,
    seed: int | None = 0,
    test_every: int | None = None,
    test_size: int | None = None,
    ema: float | None = None,
    run: str | Path | None = None,
    resume: bool = False,
    checkpoint_every: int | None = None,
    calibrate_on: object = None,
    validation_freq: int = 1,
    augment: Augment = None,
    mixup: float | None = None,
    cutmix: float | None = None,
    sampling: str | None = None,
) -> History:
    """Trains the model. `spritenet.train` takes the same options and yields events.

    Ctrl-C stops training at once: the model keeps its weights, and `history` the metrics so
    far.

    Args:
        x: a Split, a StreamSplit or another `Source`; a Dataset or a Stream, whose training
            split is used; images n h w c, uint8 or float k/255; an array, table or data set of
            another library; or, with `steps_per_epoch`, an iterable of batches.
        y: labels or targets, n, unless x has labels.
        batch_size: images in a step; 32 by default, or the size of the batches in x.
        epochs: the number of the last epoch, counted from 1.
        verbose: 1 prints a line for each epoch, 0 nothing; "auto" prints only to terminals, and
            draws a live chart in notebooks.
        callbacks: `Callback` objects, or functions called with every event.
        validation_split: the fraction of x held out to evaluate on after each epoch: of a
            Split a fraction of each class, picked by the seed; of arrays the last images, as
            in Keras.
        validation_data: the validation set instead: a Split, a StreamSplit, or (x, y).
        shuffle: False keeps the stored order.
        class_weight: factors on the loss of each class: {class or its name: factor}, one
            factor per class, or "balanced".
        sample_weight: a factor on the loss of each image, n.
        initial_epoch: the number of epochs trained before.
        steps_per_epoch: steps in an epoch; by default as many as see every image once.
        steps: the number of steps, in place of epochs.
        seed: random seed of the initial weights, the shuffling and the dropout; None for a new
            one each time.
        test_every: steps between evaluations on `test_size` validation images.
        test_size: the number of those images; all by default.
        ema: decay per step of an exponential moving average of the weights, such as 0.999; the
            average is evaluated, and the model ends with it.
        run: the folder of the run, for config.json, journal, checkpoints and model.
        resume: resumes the run in that folder, to a bit-identical end.
        checkpoint_every: steps between checkpoints; by default each epoch, or 10 seconds.
        calibrate_on: held-out images to calibrate the model on at the end
            (docs/explanation/ood.md): a Split or (x, y); the validation set by default; False
            leaves it uncalibrated, which saves a second.
        validation_freq: epochs between evaluations.
        augment: random changes of the training images (docs/how-to/augmentation.md): "digits",
            "photos" or "none"; amounts such as "rotation=10,translation=0.1" or
            {"rotation": 10}; or layers such as [sn.RandomRotation(0.03)].
        mixup: mixes each image and its target with another of its batch (Zhang et al., 2018): the
            parameter of the beta distribution, such as 0.2.
        cutmix: puts a rectangle of another image of its batch into each, and mixes the targets
            by area (Yun et al., 2019): the parameter of the beta distribution, up to 1.
        sampling: "balanced" draws each class equally often: images of small classes come several
            times in an epoch, which still has as many images as the training set.

    Returns:
        The metrics of each epoch, as in Keras.

    Raises:
        ModelError: the model isn't compiled or doesn't fit the images, or a number is out of
            range.
        DataError: images or labels are wrong.
        RunError: the run's folder can't be used.
        DivergedError: a loss was not finite; the model has the last good weights.
    """
    events = trainer.events(self, x, y, FitOptions.of(locals()))
    self.history = history = History(("loss", *self.metrics))
    if progress.is_enabled(verbose):
        events = progress.with_progress(events, verbose)
    for _ in history.recording(events):
        pass
    return history


@accepts
def train(  # noqa: D417 - the options are documented once, at Sequential.fit
    model: Model,
    data: object,
    labels: ArrayLike | None = None,
    *,
    batch_size: int | None = None,
    epochs: int = 1,
    callbacks: Iterable[AnyCallback] | AnyCallback | None = None,
    validation_split: float = 0.0,
    validation_data: object = None,
    shuffle: bool = True,
    class_weight: ClassWeight | None = None,
    sample_weight: ArrayLike | None = None,
    initial_epoch: int = 0,
    steps_per_epoch: int | None = None,
    steps: int | None = None,
    seed: int | None = 0,
    test_every: int | None = None,
    test_size: int | None = None,
    ema: float | None = None,
    run: str | Path | None = None,
    resume: bool = False,
    checkpoint_every: int | None = None,
    calibrate_on: object = None,
    validation_freq: int = 1,
    augment: Augment = None,
    mixup: float | None = None,
    cutmix: float | None = None,
    sampling: str | None = None,
    about: Mapping[str, object] | None = None,
) -> Iterator[Event]:
    """Trains a compiled model event by event: each event pulled continues the training.

        for event in sn.train(model, data.train, epochs=5):
            if isinstance(event, sn.EpochEnded):
                print(event.accuracy)

    Stop pulling to stop training. The model holds the weights of the last event pulled, or of a few
    steps later. Wrong arguments raise at once, before the first event.

    Args:
        model: compiled; built for these images if it isn't yet.
        data: the training data, the `x` of `Sequential.fit`.
        labels: its labels or targets, the `y` of `Sequential.fit`.
        batch_size, epochs, …: the options of `Sequential.fit`, with the same defaults.
        about: JSON values to add to the config.json of the run.

    Returns:
        An iterator of events, from `Started` to `Finished` or `Stopped`.

    Raises:
        ModelError: the model isn't compiled or doesn't fit the images.
        DataError: images or labels are wrong.
        RunError: the run's folder can't be used.
        DivergedError: a loss was not finite; the model has the last good weights.
    """
    return trainer.events(model, data, labels, FitOptions.of(locals()))


@accepts
def train_on_batch(
    self: Model,
    x: object,
    y: ArrayLike | None = None,
    sample_weight: ArrayLike | None = None,
    class_weight: ClassWeight | None = None,
    *,
    return_dict: bool = False,
) -> Scores | dict[str, Any]:
    """Do one step on these images: the loss and metrics before it.

    Raises:
        ModelError: it isn't compiled, doesn't fit the images, or has a schedule of no length.
        DataError: images or labels are wrong.
        DivergedError: the loss was not finite; the weights stay as they were.
    """
    rate = self.compiled()[0].schedule
    if rate.spanning(0, 1) != rate:
        raise ModelError(
            "its learning rate spans a training of unknown length",
            where="train_on_batch",
            do=f"Give {type(rate).__name__} a number of steps.",
        )
    events = train(
        self,
        x,
        y,
        steps=1,
        batch_size=sys.maxsize,  # all of them
        shuffle=False,
        sample_weight=sample_weight,
        class_weight=class_weight,
    )
    ended = {type(event): event for event in events}
    step, epoch = ended[StepEvent], ended[EpochEnded]
    assert isinstance(step, StepEvent) and isinstance(epoch, EpochEnded)  # noqa: S101, PT018 - by type
    names = self.metrics if epoch.metrics else ()
    scores = Scores(step.loss, step.accuracy, names, epoch.metrics)
    return scores.as_dict() if return_dict else scores
