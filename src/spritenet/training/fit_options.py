"""FitOptions: the description of a training, shared by `fit`, `spritenet.train` and the CLI."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from spritenet.arguments import choice, count, number, seed_of
from spritenet.augmentation import Augment, Step, find_steps
from spritenet.errors import ModelError
from spritenet.training.plan import Plan

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spritenet.model.class_weight import ClassWeight
    from spritenet.training.callbacks import AnyCallback

__all__ = ["BATCH_SIZE", "FitOptions"]

BATCH_SIZE = 32
"""Images in a step by default, as in Keras."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FitOptions:
    """The options of a training, checked when it is made.

    The fields are the arguments of `Sequential.fit` and documented there, but for `about`: JSON
    values to add to the config.json of the run; and `brief`: the run's journal has no single steps,
    predictions and snapshots.

    Raises:
        ModelError: a number is out of range; the message names it.
    """

    batch_size: int | None = None
    epochs: int = 1
    callbacks: Iterable[AnyCallback] | AnyCallback | None = None
    validation_split: float = 0.0
    validation_data: object = None
    shuffle: bool = True
    class_weight: ClassWeight | None = None
    sample_weight: ArrayLike | None = None
    initial_epoch: int = 0
    steps_per_epoch: int | None = None
    steps: int | None = None
    seed: int | None = 0
    test_every: int | None = None
    test_size: int | None = None
    ema: float | None = None
    run: str | Path | None = None
    resume: bool = False
    checkpoint_every: int | None = None
    calibrate_on: object = None
    validation_freq: int = 1
    augment: Augment = None
    mixup: float | None = None
    cutmix: float | None = None
    sampling: str | None = None
    about: Mapping[str, object] | None = None
    brief: bool = False
    _steps: tuple[Step, ...] = field(default=(), init=False, repr=False)

    def __post_init__(self) -> None:
        for name in ("epochs", "validation_freq"):
            self._set(name, count(getattr(self, name), name, "fit"))
        for name in ("batch_size", "steps_per_epoch", "steps", "test_every", "test_size"):
            if getattr(self, name) is not None:
                self._set(name, count(getattr(self, name), name, "fit"))
        for name in ("initial_epoch", "checkpoint_every"):
            self._set(name, count(getattr(self, name) or 0, name, "fit", least=0))
        for name in ("validation_split", "ema"):
            self._set(name, number(getattr(self, name) or 0.0, name, "fit", least=0, below=1))
        if self.sampling is not None:
            self._set("sampling", self._checked_sampling(self.sampling))
        self._set("seed", seed_of(self.seed, "fit"))
        self._set("_steps", find_steps(self.augment, mixup=self.mixup, cutmix=self.cutmix))
        if self.steps is None and self.epochs <= self.initial_epoch:
            raise ModelError(
                "nothing to train",
                expected="epochs > initial_epoch",
                got=f"{self.epochs} and {self.initial_epoch}",
            )

    def _checked_sampling(self, sampling: object) -> str:
        """Returns the word.

        Raises:
            ModelError: it is another, or contradicts other options.
        """
        word = choice(sampling, "sampling", "fit", ("balanced",))
        for name, contradicts, do in (
            ("shuffle", not self.shuffle, "It draws at random: leave shuffle=False out."),
            (
                "class_weight",
                isinstance(self.class_weight, str),
                "Both balance the classes: leave one out.",
            ),
        ):
            if contradicts:
                got = f"{name}={getattr(self, name)!r}"
                raise ModelError(
                    f"mutually exclusive with {name}", where="sampling", got=got, do=do
                )
        return word

    def _set(self, name: str, value: object) -> None:
        """Replaces a field by its checked value."""
        object.__setattr__(self, name, value)

    @classmethod
    def of(cls, arguments: Mapping[str, Any]) -> Self:
        """Returns the options among the named arguments of a function, such as its locals()."""
        return cls(**{f.name: arguments[f.name] for f in fields(cls) if f.name in arguments})

    @property
    def augmentation(self) -> tuple[Step, ...]:
        """The random changes of images, in the order in which they are applied."""
        return self._steps

    @property
    def steps_of_stream(self) -> int | None:
        """Steps in an epoch of data without an end; None if it would have no end either."""
        return self.steps if self.steps_per_epoch is None else self.steps_per_epoch

    def plan(self, images: int, batch_size: int, first_step: int) -> Plan:
        """Returns the plan of a training.

        Args:
            images: images in the training set.
            batch_size: images in a step.
            first_step: steps that the model has made before.
        """
        steps_per_epoch = self.steps_per_epoch or -(-images // batch_size)
        steps = self.steps or (self.epochs - self.initial_epoch) * steps_per_epoch
        return Plan(
            first_step=first_step,
            last_step=first_step + steps,
            batch_size=batch_size,
            seed=self.seed or 0,
            steps_per_epoch=steps_per_epoch,
            first_epoch=self.initial_epoch,
            shuffle=self.shuffle,
            test_every=self.test_every or 0,
            checkpoint_every=self.checkpoint_every or 0,
            validation_freq=self.validation_freq,
            average=self.ema or 0.0,
        )
