"""Load warnings: one line, at the line of the user's code, however many there are."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest

from spritenet.dataset import Split
from spritenet.dataset.load_warnings import FEW, LoadWarnings, warn
from spritenet.errors import DataError, DataWarning


def test_a_warning_names_the_users_line() -> None:
    """Through any depth of the package."""
    with warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        Split.from_arrays(np.zeros((2, 3, 3), np.uint8), [1, 2])
        warn("doubtful")
    assert [Path(one.filename).name for one in found] == [Path(__file__).name] * 2
    assert [one.category for one in found] == [DataWarning] * 2
    assert str(found[1].message) == "doubtful."


def test_many_are_one_line() -> None:
    """The first few, and how many more there are."""
    errors = [DataError("damaged", where=f"{n}.png") for n in range(FEW + 2)]
    collected = LoadWarnings()
    assert collected.summary == ""
    collected.add(errors, ["a", "b", "c", "d"])
    expected = "5 images can't be read and left out: 0.png: damaged; 1.png: damaged; "
    expected += "2.png: damaged; and 2 more. a; b; c; and 1 more."
    assert collected.summary == expected
    with pytest.warns(DataWarning, match="5 images") as found:
        collected.warn()
    assert len(found) == 1


def test_none_is_silence() -> None:
    """No empty warning."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        LoadWarnings().warn()
    LoadWarnings().raise_for_notes("x")


def test_strict_raises_the_first_note() -> None:
    """With the option that asked for it; images left out are no notes."""
    collected = LoadWarnings([DataError("damaged")], ["the labels begin at 1", "other"])
    with pytest.raises(DataError, match=r"digits: the labels begin at 1.*--strict"):
        collected.raise_for_notes("digits")
