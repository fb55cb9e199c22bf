"""The documentation is complete: what a user can type or catch stands somewhere in it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer
from typer.core import TyperCommand, TyperGroup, TyperOption

import spritenet
from spritenet import errors, ops

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#]+)")

ANCHOR = re.compile(r"\]\((?!https?://)([^)#]*)#([^)]+)\)")


@pytest.fixture(scope="module")
def documentation() -> str:
    """All pages in one text."""
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def commands() -> dict[str, list[TyperOption]]:
    """The options of each command of the program, by its full name."""
    from spritenet.cli import application

    found: dict[str, list[TyperOption]] = {}

    def walk(name: str, command: object) -> None:
        assert isinstance(command, TyperCommand | TyperGroup)
        found[name] = [
            parameter
            for parameter in command.params
            if isinstance(parameter, TyperOption) and not parameter.hidden
        ]
        if isinstance(command, TyperGroup):
            for child, below in command.commands.items():
                walk(f"{name} {child}", below)

    walk("spritenet", typer.main.get_command(application()))
    return found


def test_every_public_name_is_documented(documentation: str) -> None:
    """Each name of `spritenet.__all__` appears in backticks, a table or an example."""
    missing = [
        name
        for name in spritenet.__all__
        if not name.startswith("__") and not re.search(rf"\b{name}\b", documentation)
    ]
    assert missing == []


def test_every_operation_is_documented_on_its_page() -> None:
    """docs/reference/ops.md has each name of `spritenet.ops`."""
    page = (ROOT / "docs" / "reference" / "ops.md").read_text(encoding="utf-8")
    assert [name for name in ops.__all__ if not re.search(rf"`{name}[`(]", page)] == []


def test_every_error_is_documented_on_its_page() -> None:
    """docs/reference/errors.md has a line for each class of the tree."""
    page = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    assert [name for name in errors.__all__ if f"`{name}`" not in page] == []


def documented() -> dict[str, set[str]]:
    """The options in the tables of docs/reference/cli.md, by the full name of their command."""
    page = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    texts = dict(part.split("\n", 1) for part in page.split("\n## "))
    found = {
        heading: {
            spelling
            for cell in re.findall(r"^\| (`-.*?) \|", text, re.MULTILINE)
            for spelling in re.findall(r"`(--?[a-z][\w-]*)", cell)
        }
        for heading, text in texts.items()
    }
    shared = found.pop("Data options")
    found["spritenet"] = found.pop("# The command line") - {"--help", "-h"}
    return {
        heading: options | (shared if "(#data-options)" in texts.get(heading, "") else set())
        for heading, options in found.items()
    }


def test_every_command_and_option_is_documented() -> None:
    """docs/reference/cli.md has a section for each command, with exactly its options."""
    there = {
        name: {s for option in options for s in (*option.opts, *option.secondary_opts)}
        - {"--help", "-h"}
        for name, options in commands().items()
    }
    assert documented() == there


def test_every_environment_variable_is_documented(documentation: str) -> None:
    """A switch that nobody can find is no switch."""
    sources = [*ROOT.glob("src/**/*.py"), *ROOT.glob("core/**/*.cpp"), ROOT / "hatch_build.py"]
    named = {
        variable
        for source in sources
        for variable in re.findall(r"SPRITENET_[A-Z_]+", source.read_text(encoding="utf-8"))
    }
    assert sorted(variable for variable in named if variable not in documentation) == []


def test_the_architectures_tree_has_a_line_for_each_file_and_folder() -> None:
    """Of the package, one level deep, and nothing that is gone."""
    package = ROOT / "src" / "spritenet"
    there = {path.name for path in package.glob("*.py") if not path.stem.startswith("__")}
    there |= {f"{path.parent.name}/" for path in package.glob("*/__init__.py")}
    page = (ROOT / "docs" / "explanation" / "architecture.md").read_text(encoding="utf-8")
    tree = page.partition("src/spritenet/\n")[2].partition("\ntests/")[0]
    assert {line.split()[0] for line in tree.splitlines()} == there


def test_every_link_leads_somewhere() -> None:
    """Relative links of all pages, and those of the pages at the root."""
    pages = [*PAGES, ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in LINK.findall(page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_every_anchor_is_a_heading() -> None:
    """Links to a part of a page name a heading that is there."""
    broken = [
        f"{page.relative_to(ROOT)}: {target}#{anchor}"
        for page in PAGES
        for target, anchor in ANCHOR.findall(page.read_text(encoding="utf-8"))
        if anchor not in anchors(page.parent / target if target else page)
    ]
    assert broken == []


def test_every_page_is_in_the_index() -> None:
    """docs/README.md links to each page; decisions share one link to their folder."""
    docs = ROOT / "docs"
    index = (docs / "README.md").read_text(encoding="utf-8")
    pages = {page.relative_to(docs).as_posix() for page in docs.rglob("*.md")} - {"README.md"}
    pages = {"decisions" if page.startswith("decisions/") else page for page in pages}
    assert sorted(page for page in pages if f"({page})" not in index) == []
