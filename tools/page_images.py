"""Takes pictures of every page in every state, to be looked at.

    python tools/page_images.py OUT [--pages lab draw collect] [--width 360] [--axe axe.min.js]

Each state of a page is written once per width (360, 768 and 1,440 pixels) and colour scheme, as
OUT/PAGE-STATE-WIDTH-SCHEME.png, whole pages from top to bottom. A small network is trained on
`strokes` first. Needs Chromium and Playwright. Nothing is compared: a person looks. With the
program of npm's axe-core, violations of the accessibility guidelines (WCAG 2.2 AA) are printed.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import spritenet as sn

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from browser.test_sweep import made  # noqa: E402 - after the path is set
from site_server import CHROMIUM_OPTIONS  # noqa: E402 - after the path is set
from spritenet.web.serving import running  # noqa: E402 - after the path is set
from spritenet.web.sweep import sweeping  # noqa: E402 - after the path is set
from spritenet.web.table import static_files  # noqa: E402 - after the path is set

WIDTHS = (360, 768, 1440)
HEIGHT = 900
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
PATIENCE = 120_000  # milliseconds
SPRITENET = (sys.executable, "-m", "spritenet")
DIGIT = 3  # of tests/browser/hand_digits.json

Shoot = Callable[[str], None]


@contextmanager
def command(*words: object) -> Iterator[str]:
    """Yields the address that a command prints; it runs meanwhile."""
    line = [*SPRITENET, *map(str, words), "--port", "0", "--no-browser"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, text=True) as process:
        try:
            for text in process.stdout or ():
                if found := re.search(r"http://\S+", text):
                    yield found[0]
                    return
            raise SystemExit(f"{words[0]} has not started")
        finally:
            process.terminate()


def stroke(tab: Page, canvas: str, points: list[list[float]]) -> None:
    """Draws a line on a canvas by mouse; points from 0 to 1."""
    tab.locator(canvas).scroll_into_view_if_needed()
    box = tab.locator(canvas).bounding_box()
    if box is None:
        raise SystemExit(f"{canvas} is not shown")
    places = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in points]
    tab.mouse.move(*places[0])
    tab.mouse.down()
    for place in places[1:]:
        tab.mouse.move(*place, steps=4)
    tab.mouse.up()


def written(digit: int) -> list[list[list[float]]]:
    """The strokes of a digit written by hand, from 0.2 to 0.8."""
    drawings = json.loads((ROOT / "tests" / "browser" / "hand_digits.json").read_text())
    strokes = drawings[str(digit)][0]
    return [[[0.2 + 0.6 * value for value in point] for point in line] for line in strokes]


HEART = [[0.5, 0.3], [0.35, 0.2], [0.2, 0.35], [0.5, 0.8], [0.8, 0.35], [0.65, 0.2], [0.5, 0.3]]


def lab(tab: Page, shoot: Shoot) -> None:
    """Before, during and after a training; the layers; fields and files that are wrong."""
    tab.locator("#data").wait_for(timeout=PATIENCE)
    shoot("fresh")
    tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    shoot("unfolded")
    tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = false")
    tab.fill("#length", "20")
    tab.fill("#test-every", "100")
    tab.click("#start")
    tab.locator("#matrix td").first.wait_for(timeout=PATIENCE)
    if tab.locator("#pause").is_enabled():
        tab.click("#pause")
        tab.wait_for_timeout(300)
        shoot("paused")
        tab.click("#pause")
    if tab.locator("#stop").is_enabled():
        tab.click("#stop")
    tab.locator("body[data-state=idle]").wait_for(timeout=PATIENCE)
    for line in written(DIGIT):
        stroke(tab, "#pad", line)
    tab.wait_for_timeout(500)
    shoot("trained")
    tab.evaluate("scrollTo(0, 0)")
    tab.click("#reset")
    tab.fill("#rate", "1000")
    tab.fill("#length", "1")
    tab.click("#start")
    tab.locator("body[data-state=idle]").wait_for(timeout=PATIENCE)
    tab.wait_for_timeout(300)
    tab.fill("#batch", "100000")
    tab.fill("#rate", "-1")
    tab.locator("#rate").blur()
    shoot("wrong")


def draw(tab: Page, shoot: Shoot) -> None:
    """Empty, a digit, a heart, a lesson."""
    tab.wait_for_timeout(800)
    shoot("fresh")
    for line in written(DIGIT):
        stroke(tab, "#canvas", line)
    tab.wait_for_timeout(900)
    shoot("digit")
    tab.keyboard.press("Delete")
    stroke(tab, "#canvas", HEART)
    tab.wait_for_timeout(900)
    shoot("heart")
    if tab.locator("#classes button").count():
        tab.locator("#classes button").nth(2).click()
        tab.wait_for_timeout(2500)
        shoot("taught")


def collect(tab: Page, shoot: Shoot, images: Path) -> None:
    """Empty, with images, with the camera, in training, trained, with a file that is no image."""
    tab.locator("body[data-state=idle]").wait_for(timeout=PATIENCE)
    shoot("fresh")
    with tab.expect_file_chooser() as chooser:
        tab.locator(".class-card").first.get_by_text("Folder").click()
    chooser.value.set_files(str(images))
    tab.locator("#train-about", has_text="60 images").wait_for(timeout=PATIENCE)
    shoot("filled")
    tab.locator(".class-card").first.get_by_text("Camera").click()
    tab.locator(".camera-video").first.wait_for()
    tab.wait_for_timeout(1000)
    shoot("camera")
    tab.get_by_text("Close the camera").first.click()
    tab.click("#train")
    tab.wait_for_timeout(150)
    shoot("training")
    tab.locator("body[data-checked]").wait_for(timeout=PATIENCE)
    tab.wait_for_timeout(300)
    shoot("trained")
    tab.set_input_files("input[type=file]:not([webkitdirectory])", str(Path(__file__)))
    tab.wait_for_timeout(600)
    shoot("refused")


def still(tab: Page, shoot: Shoot) -> None:
    """A page that shows what is there."""
    tab.wait_for_timeout(1500)
    shoot("shown")
    tab.evaluate("for (const one of document.querySelectorAll('details')) one.open = true")
    tab.wait_for_timeout(300)
    shoot("unfolded")


@dataclass(frozen=True)
class Camera:
    """The place and the form of the images.

    Attributes:
        out: their folder.
        widths: of the window, in pixels.
        axe: the program of axe-core; empty for none.
    """

    out: Path
    widths: list[int]
    axe: str


def pictures(browser: Browser, page: str, address: str, camera: Camera, images: Path) -> None:
    """Goes through a page's states at each width and in each scheme."""
    every: dict[str, Callable[[Page, Shoot], None]] = {
        "lab": lab,
        "draw": draw,
        "exported": draw,
        "collect": partial(collect, images=images),
    }
    states = every.get(page, still)
    visited = None  # with the cookies: an address with a token is good for one visit
    for width in camera.widths:
        for scheme in SCHEMES:
            context = browser.new_context(
                viewport={"width": width, "height": HEIGHT},
                color_scheme=scheme,
                storage_state=visited,
                permissions=["camera"],
                bypass_csp=bool(camera.axe),
            )
            tab = context.new_page()
            tab.goto(address)
            visited = context.storage_state()

            def shoot(state: str, tab: Page = tab, end: str = f"{width}-{scheme}") -> None:
                tab.evaluate("scrollTo(0, document.body.scrollHeight)")
                tab.wait_for_timeout(200)  # some things are drawn once they are seen
                tab.evaluate("scrollTo(0, 0)")
                tab.screenshot(path=camera.out / f"{page}-{state}-{end}.png", full_page=True)
                wide = tab.evaluate("document.documentElement.scrollWidth - innerWidth")
                if wide > 0:
                    sys.stdout.write(f"{page}-{state}-{end}: {wide} pixels too wide\n")
                for line in violations(tab, camera.axe):
                    sys.stdout.write(f"{page}-{state}-{end}: {line}\n")

            states(tab, shoot)
            context.close()


def violations(tab: Page, axe: str) -> list[str]:
    """The violations of the accessibility guidelines that axe-core finds, a line each."""
    if not axe:
        return []
    tab.evaluate(axe)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = tab.evaluate("tags => axe.run({ runOnly: tags })", tags)["violations"]
    lines = []
    for each in found:
        places = ", ".join(str(node["target"]) for node in each["nodes"][:4])
        lines.append(f"{each['id']}: {each['help']}: {places}")
    return lines


def write_images(folder: Path) -> None:
    """Twelve drawn digits of each of five classes, as PNG files in folders."""
    data = sn.load("strokes").train
    for label in range(5):
        (folder / str(label)).mkdir(parents=True)
        for i, image in enumerate(data.images[data.labels == label][:12]):
            Image.fromarray(image[:, :, 0]).save(folder / str(label) / f"{i}.png")


@contextmanager
def addresses(folder: Path, wanted: list[str]) -> Iterator[Iterator[tuple[str, str]]]:
    """Yields the pages' names and addresses, one after the other."""
    run = folder / "run"
    options = ("--epochs", "3", "--test-every", "100", "--out", str(run))
    train = [*SPRITENET, "train", "strokes", *options]
    subprocess.run(train, check=True, stdout=subprocess.DEVNULL)
    small = folder / "small.png"
    sn.pack(
        sn.Dataset("small", {"train": sn.load("strokes").train[:600]}, tuple("0123456789")), small
    )

    def each() -> Iterator[tuple[str, str]]:
        served: dict[str, tuple[object, ...]] = {
            "lab": ("lab", "strokes"),
            "draw": ("draw", run),
            "watch": ("watch", run),
            "collect": ("collect",),
        }
        for page, words in served.items():
            if page in wanted:
                with command(*words) as address:
                    yield page, address
        if "sweep" in wanted:
            routes = sweeping(made(folder).path)
            with running(static_files("watch", "sweep"), routes, home="/sweep/") as site:
                yield "sweep", site.address
        files: dict[str, tuple[object, ...]] = {
            "report": ("report", run, "--out", folder / "report.html"),
            "exported": ("export", run, folder / "exported.html"),
            "curation": ("clean", small, "--page", folder / "curation.html"),
            "map": ("embed", small, folder / "map.html"),
            "exported-lab": ("export", run, folder / "exported-lab.html", "--with-data", "strokes"),
        }
        for page, words in files.items():
            if page in wanted:
                subprocess.run([*SPRITENET, *map(str, words)], check=True, stdout=sys.stderr)
                yield page, (folder / f"{page}.html").as_uri()

    yield each()


def main() -> None:
    """Takes them all."""
    known = ["lab", "draw", "watch", "collect", "sweep", "report", "exported", "exported-lab"]
    known += ["curation", "map"]
    parser = argparse.ArgumentParser(description="Take pictures of every page in every state.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--pages", nargs="+", choices=known, default=known)
    parser.add_argument("--width", type=int, nargs="+", default=list(WIDTHS))
    parser.add_argument("--axe", type=Path, help="node_modules/axe-core/axe.min.js")
    options = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("Chromium is not installed: apt-get install chromium")
    options.out.mkdir(parents=True, exist_ok=True)
    axe = options.axe.read_text(encoding="utf-8") if options.axe else ""
    camera = Camera(options.out, options.width, axe)
    switches = [*CHROMIUM_OPTIONS, "--use-fake-device-for-media-stream"]
    with TemporaryDirectory() as folder, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=switches)
        images = Path(folder) / "images"
        write_images(images)
        with addresses(Path(folder), options.pages) as pages:
            for page, address in pages:
                pictures(browser, page, address, camera, images)
        browser.close()


if __name__ == "__main__":
    main()
