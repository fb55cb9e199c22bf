"""How well a network does: what `evaluate` returns."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["Scores"]


class Scores(NamedTuple):
    """Loss and accuracy; unpacks like Keras's list: `loss, accuracy = model.evaluate(...)`.

    Attributes:
        loss: the mean of weight · loss, plus the L2 penalty.
        accuracy: the share of the images whose largest output is at their label.
    """

    loss: float
    accuracy: float
