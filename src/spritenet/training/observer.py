"""Observer: predictions, confusion matrices and snapshots of a network during training.

Observing takes time from training, so it is limited to a small fraction of the time, and a larger
one while a page is open. The weights never depend on it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time
from typing import TYPE_CHECKING

import numpy as np

from spritenet.atomic import write_file
from spritenet.engines.engine import Engine, Examples
from spritenet.errors import RunError
from spritenet.metrics import confusion_matrix
from spritenet.permutation import permutation
from spritenet.training import evaluation
from spritenet.training.events import Confused, Event, Predicted, SnapshotSaved
from spritenet.training.snapshot import WeightSlice, samples, snapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.training.state import TrainingState

__all__ = ["Observer", "Subject"]

UNWATCHED, WATCHED = 0.004, 0.05
"""Fractions of the time that observing may take."""

GROWTH = 1.25
"""Ratio of the steps of two snapshots in a row: 60 snapshots in a million steps."""

SAMPLES = 40
"""Images in each `Predicted` event."""

MOST_CLASSES = 64
"""Classes of the largest confusion matrix that is computed."""

FIRST = (0.01, 0.01)
"""Estimated seconds of the first observation, on either clock."""

MOST_PIXELS = 4 << 20
"""Largest total size in bytes of the images in `Predicted` events."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """The network under observation.

    Attributes:
        engine: the network.
        weights: the slices of its weight arrays.
        layers: the names of its layers.
        example: an image, uint8 h w c, whose activations are recorded.
        class_names: of all classes; empty if unknown.
        max_images: images in one call.
    """

    engine: Engine
    weights: Sequence[WeightSlice]
    layers: Sequence[str]
    example: NDArray[np.uint8]
    class_names: Sequence[str] = ()
    max_images: int = 1024


@dataclass(frozen=True, slots=True, eq=False)
class _LabelledImages:
    """Images with labels."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int32]


class Observer:
    """Observes one training from time to time.

    Args:
        subject: the network.
        validation: images that it isn't trained on; None for none.
        folder: the folder of the snapshots.
        seed: of the sampled images.
        watched: returns True while a page shows the training; called often.
    """

    def __init__(
        self,
        subject: Subject,
        validation: Examples | None,
        folder: Path,
        seed: int,
        watched: Callable[[], bool],
    ) -> None:
        self.subject, self.folder, self.watched = subject, folder, watched
        self.validation = None
        if validation is not None and validation.labels is not None and len(validation):
            self.validation = _LabelledImages(validation.images, validation.labels)
            self.sample = _sample(self.validation, seed)
        self.began = _clocks()
        self.spent = (0.0, 0.0)
        self.costs = {"prediction": FIRST, "snapshot": FIRST, "confusion": FIRST}
        self.next_step = 0
        self.wrote_sample = False

    def passed(self, now: TrainingState) -> Iterator[Event]:
        """Writes a snapshot after a step, if one is due, and yields its event."""
        if now.step < self.next_step or not self._affordable("snapshot"):
            return
        began = _clocks()
        self.next_step = max(now.step + 1, int(GROWTH * now.step))
        subject, path = self.subject, self.folder / f"{now.step:09d}.json"
        outputs = subject.engine.activations(now.best_guess, subject.example)
        _write(path, snapshot(now.step, now.best_guess, subject.weights, subject.layers, outputs))
        self._pay("snapshot", began)
        yield SnapshotSaved(now.step, path.name)

    def evaluated(self, now: TrainingState) -> Iterator[Event]:
        """Yields predictions and the confusion matrix for validation images."""
        validation = self.validation
        if validation is None:
            return
        began = _clocks()
        if not self.wrote_sample:
            names = self.subject.class_names
            labels = self.sample.labels.tolist()
            _write(self.folder / "samples.json", samples(self.sample.images, labels, names))
            self.wrote_sample = True
        predicted = self._predicted(now)
        self._pay("prediction", began)
        yield predicted
        if self.subject.engine.output_shapes[-1][-1] <= MOST_CLASSES and self._affordable(
            "confusion"
        ):
            began = _clocks()
            confused = self._confused(now, validation)
            self._pay("confusion", began)
            yield confused

    def _affordable(self, what: str) -> bool:
        """Returns True if the cost is within the limit, or is the first one for an open page."""
        fraction = WATCHED if self.watched() else UNWATCHED
        if fraction == WATCHED and self.costs[what] == FIRST:
            return True
        each = zip(self.spent, self.costs[what], self.began, _clocks(), strict=True)
        return all(spent + cost <= fraction * (now - began) for spent, cost, began, now in each)

    def _pay(self, what: str, began: tuple[float, float]) -> None:
        """Records the cost of an observation."""
        wall, processor = (now - then for now, then in zip(_clocks(), began, strict=True))
        self.costs[what] = wall, processor
        self.spent = self.spent[0] + wall, self.spent[1] + processor

    def _outputs(self, now: TrainingState, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Returns the network's outputs, (n, classes)."""
        subject = self.subject
        outputs = evaluation.predict(subject.engine, now.best_guess, images, subject.max_images)
        return outputs.reshape(len(images), -1)

    def _predicted(self, now: TrainingState) -> Predicted:
        """Returns the predictions for the sampled images."""
        outputs = self._outputs(now, self.sample.images)
        best = outputs.argmax(axis=1)
        probabilities = outputs[np.arange(len(best)), best].astype(np.float64).round(4)
        labels = self.sample.labels.tolist()
        return Predicted(now.step, labels, best.tolist(), probabilities.tolist())

    def _confused(self, now: TrainingState, validation: _LabelledImages) -> Confused:
        """Returns the confusion matrix of all validation images."""
        outputs = self._outputs(now, validation.images)
        matrix = confusion_matrix(validation.labels, outputs.argmax(axis=1), outputs.shape[1])
        return Confused(now.step, len(outputs), matrix.tolist())


def _clocks() -> tuple[float, float]:
    """Returns the time and this process's processor time; the limit holds for both.

    On many cores the first is the stricter one, on a busy machine the second.
    """
    return perf_counter(), process_time()


def _sample(source: _LabelledImages, seed: int) -> _LabelledImages:
    """Returns a random sample of the images, picked by the seed."""
    size = max(1, min(SAMPLES, MOST_PIXELS // source.images[0].size, len(source.images)))
    places = np.sort(permutation(seed, 0, len(source.images), 0, size))
    return _LabelledImages(np.ascontiguousarray(source.images[places]), source.labels[places])


def _write(path: Path, document: dict[str, object]) -> None:
    """Writes a document as JSON."""
    data = json.dumps(document, separators=(",", ":")).encode()
    write_file(path, data, error=RunError, durable=False)
