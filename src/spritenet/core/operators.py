"""The core's tables of operators and activations, read when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from spritenet.core.library import library
from spritenet.core.structs import CActivationInfo, CAttributeInfo, COperatorInfo

__all__ = ["Activation", "Attribute", "Operator", "activations", "attribute_of", "operators"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """An argument of an operator.

    Attributes:
        name: Keras's name.
        kind: "number", "whole", "flag" or "choice".
        count: the number of values; -3: one to three, or none.
        required: True if it has no default.
        default: of each number; of a choice the text.
        least: the least each number may be.
        most: the most.
        choices: the texts a choice may be.
    """

    name: str
    kind: str
    count: int
    required: bool
    default: float | str
    least: float
    most: float
    choices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Operator:
    """A row of the table.

    Attributes:
        name: Keras's class name of the layer.
        attributes: its arguments that change what is computed.
        least_inputs: the fewest inputs it takes.
        most_inputs: the most.
    """

    name: str
    attributes: tuple[Attribute, ...]
    least_inputs: int
    most_inputs: int


@dataclass(frozen=True, slots=True)
class Activation:
    """A row of the table of activations.

    Attributes:
        name: Keras's.
        also: another name of the same; "" for none.
        alpha: the parameter that Keras gives the name; 0 for none.
    """

    name: str
    also: str
    alpha: float


_KINDS = ("number", "whole", "flag", "choice")


def attribute_of(info: CAttributeInfo) -> Attribute:
    """Returns what a row of a table says of an argument."""
    choices = tuple(info.choices.decode().split("|")) if info.choices else ()
    return Attribute(
        info.name.decode(),
        _KINDS[info.kind],
        info.count,
        bool(info.required),
        choices[0] if choices else info.value,
        info.least,
        info.most,
        choices,
    )


@cache
def operators() -> Mapping[str, Operator]:
    """Every operator of the core by its name."""
    core = library()
    rows = {}
    for index in range(core.sn_operator_count()):
        info = COperatorInfo.from_address(core.sn_operator_at(index))
        attributes = tuple(attribute_of(info.attributes[i]) for i in range(info.attribute_count))
        name = info.name.decode()
        rows[name] = Operator(name, attributes, info.least_inputs, info.most_inputs)
    return MappingProxyType(rows)


@cache
def activations() -> tuple[Activation, ...]:
    """Every activation of the core."""
    core = library()
    rows: list[Activation] = []
    while address := core.sn_activation_at(len(rows)):
        info = CActivationInfo.from_address(address)
        also = info.also.decode() if info.also else ""
        rows.append(Activation(info.name.decode(), also, round(info.alpha, 6)))
    return tuple(rows)
