"""Task: a training as the loop runs it: network, loss, optimizer, data and what watches it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from spritenet.engines.engine import Engine
from spritenet.losses import Loss
from spritenet.optimizers import Optimizer
from spritenet.training.batch_source import BatchSource
from spritenet.training.controls import Controls

if TYPE_CHECKING:
    from spritenet.metrics import MetricSet
    from spritenet.training.observer import Observer

__all__ = ["Task"]


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """A training: network, loss, optimizer, data, and the file of its checkpoints.

    Attributes:
        engine: the network, made for the plan's batch size.
        loss: the loss to minimize.
        optimizer: the optimizer.
        examples: the training set.
        validation: the examples evaluated on after each epoch; None for no evaluation.
        sample: a few of them, evaluated on within epochs.
        max_images: images in one call of an evaluation.
        trainable: the slices of the parameters that the optimizer changes.
        identity: JSON values that a checkpoint must have in common with it to be resumed.
        checkpoint: the checkpoint's file; None for none.
        controls: the source of commands; None for none.
        observer: takes snapshots and predictions; None for none.
        metrics: besides loss and accuracy; None for none.
    """

    engine: Engine
    loss: Loss
    optimizer: Optimizer
    examples: BatchSource
    validation: BatchSource | None = None
    sample: BatchSource | None = None
    max_images: int = 1024
    trainable: Sequence[slice] = ()
    identity: Mapping[str, object] = field(default_factory=dict)
    checkpoint: Path | None = None
    controls: Controls | None = None
    observer: Observer | None = None
    metrics: MetricSet | None = None
