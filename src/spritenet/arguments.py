"""Checks of the arguments that describe a network: the clean value, or what is wrong with it.

Knows nothing of layers; every function takes `where`, the words an error begins with.
"""

from __future__ import annotations

import math
import operator
import os
from collections.abc import Iterable
from typing import SupportsFloat, SupportsIndex, cast

from spritenet.errors import ModelError

__all__ = [
    "choice",
    "count",
    "file_path",
    "flag",
    "input_shape",
    "number",
    "pair",
    "seed_of",
    "text",
]


LARGEST = 3.4e38
"""Of a float32: bounds beyond it say nothing."""


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
    try:
        return operator.index(value)
    except TypeError:
        raise ModelError(
            "invalid seed", where=where, expected="a whole number, or None", got=repr(value)
        ) from None


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
    least: float = -math.inf,
    below: float = math.inf,
    most: float = math.inf,
) -> float:
    """A finite number with `least` ≤ number < `below` and number ≤ `most`, as a Python float.

    Raises:
        ModelError: it is something else.
    """
    try:
        result = math.nan if isinstance(value, bool | str) else float(cast(SupportsFloat, value))
    except (TypeError, ValueError):
        result = math.nan
    if not (math.isfinite(result) and least <= result < below and result <= most):
        words = [f"≥ {least:g}"] if least > -LARGEST else []
        words += [f"< {below:g}"] if below < math.inf else []
        words += [f"≤ {most:g}"] if most < LARGEST else []
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
