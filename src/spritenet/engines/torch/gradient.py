"""Differentiation: a network and its loss, from a batch to the gradient."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch

from spritenet.engines.torch.examples import Batch
from spritenet.engines.torch.forward import Forward, Settings
from spritenet.engines.torch.losses import LossTask
from spritenet.engines.torch.parameters import Parameters

__all__ = ["Differentiation", "Gradient"]


@dataclass(frozen=True, slots=True)
class Gradient:
    """The gradient of a batch's mean loss.

    Attributes:
        values: of the trainable parameters, flat.
        loss: the mean over the batch of weight · loss, float64 (float32 on mps).
        correct: the right decisions, int64.
        outputs: of the network, before the final activation if the loss takes its place.
    """

    values: torch.Tensor
    loss: torch.Tensor
    correct: torch.Tensor
    outputs: torch.Tensor


@dataclass(slots=True)
class Differentiation:
    """A network and its loss, from a batch to the gradient.

    Attributes:
        forward: the layers.
        parameters: their weights.
        task: the loss.
        passes: returns the context that a forward pass runs in: its precision.
    """

    forward: Forward
    parameters: Parameters
    task: LossTask
    passes: Callable[[], torch.autocast]

    def targets(self, batch: Batch, whole: Batch) -> torch.Tensor:
        """Returns the smoothed targets of a batch, mixed with those of partners in the whole."""
        own = self._plain_targets(batch)
        if batch.partners is not None and batch.parts is not None:
            part = batch.parts.unsqueeze(1)
            other = self._plain_targets(whole).index_select(0, batch.partners)
            if batch.weights is None or whole.weights is None:
                own = torch.where(part > 0, own * (1 - part) + other * part, own)
            else:
                mine = batch.weights.unsqueeze(1) * (1 - part)
                theirs = whole.weights.index_select(0, batch.partners).unsqueeze(1) * part
                total = mine + theirs
                mixed = (own * mine + other * theirs) / total
                own = torch.where((part > 0) & (total > 0), mixed, own)
        return self.task.smoothed(own)

    def _plain_targets(self, batch: Batch) -> torch.Tensor:
        if batch.targets is not None:
            return batch.targets
        assert batch.labels is not None  # noqa: S101 - one of both is there
        return self.task.one_hot(batch.labels)

    @staticmethod
    def weights(batch: Batch, whole: Batch) -> torch.Tensor | None:
        """Returns the factor on each image's loss."""
        if batch.weights is None or batch.partners is None or batch.parts is None:
            return batch.weights
        assert whole.weights is not None  # noqa: S101 - as the batch's
        other = whole.weights.index_select(0, batch.partners)
        return torch.where(
            batch.parts > 0, batch.weights * (1 - batch.parts) + other * batch.parts, batch.weights
        )

    def losses(
        self, batch: Batch, whole: Batch, settings: Settings
    ) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Returns the weighted loss of each image, the outputs, and the right decisions."""
        targets = self.targets(batch, whole)
        with self.passes():
            outputs = self.forward(batch.images, settings, logits=self.task.skips_final)
        losses, weights = self.task.of_images(outputs, targets), self.weights(batch, whole)
        if weights is not None:
            losses = losses * weights
        labels = batch.labels if batch.targets is None else None
        return losses, outputs, self.task.right(outputs.detach(), targets, labels)

    def gradient(self, batch: Batch, whole: Batch, count: int, settings: Settings) -> Gradient:
        """Returns the gradient of the sum of losses / count."""
        leaves = self.parameters.leaves
        with torch.enable_grad():
            losses, outputs, correct = self.losses(batch, whole, settings)
            found = (
                torch.autograd.grad(
                    losses.sum() * (1 / count), leaves, allow_unused=True, materialize_grads=True
                )
                if leaves
                else ()
            )
        flat = [one.reshape(-1) for one in found]
        values = torch.cat(flat) if flat else self.parameters.weights.clone()
        wide = torch.float32 if losses.device.type == "mps" else torch.float64
        loss = losses.detach().sum(dtype=wide) / count
        return Gradient(values, loss, correct, outputs.detach())
