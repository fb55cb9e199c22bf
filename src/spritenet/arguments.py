"""Checks of the arguments that describe a network: the clean value, or what is wrong with it.

Knows nothing of layers; every function takes `where`, the words an error begins with.
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterable
from typing import TYPE_CHECKING, SupportsFloat, SupportsIndex, cast

from spritenet.errors import ModelError

if TYPE_CHECKING:
    from spritenet.core.operators import Attribute

__all__ = [
    "check",
    "choice",
    "count",
    "file_path",
    "flag",
    "input_shape",
    "number",
    "pair",
    "seed_of",
    "several",
    "text",
]


LARGEST = 3.4028235e38
"""Of a float32, in which networks compute: a larger number would be infinite."""

UNBOUNDED = 3.4e38
"""A bound beyond it says nothing."""

BELOW_ONE = 1 - 2**-53
"""The core's upper bound of a number that must be below 1."""


def check(argument: Attribute, value: object, where: str) -> None:
    """Refuses a value that the core's table doesn't allow: no flag, or out of range.

    Raises:
        ModelError: it is wrong.
    """
    name, least, most = argument.name, argument.least, argument.most
    if argument.kind == "flag":
        flag(value, name, where)
    elif argument.kind == "whole":
        number(count(value, name, where, least=int(least)), name, where, most=most)
    elif most == BELOW_ONE:
        number(value, name, where, least=least, below=1)
    else:
        number(value, name, where, least=least, most=most)


def count(value: object, name: str, where: str, *, least: int = 1) -> int:
    """A whole number of at least `least`; NumPy's integers are taken, booleans are not.

    Raises:
        ModelError: it is something else.
    """
    try:
        whole = operator.index(cast(SupportsIndex, value))
    except TypeError:
        whole = least - 1
    if whole < least or isinstance(value, bool):
        raise ModelError(
            f"invalid {name}", where=where, expected=f"a whole number ≥ {least}", got=repr(value)
        )
    return whole


def pair(value: object, name: str, where: str) -> tuple[int, int]:
    """One positive whole number for both directions, or (height, width).

    Raises:
        ModelError: it is neither.
    """
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        parts = tuple(value)
        if len(parts) == 2:
            return count(parts[0], name, where), count(parts[1], name, where)
        raise ModelError(
            f"invalid {name}",
            where=where,
            expected="one whole number or two (height, width)",
            got=repr(value),
        )
    both = count(value, name, where)
    return both, both


def input_shape(value: object, name: str, where: str) -> tuple[int, ...]:
    """The shape of one input, of a shape with or without the batch's None.

    >>> input_shape((None, 28, 28, 1), "input_shape", "Flatten")
    (28, 28, 1)
    >>> input_shape((784,), "input_shape", "Dense")
    (784,)

    Raises:
        ModelError: it is something else.
    """
    given = tuple(value) if isinstance(value, Iterable) else (value,)
    sizes = given[1:] if len(given) > 1 and given[0] is None else given
    if not 1 <= len(sizes) <= 3 or None in sizes or isinstance(value, str):
        raise ModelError(
            f"invalid {name}",
            where=where,
            expected="(height, width, channels), (height, width) or (values,)",
            got=repr(value),
        )
    return tuple(count(size, name, where) for size in sizes)


def seed_of(value: int | None, where: str) -> int:
    """The seed; of None a new one each time, as Keras and NumPy mean it.

    Raises:
        ModelError: it is no whole number.
    """
    if value is None:
        return int.from_bytes(os.urandom(4), "little") >> 1
    if isinstance(value, bool) or not isinstance(value, SupportsIndex):
        raise ModelError(
            "invalid seed", where=where, expected="a whole number, or None", got=repr(value)
        )
    return operator.index(value)


def file_path(value: object, where: str) -> str | os.PathLike[str]:
    """A path or an address.

    Raises:
        ModelError: it is something else.
    """
    if isinstance(value, str | os.PathLike) and os.fspath(value):
        return value
    raise ModelError("invalid path", where=where, expected="a path", got=repr(value))


def flag(value: object, name: str, where: str) -> bool:
    """True or False; NumPy's are taken, other truths are not.

    Raises:
        ModelError: it is something else.
    """
    if isinstance(value, bool) or type(value).__name__ == "bool":
        return bool(value)
    raise ModelError(f"invalid {name}", where=where, expected="True or False", got=repr(value))


def several(value: object) -> tuple[object, ...]:
    """The parts of a list or another collection; a text, or what has no parts, is one itself."""
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return tuple(value)
    return (value,)


def text(value: object, name: str, where: str) -> str:
    """A text.

    Raises:
        ModelError: it is something else.
    """
    if not isinstance(value, str):
        raise ModelError(f"invalid {name}", where=where, expected="a text", got=repr(value))
    return value


def number(
    value: object,
    name: str,
    where: str,
    *,
    above: float = -math.inf,
    least: float = -math.inf,
    below: float = math.inf,
    most: float = math.inf,
) -> float:
    """A finite number, also as a float32, that is within the bounds; returned as a Python float.

    `above` < number < `below`, and `least` ≤ number ≤ `most`. Booleans are no numbers.

    Raises:
        ModelError: it is something else.
    """
    try:
        result = math.nan if isinstance(value, bool | str) else float(cast(SupportsFloat, value))
    except (TypeError, ValueError):
        result = math.nan
    if not (abs(result) <= LARGEST and above < result < below and least <= result <= most):
        words = [f"> {above:g}"] if above > -math.inf else []
        words += [f"≥ {least:g}"] if least > -UNBOUNDED else []
        words += [f"< {below:g}"] if below < math.inf else []
        words += [f"≤ {most:g}"] if most < UNBOUNDED else []
        raise ModelError(
            f"invalid {name}",
            where=where,
            expected=" and ".join(["a finite number", *words]).replace("number and", "number", 1),
            got=repr(value),
        )
    return result


def choice(value: object, name: str, where: str, choices: Iterable[str]) -> str:
    """One of the words `choices`; upper or lower case.

    Raises:
        ModelError: it is another.
    """
    words = tuple(choices)
    word = value.lower() if isinstance(value, str) else value
    if not isinstance(word, str) or word not in words:
        raise ModelError(
            f"unknown {name}",
            where=where,
            expected="one of " + ", ".join(words),
            got=repr(value),
        )
    return word
