"""Report: the evaluation of a network on a data set; make_report computes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.dataset import Dataset, Split
from spritenet.errors import DataError, ModelError
from spritenet.model import Model
from spritenet.model.building import last_activation
from spritenet.model.label_predictions import LabelPredictions
from spritenet.model.predictions import Predictions, as_probabilities
from spritenet.permutation import permutation
from spritenet.report import near_duplicates
from spritenet.report.near_duplicates import NearDuplicates
from spritenet.report.robustness import RobustnessCurve, robustness_curves
from spritenet.report.training_record import TrainingRecord
from spritenet.thread_pool import parallel_for
from spritenet.training import evaluation

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Report", "label_predictions_of", "make_report", "predictions_of"]

MOST_PERTURBED = 1000
"""Images that are changed at each level, at most."""

PERTURBED_WORK = 12_000_000_000
"""Multiplications for all of them, at most: about half a second of two cores."""

PERTURBED_VALUES = 3_200_000
"""Pixels, times channels, of all of them, at most: 1000 images of 32×32 in colour."""

LEVELS = 34
"""Levels of all perturbations together."""


@dataclass(frozen=True, slots=True)
class RejectionCounts:
    """Counts of images that a calibrated model accepts and rejects.

    Attributes:
        images: all of them.
        accepted: those it is sure of.
        correct: those accepted and classified correctly.
    """

    images: int
    accepted: int
    correct: int


@dataclass(frozen=True, slots=True, eq=False)
class Report:
    """The evaluation of a network on a data set.

    Attributes:
        name: of the network.
        model: the network.
        data: the data set's name, source and licence, and its splits.
        split: the images of the evaluation.
        on_training_data: True if these may be training images, so that metrics are too optimistic.
        results: the predictions for the images of the split.
        near_duplicates: those images compared with the training images; None without a test set.
        robustness: accuracy on perturbed images, a curve for each perturbation.
        perturbed: the number of images that were perturbed.
        rejections: counts on the same images, unchanged; None if the model is not calibrated.
        training: the record of the run; None for a model without a run.
        config: the run's config.json; empty for a model without a run.
        machine: the machine of the evaluation: word → text.
        commands: the commands that repeat it.
    """

    name: str
    model: Model
    data: Dataset
    split: Split
    on_training_data: bool
    results: Predictions | LabelPredictions
    near_duplicates: NearDuplicates | None
    robustness: tuple[RobustnessCurve, ...]
    perturbed: int
    rejections: RejectionCounts | None = None
    training: TrainingRecord | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)
    commands: Sequence[str] = ()

    @property
    def is_multi_label(self) -> bool:
        """True if an image may have several classes or none."""
        return isinstance(self.results, LabelPredictions)

    @property
    def predictions(self) -> Predictions:
        """The predictions of one class an image.

        Raises:
            ModelError: an image may have several.
        """
        if isinstance(self.results, LabelPredictions):
            raise ModelError("an image may have several classes", do="Use label_predictions.")
        return self.results

    @property
    def label_predictions(self) -> LabelPredictions:
        """The predictions of several classes an image.

        Raises:
            ModelError: an image has one.
        """
        if not isinstance(self.results, LabelPredictions):
            raise ModelError("an image has one class", do="Use predictions.")
        return self.results


def _split(data: Dataset, name: str | None) -> Split:
    """Returns the split of that name; by default test, validation or the first one.

    Raises:
        DataError: the data set has no such split.
    """
    if name is not None:
        return data[name]
    for known in ("test", "validation", *data.splits):
        if known in data.splits:
            return data.splits[known]
    raise DataError("no split", where=data.name)


def make_report(
    model: Model,
    data: Dataset,
    *,
    name: str,
    split: str | None = None,
    training: TrainingRecord | None = None,
    config: Mapping[str, Any] | None = None,
    machine: Mapping[str, str] | None = None,
    commands: Sequence[str] = (),
) -> Report:
    """Evaluates a network on a data set: metrics, near-duplicates, robustness.

    Args:
        model: with weights, an output for each class.
        data: the data set; with a split "train", its images are searched for near-duplicates.
        name: of the network, or of its run.
        split: of the evaluation; by default "test", "validation" or the first one.
        training: the record of its run.
        config: its run's config.json.
        machine: this machine: word → text.
        commands: the commands that repeat the evaluation.

    Raises:
        DataError: the images don't fit the network, or there are none.
        ModelError: the outputs of the network are not the classes of the data set.
    """
    tested = _split(data, split)
    several = tested.is_multi_label
    results = label_predictions_of(model, tested) if several else predictions_of(model, tested)
    train = data.splits.get("train")
    on_training_data = train is None or tested is train
    chosen = _sample(model, tested)
    activation = last_activation(model.layers)
    limits = 0.5 if model.thresholds is None else model.thresholds
    near: list[NearDuplicates] = []
    curves: list[RobustnessCurve] = []

    def search() -> None:
        if train is not None and not on_training_data and len(train):
            near.append(near_duplicates.find(train.images, tested.images))

    def disturb() -> None:
        curves[:] = robustness_curves(
            (lambda images: model.predict(images) >= limits)
            if several
            else lambda images: as_probabilities(model.predict(images), activation).argmax(axis=1),
            tested.images[chosen],
            tested.labels[chosen],
        )

    # Side by side: the network computes on its own threads, the search in NumPy.
    parallel_for(lambda place: (disturb, search)[place](), 2, 2)
    return Report(
        name,
        model,
        data,
        tested,
        on_training_data,
        results,
        near[0] if near else None,
        tuple(curves),
        len(chosen),
        None if several else _rejections(model, tested, chosen),
        training,
        config or {},
        machine or {},
        tuple(commands),
    )


def predictions_of(
    model: Model, split: Split, *, tta: int = 1, augment: str | None = None
) -> Predictions:
    """Returns the predictions of a network for the images of a split.

    Args:
        model: the network.
        split: the images.
        tta: the number of outputs averaged for each image.
        augment: the augmentation of copies.

    Raises:
        DataError: the images don't fit the network, or there are none.
        ModelError: the outputs of the network are not the classes of the data set.
    """
    _check_outputs(model, split)
    outputs = model.predict(split, tta=tta, augment=augment)
    rows = as_probabilities(outputs, last_activation(model.layers))
    return Predictions(split.images, split.labels, rows, split.class_names)


def label_predictions_of(
    model: Model, split: Split, *, tta: int = 1, augment: str | None = None
) -> LabelPredictions:
    """Returns the predictions of a network for the images of a multi-label split.

    Args:
        model: the network.
        split: the images.
        tta: the number of outputs averaged for each image.
        augment: the augmentation of copies.

    Raises:
        DataError: the images don't fit the network, or there are none.
        ModelError: the network chooses one class, or its outputs are not those of the data set.
    """
    _check_outputs(model, split)
    if not model.is_multi_label:
        raise ModelError(
            "the images have several labels, but the network chooses one class",
            where=model.name,
            expected="a last layer with activation 'sigmoid'",
            got=last_activation(model.layers),
            do="Train a network on this data set: named networks then end in a sigmoid.",
        )
    limits = model.thresholds
    limits = np.full(len(split.class_names), 0.5) if limits is None else limits
    rows = model.predict(split, tta=tta, augment=augment)
    return LabelPredictions(split.images, split.labels, rows, split.class_names, limits)


def _check_outputs(model: Model, split: Split) -> None:
    """Refuses a split that a network can't be evaluated on.

    Raises:
        DataError: there are no images.
        ModelError: the outputs of the network are not the classes of the data set.
    """
    classes = len(split.class_names)
    if model.output_shape != (classes,):
        raise ModelError(
            "the model's outputs are not the data's classes",
            where=model.name,
            expected=f"{classes} classes",
            got=f"{model.output_shape[-1]} outputs",
        )
    if not len(split):
        raise DataError("no images to evaluate on", where=split.name)


def _rejections(model: Model, split: Split, chosen: NDArray[np.int64]) -> RejectionCounts | None:
    """Counts accepted and rejected images; None if the model is not calibrated."""
    if not model.calibrated:
        return None
    answers = model.classify(split.images[chosen])
    sure = np.asarray(answers.sure, bool)
    right = np.asarray(answers.label) == split.labels[chosen]
    return RejectionCounts(len(chosen), int(sure.sum()), int((sure & right).sum()))


def _sample(model: Model, split: Split) -> NDArray[np.int64]:
    """Samples the images to perturb with seed 0, as many as the network's size allows."""
    shape = model.input_shape
    work = evaluation.multiplications(model.graph, shape) if shape else 1
    most = min(PERTURBED_WORK // (LEVELS * work), PERTURBED_VALUES // split.images[:1].size)
    most, size = int(np.clip(most, 100, MOST_PERTURBED)), len(split)
    return np.sort(permutation(0, 0, size, 0, min(size, most))).astype(np.int64)
