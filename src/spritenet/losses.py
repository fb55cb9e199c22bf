"""Losses: Keras's, fused with the softmax before them.

A loss here is a frozen description; the engine computes it. Values are the mean over the batch of
weight · loss, as in Keras.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, ClassVar

from spritenet.arguments import flag, number
from spritenet.errors import ModelError, UnsupportedError
from spritenet.migration import accepts, attribute, module_name, word

__all__ = [
    "CategoricalCrossentropy",
    "Loss",
    "MeanSquaredError",
    "SparseCategoricalCrossentropy",
    "get",
]


@dataclass(frozen=True, slots=True)
class Loss(ABC):
    """A loss, comparing a network's outputs (n, k) with labels (n,) or targets (n, k)."""

    name: ClassVar[str] = "loss"

    @property
    def smoothing(self) -> float:
        """The fraction s of a label spread evenly over the k outputs: 1 - s + s/k on the class."""
        return 0.0

    @abstractmethod
    def check(self, last_activation: str, /) -> None:
        """Refuse a last activation this loss does not go with.

        Args:
            last_activation: the name of the function applied last: "softmax", "linear", …

        Raises:
            ModelError: it can't be computed from that.
        """

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


def _check_crossentropy(name: str, from_logits: bool, last_activation: str) -> None:
    """Cross-entropy goes with a softmax, or with `from_logits` and no activation."""
    if last_activation == ("linear" if from_logits else "softmax"):
        return
    if last_activation == "softmax":
        do = "Leave out from_logits=True, or the softmax."
    elif last_activation == "linear":
        do = "Give the last layer activation='softmax', or the loss from_logits=True."
    else:
        do = "Give the last layer activation='softmax'."
    raise ModelError(
        f"it can't follow the activation {last_activation}",
        where=name,
        expected="no activation" if from_logits else "softmax",
        do=do,
    )


@accepts
@dataclass(frozen=True, slots=True)
class CategoricalCrossentropy(Loss):
    """-Σ target · log(output), computed from the logits inside.

    Labels may be class indices, one-hot rows or probabilities. Keras cuts probabilities at 1e-7;
    here nothing is cut, since the logarithm never sees a rounded probability.

    Args:
        from_logits: the network ends without a softmax.
        label_smoothing: s in 0 ≤ s < 1; see `Loss.smoothing`.
    """

    from_logits: bool = False
    label_smoothing: float = 0.0
    name: ClassVar[str] = "categorical_crossentropy"

    def __post_init__(self) -> None:
        """Check the arguments.

        Raises:
            ModelError: one is wrong.
        """
        flag(self.from_logits, "from_logits", type(self).__name__)
        number(self.label_smoothing, "label_smoothing", type(self).__name__, least=0, below=1)

    @property
    def smoothing(self) -> float:
        """The fraction of each label spread evenly over the outputs."""
        return self.label_smoothing

    def check(self, last_activation: str, /) -> None:
        """See `Loss.check`."""
        _check_crossentropy(self.name, self.from_logits, last_activation)


@accepts
@dataclass(frozen=True, slots=True)
class SparseCategoricalCrossentropy(Loss):
    """-log(output of the label's class), computed from the logits inside.

    Args:
        from_logits: the network ends without a softmax.
    """

    from_logits: bool = False
    name: ClassVar[str] = "sparse_categorical_crossentropy"

    def __post_init__(self) -> None:
        """Check the arguments.

        Raises:
            ModelError: from_logits is wrong.
        """
        flag(self.from_logits, "from_logits", type(self).__name__)

    def check(self, last_activation: str, /) -> None:
        """See `Loss.check`."""
        _check_crossentropy(self.name, self.from_logits, last_activation)


@accepts
@dataclass(frozen=True, slots=True)
class MeanSquaredError(Loss):
    """The mean over the outputs of (output - target)². Labels become one-hot rows."""

    name: ClassVar[str] = "mean_squared_error"

    def check(self, _last_activation: str, /) -> None:
        """It goes with any."""


_CLASSES: dict[str, type[Loss]] = {
    cls.__name__: cls
    for cls in (CategoricalCrossentropy, SparseCategoricalCrossentropy, MeanSquaredError)
}
_BY_WORD: dict[str, type[Loss]] = {
    "mse": MeanSquaredError,
    **{cls.name: cls for cls in _CLASSES.values()},
    **{name.lower(): cls for name, cls in _CLASSES.items()},
}


def get(identifier: object) -> Loss:
    """The loss meant by an object, a Keras name, or a `{"class_name", "config"}` mapping.

    >>> get("mse")
    MeanSquaredError()

    Raises:
        ModelError: there is none of that name.
    """
    if isinstance(identifier, Loss):
        return identifier
    if isinstance(identifier, type) and identifier in _CLASSES.values():
        identifier = identifier.__name__
    name: object = identifier
    arguments: Mapping[str, object] = {}
    if isinstance(identifier, Mapping):
        name, config = identifier.get("class_name"), identifier.get("config")
        arguments = config if isinstance(config, Mapping) else {}
    cls = _BY_WORD.get(name.lower()) if isinstance(name, str) else None
    if cls is None:
        raise word(name, "losses", [c.name for c in _CLASSES.values()])
    known = {f.name for f in fields(cls)}
    return cls(**{key: value for key, value in arguments.items() if key in known})


if not TYPE_CHECKING:  # type checkers shall know what is missing

    def __getattr__(name: str) -> object:
        """Refuses Keras's other losses by name."""
        raise module_name(name, __name__, _CLASSES)
