"""Optimizers: Keras 3's, with its defaults and formulas.

Frozen descriptions; the engine computes. In what follows g is the gradient of the batch's mean
loss, w a weight, r the learning rate of the step. Before any of it, `global_clipnorm` scales the
whole gradient down to that norm, and `weight_decay` takes r · weight_decay · w from every w.
"""

from __future__ import annotations

from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

from spritenet import schedules
from spritenet.arguments import flag, number
from spritenet.migration import accepts, attribute, module_name, word
from spritenet.schedules import Schedule

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "RMSprop", "get"]


@dataclass(frozen=True, slots=True)
class Optimizer(ABC):
    """The base of all optimizers.

    Attributes:
        learning_rate: a number, or a schedule of the step.
        weight_decay: decoupled weight decay, as in AdamW; None or 0 for none.
        global_clipnorm: the largest norm of the whole gradient; None for no limit.
        slot_names: its slots, one array as long as the parameters each, in the engine's order.
    """

    learning_rate: float | Schedule
    slot_names: ClassVar[tuple[str, ...]] = ()

    @property
    def schedule(self) -> Schedule:
        """The learning rate as a function of the step."""
        return schedules.get(self.learning_rate, type(self).__name__)

    @property
    def slots(self) -> tuple[str, ...]:
        """The names of the slots that these arguments need."""
        return self.slot_names

    def _check(self, **shares: float) -> None:
        """Check the shared arguments and the shares, 0 ≤ share < 1."""
        where = type(self).__name__
        schedules.get(self.learning_rate, f"{where}: learning_rate")
        for name in ("weight_decay", "global_clipnorm", "epsilon"):
            value = getattr(self, name, None)
            if value is not None:
                number(value, name, where, least=0)
        for name, share in shares.items():
            number(share, name, where, least=0, below=1)

    if not TYPE_CHECKING:  # type checkers shall know what is missing

        def __getattr__(self, name: str) -> object:
            """Names our way to what Keras's optimizers have."""
            raise attribute(name, "optimizer", dir(type(self)))

    def config(self) -> dict[str, object]:
        """The optimizer as plain values, which `get` reads back."""
        own = {f.name: getattr(self, f.name) for f in fields(self)}
        if isinstance(self.learning_rate, Schedule):
            own["learning_rate"] = self.learning_rate.config()
        return {"class_name": type(self).__name__, "config": own}


@accepts
@dataclass(frozen=True, slots=True)
class SGD(Optimizer):
    """Gradient descent: w -= r · g.

    With momentum, v = momentum · v - r · g, and w += v; with nesterov, w += momentum · v - r · g.
    """

    learning_rate: float | Schedule = 0.01
    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float | None = None
    global_clipnorm: float | None = None

    def __post_init__(self) -> None:
        """Check the arguments.

        Raises:
            ModelError: one is wrong.
        """
        self._check(momentum=self.momentum)
        flag(self.nesterov, "nesterov", "SGD")

    @property
    def slots(self) -> tuple[str, ...]:
        """The velocity, if there is momentum."""
        return ("momentum",) if self.momentum else ()


@accepts
@dataclass(frozen=True, slots=True)
class RMSprop(Optimizer):
    """Hinton's RMSprop: a = rho · a + (1 - rho) · g², d = r · g / √(a + epsilon), w -= d.

    With momentum, v = momentum · v + d, and w -= v.
    """

    learning_rate: float | Schedule = 0.001
    rho: float = 0.9
    momentum: float = 0.0
    epsilon: float = 1e-7
    weight_decay: float | None = None
    global_clipnorm: float | None = None

    def __post_init__(self) -> None:
        """Check the arguments.

        Raises:
            ModelError: one is wrong.
        """
        self._check(momentum=self.momentum, rho=self.rho)

    @property
    def slots(self) -> tuple[str, ...]:
        """The mean square, and the velocity if there is momentum."""
        return ("mean_square", "momentum") if self.momentum else ("mean_square",)


@accepts
@dataclass(frozen=True, slots=True)
class Adam(Optimizer):
    """Kingma and Ba 2014, in the form of their section 2's last lines, as in Keras.

    At step t from 1: m += (1 - beta_1)(g - m), v += (1 - beta_2)(g² - v),
    w -= r · √(1 - beta_2^t) / (1 - beta_1^t) · m / (√v + epsilon).
    """

    learning_rate: float | Schedule = 0.001
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    weight_decay: float | None = None
    global_clipnorm: float | None = None
    slot_names: ClassVar[tuple[str, ...]] = ("first_moment", "second_moment")

    def __post_init__(self) -> None:
        """Check the arguments.

        Raises:
            ModelError: one is wrong.
        """
        self._check(beta_1=self.beta_1, beta_2=self.beta_2)


@accepts
@dataclass(frozen=True, slots=True)
class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019) of every weight, biases too."""

    learning_rate: float | Schedule = 0.001
    weight_decay: float | None = 0.004
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-7
    global_clipnorm: float | None = None


_CLASSES: dict[str, type[Optimizer]] = {cls.__name__: cls for cls in (SGD, RMSprop, Adam, AdamW)}
_BY_WORD = {name.lower(): cls for name, cls in _CLASSES.items()}


def get(identifier: object) -> Optimizer:
    """The optimizer meant by an object, a Keras name, or a `{"class_name", "config"}` mapping.

    >>> get("sgd").learning_rate
    0.01

    Raises:
        ModelError: there is none of that name.
    """
    if isinstance(identifier, Optimizer):
        return identifier
    if isinstance(identifier, type) and identifier in _CLASSES.values():
        identifier = identifier.__name__
    name: object = identifier
    arguments: dict[str, object] = {}
    if isinstance(identifier, Mapping):
        name, config = identifier.get("class_name"), identifier.get("config")
        arguments = dict(config) if isinstance(config, Mapping) else {}
        if isinstance(arguments.get("learning_rate"), Mapping):
            arguments["learning_rate"] = schedules.get(arguments["learning_rate"])
    cls = _BY_WORD.get(name.lower()) if isinstance(name, str) else None
    if cls is None:
        raise word(name, "optimizers", _CLASSES)
    known = {f.name for f in fields(cls)}
    return cls(**{key: value for key, value in arguments.items() if key in known})  # type: ignore[arg-type]  # each class checks its own


if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Refuses Keras's other optimizers by name."""
        raise module_name(name, __name__, _CLASSES)
