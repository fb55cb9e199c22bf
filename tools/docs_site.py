"""Hooks of MkDocs, which make a site of docs/: `make docs`.

The navigation is that of docs/README.md: a section for each heading, a page for each row. Links to
files outside docs/ lead to pages that show those files. The reference of the Python interface is
made from the docstrings of every public name.
"""

from __future__ import annotations

import json
import re
from pathlib import Path, PurePosixPath
from typing import Any

from mkdocs.structure.files import File, Files

import spritenet

ROOT = Path(__file__).resolve().parents[1]
OUTSIDE = re.compile(r"\]\((?:\.\./)+((?:benchmarks|examples|core|src|tests|tools)/[^)#\s]+)\)")
NAMED = re.compile(r"\[[\w-]+\.md\]\(([\w./-]+\.md)")
ROW = re.compile(r"^\| \[[^\]]+\]\(([^)]+\.md)\) \| ([^|]+) \|", re.MULTILINE)
API = "reference/python"


def on_config(config: Any) -> Any:  # noqa: ANN401 - MkDocs' own type changes with its releases
    """Sets the navigation."""
    text = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    sections: list[dict[str, object]] = [{"Overview": "README.md"}]
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title = part.partition("\n")[0].partition(":")[0]
        pages: list[object] = [path for path, _ in ROW.findall(part)]
        if title == "Reference":
            pages.append({"Python, name by name": [f"{API}/{name}.md" for name in modules()]})
        if pages:
            sections.append({title: pages})
    decisions = sorted((ROOT / "docs" / "decisions").glob("*.md"))
    sections.append({"Decisions": [f"decisions/{path.name}" for path in decisions]})
    config["nav"] = sections
    return config


def on_files(files: Files, config: Any) -> Files:  # noqa: ANN401 - as above
    """Adds the pages of files outside docs/, and of the Python interface."""
    linked = set()
    for path in (ROOT / "docs").rglob("*.md"):
        linked |= set(OUTSIDE.findall(path.read_text(encoding="utf-8")))
    for name in sorted(linked):
        page = _shown(name)
        files.append(File.generated(config, f"source/{name}.md", content=page))
    for module, names in modules().items():
        lines = [f"# spritenet.{module}\n"] if module != "spritenet" else ["# spritenet\n"]
        lines += [f"::: {name}\n" for name in names]
        files.append(File.generated(config, f"{API}/{module}.md", content="\n".join(lines)))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_: object) -> str:  # noqa: ANN401 - as above
    """Leads links to files outside docs/ to their pages, and names linked pages by their titles."""
    place = PurePosixPath(page.file.src_uri).parent
    depth = len(place.parts)
    markdown = OUTSIDE.sub(lambda found: f"]({'../' * depth}source/{found[1]}.md)", markdown)
    return NAMED.sub(lambda found: f"[{_title(place / found[1])}]({found[1]}", markdown)


def _shown(name: str) -> str:
    """Returns the page of a file outside docs/: its text; of a notebook its cells."""
    source = (ROOT / name).read_text(encoding="utf-8")
    if name.endswith(".md"):
        return source
    if not name.endswith(".ipynb"):
        kind = "python" if name.endswith(".py") else ""
        return f"# {name}\n\n````{kind}\n{source}````\n"
    texts = (("".join(c["source"]), c["cell_type"] == "code") for c in json.loads(source)["cells"])
    return "\n\n".join(f"````python\n{text}\n````" if code else text for text, code in texts)


def _title(page: PurePosixPath) -> str:
    """Returns the heading of a page of docs/."""
    path = (ROOT / "docs" / page).resolve()
    return path.read_text(encoding="utf-8").partition("\n")[0].removeprefix("# ")


def modules() -> dict[str, list[str]]:
    """The public names under the packages where they are defined."""
    found: dict[str, list[str]] = {}
    for name in sorted(dir(spritenet)):
        value = getattr(spritenet, name)
        place = getattr(value, "__module__", None)
        if name.startswith("_") or place is None or not place.startswith("spritenet"):
            continue
        package = place.split(".")[1]
        found.setdefault(package, []).append(f"{place}.{value.__qualname__}")
    return dict(sorted(found.items()))
