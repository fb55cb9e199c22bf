"""The page of a sweep, from its first trial to its end, on every screen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from spritenet.sweeps import Trial
from spritenet.sweeps.sweep_folder import SweepFolder
from spritenet.web.serving import running
from spritenet.web.sweep import sweeping
from spritenet.web.table import static_files
from waiting import fits

if TYPE_CHECKING:
    from playwright.sync_api import Browser


def made(path: Path) -> SweepFolder:
    """A sweep with forty trials, some of them ended early, one diverged."""
    folder = SweepFolder(path / "s")
    space = {"learning_rate": "0.001..1.0:log", "augment": ["none", "digits"]}
    folder.begin(
        {
            "state": "running",
            "metric": "val_accuracy",
            "maximize": True,
            "trials": 40,
            "space": space,
            "network": "tutorial",
            "data": "mnist",
        },
        resume=False,
    )
    for number in range(40):
        rate = 10 ** (-3 + 3 * (number * 7 % 40) / 40)
        top = 0.99 - 0.2 * abs(number * 7 % 40 - 25) / 40
        early = number % 3 == 1
        curve = [
            {"val_accuracy": top * (1 - 0.2 / (epoch + 1))} for epoch in range(2 if early else 6)
        ]
        settings = {"learning_rate": rate, "augment": ("none", "digits")[number % 2], "seed": 0}
        state = "pruned" if early else "finished"
        value = curve[-1]["val_accuracy"]
        folder.write(Trial(number, settings, state, curve, value, 5994 + number, 2.0 + number))  # type: ignore[arg-type]  # a state
    folder.write(Trial(40, {"learning_rate": 1.0, "seed": 0}, "diverged", error="not finite"))
    return folder


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_sweep_is_seen_as_it_goes_on(chromium: Browser, tmp_path: Path, scheme: str) -> None:
    """Curves, importance, charts and table fill; the end appears without reloading."""
    folder = made(tmp_path)
    files = static_files("watch", "sweep")
    with running(files, sweeping(folder.path), home="/sweep/") as site:
        context = chromium.new_context(color_scheme=scheme)  # type: ignore[arg-type]  # one of two
        page = context.new_page()
        page.set_default_timeout(30_000)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(site.address)
        page.locator("#how-far", has_text="41 of 40 trials").wait_for()
        assert page.locator("#title").inner_text() == "Sweep of tutorial on mnist"
        assert page.locator("#curves polyline").count() == 40
        assert page.locator("#curves polyline.early").count() == 13
        assert page.locator("#seconds circle.best").count() == 1
        assert page.locator("#slices .plot").count() == 2
        assert page.locator("#importance .bar").count() == 2
        winner = page.locator("#trials tr.winner")
        assert winner.locator("a").get_attribute("href") == "../watch/?run=0015"
        for width in (360, 768, 1440):
            fits(page, width)
        for seed, value in ((1, 0.93), (2, 0.95)):
            settings = {"learning_rate": 0.1, "seed": seed}
            curve = [{"val_accuracy": value}, {"val_accuracy": value}]
            folder.write(Trial(seed, settings, "finished", curve, value, group="seed"))
        folder.write_config({**folder.config(), "state": "finished"})
        page.locator("#state", has_text=re.compile("^Finished$")).wait_for()
        page.locator("#merit", has_text=re.compile("^Trial 15 was lucky, by ")).wait_for()
        assert page.locator("#curves polyline.seed").count() == 2
        context.close()
        assert complaints == []
