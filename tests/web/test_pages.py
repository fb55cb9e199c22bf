"""Our pages keep to the strictest policy: what they name is there, and nothing is inline."""

from __future__ import annotations

import posixpath
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from spritenet.web.assets import STATIC
from spritenet.web.table import static_files

PAGES = sorted(STATIC.glob("*/index.html"))
OURS = [path for path in sorted(STATIC.rglob("*.js")) if "vendor" not in path.parts]
STYLES = sorted(STATIC.rglob("*.css"))
CODE_OR_HTML_OF_TEXT = re.compile(
    r"\b(?:eval|Function)\(|\b(?:innerHTML|outerHTML|insertAdjacentHTML|srcdoc)\b"
)


def name(path: Path) -> str:
    """For a test's name."""
    return path.relative_to(STATIC).as_posix()


class Elements(HTMLParser):
    """Every element of a page with its attributes, and the text of scripts and styles."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.inline = ""
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """One more."""
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        """Text; only a script's or a style's counts."""
        if self.found and self.found[-1][0] in {"script", "style"}:
            self.inline += data.strip()


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_has_nothing_inline(page: Path) -> None:
    """No script, style, style attribute or handler that a content security policy would stop."""
    elements = Elements(page.read_text(encoding="utf-8"))
    assert elements.inline == ""
    forbidden = [
        (tag, attribute)
        for tag, attributes in elements.found
        for attribute in attributes
        if attribute == "style" or attribute.startswith("on")
    ]
    assert forbidden == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_what_a_page_names_is_served_beside_it(page: Path) -> None:
    """By relative addresses, so that it works under any prefix, and in one file."""
    folder = page.parent.name
    served = static_files(folder)
    for _, attributes in Elements(page.read_text(encoding="utf-8")).found:
        address = attributes.get("src") or attributes.get("href")
        if address is not None and not address.startswith("#"):
            assert posixpath.normpath(f"/{folder}/{address}") in served


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_a_page_can_be_read_by_everyone(page: Path) -> None:
    """It names its language and its title, and scales on phones."""
    found = Elements(page.read_text(encoding="utf-8")).found
    tags = dict(found)
    assert tags["html"].get("lang") == "en"
    assert {"title", "main", "h1"} <= tags.keys()
    assert any(
        "width=device-width" in (a.get("content") or "") for tag, a in found if tag == "meta"
    )


@pytest.mark.parametrize("module", OURS, ids=name)
def test_a_module_makes_no_code_and_no_html_of_text(module: Path) -> None:
    """Neither eval nor innerHTML: class names and file names stay text."""
    text = module.read_text(encoding="utf-8")
    assert CODE_OR_HTML_OF_TEXT.findall(text) == []


@pytest.mark.parametrize("style", STYLES, ids=name)
def test_a_style_sheet_loads_nothing(style: Path) -> None:
    """No import, no address, no font from elsewhere."""
    assert re.findall(r"@import|url\(|https?:(?!//jfly)", style.read_text(encoding="utf-8")) == []
