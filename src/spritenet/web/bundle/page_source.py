"""A page's index.html, taken apart: what it is called, needs, and shows."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from dataclasses import dataclass
from html.parser import HTMLParser

from spritenet.errors import CoreError

__all__ = ["PageSource", "read_page"]


@dataclass(frozen=True, slots=True)
class PageSource:
    """A page.

    Attributes:
        name: its folder: "draw".
        title: as in the tab.
        styles: names of its style sheets, in order: "ui/theme.css".
        entry: the name of its one script: "draw/page.js".
        body: what is inside of its body, without indentation.
    """

    name: str
    title: str
    styles: tuple[str, ...]
    entry: str
    body: str


def read_page(name: str, read: Callable[[str], str]) -> PageSource:
    """The page in a folder.

    Args:
        name: of the folder.
        read: the text of a file by its name.

    Raises:
        CoreError: it has not exactly one script, a module.
    """
    file = f"{name}/index.html"
    text = read(file)
    parser = _Parser(name)
    parser.feed(text)
    if len(parser.scripts) != 1:
        raise CoreError("a page has one script, a module", where=file, got=len(parser.scripts))
    inside = re.search(r"<body[^>]*>(.*)</body>", text, re.DOTALL)
    if inside is None:
        raise CoreError("a page has a body", where=file)
    lines = (line.strip() for line in inside[1].splitlines())
    return PageSource(
        name,
        parser.title.strip(),
        tuple(parser.styles),
        parser.scripts[0],
        "\n".join(line for line in lines if line),
    )


class _Parser(HTMLParser):
    """Collects what a page's head names."""

    def __init__(self, folder: str) -> None:
        super().__init__()
        self.folder = folder
        self.title = ""
        self.styles: list[str] = []
        self.scripts: list[str] = []
        self.in_title = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """A style sheet or a script."""
        values = dict(attrs)
        if tag == "link" and values.get("rel") == "stylesheet":
            self.styles.append(self._name(values.get("href")))
        if tag == "script" and values.get("type") == "module":
            self.scripts.append(self._name(values.get("src")))
        self.in_title = tag == "title"

    def handle_endtag(self, tag: str) -> None:
        """The end of the title."""
        if tag == "title":
            self.in_title = False

    def handle_data(self, data: str) -> None:
        """The title."""
        if self.in_title:
            self.title += data

    def _name(self, address: str | None) -> str:
        return posixpath.normpath(posixpath.join(self.folder, address or "."))
