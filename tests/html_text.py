"""The visible text of HTML, whose tags must match."""

from __future__ import annotations

from html.parser import HTMLParser


class Texts(HTMLParser):
    """The text of a page, whose tags must match."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Open."""
        del attrs
        if tag not in {"br", "img"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        """It ends what was opened last."""
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        """Shown."""
        self.texts.append(data)


def visible_text(html: str) -> str:
    """The text of well-formed HTML."""
    parser = Texts()
    parser.feed(html)
    assert parser.open == []
    return " ".join(parser.texts)
