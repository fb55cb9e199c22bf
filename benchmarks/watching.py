"""The live page: how soon a step is drawn, how smooth 100,000 are, how fast a large journal opens.

A journal is written here as a training of the tutorial network writes it, 34 updates every 25 ms,
and followed by a page in Chromium. `--gigabytes 0` leaves the large journal out.
"""

from __future__ import annotations

import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figures import Row, arguments, chromium, report
from spritenet.runs import Run
from spritenet.runs.journal import Journal
from spritenet.runs.journal_follower import JournalFollower
from spritenet.training.events import EpochEnded, Started, StepEvent
from spritenet.web.serving import running
from spritenet.web.table import static_files
from spritenet.web.watch import watching

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

TOGETHER, EVERY = 34, 0.025
"""Updates in a call of the core, and how long it takes."""

OPTIONS = ("--no-sandbox", "--disable-gpu", "--enable-precise-memory-info")

LISTEN = """
window.drawn = {}; window.frames = [];
addEventListener('DOMContentLoaded', () => {
  new MutationObserver(() => {
    const value = document.querySelector('#loss .chart-value')?.textContent;
    if (value && !(value in drawn)) drawn[value] = Date.now();
  }).observe(document.documentElement, {subtree: true, childList: true, characterData: true});
  let last = performance.now();
  const tick = (now) => { frames.push(now - last); last = now; requestAnimationFrame(tick); };
  requestAnimationFrame(tick);
});
"""
"""When the chart's last value was drawn first, and how long each frame took."""


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--steps", type=int, default=100_000, help="of the long training")
    parser.add_argument("--seconds", type=float, default=10.0, help="of watching")
    parser.add_argument("--gigabytes", type=float, default=1.0, help="of the large journal")
    options = parser.parse_args()

    program = chromium()
    from playwright.sync_api import sync_playwright

    rows = []
    with tempfile.TemporaryDirectory() as place, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(OPTIONS))
        late, _ = watch(browser, Path(place) / "short", 500, options.seconds)
        rows += [
            Row("from a step to its point (at most 200 ms)", tuple(late["latencies"]), "ms"),
        ]
        long, memory = watch(browser, Path(place) / "long", options.steps, options.seconds)
        frames = sorted(long["frames"])
        rows += [
            Row(f"the same after {options.steps:,} steps", tuple(long["latencies"]), "ms"),
            Row(
                "a frame there, 99 in 100 (at most 50 ms)", (frames[int(0.99 * len(frames))],), "ms"
            ),
            Row("a frame there, the longest", (frames[-1],), "ms"),
            Row("the page's memory there (at most 200 MB)", (memory / 1e6,), "MB"),
        ]
        if options.gigabytes:
            rows += large(browser, Path(place) / "large", options.gigabytes)
        browser.close()
    report("the live page", rows, better="less", as_json=options.json)


def made(folder: Path, last_step: int) -> Run:
    """A run that begins."""
    folder.mkdir()
    (folder / "config.json").write_text('{"model": "tutorial", "data": "mnist"}')
    (folder / ".lock").touch()
    run = Run(folder)
    with Journal(run.journal_path) as journal:
        journal.write(Started(0, last_step, 938, 100, 64, 60_000, 5994, 0))
    return run


def steps(first: int, count: int) -> Iterator[StepEvent]:
    """Updates whose loss tells their number."""
    for number in range(first, first + count):
        yield StepEvent(number, number // 938, number / 1000, 60, 64, 0.15000000596046448)


def watch(
    browser: Browser, folder: Path, there: int, seconds: float
) -> tuple[dict[str, Any], float]:
    """Follow a training that has done so many steps: milliseconds, and bytes of memory."""
    run = made(folder, 10 * there)
    written: dict[int, float] = {}
    with Journal(run.journal_path, sys.maxsize) as journal, run.locked():
        for event in steps(1, there):
            journal.write(event)
        journal.flush()
        with page_of(browser, run) as page:
            page.wait_for_function("Object.keys(drawn).length > 0")
            page.wait_for_timeout(1500)
            page.evaluate("frames.length = 0")
            stop = threading.Event()

            def work() -> None:
                number = there + 1
                while not stop.wait(EVERY):
                    for event in steps(number, TOGETHER):
                        journal.write(event)
                    journal.flush()
                    number += TOGETHER
                    written[number - 1] = 1000 * time.time()

            thread = threading.Thread(target=work)
            thread.start()
            page.wait_for_timeout(1000 * seconds)
            found = page.evaluate("({drawn, frames})")
            memory = memory_of(browser)
            stop.set()
            thread.join()
    drawn = {
        round(1000 * float(v.replace(",", ""))): at
        for v, at in found["drawn"].items()
        if v[0].isdigit()
    }
    latencies = [
        # A point's step is drawn with the newest there is: the first drawing at or after it counts.
        min((at for number, at in drawn.items() if number >= step), default=float("inf")) - when
        for step, when in list(written.items())[4:-20]
    ]
    return {"latencies": latencies, "frames": found["frames"]}, memory


def memory_of(browser: Browser) -> float:
    """Bytes of the largest renderer, its share of what processes share; Linux tells."""
    found = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    sizes = [0.0]
    for process in found["processInfo"]:
        path = Path(f"/proc/{process['id']}/smaps_rollup")
        if process["type"] == "renderer" and path.exists():
            lines = path.read_text().splitlines()
            sizes += [1024.0 * int(line.split()[1]) for line in lines if line.startswith("Pss:")]
    return max(sizes) or float("nan")


def large(browser: Browser, folder: Path, gigabytes: float) -> list[Row]:
    """Measures the time to open a large journal: reading it, and drawing the page."""
    run = made(folder, 10**8)
    text, number = "", 0
    with Journal(run.journal_path, sys.maxsize) as journal:
        while run.journal_path.stat().st_size < gigabytes * (1 << 30):
            text = "".join(
                f'{{"event": "step", "at": {k / 1400:.4f}, "step": {k}, "epoch": {k // 938}, '
                f'"loss": {k / 1000!r}, "correct": 60, "images": 64, '
                '"learning_rate": 0.15000000596046448}\n'
                for k in range(number + 1, number + 93_801)
            )
            journal._lines.append(text)  # noqa: SLF001 - lines made here, or it would take minutes
            number += 93_800
            journal.write(EpochEnded(number, number // 938, 0.1, 0.9, 0.15, 0.2, 0.9, 60_000, 1.0))
    began = time.perf_counter()
    batch = JournalFollower(run.journal_path).read()
    read = time.perf_counter() - began
    with page_of(browser, run) as page:
        page.wait_for_function("Object.keys(drawn).length > 0")
        opened = page.evaluate(
            "(Math.min(...Object.values(drawn)) - performance.timeOrigin) / 1000"
        )
    size = f"{run.journal_path.stat().st_size / (1 << 30):.2g} GB"
    return [
        Row(f"reading a journal of {size}, 1 update in {batch.sampled}", (read,), "s"),
        Row("opening it in the page (at most 3 s)", (opened,), "s"),
    ]


@contextmanager
def page_of(browser: Browser, run: Run) -> Iterator[Page]:
    """The live page of a run."""
    with running(static_files("watch"), watching(run), home="/watch/") as site:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
        page = context.new_page()
        page.add_init_script(LISTEN)
        page.goto(site.address)
        yield page
        context.close()


if __name__ == "__main__":
    main()
