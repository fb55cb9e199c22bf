"""Class notes: warnings about empty classes, labels from 1, and names that differ in case only.

Every reader of data sets uses them, so that equal labels give equal warnings.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset.multi_label import class_counts, is_multi_label

__all__ = ["class_notes"]

FEW = 8


def class_notes(labels: NDArray[Any], class_names: Sequence[str]) -> tuple[str, ...]:
    """Returns warnings about the classes of a data set.

    Args:
        labels: class indices (n) or multi-label rows (n, k), of all splits together.
        class_names: of classes 0, 1, …

    Returns:
        One line for each warning, without a full stop: classes without images (labels that begin
        at 1 leave class 0 empty; numbered classes may end before the highest), and names that
        differ in case only.

    >>> class_notes(np.array([1, 2, 3]), ["0", "1", "2", "3"])
    ('the labels begin at 1: class 0 has no images',)
    >>> class_notes(np.array([0, 1, 2]), ["Cat", "cat", "dog"])
    ("the names of classes 'Cat' and 'cat' differ in case only",)
    """
    notes = []
    several = is_multi_label(labels)
    numbered = all(name == str(number) for number, name in enumerate(class_names)) and not several
    classes = int(labels.max(initial=-1)) + 1 if numbered else len(class_names)
    empty = np.flatnonzero(class_counts(labels, classes)[:classes] == 0).tolist()
    if empty and len(labels):
        named = [class_names[number] for number in empty[:FEW]]
        text = ", ".join(named if numbered else map(repr, named))
        text += f" and {len(empty) - FEW:,} more" if len(empty) > FEW else ""
        one = len(empty) == 1
        begins = f"the labels begin at {int(labels.min())}: " if empty[0] == 0 and numbered else ""
        notes.append(
            f"{begins}{'class' if one else 'classes'} {text} {'has' if one else 'have'} no images"
        )
    by_case: dict[str, list[str]] = {}
    for name in class_names:
        by_case.setdefault(name.casefold(), []).append(name)
    notes += [
        f"the names of classes {' and '.join(map(repr, alike))} differ in case only"
        for alike in by_case.values()
        if len(alike) > 1
    ]
    return tuple(notes)
