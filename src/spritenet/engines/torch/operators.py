"""The table of operators: what each layer computes of its inputs."""

from __future__ import annotations

from spritenet.engines.torch import (
    arrangement,
    convolutions,
    noise,
    normalizations,
    pointwise,
    pooling,
)
from spritenet.engines.torch.call import Operator
from spritenet.errors import ModelError
from spritenet.layers import Layer

__all__ = ["OPERATORS", "operator_of"]

OPERATORS: dict[str, Operator] = {
    **arrangement.OPERATORS,
    **convolutions.OPERATORS,
    **noise.OPERATORS,
    **normalizations.OPERATORS,
    **pointwise.OPERATORS,
    **pooling.OPERATORS,
}
"""Every operator of the core's table by its name."""


def operator_of(layer: Layer) -> Operator:
    """Returns the operator of a layer.

    Raises:
        ModelError: there is none.
    """
    found = OPERATORS.get(layer.class_name)
    if found is None:
        do = 'Use device="cpu".'
        raise ModelError("unsupported by the torch engine", where=layer.label, do=do)
    return found
