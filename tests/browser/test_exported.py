"""The one HTML file, opened from disk, with no network."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

import spritenet as sn
from drawing_page import answer, draw, visited
from drawings import canvas
from letters import letter_paths
from program import spritenet
from spritenet import export
from spritenet.prepare import Preparation, prepare
from spritenet.sources.strokes import pen_paths
from spritenet.sources.strokes.style import HandwritingStyle
from spritenet.web.assets import static_bytes
from spritenet.web.html_file import PageContents, html_file

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

NEAT = HandwritingStyle(sloppy=(0.2, 0.6))
SHOWN = "() => window.spritenetDraw?.answer"


@dataclass(frozen=True)
class Exported:
    """A model's folder, and what the program made of it."""

    model: Path
    plain: Path
    with_data: Path


@pytest.fixture(scope="session")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """A network that saw each drawn digit once: its page alone, and with some of the digits."""
    folder = tmp_path_factory.mktemp("exported")
    data = sn.load("strokes")
    model = sn.networks.tutorial(data.train)
    model.compile(sn.Adam(0.004), "sparse_categorical_crossentropy")
    model.fit(data.train, epochs=1, batch_size=64, seed=0, verbose=0)
    model.preparation = Preparation("digit", 28, 28, 1).to_json()
    model.save(folder / "model")
    some = {"train": data.train[:3000], "test": data.test[:500]}
    sn.pack(sn.Dataset("some", some, data.class_names), folder / "some.png")
    done = Exported(folder / "model", folder / "plain.html", folder / "with data.html")
    carried = ("--with-data", folder / "some.png")
    for arguments in ((done.plain,), (done.with_data, *carried)):
        made = spritenet("export", done.model, *arguments)
        assert made.returncode == 0, made.stderr
    return done


@contextmanager
def opened(chromium: Browser, file: Path, part: str = "", **options: Any) -> Iterator[Page]:
    """The file in a browser that is offline. Any request, and any complaint, fails."""
    with visited(chromium, offline=True, **options) as context:
        asked: list[str] = []
        context.on("request", lambda request: asked.append(request.url))
        page = context.new_page()
        page.goto(f"{file.as_uri()}{part}")
        yield page
        assert {url for url in asked if not url.startswith("blob:")} == {file.as_uri()}


def test_it_predicts_what_python_predicts(chromium: Browser, exported: Exported) -> None:
    """Drawn with the mouse, read by the page, and the same numbers from Python."""
    model = sn.load_model(exported.model)
    right = 0
    with opened(chromium, exported.plain) as page:
        page.wait_for_function(SHOWN)
        for label in (2, 3, 4, 6, 8):
            (path,) = pen_paths(label, 1, seed=11, style=NEAT)
            page.keyboard.press("Delete")
            draw(page, [stroke.tolist() for stroke in path])
            said = answer(page)
            image = np.array(said["input"], np.uint8).reshape(1, 28, 28, 1)
            assert np.abs(model.predict(image)[0] - said["probabilities"]).max() < 1e-5
            right += said["best"] == label
    assert right >= 4


@pytest.fixture(scope="session")
def calibrated(exported: Exported, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the same model, calibrated."""
    data = sn.load("strokes")
    model = sn.load_model(exported.model)
    model.calibrate(data.test, data.train[:5000])
    folder = tmp_path_factory.mktemp("calibrated") / "model"
    model.save(folder)
    return folder


def test_it_answers_before_the_first_frame(chromium: Browser, exported: Exported) -> None:
    """A frame may be a while off; and what waits for one comes when there are some."""
    with visited(chromium, offline=True) as context:
        context.add_init_script("window.requestAnimationFrame = () => 0")
        page = context.new_page()
        page.goto(exported.plain.as_uri())
        page.wait_for_function(SHOWN, polling=20)
        assert page.evaluate("spritenetDraw.answer.state") == "empty"
        assert page.locator("#line").text_content() == "Nothing drawn yet"


def test_it_is_small(calibrated: Path) -> None:
    """Over the wire, without data: the core, the weights, the calibration, page and library."""
    page = html_file(PageContents(export.load(calibrated)))
    assert len(gzip.compress(page, 9)) < 133_000


def test_it_refuses_what_python_refuses(
    chromium: Browser, calibrated: Path, tmp_path: Path
) -> None:
    """Digits and letters, by the calibration that lies in the page in another form."""
    model = sn.load_model(calibrated)
    letters = [path for letter in "AEHKRW" for path in letter_paths(letter, 10, seed=5)]
    prepared = [prepare(canvas(path, 18), Preparation()) for path in letters]
    images = np.concatenate([sn.load("strokes").test.images[:100], np.stack(prepared)])
    expected = model.classify(images)
    assert 0 < expected.sure[100:].mean() < 0.5 < expected.sure[:100].mean()
    file = tmp_path / "calibrated.html"
    file.write_bytes(html_file(PageContents(export.load(calibrated))))
    with opened(chromium, file) as page:
        page.wait_for_function(SHOWN)
        found = page.evaluate(
            "(images) => images.map((one) => spritenetDraw.model.classify(Uint8Array.from(one)))"
            ".map(({ sure, score, label }) => [sure, score, label])",
            images.reshape(len(images), -1).tolist(),
        )
        carried = page.evaluate("async () => (await SPRITENET).model['model.json']")
    assert [sure for sure, _, _ in found] == expected.sure.tolist()
    assert [label for _, _, label in found] == expected.label.tolist()
    assert np.allclose([score for _, score, _ in found], expected.score, atol=1e-4)
    saved = json.loads((calibrated / "model.json").read_text())
    assert saved["userDefinedMetadata"]["spritenet"].pop("weights_sha256")
    assert json.loads(carried) == saved


def test_its_policy_allows_its_own_script_and_nothing_else(exported: Exported) -> None:
    """No inline script or style but the ones it was made with, and nobody to connect to."""
    for file in (exported.plain, exported.with_data):
        policy = re.search(r'Security-Policy" content="([^"]*)"', file.read_text("utf-8"))
        assert policy is not None
        rules = dict(rule.split(" ", 1) for rule in policy[1].split("; "))
        assert rules["default-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
        assert re.fullmatch(r"'sha256-[\w+/]{43}=' 'wasm-unsafe-eval'", rules["script-src"])
        assert re.fullmatch(r"'sha256-[\w+/]{43}='", rules["style-src"])
        assert "connect-src" not in rules


def test_a_phone_shows_it_without_scrolling_sideways(chromium: Browser, exported: Exported) -> None:
    """360 pixels wide, with fingers."""
    screen = {"width": 360, "height": 740}
    with opened(
        chromium, exported.with_data, viewport=screen, has_touch=True, is_mobile=True
    ) as page:
        page.wait_for_function(SHOWN)
        assert page.evaluate("document.documentElement.scrollWidth") == 360
        page.locator("#canvas").tap()
        assert answer(page)["state"] == "uncalibrated"


def test_it_can_be_taught_with_the_examples_it_carries(
    chromium: Browser, exported: Exported
) -> None:
    """Without data it has none, and says so."""
    for file, word in (
        (exported.with_data, "stored examples:"),
        (exported.plain, "No stored"),
    ):
        with opened(chromium, file) as page:
            page.wait_for_function(SHOWN)
            draw(page, [[(0.1, 0.1), (0.9, 0.9)], [(0.9, 0.1), (0.1, 0.9)]])
            page.locator("#classes button").nth(4).click()
            page.locator("#lesson").filter(has_text=word).wait_for()


def test_it_gives_a_taught_model_away(
    chromium: Browser, exported: Exported, tmp_path: Path
) -> None:
    """The page alone, whose program leaves out much of the library: Python reads what it saves."""
    with opened(chromium, exported.plain) as page:
        page.wait_for_function(SHOWN)
        draw(page, [[(0.1, 0.1), (0.9, 0.9)], [(0.9, 0.1), (0.1, 0.9)]])
        page.locator("#classes button").nth(4).click()
        page.locator("#lesson").filter(has_text="Trained on 1 drawing").wait_for()
        shown = answer(page)
        with page.expect_download() as download:
            page.locator("#download").click()
        file = tmp_path / download.value.suggested_filename
        download.value.save_as(file)
    taught = sn.load_model(file)
    image = np.array(shown["input"], np.uint8).reshape(1, 28, 28, 1)
    assert shown["best"] == 4
    assert np.abs(taught.predict(image)[0] - shown["probabilities"]).max() < 1e-5


def test_the_lab_in_it_trains_in_a_worker(chromium: Browser, exported: Exported) -> None:
    """Made of the file's own script; and the way leads to the drawing page and back."""
    with opened(chromium, exported.with_data, "#lab") as page:
        assert page.title() == "Lab"
        page.locator("#length").fill("30")
        page.locator("#unit").select_option(label="steps")
        page.locator("#test-every").fill("15")
        page.locator("#start").click()
        page.locator("#now-test").filter(has_text="%").wait_for()
        assert any(worker.url.startswith("blob:") for worker in page.workers)
        page.locator("nav.pages a", has_text="Draw").click()
        page.wait_for_function(SHOWN)
        assert page.locator("nav.pages a[aria-current]").inner_text() == "Draw"
        page.go_back()
        page.locator("#start").wait_for()


def test_the_lab_in_it_reads_its_data_by_the_core_inside(
    chromium: Browser, exported: Exported
) -> None:
    """core-png.wasm, which is in files with data alone."""
    module = len(static_bytes("lib/core-png.wasm"))
    note = """
    const { compile } = WebAssembly;
    window.compiled = [];
    WebAssembly.compile = (bytes) => {
      window.compiled.push(bytes.byteLength);
      return compile.call(WebAssembly, bytes);
    };
    """
    assert 'id="core-png.wasm"' not in exported.plain.read_text("utf-8")
    with visited(chromium, offline=True) as context:
        context.add_init_script(note)
        page = context.new_page()
        page.goto(f"{exported.with_data.as_uri()}#lab")
        page.locator("#start:enabled").wait_for()
        assert page.evaluate("window.compiled").count(module) == 1


def test_what_a_model_says_of_itself_is_text(
    chromium: Browser, exported: Exported, tmp_path: Path
) -> None:
    """Class names that look like HTML neither end the script nor become elements."""
    saved = export.load(exported.model)
    names = tuple(f"</script><img src=x onerror=alert({n})><!--" for n in range(10))
    evil = replace(saved, metadata=replace(saved.metadata, class_names=names))
    file = tmp_path / "evil.html"
    file.write_bytes(html_file(PageContents(evil)))
    with opened(chromium, file) as page:
        page.wait_for_function(SHOWN)
        assert page.locator("#classes button").first.inner_text() == names[0]
        assert page.locator("img").count() == 0


@pytest.mark.parametrize("part", ["core.wasm", "weights.bin", "model.json"])
def test_a_broken_file_says_so(
    chromium: Browser, exported: Exported, tmp_path: Path, part: str
) -> None:
    """In the page, not only in the console."""
    text = exported.plain.read_text("utf-8")
    start = text.index(f'id="{part}">') + len(f'id="{part}">')
    file = tmp_path / "broken.html"
    file.write_text(text[:start] + "H4sIAAAAAAAA" + text[start + 40 :], "utf-8")
    with visited(chromium, "") as context:
        page = context.new_page()
        page.goto(file.as_uri())
        page.get_by_text("can’t be").or_(page.get_by_text("can't be")).first.wait_for()
