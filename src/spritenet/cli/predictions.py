"""What a model takes many images for: a table for people, a CSV file for programs."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from typing import TYPE_CHECKING, TypedDict

from spritenet.cli import terminal
from spritenet.formatting import percent

if TYPE_CHECKING:
    from rich.table import Table

__all__ = ["NOT_SURE", "NO_INK", "Answer", "Ranked", "as_csv", "as_table", "as_words"]

NO_INK = "no ink"
"""What is said of an image on which nothing is drawn."""

NOT_SURE = "not sure"
"""What is said of an image unlike those the model was trained on."""

Ranked = TypedDict("Ranked", {"class": str, "probability": float})
"""A class and its probability."""


class Answer(TypedDict, total=False):
    """What is known of one file: its classes, likeliest first, or its error."""

    file: str
    classes: list[Ranked]
    sure: bool
    score: float
    error: str


def as_words(answer: Answer) -> str:
    """The answer in a line for people."""
    if not answer["classes"]:
        return NO_INK
    words = _words(answer["classes"])
    return words if answer["sure"] else f"{NOT_SURE}; if any, {words}"


def as_table(answers: Sequence[Answer]) -> Table:
    """A row for each file that could be read."""
    made = terminal.table("image", "class", "probability", "then")
    made.columns[1].justify = made.columns[3].justify = "left"
    for answer in answers:
        if "error" in answer:
            continue
        found = answer["classes"]
        if found and answer["sure"]:
            first = found[0]
            row = (first["class"], _percent(first["probability"]), _words(found[1:]))
        else:
            row = (NOT_SURE if found else NO_INK, "", _words(found))
        made.add_row(answer["file"], *row)
    return made


def as_csv(answers: Sequence[Answer], top: int) -> str:
    """A line for each file: its class and probability, those that come next, or its error."""
    heads = ["file", "class", "probability", "sure"]
    for place in range(2, top + 1):
        heads += [f"class_{place}", f"probability_{place}"]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow([*heads, "error"])
    for answer in answers:
        cells: list[object] = []
        for one in answer.get("classes", []):
            cells += [one["class"], repr(one["probability"])]
        cells += [""] * (2 * top - len(cells))
        sure = str(answer["sure"]).lower() if "sure" in answer else ""
        writer.writerow([answer["file"], *cells[:2], sure, *cells[2:], answer.get("error", "")])
    return text.getvalue()


def _words(classes: Sequence[Ranked]) -> str:
    """Classes and their probabilities."""
    return ", ".join(f"{one['class']} ({_percent(one['probability'])})" for one in classes)


def _percent(share: float) -> str:
    """A probability in per cent; the smallest ones have no digits worth reading."""
    return percent(share) if share >= 0.0001 else "< 0.01 %"
