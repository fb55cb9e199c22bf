"""The core's table of losses, read when first asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from spritenet.core.library import library
from spritenet.core.operators import Attribute, attribute_of
from spritenet.core.structs import CLossInfo

__all__ = ["LossRow", "loss_rows"]

ACTIVATIONS = ("", "softmax", "sigmoid", "softmax")
OR_OTHER = 3
TARGETS = ("any", "fractions", "distributions", "labels")
ACCURACIES = ("none", "largest", "each")


@dataclass(frozen=True, slots=True)
class LossRow:
    """A row of the table.

    Attributes:
        name: Keras's class name of the loss.
        words: the names it goes by, in lower case; Keras's own first.
        attributes: its arguments.
        activation: the activation in whose place it comes; "" for none.
        required: it can follow no other activation.
        accuracy: what of an image can be right, with targets: its "largest" output, "each" output,
            or "none".
        targets: those that make sense: "any"; "fractions", from 0 to 1; "distributions", rows
            whose sum is 1; "labels", class indices alone.
        by_output: its value is the mean over the outputs of a function of each.
    """

    name: str
    words: tuple[str, ...]
    attributes: tuple[Attribute, ...]
    activation: str
    required: bool
    accuracy: str
    targets: str
    by_output: bool


@cache
def loss_rows() -> Mapping[str, LossRow]:
    """Every loss of the core by its name."""
    core = library()
    rows = {}
    for index in range(core.sn_loss_count()):
        info = CLossInfo.from_address(core.sn_loss_at(index))
        name = info.name.decode()
        rows[name] = LossRow(
            name,
            tuple(info.words.decode().split("|")),
            tuple(attribute_of(info.attributes[i]) for i in range(info.attribute_count)),
            ACTIVATIONS[info.activation],
            info.activation not in (0, OR_OTHER),
            ACCURACIES[info.accuracy],
            TARGETS[info.targets],
            bool(info.by_output),
        )
    return MappingProxyType(rows)
