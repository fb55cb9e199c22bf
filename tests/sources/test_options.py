"""One description of what is read: `load` and `survey` have the same options."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import fields

import pytest

from spritenet import sources
from spritenet.errors import InputError
from spritenet.sources.options import SUPPORTED_BY, ReadOptions

OPTIONS = {option.name: option.default for option in fields(ReadOptions)}


@pytest.mark.parametrize("function", [sources.load, sources.survey])
def test_functions_take_the_options_with_their_defaults(function: Callable[..., object]) -> None:
    """No option is missing in one of them, and each is passed on under its own name."""
    given = {name: p.default for name, p in inspect.signature(function).parameters.items()}
    del given["name_or_path"], given["progress"]
    given.pop("strict", None)
    assert given == OPTIONS
    with pytest.raises(InputError, match="mnist has class names"):
        function("mnist", class_names=("a", "b"))
    for name in OPTIONS.keys() - {"class_names"}:
        with pytest.raises(InputError, match=f"{name} is for"):
            function("mnist", **{name: "1"})


def test_load_documents_every_option() -> None:
    """And `survey` refers to it; each has a word for the formats that support it."""
    documented = inspect.getdoc(sources.load) or ""
    for name in OPTIONS:
        assert f"\n    {name}: " in documented
    assert "options of `load`" in (inspect.getdoc(sources.survey) or "")
    assert SUPPORTED_BY.keys() == OPTIONS.keys()


def test_options_come_from_the_arguments_of_a_function() -> None:
    """Others among them are passed over."""
    given = {**OPTIONS, "size": "8x8", "bits": 12, "progress": print}
    assert ReadOptions.of(given) == ReadOptions(size="8x8", bits=12)


def test_a_range_is_given_once() -> None:
    """By its ends or by the bits."""
    white = ReadOptions(bits=12).pixel_range
    assert white is not None
    assert white == ReadOptions(range=(0, 4095)).pixel_range
    assert ReadOptions().pixel_range is None
    with pytest.raises(InputError, match="mutually exclusive"):
        _ = ReadOptions(bits=12, range=(0, 1)).pixel_range
