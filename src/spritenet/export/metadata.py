"""Metadata of a model file beyond TensorFlow.js's format: `userDefinedMetadata.spritenet`.

Knows the names and types of the entries, not where they are kept. Everything is optional to read,
since a model saved by TensorFlow.js has none of it; what is there must be of the right type.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet import ood
from spritenet.augmentation import Step
from spritenet.errors import ModelError
from spritenet.export import random_layers
from spritenet.export.error_location import quoted
from spritenet.layers import Shape
from spritenet.layers.input import image_shape
from spritenet.ood import Rejection

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["VERSION", "Metadata", "TrainedOn"]

VERSION = 1
"""Of the metadata; a reader refuses a larger one."""

REJECTION, OLD_REJECTION = "rejection", "doubt"
"""The entry of the calibration and OOD detector, and its name in earlier files."""

MOST_STEPS = 32
"""Of an augmentation."""

_NOTHING: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class TrainedOn:
    """The training that made the weights.

    Attributes:
        dataset: the data set's name.
        content_hash: SHA-256 of its images and labels, in hexadecimal.
        seed: of the initial weights, the shuffling and the dropout.
        steps: the number of steps.
    """

    dataset: str
    content_hash: str
    seed: int
    steps: int


@dataclass(frozen=True, slots=True)
class Metadata:
    """Metadata of a saved model, beyond its layers and weights.

    Attributes:
        class_names: one for each output, or none at all.
        preparation: the conversion of an image to an input (`spritenet.prepare`), as JSON.
        trained_on: None if unknown.
        scores: like {"test_accuracy": 0.98, "test_loss": 0.06}.
        rejection: the calibration and OOD detector; None if it was not calibrated.
        augmentation: the random changes of the training images.
        thresholds: the probability from which on a multi-label network predicts each class,
            float64 (k,); None if they were not tuned.
        random_layers: those at the head of the network, which files of others know nothing of.
    """

    class_names: tuple[str, ...] = ()
    preparation: Mapping[str, Any] | None = None
    trained_on: TrainedOn | None = None
    scores: Mapping[str, float] = field(default_factory=lambda: _NOTHING)
    rejection: Rejection | None = None
    augmentation: tuple[Step, ...] = ()
    thresholds: NDArray[np.float64] | None = None
    random_layers: random_layers.Head = ()

    def to_json(self, input_shape: Shape, hashes: Mapping[str, str]) -> dict[str, Any]:
        """The JSON object, with the images' height, width and channels, and the weights' hashes."""
        height, width, channels = image_shape(input_shape)
        entry: dict[str, Any] = {
            "version": VERSION,
            "class_names": list(self.class_names),
            "input": {
                "height": height,
                "width": width,
                "channels": channels,
                "range": [0, 255],
                "preparation": self.preparation,
            },
            **hashes,
            "trained_on": None,
            "scores": dict(self.scores),
        }
        if self.rejection is not None:
            entry[REJECTION] = ood.to_json(self.rejection)
        if self.augmentation:
            entry["augmentation"] = [step.to_json() for step in self.augmentation]
        if self.random_layers:
            entry["random_layers"] = random_layers.to_entries(self.random_layers)
        if self.thresholds is not None:
            entry["thresholds"] = self.thresholds.tolist()
        if self.trained_on is not None:
            known = self.trained_on
            entry["trained_on"] = {
                "dataset": known.dataset,
                "content_hash": known.content_hash,
                "seed": known.seed,
                "steps": known.steps,
            }
        return entry

    @classmethod
    def from_json(cls, entry: Mapping[str, Any], where: Path) -> Metadata:
        """The metadata of a JSON object; entries that are absent or null stay empty.

        Raises:
            ModelError: an entry is of another type, or the version is newer than this program's.
        """
        version = entry.get("version")
        if type(version) is not int or version < 1:
            raise _wrong("version", "a whole number ≥ 1", version, where)
        if version > VERSION:
            raise ModelError(
                "the model was saved by a newer Spritenet",
                where=where,
                expected=f"metadata version {VERSION}",
                got=version,
                do="Update Spritenet.",
            )
        names = entry.get("class_names") or []
        if not isinstance(names, list) or not all(_is_word(name) for name in names):
            raise _wrong("class_names", "a list of printable words", names, where)
        picture = _object(entry, "input", where) or _NOTHING
        key = next((key for key in (REJECTION, OLD_REJECTION) if entry.get(key)), REJECTION)
        known = _object(entry, key, where)
        return cls(
            class_names=tuple(names),
            preparation=_object(picture, "preparation", where),
            trained_on=_trained_on(_object(entry, "trained_on", where), where),
            scores=MappingProxyType(_scores(_object(entry, "scores", where) or _NOTHING, where)),
            rejection=None if known is None else ood.from_json(known, where=where, key=key),
            augmentation=_augmentation(entry.get("augmentation"), where),
            random_layers=_random_layers(entry.get("random_layers"), where),
            thresholds=_thresholds(entry.get("thresholds"), where),
        )


def digest(entry: Mapping[str, Any], key: str, where: Path) -> str | None:
    """A SHA-256 in hexadecimal, or None if there is none.

    Raises:
        ModelError: it is something else.
    """
    value = entry.get(key)
    if value is None:
        return None
    if not isinstance(value, str) or len(value) != 64 or set(value) - set("0123456789abcdef"):
        raise _wrong(key, "64 hexadecimal digits", value, where)
    return value


def _wrong(key: str, expected: str, got: object, where: Path) -> ModelError:
    """The error for an entry of the wrong type."""
    return ModelError(
        f"invalid {key} in its metadata", where=where, expected=expected, got=quoted(got)
    )


def _is_word(value: object) -> bool:
    """Returns True if it can be printed in a terminal, on one line."""
    return isinstance(value, str) and len(value) <= 200 and value.isprintable()


def _object(entry: Mapping[str, Any], key: str, where: Path) -> Mapping[str, Any] | None:
    """A JSON object, or None if it is absent or null."""
    value = entry.get(key)
    if value is not None and not isinstance(value, dict):
        raise _wrong(key, "an object", value, where)
    return value


def _trained_on(entry: Mapping[str, Any] | None, where: Path) -> TrainedOn | None:
    """Returns the training that made the weights."""
    if entry is None:
        return None
    words = [entry.get(key) or "" for key in ("dataset", "content_hash")]
    numbers = [entry.get(key) or 0 for key in ("seed", "steps")]
    if not all(_is_word(word) for word in words) or not all(type(n) is int for n in numbers):
        raise _wrong("trained_on", "names and whole numbers", entry, where)
    return TrainedOn(words[0], words[1], numbers[0], numbers[1])


def _random_layers(entry: object, where: Path) -> random_layers.Head:
    """Returns the random layers at the head of the network."""
    found = () if entry is None else random_layers.from_entries(entry)
    if found is None:
        raise _wrong("random_layers", "a list of random layers", entry, where)
    return found


def _augmentation(entry: object, where: Path) -> tuple[Step, ...]:
    """Returns the random changes of the training images."""
    if entry is None:
        return ()
    steps = entry if isinstance(entry, list) and len(entry) <= MOST_STEPS else [None]
    found = tuple(Step.from_json(step) for step in steps)
    if None in found:
        raise _wrong("augmentation", "a list of random layers and their arguments", entry, where)
    return tuple(step for step in found if step is not None)


def _thresholds(value: object, where: Path) -> NDArray[np.float64] | None:
    """Returns the thresholds of a list; None if there is none."""
    if value is None:
        return None
    numbers = isinstance(value, list) and all(type(one) in (int, float) for one in value)
    if not isinstance(value, list) or not numbers or not all(0 <= one <= 1 for one in value):
        raise _wrong("thresholds", "numbers from 0 to 1", value, where)
    return np.array(value, np.float64)


def _scores(entry: Mapping[str, Any], where: Path) -> dict[str, float]:
    """Finite numbers by name."""
    scores = {}
    for name, value in entry.items():
        if (
            not _is_word(name)
            or type(value) not in (int, float)
            or abs(value) > 1e300
            or not math.isfinite(value)
        ):
            raise _wrong("scores", "numbers by name", entry, where)
        scores[name] = float(value)
    return scores
