"""Dependencies: what is imported is declared, what is declared is used, locked, and was tried."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[1]
LOCKS = ("run", "dev", "docs", "release", "oracles", "lowest")
TOOLS = {"dev", "docs", "release"}
"""Extras that develop, document and release it: no user installs them."""

MODULES = {"pillow": "PIL"}
"""The module of a package where it has another name."""

SERVES = {"s3fs": "fsspec", "gcsfs": "fsspec"}
"""Packages that are only imported by another one."""

TRIED = re.compile(r"PYTHONS \?= (.+)")
HOST = re.compile(r"https?://|pythonhosted|pypi\.")


def project() -> dict[str, object]:
    """pyproject.toml's table of that name."""
    table: dict[str, object] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))[
        "project"
    ]
    return table


def declared() -> dict[str, list[Requirement]]:
    """The requirements of the base ("") and of each extra."""
    table = project()
    base, extras = table["dependencies"], table["optional-dependencies"]
    assert isinstance(base, list)
    assert isinstance(extras, dict)
    return {
        name: [Requirement(line) for line in lines] for name, lines in [("", base), *extras.items()]
    }


def users() -> dict[str, list[Requirement]]:
    """The requirements of what users install: all but the tools."""
    return {name: lines for name, lines in declared().items() if name not in TOOLS}


def locked(name: str) -> dict[str, set[Version]]:
    """The versions of each package in a lock."""
    found: dict[str, set[Version]] = {}
    for line in (ROOT / f"requirements/{name}.txt").read_text("utf-8").splitlines():
        if match := re.match(r"([A-Za-z0-9._-]+)==([^\s;\\]+)", line):
            found.setdefault(canonicalize_name(match[1]), set()).add(Version(match[2]))
    return found


def imported() -> set[str]:
    """The top-level modules that the package imports, except Python's and its own."""
    found = set()
    for path in (ROOT / "src").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                found.add(node.module.partition(".")[0])
    return found - sys.stdlib_module_names - {"spritenet"}


def test_what_is_imported_is_declared_and_what_is_declared_is_imported() -> None:
    """No package comes along by chance, and no extra installs what nothing uses."""
    packages = {canonicalize_name(line.name) for lines in users().values() for line in lines}
    modules = {MODULES.get(name, SERVES.get(name, name)) for name in packages}
    assert imported() - {"IPython"} == modules  # a notebook has IPython; nothing installs it


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_registry(lock: str) -> None:
    """A mirror serves them as well: files are known by their hashes."""
    text = (ROOT / f"requirements/{lock}.txt").read_text("utf-8")
    assert not HOST.search(text)
    if lock in {"run", *TOOLS}:
        assert text.count("--hash=sha256:") >= len(locked(lock))


def test_every_requirement_is_locked_within_its_range() -> None:
    """`make lock` was run after the last change of pyproject.toml."""
    pins = locked("oracles") | locked("release") | locked("docs") | locked("dev")
    wrong = [
        str(line)
        for lines in declared().values()
        for line in lines
        if not any(line.specifier.contains(v) for v in pins.get(canonicalize_name(line.name), ()))
    ]
    assert wrong == []


def test_the_lowest_versions_allowed_are_those_tried() -> None:
    """The lower bound of each range is the version that `make test-lowest` installs."""
    pins = locked("lowest")
    for lines in users().values():
        for line in lines:
            (bound,) = (s.version for s in line.specifier if s.operator in {">=", "=="})
            assert pins[canonicalize_name(line.name)] == {Version(bound)}, line


def test_the_pythons_named_are_those_tried() -> None:
    """The classifiers, the lower bound and `make test-pythons` agree."""
    table = project()
    classifiers = table["classifiers"]
    assert isinstance(classifiers, list)
    named = [c.rpartition(" ")[2] for c in classifiers if re.search(r"Python :: 3\.\d+$", c)]
    match = TRIED.search((ROOT / "Makefile").read_text("utf-8"))
    assert match is not None
    assert named == match[1].split()
    assert table["requires-python"] == f">={named[0]}"
