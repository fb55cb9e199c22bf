"""A real browser: Chromium, driven by Playwright. Any error in its console fails the test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from site_server import CHROMIUM_OPTIONS, served
from waiting import PATIENCE

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LIBRARY = Path(__file__).parents[2] / "src" / "spritenet" / "web" / "static" / "lib"


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """The browser, without a window."""
    playwright = pytest.importorskip("playwright.sync_api", reason="pip install playwright")
    playwright.expect.set_options(timeout=PATIENCE)
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=list(CHROMIUM_OPTIONS))
        yield browser
        browser.close()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[str]:
    """A server's address: the library in lib/, our pages in pages/, the test's files in files/."""
    pages = Path(__file__).parent / "pages"
    with served({"lib": LIBRARY, "pages": pages, "files": tmp_path}) as address:
        yield address


@pytest.fixture
def page(chromium: Browser, site: str) -> Iterator[Page]:
    """A fresh tab on an empty page of the site. What its console complains of fails the test."""
    context = chromium.new_context()
    tab = context.new_page()
    complaints: list[str] = []
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    tab.on(
        "console",
        lambda message: (
            complaints.append(message.text) if message.type in {"error", "warning"} else None
        ),
    )
    tab.goto(f"{site}pages/empty.html")
    yield tab
    context.close()
    assert complaints == []
