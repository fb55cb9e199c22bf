"""Fingers on the drawing page: a tap after a fast stroke isn't lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from browser.test_lab import Bench, bench, complaints, context, train, visit

if TYPE_CHECKING:
    from playwright.sync_api import Browser, CDPSession, Page

__all__ = ["bench", "complaints", "context", "visit"]  # fixtures


def touch(session: CDPSession, kind: str, *points: tuple[float, float]) -> None:
    """Sends one event of a finger."""
    places = [{"x": x, "y": y} for x, y in points]
    session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": places})


def middle(tab: Page, selector: str) -> tuple[float, float]:
    """The middle of an element."""
    box = tab.locator(selector).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


@pytest.mark.parametrize("pause", [0, 8])
def test_a_tap_after_a_fast_stroke_counts(chromium: Browser, bench: Bench, pause: int) -> None:
    """Lifted in motion, then Clear: each of three times the drawing is gone."""
    shown = chromium.new_context(viewport={"width": 360, "height": 740}, has_touch=True)
    tab = shown.new_page()
    tab.goto(f"{bench.address}lab/index.html")
    tab.locator("#data").wait_for()
    train(tab, length=2, unit="steps")
    tab.locator("#pad").scroll_into_view_if_needed()
    session = shown.new_cdp_session(tab)
    for _ in range(3):
        x, y = middle(tab, "#pad")
        touch(session, "touchStart", (x, y - 60))
        for step in range(1, 7):
            tab.wait_for_timeout(pause)
            touch(session, "touchMove", (x, y - 60 + 20 * step))
        touch(session, "touchEnd")
        tab.locator("#pad-clear:enabled").wait_for()
        tap = middle(tab, "#pad-clear")
        touch(session, "touchStart", tap)
        touch(session, "touchEnd")
        tab.locator("#pad-clear:disabled").wait_for()
    shown.close()
