"""The pages of `clean` and `embed` in a browser: what is chosen is what is saved."""

from __future__ import annotations

import csv
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import spritenet as sn
from drawing_page import visited
from spritenet.curation import Findings, read_changes
from spritenet.web.curation import map_page, review_page
from waiting import holds

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PLANTED = 12  # wrong labels


@pytest.fixture(scope="module")
def found() -> Findings:
    """The findings in drawn digits, of which some have wrong labels and one is there twice."""
    data = sn.load("strokes")
    train = data.train[:600]
    images, labels = train.images.copy(), train.labels.copy()
    labels[:PLANTED] = (labels[:PLANTED] + 3) % 10
    images[40] = images[41]
    splits = {"train": replace(train, images=images, labels=labels)}
    return sn.clean(replace(data, splits=splits), folds=2, rounds=1)


def saved(tab: Page, folder: Path) -> list[dict[str, str]]:
    """The rows of the file that *Save* gives, which Python reads."""
    with tab.expect_download() as download:
        tab.click("#save")
    assert download.value.suggested_filename == "changes.csv"
    path = folder / "changes.csv"
    download.value.save_as(path)
    read_changes(path)
    return list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))


def test_choices_are_shown_undone_kept_and_saved(
    chromium: Browser, found: Findings, tmp_path: Path
) -> None:
    """Relabelled, removed, kept; one by one and all of a kind; over a reload."""
    path = tmp_path / "review.html"
    path.write_text(review_page(found), encoding="utf-8")
    wrong = found.of("label")
    assert len(wrong) >= PLANTED // 2
    with visited(chromium, viewport={"width": 1000, "height": 800}, offline=True) as context:
        tab = context.new_page()
        tab.goto(path.as_uri())
        assert tab.inner_text("#count").startswith("0 of ")
        first = tab.locator(".card").first
        first.get_by_role("button", name="Relabel").click()
        assert first.locator(".to select").input_value() == wrong[0].suggested
        other = next(name for name in found.data.class_names if name != wrong[0].suggested)
        first.locator(".to select").select_option(other)
        tab.locator(".card").nth(1).get_by_role("button", name="Remove").click()
        tab.locator(".card").nth(2).get_by_role("button", name="Keep").click()
        assert "1 relabelled, 1 removed, 1 kept" in tab.inner_text("#count")
        rows = saved(tab, tmp_path)
        assert [(row["action"], row["to"]) for row in rows] == [
            ("relabel", other),
            ("remove", ""),
            ("keep", ""),
        ]
        tab.reload()
        assert "1 relabelled, 1 removed, 1 kept" in tab.inner_text("#count")
        tab.select_option("#filter", "open")
        assert first.is_hidden()
        tab.select_option("#filter", "")
        tab.get_by_role("button", name="Relabel all as suggested").click()
        assert f"{len(wrong) - 2} relabelled, 1 removed, 1 kept" in tab.inner_text("#count")
        tab.click("#undo")
        assert "1 relabelled, 1 removed, 1 kept" in tab.inner_text("#count")
        tab.get_by_role("button", name="Remove all copies").click()
        assert {"train 40", "train 41"} & {
            f"{row['split']} {row['index']}"
            for row in saved(tab, tmp_path)
            if row["action"] == "remove"
        }


def test_a_map_is_moved_zoomed_and_asked(chromium: Browser, tmp_path: Path) -> None:
    """By mouse, wheel and keyboard; the images most like the chosen one are beside it."""
    images = sn.load("strokes").train[:120]
    model = sn.networks.tutorial(images)
    model.fit(images, epochs=1, verbose=0)
    path = tmp_path / "map.html"
    path.write_text(map_page(sn.embed(images, model), "some digits"), encoding="utf-8")
    drawn = "document.querySelector('#map').toDataURL()"
    with visited(chromium, viewport={"width": 1000, "height": 800}, offline=True) as context:
        tab = context.new_page()
        tab.goto(path.as_uri())
        chosen = tab.locator("#chosen p").first
        chosen.filter(has_text="Image 0:").wait_for()
        tab.locator("#map").focus()
        tab.keyboard.press("ArrowRight")
        chosen.filter(has_text=f"Image 1: {images.labels[1]}").wait_for()
        assert tab.locator("#chosen canvas").count() > 2
        before = tab.evaluate(drawn)
        tab.keyboard.press("+")
        holds(tab, f"(before) => {drawn} !== before", before)
        near = tab.evaluate(drawn)
        box = tab.locator("#map").bounding_box()
        assert box is not None
        middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        tab.mouse.move(*middle)
        tab.mouse.wheel(0, 300)
        holds(tab, f"(near) => {drawn} !== near", near)
        far = tab.evaluate(drawn)
        tab.mouse.down()
        tab.mouse.move(middle[0] + 60, middle[1] + 20)
        tab.mouse.up()
        holds(tab, f"(far) => {drawn} !== far", far)
        tab.select_option("#class", "3")
        tab.locator("#map").focus()
        tab.keyboard.press("ArrowRight")
        chosen.filter(has_text=re.compile(": 3$")).wait_for()
        assert np.all(images.labels[[int(chosen.inner_text().split()[1].rstrip(":"))]] == 3)
