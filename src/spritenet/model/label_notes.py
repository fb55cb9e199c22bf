"""Warnings about training labels, a line each: a single class, classes missing in a subset."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spritenet.dataset.class_notes import class_notes

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["absence_note", "label_notes"]

FEW = 8

EXPECTED = 3
"""Expected number of held-out images of a class from which on none of them is a surprise."""


def label_notes(
    labels: NDArray[np.int32], class_names: Sequence[str], *, numbered: bool
) -> tuple[str, ...]:
    """Returns warnings about the labels of a training.

    >>> label_notes(np.array([1, 1]), ["cat", "dog"], numbered=False)
    ("all 2 training images are of class 'dog': there is nothing to tell it from",)

    Args:
        labels: class indices (n,).
        class_names: of classes 0, 1, …; empty if they only have numbers.
        numbered: the labels came without names, and nobody has looked at them yet.
    """
    if len(labels) > 1 and (labels == labels[0]).all():
        name = _names([int(labels[0])], class_names)
        return (
            f"all {len(labels):,} training images are of {name}: there is nothing to tell it from",
        )
    if not numbered:
        return ()
    return class_notes(labels, [str(number) for number in range(int(labels.max(initial=0)) + 1)])


def absence_note(
    training: NDArray[np.int32], validation: NDArray[np.int32], class_names: Sequence[str]
) -> str:
    """Returns a note on classes missing when the last images are held out; "" if there are none.

    >>> absence_note(np.repeat([0, 1], 5), np.repeat([1, 2], 5), [])
    'validation_split holds out the last images, and class 2 is in none of the training images'

    Args:
        training: labels of the training images, (n,).
        validation: labels of the images held out, (m,).
        class_names: of classes 0, 1, …; empty if unknown.
    """
    classes = int(max(training.max(initial=0), validation.max(initial=0))) + 1
    in_training = np.bincount(training, minlength=classes)
    in_validation = np.bincount(validation, minlength=classes)
    fraction = len(validation) / max(1, len(training) + len(validation))
    missing = np.flatnonzero((in_training == 0) & (in_validation > 0)).tolist()
    where = "training"
    if not missing:
        missing = np.flatnonzero(
            (in_validation == 0) & (in_training * fraction >= EXPECTED)
        ).tolist()
        where = "validation"
    if not missing:
        return ""
    be = "is" if len(missing) == 1 else "are"
    named = _names(missing, class_names)
    return (
        f"validation_split holds out the last images, and {named} {be} in none of the "
        f"{where} images"
    )


def _names(classes: list[int], class_names: Sequence[str]) -> str:
    """Returns the names of a few classes."""
    few = [repr(class_names[k]) if class_names else str(k) for k in classes[:FEW]]
    more = f" and {len(classes) - FEW:,} more" if len(classes) > FEW else ""
    return f"{'class' if len(classes) == 1 else 'classes'} {', '.join(few)}{more}"
