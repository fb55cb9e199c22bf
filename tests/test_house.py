"""The rules that hold for the whole repository and that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import spritenet

ROOT = Path(__file__).parents[1]
TABLES = {ROOT / "src/spritenet/sources/strokes/glyphs.py"}  # how each digit may be written
HEAVY = {"PIL", "urllib3", "typer", "click", "rich", "torch", "scipy", "matplotlib"}
HEAVY |= {"starlette", "uvicorn", "anyio", "h11"}
EXCUSE = re.compile(r"#\s*(?:noqa|type: ignore)\b(?P<rest>.*)")
REASON = re.compile(r"^(?:: [A-Z0-9, ]+|\[[a-z-]+(?:, ?[a-z-]+)*\])\s+(?:-|#|–)\s*\w+")


def files(*patterns: str) -> Iterator[Path]:
    """The repository's own files of these patterns, built ones left out."""
    for pattern in patterns:
        for path in ROOT.glob(pattern):
            if "node_modules" not in path.parts:
                yield path


def test_every_public_name_is_there() -> None:
    """Each name of `__all__` is found, and `dir` shows no other."""
    assert [name for name in spritenet.__all__ if not hasattr(spritenet, name)] == []
    assert {name for name in dir(spritenet) if not name.startswith("_")} == set(spritenet.__all__)


def test_editors_and_type_checkers_see_the_same_names() -> None:
    """Names are fetched when first used; what is written for type checkers is the same list."""
    source = Path(spritenet.__file__ or "").read_text(encoding="utf-8")
    (block,) = (
        node
        for node in ast.parse(source).body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    seen = {
        alias.asname or alias.name
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert seen == set(spritenet.__all__)


def test_importing_loads_nothing_heavy() -> None:
    """A fresh interpreter imports spritenet and has none of the libraries of one door."""
    script = "import sys, spritenet; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert {name.partition(".")[0] for name in done.stdout.split()} & HEAVY == set()


def test_a_model_needs_no_http_client() -> None:
    """`Sequential` comes without `urllib.request` and what that brings: ssl, http and email."""
    script = "import sys, spritenet; spritenet.Sequential; print(*sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert {"urllib.request", "http.client", "ssl", "urllib3"} & set(done.stdout.split()) == set()


def test_importing_does_nothing() -> None:
    """No thread is started, no compiled library is loaded, nothing is printed."""
    script = (
        "import sys, threading, spritenet\n"
        "maps = open('/proc/self/maps').read() if sys.platform == 'linux' else ''\n"
        "print(threading.active_count(), 'core/lib' in maps)"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert (done.stdout.strip(), done.stderr) == ("1 False", "")


def test_imports_run_one_way() -> None:
    """import-linter's contracts, which pyproject.toml writes down."""
    pytest.importorskip("importlinter")
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run(
        [program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_no_file_has_grown_a_second_subject() -> None:
    """A file near 120 lines has one noun; one beyond 400 hardly can, unless it is a table."""
    long = {
        str(path.relative_to(ROOT)): lines
        for path in files("src/**/*.py", "core/**/*.cpp", "core/**/*.h", "benchmarks/**/*.py")
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
        and path not in TABLES
    }
    assert long == {}


def test_every_excuse_carries_its_reason() -> None:
    """`noqa` and `type: ignore` name their rule and say why, on the same line."""
    bare = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in files("src/**/*.py", "tests/**/*.py", "benchmarks/**/*.py", "*.py")
        if path != Path(__file__)
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if (excuse := EXCUSE.search(line)) and not REASON.match(excuse["rest"])
    ]
    assert bare == []


def test_every_ignored_rule_carries_its_reason() -> None:
    """The same for pyproject.toml: each rule of an ignore list has a comment."""
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    rules = [line for line in text.splitlines() if re.match(r'\s+"[A-Z]{1,4}\d*",', line)]
    assert rules
    assert [line for line in rules if not re.search(r"#\s*\w+", line)] == []


def test_no_conflict_is_left_unresolved() -> None:
    """No file holds the marks that a merge leaves where two changes meet."""
    marks = re.compile(r"^(?:<{7}|>{7})(?: |$)", re.MULTILINE)
    kinds = (
        "src/**/*.py",
        "src/**/*.js",
        "src/**/*.css",
        "core/**/*",
        "tests/**/*",
        "docs/**/*.md",
    )
    left = [
        str(path.relative_to(ROOT))
        for path in files(*kinds, "*.md", "*.toml", "Makefile")
        if path.is_file() and marks.search(path.read_text(encoding="utf-8", errors="replace"))
    ]
    assert left == []


def test_the_makefile_names_tests_that_exist() -> None:
    """A test that moved would otherwise fail only where all of them run."""
    named = re.findall(r"\btests/[\w/]+(?:\.py)?(?![\w/.*])", (ROOT / "Makefile").read_text())
    named = [name for name in named if not name.startswith("tests/node/")]
    assert len(named) > 8
    assert [name for name in named if not (ROOT / name).exists()] == []
