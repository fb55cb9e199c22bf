"""Search spaces: texts and lists, what they refuse, and settings that only some trials have."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

import spritenet as sn
import tiny
from spritenet.sweeps.search_space import Choice, Range, SearchSpace, parse_try
from spritenet.training.fit_options import FitOptions


@pytest.mark.parametrize(
    ("text", "name", "domain"),
    [
        ("learning_rate=1e-4..1e-1:log", "learning_rate", Range(1e-4, 1e-1, log=True)),
        ("momentum=0..0.9", "momentum", Range(0.0, 0.9)),
        ("batch-size=16..128:log", "batch_size", Range(16, 128, log=True, whole=True)),
        ("batch_size=32,64", "batch_size", Choice((32, 64))),
        ("augment=none, digits", "augment", Choice(("none", "digits"))),
        (
            "augment=none|rotation=10,zoom=0.1",
            "augment",
            Choice(("none", "rotation=10,zoom=0.1")),
        ),
        ("nesterov=true,false", "nesterov", Choice((True, False))),
        ("weight_decay=0,1e-4", "weight_decay", Choice((0, 1e-4))),
    ],
)
def test_texts_are_domains(text: str, name: str, domain: Range | Choice) -> None:
    """Ranges, logarithmic and whole ones, and lists; dashes in names are underscores."""
    assert parse_try(text) == (name, domain)


@given(
    st.floats(1e-9, 1e9), st.floats(1e-9, 1e9), st.booleans(), st.lists(st.integers(), min_size=1)
)
def test_json_makes_the_same_space(low: float, high: float, log: bool, values: list[int]) -> None:
    """The content of sweep.json is the space that resumes the sweep."""
    unique = list(dict.fromkeys(values))
    if low >= high:
        low, high = high, low + high
    space = SearchSpace.of({"learning_rate": Range(low, high, log), "batch_size": unique})
    assert SearchSpace.of(space.to_json()).domains == space.domains


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("learning_rate=1..0.1", "--try learning_rate: the range is upside down"),
        ("learning_rate=1..1", "upside down"),
        ("learning_rate=0..1:log", "a logarithmic range can't reach 0"),
        ("learning_rate=-1..1:log", "a logarithmic range can't reach 0"),
        ("learning_rate=1..2:cubic", "unknown scale"),
        ("learning_rate=1..2..3", "not a range"),
        ("batch_size=1.5..2", "whole numbers"),
        ("learning_rate=", "not a setting and its values"),
        ("learning_rate", "not a setting and its values"),
        ("=1,2", "not a setting and its values"),
        ("batch_size=32,,64", "an empty value"),
        ("batch_size=32,32", "a value comes twice"),
    ],
)
def test_wrong_texts_are_refused(text: str, words: str) -> None:
    """In one line that names the setting."""
    with pytest.raises(sn.InputError) as refusal:
        parse_try(text)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    ("space", "words"),
    [
        ({}, "nothing to search"),
        ({"lr": [1, 2]}, "--try lr: unknown setting: expected one of amsgrad"),
        ({"learning_rate": [-1]}, "expected a finite number ≥ 0, got -1"),
        ({"learning_rate": [0.1, "fast"]}, "'fast'"),
        ({"momentum": [0.9]}, "--try momentum: unknown setting"),
        ({"optimizer": ["sgd", "adam"], "momentum": "0.5..1.5"}, "--try momentum: invalid"),
        ({"augment": ["dogits"]}, "--try augment: unknown augmentation"),
        ({"batch_size": [0, 32]}, "--try batch_size: invalid batch_size"),
        ({"learning_rate": [object()]}, "not a plain value"),
    ],
)
def test_settings_that_no_trial_can_use_are_refused(space: dict[str, object], words: str) -> None:
    """Unknown names, and each value that every network and optimizer of the sweep refuses."""
    with pytest.raises(sn.InputError) as refusal:
        SearchSpace.of(space).check({"tiny": tiny.model()}, FitOptions())
    assert words in str(refusal.value)


def test_only_trials_that_can_use_a_setting_have_it() -> None:
    """`momentum` is an argument of SGD: trials with Adam are made without it."""
    space = SearchSpace.of({"momentum": [0.9], "optimizer": ["sgd", "adam"], "batch_size": [8]})
    space.check({"tiny": tiny.model()}, FitOptions())

    def suggested(chosen: str) -> dict[str, object]:
        def value(name: str, domain: Range | Choice) -> object:
            return chosen if name == "optimizer" else domain.samples[0]

        return space.suggested(value, {"tiny": tiny.model()})

    found = [suggested(chosen) for chosen in ("sgd", "adam")]
    assert found == [
        {"optimizer": "sgd", "momentum": 0.9, "batch_size": 8},
        {"optimizer": "adam", "batch_size": 8},
    ]
