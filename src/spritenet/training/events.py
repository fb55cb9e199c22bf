"""What happens in a training, as frozen values in the order it happens.

A training yields them; the journal, the terminal and the pages pull them. The last one is
`Finished` or `Stopped`; what a run's journal holds after that came of a test. `step` is always the
number of updates done so far.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

__all__ = [
    "CheckpointSaved",
    "Confused",
    "Controlled",
    "EpochEnded",
    "Evaluated",
    "Event",
    "Finished",
    "Predicted",
    "SnapshotSaved",
    "Started",
    "StepEvent",
    "Stopped",
    "Tested",
    "from_json",
]


@dataclass(frozen=True, slots=True)
class Event:
    """Something that happened.

    Attributes:
        step: how many updates had been done.
        kind: the word that stands for the class in a journal.
    """

    step: int
    kind: ClassVar[str] = "event"

    def to_json(self) -> dict[str, object]:
        """The event as a JSON object: its kind, then its fields."""
        return {"event": self.kind, **{f.name: getattr(self, f.name) for f in fields(self)}}


@dataclass(frozen=True, slots=True)
class Started(Event):
    """Training begins, or goes on after `step` updates.

    Attributes:
        last_step: at which number of updates it will be finished.
        steps_per_epoch: how many updates make an epoch.
        epochs: the number of the last epoch, counted from 1.
        batch_size: images in a batch; an epoch's last may be smaller.
        images: how many there are to train on.
        parameters: how many numbers are learnt.
        seed: of the order and the dropout.
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
    """One update was done.

    Attributes:
        epoch: the epoch it belongs to, from 0.
        loss: the mean of weight · loss over its batch, plus the L2 penalty, before the update.
        correct: how many of the batch were right, before the update.
        images: how many images the batch had.
        learning_rate: the rate of this update.
    """

    epoch: int
    loss: float
    correct: int
    images: int
    learning_rate: float
    kind: ClassVar[str] = "step"

    @property
    def accuracy(self) -> float:
        """The share of the batch that was right."""
        return self.correct / self.images


@dataclass(frozen=True, slots=True)
class Evaluated(Event):
    """The network was tried on images it doesn't learn from.

    Attributes:
        epoch: the epoch it happened in, from 0.
        loss: the mean of weight · loss, plus the L2 penalty.
        accuracy: the share that was right.
        images: how many there were.
    """

    epoch: int
    loss: float
    accuracy: float
    images: int
    kind: ClassVar[str] = "evaluated"


@dataclass(frozen=True, slots=True)
class EpochEnded(Event):
    """An epoch is over.

    Attributes:
        epoch: which, from 0.
        loss: the mean over its images, each measured before its own update.
        accuracy: the share that was right, measured likewise.
        learning_rate: the rate of its last update.
        val_loss: the loss on the validation images, if there are any.
        val_accuracy: the share of them that was right.
        images: how many images it trained on.
        seconds: how long their updates took; evaluation is not counted.
    """

    epoch: int
    loss: float
    accuracy: float
    learning_rate: float
    val_loss: float | None
    val_accuracy: float | None
    images: int
    seconds: float
    kind: ClassVar[str] = "epoch"

    @property
    def logs(self) -> dict[str, float]:
        """The figures under Keras's names; those of the validation only if there was one."""
        figures = {"loss": self.loss, "accuracy": self.accuracy}
        if self.val_loss is not None and self.val_accuracy is not None:
            figures |= {"val_loss": self.val_loss, "val_accuracy": self.val_accuracy}
        return figures | {"learning_rate": self.learning_rate}


@dataclass(frozen=True, slots=True)
class CheckpointSaved(Event):
    """Everything needed to go on from here is on disk.

    Attributes:
        path: the checkpoint's file.
    """

    path: str
    kind: ClassVar[str] = "checkpoint"


@dataclass(frozen=True, slots=True)
class Finished(Event):
    """All planned updates are done.

    Attributes:
        images: how many images were trained on, counted again in each epoch.
        seconds: how long their updates took; evaluation is not counted.
        total_seconds: how long everything took since `Started`.
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
        reason: why, in words.
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
    """After a training's end, the network was tried on the test images.

    Attributes:
        loss: the mean of weight · loss, plus the L2 penalty.
        accuracy: the share that was right.
        images: how many there were.
    """

    loss: float
    accuracy: float
    images: int
    kind: ClassVar[str] = "tested"


@dataclass(frozen=True, slots=True)
class Predicted(Event):
    """What the network takes a few images for that it doesn't learn from: always the same ones.

    Attributes:
        labels: the class index of each.
        predicted: what it is taken for.
        probabilities: how sure the network is of that.
    """

    labels: Sequence[int]
    predicted: Sequence[int]
    probabilities: Sequence[float]
    kind: ClassVar[str] = "predicted"


@dataclass(frozen=True, slots=True)
class Confused(Event):
    """What the network takes the images for that it was just tried on.

    Attributes:
        images: how many there were.
        matrix: how many of each true class (rows) were taken for each class (columns).
    """

    images: int
    matrix: Sequence[Sequence[int]]
    kind: ClassVar[str] = "confused"


@dataclass(frozen=True, slots=True)
class SnapshotSaved(Event):
    """Pictures of the network's inside are on disk.

    Attributes:
        path: the file.
    """

    path: str
    kind: ClassVar[str] = "snapshot"


@dataclass(frozen=True, slots=True)
class Controlled(Event):
    """The training answers what somebody asked of it.

    Attributes:
        id: of the command.
        command: "pause", "resume", "stop", "discard" or "rate".
        value: the new learning rate, for "rate".
        refused: why it was not done; empty if it was.
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
    """The event of a journal's line; None if it is of a kind or a shape not known here."""
    cls = _KINDS.get(str(entry.get("event")))
    if cls is None:
        return None
    names = [f.name for f in fields(cls)]
    if any(name not in entry for name in names):
        return None
    return cls(**{name: entry[name] for name in names})  # type: ignore[arg-type]  # from our own file
