"""The lab as a person uses it: images, a network, its training, what it says, files."""

from __future__ import annotations

import dataclasses
import json
import re
import shutil
import subprocess
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from foreign_models import sequential, write
from foreign_topologies import functional, node
from site_server import served
from spritenet.sources.strokes import strokes
from waiting import PATIENCE, fits, holds, settles

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Download, Locator, Page

STATIC = Path(__file__).parents[2] / "src" / "spritenet" / "web" / "static"
NODE = Path(__file__).parents[1] / "node"
SHARED = ("draw", "lib", "ui", "vendor")
TRAIN, TEST = 640, 160
NOT_FOUND = "Failed to load resource"  # the browser's own words about an answer that is no 200
ANSWER = re.compile("it says|Not sure")

Open = Callable[..., "Page"]


@dataclasses.dataclass(frozen=True)
class Bench:
    """The lab at an address, and the files of its tests."""

    address: str
    files: Path
    data: sn.Dataset


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """A server of the page with 800 drawn digits, and files to choose, good and bad."""
    folder = tmp_path_factory.mktemp("lab")
    shutil.copytree(STATIC / "lab", folder / "lab")
    data = strokes(TRAIN, TEST)
    sn.pack(data, folder / "lab" / "data.png")
    sprite = (folder / "lab" / "data.png").read_bytes()
    (folder / "cut.png").write_bytes(sprite[:20_000])
    broken = bytearray(sprite)
    broken[-4000] ^= 255
    (folder / "broken.png").write_bytes(broken)
    rows = np.asarray(data.train.images).reshape(TRAIN, -1)
    Image.fromarray(rows).save(folder / "foreign.png")
    (folder / "foreign_labels_uint8").write_bytes(
        np.eye(10, dtype=np.uint8)[data.train.labels].tobytes()
    )
    Image.new("RGB", (9, 9), "red").save(folder / "photo.png")
    (folder / "page.html").write_text("<!doctype html><p>Not found")
    (folder / "notes.txt").write_text("nothing")
    sn.pack(data, folder / "set", shard_rows=300)
    with served({"lab": folder / "lab", "files": folder, **{n: STATIC / n for n in SHARED}}) as url:
        yield Bench(url, folder, data)


@pytest.fixture
def context(chromium: Browser) -> Iterator[BrowserContext]:
    """A visitor who has been nowhere."""
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    yield context
    context.close()


@pytest.fixture
def complaints() -> list[str]:
    """The errors in consoles; a test removes those it expects."""
    return []


@pytest.fixture
def visit(context: BrowserContext, bench: Bench, complaints: list[str]) -> Iterator[Open]:
    """Opens the lab in a tab; images are there when it returns. Complaints fail the test."""

    def visit(script: str = "") -> Page:
        tab = context.new_page()
        tab.on("pageerror", lambda error: complaints.append(str(error)))
        tab.on(
            "console",
            lambda m: complaints.append(m.text) if m.type in {"error", "warning"} else None,
        )
        if script:
            tab.add_init_script(script)
        tab.goto(f"{bench.address}lab/index.html")
        tab.locator("#data").wait_for()
        return tab

    yield visit
    assert complaints == []


def state(tab: Page, *names: str) -> None:
    """Waits until the lab is in one of these states."""
    tab.locator(", ".join(f"body[data-state={name}]" for name in names)).wait_for(timeout=PATIENCE)


def plan(tab: Page, **fields: object) -> None:
    """Fills fields of the form in; `_` stands for `-`."""
    for name, value in fields.items():
        field = tab.locator(f"#{name.replace('_', '-')}")
        if field.evaluate("field => field.tagName") == "SELECT":
            field.select_option(str(value))
        else:
            field.fill(str(value))


def train(tab: Page, **fields: object) -> None:
    """Trains from Start to its end."""
    plan(tab, **fields)
    tab.click("#start")
    state(tab, "running", "idle")
    state(tab, "idle")


def steps(tab: Page) -> int:
    """The number in the line about the progress."""
    found = re.search(r"([\d,]+) (?:of|steps)", tab.inner_text("#progress-text"))
    assert found is not None, tab.inner_text("#progress-text")
    return int(found[1].replace(",", ""))


KEPT = """(steps) => new Promise((resolve) => {
  const request = indexedDB.open('spritenet-lab', 1);
  request.onsuccess = () => {
    const found = request.result.transaction('networks').objectStore('networks').getAll();
    found.onsuccess = () => {
      const entries = found.result.map(({ files }) => JSON.parse(files['model.json']));
      const trained = entries.map((e) => e.userDefinedMetadata.spritenet.trained_on.steps);
      resolve(String(trained) === String(steps));
    };
    request.result.close();
  };
})"""


def keeps(tab: Page, *steps: int) -> None:
    """Waits until the browser's database has networks that were trained for so many steps."""
    holds(tab, KEPT, list(steps))


def accuracy(tab: Page) -> float:
    """The test accuracy that is shown."""
    return float(tab.inner_text("#now-test").rstrip(" %")) / 100


def standing(tab: Page) -> int:
    """The steps of a training that is paused, once those before the pause are shown."""
    for _ in range(PATIENCE // 300):
        before = steps(tab)
        tab.wait_for_timeout(300)
        if steps(tab) == before:
            return before
    pytest.fail("it was not paused")


def save(tab: Page, folder: Path) -> Path:
    """The two files that the button gives."""
    found: list[Download] = []
    tab.on("download", lambda download: found.append(download))  # noqa: PLW0108 - Playwright marks it
    tab.click("#save")
    tab.locator("#keep-note", has_text="Saved").wait_for()
    while len(found) < 2:
        tab.wait_for_timeout(20)
    for download in found:
        download.save_as(folder / download.suggested_filename)
    return folder


def load(tab: Page, folder: Path) -> None:
    """Chooses the files of a model."""
    tab.set_input_files("#model-files", sorted(folder.iterdir()))


def drop(tab: Page, *files: Path) -> None:
    """Drops files on the page, as from a folder beside the browser."""
    contents = [[file.name, list(file.read_bytes())] for file in files]
    transfer = tab.evaluate_handle(
        """(contents) => {
          const transfer = new DataTransfer();
          for (const [name, bytes] of contents) {
            transfer.items.add(new File([new Uint8Array(bytes)], name));
          }
          return transfer;
        }""",
        contents,
    )
    for event in ("dragenter", "dragover", "drop"):
        tab.dispatch_event("#data-title", event, {"dataTransfer": transfer})


def cells(matrix: Locator) -> list[int]:
    """The numbers of a confusion matrix, row after row."""
    texts = matrix.locator("td[role=gridcell]").all_inner_texts()
    return [0 if text == "·" else int(text) for text in texts]


def test_a_visitor_sees_the_images(visit: Open, bench: Bench) -> None:
    """Their number, twenty with labels, others on demand, and the count of each class."""
    tab = visit()
    assert "640 training and 160 test images, 28×28, grey, of 10" in tab.inner_text("#data-about")
    first = tab.locator("#examples .tile span").all_inner_texts()
    assert len(first) == 20
    assert set(first) <= set("0123456789")
    tab.click("#other-examples")
    assert tab.locator("#examples .tile span").all_inner_texts() != first
    tab.click("text=Images of each class")
    numbers = tab.locator("#balance td.number").all_inner_texts()
    expected = np.bincount(bench.data.train.labels, minlength=10)
    assert [int(n.partition(" ")[0]) for n in numbers] == expected.tolist()
    assert tab.locator("#start").is_enabled()
    assert tab.locator("#save").is_disabled()


def test_a_training_fills_the_page(visit: Open, bench: Bench) -> None:
    """Both charts, the figures, and which class it takes for which."""
    tab = visit()
    train(tab, length=60, unit="steps", test_every=15)
    assert steps(tab) == 60
    reached = accuracy(tab)
    assert reached > 0.6
    # The charts have both lines, and say so to those who can't see them.
    for chart in ("#chart-loss", "#chart-accuracy"):
        assert "training" in tab.inner_text(f"{chart} .chart-legend")
        assert re.search(r"test\s+\d", tab.inner_text(f"{chart} .chart-legend"))
    # The matrix counts all test images, and its diagonal the right ones.
    matrix = np.array(cells(tab.locator("#matrix"))).reshape(10, 10)
    assert matrix.sum() == TEST
    assert round(matrix.trace() / TEST, 3) == round(reached, 3)
    assert matrix.sum(axis=1).tolist() == np.bincount(bench.data.test.labels).tolist()


@pytest.mark.parametrize("name", ["fast", "tiny"])
def test_a_network_by_name_is_pythons(visit: Open, bench: Bench, name: str) -> None:
    """Its layers, its optimizer and the length of its training; the layers can be edited."""
    tab = visit()
    tab.select_option("#network", name)
    model = sn.networks.get(name, bench.data.train)
    options = sn.networks.fit_options(name)
    for field in ("batch", "length"):
        key = {"batch": "batch_size", "length": tab.locator("#unit").input_value()}[field]
        assert int(tab.locator(f"#{field}").input_value()) == options[key]
    assert tab.locator("#schedule").input_value() == "one-cycle"
    train(tab, length=40, unit="steps", batch=64, test_every=0)
    model.fit(bench.data.train, steps=40, batch_size=64, verbose=0)
    assert f"{model.count_params():,}" in tab.inner_text("#layer-table tfoot")
    # Python's exact training is in reach: only maxima and ReLU may fall differently.
    assert accuracy(tab) == pytest.approx(model.evaluate(bench.data.test).accuracy, abs=0.15)


def test_what_it_says_can_be_looked_at(visit: Open) -> None:
    """The worst first, one cell of the matrix, an image inside of the network, an own drawing."""
    tab = visit()
    train(tab, length=60, unit="steps")
    matrix = np.array(cells(tab.locator("#matrix"))).reshape(10, 10)
    # A mistake is marked by a sign too. A cell shows its images only.
    assert tab.locator("#tiles .tile span").first.inner_text().startswith("✗")
    truth, said = next((t, p) for t in range(10) for p in range(10) if t != p and matrix[t, p])
    cell = tab.locator("#matrix tbody tr").nth(truth).locator("td[role=gridcell]").nth(said)
    cell.click()
    captions = tab.locator("#tiles .tile span").all_inner_texts()
    assert captions == [f"✗ {said}, is {truth}"] * int(matrix[truth, said])
    assert tab.inner_text("#filter span") == f"Only {truth} predicted as {said}"
    tab.click("#unfilter")
    tab.locator("label", has_text="random").click()
    assert tab.locator("#tiles .tile").count() == 30
    # The table adds up, and an image that is clicked is looked at.
    assert "5,994" in tab.inner_text("#layer-table tfoot")
    assert tab.locator("#layers figure").count() == 5
    tab.locator("#tiles .tile").nth(3).click()
    label = tab.locator("#tiles .tile canvas").nth(3).get_attribute("aria-label") or ""
    assert tab.inner_text("#looked-title").endswith(f"a {label[0]}")
    # While a line is drawn it says what it is.
    tab.locator("#pad").scroll_into_view_if_needed()
    box = tab.locator("#pad").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"]
    tab.mouse.move(x, y + 50)
    tab.mouse.down()
    tab.mouse.move(x, y + 220, steps=8)
    tab.mouse.up()
    tab.locator("#pad-verdict", has_text=ANSWER).wait_for()


def test_a_model_is_kept(visit: Open, bench: Bench, tmp_path: Path) -> None:
    """Python finds the same model, and evaluates it alike; so does the page, reloaded."""
    tab = visit()
    train(tab, length=60, unit="steps")
    reached = accuracy(tab)
    folder = save(tab, tmp_path / "saved")
    model = sn.load_model(folder)
    assert model.evaluate(bench.data.test, verbose=0).accuracy == pytest.approx(reached, abs=0.01)
    assert model.class_names == tuple("0123456789")
    assert model.preparation is not None
    assert model.preparation["mode"] == "digit"
    assert model.trained_on is not None
    assert model.trained_on.steps == 60
    assert model.scores["test_accuracy"] == pytest.approx(reached, abs=1e-3)
    # Reloaded, the page goes on with it; without what it kept, it is given the files.
    keeps(tab, 60)
    tab.reload()
    tab.locator("#data").wait_for()
    tab.locator("#progress-text", has_text="Restored, after 60 steps").wait_for()
    tab.evaluate("sessionStorage.clear()")
    tab.reload()
    tab.locator("#data").wait_for()
    assert tab.inner_text("#now-test") == "–"
    load(tab, folder)
    tab.locator("#progress-text", has_text="Loaded, after 60 steps").wait_for()
    tab.locator("#now-test", has_text="%").wait_for()
    assert accuracy(tab) == pytest.approx(reached, abs=0.001)
    assert tab.inner_text("#start") == "Train on"
    tab.click("#reset")
    tab.locator("#start", has_text="Start").wait_for()
    assert tab.inner_text("#now-test") == "–"


def test_a_model_goes_round(visit: Open, tfjs_folder: Path, tmp_path: Path) -> None:
    """Tab, Python, TensorFlow.js, tab: the same weights at the end."""
    tab = visit()
    train(tab, length=10, unit="steps")
    first = sn.load_model(save(tab, tmp_path / "tab"))
    first.save(tmp_path / "python")
    (tmp_path / "tfjs").mkdir()
    command = ["node", "again.mjs", str(tmp_path / "python"), str(tmp_path / "tfjs")]
    subprocess.run(command, cwd=tfjs_folder, check=True, capture_output=True)
    load(tab, tmp_path / "tfjs")
    tab.locator("#progress-text", has_text="Loaded").wait_for()
    again = sn.load_model(save(tab, tmp_path / "again"))
    assert (again.state.now.parameters == first.state.now.parameters).all()
    assert again.class_names == first.class_names


def test_a_network_with_branches_is_shown_trained_and_saved(visit: Open, tmp_path: Path) -> None:
    """Its table names each layer's inputs; training changes what is not frozen; it goes round."""
    grey = [None, 28, 28, 1]
    nodes = [
        node("i", "", "InputLayer", batch_input_shape=grey, dtype="float32"),
        node("c", "i", "Conv2D", filters=4, kernel_size=3, strides=2, trainable=False),
        node("b", "c", "Conv2D", filters=4, kernel_size=3, padding="same", activation="relu"),
        {**node("a", "", "Add"), "inbound_nodes": [[["c", 0, 0, {}], ["b", 0, 0, {}]]]},
        node("f", "a", "Flatten"),
        node("d", "f", "Dense", units=10, activation="softmax"),
    ]
    weights = {
        "c/kernel": (3, 3, 1, 4),
        "c/bias": (4,),
        "b/kernel": (3, 3, 4, 4),
        "b/bias": (4,),
        "d/kernel": (676, 10),
        "d/bias": (10,),
    }
    folder = write(tmp_path / "branches", functional(nodes), weights).parent
    tab = visit()
    load(tab, folder)
    tab.locator("#progress-text", has_text="Loaded").wait_for()
    assert tab.inner_text("#network-about") == "As it was loaded, with branches."
    assert tab.locator("#editor .row-fixed").count() == len(nodes)  # the Rescaling, no InputLayer
    table = tab.locator("#layer-table")
    heads = table.locator("thead th").all_inner_texts()
    assert heads == ["layer", "connected to", "output", "parameters"]
    rows = {
        row.locator("th").inner_text(): row.locator("td").all_inner_texts()
        for row in table.locator("tbody tr").all()
    }
    assert rows["a"] == ["sum of its inputs", "c, b", "13×13×4", "–"]
    assert rows["rescaling"][1] == "the image"
    assert rows["c"][0].endswith(", frozen")
    train(tab, length=6, unit="steps", optimizer="adam")
    assert steps(tab) == 6
    saved = save(tab, tmp_path / "saved")
    content = json.loads((saved / "model.json").read_text())
    assert content["modelTopology"]["class_name"] == "Functional"
    before = np.fromfile(folder / "weights.bin", "<f4")
    after = np.fromfile(saved / "weights.bin", "<f4")[: before.size]
    assert (after[:40] == before[:40]).all()  # c's kernel and bias
    assert (after[40:] != before[40:]).any()
    load(tab, saved)
    tab.locator("#progress-text", has_text="Loaded, after 6 steps").wait_for()


def test_a_training_is_paused_changed_stopped_and_gone_on_with(visit: Open) -> None:
    """Nothing happens while it is paused; a new rate counts at once; Stop keeps the weights."""
    tab = visit()
    plan(tab, length=100_000, unit="steps", test_every=0)
    tab.click("#start")
    tab.locator("#progress-text", has_text="left").wait_for()
    assert tab.locator("#optimizer").is_disabled()
    tab.click("#pause")
    tab.locator("#progress-text", has_text="Paused").wait_for()
    stood = standing(tab)
    plan(tab, rate=0)
    tab.locator("#rate").press("Tab")
    tab.click("#pause")
    tab.locator("#progress-text", has_text="left").wait_for()
    tab.click("#stop")
    state(tab, "idle")
    tab.locator("#progress-text", has_text="weights are kept").wait_for()
    first, reached = steps(tab), accuracy(tab)
    assert first > stood
    # With a rate of 0 it goes on, and learns nothing.
    train(tab, length=5)
    assert steps(tab) == first + 5
    assert accuracy(tab) == reached


def test_what_is_learnt_can_be_left_behind_at_any_time(visit: Open, bench: Bench) -> None:
    """Reset and other images, in the middle of a training and of a pause; it begins anew."""
    tab = visit()
    plan(tab, length=100_000, unit="steps")
    for paused in (False, True):
        tab.click("#start")
        tab.locator("#progress-text", has_text="left").wait_for()
        if paused:
            tab.click("#pause")
            state(tab, "paused")
        tab.click("#reset")
        state(tab, "idle")
        tab.locator("#progress-text", has_text="Press Start").wait_for()
        assert tab.locator("#save").is_disabled()
    tab.click("#start")
    tab.locator("#progress-text", has_text="left").wait_for()
    tab.set_input_files("#data-files", bench.files / "lab" / "data.png")
    state(tab, "idle")
    tab.locator("#progress-text", has_text="Press Start").wait_for()
    train(tab, length=4, unit="steps")
    assert steps(tab) == 4
    assert tab.locator("#learning-problem").is_hidden()


def test_the_layers_can_be_edited(visit: Open, tmp_path: Path) -> None:
    """An invalid layer has an error in its row and can't be trained; a valid network can."""
    tab = visit()
    tab.click("text=Layers")
    tab.get_by_label("Remove layer 5").click()
    assert "it needs a vector" in tab.inner_text("#editor")
    assert tab.locator("#start").is_disabled()
    tab.get_by_role("button", name="Add a layer").click()
    tab.get_by_label("Layer 5", exact=True).select_option("globalAveragePooling2d")
    assert tab.locator("#start").is_enabled()
    tab.get_by_label("Layer 1, filters").fill("3")
    tab.get_by_label("Layer 1, filters").press("Tab")
    tab.get_by_label("Move up layer 4").click()
    tab.get_by_label("Layer 4, activation").select_option("tanh")
    train(tab, length=3, unit="steps", optimizer="momentum", schedule="one-cycle")
    model = sn.load_model(save(tab, tmp_path))
    assert [layer.base_name() for layer in model.layers] == [
        "rescaling",
        "conv2d",
        "max_pooling2d",
        "max_pooling2d",
        "conv2d",
        "global_average_pooling2d",
        "dense",
    ]
    assert model.layers[1].config()["filters"] == 3
    assert isinstance(model.optimizer, sn.SGD)
    assert model.optimizer.momentum == 0.9
    assert "OneCycle" in json.dumps(model.optimizer.config())
    # Gone on with, its optimizer's memory is used as it is.
    load(tab, tmp_path)
    tab.locator("#progress-text", has_text="Loaded").wait_for()
    assert tab.locator("#optimizer").input_value() == "momentum"
    assert tab.locator("#network").input_value() == "own"


def test_the_keyboard_is_enough(visit: Open) -> None:
    """Start, stop, the matrix and the images, without a mouse."""
    tab = visit()
    plan(tab, length=20, unit="steps")
    tab.locator("#load").focus()
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.id") == "start"
    tab.keyboard.press("Enter")
    state(tab, "running", "idle")
    state(tab, "idle")
    tab.locator("#matrix td[tabindex='0']").focus()
    for key in ("ArrowRight", "ArrowDown", "End", "Home", "ArrowLeft", "ArrowDown"):
        tab.keyboard.press(key)
    focused = "document.activeElement.getAttribute('aria-label')"
    assert tab.evaluate(focused).startswith("2 predicted as 0:")
    tab.keyboard.press("Enter")
    assert tab.inner_text("#filter span") == "Only 2 predicted as 0"
    tab.keyboard.press("Enter")
    assert tab.locator("#filter").is_hidden()
    tab.locator("#tiles button").nth(2).press("Enter")
    assert tab.locator("#tiles button").nth(2).get_attribute("aria-pressed") == "true"
    tab.locator("#pad").focus()
    for key in ("Space", *["ArrowDown"] * 12, "Space"):
        tab.keyboard.press(key)
    tab.locator("#pad-verdict", has_text=ANSWER).wait_for()


def test_nothing_is_named_badly_and_nothing_is_too_wide(visit: Open) -> None:
    """Every control has a name; the page fits 360 pixels and 1920, before and after a training."""
    tab = visit()
    train(tab, length=5, unit="steps")
    tab.click("text=Layers")
    tab.click("text=Other images")
    for width in (360, 768, 1280, 1920):
        fits(tab, width)
    nameless = tab.evaluate(
        """() => [...document.querySelectorAll('button, input, select, canvas[tabindex]')]
          .filter((e) => !e.closest('[hidden]'))
          .filter((e) => !e.textContent.trim() && !e.ariaLabel && !e.labels?.length)
          .map((e) => e.outerHTML)"""
    )
    assert nameless == []


def test_offline_and_hidden_it_learns_all_the_same(visit: Open, context: BrowserContext) -> None:
    """Nothing is fetched after the images; a worker needs no frames; seen again, it shows all."""
    tab = visit("""
      window.unseen = false;
      Object.defineProperty(document, 'hidden', { get: () => window.unseen });
      const frame = window.requestAnimationFrame.bind(window);
      window.requestAnimationFrame = (act) => window.unseen ? 0 : frame(act);
    """)
    with tab.expect_event("requestfinished", lambda one: one.url.endswith("core-glyphs.wasm")):
        train(tab, length=3, unit="steps")  # and what a first calibration needs
    context.set_offline(True)
    tab.evaluate("window.unseen = true")
    train(tab, length=40)
    assert tab.inner_text("#progress-text") == "Done: 43 steps."
    tab.evaluate("window.unseen = false; document.dispatchEvent(new Event('visibilitychange'))")
    tab.locator("#chart-loss .chart-legend", has_text="training").wait_for()
    context.set_offline(False)


def test_without_a_worker_the_page_trains_and_stays_free(visit: Open) -> None:
    """In slices: a click is answered while it learns."""
    tab = visit("window.SPRITENET = { worker: false };")
    plan(tab, length=100_000, unit="steps")
    tab.click("#start")
    tab.locator("#progress-text", has_text="left").wait_for()
    tab.click("#other-examples")
    tab.click("#stop")
    state(tab, "idle")
    assert steps(tab) > 0


def test_a_worker_that_dies_is_replaced(visit: Open) -> None:
    """As one does that has no memory left: it is said, and Start begins anew."""
    tab = visit("""
      window.Worker = class extends Worker {
        constructor(...given) {
          super(...given);
          window.worker = this;
        }
      };
    """)
    plan(tab, length=100_000, unit="steps")
    tab.click("#start")
    tab.locator("#progress-text", has_text="left").wait_for()
    tab.evaluate(
        """() => {
          window.worker.terminate();
          window.worker.dispatchEvent(new ErrorEvent('error', { message: 'out of memory' }));
        }"""
    )
    tab.locator("#learning-problem", has_text="the worker failed: got out of memory").wait_for()
    train(tab, length=3)
    assert tab.inner_text("#progress-text") == "Done: 3 steps."
    assert tab.locator("#learning-problem").is_hidden()


def test_two_tabs_do_not_mind_each_other(visit: Open) -> None:
    """Each has a worker of its own, and the same seed gives the same result in both."""
    tabs = [visit(), visit()]
    for tab in tabs:
        plan(tab, length=20, unit="steps")
        tab.click("#start")
    for tab in tabs:
        state(tab, "running", "idle")
        state(tab, "idle")
    first, second = (cells(tab.locator("#matrix")) for tab in tabs)
    assert first == second


def test_other_images_are_read(visit: Open, bench: Bench) -> None:
    """A folder of sprites, an address, and the tutorials' picture with its labels."""
    tab = visit()
    files = sorted((bench.files / "set").iterdir())
    tab.set_input_files("#data-files", files)
    tab.locator("#data-about", has_text="640 training and 160").wait_for()
    tab.click("text=Other images")
    tab.fill("#url", f"{bench.address}files/set/dataset.json")
    tab.click("#address button")
    tab.locator("#other:not([open])").wait_for()
    tab.set_input_files(
        "#data-files", [bench.files / "foreign.png", bench.files / "foreign_labels_uint8"]
    )
    tab.locator("#foreign").wait_for()
    tab.fill("#foreign-train", "600")
    tab.click("#foreign-load")
    tab.locator("#data-about", has_text="600 training and 40 test images").wait_for()
    tab.click("text=Other images")
    tab.fill("#foreign-height", "20")
    tab.set_input_files(
        "#data-files", [bench.files / "foreign_labels_uint8", bench.files / "foreign.png"]
    )
    tab.click("#foreign-load")
    tab.locator("#data-problem", has_text="a 20×28 image needs 560").wait_for()
    tab.fill("#foreign-height", "28")
    tab.fill("#foreign-train", "")
    tab.click("#foreign-load")
    tab.locator("#data-note", has_text="64 of its images are held out").wait_for()
    train(tab, length=5, unit="steps")
    assert np.sum(cells(tab.locator("#matrix"))) == 64


def test_files_can_be_dropped_anywhere(visit: Open, bench: Bench, tmp_path: Path) -> None:
    """A sprite, then a model: the page knows which is which."""
    tab = visit()
    shutil.copy(bench.files / "lab" / "data.png", tmp_path / "digits.png")
    tab.evaluate("document.querySelector('#data-about').textContent = ''")
    drop(tab, tmp_path / "digits.png")
    tab.locator("#data-about", has_text="640 training").wait_for()
    train(tab, length=2, unit="steps")
    folder = save(tab, tmp_path / "model")
    assert sn.load_model(folder).trained_on is not None
    assert '"dataset": "digits"' in (folder / "model.json").read_text()
    drop(tab, folder / "model.json", folder / "weights.bin")
    tab.locator("#progress-text", has_text="Loaded, after 2 steps").wait_for()
    drop(tab, folder / "weights.bin")
    tab.locator("#keep-problem", has_text="model.json: the file is missing").wait_for()
    assert not tab.evaluate("document.body.classList.contains('dropping')")


def test_files_that_are_no_images_are_one_line(
    visit: Open, bench: Bench, complaints: list[str]
) -> None:
    """Broken, cut, foreign, missing or a web page: said in the page, which goes on."""
    tab = visit()
    wrong = {
        "cut.png": "it ends too early",
        "broken.png": "is damaged",
        "photo.png": "Is it a sprite?",
        "page.html": "neither images nor a model",
        "notes.txt": "neither images nor a model",
    }
    for name, words in wrong.items():
        tab.set_input_files("#data-files", bench.files / name)
        tab.locator("#data-problem", has_text=words).wait_for()
        assert "\n" not in tab.inner_text("#data-problem")
    tab.click("text=Other images") if tab.locator("#other:not([open])").count() else None
    addresses = {
        "files/nothing.png": "HTTP status 404",
        "files/page.html": "a web page in place of the file",
        "files/notes.txt": "it is no PNG",
        "files/set/none.json": "HTTP status 404",
    }
    for path, words in addresses.items():
        tab.fill("#url", f"{bench.address}{path}")
        tab.click("#address button")
        tab.locator("#data-problem", has_text=words).wait_for()
    assert all(line.startswith(NOT_FOUND) for line in complaints), complaints
    assert len(complaints) == 2
    complaints.clear()
    train(tab, length=3, unit="steps")
    assert steps(tab) == 3


def test_files_that_are_no_model_are_one_line(visit: Open, tmp_path: Path) -> None:
    """Not JSON, weights too short, another size; what was trained stays."""
    tab = visit()
    train(tab, length=5, unit="steps")
    reached = accuracy(tab)
    good = save(tab, tmp_path / "good")
    content, weights = (good / "model.json").read_text(), (good / "weights.bin").read_bytes()

    def variant(name: str, json_text: str, data: bytes) -> Path:
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.json").write_text(json_text)
        (tmp_path / name / "weights.bin").write_bytes(data)
        return tmp_path / name

    small = sn.Sequential([sn.Flatten(), sn.Dense(10, activation="softmax")])
    small.build((5, 5, 1))
    small.save(tmp_path / "small")
    wrong = {
        variant("json", content[:200], weights): "not JSON",
        variant("short", content, weights[:-4]): "too short",
        variant("lstm", content.replace('"Flatten"', '"LSTM"'), weights): "unsupported layer LSTM",
        tmp_path / "small": "The model takes images of 5×5×1, these are 28×28×1",
    }
    for folder, words in wrong.items():
        load(tab, folder)
        tab.locator("#keep-problem", has_text=words).wait_for()
        assert "\n" not in tab.inner_text("#keep-problem")
    tab.set_input_files("#model-files", good / "model.json")
    tab.locator("#keep-problem", has_text="weights.bin: the file is missing").wait_for()
    (tmp_path / "m.keras").write_bytes(b"PK")
    tab.set_input_files("#model-files", tmp_path / "m.keras")
    tab.locator("#keep-problem", has_text="m.keras: it is a Keras model").wait_for()
    tab.evaluate("document.querySelector('#now-test').textContent = '0 %'")
    tab.click("#test")
    assert settles(tab, partial(accuracy, tab), reached) == reached


def test_what_tensorflow_js_downloads_is_read(visit: Open, tmp_path: Path) -> None:
    """A JSON of any name with its weights, or a ZIP of both; what is assumed is said."""
    layers: list[tuple[str, dict[str, object]]] = [
        ("Dense", {"name": "d", "units": 10, "activation": "softmax", "inputShape": [784]}),
    ]
    how = {"name": "my-model.json", "bin_path": "./my-model.weights.bin"}
    weights: dict[str, tuple[int, ...]] = {"d/kernel": (784, 10), "d/bias": (10,)}
    path = write(tmp_path / "dl", sequential(layers), weights, **how)
    with zipfile.ZipFile(tmp_path / "m.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for file in path.parent.iterdir():
            archive.write(file, f"dl/{file.name}")
    tab = visit()
    for files in ([tmp_path / "m.zip"], sorted(path.parent.iterdir())):
        tab.set_input_files("#model-files", files)
        note = tab.locator("#keep-note", has_text=f"Loaded: {files[0].name}")
        note.wait_for()
        assert "grey images of 28×28 are assumed" in note.inner_text()
        assert "0..1 is assumed" in note.inner_text()
        assert tab.locator("#keep-problem").is_hidden()


def test_a_rate_that_is_too_high_is_one_line(visit: Open) -> None:
    """Training diverges: the weights before it are kept, and a lower rate goes on with them."""
    tab = visit()
    train(tab, length=10, unit="steps", rate="1e20")
    assert "Use a lower learning rate" in tab.inner_text("#learning-problem")
    train(tab, rate="0.05", length=5)
    assert tab.locator("#learning-problem").is_hidden()
    assert tab.inner_text("#progress-text").startswith("Done")
