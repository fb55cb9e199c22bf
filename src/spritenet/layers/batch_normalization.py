"""BatchNormalization: normalization of each channel over the batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from spritenet import constraints, initializers, regularizers
from spritenet.arguments import flag, number
from spritenet.constraints import Constraint
from spritenet.errors import ModelError
from spritenet.initializers import Initializer
from spritenet.layers.base import Layer, Shape, Weight
from spritenet.migration import accepts
from spritenet.regularizers import Regularizer

__all__ = ["BatchNormalization"]

_RULES = ("beta", "gamma", "moving_mean", "moving_variance")


@accepts
@dataclass(frozen=True, slots=True, init=False, repr=False)
class BatchNormalization(Layer):
    """`gamma · (x - mean) / sqrt(variance + epsilon) + beta`, channel by channel.

    Training uses the mean and variance of the batch, and keeps moving averages of both, which
    prediction and evaluation use. The variance is the biased one, divided by n, as in Keras 3.

    Args:
        axis: the axis of the channels; only -1, the last, is supported.
        momentum: the momentum of the moving averages: the fraction that a step keeps.
        epsilon: a small number added to the variance.
        center: if True, adds beta.
        scale: if True, multiplies by gamma.
        beta_initializer: the initializer of beta, (channels,).
        gamma_initializer: the initializer of gamma, (channels,).
        moving_mean_initializer: the initializer of the moving mean, (channels,).
        moving_variance_initializer: the initializer of the moving variance, (channels,).
        beta_regularizer: `L2(factor)`, `L1(factor)` or None.
        gamma_regularizer: `L2(factor)`, `L1(factor)` or None.
        beta_constraint: a constraint of `sn.constraints`, or None.
        gamma_constraint: a constraint of `sn.constraints`, or None.
        name: the layer's name in messages, summaries and files.
        input_shape: the shape of one image, if this is the first layer; see `sn.Input`.

    Raises:
        ModelError: an argument is invalid.

    Ioffe and Szegedy, "Batch Normalization: Accelerating Deep Network Training by Reducing Internal
    Covariate Shift", 2015.
    """

    axis: int
    momentum: float
    epsilon: float
    center: bool
    scale: bool
    beta_initializer: Initializer
    gamma_initializer: Initializer
    moving_mean_initializer: Initializer
    moving_variance_initializer: Initializer
    beta_regularizer: Regularizer | None
    gamma_regularizer: Regularizer | None
    beta_constraint: Constraint | None
    gamma_constraint: Constraint | None
    class_name: ClassVar[str] = "BatchNormalization"

    def __init__(
        self,
        axis: int = -1,
        momentum: float = 0.99,
        epsilon: float = 0.001,
        center: bool = True,
        scale: bool = True,
        beta_initializer: str | Initializer = "zeros",
        gamma_initializer: str | Initializer = "ones",
        moving_mean_initializer: str | Initializer = "zeros",
        moving_variance_initializer: str | Initializer = "ones",
        beta_regularizer: str | Regularizer | None = None,
        gamma_regularizer: str | Regularizer | None = None,
        beta_constraint: str | Constraint | None = None,
        gamma_constraint: str | Constraint | None = None,
        *,
        name: str | None = None,
        input_shape: Sequence[int] | None = None,
    ) -> None:
        """See the class."""
        where = name or self.class_name
        if axis != -1:
            raise ModelError("unsupported axis", where=where, expected=-1, got=axis)
        self._set(
            name,
            input_shape,
            axis=-1,
            momentum=number(momentum, "momentum", where, least=0, below=1),
            epsilon=number(epsilon, "epsilon", where, least=0),
            center=flag(center, "center", where),
            scale=flag(scale, "scale", where),
            beta_initializer=initializers.get(beta_initializer, where),
            gamma_initializer=initializers.get(gamma_initializer, where),
            moving_mean_initializer=initializers.get(moving_mean_initializer, where),
            moving_variance_initializer=initializers.get(moving_variance_initializer, where),
            beta_regularizer=regularizers.get(beta_regularizer, where),
            gamma_regularizer=regularizers.get(gamma_regularizer, where),
            beta_constraint=constraints.get(beta_constraint, where),
            gamma_constraint=constraints.get(gamma_constraint, where),
        )

    def output_shape(self, input_shape: Shape) -> Shape:
        """The input's."""
        return input_shape

    def weights(self, input_shape: Shape, /) -> tuple[Weight, ...]:
        """Gamma if `scale`, beta if `center`, moving_mean, moving_variance, each (channels,)."""
        shape = input_shape[-1:]
        found = []
        if self.scale:
            l2 = self.gamma_regularizer.factors[0] if self.gamma_regularizer else 0.0
            found.append(Weight("gamma", shape, self.gamma_initializer, l2))
        if self.center:
            l2 = self.beta_regularizer.factors[0] if self.beta_regularizer else 0.0
            found.append(Weight("beta", shape, self.beta_initializer, l2))
        mean, variance = self.moving_mean_initializer, self.moving_variance_initializer
        return (
            *found,
            Weight("moving_mean", shape, mean, trainable=False),
            Weight("moving_variance", shape, variance, trainable=False),
        )

    def _default(self, name: str, default: object, /) -> object:
        """Returns the default of the argument as a field."""
        return initializers.get(default) if name.endswith("_initializer") else default

    def config(self) -> dict[str, object]:
        """See `Layer.config`."""
        config = super(BatchNormalization, self).config()
        for name in _RULES:
            rule: Initializer = getattr(self, f"{name}_initializer")
            config[f"{name}_initializer"] = {
                "class_name": type(rule).__name__,
                "config": rule.config(),
            }
        for name in ("beta", "gamma"):
            penalty: Regularizer | None = getattr(self, f"{name}_regularizer")
            config[f"{name}_regularizer"] = penalty and penalty.config()
            limit: Constraint | None = getattr(self, f"{name}_constraint")
            config[f"{name}_constraint"] = limit and limit.config()
        return config
