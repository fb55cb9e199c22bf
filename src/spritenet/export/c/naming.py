"""The name of a model in C: the beginning of its files, functions and macros."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from spritenet.errors import ModelError

__all__ = ["DEFAULT", "checked_name", "renamed"]

DEFAULT = "model"
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
FUNCTIONS = re.compile(r"\bmodel_(?=[a-z])")
MACROS = re.compile(r"\bMODEL_(?=[A-Z])")
FILES = re.compile(r"\bmodel(?=\.[ch]\b)")


def checked_name(name: str) -> str:
    """Returns a name, if C takes it.

    Raises:
        ModelError: it isn't of small letters, digits and underscores.
    """
    if not NAME.fullmatch(name) or name.endswith("_"):
        raise ModelError(
            "invalid name",
            where="--name",
            expected="small letters, digits and _, a letter first, at most 40",
            got=repr(name)[:60],
        )
    return name


def renamed(files: Mapping[Path, str], name: str) -> dict[Path, str]:
    """Returns the files of a model with another name, so that a program can hold several."""
    if name == DEFAULT:
        return dict(files)
    found = {}
    for path, text in files.items():
        for pattern, new in ((FUNCTIONS, f"{name}_"), (MACROS, f"{name.upper()}_"), (FILES, name)):
            text = pattern.sub(new, text)  # noqa: PLW2901 - one pattern after the other
        found[path.with_name(FILES.sub(name, path.name))] = text
    return found
