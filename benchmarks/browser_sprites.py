"""Sprites in headless Chromium and in Node.js: from bytes in memory to pixels.

By turns with core-png.wasm, as `SpriteData.load` reads large sprites, and with the browser's
DecompressionStream, as it reads small ones and all where the module can't be had. MNIST's 65,000
images, and 65,000 of 32×32 in colour, drawn and noisy. Needs Playwright and Chromium; Node.js takes
part where it is.
"""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import spritenet as sn
from coloured_shapes import coloured_shapes
from figures import Row, arguments, chromium, leave, mnist_folder, report

ROOT = Path(__file__).parents[1]
LIBRARY = ROOT / "src" / "spritenet" / "web" / "static" / "lib"
sys.path.append(str(ROOT / "tests"))

TITLES = {
    "mnist": "65,000 images of 28×28, MNIST",
    "colour": "65,000 images of 32×32×3, drawn and noisy",
}
SIDES = {"core": "core-png.wasm", "stream": "DecompressionStream"}

PREPARE = """async (lib, bytes) => {
  const { readSprite } = await import(`${lib}sprite.js`);
  const { Inflater } = await import(`${lib}inflater.js`);
  const sides = {
    core: async () => readSprite(bytes, 'sprite', await Inflater.for(bytes)),
    stream: async () => readSprite(bytes, 'sprite'),
  };
  return async (side) => {
    const start = performance.now();
    await sides[side]();
    return performance.now() - start;
  };
}"""
IN_PAGE = f"""async (file) => {{
  const bytes = new Uint8Array(await (await fetch(file)).arrayBuffer());
  window.measure = await ({PREPARE})('/lib/', bytes);
}}"""
IN_NODE = f"""
import fs from 'node:fs';
import {{ pathToFileURL }} from 'node:url';
const [lib, rounds, file, ...sides] = process.argv.slice(1);
const bytes = new Uint8Array(fs.readFileSync(file));
const measure = await ({PREPARE})(pathToFileURL(`${{lib}}/`).href, bytes);
const measured = Object.fromEntries(sides.map((side) => [side, []]));
for (let round = 0; round < rounds; round++) {{
  for (const side of sides) {{
    const before = process.cpuUsage();
    const elapsed = await measure(side);
    const {{ user, system }} = process.cpuUsage(before);
    measured[side].push([elapsed, (user + system) / 1000]);
  }}
}}
console.log(JSON.stringify({{ measured, version: process.versions.node }}));
"""

Measured = dict[str, list[tuple[float, float]]]
"""By side, milliseconds that passed and milliseconds of processors, round by round."""


def write(folder: Path, parts: list[str]) -> None:
    """Writes a sprite for each part, `mnist.png` and so on."""
    for part in parts:
        if part == "mnist":
            whole = sn.load(mnist_folder())
            splits = {"train": whole.train[5_000:], "test": whole.test}
            data = dataclasses.replace(whole, splits=splits)
        else:
            data = coloured_shapes(55_000, 10_000)
        sn.pack(data, folder / f"{part}.png")


def in_chromium(folder: Path, parts: list[str], rounds: int) -> tuple[str, dict[str, Measured]]:
    """Chromium's version and what it measured, by part."""
    program = chromium()
    from playwright.sync_api import sync_playwright

    from site_server import CHROMIUM_OPTIONS, served

    folders = {"lib": LIBRARY, "page": ROOT / "benchmarks" / "sides" / "browser_page"}
    with (
        served({**folders, "data": folder}, policy="") as site,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_OPTIONS)
        session = browser.new_browser_cdp_session()

        def processors() -> float:
            """Milliseconds that the browser's processes have used."""
            found = session.send("SystemInfo.getProcessInfo")["processInfo"]
            return 1000 * sum(float(process["cpuTime"]) for process in found)

        measured = {}
        for part in parts:
            page = browser.new_page()
            page.goto(f"{site}page/index.html")
            page.evaluate(IN_PAGE, f"/data/{part}.png")
            sides: Measured = {side: [] for side in SIDES}
            for _ in range(rounds):
                for side, values in sides.items():
                    before = processors()
                    elapsed = page.evaluate("(side) => window.measure(side)", side)
                    values.append((elapsed, processors() - before))
            measured[part] = sides
            page.close()
        version = browser.version
        browser.close()
    return version, measured


def in_node(folder: Path, parts: list[str], rounds: int) -> tuple[str, dict[str, Measured]]:
    """The same in Node.js, if it is there."""
    node = shutil.which("node")
    version, measured = "", {}
    for part in parts if node else []:
        done = subprocess.run(
            [
                *(str(node), "--input-type=module", "-e", IN_NODE, str(LIBRARY), str(rounds)),
                *(str(folder / f"{part}.png"), *SIDES),
            ],
            capture_output=True,
            text=True,
            check=True,
        )
        found: dict[str, Any] = json.loads(done.stdout)
        version, measured[part] = found["version"], found["measured"]
    return version, measured


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("parts", nargs="*", default=list(TITLES), help=f"of {', '.join(TITLES)}")
    parser.add_argument("--rounds", type=int, default=7)
    options = parser.parse_args()
    if unknown := set(options.parts) - set(TITLES):
        leave(f"unknown part: {', '.join(unknown)}; there are {', '.join(TITLES)}")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        write(folder, options.parts)
        version, pages = in_chromium(folder, options.parts, options.rounds)
        engines = {f"Chromium {version}": pages}
        version, programs = in_node(folder, options.parts, options.rounds)
        engines[f"Node.js {version}"] = programs
    for part in options.parts:
        for engine, measured in engines.items():
            for index, clock in enumerate(("elapsed", "of processors")):
                rows = [
                    Row(SIDES[side], tuple(pair[index] for pair in pairs), "ms")
                    for side, pairs in measured.get(part, {}).items()
                ]
                title = f"{TITLES[part]}, {engine}, {clock}"
                if rows:
                    report(title, rows, better="less", as_json=options.json)


if __name__ == "__main__":
    main()
