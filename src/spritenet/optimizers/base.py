"""Optimizer: a frozen description, checked by the core's table; the engine computes.

In the formulas g is the gradient of the batch's mean loss, w a weight, r the learning rate of the
step. Before any of them, clipping shortens the gradient, and `weight_decay` takes
r · weight_decay · w from every w.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from spritenet import schedules
from spritenet.arguments import check, count, several
from spritenet.core.optimizers import NO_DECAY, OptimizerRow, Slot, optimizer_rows
from spritenet.errors import ModelError
from spritenet.migration import attribute
from spritenet.schedules import Schedule

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Optimizer"]

CLIPS = ("clipnorm", "clipvalue", "global_clipnorm")


@dataclass(frozen=True, slots=True, repr=False)
class Optimizer:
    """The base of all optimizers: the arguments that all of them take.

    Args:
        learning_rate: a number, or a schedule of the step.
        weight_decay: decoupled weight decay, as in AdamW; None for none.
        clipnorm: the largest norm of the gradient of a weight; None for no limit.
        clipvalue: the largest absolute value in a gradient.
        global_clipnorm: the largest norm of the whole gradient.
        use_ema: keep an exponential moving average of the weights, which they become when the
            training ends.
        ema_momentum: the fraction of the average that a step keeps.
        ema_overwrite_frequency: steps after which the weights become the average; None for never.
        gradient_accumulation_steps: batches whose mean gradient makes one step of the optimizer, 2
            or more; None for one. Schedules count those.
        no_weight_decay: parts of names of weights that weight decay leaves as they are, such as
            "bias" or "dense_1/": Keras's `exclude_from_weight_decay(var_names=…)`.

    Raises:
        ModelError: an argument is wrong, or the gradient is to be clipped in two ways.
    """

    learning_rate: float | Schedule = 0.001
    weight_decay: float | None = field(default=None, kw_only=True)
    clipnorm: float | None = field(default=None, kw_only=True)
    clipvalue: float | None = field(default=None, kw_only=True)
    global_clipnorm: float | None = field(default=None, kw_only=True)
    use_ema: bool = field(default=False, kw_only=True)
    ema_momentum: float = field(default=0.99, kw_only=True)
    ema_overwrite_frequency: int | None = field(default=None, kw_only=True)
    gradient_accumulation_steps: int | None = field(default=None, kw_only=True)
    no_weight_decay: Sequence[str] = field(default=(), kw_only=True)
    OPTIONAL: ClassVar[frozenset[str]] = frozenset(
        {
            *("weight_decay", "clipnorm", "clipvalue", "global_clipnorm"),
            *("ema_overwrite_frequency", "gradient_accumulation_steps"),
        }
    )
    """Arguments that may be None, which is the core's 0."""
    LATER: ClassVar[frozenset[str]] = frozenset(
        {
            *("amsgrad", "centered", "clipnorm", "clipvalue", "use_ema", "ema_momentum"),
            *("ema_overwrite_frequency", "gradient_accumulation_steps", "no_weight_decay"),
        }
    )
    """Arguments that earlier versions lacked: `config` names them where they aren't the default, so
    that runs of those versions can be resumed."""

    def __post_init__(self) -> None:
        """Check the arguments."""
        where = type(self).__name__
        schedules.get(self.learning_rate, f"{where}: learning_rate")
        for each in self._row.attributes:
            value = getattr(self, each.name)
            if value is not None or each.name not in self.OPTIONAL:
                check(each, value, where)
        clips = [name for name in CLIPS if getattr(self, name) is not None]
        if len(clips) > 1:
            raise ModelError(
                f"{clips[1]} is mutually exclusive with {clips[0]}",
                where=where,
                expected="one of " + ", ".join(CLIPS),
                got="both",
            )
        if self.gradient_accumulation_steps is not None:
            count(self.gradient_accumulation_steps, "gradient_accumulation_steps", where, least=2)
        self._keep_texts("no_weight_decay")

    def _keep_texts(self, name: str) -> None:
        """Keeps an argument of several texts as a tuple."""
        given = getattr(self, name) or ()
        parts = several(given)
        if not all(isinstance(part, str) and part for part in parts):
            raise ModelError(
                f"invalid {name}",
                where=type(self).__name__,
                expected="parts of names of weights",
                got=repr(given),
            )
        object.__setattr__(self, name, parts)

    @property
    def _row(self) -> OptimizerRow:
        """Its row of the core's table.

        Raises:
            ModelError: the core has no such optimizer.
        """
        row = optimizer_rows().get(type(self).__name__)
        if row is None:
            raise ModelError(
                "unsupported optimizer",
                where=type(self).__name__,
                expected="one of " + ", ".join(optimizer_rows()),
            )
        return row

    @property
    def attributes(self) -> dict[str, tuple[float, ...]]:
        """Its arguments in the core's words, but for the learning rate."""
        return {a.name: (float(getattr(self, a.name) or 0),) for a in self._row.attributes}

    @property
    def schedule(self) -> Schedule:
        """The learning rate as a function of the step."""
        rate = schedules.get(self.learning_rate, type(self).__name__)
        every = self.gradient_accumulation_steps
        return schedules.Accumulated(rate, every) if every else rate

    @property
    def _slots(self) -> list[Slot]:
        return [s for s in self._row.slots if not s.when or (getattr(self, s.when) or 0) > 0]

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of its slots with these arguments: arrays as long as the parameters."""
        return tuple(slot.name for slot in self._slots)

    @property
    def scalars(self) -> frozenset[str]:
        """The names of the slots that are one number, the first of their array."""
        return frozenset(slot.name for slot in self._slots if slot.scalar)

    @property
    def scratch(self) -> int:
        """The number of arrays, as long as the parameters, that a step works in."""
        return self._row.scratch

    def initial_slots(self, size: int) -> NDArray[np.float32]:
        """The state before the first step: float32 (slots, size)."""
        made = np.zeros((len(self.slots), size), np.float32)
        for values, slot in zip(made, self._slots, strict=True):
            values[: 1 if slot.scalar else None] = (
                getattr(self, slot.initial) if slot.initial else slot.value
            )
        return made

    def excluded(self, names: Sequence[str]) -> NDArray[np.uint8] | None:
        """The exceptions for weights of these names, such as "dense/kernel"; None for none."""
        found = [NO_DECAY * any(p in name for p in self.no_weight_decay) for name in names]
        return np.array(found, np.uint8) if any(found) else None

    if not TYPE_CHECKING:  # type checkers shall know what is missing

        def __getattr__(self, name: str) -> object:
            """Names our way to what Keras's optimizers have."""
            raise attribute(name, "optimizer", dir(type(self)))

    def __repr__(self) -> str:
        """The call that makes it, without the arguments that have their default."""
        given = ((f.name, getattr(self, f.name), f.default) for f in fields(self))
        shown = [f"{k}={v!r}" for k, v, default in given if k == "learning_rate" or v != default]
        return f"{type(self).__name__}({', '.join(shown)})"

    def config(self) -> dict[str, object]:
        """The optimizer as plain values, which `get` reads back."""
        own: dict[str, object] = {}
        for each in fields(self):
            value = getattr(self, each.name)
            if each.name in self.LATER and value == each.default:
                continue
            own[each.name] = list(value) if isinstance(value, tuple) else value
        if isinstance(self.learning_rate, Schedule):
            own["learning_rate"] = self.learning_rate.config()
        return {"class_name": type(self).__name__, "config": own}
