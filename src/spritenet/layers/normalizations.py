"""Normalizations of one image's values: LayerNormalization, GroupNormalization and their like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet.constraints import Constraint
from spritenet.errors import ModelError
from spritenet.initializers import Initializer, Ones
from spritenet.layers.operator_layer import OperatorLayer
from spritenet.migration import accepts
from spritenet.regularizers import Regularizer

__all__ = [
    "GroupNormalization",
    "LayerNormalization",
    "RMSNormalization",
    "UnitNormalization",
]


@dataclass(frozen=True, slots=True, init=False, repr=False)
class LastAxisLayer(OperatorLayer):
    """A layer whose `axis` is the last one."""

    def _checked(self, name: str, value: object, where: str) -> object:
        """See `OperatorLayer`."""
        if name != "axis":
            return super(LastAxisLayer, self)._checked(name, value, where)
        if value not in (-1, [-1], (-1,)):
            raise ModelError("unsupported axis", where=where, expected=-1, got=value)
        return -1


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class LayerNormalization(LastAxisLayer):
    """`gamma · (x - mean) / sqrt(variance + epsilon) + beta` over the channels of each pixel.

    Ba, Kiros and Hinton, "Layer Normalization", 2016.

    Args:
        axis: the axis to normalize over; only -1, the last, is supported.
        epsilon: added to the variance.
        center: if True, adds beta.
        scale: if True, multiplies by gamma.
        beta_initializer: the initializer of beta, (channels,).
        gamma_initializer: the initializer of gamma, (channels,).
        beta_regularizer: `L2(factor)`, `L1(factor)` or None.
        gamma_regularizer: `L2(factor)`, `L1(factor)` or None.
        beta_constraint: a constraint of `sn.constraints`, or None.
        gamma_constraint: a constraint of `sn.constraints`, or None.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    axis: int
    epsilon: float
    center: bool
    scale: bool
    beta_initializer: Initializer
    gamma_initializer: Initializer
    beta_regularizer: Regularizer | None
    gamma_regularizer: Regularizer | None
    beta_constraint: Constraint | None
    gamma_constraint: Constraint | None
    class_name: ClassVar[str] = "LayerNormalization"

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: str | Initializer = "zeros",
        gamma_initializer: str | Initializer = "ones",
        beta_regularizer: str | Regularizer | None = None,
        gamma_regularizer: str | Regularizer | None = None,
        beta_constraint: str | Constraint | None = None,
        gamma_constraint: str | Constraint | None = None,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class GroupNormalization(LastAxisLayer):
    """`gamma · (x - mean) / sqrt(variance + epsilon) + beta` over groups of channels of an image.

    Wu and He, "Group Normalization", 2018. With `groups=-1`, each channel is a group of its own
    (instance normalization).

    Args:
        groups: the number of groups, a divisor of the number of channels; or -1.
        axis: the axis of the channels; only -1, the last, is supported.
        epsilon: added to the variance.
        center: if True, adds beta.
        scale: if True, multiplies by gamma.
        beta_initializer: the initializer of beta, (channels,).
        gamma_initializer: the initializer of gamma, (channels,).
        beta_regularizer: `L2(factor)`, `L1(factor)` or None.
        gamma_regularizer: `L2(factor)`, `L1(factor)` or None.
        beta_constraint: a constraint of `sn.constraints`, or None.
        gamma_constraint: a constraint of `sn.constraints`, or None.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    groups: int
    axis: int
    epsilon: float
    center: bool
    scale: bool
    beta_initializer: Initializer
    gamma_initializer: Initializer
    beta_regularizer: Regularizer | None
    gamma_regularizer: Regularizer | None
    beta_constraint: Constraint | None
    gamma_constraint: Constraint | None
    class_name: ClassVar[str] = "GroupNormalization"

    def __init__(
        self,
        groups: int = 32,
        axis: int = -1,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: str | Initializer = "zeros",
        gamma_initializer: str | Initializer = "ones",
        beta_regularizer: str | Regularizer | None = None,
        gamma_regularizer: str | Regularizer | None = None,
        beta_constraint: str | Constraint | None = None,
        gamma_constraint: str | Constraint | None = None,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`."""
        return "GroupNormalization"


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class RMSNormalization(LastAxisLayer):
    """`scale · x / sqrt(mean(x²) + epsilon)` over the channels of each pixel.

    Zhang and Sennrich, "Root Mean Square Layer Normalization", 2019. Its scale (channels,) begins
    with ones.

    Args:
        axis: the axis to normalize over; only -1, the last, is supported.
        epsilon: added to the mean square.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.
    """

    axis: int
    epsilon: float
    class_name: ClassVar[str] = "RMSNormalization"
    scale_initializer: ClassVar[Initializer] = Ones()

    def __init__(
        self,
        axis: int = -1,
        epsilon: float = 1e-6,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        self._set_arguments(locals())

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`."""
        return "RMSNormalization"


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class UnitNormalization(LastAxisLayer):
    """Scales the channels of each pixel to a vector of length 1.

    Args:
        axis: the axis to normalize over; only -1, the last, is supported.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: the axis is not -1.
    """

    axis: int
    class_name: ClassVar[str] = "UnitNormalization"

    def __init__(
        self, axis: int = -1, *, name: str | None = None, input_shape: Sequence[int] | None = None
    ) -> None:
        """See the class."""
        self._set_arguments(locals())

    def missing_in_tensorflow_js(self) -> str:
        """See `Layer`."""
        return "UnitNormalization"
