"""Class weights: a factor on the loss of each class, in every form that Keras users know."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import numpy as np
from numpy.typing import ArrayLike

from spritenet.arguments import number
from spritenet.dataset.multi_label import Labels, class_counts
from spritenet.errors import DataError, ModelError

__all__ = ["ClassWeight", "class_factors"]

ClassWeight = Mapping[int, float] | Mapping[str, float] | ArrayLike
"""Factors by class index or class name; a factor for each class; or "balanced"."""

WHERE = "class_weight"
NUMBERS = int | float | np.integer | np.floating
FORMS = "{class: factor}, a factor for each class, or 'balanced'"
FEW = 12


def class_factors(
    given: object,
    outputs: int,
    class_names: Sequence[str] = (),
    labels: Labels | None = None,
) -> dict[int, float]:
    """Returns the factor of each class that has one.

    Args:
        given: a mapping from class indices or class names to factors; a factor for each class; or
            "balanced", which gives all classes the same total weight, as in scikit-learn.
        outputs: the number of classes.
        class_names: the names of classes 0, 1, …; empty if unknown.
        labels: class indices (n,) or multi-label rows (n, k), counted for "balanced"; None if they
            are unknown.

    Raises:
        DataError: a class is unknown, or a factor is no finite number ≥ 0.
    """
    if isinstance(given, str):
        return _balanced(given, outputs, labels)
    if hasattr(given, "to_dict"):  # a pandas Series, whose index names the classes
        given = given.to_dict()
    if isinstance(given, Mapping):
        factors: dict[int, float] = {}
        for key, factor in given.items():
            index = _index(key, outputs, class_names)
            if index in factors:
                raise DataError("a class is named twice", where=WHERE, got=repr(key))
            factors[index] = _factor(factor, key)
        return factors
    try:
        row = np.asarray(cast(ArrayLike, given))
    except (TypeError, ValueError, RuntimeError):
        row = np.empty(0, object)
    if row.dtype.kind not in "iuf" or row.ndim != 1:
        raise DataError("invalid class weights", where=WHERE, expected=FORMS, got=repr(given))
    if len(row) != outputs:
        raise DataError(
            "the class weights don't fit the classes",
            where=WHERE,
            expected=f"a factor for each of {outputs} classes",
            got=len(row),
        )
    return {index: _factor(factor, index) for index, factor in enumerate(row.tolist())}


def _balanced(word: str, outputs: int, labels: Labels | None) -> dict[int, float]:
    """Returns n / (classes with images · images of the class) for each class with images.

    n is the number of labels: that of images, if each has one.
    """
    if word != "balanced":
        raise DataError("unknown word", where=WHERE, expected=FORMS, got=repr(word))
    if labels is None:
        raise DataError(
            "the images of each class can't be counted",
            where=WHERE,
            expected="class labels that are known before training, for 'balanced'",
            do="Give {class: factor}.",
        )
    counts = class_counts(labels, outputs)
    present = np.flatnonzero(counts).tolist()
    total = int(counts.sum())
    return {index: total / (len(present) * int(counts[index])) for index in present}


def _index(key: object, outputs: int, class_names: Sequence[str]) -> int:
    """Returns the class of a key.

    Raises:
        DataError: there is none.
    """
    if isinstance(key, str):
        if key in class_names:
            return class_names.index(key)
        if not class_names and key.isdecimal() and int(key) < outputs:
            return int(key)  # as JSON writes a mapping's keys
    elif isinstance(key, NUMBERS) and not isinstance(key, bool) and key in range(outputs):
        return int(key)
    names = ", ".join(class_names[:FEW]) + (", …" if len(class_names) > FEW else "")
    raise DataError(
        "unknown class",
        where=WHERE,
        expected=f"0 … {outputs - 1}" + (f", or one of {names}" if names else ""),
        got=repr(key),
    )


def _factor(value: object, key: object) -> float:
    """Returns a finite number ≥ 0; raises DataError for anything else."""
    try:
        return number(value, "a factor", WHERE, least=0)
    except ModelError as error:
        raise DataError(
            f"invalid weight of class {key!r}",
            where=WHERE,
            expected=error.expected,
            got=error.got,
        ) from None
