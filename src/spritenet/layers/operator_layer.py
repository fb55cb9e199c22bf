"""OperatorLayer: the base of layers whose arguments, shapes and weights the core describes.

A subclass has a field for each argument, and an `__init__` with Keras's signature that passes its
arguments to `_set_arguments`. Arguments in the core's operator table (an integer and its range, a
pair, a choice) are checked against it; the others by the suffix of their name, `_initializer` or
`_regularizer`, `_constraint`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import cast

from spritenet import constraints, initializers, regularizers
from spritenet.arguments import choice, count, flag, number, pair
from spritenet.constraints import Constraint
from spritenet.core.nodes import Inferred, NodeError, infer
from spritenet.core.operators import Attribute, operators
from spritenet.errors import ModelError
from spritenet.initializers import Initializer
from spritenet.layers import activations
from spritenet.layers.attributes import attributes_of
from spritenet.layers.base import Layer, Shape, Weight
from spritenet.regularizers import Regularizer

__all__ = ["OperatorLayer", "Shapes", "Sides"]

Shapes = Shape | Sequence[Shape]
"""The shape of an input, or of each of several."""

Sides = tuple[tuple[int, int], tuple[int, int]]
"""Returns the rows above and below, and the columns left and right."""


@dataclass(frozen=True, slots=True, init=False, repr=False)
class OperatorLayer(Layer):
    """A layer that the core's operator table describes."""

    def _set_arguments(self, given: Mapping[str, object]) -> None:
        """Checks and fills the fields, once, from `__init__`: pass `locals()`."""
        name = cast("str | None", given["name"])
        where = str(name or self.class_name)
        own = {
            f.name: self._checked(f.name, given[f.name], where)
            for f in fields(self)
            if f.name not in ("name", "input_shape") and not f.name.startswith("_")
        }
        self._set(name, cast("Sequence[int] | None", given["input_shape"]), **own)

    def _checked(self, name: str, value: object, where: str) -> object:
        """Returns an argument, checked, as the field stores it.

        Raises:
            ModelError: the argument is invalid.
        """
        if name.endswith("_initializer"):
            return initializers.get(value, where)
        if name.endswith("_regularizer"):
            return regularizers.get(value, where)
        if name.endswith("_constraint"):
            return constraints.get(value, where)
        if name == "activation":
            return activations.get(value, where).name
        for attribute in operators()[self.class_name].attributes:
            if attribute.name == name:
                return _checked_attribute(attribute, value, where)
        raise ModelError("the core has no such argument", where=where, got=name)

    def _default(self, name: str, default: object, /) -> object:
        """Returns the default of the argument as a field."""
        own = name not in ("name", "input_shape")
        return self._checked(name, default, self.label) if own else default

    def infer(self, input_shape: Shapes) -> Inferred:
        """Returns the output shape and the weights, as the core infers them.

        Raises:
            ModelError: the input's shape doesn't fit.
        """
        several = bool(input_shape) and not isinstance(input_shape[0], int)
        shapes = input_shape if several else (input_shape,)
        try:
            return infer(
                self.class_name, attributes_of(self), cast("Sequence[Shape]", tuple(shapes))
            )
        except NodeError as refusal:
            what, _, advice = str(refusal).partition(". ")
            do = f"{advice}." if advice else ""
            raise ModelError(what, where=self.label, got=input_shape, do=do) from None

    def output_shape(self, input_shape: Shapes) -> Shape:
        """Returns the output shape. See `Layer.output_shape`."""
        return self.infer(input_shape).shape

    def merged_shape(self, input_shapes: Sequence[Shape]) -> Shape:
        """Returns the output shape for its inputs. See `Layer.merged_shape`."""
        return self.infer(input_shapes[0] if len(input_shapes) == 1 else input_shapes).shape

    def weights(self, input_shape: Shapes, /) -> tuple[Weight, ...]:
        """Returns the weights for inputs of these shapes, in Keras's order."""
        found = []
        for weight in self.infer(input_shape).weights:
            argument = weight.name.removesuffix("_kernel")
            start: Initializer = getattr(self, f"{argument}_initializer")
            penalty: Regularizer | None = getattr(self, f"{argument}_regularizer", None)
            l2 = penalty.factors[0] if penalty else 0.0
            found.append(Weight(weight.name, weight.shape, start, l2, weight.trainable))
        return tuple(found)

    def config(self) -> dict[str, object]:
        """See `Layer.config`."""
        own = super(OperatorLayer, self).config()
        plain = {key: _plain(value) for key, value in own.items()}
        return {**plain, "data_format": "channels_last"}


def _plain(value: object) -> object:
    """Returns an argument as Keras 2 writes it."""
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    if isinstance(value, Initializer):
        return {"class_name": type(value).__name__, "config": value.config()}
    if isinstance(value, Regularizer | Constraint):
        return value.config()
    return value


def _checked_attribute(attribute: Attribute, value: object, where: str) -> object:
    """Returns an argument of the core's table, checked.

    Raises:
        ModelError: the argument is invalid.
    """
    name = attribute.name
    if attribute.kind == "choice":
        return choice(value, name, where, attribute.choices)
    if attribute.kind == "flag":
        return flag(value, name, where)
    if attribute.kind == "number" and attribute.count != 1:
        return None if value is None and not attribute.required else _range(value, attribute, where)
    if attribute.kind == "number":
        return number(value, name, where, least=attribute.least, most=attribute.most)
    least, most = int(attribute.least), int(attribute.most)
    if value is None and not attribute.required and attribute.count != 1:
        return None
    found: object
    if attribute.count == 1:
        found = count(value, name, where, least=least)
    elif attribute.count == 2 and least > 0:
        found = pair(value, name, where)
    elif attribute.count == 4:
        found = _sides(value, name, where)
    else:
        both = isinstance(value, int) and attribute.count > 0
        found = _whole_numbers((value,) * attribute.count if both else value, attribute, where)
    _check_most(found, most, name, where)
    return found


def _range(value: object, attribute: Attribute, where: str) -> float | tuple[float, ...]:
    """A number, or a range of two.

    Raises:
        ModelError: they are out of bounds, or the first is larger than the second.
    """
    name, least, most = attribute.name, attribute.least, attribute.most
    both = isinstance(value, Sequence) and not isinstance(value, str)
    parts = tuple(cast("Sequence[object]", value)) if both else (value,)
    numbers = tuple(number(part, name, where) for part in parts)
    if not 1 <= len(numbers) <= 2 or not all(least <= one <= most for one in numbers):
        limits = f" of {least:g} to {most:g}" if most < 1e30 else ""
        expected = f"a number{limits}, or two, the lower first"
        raise ModelError(f"invalid {name}", where=where, expected=expected, got=repr(value))
    if numbers[0] > numbers[-1]:
        expected = "the lower number first"
        raise ModelError(f"{name} is upside down", where=where, expected=expected, got=repr(value))
    return numbers if both else numbers[0]


def _check_most(value: object, most: int, name: str, where: str) -> None:
    """Refuses numbers beyond the core's limits."""
    if isinstance(value, tuple):
        for part in value:
            _check_most(part, most, name, where)
    elif isinstance(value, int) and value > most:
        raise ModelError(f"{name} is too large", where=where, expected=f"≤ {most}", got=value)


def _whole_numbers(value: object, attribute: Attribute, where: str) -> tuple[int, ...]:
    """Returns one integer or several, as many as the table requires."""
    parts = tuple(value) if isinstance(value, Sequence) and not isinstance(value, str) else (value,)
    size = attribute.count
    if len(parts) != size if size > 0 else not 1 <= len(parts) <= -size:
        raise ModelError(
            f"{attribute.name} is wrong",
            where=where,
            expected=f"{size} whole numbers" if size > 0 else f"1 to {-size} whole numbers",
            got=repr(value),
        )
    return tuple(count(part, attribute.name, where, least=int(attribute.least)) for part in parts)


def _sides(value: object, name: str, where: str) -> Sides:
    """Returns the rows above and below, and the columns left and right."""
    both = [value, value] if isinstance(value, int) else value
    if not isinstance(both, Sequence) or isinstance(both, str) or len(both) != 2:
        raise ModelError(
            f"invalid {name}",
            where=where,
            expected="a whole number, (rows, columns) or ((top, bottom), (left, right))",
            got=repr(value),
        )
    made = []
    for side in both:
        ends = side if isinstance(side, Sequence) and len(side) == 2 else (side, side)
        made.append(tuple(count(end, name, where, least=0) for end in ends))
    (top, bottom), (left, right) = made
    return (top, bottom), (left, right)
