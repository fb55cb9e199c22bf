"""Arrays of texts: labels and class names, also as bytes, from NumPy's and HDF5's files."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from spritenet.errors import DataError

__all__ = ["LATIN", "to_texts"]

LONGEST = 1000  # characters
LATIN = "texts that are no UTF-8 are read as Latin-1"


def to_texts(values: NDArray[Any], where: object) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Decodes texts, UTF-8 or Latin-1, and strips the spaces and zeros that fill them up.

    Args:
        values: bytes or texts.
        where: their place, for messages.

    Returns:
        The texts, of dtype object, and a note if some are no UTF-8.

    Raises:
        DataError: one is too long for a label.
    """
    known: dict[object, str] = {}
    found = np.empty(values.shape, object)
    notes: tuple[str, ...] = ()
    for place, value in enumerate(values.flat):
        if value not in known:
            if len(value) > LONGEST:
                raise DataError(
                    "a text is too long for a label",
                    where=where,
                    expected=f"≤ {LONGEST} characters",
                    got=f"{len(value):,}",
                )
            text = value
            if isinstance(value, bytes):
                try:
                    text = value.decode("utf-8")
                except UnicodeDecodeError:
                    text, notes = value.decode("latin-1"), (LATIN,)
            known[value] = str(text).rstrip(" \0")
        found.flat[place] = known[value]
    return found, notes
