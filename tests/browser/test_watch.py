"""The live page watches a real training, from its first step to its end, and steers it."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from program import PROGRAM, environment
from spritenet.runs import Run
from spritenet.runs.journal import Journal, read_journal
from spritenet.training.events import Controlled, Stopped
from spritenet.web.serving import running
from spritenet.web.table import static_files
from spritenet.web.watch import watching
from waiting import PATIENCE, fits

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="not on this machine: signals")

expect = pytest.importorskip("playwright.sync_api", reason="pip install playwright").expect

EPOCHS = ("--epochs", "1000")  # none of these tests is as slow


def says(page: Page, words: str) -> None:
    """Wait until the loss chart's summary, which screen readers read, says that."""
    summary = page.locator("#loss .chart-summary", has_text=re.compile(words))
    summary.wait_for(state="attached")


class Watched:
    """A training as a user starts it, and a page on it."""

    def __init__(self, chromium: Browser, folder: Path, *words: str) -> None:
        self.run = Run(folder / "runs" / "tutorial-1")
        self.process = subprocess.Popen(
            [*PROGRAM, "train", *words, "--watch", "--no-browser"],
            cwd=folder,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        assert self.process.stdout is not None
        found = re.search(r"http\S+", self.process.stdout.readline())
        assert found is not None
        self.address = found[0]
        self.context: BrowserContext = chromium.new_context()
        self.complaints: list[str] = []
        self.page = self.open(self.address)

    def open(self, address: str) -> Page:
        """One more page."""
        tab = self.context.new_page()
        tab.set_default_timeout(PATIENCE)
        tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        tab.on(
            "console",
            lambda message: (
                self.complaints.append(message.text)
                if message.type in {"error", "warning"}
                else None
            ),
        )
        tab.goto(address)
        return tab

    def state(self, words: str, page: Page | None = None) -> None:
        """Wait until the page says that."""
        (page or self.page).locator("#state", has_text=re.compile(words)).wait_for()

    def press(self, name: str) -> None:
        """Press a button."""
        self.page.get_by_role("button", name=name, exact=True).click()

    def end(self) -> str:
        """Returns the output of the training, once it has ended."""
        out, _ = self.process.communicate(timeout=120)
        return str(out)

    def close(self) -> None:
        """End everything; the page's server goes by itself."""
        self.context.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate()


@pytest.fixture
def watch(chromium: Browser, tmp_path: Path) -> Iterator[Callable[..., Watched]]:
    """Starts a training that is watched. What its page's console complains of fails the test."""
    made: list[Watched] = []

    def start(*words: str) -> Watched:
        made.append(Watched(chromium, tmp_path, *words))
        return made[-1]

    yield start
    for one in made:
        one.close()
    assert [text for one in made for text in one.complaints] == []


def test_the_page_fits_every_screen(watch: Callable[..., Watched]) -> None:
    """With charts, predictions, confusion matrix and layers, nothing makes it scroll sideways."""
    seen = watch(*EPOCHS)
    page = seen.page
    says(page, r"training: [\d,]{2,} points")
    page.locator("#layers th[scope=row]").first.wait_for()
    page.locator("#results").wait_for()
    for width in (360, 768, 1440):
        fits(page, width)


def test_a_training_is_watched_and_steered_from_start_to_stop(
    watch: Callable[..., Watched],
) -> None:
    """Points appear; it is paused, given another rate, resumed, and stopped with all it learnt."""
    seen = watch(*EPOCHS)
    page = seen.page
    seen.state("^Running$")
    says(page, r"training: [\d,]{2,} points")
    page.locator(
        "#how-far", has_text=re.compile(r"step [\d,]+ of 313,000 · epoch \d+ of 1,?000")
    ).wait_for()
    expect(page.locator("#layers th[scope=row]").nth(1)).to_have_text("conv2d")

    seen.press("Pause")
    seen.state("^Paused at step [\\d,]+$")
    answers = [e for e in seen.run.events() if isinstance(e, Controlled)]
    assert [(e.command, e.refused) for e in answers] == [("pause", "")]
    said = page.locator("#state").inner_text()
    assert said == f"Paused at step {answers[0].step:,}"

    page.get_by_label("New learning rate").fill("much")
    seen.press("Set")
    page.get_by_text("A learning rate is a number that is not below 0").wait_for()
    page.get_by_label("New learning rate").fill("0.0625")
    seen.press("Set")
    page.get_by_text(re.compile("^Learning rate 0.0625 from step")).wait_for()

    other = seen.open(page.url)  # a second page sees the same, from the beginning
    seen.state(said, other)
    other.get_by_role("button", name="Resume", exact=True).click()
    seen.state("^Running$", other)
    seen.state("^Running$")
    page.locator("#figures dd").filter(has_text="0.0625").wait_for()

    expect(page.locator("#predictions .tile")).to_have_count(40)
    tiles = page.locator("#predictions .tile figcaption").all_inner_texts()
    assert all(text[0] in "✓✗" for text in tiles)
    page.locator("#confusion table").wait_for()
    page.locator("#inside canvas").first.wait_for()
    expect(page.locator("#replay output")).not_to_have_text("step 1")
    page.locator("#replay").get_by_role("slider").press("Home")
    expect(page.locator("#replay output")).to_have_text("step 1")
    page.locator("#replay").get_by_role("button", name="Play").click()
    page.locator("#replay").get_by_role("button", name="Stop").wait_for()

    seen.press("Stop and keep")
    out = seen.end()
    assert seen.process.returncode == 0
    assert "tested on 2,000 images" in out
    for line in ("paused after", "learning rate 0.0625 after", "resumed after", "stopping after"):
        assert f"{line} " in out
    seen.state("^Stopped by hand$")
    expect(page.locator("#controls")).to_be_hidden()
    *_, end = (e for e in seen.run.events() if isinstance(e, Stopped))
    assert end.reason == "stopped by hand"
    assert (seen.run.model_path / "weights.bin").exists()
    page.locator("#log").get_by_text(re.compile("^Tested on 2,000 images")).wait_for()


def test_stop_and_discard_asks_and_then_removes_everything(watch: Callable[..., Watched]) -> None:
    """A second thought is possible; then nothing is left, and the page says so."""
    seen = watch(*EPOCHS)
    seen.state("^Running$")
    seen.press("Stop and discard")
    seen.press("No")
    seen.press("Stop and discard")
    seen.press("Yes, remove everything")
    assert "is deleted" in seen.end()
    seen.state("^The run was removed$")
    assert not seen.run.folder.exists()


def test_a_training_that_was_killed_is_seen_to_be_and_both_go_their_ways(
    watch: Callable[..., Watched],
) -> None:
    """By kill -9: the page stays and tells; the journal is read; no buttons are left."""
    seen = watch(*EPOCHS)
    seen.state("^Running$")
    says(seen.page, r"training: [\d,]{3,} points")
    seen.process.send_signal(signal.SIGKILL)
    seen.state("^No news for .*: the process is gone$")
    expect(seen.page.locator("#controls")).to_be_hidden()
    assert list(read_journal(seen.run.journal_path))
    seen.page.reload()
    seen.state("^No news for .*: the process is gone$")


def shown(chromium: Browser, run: Run) -> Iterator[Page]:
    """A page on a run that nobody trains."""
    with running(static_files("watch"), watching(run), home="/watch/") as site:
        context = chromium.new_context()
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        complaints: list[str] = []
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(site.address)
        yield page
        context.close()
        assert complaints == []


def steps(count: int, more: str = "") -> str:
    """Lines of so many updates."""
    return "".join(
        f'{{"event": "step", "at": {k / 1000}, "step": {k}, "epoch": {k // 100}, "loss": {2 / k}, '
        f'"correct": 32, "images": 64, "learning_rate": 0.1{more}}}\n'
        for k in range(1, count + 1)
    )


START = {"event": "started", "at": 0.0, "before": -1, "step": 0, "last_step": 9000}
START |= {"steps_per_epoch": 100, "epochs": 90, "batch_size": 64, "images": 6400, "seed": 0}


def folder(path: Path, journal: str) -> Run:
    """A run with that journal."""
    path.mkdir()
    (path / ".lock").touch()
    (path / "config.json").write_text('{"model": "odd", "version": 9, "class_names": ["a"]}')
    (path / "events.jsonl").write_text(journal)
    return Run(path)


def test_a_run_of_a_newer_version_is_shown(chromium: Browser, tmp_path: Path) -> None:
    """Known events are drawn, unknown ones named, incomplete lines ignored."""
    journal = json.dumps({**START, "mood": "good"}) + "\n" + steps(500, ', "mood": "better"')
    journal += '{"event": "dreamt", "at": 1.0, "step": 500, "of": {"sheep": [1]}}\n'
    journal += '{"event": "evaluated", "at": 1.0, "step": 500}\n{"event": "predicted", "step": 1}\n'
    journal += '{"event": "snapshot", "step": 500, "path": "../../x"}\n{"event": "st'
    for page in shown(chromium, folder(tmp_path / "newer", journal)):
        says(page, r"training: 500 points")
        page.get_by_text("dreamt, which this version doesn't know").wait_for()
        page.locator("#state", has_text="the process is gone").wait_for()


def test_each_metric_has_a_chart(chromium: Browser, tmp_path: Path) -> None:
    """Of training and validation; not those of several values, nor what is no metric."""
    journal = json.dumps(START) + "\n" + steps(200)
    for epoch in (1, 2):
        metrics = {"f1_score": 0.4 * epoch, "of_classes": [0.1, 0.2], "odd": "x"}
        for event, extra in (("evaluated", {"accuracy": 0.5}), ("epoch", {"epoch": epoch - 1})):
            entry = {"event": event, "at": epoch / 10, "step": 100 * epoch, "loss": 1.0}
            journal += json.dumps({**entry, **extra, "metrics": metrics}) + "\n"
    journal += '{"event": "epoch", "at": 1.0, "step": 200, "metrics": "none"}\n'
    for page in shown(chromium, folder(tmp_path / "metrics", journal)):
        summary = page.locator("#metrics .chart-summary")
        summary.filter(has_text=re.compile("training: 2 points.*validation: 2 points")).wait_for(
            state="attached"
        )
        expect(page.locator("#metrics .panel")).to_have_count(1)
        expect(page.locator("#metrics")).to_contain_text("F1 score")


def test_a_large_journal_is_drawn_in_part_and_says_so(chromium: Browser, tmp_path: Path) -> None:
    """50 MB: the newest steps all, one in a few of the others."""
    run = folder(tmp_path / "large", "")
    with Journal(run.journal_path) as journal:
        journal._lines.append(json.dumps(START) + "\n" + steps(420_000))
        journal.flush()
    assert run.journal_path.stat().st_size > 50_000_000
    for page in shown(chromium, run):
        page.get_by_text(re.compile(r"one step in \d+ is drawn")).wait_for()
        says(page, r"last [\d.e-]+ at 420,000 steps")


def test_runs_are_compared_in_one_chart(chromium: Browser, tmp_path: Path) -> None:
    """Chosen from the list; against steps, epochs or seconds; a line is hidden and shown."""
    for name in ("one", "two"):
        run = folder(tmp_path / name, json.dumps(START) + "\n" + steps(300))
    for page in shown(chromium, run):
        page.get_by_text("Compare with other runs").click()
        page.locator("#list").get_by_text("one", exact=True).click()
        says(page, r"two training: 300.*one training: 300")
        page.locator("#axis").select_option("seconds")
        says(page, r"at 0.3 time, seconds")
        page.locator("#axis").select_option("epoch")
        says(page, r"at 3 epochs")
        line = page.locator("#loss .chart-legend").get_by_role("button").first
        line.click()
        expect(line).to_have_attribute("aria-pressed", "false")
        page.locator("#loss .chart-plot").press("ArrowLeft")
        page.locator("#loss .chart-x", has_text="at epoch").wait_for()
        at = page.locator("#loss .chart-x").inner_text()
        line.click()  # the chart is made anew, and its cursor stays
        expect(line).to_have_attribute("aria-pressed", "true")
        page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
        assert page.locator("#loss .chart-x").inner_text() == at


def test_the_page_comes_back_when_its_server_does(chromium: Browser, tmp_path: Path) -> None:
    """It says that it lost the connection, and follows the journal again."""
    run = folder(tmp_path / "run", json.dumps(START) + "\n" + steps(300))
    pages = static_files("watch")
    context = chromium.new_context()
    page = context.new_page()
    page.set_default_timeout(PATIENCE)
    with running(pages, watching(run), home="/watch/") as site:
        page.goto(site.address)
        says(page, r"training: 300 points")
    page.get_by_text("No connection to the page’s server").wait_for()
    with run.journal_path.open("a") as file:
        file.write("".join(steps(400).splitlines(keepends=True)[300:]))
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            again = running(pages, watching(run), home="/watch/", port=site.port)
            with again as other:
                page.goto(other.address)
                says(page, r"training: 400 points")
            break
        except Exception:  # noqa: BLE001 - the port is not free at once
            time.sleep(0.2)
    else:
        pytest.fail("the port was never free again")
    context.close()
