"""Collect in headless Chromium: seconds from the click on Train to a trained network.

Five classes of 20 images each, grey digits and coloured ones, drawn by Spritenet. Also the
processor time that all of the browser took meanwhile, which neighbours hardly change. The check of
the images, which trains more networks afterwards, isn't part of it.

Needs Playwright and Chromium.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image

import spritenet as sn
from figures import Row, arguments, chromium, report
from spritenet.web.guard import POLICY

sys.path.append(str(Path(__file__).parents[1] / "tests"))

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

STATIC = Path(sn.__file__).parent / "web" / "static"
FOLDERS = ("collect", "draw", "export", "lab", "lib", "ui")
CLASSES, EACH = 5, 20
PATIENCE = 120_000  # milliseconds

CLICK = """() => new Promise((resolve) => {
  const start = performance.now();
  let begun = false;
  new MutationObserver((_, observer) => {
    const { state } = document.body.dataset;
    begun ||= state === 'training';
    if (!begun || state !== 'idle') return;
    observer.disconnect();
    resolve((performance.now() - start) / 1000);
  }).observe(document.body, { attributes: true });
  document.querySelector('#train').click();
})"""


def write_images(folder: Path, *, coloured: bool) -> Path:
    """Drawn digits, one folder a class; in colour, each has a tint of its own and 32×32 pixels."""
    train = sn.load("strokes").train
    random = np.random.default_rng(0)
    for label in range(CLASSES):
        place = folder / str(label)
        place.mkdir(parents=True)
        for i, image in enumerate(train.images[train.labels == label][:EACH]):
            picture = Image.fromarray(image[..., 0])
            if coloured:
                tint = random.integers(64, 256, 3)
                picture = Image.fromarray((image * tint // 255).astype(np.uint8)).resize((32, 32))
            picture.save(place / f"{i}.png")
    return folder


def processor_seconds(browser: Browser) -> float:
    """The processor time of all of the browser's processes so far."""
    found = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")
    return float(sum(process["cpuTime"] for process in found["processInfo"]))


def filled(browser: Browser, address: str, images: Path) -> Page:
    """A new tab with Collect, and the images in it."""
    page = browser.new_context(viewport={"width": 1280, "height": 900}).new_page()
    page.set_default_timeout(PATIENCE)
    page.goto(address)
    page.locator("body[data-state=idle]").wait_for()
    with page.expect_file_chooser() as chooser:
        page.locator(".class-card").first.get_by_text("Folder").click()
    chooser.value.set_files(str(images))
    page.locator("#train-about", has_text=f"{CLASSES * EACH} images").wait_for()
    return page


def measure(browser: Browser, address: str, images: Path) -> tuple[float, float]:
    """Seconds from the click to the trained network, and of the processors meanwhile."""
    page = filled(browser, address, images)
    before = processor_seconds(browser)
    seconds = page.evaluate(CLICK)
    spent = processor_seconds(browser) - before
    page.context.close()
    return float(seconds), spent


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    program = chromium()
    from playwright.sync_api import sync_playwright

    from site_server import CHROMIUM_OPTIONS, served

    folders = {name: STATIC / name for name in FOLDERS}
    with (
        tempfile.TemporaryDirectory() as scratch,
        served(folders, POLICY, isolated=True) as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_OPTIONS))
        kinds = {
            "28×28, grey": write_images(Path(scratch) / "grey", coloured=False),
            "32×32, colour": write_images(Path(scratch) / "colour", coloured=True),
        }
        for kind, images in kinds.items():
            found = [
                measure(browser, f"{site}collect/index.html", images) for _ in range(options.rounds)
            ]
            rows = [
                Row("from the click to trained", tuple(wall for wall, _ in found), "s"),
                Row("processor time", tuple(spent for _, spent in found), "processor s"),
            ]
            title = f"training on {EACH} images of each of {CLASSES} classes, {kind}"
            report(title, rows, better="less", as_json=options.json)
        browser.close()


if __name__ == "__main__":
    main()
