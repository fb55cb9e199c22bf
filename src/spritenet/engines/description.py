"""Networks, optimizers and losses in the words of core/spritenet.h."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence

from spritenet.core import structs
from spritenet.core.operators import operators
from spritenet.errors import ModelError
from spritenet.layers import Layer
from spritenet.losses import Loss, MeanSquaredError
from spritenet.optimizers import SGD, Adam, Optimizer, RMSprop
from spritenet.regularizers import L2

__all__ = ["attributes_of", "describe_node", "describe_optimizer", "loss_kind"]


Numbers = tuple[float, ...]


def attributes_of(layer: Layer) -> dict[str, str | Numbers]:
    """The attributes of a layer for the core: the fields that the table of operators names.

    A field that is None has its default.

    Raises:
        ModelError: the core has no such operator.
    """
    row = operators().get(layer.class_name)
    if row is None:
        raise ModelError("the core has no such layer", where=layer.class_name)
    found = {a.name: _value(getattr(layer, a.name)) for a in row.attributes}
    return {name: value for name, value in found.items() if value is not None}


def _value(field: object) -> str | Numbers | None:
    if field is None or isinstance(field, str):
        return field
    if isinstance(field, L2):
        return (field.l2,)
    if isinstance(field, tuple):  # ((top, bottom), (left, right)), too
        return tuple(number for part in field for number in _value(part) or ())  # type: ignore[misc]  # numbers alone
    return (float(field),)  # type: ignore[arg-type]  # the table names numbers and flags


def describe_node(layer: Layer, inputs: Sequence[int]) -> structs.CNode:
    """A layer on its inputs in the header's words: nodes before it, or -1 for the images."""
    attributes = attributes_of(layer)
    made = (structs.CAttribute * len(attributes))()
    for place, (name, value) in zip(made, attributes.items(), strict=True):
        place.name = name.encode()
        if isinstance(value, str):
            place.text = value.encode()
        else:
            place.numbers = (ctypes.c_double * len(value))(*value)
            place.count = len(value)
    sources = (ctypes.c_int32 * len(inputs))(*inputs)
    return structs.CNode(
        layer.class_name.encode(), sources, made, len(inputs), len(attributes), layer.trainable
    )


def describe_optimizer(optimizer: Optimizer) -> structs.COptimizer:
    """An optimizer in the header's words."""
    made = structs.COptimizer()
    made.weight_decay = getattr(optimizer, "weight_decay", None) or 0.0
    made.clip_norm = getattr(optimizer, "global_clipnorm", None) or 0.0
    if isinstance(optimizer, SGD):
        made.kind = 0
        made.momentum = optimizer.momentum
        made.nesterov = int(optimizer.nesterov)
    elif isinstance(optimizer, RMSprop):
        made.kind = 1
        made.rho = optimizer.rho
        made.momentum = optimizer.momentum
        made.epsilon = optimizer.epsilon
    elif isinstance(optimizer, Adam):
        made.kind = 2
        made.beta_1 = optimizer.beta_1
        made.beta_2 = optimizer.beta_2
        made.epsilon = optimizer.epsilon
    else:
        raise ModelError("the core has no such optimizer", where=type(optimizer).__name__)
    return made


def loss_kind(loss: Loss) -> int:
    """sn_loss: 0 for either cross-entropy, 1 for the mean squared error."""
    return int(isinstance(loss, MeanSquaredError))
