"""Threads in a page that is cross-origin isolated; one thread in any other."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import tiny
from site_server import served

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

LIBRARY = Path(__file__).parents[2] / "src" / "spritenet" / "web" / "static" / "lib"
PAGES = Path(__file__).parent / "pages"

TRAIN = "async (given) => (await import('./threads.js')).train(given)"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A small network and its data as files of the site."""
    data = tiny.images()
    model = tiny.model()
    model.build((8, 8, 1))
    model.save(tmp_path / "model")
    (tmp_path / "images.bin").write_bytes(np.ascontiguousarray(data.images).tobytes())
    (tmp_path / "labels.bin").write_bytes(data.labels.astype("<i4").tobytes())
    return tmp_path


def trained(chromium: Browser, files: Path, *, isolated: bool, threads: int) -> dict[str, Any]:
    """Returns what a training in a worker gives; a complaint in the console fails the test."""
    folders = {"lib": LIBRARY, "pages": PAGES, "files": files}
    with served(folders, isolated=isolated) as site:
        page = chromium.new_page()
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on(
            "console",
            lambda message: (
                complaints.append(message.text) if message.type in {"error", "warning"} else None
            ),
        )
        page.goto(f"{site}pages/empty.html")
        found: dict[str, Any] = page.evaluate(TRAIN, threads)
        page.close()
    assert complaints == []
    return found


def test_an_isolated_page_trains_on_several_threads(chromium: Browser, files: Path) -> None:
    """With the bits that one thread gives, on any page."""
    together = trained(chromium, files, isolated=True, threads=3)
    alone = trained(chromium, files, isolated=False, threads=3)
    assert (together.pop("threads"), alone.pop("threads")) == (3, 1)
    assert len(alone["losses"]) == 39
    assert together == alone


HIDDEN = """
Object.defineProperty(document, 'hidden', { value: true });
requestAnimationFrame = () => 0;
const later = setTimeout;
setTimeout = (done, milliseconds, ...rest) => later(done, Math.max(1000, milliseconds), ...rest);
"""


def test_a_hidden_tab_trains_on(page: Page, files: Path) -> None:
    """In the page, where no frame comes and timers take a second: it waits for neither."""
    assert (files / "model").exists()
    page.add_init_script(HIDDEN)
    page.reload()
    whole, inside = page.evaluate("async () => (await import('./threads.js')).inPage()")
    assert inside / whole > 0.2  # with a second's wait in each pause it would be 0.04
