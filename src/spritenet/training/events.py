"""Events of a training, as frozen values in order.

A training yields them; the journal, the terminal and the pages pull them. The last one is
`Finished` or `Stopped`; later entries of a run's journal come from evaluations of the test set.
`step` is always the number of steps so far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import ClassVar, TypeAlias

__all__ = [
    "CheckpointSaved",
    "Confused",
    "Controlled",
    "EpochEnded",
    "Evaluated",
    "Event",
    "Finished",
    "Metrics",
    "Predicted",
    "SnapshotSaved",
    "Started",
    "StepEvent",
    "Stopped",
    "Tested",
    "from_json",
]

Metrics: TypeAlias = Mapping[str, float | list[float]]
"""Metrics by name; those of each class or threshold are lists."""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a training.

    Attributes:
        step: the number of steps so far.
        kind: the name of the class in a journal.
    """

    step: int
    kind: ClassVar[str] = "event"

    def to_json(self) -> dict[str, object]:
        """Returns the event as a JSON object: its kind, then its fields, but no empty metrics."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        return {"event": self.kind, **{k: v for k, v in own.items() if v != {}}}


@dataclass(frozen=True, slots=True)
class Started(Event):
    """Training begins, or resumes after `step` steps.

    Attributes:
        last_step: the number of steps at which it is finished.
        steps_per_epoch: steps in an epoch.
        epochs: the number of the last epoch, counted from 1.
        batch_size: images in a batch; the last of an epoch may be smaller.
        images: size of the training set.
        parameters: size of the network's weights.
        seed: of the shuffling and the dropout.
    """

    last_step: int
    steps_per_epoch: int
    epochs: int
    batch_size: int
    images: int
    parameters: int
    seed: int
    kind: ClassVar[str] = "started"


@dataclass(frozen=True, slots=True)
class StepEvent(Event):
    """One optimizer step was made.

    Attributes:
        epoch: the epoch it belongs to, from 0.
        loss: the mean of weight · loss over its batch, plus the L2 penalty, before the step.
        correct: correctly classified images of the batch, before the step; where each output is a
            yes or no, the sum of each image's fraction of right outputs; None where targets are
            numbers.
        images: images in the batch.
        learning_rate: the learning rate of this step.
    """

    epoch: int
    loss: float
    correct: float | None
    images: int
    learning_rate: float
    kind: ClassVar[str] = "step"

    @property
    def accuracy(self) -> float | None:
        """The fraction of the batch classified correctly; None where targets are numbers."""
        return None if self.correct is None else self.correct / self.images


@dataclass(frozen=True, slots=True)
class Evaluated(Event):
    """The network was evaluated on the validation images.

    Attributes:
        epoch: the current epoch, from 0.
        loss: the mean of weight · loss, plus the L2 penalty.
        accuracy: the fraction classified correctly; None where targets are numbers.
        images: images evaluated on.
        metrics: the others that the model was compiled with, by name.
    """

    epoch: int
    loss: float
    accuracy: float | None
    images: int
    metrics: Metrics = field(default_factory=dict)
    kind: ClassVar[str] = "evaluated"


@dataclass(frozen=True, slots=True)
class EpochEnded(Event):
    """An epoch is over.

    Attributes:
        epoch: its number, from 0.
        loss: the mean over its images, each measured before its own step.
        accuracy: the fraction classified correctly, measured likewise; None where targets are
            numbers.
        learning_rate: the learning rate of its last step.
        val_loss: the loss on the validation images, if there are any.
        val_accuracy: the fraction of them classified correctly.
        images: images trained on.
        seconds: duration of its steps, without evaluations.
        metrics: the others that the model was compiled with, by name: over the batches of the
            epoch, each measured before its own step.
        val_metrics: those of the validation images.
    """

    epoch: int
    loss: float
    accuracy: float | None
    learning_rate: float
    val_loss: float | None
    val_accuracy: float | None
    images: int
    seconds: float
    metrics: Metrics = field(default_factory=dict)
    val_metrics: Metrics = field(default_factory=dict)
    kind: ClassVar[str] = "epoch"

    @property
    def logs(self) -> dict[str, float | list[float]]:
        """The metrics under Keras's names; those of the validation only if there was one."""
        logs: dict[str, float | list[float] | None] = {
            "loss": self.loss,
            "accuracy": self.accuracy,
            **self.metrics,
            "val_loss": self.val_loss,
            "val_accuracy": self.val_accuracy,
            **{f"val_{name}": value for name, value in self.val_metrics.items()},
            "learning_rate": self.learning_rate,
        }
        return {name: value for name, value in logs.items() if value is not None}


@dataclass(frozen=True, slots=True)
class CheckpointSaved(Event):
    """A checkpoint of the training was written.

    Attributes:
        path: the checkpoint's file.
    """

    path: str
    kind: ClassVar[str] = "checkpoint"


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """All planned steps were made.

    Attributes:
        images: images trained on, counted again in each epoch.
        seconds: duration of the steps, without evaluations.
        total_seconds: duration since `Started`.
    """

    images: int
    seconds: float
    total_seconds: float
    kind: ClassVar[str] = "finished"

    @property
    def images_per_second(self) -> float:
        """Training speed."""
        return self.images / self.seconds if self.seconds else 0.0


@dataclass(frozen=True, slots=True)
class Stopped(Event):
    """Training ended before its planned end.

    Attributes:
        reason: the reason, in words.
        images: as in `Finished`.
        seconds: as in `Finished`.
        total_seconds: as in `Finished`.
    """

    reason: str
    images: int
    seconds: float
    total_seconds: float
    kind: ClassVar[str] = "stopped"


@dataclass(frozen=True, slots=True)
class Tested(Event):
    """The trained network was evaluated on the test images.

    Attributes:
        loss: the mean of weight · loss, plus the L2 penalty.
        accuracy: the fraction classified correctly; None where targets are numbers.
        images: images evaluated on.
        metrics: as in `Evaluated`.
    """

    loss: float
    accuracy: float | None
    images: int
    metrics: Metrics = field(default_factory=dict)
    kind: ClassVar[str] = "tested"


@dataclass(frozen=True, slots=True)
class Predicted(Event):
    """Predictions for a few validation images, the same ones every time.

    Attributes:
        labels: the class index of each image.
        predicted: the predicted class index of each.
        probabilities: the predicted probability of that class.
    """

    labels: Sequence[int]
    predicted: Sequence[int]
    probabilities: Sequence[float]
    kind: ClassVar[str] = "predicted"


@dataclass(frozen=True, slots=True)
class Confused(Event):
    """The confusion matrix of the evaluation just made.

    Attributes:
        images: images evaluated on.
        matrix: the number of images of each true class (rows) predicted as each class (columns).
    """

    images: int
    matrix: Sequence[Sequence[int]]
    kind: ClassVar[str] = "confused"


@dataclass(frozen=True, slots=True)
class SnapshotSaved(Event):
    """A snapshot of weights and activations was written.

    Attributes:
        path: the file.
    """

    path: str
    kind: ClassVar[str] = "snapshot"


@dataclass(frozen=True, slots=True)
class Controlled(Event):
    """The training answers a command.

    Attributes:
        id: of the command.
        command: "pause", "resume", "stop", "discard" or "rate".
        value: the new learning rate, for "rate".
        refused: the reason for refusing it; empty if it was executed.
    """

    id: str
    command: str
    value: float | None
    refused: str
    kind: ClassVar[str] = "control"


_KINDS: dict[str, type[Event]] = {
    cls.kind: cls
    for cls in (
        *(Started, StepEvent, Evaluated, EpochEnded, CheckpointSaved, Finished, Stopped),
        *(Tested, Predicted, Confused, SnapshotSaved, Controlled),
    )
}


def from_json(entry: Mapping[str, object]) -> Event | None:
    """Returns the event of a journal's line; None if its kind or its fields are unknown."""
    cls = _KINDS.get(str(entry.get("event")))
    if cls is None:
        return None
    names = [f.name for f in fields(cls) if f.name in entry or f.default_factory is MISSING]
    if any(name not in entry for name in names):
        return None
    return cls(**{name: entry[name] for name in names})  # type: ignore[arg-type]  # from our own file
