"""Pages on multi-label data in a real browser: drawing, the exported file, the lab, the report."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

import spritenet as sn
from drawing_page import draw, page_on, served_page, visited
from program import spritenet
from several_shapes import NAMES, shapes_dataset
from site_server import served
from spritenet.prepare import Preparation
from spritenet.report import make_report
from spritenet.web.report import write_report

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

STATIC = Path(__file__).parents[2] / "src" / "spritenet" / "web" / "static"
SHOTS = os.environ.get("SPRITENET_SHOTS")
CIRCLE = [[(0.1, 0.5), (0.25, 0.15), (0.5, 0.05), (0.8, 0.2), (0.9, 0.5), (0.75, 0.85)]]
SQUARE = [[(0.1, 0.1), (0.9, 0.1), (0.9, 0.9), (0.1, 0.9), (0.1, 0.1)]]


@dataclass(frozen=True)
class Trained:
    """A data set of shapes, and a network trained on it."""

    data: sn.Dataset
    model: sn.Model
    folder: Path


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Trained:
    """Saved, with tuned thresholds."""
    folder = tmp_path_factory.mktemp("several")
    data = shapes_dataset(1500, 200)
    model = sn.networks.convnet(data.train)
    model.fit(data.train, validation_split=0.2, epochs=5, verbose=0)
    model.preparation = Preparation("fit", 28, 28, 1).to_json()
    model.save(folder / "model")
    sn.pack(data, folder / "shapes.png")
    return Trained(data, model, folder)


def shot(page: Page, name: str) -> None:
    """Takes a picture of the page, where SPRITENET_SHOTS names a folder."""
    if SHOTS:
        page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


def check_drawing(page: Page, trained: Trained) -> None:
    """A drawing is answered with all classes above their thresholds, each marked by a tick."""
    draw(page, CIRCLE, at=(0.08, 0.1), size=0.36)
    draw(page, SQUARE, at=(0.55, 0.5), size=0.36)
    found = page.evaluate("() => { spritenetDraw.show(); return spritenetDraw.answer; }")
    assert found["state"] == "several"
    limits = trained.model.thresholds
    assert limits is not None
    p = found["probabilities"]
    assert found["present"] == [value >= limit for value, limit in zip(p, limits, strict=True)]
    there = [name for name, shown in zip(NAMES, found["present"], strict=True) if shown]
    assert page.inner_text("#sign") == (", ".join(there) or "nothing")
    assert page.locator("#bars li.best").count() == len(there)
    places = page.locator("#bars .tick").evaluate_all("all => all.map((one) => one.style.left)")
    assert [float(place.rstrip("%")) for place in places] == [
        pytest.approx(100 * limit, abs=0.051) for limit in limits
    ]
    assert not page.locator("#teach").is_visible()


def test_the_drawing_page_names_all_classes(
    chromium: Browser, trained: Trained, tmp_path: Path
) -> None:
    """With a tick at each threshold, and without lessons, which are of one class."""
    with served_page(tmp_path, trained.folder / "model") as address, visited(chromium) as context:
        page = page_on(context, address)
        check_drawing(page, trained)
        shot(page, "draw")


def test_the_exported_page_names_all_classes(
    chromium: Browser, trained: Trained, tmp_path: Path
) -> None:
    """As one file from the disk, with the lab and the data inside."""
    out = tmp_path / "page.html"
    model, data = trained.folder / "model", trained.folder / "shapes.png"
    done = spritenet("export", model, out, "--with-data", data, folder=tmp_path)
    assert done.returncode == 0, done.stderr
    with visited(chromium) as context:
        page = context.new_page()
        page.goto(out.as_uri())
        page.locator("#stage").wait_for(state="visible")
        check_drawing(page, trained)


@pytest.fixture
def lab(chromium: Browser, trained: Trained, tmp_path: Path) -> Iterator[Page]:
    """The lab with the shapes."""
    for name in ("lib", "ui", "vendor", "draw", "lab"):
        shutil.copytree(STATIC / name, tmp_path / name)
    shutil.copy(trained.folder / "shapes.png", tmp_path / "lab" / "data.png")
    with (
        served({part.name: part for part in tmp_path.iterdir()}) as site,
        visited(chromium, viewport={"width": 1280, "height": 900}) as context,
    ):
        page = context.new_page()
        page.goto(f"{site}lab/index.html")
        page.locator("#data").wait_for()
        yield page


def test_the_lab_trains_on_several_classes(lab: Page) -> None:
    """A sigmoid by itself, metrics of each class, thresholds, and a model that Python loads."""
    assert "several or none an image" in lab.inner_text("#data-about")
    lab.select_option("#network", "convnet")
    lab.fill("#length", "2")
    lab.click("#start")
    lab.locator("body[data-state=running], body[data-state=idle]").first.wait_for()
    lab.locator("body[data-state=idle]").wait_for(timeout=60_000)
    table = lab.locator("#matrix table tbody tr")
    table.first.wait_for()
    assert [row.split("\t")[0] for row in table.all_inner_texts()] == list(NAMES)
    assert "% of all answers are right" in lab.inner_text("#said")
    draw_on = lab.locator("#pad")
    draw_on.scroll_into_view_if_needed()
    box = draw_on.bounding_box()
    assert box is not None
    lab.mouse.move(box["x"] + 30, box["y"] + 30)
    lab.mouse.down()
    lab.mouse.move(box["x"] + 100, box["y"] + 90, steps=5)
    lab.mouse.up()
    lab.get_by_text("it says").wait_for()
    assert lab.locator("#pad-bars .tick:visible").count() == 4
    shot(lab, "lab")
    with lab.expect_download() as first:
        lab.click("#save")
    downloads = [first.value]
    assert downloads[0].suggested_filename


def test_the_report_has_tables_in_place_of_the_matrix(
    chromium: Browser, trained: Trained, tmp_path: Path
) -> None:
    """Classes that can be sorted, two tables of counts, a curve a class, and no complaint."""
    report = make_report(trained.model, trained.data, name="shapes")
    write_report(report, tmp_path / "report.html")
    with visited(chromium, viewport={"width": 1200, "height": 900}) as context:
        page = context.new_page()
        page.goto((tmp_path / "report.html").as_uri())
        assert page.locator("#together table").count() == 2
        assert page.locator("#precision-recall figure").count() == 4
        assert page.locator("#confusion, #calibration").count() == 0
        names = page.locator("#classes tbody th")
        assert names.all_inner_texts() == list(NAMES)
        page.locator("#classes").get_by_role("button", name="F1").click()
        f1 = [
            float(text.rstrip(" %"))
            for text in page.locator("#classes tbody td:nth-of-type(5)").all_inner_texts()
        ]
        assert f1 in (sorted(f1), sorted(f1, reverse=True))
        shot(page, "report")
