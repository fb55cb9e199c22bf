"""Arguments are taken in every form that means the same, and others are refused in one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from spritenet import arguments
from spritenet.errors import ModelError


@pytest.mark.parametrize(
    ("take", "expected"),
    [
        (lambda: arguments.count(np.int64(3), "n", "X"), 3),
        (lambda: arguments.count(0, "n", "X", least=0), 0),
        (lambda: arguments.pair(2, "n", "X"), (2, 2)),
        (lambda: arguments.pair([2, np.uint8(3)], "n", "X"), (2, 3)),
        (lambda: arguments.input_shape([None, 8, 8], "n", "X"), (8, 8)),
        (lambda: arguments.input_shape(784, "n", "X"), (784,)),
        (lambda: arguments.seed_of(-5, "X"), -5),
        (lambda: arguments.file_path(Path("a"), "X"), Path("a")),
        (lambda: arguments.flag(np.bool_(1), "n", "X"), True),
        (lambda: arguments.text("a", "n", "X"), "a"),
        (lambda: arguments.number(np.float32(0.5), "n", "X", least=0, below=1), 0.5),
        (lambda: arguments.choice("SAME", "n", "X", ("same", "valid")), "same"),
    ],
)
def test_every_form_is_taken(take: Callable[[], object], expected: object) -> None:
    """As the plain value of Python."""
    found = take()
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("take", "words"),
    [
        (lambda: arguments.count(0, "n", "X"), "X: invalid n: expected a whole number ≥ 1, got 0"),
        (lambda: arguments.count(True, "n", "X"), "got True"),
        (lambda: arguments.count(1.0, "n", "X"), "got 1.0"),
        (lambda: arguments.pair((1, 2, 3), "n", "X"), "one whole number or two"),
        (lambda: arguments.pair("12", "n", "X"), "got '12'"),
        (lambda: arguments.input_shape((8, None), "n", "X"), r"\(height, width, channels\)"),
        (lambda: arguments.input_shape((), "n", "X"), r"got \(\)"),
        (lambda: arguments.input_shape((8, -8), "n", "X"), "got -8"),
        (lambda: arguments.seed_of(0.5, "X"), "X: invalid seed"),  # type: ignore[arg-type]  # that is the point
        (lambda: arguments.file_path("", "X"), "X: invalid path"),
        (lambda: arguments.file_path(3, "X"), "got 3"),
        (lambda: arguments.flag(1, "n", "X"), "True or False, got 1"),
        (lambda: arguments.text(b"a", "n", "X"), "got b'a'"),
        (lambda: arguments.number(1, "n", "X", least=0, below=1), "a finite number ≥ 0 and < 1"),
        (lambda: arguments.number(float("nan"), "n", "X"), "a finite number, got nan"),
        (lambda: arguments.number("1", "n", "X"), "got '1'"),
        (lambda: arguments.choice("full", "n", "X", ("same", "valid")), "one of same, valid"),
    ],
)
def test_others_are_refused(take: Callable[[], object], words: str) -> None:
    """With where, what was expected and what was given."""
    with pytest.raises(ModelError, match=words) as caught:
        take()
    assert "\n" not in str(caught.value)


def test_no_seed_is_another_each_time() -> None:
    """A whole number that can be given again."""
    first, second = (arguments.seed_of(None, "X") for _ in range(2))
    assert first != second
    assert 0 <= first < 2**31
