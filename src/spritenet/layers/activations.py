"""Activation functions by their Keras names.

Knows the names and their one parameter, as the core's table lists them; the arithmetic is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from spritenet.arguments import choice
from spritenet.core.operators import activations as table

__all__ = ["FILE_NAMES", "ActivationFunction", "get", "missing", "names"]

IN_TENSORFLOW_JS = frozenset(
    (
        *("linear", "relu", "relu6", "leaky_relu", "elu", "selu", "sigmoid", "tanh", "softplus"),
        *("softsign", "gelu", "silu", "mish", "softmax", "log_softmax"),
    )
)
"""The activations that TensorFlow.js 4.22 has; leaky_relu as a layer of its own."""

FILE_NAMES = {"silu": "swish", "hard_sigmoid": "hard_sigmoid_3"}
"""Names in files. TensorFlow.js's hard_sigmoid is Keras 2's, which is steeper than Keras 3's."""


@dataclass(frozen=True, slots=True)
class ActivationFunction:
    """The function applied to every output; softmax and its like are over the last axis.

    Attributes:
        name: one of `names()`. gelu is the exact one, with erf; gelu_new the approximate.
        alpha: the slope (leaky_relu), scale (elu) or threshold (hard_shrink, soft_shrink) that
            Keras gives the name; 0 for those without one.
    """

    name: str
    alpha: float = 0.0


@cache
def names() -> Mapping[str, float]:
    """Every activation by name, with the parameter of Keras 3's string form (0 for none)."""
    return MappingProxyType({row.name: row.alpha for row in table()})


def missing(name: str) -> str:
    """The name, if TensorFlow.js lacks that activation or computes another by it; else ""."""
    return "" if name in IN_TENSORFLOW_JS else f"activation {name!r}"


@cache
def _aliases() -> Mapping[str, str]:
    """Keras's other names: celu, hard_swish, swish."""
    return {row.also: row.name for row in table() if row.also}


def get(identifier: object, where: str) -> ActivationFunction:
    """Returns the activation function of a Keras name; "linear" for None.

    >>> get("leaky_relu", "Dense")
    ActivationFunction(name='leaky_relu', alpha=0.2)
    >>> get("swish", "Dense")
    ActivationFunction(name='silu', alpha=0.0)

    Raises:
        ModelError: the name is unknown.
    """
    known = (*names(), *_aliases())
    name = choice("linear" if identifier is None else identifier, "activation", where, known)
    name = _aliases().get(name, name)
    return ActivationFunction(name, names()[name])
