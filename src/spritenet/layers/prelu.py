"""PReLU: a ReLU with a trained slope below 0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.constraints import Constraint
from spritenet.initializers import Initializer
from spritenet.layers.operator_layer import OperatorLayer
from spritenet.migration import accepts
from spritenet.regularizers import Regularizer

__all__ = ["PReLU"]


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class PReLU(OperatorLayer):
    """x, but `alpha · x` below 0, with a trained alpha for each value of the input.

    He, Zhang, Ren and Sun, "Delving Deep into Rectifiers", 2015.

    Args:
        alpha_initializer: the initializer of alpha, (the input's shape, 1 along shared axes).
        alpha_regularizer: `L2(factor)`, `L1(factor)` or None.
        alpha_constraint: a constraint of `sn.constraints`, or None.
        shared_axes: axes, counted from 1, along which alpha is shared: [1, 2] for one per channel.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    alpha_initializer: Initializer
    alpha_regularizer: Regularizer | None
    alpha_constraint: Constraint | None
    shared_axes: tuple[int, ...] | None
    class_name: ClassVar[str] = "PReLU"

    def __init__(
        self,
        alpha_initializer: str | Initializer = "zeros",
        alpha_regularizer: str | Regularizer | None = None,
        alpha_constraint: str | Constraint | None = None,
        shared_axes: int | Sequence[int] | None = None,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())
