"""Nodes of the core: operators with their attributes, and their output shapes and weights."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from spritenet.core import structs
from spritenet.core.library import ERROR_BYTES, library

__all__ = ["Attributes", "Inferred", "NodeError", "attribute_array", "infer", "node"]

Attributes = Mapping[str, str | tuple[float, ...]]
"""A text or numbers by the name that the table of operators gives the attribute."""

MOST_WEIGHTS = 8  # of one node


class NodeError(ValueError):
    """The core's line on a node that it doesn't take."""


@dataclass(frozen=True, slots=True)
class InferredWeight:
    """A weight of a node.

    Attributes:
        name: Keras's: "kernel", "bias", …
        shape: as Keras keeps it.
        trainable: True if the optimizer changes it.
    """

    name: str
    shape: tuple[int, ...]
    trainable: bool


@dataclass(frozen=True, slots=True)
class Inferred:
    """The output and the weights of a node.

    Attributes:
        shape: of its output, without the batch.
        weights: in the order of the parameters.
    """

    shape: tuple[int, ...]
    weights: tuple[InferredWeight, ...]


def attribute_array(attributes: Attributes) -> ctypes.Array[structs.CAttribute]:
    """Attributes in the header's words."""
    made = (structs.CAttribute * len(attributes))()
    for place, (name, value) in zip(made, attributes.items(), strict=True):
        place.name = name.encode()
        if isinstance(value, str):
            place.text = value.encode()
        else:
            place.numbers = (ctypes.c_double * len(value))(*value)
            place.count = len(value)
    return made


def node(
    operator: str, attributes: Attributes, inputs: Sequence[int], *, trainable: bool = True
) -> structs.CNode:
    """An operator on nodes before it, or -1 for the images, in the header's words."""
    made = attribute_array(attributes)
    sources = (ctypes.c_int32 * len(inputs))(*inputs)
    return structs.CNode(
        operator.encode(), sources, made, len(inputs), len(attributes), int(trainable)
    )


def infer(operator: str, attributes: Attributes, shapes: Sequence[tuple[int, ...]]) -> Inferred:
    """The output's shape and the weights of an operator on inputs of these shapes.

    Args:
        operator: a name of the table.
        attributes: those that aren't left to their defaults.
        shapes: of each input, without the batch: (height, width, channels), or fewer sides.

    Raises:
        NodeError: it doesn't take them.
    """
    given = (structs.CShape * len(shapes))()
    for place, shape in zip(given, shapes, strict=True):
        if not 1 <= len(shape) <= 3 or max(shape) >= 2**31:
            raise NodeError(f"a shape has one to three sides, got {shape}")
        place.rank = len(shape)
        place.sides[: len(shape)] = shape
    made, output = node(operator, attributes, range(len(shapes))), structs.CShape()
    weights = (structs.CWeight * MOST_WEIGHTS)()
    error = ctypes.create_string_buffer(ERROR_BYTES)
    count = library().sn_infer(
        ctypes.byref(made), given, ctypes.byref(output), weights, MOST_WEIGHTS, error
    )
    if count < 0:
        raise NodeError(error.value.decode().partition(": ")[2])
    return Inferred(
        tuple(output.sides[: output.rank]),
        tuple(
            InferredWeight(w.name.decode(), tuple(w.shape[: w.rank]), bool(w.trainable))
            for w in weights[:count]
        ),
    )
