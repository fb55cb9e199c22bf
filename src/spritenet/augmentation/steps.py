"""Step: one random change of images, in the core's words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

from spritenet.augmentation import words
from spritenet.core.augmentation import augment
from spritenet.core.nodes import Attributes, NodeError
from spritenet.core.operators import operators
from spritenet.errors import ModelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

__all__ = ["Augment", "Step", "augmented", "find_steps", "flip_note", "flips", "scaled"]


class RandomLayer(Protocol):
    """A layer such as `sn.RandomFlip`."""

    class_name: ClassVar[str]


Augment = str | Mapping[str, object] | RandomLayer | Iterable[RandomLayer] | None
"""A preset or a text such as "rotation=10,translation=0.1", amounts by name, or random layers."""

MIXING = ("MixUp", "CutMix")


@dataclass(frozen=True, slots=True)
class Step:
    """A random layer at work.

    Attributes:
        operator: its name in the core's table: "RandomFlip", "MixUp", …
        attributes: those that aren't left to their defaults.
    """

    operator: str
    attributes: Attributes

    def to_json(self) -> list[object]:
        """Returns its name and its attributes as JSON values."""
        plain = {k: v if isinstance(v, str) else list(v) for k, v in self.attributes.items()}
        return [self.operator, plain]

    @classmethod
    def from_json(cls, value: object) -> Step | None:
        """Returns the step of such values; None if they are something else."""
        if not isinstance(value, list) or len(value) != 2 or not isinstance(value[1], dict):
            return None
        name, given = value
        row = operators().get(name) if isinstance(name, str) else None
        if row is None or not (name.startswith("Random") or name in MIXING):
            return None
        known = {attribute.name for attribute in row.attributes}
        found: dict[str, str | tuple[float, ...]] = {}
        for key, some in given.items():
            numbers = isinstance(some, list) and all(type(one) in (int, float) for one in some)
            if key not in known or not (isinstance(some, str) or numbers):
                return None
            found[key] = some if isinstance(some, str) else tuple(map(float, some))
        return cls(name, found)


def find_steps(
    given: Augment, *, mixup: float | None = None, cutmix: float | None = None
) -> tuple[Step, ...]:
    """Returns the steps of an augmentation, in the order in which they are applied.

    Args:
        given: a preset ("digits", "photos", "none") or a text such as
            "rotation=10,translation=0.1"; amounts by name; random layers; None for none.
        mixup: the parameter of MixUp's beta distribution; None for no MixUp.
        cutmix: the parameter of CutMix's; None for no CutMix.

    Raises:
        ModelError: a name, a value or a layer is wrong.
    """
    both = {"mixup": mixup, "cutmix": cutmix}
    mixed = {name: value for name, value in both.items() if value is not None}
    for name in mixed:
        if isinstance(given, str | Mapping) and name in _amounts(given):
            raise ModelError(f"{name} is given twice", where="augment", got=repr(given))
    if given is None or isinstance(given, str | Mapping):
        amounts = {**({} if given is None else _amounts(given)), **mixed}
        return tuple(Step(*step) for step in words.steps_of(amounts))
    layers = tuple(map(_step_of, given if isinstance(given, Iterable) else [given]))
    return layers + tuple(Step(*step) for step in words.steps_of(mixed))


def _amounts(given: str | Mapping[str, object]) -> Mapping[str, object]:
    return words.parse(given) if isinstance(given, str) else given


def scaled(given: Augment, strength: float) -> Augment:
    """Returns an augmentation whose amounts are multiplied by a factor; 0 is none.

    Args:
        given: a preset, a text or amounts by name; None for none.
        strength: the factor, 0 or more. Amounts stay within what is possible, and flips as they
            are unless it is 0.

    Raises:
        ModelError: it consists of layers, or the factor is negative.
    """
    if given is None:
        return None
    if not isinstance(given, str | Mapping):
        raise ModelError(
            "layers have no strength",
            where="augment_strength",
            expected='an augmentation in words, such as "digits"',
            got=repr(given)[:100],
        )
    found = words.scaled(_amounts(given), strength)
    return found if strength else None


def _step_of(layer: object) -> Step:
    """Returns the step of a random layer.

    Raises:
        ModelError: it is something else.
    """
    name = str(getattr(layer, "class_name", ""))
    if not name.startswith("Random") and name not in MIXING:
        raise ModelError(
            "not an augmentation",
            where="augment",
            expected="a preset, NAME=VALUE, or layers such as sn.RandomRotation(0.03)",
            got=repr(layer)[:100],
        )
    if name == "RandomCrop":
        do = "Put it first in the network, or use translation."
        raise ModelError("RandomCrop changes the size of images", where="augment", do=do)
    found: dict[str, str | tuple[float, ...]] = {}
    for attribute in operators()[name].attributes:
        value: Any = getattr(layer, attribute.name)
        if isinstance(value, str):
            found[attribute.name] = value
        elif value is not None:
            found[attribute.name] = tuple(value) if isinstance(value, tuple) else (float(value),)
    return Step(name, found)


def flips(steps: Iterable[Step]) -> bool:
    """Returns True if images may be flipped."""
    return any(step.operator == "RandomFlip" for step in steps)


def flip_note(class_names: Sequence[str]) -> str:
    """Returns a note on flipped letters or digits; "" if the classes are something else.

    >>> flip_note(["3", "E"])
    'flipped letters and digits look like others, or like none: better without flip'
    >>> flip_note(["cat", "dog"])
    ''
    """
    signs = [name for name in class_names if len(name) == 1 and name.isalnum()]
    if not signs or 2 * len(signs) < len(class_names):
        return ""
    return "flipped letters and digits look like others, or like none: better without flip"


def augmented(
    images: NDArray[np.uint8],
    steps: Iterable[Step],
    *,
    seed: int = 0,
    epoch: int = 0,
    identities: NDArray[np.int64] | None = None,
) -> NDArray[np.uint8]:
    """Returns what training sees of images, uint8 n h w c; MixUp and CutMix are left out.

    Args:
        images: uint8, n h w c.
        steps: see `find_steps`.
        seed: of the training.
        epoch: counted from 0.
        identities: int64 (n,), by which training knows each image, in memory its index; 0, 1, …
            by default.

    Raises:
        ModelError: a step doesn't fit the images.
    """
    alone = [(step.operator, step.attributes) for step in steps if step.operator not in MIXING]
    if not alone:
        return images.copy()
    try:
        return augment(alone, images, seed=seed, epoch=epoch, identities=identities)
    except NodeError as refusal:
        what = str(refusal).partition(": ")[2]
        name = str(refusal).partition("(")[2].partition(")")[0]
        raise ModelError(what, where=name or "augment") from None
