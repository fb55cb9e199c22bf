"""Learning rates that change with the step, computed for many steps at once.

A schedule is a frozen value; called with step numbers (from 0) it gives the rates of those steps.
`CosineDecay` and `OneCycle` may be made without a length: they then span the training they are
used in (`Schedule.spanning`).

    >>> ExponentialDecay(0.1, decay_steps=10, decay_rate=0.5)([0, 10, 20]).tolist()
    [0.1, 0.05, 0.025]
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from spritenet.arguments import choice, count, flag, number
from spritenet.errors import ModelError
from spritenet.migration import accepts, module_name

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

__all__ = [
    "Constant",
    "CosineDecay",
    "ExponentialDecay",
    "OneCycle",
    "PiecewiseConstantDecay",
    "Schedule",
    "get",
    "named",
]

NAMES = ("constant", "cosine", "one-cycle", "exponential")
FINAL_FRACTION = 0.01
"""Of the learning rate, at the end of an exponential schedule made by name."""


@dataclass(frozen=True, slots=True)
class Schedule(ABC):
    """The learning rate as a function of the step."""

    RATES: ClassVar[tuple[str, ...]] = ()
    """The fields that are rates, not numbers of steps or factors."""

    def __call__(self, steps: ArrayLike) -> NDArray[np.float64]:
        """The rates (float64, the shape of `steps`) of the steps, counted from 0.

        Raises:
            ModelError: the schedule has no length yet.
        """
        return self._rates(np.asarray(steps, np.float64))

    @abstractmethod
    def _rates(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        """The rates of the steps."""

    def spanning(self, _first_step: int, _steps: int, /) -> Schedule:
        """The schedule with its length filled in, where it has none: those steps of training."""
        return self

    @property
    def peak(self) -> float:
        """The highest of the rates that it was made with."""
        return float(np.max([np.max(v) for n in self.RATES if (v := getattr(self, n)) is not None]))

    def with_peak(self, rate: float) -> Schedule:
        """The schedule with all rates multiplied, so that the highest is `rate`."""
        factor = rate / self.peak if self.peak else 0.0
        own = {name: getattr(self, name) for name in self.RATES}
        scaled = {
            name: tuple(v * factor for v in value) if isinstance(value, tuple) else value * factor
            for name, value in own.items()
            if value is not None
        }
        return replace(self, **scaled)

    def config(self) -> dict[str, object]:
        """The schedule as plain values, which `get` reads back."""
        own: dict[str, object] = {f.name: getattr(self, f.name) for f in fields(self)}
        return {"class_name": type(self).__name__, "config": own}


@dataclass(frozen=True, slots=True)
class Constant(Schedule):
    """The same rate at every step."""

    learning_rate: float
    RATES: ClassVar[tuple[str, ...]] = ("learning_rate",)

    def __post_init__(self) -> None:
        """Check the rate; a wrong one raises ModelError."""
        number(self.learning_rate, "learning_rate", "Constant", least=0)

    def _rates(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.full(steps.shape, self.learning_rate)


@dataclass(frozen=True, slots=True)
class Delayed(Schedule):
    """Another schedule that begins at `first_step`."""

    schedule: Schedule
    first_step: int

    @property
    def peak(self) -> float:
        """See `Schedule.peak`."""
        return self.schedule.peak

    def with_peak(self, rate: float) -> Schedule:
        """See `Schedule.with_peak`."""
        return replace(self, schedule=self.schedule.with_peak(rate))

    def _rates(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.schedule(np.maximum(steps - self.first_step, 0))

    def config(self) -> dict[str, object]:
        """See `Schedule.config`."""
        own = {"schedule": self.schedule.config(), "first_step": self.first_step}
        return {"class_name": "Delayed", "config": own}


@dataclass(frozen=True, slots=True)
class Accumulated(Schedule):
    """Another schedule, of an optimizer whose steps take several batches each."""

    schedule: Schedule
    every: int

    @property
    def peak(self) -> float:
        """See `Schedule.peak`."""
        return self.schedule.peak

    def with_peak(self, rate: float) -> Schedule:
        """See `Schedule.with_peak`."""
        return replace(self, schedule=self.schedule.with_peak(rate))

    def _rates(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        return self.schedule(np.floor_divide(steps, self.every))

    def spanning(self, first_step: int, steps: int, /) -> Schedule:
        """See `Schedule.spanning`."""
        own = -(-steps // self.every)
        return replace(self, schedule=self.schedule.spanning(first_step // self.every, own))


@accepts
@dataclass(frozen=True, slots=True)
class CosineDecay(Schedule):
    """Keras's CosineDecay: an optional straight warm-up, then half a cosine down to alpha · rate.

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: the steps of the cosine; None for the rest of the training after the warm-up.
        alpha: the final rate as a fraction of the highest, ≥ 0.
        warmup_target: the rate at the end of the warm-up; None for no warm-up.
        warmup_steps: the steps of the warm-up.
    """

    initial_learning_rate: float
    decay_steps: int | None = None
    alpha: float = 0.0
    warmup_target: float | None = None
    warmup_steps: int = 0
    RATES: ClassVar[tuple[str, ...]] = ("initial_learning_rate", "warmup_target")

    def __post_init__(self) -> None:
        """Check the arguments; a wrong one raises ModelError."""
        number(self.initial_learning_rate, "initial_learning_rate", "CosineDecay", least=0)
        if self.decay_steps is not None:
            count(self.decay_steps, "decay_steps", "CosineDecay")
        number(self.alpha, "alpha", "CosineDecay", least=0)
        if self.warmup_target is not None:
            number(self.warmup_target, "warmup_target", "CosineDecay", least=0)
        count(self.warmup_steps, "warmup_steps", "CosineDecay", least=0)

    def spanning(self, first_step: int, steps: int, /) -> Schedule:
        """See `Schedule.spanning`."""
        if self.decay_steps is not None:
            return self
        warmup = self.warmup_steps if self.warmup_target is not None else 0
        return Delayed(replace(self, decay_steps=max(1, steps - warmup)), first_step)

    def _rates(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        length = _length(self.decay_steps, "decay_steps", "CosineDecay")
        top, warmup = self.initial_learning_rate, 0
        if self.warmup_target is not None:
            top, warmup = self.warmup_target, self.warmup_steps
        done = np.clip((steps - warmup) / length, 0, 1)
        rates = top * ((1 - self.alpha) * 0.5 * (1 + np.cos(np.pi * done)) + self.alpha)
        if warmup:
            start = self.initial_learning_rate
            rates = np.where(steps < warmup, (top - start) * (steps / warmup) + start, rates)
        return np.asarray(rates)


@accepts
@dataclass(frozen=True, slots=True)
class ExponentialDecay(Schedule):
    """Keras's ExponentialDecay: rate · decay_rate^(step / decay_steps).

    Args:
        initial_learning_rate: the rate at step 0.
        decay_steps: after how many steps it has been multiplied by decay_rate once.
        decay_rate: the factor.
        staircase: only at whole multiples of decay_steps.
    """

    initial_learning_rate: float
    decay_steps: int
    decay_rate: float
    staircase: bool = False
    RATES: ClassVar[tuple[str, ...]] = ("initial_learning_rate",)

    def __post_init__(self) -> None:
        """Check the arguments; a wrong one raises ModelError."""
        number(self.initial_learning_rate, "initial_learning_rate", "ExponentialDecay", least=0)
        count(self.decay_steps, "decay_steps", "ExponentialDecay")
        number(self.decay_rate, "decay_rate", "ExponentialDecay", least=0)
        flag(self.staircase, "staircase", "ExponentialDecay")

    def _rates(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        power = steps / self.decay_steps
        return self.initial_learning_rate * np.power(
            self.decay_rate, np.floor(power) if self.staircase else power
        )


@accepts
@dataclass(frozen=True, slots=True)
class PiecewiseConstantDecay(Schedule):
    """Keras's PiecewiseConstantDecay: values[0] up to and with step boundaries[0], and so on.

    Args:
        boundaries: increasing steps.
        values: the rates between them, one more than the boundaries.
    """

    boundaries: tuple[int, ...]
    values: tuple[float, ...]
    RATES: ClassVar[tuple[str, ...]] = ("values",)

    def __init__(self, boundaries: Sequence[int], values: Sequence[float]) -> None:
        """See the class.

        Raises:
            ModelError: the numbers of boundaries and values don't go together.
        """
        where = "PiecewiseConstantDecay"
        if not all(isinstance(given, Iterable) for given in (boundaries, values)):
            raise ModelError(
                "boundaries and values are lists", where=where, got=f"{boundaries!r}, {values!r}"
            )
        steps = tuple(count(step, "boundary", where, least=0) for step in boundaries)
        object.__setattr__(self, "boundaries", steps)
        rates = tuple(number(value, "value", where, least=0) for value in values)
        object.__setattr__(self, "values", rates)
        if len(self.values) != len(self.boundaries) + 1:
            raise ModelError(
                "there must be one value more than boundaries",
                where=where,
                expected=f"{len(self.boundaries) + 1} values",
                got=len(self.values),
            )
        if any(a >= b for a, b in zip(self.boundaries, self.boundaries[1:], strict=False)):
            raise ModelError("the boundaries must increase", where=where, got=self.boundaries)

    def _rates(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        places = np.searchsorted(np.asarray(self.boundaries, np.float64), steps, side="left")
        return np.asarray(self.values, np.float64)[places]


@accepts
@dataclass(frozen=True, slots=True)
class OneCycle(Schedule):
    """Smith's one-cycle policy as in PyTorch's OneCycleLR: up for a while, then down to nearly 0.

    Both ways are half cosines, from max/div_factor to max, then to max/div_factor/final_div_factor.
    Leslie N. Smith, Super-Convergence, 2017. Momentum stays as it is.

    Args:
        max_learning_rate: the highest rate.
        total_steps: the steps it spans; None for the whole training.
        rise: the fraction of the steps with a rising rate.
        div_factor: the highest rate divided by the initial rate.
        final_div_factor: the initial rate divided by the final rate.
    """

    max_learning_rate: float
    total_steps: int | None = None
    rise: float = 0.3
    div_factor: float = 25.0
    final_div_factor: float = 1e4
    RATES: ClassVar[tuple[str, ...]] = ("max_learning_rate",)

    def __post_init__(self) -> None:
        """Check the arguments; a wrong one raises ModelError."""
        number(self.max_learning_rate, "max_learning_rate", "OneCycle", least=0)
        if self.total_steps is not None:
            count(self.total_steps, "total_steps", "OneCycle")
        number(self.rise, "rise", "OneCycle", least=0, below=1)
        number(self.div_factor, "div_factor", "OneCycle", least=1)
        number(self.final_div_factor, "final_div_factor", "OneCycle", least=1)

    def spanning(self, first_step: int, steps: int, /) -> Schedule:
        """See `Schedule.spanning`."""
        if self.total_steps is not None:
            return self
        return Delayed(replace(self, total_steps=max(1, steps)), first_step)

    def _rates(self, steps: NDArray[np.float64]) -> NDArray[np.float64]:
        total = _length(self.total_steps, "total_steps", "OneCycle")
        low = self.max_learning_rate / self.div_factor
        last = low / self.final_div_factor
        # PyTorch counts the turn and the end in whole steps: hence the two -1.
        turn = max(self.rise * total - 1, 0.0)
        end = max(total - 1, turn + 1)
        up = _cosine(low, self.max_learning_rate, steps / turn if turn else np.ones_like(steps))
        down = _cosine(self.max_learning_rate, last, np.minimum((steps - turn) / (end - turn), 1))
        return np.where(steps <= turn, up, down)


def _cosine(start: float, stop: float, done: NDArray[np.float64]) -> NDArray[np.float64]:
    """Half a cosine from start (done = 0) to stop (done = 1)."""
    return stop + (start - stop) / 2 * (1 + np.cos(math.pi * done))


def _length(steps: int | None, name: str, where: str) -> int:
    """The length, which must be known by now."""
    if steps is None:
        raise ModelError(f"{name} is not given, and there is no training to span", where=where)
    return steps


_CLASSES: dict[str, type[Schedule]] = {
    cls.__name__: cls
    for cls in (Constant, CosineDecay, Delayed, ExponentialDecay, OneCycle, PiecewiseConstantDecay)
}


def get(identifier: object, where: str = "learning_rate") -> Schedule:
    """The schedule meant by a number, a schedule, or a `{"class_name", "config"}` mapping.

    Raises:
        ModelError: it is none of them.
    """
    if isinstance(identifier, Schedule):
        return identifier
    if isinstance(identifier, Mapping):
        cls = _CLASSES.get(str(identifier.get("class_name")))
        config = identifier.get("config")
        if cls is not None and isinstance(config, Mapping):
            if cls is Delayed:
                first_step = count(config.get("first_step"), "first_step", "Delayed", least=0)
                return Delayed(get(config.get("schedule")), first_step)
            return cls(**config)
        raise ModelError(
            "unknown schedule",
            where=where,
            expected="one of " + ", ".join(_CLASSES),
            got=identifier.get("class_name"),
        )
    return Constant(number(identifier, "value", where, least=0))


def named(name: str, rate: float, steps: int) -> float | Schedule:
    """The schedule of a name, with its highest rate; a constant one is the rate itself.

    Args:
        name: one of `NAMES`.
        rate: the highest rate.
        steps: the length of the training.

    Raises:
        ModelError: there is none of that name.
    """
    known: dict[str, float | Schedule] = {
        "constant": rate,
        "cosine": CosineDecay(rate),
        "one-cycle": OneCycle(rate),
        "exponential": ExponentialDecay(rate, max(1, steps), FINAL_FRACTION),
    }
    return known[choice(name, "schedule", "schedule", NAMES)]


if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Refuses Keras's other schedules by name."""
        raise module_name(name, __name__, __all__)
