"""What is seen of a network while it learns: a few predictions, confusions, pictures of its inside.

Looking takes time from learning, so it is rationed: to a small share of the time, a larger one
while somebody is watching. The weights never depend on it.
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
from spritenet.training.snapshot import Weights, samples, snapshot

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.training.state import Snapshot

__all__ = ["Observer", "Subject"]

UNWATCHED, WATCHED = 0.004, 0.05
"""Shares of the time that may be spent on looking."""

GROWTH = 1.25
"""Each snapshot at this many times the updates of the one before: 60 in a million updates."""

SAMPLES = 40
"""Images whose predictions are followed."""

MOST_CLASSES = 64
"""A larger matrix is no picture any more."""

FIRST = (0.01, 0.01)
"""Seconds that looking for the first time is taken to cost, on either clock."""

MOST_PIXELS = 4 << 20
"""Bytes that the images which are followed may have."""


@dataclass(frozen=True, slots=True, eq=False)
class Subject:
    """What is looked at.

    Attributes:
        engine: the network.
        weights: where its weight arrays are.
        layers: the names of its layers.
        example: an image, uint8 h w c, to see the layers' outputs for.
        class_names: empty if nobody said.
        max_images: images in one call.
    """

    engine: Engine
    weights: Sequence[Weights]
    layers: Sequence[str]
    example: NDArray[np.uint8]
    class_names: Sequence[str] = ()
    max_images: int = 1024


@dataclass(frozen=True, slots=True, eq=False)
class _Tried:
    """Images with labels."""

    images: NDArray[np.uint8]
    labels: NDArray[np.int32]


class Observer:
    """Looks at one training now and then.

    Args:
        subject: what is looked at.
        tried: what it doesn't learn from; None for nothing.
        folder: where snapshots are kept.
        seed: of the images that are followed.
        watched: whether somebody is looking on; asked often.
    """

    def __init__(
        self,
        subject: Subject,
        tried: Examples | None,
        folder: Path,
        seed: int,
        watched: Callable[[], bool],
    ) -> None:
        self.subject, self.folder, self.watched = subject, folder, watched
        self.tried = None
        if tried is not None and tried.labels is not None and len(tried):
            self.tried = _Tried(tried.images, tried.labels)
            self.followed = _followed(self.tried, seed)
        self.began = _clocks()
        self.spent = (0.0, 0.0)
        self.costs = {"prediction": FIRST, "snapshot": FIRST, "confusion": FIRST}
        self.next_step = 0
        self.said = False

    def passed(self, now: Snapshot) -> Iterator[Event]:
        """What is seen after some updates."""
        if now.step < self.next_step or not self._affordable("snapshot"):
            return
        began = _clocks()
        self.next_step = max(now.step + 1, int(GROWTH * now.step))
        subject, path = self.subject, self.folder / f"{now.step:09d}.json"
        seen = subject.engine.activations(now.best_guess, subject.example)
        _write(path, snapshot(now.step, now.best_guess, subject.weights, subject.layers, seen))
        self._pay("snapshot", began)
        yield SnapshotSaved(now.step, path.name)

    def evaluated(self, now: Snapshot) -> Iterator[Event]:
        """What is seen of images that it doesn't learn from, after an evaluation."""
        tried = self.tried
        if tried is None:
            return
        began = _clocks()
        if not self.said:
            names = self.subject.class_names
            labels = self.followed.labels.tolist()
            _write(self.folder / "samples.json", samples(self.followed.images, labels, names))
            self.said = True
        predicted = self._predicted(now)
        self._pay("prediction", began)
        yield predicted
        if self.subject.engine.output_shapes[-1][-1] <= MOST_CLASSES and self._affordable(
            "confusion"
        ):
            began = _clocks()
            confused = self._confused(now, tried)
            self._pay("confusion", began)
            yield confused

    def _affordable(self, what: str) -> bool:
        """Whether there is time for it; for the first look of somebody who watches there is."""
        share = WATCHED if self.watched() else UNWATCHED
        if share == WATCHED and self.costs[what] == FIRST:
            return True
        each = zip(self.spent, self.costs[what], self.began, _clocks(), strict=True)
        return all(spent + cost <= share * (now - began) for spent, cost, began, now in each)

    def _pay(self, what: str, began: tuple[float, float]) -> None:
        """Remember what it cost."""
        wall, processor = (now - then for now, then in zip(_clocks(), began, strict=True))
        self.costs[what] = wall, processor
        self.spent = self.spent[0] + wall, self.spent[1] + processor

    def _outputs(self, now: Snapshot, images: NDArray[np.uint8]) -> NDArray[np.float32]:
        """The network's outputs, (n, classes)."""
        subject = self.subject
        outputs = evaluation.predict(subject.engine, now.best_guess, images, subject.max_images)
        return outputs.reshape(len(images), -1)

    def _predicted(self, now: Snapshot) -> Predicted:
        """What the followed images are taken for."""
        outputs = self._outputs(now, self.followed.images)
        best = outputs.argmax(axis=1)
        sure = outputs[np.arange(len(best)), best].astype(np.float64).round(4)
        labels = self.followed.labels.tolist()
        return Predicted(now.step, labels, best.tolist(), sure.tolist())

    def _confused(self, now: Snapshot, tried: _Tried) -> Confused:
        """What everything it is tried on is taken for."""
        outputs = self._outputs(now, tried.images)
        matrix = confusion_matrix(tried.labels, outputs.argmax(axis=1), outputs.shape[1])
        return Confused(now.step, len(outputs), matrix.tolist())


def _clocks() -> tuple[float, float]:
    """The time, and this process's processor time: of neither a share is exceeded.

    On many cores the first is the stricter one, on a busy machine the second.
    """
    return perf_counter(), process_time()


def _followed(tried: _Tried, seed: int) -> _Tried:
    """The images whose predictions are followed: some, picked by the seed."""
    most = max(1, min(SAMPLES, MOST_PIXELS // tried.images[0].size, len(tried.images)))
    places = np.sort(permutation(seed, 0, len(tried.images), 0, most))
    return _Tried(np.ascontiguousarray(tried.images[places]), tried.labels[places])


def _write(path: Path, document: dict[str, object]) -> None:
    """A document as JSON."""
    data = json.dumps(document, separators=(",", ":")).encode()
    write_file(path, data, error=RunError, durable=False)
