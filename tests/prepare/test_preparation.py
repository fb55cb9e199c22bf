"""The value that travels in a model's file survives the journey, and refuses nonsense."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spritenet.errors import ModelError
from spritenet.prepare import Preparation

PREPARATIONS = st.builds(
    Preparation,
    mode=st.sampled_from(["fit", "crop", "stretch"]),
    height=st.integers(1, 1024),
    width=st.integers(1, 1024),
    channels=st.sampled_from([1, 3, 4]),
    background=st.integers(0, 255),
)


@given(PREPARATIONS)
def test_json_and_back_is_the_same(preparation: Preparation) -> None:
    """Through text, as in model.json."""
    text = json.dumps(preparation.to_json())
    assert Preparation.from_json(json.loads(text)) == preparation


@pytest.mark.parametrize(
    "change",
    [
        {"mode": "digits"},
        {"height": 0},
        {"width": 2000},
        {"width": 28.0},
        {"height": True},
        {"height": "28"},
        {"channels": 2},
        {"channels": 3},
        {"background": 256},
        {"background": -1},
        {"more": 1},
    ],
)
def test_what_is_not_known_is_refused(change: dict[str, object]) -> None:
    """A wrong value or key: one line that names it."""
    with pytest.raises(ModelError, match="preparation"):
        Preparation.from_json(Preparation().to_json() | change)


@pytest.mark.parametrize("values", [{}, {"mode": "digit"}, None, [], "digit"])
def test_what_is_missing_is_refused(values: Mapping[str, object]) -> None:
    """Keys that are not there, or no object at all."""
    with pytest.raises(ModelError, match="preparation"):
        Preparation.from_json(values)
