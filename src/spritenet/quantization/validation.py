"""Validation: whether an integer network's fields go together, as the specification says."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import CoreError, ModelError
from spritenet.quantization import operators as ops
from spritenet.quantization.native import NativeNetwork
from spritenet.quantization.network import IntegerNetwork

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check"]

ACTIVATIONS = ("softmax", "log_softmax", "sigmoid", "linear")


def check(network: IntegerNetwork, where: str | Path) -> None:
    """Refuses a network whose arrays, shapes or numbers don't fit each other.

    Args:
        network: the network, whose fields have the right types.
        where: its name, for the error.

    Raises:
        ModelError: something doesn't fit; the message names the operator.
    """
    last = network.operators[-1]
    sides = (*network.input_shape, *network.output_shape)
    if not 1 <= len(network.input_shape) <= 3 or min(sides, default=0) < 1:
        raise ModelError("invalid shapes of an int8 model", where=where, got=sides)
    if prod(network.output_shape) != prod(last.shape):
        raise ModelError(
            "the last operator's output has another shape",
            where=where,
            expected=network.output_shape,
            got=last.shape,
        )
    if network.activation not in ACTIVATIONS or not -128 <= network.zero_point <= 127:
        raise ModelError("invalid activation or zero point", where=where, got=network.activation)
    for index, operator in enumerate(network.operators):
        if not all(-1 <= source < index for source in operator.inputs) or not operator.inputs:
            raise _wrong(operator, index, where)
        arrays = {
            name: getattr(operator, name).shape
            for name in ("kernel", "bias", "multiplier", "shift", "counts", "table")
            if isinstance(getattr(operator, name, None), np.ndarray)
        }
        if arrays != _wanted(network, operator, arrays):
            raise _wrong(operator, index, where)
        if len(operator.inputs) > 1 and not isinstance(
            operator, ops.Sum | ops.Product | ops.Extremum | ops.Concatenation
        ):
            raise _wrong(operator, index, where)
    try:
        NativeNetwork(network, threads=1)
    except (CoreError, OverflowError) as error:
        raise ModelError("its operators don't go together", where=where, got=error) from error


def _wanted(
    network: IntegerNetwork, operator: ops.Operator, arrays: dict[str, tuple[int, ...]]
) -> dict[str, tuple[int, ...]]:
    """Returns the shapes of an operator's arrays."""
    depth, out = network.shape_of(operator.inputs[0])[2], operator.shape[2]
    each = {"bias": (out,), "multiplier": (out,), "shift": (out,)}
    match operator:
        case ops.Convolution():
            groups = max(operator.groups, 1)
            kernel = (*arrays["kernel"][:2], depth // groups, out)
            return {"kernel": kernel, **each}
        case ops.Dense():
            return {"kernel": (prod(network.shape_of(operator.inputs[0])), out), **each}
        case ops.AveragePooling():
            count = (max(len(operator.counts), 1),)
            return {"multiplier": count, "shift": count, "counts": count}
        case ops.Lookup():
            return {"table": (256,)}
        case ops.Sum() | ops.Extremum() | ops.Concatenation():
            return {"multiplier": (len(operator.inputs),)}
    return {}


def _wrong(operator: ops.Operator, index: int, where: str | Path) -> ModelError:
    """The error for an operator whose fields don't fit."""
    kind = type(operator).__name__
    return ModelError(
        f"operator {index} ({kind} {operator.name!r:.60}) doesn't fit its inputs", where=where
    )
