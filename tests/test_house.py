"""The rules that hold for the whole repository and that no linter knows."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

import spritenet

ROOT = Path(__file__).parents[1]
TABLES = {
    ROOT / "src/spritenet/sources/strokes/glyphs.py",  # how each digit may be written
    ROOT / "src/spritenet/web/static/lib/layer-table.js",  # written by tools/layer_lists.py
    ROOT / "src/spritenet/web/static/lib/network-table.js",  # written by tools/network_lists.py
    ROOT / "src/spritenet/__init__.py",  # the public names, three times
}
HEAVY = {"PIL", "urllib3", "typer", "click", "rich", "torch", "scipy", "matplotlib"}
HEAVY |= {"starlette", "uvicorn", "anyio", "h11"}
CALLED_BY_LIBRARIES = {"_repr_html_", "_repr_png_", "_repr_mimebundle_"}  # by IPython
CALLED_BY_LIBRARIES |= {"connection_made", "data_received", "connection_lost"}  # by asyncio
WORD = re.compile(r"[A-Za-z_]\w*")
EXCUSE = re.compile(r"#\s*(?:noqa|type: ignore)\b(?P<rest>.*)")
REASON = re.compile(r"^(?:: [A-Z0-9, ]+|\[[a-z-]+(?:, ?[a-z-]+)*\])\s+(?:-|#|–)\s*\w+")


def files(*patterns: str) -> Iterator[Path]:
    """The repository's own files of these patterns, built ones left out."""
    for pattern in patterns:
        for path in ROOT.glob(pattern):
            if "node_modules" not in path.parts:
                yield path


def name_counts(tree: ast.AST) -> Counter[str]:
    """Names that code reads or imports, or has in a string; no docstrings, no `__all__`."""
    left_out: set[int] = set()
    names: Counter[str] = Counter()
    for node in ast.walk(tree):  # a node comes after the one it is in
        if id(node) in left_out:
            continue
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            left_out.add(id(node.value))
        elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            left_out |= {id(inner) for inner in ast.walk(node)}
            continue
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name):
                names[name] += 1
            case ast.alias(name=name):
                names.update(name.split("."))
            case ast.Constant(value=str(text)):
                names.update(WORD.findall(text))
    return names


def used_names(tree: ast.AST) -> set[str]:
    """The same, each once."""
    return set(name_counts(tree))


def exported_names(tree: ast.Module) -> list[str]:
    """The strings of a module's `__all__`."""
    return [
        str(element.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
        for element in ast.walk(node.value)
        if isinstance(element, ast.Constant)
    ]


def dead_exports(modules: dict[Path, ast.Module], elsewhere: set[str]) -> list[str]:
    """Names of `__all__` that no other module uses; of a package's, none outside the package."""
    uses = {path: used_names(tree) for path, tree in modules.items()}
    return [
        f"{path}: {name}"
        for path, tree in modules.items()
        for name in exported_names(tree)
        if name not in elsewhere
        and not any(
            name in used
            for other, used in uses.items()
            if other != path and not (path.name == "__init__.py" and path.parent in other.parents)
        )
    ]


def dead_definitions(modules: dict[Path, ast.Module], elsewhere: set[str]) -> list[str]:
    """Functions and classes that nothing names: a module's private ones, nothing in it.

    Methods are named by any module: a class may be extended in another one.
    """
    uses = {path: name_counts(tree) for path, tree in modules.items()}
    users = Counter(name for used in uses.values() for name in used)
    dead = []
    for path, tree in modules.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            name, private = node.name, node.name.startswith("_")
            if name in CALLED_BY_LIBRARIES or name.startswith("__"):
                continue
            others = users[name] - (name in uses[path])
            if private and node in tree.body:
                others = 0
            elif not private and name in elsewhere:
                continue
            if not others and uses[path][name] == name_counts(node)[name]:
                dead.append(f"{path}:{node.lineno}: {name}")
    return dead


def repeated_helpers(modules: dict[Path, ast.Module]) -> list[list[str]]:
    """Functions and classes of several modules with the same body; tests and tiny ones left out."""
    alike: dict[tuple[type, ...], list[tuple[str, list[ast.stmt]]]] = {}
    for path, tree in modules.items():
        for node in ast.walk(tree):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if node.name.startswith("test_"):
                continue
            body = [
                part
                for part in node.body
                if ast.get_docstring(node) is None or part != node.body[0]
            ]
            kinds = tuple(type(inner) for part in body for inner in ast.walk(part))
            if len(kinds) > 15:
                alike.setdefault(kinds, []).append((f"{path}:{node.lineno}: {node.name}", body))
    places: dict[str, list[str]] = {}
    for some in alike.values():
        for place, body in some if len(some) > 1 else ():
            places.setdefault("".join(map(ast.dump, body)), []).append(place)
    return [same for same in places.values() if len({word.partition(":")[0] for word in same}) > 1]


@cache
def parsed(path: Path) -> ast.Module:
    """The tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"))


@cache
def own_modules() -> tuple[dict[Path, ast.Module], set[str]]:
    """The trees of the package's modules, and the names that all other files use."""
    trees = {path.relative_to(ROOT): parsed(path) for path in files("src/**/*.py")}
    names: set[str] = set()
    for path in files("tests/**/*.py", "benchmarks/**/*.py", "tools/**/*.py", "*.py"):
        names |= used_names(parsed(path))
    for path in files("docs/**/*.md", "*.md"):
        for code in re.findall(r"```.*?```|`[^`]+`", path.read_text(encoding="utf-8"), re.DOTALL):
            names.update(WORD.findall(code))
    names.update(WORD.findall((ROOT / "pyproject.toml").read_text(encoding="utf-8")))
    return trees, names


def test_every_exported_name_is_used_elsewhere() -> None:
    """A name of `__all__` is used by another module, by a test or tool, or in the docs' code."""
    assert dead_exports(*own_modules()) == []


def test_every_function_is_used() -> None:
    """A private function is used in its module, any other function or class somewhere."""
    assert dead_definitions(*own_modules()) == []


def test_dead_names_are_found() -> None:
    """The two searches find what is planted: recursion, a docstring and `__all__` are no uses."""
    modules = {
        Path("a/__init__.py"): ast.parse("from a.b import used, dead\n__all__ = ['used', 'dead']"),
        Path("a/b.py"): ast.parse(
            "__all__ = ['used', 'dead', 'inside']\n"
            "def used(): return inside()\n"
            "def dead(): 'See _alone.'\n"
            "def inside(): 0\n"
            "def _alone(): return _alone()\n"
            "class K:\n def _method(self): 0\n def told(self): return self._method()"
        ),
        Path("c.py"): ast.parse("from a import used\nused(); K()\n_alone"),
    }
    assert dead_exports(modules, {"told"}) == ["a/__init__.py: dead", "a/b.py: inside"]
    assert dead_definitions(modules, {"told"}) == ["a/b.py:5: _alone"]
    assert dead_definitions(modules, set()) == ["a/b.py:5: _alone", "a/b.py:8: told"]


def test_no_helper_of_tests_is_written_twice() -> None:
    """Helpers that several test files need are in one module of tests/."""
    modules = {path.relative_to(ROOT): parsed(path) for path in files("tests/**/*.py")}
    assert repeated_helpers(modules) == []
    body = "return {path.name: path.read_bytes() for path in folder.iterdir()}"
    planted = {
        Path("a.py"): ast.parse(f"def files(folder): {body}"),
        Path("b.py"): ast.parse(f"def content(folder):\n  'All files.'\n  {body}"),
    }
    assert repeated_helpers(planted) == [["a.py:1: files", "b.py:1: content"]]


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
        for path in files(
            "src/**/*.py", "src/**/*.js", "core/**/*.cpp", "core/**/*.h", "benchmarks/**/*.py"
        )
        if "vendor" not in path.parts
        and (lines := len(path.read_text(encoding="utf-8").splitlines())) > 400
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
