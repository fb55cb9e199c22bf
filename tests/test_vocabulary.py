"""One word for one concept, the field's: `docs/glossary.md`, kept by a list of banned words."""

from __future__ import annotations

import json

import pytest

import vocabulary


@pytest.fixture(scope="module")
def left() -> list[vocabulary.Hit]:
    """Every banned word that still occurs."""
    return vocabulary.hits()


def test_banned_words_only_become_fewer(left: list[vocabulary.Hit]) -> None:
    """An area may not gain a banned word; if it has lost some, its new count is written down."""
    known = json.loads(vocabulary.COUNTS.read_text(encoding="utf-8"))
    now = vocabulary.counts(left)
    more = {area for area, count in now.items() if count > known.get(area, 0)}
    assert [hit for hit in left if hit.area in more] == [], "see docs/glossary.md"
    assert now == known, "fewer than before: python tests/vocabulary.py --write"


def test_documentation_has_no_banned_word(left: list[vocabulary.Hit]) -> None:
    """The README and all pages of docs/."""
    assert [hit for hit in left if hit.area in {"docs", "root"}] == []


def test_every_exception_is_needed() -> None:
    """An entry of `ALLOWED` names a place that is there, and says why."""
    for (file, _), reason in vocabulary.ALLOWED.items():
        assert (vocabulary.ROOT / file).exists()
        assert reason


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("The images it learnt from.", "learnt"),
        ("The model is tried on the test set.", "tried on"),
        ("A 4 is often taken for a 9.", "often taken for"),
        ("The share of images.", "The share"),
        ("Written before the next update.", "next update"),
        ("There is no such layer here.", "There is no such"),
    ],
)
def test_a_banned_word_is_found(text: str, word: str) -> None:
    """In a sentence, whatever its case."""
    assert [hit.word for hit in vocabulary.prose("docs", "page", text)] == [word]


@pytest.mark.parametrize(
    "text",
    [
        "Update the weights, then share them between processes.",
        "What was tried, what it measured, and what became of it.",
        "This must not be taken for granted.",
        "Small letters can't be told apart.",
    ],
)
def test_ordinary_english_is_not_found(text: str) -> None:
    """Only the words of the list, in the sense of the list."""
    assert list(vocabulary.prose("docs", "page", text)) == []
