"""Tables: what steps read of the host, a row each, and what they leave for it.

All rows of a call are copied to the device at once. A counter on the device says which row is next,
so that a captured step can be replayed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from spritenet.engines.torch.counters import epoch_order, epoch_words, layer_key

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Order", "StepTables"]


@dataclass(slots=True)
class Order:
    """The permutation of (seed, epoch) on the device, made once an epoch.

    Attributes:
        device: the device.
    """

    device: torch.device
    _key: tuple[int, int, int] | None = None
    _values: torch.Tensor | None = None

    def of(self, seed: int, epoch: int, size: int) -> torch.Tensor:
        """Returns the image at each place of an epoch, int64 (size,)."""
        if self._values is None or self._key != (seed, epoch, size):
            self._values = epoch_order(seed, epoch, size, self.device)
            self._key = (seed, epoch, size)
        return self._values


class StepTables:
    """The tables of the steps of a call.

    Args:
        capacity: the largest number of steps.
        batch_size: the largest batch.
        numbers: the optimizer's numbers of a step.
        nodes: the places of random layers among all nodes.
        outputs: the network's outputs of a batch that are kept; 0 for none.
        device: the device.

    Attributes:
        capacity: the largest number of steps.
        counts: the images of each step of the present call.
    """

    def __init__(
        self,
        capacity: int,
        batch_size: int,
        numbers: int,
        nodes: Sequence[int],
        outputs: int,
        device: torch.device,
    ) -> None:
        self.capacity = capacity
        self.counts: list[int] = []
        self._nodes = tuple(nodes)
        self._place = torch.zeros(1, dtype=torch.int64, device=device)
        whole = {"dtype": torch.int64, "device": device}
        self._indices = torch.zeros(capacity, batch_size, **whole)
        self._epochs = torch.zeros(capacity, **whole)
        self._numbers = torch.zeros(capacity, numbers, device=device)
        self._keys = torch.zeros(capacity, len(nodes), 2, dtype=torch.int32, device=device)
        self._losses = torch.zeros(capacity, device=device)
        self._correct = torch.zeros(capacity, **whole)
        kept = batch_size if outputs else 0
        self._outputs = torch.zeros(capacity, kept, outputs, device=device)

    def begin(self, seed: int, first_step: int, numbers: NDArray[np.float32]) -> None:
        """Begins a call: the optimizer's numbers and the keys of random layers of its steps."""
        steps = len(numbers)
        self._place.zero_()
        self._numbers[:steps].copy_(torch.from_numpy(numbers))
        if self._nodes:
            keys = [
                [layer_key(seed, first_step + k, node) for node in self._nodes]
                for k in range(steps)
            ]
            self._keys[:steps].copy_(torch.tensor(keys, dtype=torch.int32))

    def shuffle(self, order: Order, seed: int, first_step: int, steps: int, size: int) -> None:
        """Fills in the images of steps that walk through the epochs of (seed, epoch)."""
        batch = self._indices.shape[1]
        parts = -(-size // batch)
        self.counts = []
        while len(self.counts) < steps:
            done = len(self.counts)
            epoch, part = divmod(first_step + done, parts)
            here = min(steps - done, parts - part)
            chosen = order.of(seed, epoch, size)[part * batch : (part + here) * batch]
            whole, left = divmod(len(chosen), batch)
            self._indices[done : done + whole].copy_(chosen[: whole * batch].view(whole, batch))
            if left:
                self._indices[done + whole, :left].copy_(chosen[whole * batch :])
            self._epochs[done : done + here].fill_(epoch_words(seed, epoch))
            self.counts += [batch] * whole + ([left] if left else [])

    def choose(self, indices: NDArray[np.int64], steps: int, seed: int, epoch: int) -> None:
        """Fills in the images of steps in one epoch."""
        batch = self._indices.shape[1]
        self._indices[:steps].copy_(torch.from_numpy(indices.reshape(steps, batch)))
        self._epochs[:steps].fill_(epoch_words(seed, epoch))
        self.counts = [batch] * steps

    def rows(self, steps: int) -> tuple[torch.Tensor, ...]:
        """Returns the first rows: indices, words of epochs, numbers and keys."""
        every = self._indices, self._epochs, self._numbers, self._keys
        return tuple(table[:steps] for table in every)

    def indices(self, count: int) -> torch.Tensor:
        """Returns the images of the present step, int64 (count,)."""
        return self._indices.index_select(0, self._place)[0, :count]

    def epoch_word(self) -> torch.Tensor:
        """Returns the word of the present step's epoch, int64 (1,)."""
        return self._epochs.index_select(0, self._place)

    def numbers(self) -> torch.Tensor:
        """Returns the optimizer's numbers of the present step."""
        return self._numbers.index_select(0, self._place)[0]

    def keys(self) -> torch.Tensor:
        """Returns the keys of random layers in the present step, int32 (layers, 2)."""
        return self._keys.index_select(0, self._place)[0]

    def end_step(
        self, loss: torch.Tensor, correct: torch.Tensor, outputs: torch.Tensor | None
    ) -> None:
        """Leaves the results of the present step, and goes to the next."""
        self._losses.index_copy_(0, self._place, loss.view(1).float())
        self._correct.index_copy_(0, self._place, correct.view(1))
        if outputs is not None:
            self._outputs[:, : len(outputs)].index_copy_(0, self._place, outputs.unsqueeze(0))
        self._place.add_(1)

    def results(self, steps: int) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
        """Returns the losses and the right decisions of the first steps; waits for the device."""
        return self._losses[:steps].cpu().numpy().copy(), self._correct[:steps].cpu().numpy().copy()

    def outputs(self, step: int) -> NDArray[np.float32]:
        """Returns the outputs of a step, (count, k)."""
        found: NDArray[np.float32] = self._outputs[step, : self.counts[step]].cpu().numpy()
        return found

    def state(self) -> list[torch.Tensor]:
        """Returns what a step changes besides parameters and slots."""
        return [self._place, self._losses, self._correct]
