"""The core's table of optimizers, read when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from spritenet.core.library import library
from spritenet.core.operators import Attribute, attribute_of
from spritenet.core.structs import COptimizerInfo, CSlotInfo

__all__ = ["NO_DECAY", "PLAIN", "OptimizerRow", "Slot", "optimizer_rows"]

NO_DECAY, PLAIN = 1, 2
"""The exceptions for a weight: SN_NO_DECAY, SN_PLAIN."""


@dataclass(frozen=True, slots=True)
class Slot:
    """An array that an optimizer keeps from step to step, as long as the parameters.

    Attributes:
        name: of the slot.
        when: the argument that must be more than 0 for the slot to be there; "" for none.
        initial: the argument whose value it begins with; "" for `value`.
        value: the value it begins with.
        scalar: its first number alone is used.
    """

    name: str
    when: str
    initial: str
    value: float
    scalar: bool


@dataclass(frozen=True, slots=True)
class OptimizerRow:
    """A row of the table.

    Attributes:
        name: Keras's class name of the optimizer.
        attributes: its arguments but the learning rate.
        slots: those it may have, in the order of the state.
        learning_rate: the default.
        scratch: the number of arrays, as long as the parameters, that a step works in.
    """

    name: str
    attributes: tuple[Attribute, ...]
    slots: tuple[Slot, ...]
    learning_rate: float
    scratch: int


def _text(value: bytes | None) -> str:
    return value.decode() if value else ""


def _slot(info: CSlotInfo) -> Slot:
    texts = (_text(info.name), _text(info.when), _text(info.initial))
    return Slot(*texts, info.value, bool(info.scalar))


@cache
def optimizer_rows() -> Mapping[str, OptimizerRow]:
    """Every optimizer of the core by its name."""
    core = library()
    rows = {}
    for index in range(core.sn_optimizer_count()):
        info = COptimizerInfo.from_address(core.sn_optimizer_at(index))
        rows[_text(info.name)] = OptimizerRow(
            _text(info.name),
            tuple(attribute_of(info.attributes[i]) for i in range(info.attribute_count)),
            tuple(_slot(info.slots[i]) for i in range(info.slot_count)),
            info.learning_rate,
            info.scratch,
        )
    return MappingProxyType(rows)
