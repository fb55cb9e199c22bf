"""The drawing page as a person uses it: strokes by mouse, answers as they are shown."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from site_server import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, FloatRect, Page

__all__ = ["Strokes", "answer", "box_of", "draw", "page_on", "served_page", "visited"]

STATIC = Path(__file__).parents[1] / "src" / "spritenet" / "web" / "static"

Strokes = Sequence[Sequence[Sequence[float]]]
"""Strokes of points (x, y) in 0 … 1, y downwards."""

ANSWER = """() => {
  spritenetDraw.show();
  const { input, state, best, probabilities } = spritenetDraw.answer;
  return { input: [...input], state, best, probabilities: [...probabilities] };
}"""


@contextmanager
def served_page(folder: Path, model: Path, examples: Path | None = None) -> Iterator[str]:
    """The page's address, served as from any static server.

    Args:
        folder: an empty folder to put the site into.
        model: the folder of a saved model.
        examples: a sprite to teach with.
    """
    for name in ("lib", "ui", "vendor", "draw"):
        shutil.copytree(STATIC / name, folder / name)
    shutil.copytree(model, folder / "draw" / "model")
    if examples is not None:
        shutil.copy(examples, folder / "draw" / "examples.png")
    with served({part.name: part for part in folder.iterdir()}) as site:
        yield f"{site}draw/index.html"


@contextmanager
def visited(browser: Browser, *allowed: str, **options: Any) -> Iterator[BrowserContext]:
    """A fresh visitor. What consoles complain of fails, unless it begins as one of `allowed`."""
    context = browser.new_context(**options)
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    context.on(
        "console",
        lambda line: complaints.append(line.text) if line.type in {"error", "warning"} else None,
    )
    yield context
    context.close()
    unexpected = [line for line in complaints if not line.startswith(allowed)]
    assert not unexpected, unexpected


def page_on(context: BrowserContext, address: str) -> Page:
    """A tab in which one can draw."""
    page = context.new_page()
    page.goto(address)
    page.locator("#stage").wait_for(state="visible")
    return page


def box_of(page: Page) -> FloatRect:
    """Returns the sheet's bounding box, in CSS pixels."""
    box = page.locator("#canvas").bounding_box()
    assert box is not None
    return box


def draw(
    page: Page,
    strokes: Strokes,
    *,
    at: tuple[float, float] = (0.2, 0.15),
    size: float = 0.65,
    steps: int = 1,
) -> None:
    """Draw with the mouse, from point to point.

    Args:
        page: the tab.
        strokes: what to draw.
        at: where its upper left corner comes to, in shares of the sheet.
        size: how large its unit square becomes.
        steps: movements of the mouse from one point to the next.
    """
    box = box_of(page)
    for stroke in strokes:
        points = [
            (
                box["x"] + box["width"] * (at[0] + size * float(x)),
                box["y"] + box["height"] * (at[1] + size * float(y)),
            )
            for x, y in stroke
        ]
        page.mouse.move(*points[0])
        page.mouse.down()
        for x, y in points[1:]:
            page.mouse.move(x, y, steps=steps)
        page.mouse.up()


def answer(page: Page) -> dict[str, Any]:
    """Returns the page's current answer: input, state, best, probabilities."""
    found: dict[str, Any] = page.evaluate(ANSWER)
    return found
