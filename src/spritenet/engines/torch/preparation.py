"""Preparation: tables, step and graphs of training calls that are alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from spritenet.engines.torch.augmentation import Augmenter
from spritenet.engines.torch.capture import Replays, can_capture
from spritenet.engines.torch.examples import DeviceExamples
from spritenet.engines.torch.forward import Forward, Settings
from spritenet.engines.torch.gradient import Differentiation
from spritenet.engines.torch.parameters import Parameters
from spritenet.engines.torch.ranks import Ranks
from spritenet.engines.torch.step import TrainStep
from spritenet.engines.torch.tables import StepTables
from spritenet.engines.torch.update import Flags, Penalty, Updater
from spritenet.errors import ModelError
from spritenet.layers import Layer
from spritenet.optimizers import Optimizer

__all__ = ["Parts", "Preparation", "too_large"]

LEAST_STEPS = 64
"""Rows of the smallest tables."""


@dataclass(frozen=True, slots=True)
class Parts:
    """The parts of a network on a device.

    Attributes:
        layers: first to last.
        parameters: their weights.
        forward: from images to outputs.
        penalty: of the weights.
        examples: those it trains on.
        augmenter: changes the images; None for not.
        random: the places of random layers.
        first: of the first layer among all nodes.
        outputs: the number of outputs.
    """

    layers: Sequence[Layer]
    parameters: Parameters
    forward: Forward
    penalty: Penalty
    examples: DeviceExamples
    augmenter: Augmenter | None
    random: Sequence[int]
    first: int
    outputs: int


class Preparation:
    """Tables, step and graphs of calls with one loss, optimizer and batch size.

    Args:
        how: from a batch to the gradient.
        layers: of the network.
        examples: the images.
        penalty: of the weights.
        optimizer: the optimizer.
        batch_size: the largest batch.
        steps: of the longest call.
        random: the places of random layers.
        first: of the first layer among all nodes.
        augmenter: changes the images; None for not.
        outputs: the network's outputs that are kept; 0 for none.
        ranks: that train together; None for one process.
        stops: True if this process wants to stop.

    Attributes:
        how: from a batch to the gradient.
        task: the loss.
        keeps: outputs are kept.
        updater: the optimizer.
        slots: its arrays on the device.
        tables: what steps read and leave.
        step: does one.
        replays: captured steps; None where they can't be captured.
    """

    def __init__(
        self,
        how: Differentiation,
        layers: Sequence[Layer],
        examples: DeviceExamples,
        penalty: Penalty,
        optimizer: Optimizer,
        batch_size: int,
        steps: int,
        random: Sequence[int],
        first: int,
        augmenter: Augmenter | None,
        outputs: int,
        ranks: Ranks | None,
        stops: Callable[[], bool],
    ) -> None:
        parameters = how.parameters
        device = parameters.flat.device
        self.keeps = outputs > 0
        self.how = how
        self.task = how.task
        self.updater = Updater(optimizer, parameters, layers)
        width = self.updater.numbers(np.zeros(1, np.float32), 0, 0.0)[0].shape[1]
        self.tables = StepTables(
            max(LEAST_STEPS, 1 << (steps - 1).bit_length()),
            batch_size,
            width,
            [first + place for place in random],
            outputs,
            device,
        )
        self.slots = torch.zeros(len(optimizer.slots), parameters.trainable, device=device)
        self.step = TrainStep(
            how,
            layers,
            examples,
            penalty,
            self.updater,
            self.slots,
            self.tables,
            random,
            augmenter,
            ranks,
            stops,
        )
        self.replays: Replays | None = None
        if can_capture(device) and self.updater.capturable and ranks is None:

            def again(count: int) -> None:
                self.step(count, Flags(), keep_outputs=self.keeps)

            self.replays = Replays(again, self.step.state())


def too_large(how: Differentiation, examples: DeviceExamples, batch_size: int) -> ModelError:
    """Returns the error for a batch that a device has no memory for: it names one that fits."""
    size = batch_size // 2
    while size and not _fits_in_memory(how, examples, size):
        size //= 2
    do = f"Use batch_size={size}, which fits." if size else "Use a smaller network."
    where = str(how.parameters.flat.device)
    return ModelError(f"not enough memory for batches of {batch_size}", where=where, do=do)


def _fits_in_memory(how: Differentiation, examples: DeviceExamples, size: int) -> bool:
    """Returns True if a device has the memory for the gradient of a batch."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    try:
        batch = examples.stored(0, size)
        how.gradient(batch, batch, size, Settings(training=True))
    except torch.OutOfMemoryError:
        return False
    return True
