"""Attributes: a layer's arguments as the core's operator table names them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spritenet.constraints import Constraint
from spritenet.core.operators import operators
from spritenet.errors import ModelError
from spritenet.regularizers import Regularizer

if TYPE_CHECKING:
    from spritenet.core.nodes import Attributes
    from spritenet.layers.base import Layer

__all__ = ["attributes_of"]


def attributes_of(layer: Layer) -> Attributes:
    """Returns the attributes of a layer. A field that is None takes its default.

    Raises:
        ModelError: the core has no such operator.
    """
    row = operators().get(layer.class_name)
    if row is None:
        raise ModelError("unsupported layer", where=layer.class_name)
    found = {a.name: _value(getattr(layer, a.name)) for a in row.attributes}
    for attribute in row.attributes:  # who has a regularizer has a constraint
        if attribute.name.endswith("_regularizer"):
            name = attribute.name.replace("_regularizer", "_constraint")
            found[name] = _value(getattr(layer, name, None))
    return {name: value for name, value in found.items() if value is not None}


def _value(field: object) -> str | tuple[float, ...] | None:
    if field is None or isinstance(field, str):
        return field
    if isinstance(field, Regularizer):
        return field.factors
    if isinstance(field, Constraint):
        return field.numbers
    if isinstance(field, tuple):  # ((top, bottom), (left, right)), too
        return tuple(number for part in field for number in _value(part) or ())  # type: ignore[misc]  # numbers alone
    return (float(field),)  # type: ignore[arg-type]  # the table names numbers and flags
