"""Settings: the arguments of a training that differ between several, by name.

A name is that of an option of `fit`, of an argument of the optimizer (`learning_rate`,
`weight_decay`, `momentum`, …) or of the loss (`label_smoothing`, …); or it is `optimizer`,
`schedule` or `augment_strength`.
"""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

from spritenet import optimizers, schedules
from spritenet.arguments import number
from spritenet.augmentation import scaled
from spritenet.errors import ModelError
from spritenet.losses import CategoricalCrossentropy, Loss, SparseCategoricalCrossentropy
from spritenet.optimizers import Optimizer
from spritenet.schedules import Constant
from spritenet.training.fit_options import FitOptions

if TYPE_CHECKING:
    from spritenet.model import Model

__all__ = ["Settings", "known_names"]

FIT = (
    *("batch_size", "epochs", "steps", "steps_per_epoch", "seed", "shuffle"),
    *("ema", "augment", "mixup", "cutmix", "sampling", "class_weight"),
)
"""Options of `fit` that may differ."""

SPECIAL = ("optimizer", "schedule", "augment_strength", "label_smoothing")
"""Other names that are no arguments of every optimizer or loss."""

Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, eq=False)
class Settings:
    """The settings of one training.

    Attributes:
        values: by name.

    Raises:
        ModelError: a value is wrong for every training, such as one that is no number.
    """

    values: Values

    @property
    def seed(self) -> int:
        """The seed of weights, shuffling and dropout."""
        return int(self.values.get("seed") or 0)

    def model(self, base: Model, *, keep_weights: bool = False, steps: int = 0) -> Model:
        """Returns a copy of a compiled model with these settings.

        Args:
            base: compiled; it stays as it is.
            keep_weights: begin with its weights and optimizer state, not with new ones.
            steps: the length of the training, for schedules that need it.

        Raises:
            ModelError: a name or value doesn't suit the model.
        """
        copy = deepcopy(base)
        optimizer, loss = copy.compiled()
        self._check_names(base)
        changed = self._changed_optimizer(optimizer, steps)
        if changed != optimizer:
            copy.optimizer = changed
        if (found := self._changed_loss(loss)) != loss:
            copy.loss = found
        shape = copy.input_shape or copy.network.declared
        if not keep_weights and shape is not None:
            copy.build(shape, self.seed)
            copy.optimizer = changed  # with an empty state
        return copy

    def options(self, base: FitOptions) -> FitOptions:
        """Returns the options of the training: those given here, else those of the base.

        Raises:
            ModelError: a value is out of range.
        """
        given = {name: self.values[name] for name in FIT if name in self.values}
        strength = self.values.get("augment_strength")
        if strength is not None:
            given["augment"] = scaled(given.get("augment", base.augment), strength)
        if "epochs" in given and "steps" not in given:
            given["steps"] = None
        return replace(base, **given)

    def _check_names(self, base: Model) -> None:
        """Refuses names that the model has no argument for.

        Raises:
            ModelError: the error names those it has.
        """
        known = known_names(self, base)
        for name in self.values:
            if name not in known:
                raise ModelError(
                    "unknown setting",
                    where="settings",
                    expected="one of " + ", ".join(sorted(known)),
                    got=repr(name),
                )

    def _optimizer(self, own: Optimizer) -> Optimizer:
        """Returns the optimizer of these settings, else the model's own."""
        given = self.values.get("optimizer")
        return own if given is None else optimizers.get(given)

    def _changed_optimizer(self, own: Optimizer, steps: int) -> Optimizer:
        """Returns the optimizer with its arguments, rate and schedule."""
        chosen = self._optimizer(own)
        names = _arguments(chosen) - {"learning_rate"}
        given = {name: self.values[name] for name in names & self.values.keys()}
        rate, name = self.values.get("learning_rate"), self.values.get("schedule")
        if rate is None and name is None:
            return replace(chosen, **given)
        before = schedules.get(chosen.learning_rate)
        peak = before.peak if rate is None else number(rate, "learning_rate", "settings", least=0)
        if name is not None:
            given["learning_rate"] = schedules.named(name, peak, steps)
        else:
            plain = isinstance(before, Constant)
            given["learning_rate"] = peak if plain else before.with_peak(peak)
        return replace(chosen, **given)

    def _changed_loss(self, own: Loss) -> Loss:
        """Returns the loss with its arguments; one of class indices becomes one that smooths."""
        names = _arguments(own) | {"label_smoothing"}
        given = {name: self.values[name] for name in names & self.values.keys()}
        if not given:
            return own
        if isinstance(own, SparseCategoricalCrossentropy):
            own = CategoricalCrossentropy(own.from_logits)
        return replace(own, **given)

    def __str__(self) -> str:
        """The settings as words, "learning_rate=0.1 seed=3"."""
        return " ".join(f"{name}={_word(value)}" for name, value in self.values.items())


def known_names(settings: Settings, base: Model) -> set[str]:
    """Returns the names that settings of a model may have, with the optimizer of these settings.

    Raises:
        ModelError: the optimizer is unknown.
    """
    optimizer, loss = base.compiled()
    given = settings.values.get("optimizer")
    chosen = optimizer if given is None else optimizers.get(given)
    known = {*FIT, *SPECIAL} | _arguments(chosen) | _arguments(loss)
    smooths = "label_smoothing" in _arguments(loss)
    if not (smooths or isinstance(loss, SparseCategoricalCrossentropy)):
        known.discard("label_smoothing")
    return known


def _arguments(described: Optimizer | Loss) -> set[str]:
    """Returns the names of the arguments of an optimizer or a loss."""
    return {field.name for field in fields(described)} - {"from_logits"}


def _word(value: object) -> str:
    """Returns a value in few signs."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)
