"""Optimizers: they move variables against their gradients. Keras 3's formulas.

The settings are those of `sn.SGD`, `sn.RMSprop` and `sn.Adam`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence

import numpy as np

from spritenet.errors import ModelError
from spritenet.ops.differentiation import value_and_grads
from spritenet.ops.tensor import Array, Tensor, TensorLike, Variable, tensor

__all__ = ["SGD", "Adam", "Optimizer", "RMSprop"]


class Optimizer:
    """Base of the optimizers: a step for each variable, with what it remembers between steps.

    Args:
        learning_rate: above 0; may be set between steps.
    """

    def __init__(self, learning_rate: float) -> None:
        if not 0 < learning_rate < float("inf"):
            raise ModelError("bad learning rate", expected="a number above 0", got=learning_rate)
        self.learning_rate = learning_rate
        self.steps = 0
        self._memory: dict[int, tuple[Variable, list[Array]]] = {}

    def minimize(self, function: Callable[[], Tensor], variables: Sequence[Variable]) -> Tensor:
        """Computes a loss, and moves the variables one step against its gradients.

        Args:
            function: computes the loss, one number.
            variables: what to change.

        Returns:
            The loss before the step.

        Raises:
            ModelError: the loss isn't one number, or depends on no variable.
        """
        loss, slopes = value_and_grads(function, variables)
        self.apply_gradients(zip(slopes, variables, strict=True))
        return loss

    def apply_gradients(self, pairs: Iterable[tuple[TensorLike, Variable]]) -> None:
        """Moves variables one step, each by its gradient."""
        for gradient, variable in pairs:
            slope = tensor(gradient).values
            empty = [np.zeros(variable.shape) for _ in range(self._slots())]
            _, slots = self._memory.setdefault(id(variable), (variable, empty))
            variable.assign(variable.values + self._step(slope, slots))
        self.steps += 1

    def _slots(self) -> int:
        """The number of arrays remembered for a variable."""
        return 0

    def _step(self, slope: Array, slots: list[Array]) -> Array:
        """Returns the change of a variable, and updates the slots."""
        raise NotImplementedError


class SGD(Optimizer):
    """Stochastic gradient descent: against the gradient, times the learning rate.

    Args:
        learning_rate: above 0.
        momentum: the fraction of the last step that is repeated; 0 for none.
        nesterov: True looks ahead: the gradient counts as if the step had been made.
    """

    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.0, *, nesterov: bool = False
    ) -> None:
        super().__init__(learning_rate)
        self.momentum = momentum
        self.nesterov = nesterov

    def _slots(self) -> int:
        return 1 if self.momentum else 0

    def _step(self, slope: Array, slots: list[Array]) -> Array:
        change = -self.learning_rate * slope
        if not self.momentum:
            return change
        slots[0] = self.momentum * slots[0] + change
        return self.momentum * slots[0] + change if self.nesterov else slots[0]


class RMSprop(Optimizer):
    """Divides each gradient by its usual size: the root of a moving mean of its squares.

    Args:
        learning_rate: above 0.
        rho: the fraction of the mean that a step keeps.
        momentum: the fraction of the last step that is repeated.
        epsilon: added to the squares.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
    ) -> None:
        super().__init__(learning_rate)
        self.rho, self.momentum, self.epsilon = rho, momentum, epsilon

    def _slots(self) -> int:
        return 2

    def _step(self, slope: Array, slots: list[Array]) -> Array:
        slots[0] = self.rho * slots[0] + (1 - self.rho) * slope * slope
        change = -self.learning_rate * slope / np.sqrt(slots[0] + self.epsilon)
        slots[1] = self.momentum * slots[1] + change
        return slots[1]


class Adam(Optimizer):
    """Moves by a moving mean of the gradients, divided by their usual size.

    Args:
        learning_rate: above 0.
        beta_1: the fraction of the mean that a step keeps.
        beta_2: the fraction of the mean of squares that a step keeps.
        epsilon: added to the root of the squares.
    """

    def __init__(
        self,
        learning_rate: float = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-7,
    ) -> None:
        super().__init__(learning_rate)
        self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

    def _slots(self) -> int:
        return 2

    def _step(self, slope: Array, slots: list[Array]) -> Array:
        slots[0] = slots[0] + (1 - self.beta_1) * (slope - slots[0])
        slots[1] = slots[1] + (1 - self.beta_2) * (slope * slope - slots[1])
        t = self.steps + 1  # both means begin at 0: divided by the fraction they have seen
        rate = self.learning_rate * math.sqrt(1 - self.beta_2**t) / (1 - self.beta_1**t)
        return -rate * slots[0] / (np.sqrt(slots[1]) + self.epsilon)
