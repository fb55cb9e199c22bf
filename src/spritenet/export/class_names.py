"""Class names of files: lines of text, or the `labels` of JSON."""

from __future__ import annotations

import json
from pathlib import Path

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted
from spritenet.export.weights import read_file

__all__ = ["checked_names", "read_class_names"]

MAXIMAL_BYTES = 2**20
MAXIMAL_NAMES = 65_536
MAXIMAL_NAME = 200


def read_class_names(path: Path) -> tuple[str, ...]:
    """The class names of a file: a line each, a JSON list, or a JSON object's `labels`.

    Lines like "0 cat", numbered from 0 without a gap, are names after numbers.

    Raises:
        ModelError: it can't be read, or holds something else.
    """
    data = read_file(path, MAXIMAL_BYTES)
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ModelError("not UTF-8 text", where=path, got=quoted(str(error))) from error
    if text.lstrip()[:1] in ("[", "{"):
        return checked_names(_listed(text, path), path)
    lines = [line.strip() for line in text.splitlines()]
    while lines and not lines[-1]:
        lines.pop()
    if lines and all(line.startswith(f"{place} ") for place, line in enumerate(lines)):
        lines = [line.partition(" ")[2].strip() for line in lines]
    return checked_names(lines, path)


def checked_names(value: object, where: object, *, empty: bool = False) -> tuple[str, ...]:
    """Class names as a tuple.

    Raises:
        ModelError: they are no list of printable words, or there are none and `empty` is false.
    """
    listed = list(value) if isinstance(value, list | tuple) else None
    if listed is None or len(listed) > MAXIMAL_NAMES or not (listed or empty):
        got = quoted(value) if listed is None else f"{len(listed)} names"
        raise ModelError("invalid class names", where=where, expected="a list of words", got=got)
    for name in listed:
        if not isinstance(name, str) or not name.isprintable() or not 0 < len(name) <= MAXIMAL_NAME:
            raise ModelError(
                "invalid class name",
                where=where,
                expected=f"a printable word of 1 to {MAXIMAL_NAME} letters",
                got=quoted(name) or "an empty one",
            )
    return tuple(listed)


def _listed(text: str | bytes, where: Path) -> object:
    """The list in a JSON text; empty if it is an object without `labels`."""
    try:
        content = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError("not JSON", where=where, got=quoted(error)) from error
    return content.get("labels", []) if isinstance(content, dict) else content
