"""Words for augmentation: presets, and amounts by name, such as `rotation=10,translation=0.1`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import cast

from spritenet.arguments import choice, number
from spritenet.core.nodes import Attributes
from spritenet.errors import ModelError

__all__ = ["NAMES", "PRESETS", "parse", "scaled", "steps_of"]

Amount = float | str | tuple[float, float]

PRESETS: Mapping[str, Mapping[str, Amount]] = MappingProxyType(
    {
        "none": {},
        "digits": {
            "rotation": 8.0,
            "translation": 0.08,
            "zoom": 0.1,
            "shear": 0.1,
            "fill": "nearest",
        },
        "photos": {
            "flip": "horizontal",
            "rotation": 5.0,
            "translation": 0.1,
            "zoom": 0.1,
            "brightness": 0.1,
            "contrast": 0.2,
            "fill": "reflect",
        },
    }
)
"""Amounts by the name of the preset. "digits" neither flips nor turns far; "photos" flips."""

FLIPS = {"horizontal": "horizontal", "vertical": "vertical", "both": "horizontal_and_vertical"}
FILLS = ("reflect", "wrap", "constant", "nearest")
VALUES = (0.0, 255.0)
ERASED = (0.02, 0.2)
"""The fraction of an image's sides, squared, that erasing takes."""


def _range(value: Amount, name: str, most: float, least: float | None = None) -> tuple[float, ...]:
    """Returns a number or two, each within the limits.

    Raises:
        ModelError: they aren't, or the first is larger than the second.
    """
    both = isinstance(value, tuple | list)
    given = value if isinstance(value, tuple | list) else (value,)
    numbers = tuple(number(one, name, "augment") for one in given)
    low = -most if both and least is None else least or 0.0
    if len(numbers) > 2 or not numbers or not all(low <= one <= most for one in numbers):
        expected = f"{low:g} to {most:g}" + (", or two such numbers" if not both else "")
        raise ModelError(f"invalid {name}", where="augment", expected=expected, got=repr(value))
    if numbers[0] > numbers[-1]:
        expected = "the lower number first"
        raise ModelError(
            f"{name} is upside down", where="augment", expected=expected, got=repr(value)
        )
    return numbers


def _flip(value: Amount) -> Attributes:
    word = choice(value, "flip", "augment", FLIPS)
    return {"mode": FLIPS[word]}


def _rotation(value: Amount) -> Attributes:
    return {"factor": tuple(one / 360 for one in _range(value, "rotation", 180))}


def _translation(value: Amount) -> Attributes:
    both = _range(value, "translation", 1)
    return {"height_factor": both, "width_factor": both}


def _zoom(value: Amount) -> Attributes:
    found = _range(value, "zoom", 1)
    if (found[0] if len(found) > 1 else -found[0]) <= -1:
        raise ModelError(
            "nothing is left of an image that is zoomed into without an end",
            where="augment",
            expected="a zoom below 1, or two numbers above -1",
            got=repr(value),
        )
    return {"height_factor": found}


def _shear(value: Amount) -> Attributes:
    both = _range(value, "shear", 1, 0)
    return {"x_factor": both, "y_factor": both}


def _brightness(value: Amount) -> Attributes:
    return {"factor": _range(value, "brightness", 1), "value_range": VALUES}


def _contrast(value: Amount) -> Attributes:
    return {"factor": _range(value, "contrast", 1, 0), "value_range": VALUES}


def _erasing(value: Amount) -> Attributes:
    probability = _range(value, "erasing", 1, 0)
    return {
        "factor": (probability[0], probability[-1]),
        "scale": ERASED,
        "value_range": VALUES,
    }


def _elastic(value: Amount) -> Attributes:
    return {"factor": (1.0, 1.0), "scale": _range(value, "elastic", 1, 0), "value_range": VALUES}


def _mixup(value: Amount) -> Attributes:
    return {"alpha": (_positive(value, "mixup", 100),)}


def _cutmix(value: Amount) -> Attributes:
    alpha = _positive(value, "cutmix", 1)
    return {"factor": (alpha, alpha)}


def _positive(value: Amount, name: str, most: float) -> float:
    """Returns a number above 0, up to `most`.

    Raises:
        ModelError: it isn't.
    """
    found = number(value, name, "augment")
    if not 0 < found <= most:
        expected = f"a number above 0, up to {most:g}"
        raise ModelError(f"invalid {name}", where="augment", expected=expected, got=repr(value))
    return found


_STEPS: Mapping[str, tuple[str, Callable[[Amount], Attributes]]] = {
    "flip": ("RandomFlip", _flip),
    "rotation": ("RandomRotation", _rotation),
    "translation": ("RandomTranslation", _translation),
    "zoom": ("RandomZoom", _zoom),
    "shear": ("RandomShear", _shear),
    "elastic": ("RandomElasticTransform", _elastic),
    "brightness": ("RandomBrightness", _brightness),
    "contrast": ("RandomContrast", _contrast),
    "erasing": ("RandomErasing", _erasing),
    "mixup": ("MixUp", _mixup),
    "cutmix": ("CutMix", _cutmix),
}
"""The operator of each amount, in the order in which they are applied."""

_FILLED = ("rotation", "translation", "zoom", "shear", "elastic")

NAMES = (*_STEPS, "fill")
"""The names of amounts."""


def parse(text: str) -> dict[str, Amount]:
    """Returns the amounts of a text: presets and NAME=VALUE, with commas between.

    >>> parse("digits, rotation=3, flip=horizontal")["rotation"]
    3.0

    Raises:
        ModelError: a name or a value is wrong.
    """
    found: dict[str, Amount] = {}
    for word in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = (part.strip() for part in word.partition("="))
        if not equals:
            if name not in PRESETS:
                raise _unknown(name)
            found |= PRESETS[name]
        elif name not in NAMES:
            raise _unknown(name)
        else:
            found[name] = _value(value)
    return found


MOST = {"rotation": 180.0, "zoom": 0.99}
"""The largest amount where it is not 1."""

UNSCALED = ("flip", "fill", "mixup", "cutmix")
"""Amounts that are no strengths."""


def scaled(amounts: Mapping[str, object], strength: float) -> dict[str, object]:
    """Returns amounts times a factor, up to the largest that are possible.

    >>> scaled({"rotation": 8.0, "zoom": (-0.1, 0.2), "fill": "nearest"}, 2)
    {'rotation': 16.0, 'zoom': (-0.2, 0.4), 'fill': 'nearest'}
    >>> scaled({"zoom": 0.1}, 20)  # nothing would be left of an image at 1
    {'zoom': 0.99}

    Raises:
        ModelError: the factor is negative or no number.
    """
    factor = number(strength, "augment_strength", "augment", least=0)
    found: dict[str, object] = {}
    for name, amount in amounts.items():
        most = MOST.get(name, 1.0)
        if name in UNSCALED or amount is None or isinstance(amount, str):
            found[name] = amount
        elif isinstance(amount, tuple | list):
            found[name] = tuple(max(-most, min(most, factor * one)) for one in amount)
        else:
            found[name] = min(most, factor * number(amount, name, "augment"))
    return found


def _value(text: str) -> Amount:
    """Returns a number, two numbers with a colon between, or the text."""
    parts = text.split(":")
    try:
        numbers = tuple(float(part) for part in parts)
    except ValueError:
        return text
    return cast("tuple[float, float]", numbers) if len(numbers) > 1 else numbers[0]


def _unknown(name: object) -> ModelError:
    return ModelError(
        "unknown augmentation",
        where="augment",
        expected=f"{', '.join(PRESETS)}, or NAME=VALUE with one of {', '.join(NAMES)}",
        got=repr(name),
    )


def steps_of(amounts: Mapping[str, object]) -> Iterator[tuple[str, Attributes]]:
    """Yields the operators and attributes of amounts, in the order in which they are applied.

    Raises:
        ModelError: a name or a value is wrong.
    """
    for name in amounts:
        if name not in NAMES:
            raise _unknown(name)
    fill = amounts.get("fill")
    fills = {} if fill is None else {"fill_mode": choice(fill, "fill", "augment", FILLS)}
    for name, (operator, describe) in _STEPS.items():
        value = amounts.get(name)
        if value is None or value is False or value == 0:
            continue
        attributes = describe(cast("Amount", value))
        yield operator, {**attributes, **(fills if name in _FILLED else {})}
