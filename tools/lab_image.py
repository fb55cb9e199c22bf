"""Takes docs/images/lab.png: the lab in a browser, near the end of a training on MNIST.

    python tools/lab_image.py FOLDER

FOLDER has the four gzipped IDX files of MNIST. Needs Chromium, Playwright and Pillow.
"""

from __future__ import annotations

import argparse
import io
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests"))

from site_server import CHROMIUM_OPTIONS  # noqa: E402 - after the path is set

IMAGE = ROOT / "docs" / "images" / "lab.png"
WIDTH, HEIGHT = 1280, 1110
DONE = 0.85  # fraction of the training
PATIENCE = 300_000  # milliseconds


@contextmanager
def lab(folder: Path) -> Iterator[str]:
    """The address of a lab with these images."""
    command = [sys.executable, "-m", "spritenet", "lab", str(folder), "--port", "0", "--no-browser"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            for line in process.stdout or ():
                if found := re.search(r"http://\S+", line):
                    yield found[0]
                    return
            raise SystemExit("spritenet lab has not started")
        finally:
            process.terminate()


def trained(tab: Page) -> bytes:
    """Trains until most steps are done; the page as PNG."""
    tab.locator("#data").wait_for(timeout=PATIENCE)
    tab.click("#start")
    while tab.locator("#progress").evaluate("bar => bar.value") < DONE:
        tab.wait_for_timeout(50)
    return tab.screenshot()


def main() -> None:
    """Writes the image, with as few colours as it needs."""
    parser = argparse.ArgumentParser(description="Take docs/images/lab.png.")
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("Chromium is not installed: apt-get install chromium")
    with lab(options.folder) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=list(CHROMIUM_OPTIONS))
        tab = browser.new_page(viewport={"width": WIDTH, "height": HEIGHT})
        tab.goto(address)
        picture = Image.open(io.BytesIO(trained(tab)))
        picture.convert("RGB").quantize(64).save(IMAGE, optimize=True)
        browser.close()
    sys.stdout.write(f"{IMAGE.relative_to(ROOT)}: {IMAGE.stat().st_size:,} bytes\n")


if __name__ == "__main__":
    main()
