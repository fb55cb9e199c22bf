"""The exported page: how large it is, and how soon after opening the network has answered.

Needs Playwright and Chromium. The file is opened from disk, each time in a fresh browser context;
counted is from the start of the navigation until the page's first answer is computed and drawn.
"""

from __future__ import annotations

import gzip
import sys
import tempfile
from pathlib import Path
from typing import Any

import spritenet as sn
from figures import Row, arguments, chromium, report
from spritenet import export
from spritenet.web.examples import examples_for
from spritenet.web.html_file import PageContents, html_file

sys.path.append(str(Path(__file__).parents[1] / "tests"))

# What happens when, in milliseconds after the navigation began: marks of the file's own first
# module, and two of the drawing page, put here around its own methods.
NOTE = """
let page;
Object.defineProperty(window, 'spritenetDraw', {
  get: () => page,
  set(made) {
    page = made;
    performance.mark('spritenet:ready');
    const show = made.show.bind(made);
    made.show = () => {
      show();
      if (!window.shown) window.shown = performance.mark('spritenet:answered').startTime;
    };
  },
});
"""
TIMES = """() => ({
  ...Object.fromEntries(performance.getEntriesByType('mark').map((m) => [m.name, m.startTime])),
  parsed: performance.getEntriesByType('navigation')[0].domInteractive,
})"""
STEPS = {
    "spritenet:answered": "from opening to the first answer",
    "spritenet:begun": "  of it, until the script begins",
    "spritenet:unpacked": "  … until the model is unpacked",
    "spritenet:ready": "  … until the page stands",
}


def written(folder: Path) -> dict[str, Path]:
    """The tutorial network on the built-in drawings as pages, by what each of them carries.

    Alone; with the calibration that `spritenet train` adds, so that it can be "not sure"; and with
    all of the drawings and the lab.
    """
    data = sn.load("strokes")
    model = sn.networks.tutorial(data.train)
    model.fit(data.train, epochs=1, batch_size=64, seed=0, verbose=0)
    model.save(folder / "model")
    model.calibrate(data.test, data.train)
    model.save(folder / "calibrated")
    plain, calibrated = (export.load(folder / name) for name in ("model", "calibrated"))
    carried = {
        "without calibration": PageContents(plain),
        "page": PageContents(calibrated),
        "with data and the lab": PageContents(calibrated, examples_for(calibrated, data), data),
    }
    pages = {name: folder / f"{name}.html" for name in carried}
    for name, contents in carried.items():
        pages[name].write_bytes(html_file(contents))
    return pages


def opened(file: Path, rounds: int) -> tuple[str, list[dict[str, float]]]:
    """The browser's version, and the times of each opening; the first, which is cold, left out."""
    program = chromium()
    from playwright.sync_api import sync_playwright

    from site_server import CHROMIUM_OPTIONS

    found: list[dict[str, float]] = []
    with sync_playwright() as running:
        browser = running.chromium.launch(executable_path=program, args=list(CHROMIUM_OPTIONS))
        for _ in range(rounds + 1):
            context = browser.new_context(offline=True)
            page = context.new_page()
            page.add_init_script(NOTE)
            page.goto(file.as_uri())
            page.wait_for_function("() => window.shown")
            found.append(page.evaluate(TIMES))
            context.close()
        version = browser.version
        browser.close()
    return version, found[1:]


def sizes(name: str, file: Path) -> list[Row]:
    """As it lies on the disk, and as it travels."""
    data = file.read_bytes()
    return [
        Row(f"{name}, gzipped", (len(gzip.compress(data, 9)) / 1000,), "kB gzipped"),
        Row(f"{name}, on the disk", (len(data) / 1000,), "kB"),
    ]


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    options = parser.parse_args()
    how: dict[str, Any] = {"better": "less", "as_json": options.json}
    with tempfile.TemporaryDirectory() as scratch:
        pages = written(Path(scratch))
        rows = [row for name, file in pages.items() for row in sizes(name, file)]
        report("one HTML file with the tutorial network", rows, **how)
        for name, file in pages.items():
            version, times = opened(file, options.rounds)
            rows = [
                Row(text, tuple(time[mark] for time in times), "ms") for mark, text in STEPS.items()
            ]
            report(f"opening it from disk, {name}, Chromium {version}", rows, **how)


if __name__ == "__main__":
    main()
