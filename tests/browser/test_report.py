"""The report in a real browser, opened from the disk: clicked, keyed, sorted, printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import tiny
from spritenet.dataset import Dataset, Split
from spritenet.report import Report, make_report
from spritenet.web.report import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page


@pytest.fixture(scope="module")
def report() -> Report:
    """A network that errs, on quarters; two classes are never mispredicted as each other."""
    train, test = tiny.images(300), tiny.images(150, seed=1, name="test")
    names = ("0", "<b>one</b>", "2", "3")
    splits = {s.name: Split(s.images, s.labels, names, s.name) for s in (train, test)}
    model = tiny.model()
    model.fit(splits["train"], epochs=1, verbose=0)
    return make_report(
        model, Dataset("quarters", splits, names), name="a report", commands=["true"]
    )


@pytest.fixture(scope="module")
def file(report: Report, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Its address on the disk."""
    path: Path = tmp_path_factory.mktemp("report") / "report.html"
    write_report(report, path)
    return path.as_uri()


@pytest.fixture
def tab(chromium: Browser, file: str) -> Iterator[Page]:
    """The report, opened from its file. A complaint or a request to anywhere fails the test."""
    context = chromium.new_context(viewport={"width": 1100, "height": 900})
    page = context.new_page()
    complaints: list[str] = []
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("console", lambda message: complaints.append(message.text))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith((file, "data:")) else complaints.append(request.url)
        ),
    )
    page.goto(file)
    yield page
    context.close()
    assert complaints == []


def cells(report: Report) -> dict[str, int]:
    """Returns the number of images of each non-empty cell of the matrix."""
    found = report.predictions.confusion
    return {f"{i},{j}": int(found[i, j]) for i, j in np.argwhere(found > 0).tolist()}


def test_a_click_shows_a_cells_images(report: Report, tab: Page) -> None:
    """So many as the cell says, and the right ones are pressed."""
    counts = cells(report)
    for key, count in counts.items():
        tab.click(f'[data-cell="{key}"]')
        is_, taken = (report.data.class_names[int(n)] for n in key.split(","))
        title = tab.inner_text("#cell-title")
        assert title.startswith(f"{is_}, right" if is_ == taken else f"{is_} predicted as {taken}")
        most = 30 if is_ == taken else 60
        assert tab.locator("#cell-images .view").count() == min(count, most)
        assert tab.locator('[data-cell][aria-pressed="true"]').count() == 1


def test_the_largest_mistake_is_shown_first(report: Report, tab: Page) -> None:
    """Without a click."""
    wrong = {key: n for key, n in cells(report).items() if key[0] != key[2]}
    shown = tab.get_attribute('[data-cell][aria-pressed="true"]', "data-cell")
    assert wrong[shown or ""] == max(wrong.values())


def test_arrow_keys_move_through_the_matrix(report: Report, tab: Page) -> None:
    """To the next cell with images; one cell is in the tab order."""
    counts = cells(report)
    tab.click('[data-cell="0,0"]')
    tab.keyboard.press("ArrowDown")
    column = sorted(key for key in counts if key.endswith(",0"))
    focused = tab.evaluate("document.activeElement.dataset.cell")
    assert focused == (column[1] if len(column) > 1 else "0,0")
    tab.keyboard.press("ArrowUp")
    assert tab.evaluate("document.activeElement.dataset.cell") == "0,0"
    assert tab.inner_text("#cell-title").startswith("0, right")
    assert tab.locator('[data-cell][tabindex="0"]').count() == 1


def test_a_tile_is_its_image(report: Report, tab: Page) -> None:
    """Pixel by pixel, on the screen: the middle of each of 8×8 squares."""
    index = int(report.predictions.mistakes(1)[0])
    tile = tab.locator("#mistakes .view").first
    name = report.data.class_names[report.predictions.labels[index]]
    assert tile.get_attribute("aria-label") == f"image {index} of {name}"
    box = tile.bounding_box()
    assert box is not None
    png = tile.screenshot()
    from io import BytesIO

    from PIL import Image

    shown = np.asarray(Image.open(BytesIO(png)).convert("L"))
    places = ((np.arange(8) + 0.5) * len(shown) / 8).astype(int)
    np.testing.assert_allclose(
        shown[np.ix_(places, places)].astype(int), report.predictions.images[index, :, :, 0], atol=2
    )


def test_the_classes_can_be_sorted(report: Report, tab: Page) -> None:
    """By any column of numbers, down and up; by the class itself."""
    head = tab.locator(".classes th", has_text="recall")
    for way, order in (("descending", -1), ("ascending", 1)):
        head.locator("button").click()
        assert head.get_attribute("aria-sort") == way
        shown = [
            float(t)
            for t in tab.locator(".classes tbody td:nth-child(4)").evaluate_all(
                "cells => cells.map((cell) => cell.dataset.value)"
            )
        ]
        assert shown == sorted(shown, key=lambda value: order * value)
    tab.locator(".classes th", has_text="class").first.locator("button").click()
    names = tab.locator(".classes tbody th").all_inner_texts()
    assert names == list(report.data.class_names)


@pytest.mark.parametrize("width", [360, 768, 1280])
def test_it_fits_the_screen(tab: Page, width: int) -> None:
    """Nothing makes the page scroll sideways; every chart's text is readable."""
    tab.set_viewport_size({"width": width, "height": 800})
    assert tab.evaluate("document.documentElement.scrollWidth") == width
    sizes = tab.locator(".chart").evaluate_all(
        "all => all.map((c) => 11 * c.getBoundingClientRect().width / c.viewBox.baseVal.width)"
    )
    assert min(sizes) > 8


def test_words_are_never_tags(tab: Page) -> None:
    """A class called like one."""
    assert tab.locator("main b b").count() == 0
    assert "<b>one</b>" in tab.inner_text(".classes")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_is_readable_on_light_and_on_dark(tab: Page, scheme: str) -> None:
    """Contrast of at least 4.5 : 1 of every cell's number, faint text and right and wrong."""
    tab.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    poor = tab.evaluate(
        """() => {
          const options = {willReadFrequently: true};
          const canvas = document.createElement("canvas").getContext("2d", options);
          const rgb = (colour, below) => {
            canvas.fillStyle = below; canvas.fillRect(0, 0, 1, 1);
            canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1);
            return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3);
          };
          const light = (c) => { const [r, g, b] = c.map((v) => (v /= 255) <= 0.03928 ? v / 12.92
            : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
          const ground = (e) => { for (; e; e = e.parentElement) {
            const c = getComputedStyle(e).backgroundColor;
            if (c !== "rgba(0, 0, 0, 0)" && c !== "transparent") return c; } return "white"; };
          const poor = [];
          const looked = "button, .faint, .right, .wrong, th, dt, dd, td";
          for (const e of document.querySelectorAll(looked)) {
            if (!e.textContent.trim() || !e.getClientRects().length) continue;
            const below = ground(e);
            const a = light(rgb(getComputedStyle(e).color, below)), b = light(rgb(below, below));
            const contrast = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
            const what = `${e.className || e.tagName} ${e.textContent.slice(0, 20)}`;
            if (contrast < 4.5) poor.push(`${what} ${contrast.toFixed(2)}`);
          }
          return poor;
        }"""
    )
    assert poor == []


def test_it_prints(tab: Page) -> None:
    """On a few pages, with the figures and without the navigation."""
    tab.emulate_media(media="print")
    assert not tab.locator("nav").is_visible()
    assert tab.locator("#classes").is_visible()
    pdf = tab.pdf(format="A4")
    pages = len(re.findall(rb"/Type\s*/Page\b", pdf))
    assert 2 <= pages <= 12
    assert len(pdf) < 3_000_000


def test_it_is_readable_without_a_script(chromium: Browser, file: str) -> None:
    """Everything but the cells' images."""
    context = chromium.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(file)
    assert page.locator("#mistakes .view").count() > 0
    assert page.locator(".matrix").is_visible()
    context.close()
