"""Losses of outputs (n, k) and targets (n, k), and what of them is right.

Cross-entropies read logits: the network's softmax or sigmoid is left out before them.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from spritenet.losses import Loss

__all__ = ["FUNCTIONS", "LossTask"]

TINY = 1e-7
"""Keras's epsilon."""
LEAST = 1e-30
"""The least number that is raised to a power."""


def _power(x: Tensor, exponent: float) -> Tensor:
    return x.clamp(min=LEAST) ** exponent


def _signs(t: Tensor) -> Tensor:
    """Returns 0 and 1 as -1 and 1, image by image."""
    binary = ((t == 0) | (t == 1)).all(1, keepdim=True)
    return torch.where(binary, 2 * t - 1, t)


def _binary_entropy(task: LossTask, z: Tensor, t: Tensor) -> Tensor:
    return task.mean(functional.binary_cross_entropy_with_logits(z, t, reduction="none"))


def _binary_focal(task: LossTask, z: Tensor, t: Tensor) -> Tensor:
    alpha, gamma, balanced = (
        task.argument(name) for name in ("alpha", "gamma", "apply_class_balancing")
    )
    yes, no = torch.sigmoid(z), torch.sigmoid(-z)
    entropy = functional.binary_cross_entropy_with_logits(z, t, reduction="none")
    value = _power(t * no + (1 - t) * yes, gamma) * entropy
    return task.mean(value * (t * alpha + (1 - t) * (1 - alpha)) if balanced else value)


def _entropy(_task: LossTask, z: Tensor, t: Tensor) -> Tensor:
    return -(t * functional.log_softmax(z, 1)).sum(1)


def _categorical_focal(task: LossTask, z: Tensor, t: Tensor) -> Tensor:
    log_p = functional.log_softmax(z, 1)
    wrong = _power(1 - log_p.exp(), task.argument("gamma"))
    return -(t * task.argument("alpha") * wrong * log_p).sum(1)


def _generalized(task: LossTask, z: Tensor, t: Tensor) -> Tensor:
    q = task.argument("q")
    return (1 - _power((t * functional.softmax(z, 1)).sum(1), q)) * (1 / q)


def _categorical_hinge(_task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    other = ((1 - t) * y).max(1).values
    return functional.relu(other - (t * y).sum(1) + 1)


def _cosine(_task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    def inverse(x: Tensor) -> Tensor:
        return (x * x).sum(1).clamp(min=LEAST).rsqrt().clamp(max=1 / TINY)

    return -(t * y).sum(1) * inverse(y) * inverse(t)


def _dice(_task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    return 1 - ((t * y).sum(1) * 2 + TINY) / ((t + y).sum(1) + TINY)


def _hinge(task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    return task.mean(functional.relu(1 - _signs(t) * y))


def _squared_hinge(task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    return task.mean(functional.relu(1 - _signs(t) * y) ** 2)


def _huber(task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    delta, error = task.argument("delta"), y - t
    size = error.abs()
    far = size * delta - 0.5 * delta * delta
    return task.mean(torch.where(size <= delta, error * error * 0.5, far))


def _kl_divergence(task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    t = t.clamp(TINY, 1)
    log_p = functional.log_softmax(y, 1) if task.skips_final else y.clamp(TINY, 1).log()
    return (t * (t.log() - log_p)).sum(1)


def _log_cosh(task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    error = y - t
    size, square = error.abs(), error * error
    small = square * (0.5 - square * (0.083333333 - square * 0.022222222))
    large = size + (size * -2).exp().log1p() - math.log(2)
    return task.mean(torch.where(size < 0.2, small, large))


def _absolute(task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    return task.mean((y - t).abs())


def _percentage(task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    return task.mean((y - t).abs() * (100 / t.abs().clamp(min=TINY)))


def _squared(task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    return task.mean((y - t) ** 2)


def _squared_logarithmic(task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    return task.mean(((y.clamp(min=TINY) + 1).log() - (t.clamp(min=TINY) + 1).log()) ** 2)


def _poisson(task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    return task.mean(y - t * (y + TINY).log())


def _tversky(task: LossTask, y: Tensor, t: Tensor) -> Tensor:
    alpha, beta = task.argument("alpha"), task.argument("beta")
    common = (t * y).sum(1)
    rest = ((1 - t) * y).sum(1) * alpha + (t * (1 - y)).sum(1) * beta
    return 1 - (common + TINY) / (common + rest + TINY)


FUNCTIONS: dict[str, Callable[[LossTask, Tensor, Tensor], Tensor]] = {
    "BinaryCrossentropy": _binary_entropy,
    "BinaryFocalCrossentropy": _binary_focal,
    "CategoricalCrossentropy": _entropy,
    "CategoricalFocalCrossentropy": _categorical_focal,
    "CategoricalGeneralizedCrossEntropy": _generalized,
    "CategoricalHinge": _categorical_hinge,
    "CosineSimilarity": _cosine,
    "Dice": _dice,
    "Hinge": _hinge,
    "Huber": _huber,
    "KLDivergence": _kl_divergence,
    "LogCosh": _log_cosh,
    "MeanAbsoluteError": _absolute,
    "MeanAbsolutePercentageError": _percentage,
    "MeanSquaredError": _squared,
    "MeanSquaredLogarithmicError": _squared_logarithmic,
    "Poisson": _poisson,
    "SparseCategoricalCrossentropy": _entropy,
    "SquaredHinge": _squared_hinge,
    "Tversky": _tversky,
}
"""Every loss of the core's table: from outputs and targets to the loss of each image, (n,)."""

HALVES = ("BinaryCrossentropy", "BinaryFocalCrossentropy")
"""Losses whose smoothing draws targets to 1/2."""


@dataclass(frozen=True, slots=True)
class LossTask:
    """A loss on a network's outputs.

    Attributes:
        loss: the loss.
        outputs: the number of a network's outputs.
        activation: the network's final one, if a loss may take its place; else "".
        output_weights: float32 (k,), a factor on each output's part; None for 1.
    """

    loss: Loss
    outputs: int
    activation: str = ""
    output_weights: Tensor | None = None

    @property
    def skips_final(self) -> bool:
        """True if it reads what the final activation would."""
        wanted = self.loss.row.activation
        return bool(wanted) and wanted == self.activation

    def argument(self, name: str) -> float:
        """Returns an argument of the loss."""
        return float(getattr(self.loss, name))

    def mean(self, values: Tensor) -> Tensor:
        """Returns the mean over the outputs, weighted."""
        if self.output_weights is not None:
            values = values * self.output_weights
        return values.sum(1) * (1 / self.outputs)

    @property
    def smoothing(self) -> tuple[float, float]:
        """The fraction of a target that is kept, and what is added to it."""
        amount = float(getattr(self.loss, "label_smoothing", 0.0))
        among = 2 if type(self.loss).__name__ in HALVES else self.outputs
        return 1 - amount, amount / among

    def one_hot(self, labels: Tensor) -> Tensor:
        """Returns the targets of class indices."""
        classes = torch.arange(self.outputs, device=labels.device)
        return (labels.unsqueeze(1) == classes).float()

    def smoothed(self, targets: Tensor) -> Tensor:
        """Returns targets with label smoothing."""
        keep, added = self.smoothing
        return targets if keep == 1 else targets * keep + added

    def of_images(self, outputs: Tensor, targets: Tensor) -> Tensor:
        """Returns the loss of each image, (n,), of smoothed targets."""
        return FUNCTIONS[type(self.loss).__name__](self, outputs, targets)

    def decisions(self, *, labelled: bool) -> int:
        """Returns how many decisions of an image can be right; 0 where targets are numbers."""
        if labelled:
            return 1
        return {"none": 0, "largest": 1, "each": self.outputs}[self.loss.row.accuracy]

    def right(self, outputs: Tensor, targets: Tensor, labels: Tensor | None) -> Tensor:
        """Returns the number of right decisions, int64 ()."""
        accuracy = "largest" if labels is not None else self.loss.row.accuracy
        if accuracy == "each":
            boundary = 0.0 if "Hinge" in type(self.loss).__name__ else 0.5
            return ((outputs > 0) == (targets > boundary)).sum()
        if accuracy == "none":
            return torch.zeros((), dtype=torch.int64, device=outputs.device)
        wanted = targets.argmax(1) if labels is None else labels.long()
        return (outputs.argmax(1) == wanted).sum()
