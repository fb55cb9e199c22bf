"""Waits for what a page does in its own time: frames, observers, workers, databases.

A machine that others use too may take seconds for each. So no test sleeps and then looks, nor looks
at once at what changes with the next frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

__all__ = ["PATIENCE", "fits", "holds", "settles"]

PATIENCE = 60_000  # milliseconds: others may use the machine

OFTEN = 50  # milliseconds between two looks

Seen = TypeVar("Seen")

FITS = """(width) =>
  innerWidth === width && document.documentElement.scrollWidth <= width"""


def holds(page: Page, expression: str, argument: object = None) -> None:
    """Waits until a JavaScript expression, or function of the argument, is true or promises that.

    It needs no frames, which hidden pages lack.
    """
    found = settles(page, lambda: bool(page.evaluate(expression, argument)), expected=True)
    assert found, f"never true, with {argument!r}: {expression}"


def fits(page: Page, width: int, height: int = 800) -> None:
    """Makes the window so large and waits until nothing makes the page scroll sideways."""
    page.set_viewport_size({"width": width, "height": height})
    holds(page, FITS, width)


def settles(page: Page, read: Callable[[], Seen], expected: Seen) -> Seen:
    """Reads until it is as expected or patience ends; returns what was read last."""
    for _ in range(PATIENCE // OFTEN):
        found = read()
        if found == expected:
            break
        page.wait_for_timeout(OFTEN)
    return found
