"""Activation functions by their Keras names.

Knows the names and their one parameter; the arithmetic is in the core.
"""

from __future__ import annotations

from dataclasses import dataclass

from spritenet.arguments import choice

__all__ = ["ACTIVATIONS", "ActivationFunction", "get"]

# Name -> the parameter Keras 3 gives the string form (0 where there is none).
ACTIVATIONS: dict[str, float] = {
    "linear": 0.0,
    "relu": 0.0,
    "relu6": 0.0,
    "leaky_relu": 0.2,
    "elu": 1.0,
    "gelu": 0.0,
    "sigmoid": 0.0,
    "tanh": 0.0,
    "softmax": 0.0,
}


@dataclass(frozen=True, slots=True)
class ActivationFunction:
    """The function applied to every output; softmax is over the last axis.

    Attributes:
        name: a key of `ACTIVATIONS`. gelu is the exact one, with erf.
        alpha: the slope (leaky_relu) or scale (elu) of the negative side; 0 for the others.
    """

    name: str
    alpha: float = 0.0


def get(identifier: object, where: str) -> ActivationFunction:
    """Returns the activation function of a Keras name; "linear" for None.

    >>> get("leaky_relu", "Dense")
    ActivationFunction(name='leaky_relu', alpha=0.2)

    Raises:
        ModelError: the name is unknown.
    """
    name = choice("linear" if identifier is None else identifier, "activation", where, ACTIVATIONS)
    return ActivationFunction(name, ACTIVATIONS[name])
