"""Errors advise only what can be typed: each option they name is one of the command it concerns."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import typer
from typer.core import TyperCommand, TyperGroup

import spritenet
from spritenet.cli import COMMANDS, application
from spritenet.cli.data_options import OPTIONS

PACKAGE = Path(spritenet.__file__).parent
OPTION = re.compile(r"(?<![\w-])--([a-z][a-z-]*[a-z])")
TAKE_DATA = {"train", "evaluate", "report", "info", "pack", "unpack", "sheet", "draw", "lab"}
TAKE_DATA |= {"export"}
SERVE = {"draw", "lab", "collect", "watch"}
READ = {"sources", "dataset", "streams", "sprites"}
OTHERS = re.compile(r"tensorflowjs_converter|\b(?:pip|git|npm|python|ray) ")
"""Programs that have options of their own."""


def errors(path: Path) -> Iterator[tuple[int, str]]:
    """The line and all text of each call of a file that makes an error."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and ast.unparse(node.func).endswith("Error"):
            words = [
                part.value
                for part in ast.walk(node)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            ]
            yield node.lineno, " ".join(words)


def options() -> dict[str, set[str]]:
    """The options of each command, without dashes in front."""
    group = typer.main.get_command(application())
    assert isinstance(group, TyperGroup)
    found = {}
    for name, command in group.commands.items():
        assert isinstance(command, TyperCommand)
        spellings = (spelling for part in command.params for spelling in part.opts)
        found[name] = {spelling.removeprefix("--") for spelling in spellings}
    return found


def concerned(path: Path, text: str) -> set[str]:
    """The commands under which an error of a file may be read; none if nobody knows."""
    named = {name for name in re.findall(r"spritenet (\w+)", text) if name in COMMANDS}
    if named:
        return named
    room, name = path.relative_to(PACKAGE).parts[0], path.stem
    if room == "cli":
        return {name} if name in COMMANDS else set()
    if room in READ:
        return TAKE_DATA
    return SERVE if room == "web" else set()


def test_every_option_that_an_error_advises_is_there() -> None:
    """On every command under which it may be read, or on any where nobody knows which."""
    there = options()
    everywhere = set().union(*there.values())
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line}: --{option}, which {command} lacks"
        for path in PACKAGE.rglob("*.py")
        for line, words in errors(path)
        for text in re.split(r"[.;] ", words)
        if not OTHERS.search(text)
        for option in OPTION.findall(text)
        for command in (concerned(path, text) or {"every command"})
        if option not in there.get(command, everywhere)
    ]
    assert wrong == []


def test_an_error_of_the_library_names_the_argument_beside_the_option() -> None:
    """Whoever called a function has no command line."""
    known = {name.replace("_", "-") for name in OPTIONS} | {"strict"}
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line}: --{option}"
        for path in PACKAGE.rglob("*.py")
        if path.relative_to(PACKAGE).parts[0] not in {"cli", "web"}
        for line, text in errors(path)
        for option in OPTION.findall(text)
        if option in known and not re.search(rf"(?<![\w-]){option.replace('-', '_')}(?!\w)", text)
    ]
    assert wrong == []
