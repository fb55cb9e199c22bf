"""Loss: a frozen description, checked by the core's table; the engine computes.

In the formulas y is an output, t its target, k the number of outputs, and mean is over the outputs.
A value is the mean over the batch of weight · loss, as in Keras.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

from spritenet.arguments import check
from spritenet.core.losses import LossRow, loss_rows
from spritenet.errors import ModelError, UnsupportedError
from spritenet.migration import attribute

__all__ = ["Loss"]


@dataclass(frozen=True, slots=True)
class Loss:
    """The base of all losses, which compare a network's outputs (n, k) with labels or targets.

    Raises:
        ModelError: an argument is wrong.
    """

    name: ClassVar[str] = "loss"

    def __post_init__(self) -> None:
        """Check the arguments by the core's table."""
        where = type(self).__name__
        for each in self.row.attributes:
            check(each, getattr(self, each.name), where)

    @property
    def row(self) -> LossRow:
        """The loss in the core's table.

        Raises:
            ModelError: the core has no such loss.
        """
        row = loss_rows().get(type(self).__name__)
        if row is None:
            raise ModelError(
                "unsupported loss",
                where=type(self).__name__,
                expected="one of " + ", ".join(loss_rows()),
            )
        return row

    @property
    def attributes(self) -> dict[str, tuple[float, ...]]:
        """The arguments in the core's words."""
        return {a.name: (float(getattr(self, a.name)),) for a in self.row.attributes}

    def check(self, last_activation: str, /) -> None:
        """Refuses a last activation that the loss can't follow.

        Args:
            last_activation: the name of the function applied last: "softmax", "linear", …

        Raises:
            ModelError: it can't be computed from that.
        """
        row = self.row
        from_logits = bool(getattr(self, "from_logits", False))
        if not row.required or last_activation == ("linear" if from_logits else row.activation):
            return
        wanted = row.activation
        can = any(each.name == "from_logits" for each in row.attributes)
        if last_activation == wanted:
            do = f"Leave out from_logits=True, or the {wanted}."
        elif last_activation == "linear" and can:
            do = f"Give the last layer activation={wanted!r}, or the loss from_logits=True."
        else:
            do = f"Give the last layer activation={wanted!r}."
        raise ModelError(
            f"it can't follow the activation {last_activation}",
            where=self.name,
            expected="no activation" if from_logits else wanted,
            do=do,
        )

    if not TYPE_CHECKING:  # type checkers shall know what is missing

        def __getattr__(self, name: str) -> object:
            """Names our way to what Keras's losses have."""
            raise attribute(name, "loss", dir(type(self)))

        def __call__(self, *_: object, **__: object) -> object:
            """Refuses to compute a value: engines do."""
            raise UnsupportedError(
                "Unsupported: calling a loss",
                where=self.name,
                do="Give it to compile; sn.metrics.log_loss computes a value.",
            )

    def config(self) -> dict[str, object]:
        """The loss as plain values, which `get` reads back."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        return {"class_name": type(self).__name__, "config": own}
