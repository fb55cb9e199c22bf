"""Options of `spritenet train`, from the command line or from a run's config.json.

Their defaults are here, so that a resumed run can tell given options from others.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from typing import Any

from spritenet import schedules
from spritenet.cli.data_options import DataOptions
from spritenet.errors import InputError
from spritenet.optimizers import Optimizer
from spritenet.schedules import Constant, CosineDecay, ExponentialDecay, OneCycle, Schedule
from spritenet.training.fit_options import BATCH_SIZE, FitOptions

__all__ = ["TrainOptions", "metrics_of"]

TRAINING = {
    "epochs": "epochs",
    "steps": "steps",
    "batch_size": "batch_size",
    "ema": "ema",
    "seed": "seed",
    "validation": "validation_split",
    "test_every": "test_every",
    "test_size": "test_size",
    "checkpoint_every": "checkpoint_every",
    "augment": "augment",
    "sampling": "sampling",
    "class_weight": "class_weight",
}
"""Options of the command that describe the training → their names in `FitOptions`."""

DEFAULTS = FitOptions(epochs=5, batch_size=64)


@dataclass(frozen=True, slots=True)
class TrainOptions:
    """The options of `spritenet train`, as in its `--help`.

    Attributes:
        training: the description of the training, those of `TRAINING`.
    """

    data: str = "strokes"
    model: str = "tutorial"
    start: str | None = None
    freeze: bool = False
    optimizer: str | None = None
    optimizer_option: list[str] | None = None
    learning_rate: float | None = None
    schedule: str | None = None
    metrics: str | None = None
    memory: str | None = None
    data_options: DataOptions = field(default_factory=DataOptions)
    training: FitOptions = DEFAULTS

    def updated(self, given: Mapping[str, Any]) -> TrainOptions:
        """Returns these options with the given ones; None means not given.

        Another network brings the options of its own training, which given ones override.

        Raises:
            ModelError: a number is out of range.
        """
        known = {k: v for k, v in given.items() if v is not None}
        changes = {f.name: known[f.name] for f in fields(self) if f.name in known}
        training_before = self.training
        if changes.get("model", self.model) != self.model:
            training_before = replace(DEFAULTS, **_training_of(changes["model"]))
        for name in {"data", "start"} & changes.keys():
            changes[name] = _absolute(changes[name])
        if "data_options" in changes and changes.get("data", self.data) == self.data:
            changes["data_options"] = changes["data_options"].or_else(self.data_options)
        training = {TRAINING[name]: known[name] for name in TRAINING.keys() & known.keys()}
        if isinstance(training.get("class_weight"), str):
            training["class_weight"] = _class_weights(training["class_weight"])
        if "epochs" in training and "steps" not in training:
            training["steps"] = None  # given epochs override the steps of a resumed run
        return replace(self, **changes, training=replace(training_before, **training))

    def to_json(self) -> dict[str, object]:
        """Returns the entry of a run's config.json: each option of the command by its name."""
        own = {f.name: getattr(self, f.name) for f in fields(self) if f.name != "training"}
        training = {name: getattr(self.training, field) for name, field in TRAINING.items()}
        return {**own, **training, "data_options": self.data_options.to_json()}

    @classmethod
    def from_json(cls, entry: Mapping[str, Any]) -> TrainOptions:
        """Returns the options of an entry of config.json; unknown ones are ignored."""
        return cls().updated({**entry, "data_options": DataOptions.of_command(entry)})

    @property
    def label(self) -> str:
        """The network's name as a part of a folder's name."""
        word = self.start or self.model
        return "".join(sign if sign.isalnum() or sign in "-_" else "-" for sign in word).strip("-")

    def steps_on(self, images: int) -> int:
        """Returns the number of steps of a training on so many images."""
        training, batch_size = self.training, self.training.batch_size or BATCH_SIZE
        return training.steps or training.epochs * -(-images // batch_size)

    def describe_rate(self, optimizer: Optimizer) -> str:
        """Returns the learning rate in words."""
        rate = optimizer.learning_rate
        if isinstance(rate, float | int):
            return f"{rate:g}"
        return f"{self.schedule or _words(rate)} {rate.peak:g}"

    def with_optimizer_options(self, optimizer: Optimizer) -> Optimizer:
        """Returns the optimizer with the arguments of `--optimizer-option`.

        Raises:
            InputError: one has no value, or the optimizer has no such argument.
            ModelError: a value is wrong.
        """
        known = [f.name for f in fields(optimizer) if f.name != "learning_rate"]
        given: dict[str, object] = {}
        for text in self.optimizer_option or ():
            name, mark, value = text.partition("=")
            name = name.strip().replace("-", "_")
            if not mark or name not in known:
                raise InputError(
                    "unknown argument of the optimizer" if mark else "missing value",
                    where="--optimizer-option",
                    expected="NAME=VALUE, with NAME one of " + ", ".join(known),
                    got=text,
                )
            given[name] = _value(value.strip())
        return replace(optimizer, **given)  # type: ignore[arg-type]  # each class checks its own

    def with_schedule(self, optimizer: Optimizer, steps: int) -> Optimizer:
        """Returns the optimizer with the learning rate and schedule of these options.

        Args:
            optimizer: the network's, or that of `--optimizer`.
            steps: number of steps of the training.

        Raises:
            InputError: the schedule is unknown.
        """
        own = schedules.get(optimizer.learning_rate)
        rate = own.peak if self.learning_rate is None else self.learning_rate
        if self.schedule is None:
            if self.learning_rate is None:
                return optimizer
            plain = isinstance(own, Constant)
            return replace(optimizer, learning_rate=rate if plain else own.with_peak(rate))
        if self.schedule not in schedules.NAMES:
            raise InputError(
                "unknown schedule",
                where="--schedule",
                expected="one of " + ", ".join(schedules.NAMES),
                got=self.schedule,
            )
        made = schedules.named(self.schedule, rate, steps)
        return replace(optimizer, learning_rate=made)


def _words(rate: Schedule) -> str:
    """Returns the name of a schedule as `--schedule` takes it, else that of its class."""
    names = {OneCycle: "one-cycle", CosineDecay: "cosine", ExponentialDecay: "exponential"}
    return names.get(type(rate), type(rate).__name__)


def _training_of(network: str) -> Mapping[str, Any]:
    """Returns the options of a network's own training; of an unknown one, none."""
    from spritenet import networks  # only where a network is named: its import costs time

    recipe = networks.NETWORKS.get(network)
    return {} if recipe is None else recipe.fit_options()


def metrics_of(words: str) -> list[str | dict[str, object]]:
    """Returns the metrics of `--metrics`, as `compile` takes them.

    >>> metrics_of("auc,recall:class_id=3")
    ['auc', {'class_name': 'recall', 'config': {'class_id': 3}}]

    Raises:
        InputError: an argument has no value.
    """
    found: list[str | dict[str, object]] = []
    for word in filter(None, (part.strip() for part in words.split(","))):
        name, *arguments = word.split(":")
        config: dict[str, object] = {}
        for argument in arguments:
            key, mark, value = argument.partition("=")
            if not mark:
                expected = "NAME:ARGUMENT=VALUE"
                raise InputError("missing value", where="--metrics", expected=expected, got=word)
            known = _value(value.strip())
            is_word = isinstance(known, tuple)
            config[key.strip().replace("-", "_")] = value.strip() if is_word else known
        found.append({"class_name": name, "config": config} if config else name)
    return found


def _class_weights(words: str) -> str | dict[str, float]:
    """Returns the class weights of `--class-weight`, as `fit` takes them.

    >>> _class_weights("cat=2,dog=0.5")
    {'cat': 2.0, 'dog': 0.5}

    Raises:
        InputError: a class has no factor.
    """
    if words == "balanced":
        return words
    found = {}
    for word in filter(None, (part.strip() for part in words.split(","))):
        name, mark, factor = word.rpartition("=")
        known = _value(factor) if mark else None
        if isinstance(known, bool) or not isinstance(known, int | float):
            expected = "balanced, or CLASS=FACTOR,…"
            raise InputError("no factor", where="--class-weight", expected=expected, got=word)
        found[name.strip()] = float(known)
    return found


def _value(text: str) -> object:
    """Returns a number, True, False or None; other words as a list of texts, split at commas."""
    word = text.lower()
    if word in {"true", "false", "none"}:
        return {"true": True, "false": False, "none": None}[word]
    for kind in (int, float):
        try:
            return kind(text)
        except ValueError:
            continue
    return tuple(part.strip() for part in text.split(","))


def _absolute(path: str) -> str:
    """Returns a path with "." or ".." resolved, so that it means the same in any folder."""
    first = re.split(r"[/\\]", path)[0]
    return os.path.abspath(path) if first in {".", ".."} else path  # noqa: PTH100 - resolving would follow links
