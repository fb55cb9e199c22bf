"""Report: everything a report says, as one value; and `judge`, which works it out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.dataset import Dataset, Split
from spritenet.errors import DataError, ModelError
from spritenet.model import Sequential
from spritenet.model.building import last_activation
from spritenet.model.predictions import Predictions, as_probabilities
from spritenet.permutation import permutation
from spritenet.report import near_duplicates
from spritenet.report.learning import Learning
from spritenet.report.near_duplicates import NearDuplicates
from spritenet.report.stress import Curve, stress
from spritenet.training import evaluation

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Report", "judge", "predictions_of"]

STRESSED = 1000
"""Images that are changed at each level, at most."""

STRESS_WORK = 12_000_000_000
"""Multiplications for all of them, at most: about half a second of two cores."""

STRESS_VALUES = 3_200_000
"""Pixels, times channels, of all of them, at most: 1000 images of 32×32 in colour."""

LEVELS = 34
"""Levels of all changes together."""


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
    """What a report says.

    Attributes:
        name: of the network.
        model: the network.
        data: the data set's name, source and licence, and its splits.
        split: which of them it was judged on.
        learnt_from: whether those are images it learnt from, so that all figures flatter it.
        predictions: what it said of each of those images.
        near: those images compared with the training images; None if there are no others.
        curves: accuracy on changed images.
        stressed: how many images were changed.
        rejections: counts on those images as they are; None if it is not calibrated.
        learning: the run's journal; None for a model without a run.
        config: the run's config.json; empty for a model without a run.
        machine: where the report was made: word → text.
        commands: how to do it again.
    """

    name: str
    model: Sequential
    data: Dataset
    split: Split
    learnt_from: bool
    predictions: Predictions
    near: NearDuplicates | None
    curves: tuple[Curve, ...]
    stressed: int
    rejections: RejectionCounts | None = None
    learning: Learning | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    machine: Mapping[str, str] = field(default_factory=dict)
    commands: Sequence[str] = ()


def _tested_on(data: Dataset, wanted: str | None) -> Split:
    """The split that is asked for; by default test, else validation, else whatever there is.

    Raises:
        DataError: there is no such split.
    """
    if wanted is not None:
        return data[wanted]
    for name in ("test", "validation", *data.splits):
        if name in data.splits:
            return data.splits[name]
    raise DataError("there is no split", where=data.name)


def judge(
    model: Sequential,
    data: Dataset,
    *,
    name: str,
    split: str | None = None,
    learning: Learning | None = None,
    config: Mapping[str, Any] | None = None,
    machine: Mapping[str, str] | None = None,
    commands: Sequence[str] = (),
) -> Report:
    """Try a network on a data set, in every way a report tells of.

    Args:
        model: with weights, an output for each class.
        data: what to judge it on.
        name: of the network, or of its run.
        split: on which images; by default `test`, else `validation`, else what there is.
        learning: its run's journal.
        config: its run's config.json.
        machine: where this is: word → text.
        commands: how to do it again.

    Raises:
        DataError: the images don't fit the network, or there are none.
        ModelError: its outputs are not the data's classes.
    """
    tested = _tested_on(data, split)
    predictions = predictions_of(model, tested)
    train = data.splits.get("train")
    learnt_from = train is None or tested is train
    chosen = _sample(model, tested)
    ending = last_activation(model.layers)
    # Side by side: the network computes on its own threads, the search in NumPy.
    with ThreadPoolExecutor(1) as other:
        search = None
        if train is not None and not learnt_from and len(train):
            search = other.submit(near_duplicates.find, train.images, tested.images)
        curves = stress(
            lambda images: as_probabilities(model.predict(images), ending).argmax(axis=1),
            tested.images[chosen],
            tested.labels[chosen],
        )
        twins = None if search is None else search.result()
    return Report(
        name,
        model,
        data,
        tested,
        learnt_from,
        predictions,
        twins,
        curves,
        len(chosen),
        _rejections(model, tested, chosen),
        learning,
        config or {},
        machine or {},
        tuple(commands),
    )


def predictions_of(model: Sequential, split: Split) -> Predictions:
    """What the network says of the images.

    Raises:
        DataError: the images don't fit the network, or there are none.
        ModelError: its outputs are not the data's classes.
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
        raise DataError("there are no images to judge it on", where=split.name)
    rows = as_probabilities(model.predict(split), last_activation(model.layers))
    return Predictions(split.images, split.labels, rows, split.class_names)


def _rejections(
    model: Sequential, split: Split, chosen: NDArray[np.int64]
) -> RejectionCounts | None:
    """Counts accepted and rejected images; None if the model is not calibrated."""
    if not model.calibrated:
        return None
    answers = model.classify(split.images[chosen])
    sure = np.asarray(answers.sure, bool)
    right = np.asarray(answers.label) == split.labels[chosen]
    return RejectionCounts(len(chosen), int(sure.sum()), int((sure & right).sum()))


def _sample(model: Sequential, split: Split) -> NDArray[np.int64]:
    """Which images are changed: picked by seed 0, as many as the network's size allows."""
    shape = model.input_shape
    work = evaluation.multiplications(model.layers, shape) if shape else 1
    most = min(STRESS_WORK // (LEVELS * work), STRESS_VALUES // split.images[:1].size)
    most, size = int(np.clip(most, 100, STRESSED)), len(split)
    return np.sort(permutation(0, 0, size, 0, min(size, most))).astype(np.int64)
