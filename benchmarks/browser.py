"""Three networks in headless Chromium, against TensorFlow.js and jax-js in the same page.

The tutorial's, another with convolutions, and a perceptron.
`--threads 1 2` trains in a worker with one thread and with two, in turn; jax-js always has as many
as the processor. A round takes a minute or two: the convolutions of the others are slow.

Needs Playwright, Chromium and TensorFlow.js (`npm ci --prefix tests/node`). jax-js and the WebGPU
backend take part where `npm ci --prefix benchmarks/node` installed them, Node.js where it is.
"""

from __future__ import annotations

import gzip
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from figures import Row, arguments, chromium, mnist_folder, report

ROOT = Path(__file__).parents[1]
STATIC = ROOT / "src" / "spritenet" / "web" / "static"
LIBRARY = STATIC / "lib"
TFJS = ROOT / "tests" / "node" / "node_modules" / "@tensorflow" / "tfjs" / "dist"
SIDES = Path(__file__).parent / "sides"
PEERS = Path(__file__).parent / "node" / "node_modules"
JAX = PEERS / "@jax-js" / "jax" / "dist"
WEBGPU = PEERS / "@tensorflow" / "tfjs-backend-webgpu" / "dist"
sys.path += [str(SIDES), str(ROOT / "tests")]

if TYPE_CHECKING:
    from playwright.sync_api import Page

SLOW_STEPS = 1  # of TensorFlow.js in one turn: each takes a second or more
NETWORKS = {"conv": 40, "mlp": 40}  # steps of ours in a turn
JAX_STEPS = {"tutorial": 2, "conv": 1, "mlp": 40}  # of jax-js in a turn
TITLES = {
    "tutorial": "the tutorial, batches of 64",
    "conv": "5×5×24, 3×3×32, 128, 10 in batches of 250",
    "mlp": "784-256-128-10 in batches of 1,000",
}
OTHERS = {
    "jax wasm": "jax-js 0.1.25 wasm",
    "jax webgpu": "jax-js 0.1.25 WebGPU (SwiftShader)",
    "webgl": "TensorFlow.js 4.22 WebGL (SwiftShader)",
    "webgpu": "TensorFlow.js 4.22 WebGPU (SwiftShader)",
    "cpu": "TensorFlow.js 4.22 cpu",
}
PATIENCE = 60_000  # milliseconds for an element of the lab

PREPARE = """async () => {
  const bytes = async (name) => new Uint8Array(await (await fetch(`/data/${name}`)).arrayBuffer());
  const examples = async (name) => ({
    images: await bytes(`${name}.images`),
    labels: new Int32Array((await bytes(`${name}.labels`)).buffer),
  });
  window.sides = await import('/sides/browser.js');
  const data = { train: await examples('train'), test: await examples('test') };
  await window.sides.prepare(await import('/lib/index.js'), data);
  await window.sides.train(100);
}"""


def write_data(folder: Path) -> None:
    """MNIST as plain bytes: images uint8, labels int32."""
    from mnist_idx import read

    for name, part in (("train", "train"), ("test", "t10k")):
        images, labels = read(mnist_folder(), part)
        (folder / f"{name}.images").write_bytes(images.tobytes())
        (folder / f"{name}.labels").write_bytes(labels.astype("<i4").tobytes())


def write_lab(folder: Path) -> None:
    """The lab's page beside MNIST as the tutorials have it: 65,000 images in one sprite."""
    import dataclasses

    import spritenet as sn

    shutil.copytree(STATIC / "lab", folder / "lab")
    data = sn.load(mnist_folder())
    splits = {"train": data.train[5_000:], "test": data.test}
    sn.pack(dataclasses.replace(data, splits=splits), folder / "lab" / "data.png")


READ = """async () => {
  const { SpriteData } = await import('/lib/index.js');
  const bytes = new Uint8Array(await (await fetch('/lab/data.png')).arrayBuffer());
  const start = performance.now();
  const data = await SpriteData.load(bytes);
  if (data.labels.length !== 65000) throw new Error('not all of them');
  return performance.now() - start;
}"""

CLICK = """() => new Promise((resolve) => {
  const start = performance.now();
  let begun = false;
  new MutationObserver((_, observer) => {
    const { state } = document.body.dataset;
    begun ||= state === 'running';
    if (!begun || state !== 'idle') return;
    observer.disconnect();
    const accuracy = document.querySelector('#now-test').textContent;
    resolve([(performance.now() - start) / 1000, accuracy]);
  }).observe(document.body, { attributes: true });
  document.querySelector('#start').click();
})"""


def measure_lab(page: Page, site: str, rounds: int) -> dict[str, list[Any]]:
    """Milliseconds to read the sprite; seconds from the click on Start to tested, and how well."""
    page.goto(f"{site}lab/index.html")
    page.locator("#data").wait_for()
    page.fill("#length", "100")
    page.select_option("#unit", "steps")
    page.fill("#test-every", "0")
    measured: dict[str, list[Any]] = {"read": [], "click": []}
    for _ in range(rounds):
        measured["read"].append(page.evaluate(READ))
        measured["click"].append(page.evaluate(CLICK))
        page.click("#reset")
        page.wait_for_timeout(200)
    return measured


def measure(page: Page, rounds: int, threads: list[int]) -> dict[str, list[Any]]:
    """All sides' turns, one after the other, round after round."""
    page.evaluate(PREPARE)
    turns = {
        "ours": "sides.train(100)",
        "lab": "sides.tutorial()",
        "predict": "sides.predict(500)",
        **{
            f"{kind} {n}": f"sides.threaded({n}, {steps}, '{kind}')"
            for kind, steps in {"tutorial": 400, **NETWORKS}.items()
            for n in threads
        },
        **{
            f"{kind} {backend}": f"sides.tensorflow(tf, '{backend}', {SLOW_STEPS}, '{kind}')"
            for kind in TITLES
            for backend in ("webgl", "webgpu", "cpu")
        },
        **{
            f"{kind} jax wasm": f"sides.jax('wasm', {steps}, '{kind}')"
            for kind, steps in JAX_STEPS.items()
        },
        **{f"{kind} jax webgpu": f"sides.jax('webgpu', {SLOW_STEPS}, '{kind}')" for kind in TITLES},
    }
    measured: dict[str, list[Any]] = {name: [] for name in turns}
    for _ in range(rounds):
        for name, call in turns.items():
            measured[name].append(page.evaluate(call))
    return measured


def in_chromium(folder: Path, rounds: int, threads: list[int]) -> tuple[str, dict[str, list[Any]]]:
    """Chromium's version and what it measured."""
    program = chromium()
    from playwright.sync_api import sync_playwright

    from site_server import CHROMIUM_OPTIONS, served

    # WebGL and WebGPU without a graphics card, as most machines that run this have none to lend.
    options = [o for o in CHROMIUM_OPTIONS if o != "--disable-gpu"]
    options += ["--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
    options += ["--use-webgpu-adapter=swiftshader", "--enable-unsafe-webgpu"]
    folders = {
        "lib": LIBRARY,
        "tfjs": TFJS,
        "sides": SIDES,
        "page": SIDES / "browser_page",
        "data": folder,
        "jax": JAX,
        "webgpu": WEBGPU,
        "lab": folder / "lab",
        **{name: STATIC / name for name in ("draw", "ui", "vendor")},
    }
    with served(folders, policy="", isolated=True) as site, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=options)
        page = browser.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{site}page/index.html")
        if WEBGPU.is_dir():
            page.add_script_tag(url="/webgpu/tf-backend-webgpu.min.js")
        if JAX.is_dir():
            page.evaluate("async () => { window.jax = await import('/jax/index.js'); }")
        measured = measure(page, rounds, threads) | measure_lab(page, site, rounds)
        version = browser.version
        browser.close()
    return version, measured


def in_node(folder: Path, rounds: int) -> dict[str, Any] | None:
    """The same in Node.js, if it is there."""
    node = shutil.which("node")
    if node is None:
        return None
    command = [node, str(SIDES / "browser_node.mjs"), str(LIBRARY), str(folder), str(rounds)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def main() -> None:
    """Measures and reports."""
    parser = arguments(__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2], help="of a worker")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        write_data(Path(scratch))
        write_lab(Path(scratch))
        version, measured = in_chromium(Path(scratch), options.rounds, options.threads)
        node = in_node(Path(scratch), options.rounds)

    where = f"Chromium {version}"
    rows = [
        Row(f"Spritenet, {where}", tuple(inside for _, inside in measured["ours"]), "images/s"),
        Row(
            "the same, pauses for the page included",
            tuple(v for v, _ in measured["ours"]),
            "images/s",
        ),
    ]
    if node is not None:
        rows.append(Row(f"Spritenet, Node.js {node['version']}", tuple(node["speeds"]), "images/s"))
    report(f"training {TITLES['tutorial']}, without a worker", rows, as_json=options.json)

    ours = {str(n): f"Spritenet, {n} thread{'s' * (n > 1)}" for n in options.threads}
    sides = {**dict(reversed(ours.items())), **OTHERS}
    for kind, title in TITLES.items():
        rows = [
            Row(f"{side}, {where}", speeds, "images/s")
            for name, side in sides.items()
            if (speeds := tuple(s for s in measured[f"{kind} {name}"] if s is not None))
        ]
        report(f"training {title}, in a worker", rows, as_json=options.json)
    missing = [OTHERS[name] for name in OTHERS if None in measured[f"mlp {name}"]]
    if missing:
        print(f"not installed or not offered here: {', '.join(missing)}", file=sys.stderr)

    clicks = tuple(value for value, _ in measured["click"])
    seconds = tuple(value for value, _ in measured["lab"])
    report(
        "100 batches and 10,000 test images, from click to accuracy",
        [
            Row(f"the lab, {where}", clicks, "s"),
            Row("the library alone, without a worker", seconds, "s"),
        ],
        better="less",
        as_json=options.json,
        accuracy=measured["lab"][0][1],
    )
    report(
        "a sprite of 65,000 images of 28×28, from bytes in memory to pixels",
        [Row(f"Spritenet, {where}", tuple(measured["read"]), "ms")],
        better="less",
        as_json=options.json,
    )
    rows = [Row(f"Spritenet, {where}", tuple(measured["predict"]), "ms")]
    if node is not None:
        rows.append(Row(f"Spritenet, Node.js {node['version']}", tuple(node["milliseconds"]), "ms"))
    report("predicting one image", rows, better="less", as_json=options.json)

    sizes = [
        Row(name, (len(gzip.compress((folder / name).read_bytes(), 9)) / 1000,), "kB")
        for folder, name in (
            (LIBRARY, "core-relaxed.wasm"),
            (LIBRARY, "core.wasm"),
            (LIBRARY, "core-threads.wasm"),
            (TFJS, "tf.min.js"),
        )
    ]
    report("what a page loads, gzipped", sizes, better="less", as_json=options.json)


if __name__ == "__main__":
    main()
