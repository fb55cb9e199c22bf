"""The `Engine` protocol, and the values that engines take and return.

The training loop uses nothing else, so it runs on any engine.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from spritenet.losses import Loss
from spritenet.optimizers import Optimizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Engine", "Evaluation", "Examples", "StagingEngine", "Steps"]


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Images with their labels or targets.

    Attributes:
        images: uint8, n h w c, C-contiguous.
        labels: int32 (n,), class indices; None with targets, or for prediction.
        targets: float32 (n, k), used instead of labels.
        weights: float32 (n,), a factor on each example's loss; None for 1.
        identities: int64 (n,), by which augmentation knows each image; None for its index.
        output_weights: float32 (k,), a factor on each output's part of the loss, for losses that
            are a mean over the outputs; None for 1.
    """

    images: NDArray[np.uint8]
    labels: NDArray[np.int32] | None = None
    targets: NDArray[np.float32] | None = None
    weights: NDArray[np.float32] | None = None
    identities: NDArray[np.int64] | None = None
    output_weights: NDArray[np.float32] | None = None

    def __len__(self) -> int:
        """The number of examples."""
        return len(self.images)

    def __getitem__(self, index: slice | NDArray[np.int64]) -> Examples:
        """Returns a range of them without copying, or copies of those at some indices."""
        return replace(
            self,
            images=self.images[index],
            labels=None if self.labels is None else self.labels[index],
            targets=None if self.targets is None else self.targets[index],
            weights=None if self.weights is None else self.weights[index],
            identities=None if self.identities is None else self.identities[index],
        )


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The loss and accuracy of a network on some examples.

    Attributes:
        loss_sum: the sum of weight · loss over the examples, without the L2 penalty.
        l2: the L2 penalty of the parameters.
        correct: the number of examples whose largest output is at their label; where each output
            is a yes or no, the sum over the examples of the fraction of right outputs; None where
            targets are numbers.
        count: the number of examples.
        metrics: others, by name; engines leave them to who called.
    """

    loss_sum: float
    l2: float
    correct: float | None
    count: int
    metrics: Mapping[str, float | list[float]] = field(default_factory=dict)

    @property
    def loss(self) -> float:
        """The mean of weight · loss, plus the L2 penalty, as Keras reports it."""
        return self.loss_sum / max(1, self.count) + self.l2

    @property
    def accuracy(self) -> float | None:
        """The fraction of right examples or outputs; None where targets are numbers."""
        return None if self.correct is None else self.correct / max(1, self.count)


@dataclass(frozen=True, slots=True, eq=False)
class Steps:
    """The result of a call of `Engine.train`.

    Attributes:
        losses: float32 (done,), each step's mean of weight · loss, plus the L2 penalty.
        correct: (done,), the right examples of each batch before its step, as in `Evaluation`; None
            where targets are numbers.
        diverged: the loss of the next step was not finite; that step was not done.
        stopped: a stop was requested before all steps were done.
    """

    losses: NDArray[np.float32]
    correct: NDArray[np.int32] | NDArray[np.float64] | None
    diverged: bool = False
    stopped: bool = False

    def __len__(self) -> int:
        """The number of steps done."""
        return len(self.losses)


class Engine(Protocol):
    """A network compiled for one input shape and a largest batch size.

    Parameters are one float32 array, layer after layer, kernel before bias.
    """

    @property
    def parameter_count(self) -> int:
        """The number of parameters."""

    @property
    def output_shapes(self) -> Sequence[tuple[int, ...]]:
        """The output shape of each layer for one image."""

    def predict(
        self, parameters: NDArray[np.float32], images: NDArray[np.uint8]
    ) -> NDArray[np.float32]:
        """Returns the last layer's outputs, (n, k)."""

    def activations(
        self, parameters: NDArray[np.float32], image: NDArray[np.uint8]
    ) -> list[NDArray[np.float32]]:
        """Returns every layer's outputs for one image (h, w, c)."""

    def evaluate(
        self,
        parameters: NDArray[np.float32],
        examples: Examples,
        loss: Loss,
        *,
        first: int = 0,
        count: int | None = None,
        outputs: NDArray[np.float32] | None = None,
    ) -> Evaluation:
        """Returns loss and accuracy of the examples first … first + count, by default of all.

        `outputs`, float32 (count, k), receives the network's outputs; None for no interest.
        """

    def gradient(
        self,
        parameters: NDArray[np.float32],
        examples: Examples,
        indices: NDArray[np.int64],
        loss: Loss,
    ) -> tuple[float, NDArray[np.float32]]:
        """Returns the loss of one batch and its gradient, without dropout."""

    def interrupt(self) -> None:
        """Ends the current training call after a whole step, or the next call at once."""

    def train(
        self,
        parameters: NDArray[np.float32],
        slots: NDArray[np.float32],
        examples: Examples,
        *,
        loss: Loss,
        optimizer: Optimizer,
        learning_rates: NDArray[np.float32],
        first_step: int,
        batch_size: int,
        seed: int,
        indices: NDArray[np.int64] | None = None,
        epoch: int = 0,
        outputs: NDArray[np.float32] | None = None,
    ) -> Steps:
        """Does len(learning_rates) steps, changing parameters and slots in place.

        Step s (from 0) takes batch s mod b of epoch s // b in the permutation of (seed, epoch),
        where b = ceil(n / batch_size); or `indices`, batch_size of them a step, all in one `epoch`.

        `outputs`, float32 (steps, batch_size, k), receives the network's outputs for each image of
        each batch, as they were before its step, with dropout and augmentation; None for no
        interest. Rows beyond the images of a smaller batch stay as they are.
        """


@runtime_checkable
class StagingEngine(Protocol):
    """An engine with memory of its own, which a thread can bring examples to ahead of their use."""

    def stage(self, examples: Examples) -> None:
        """Brings the examples of a later call of `Engine.train` to the device.

        A thread may call it while another one trains. It returns once they are there.

        Args:
            examples: those staged before have been given to `Engine.train`.
        """
