"""The drawing page in a real browser, used as a person uses it."""

from __future__ import annotations

import base64
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from drawing_page import Strokes, answer, box_of, draw, page_on, served_page, visited
from spritenet.prepare import Preparation, prepare
from spritenet.sources.strokes import pen_paths
from spritenet.sources.strokes.style import HandwritingStyle
from waiting import fits, holds

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

expect = pytest.importorskip("playwright.sync_api", reason="pip install playwright").expect

NEAT = HandwritingStyle(sloppy=(0.2, 0.6))
MIRRORED_SEVEN = [[(0.9, 0.02), (0.5, 0.0), (0.1, 0.02), (0.35, 0.5), (0.6, 1.0)]]
ONE = [[(0.5, 0.0), (0.5, 0.35), (0.5, 0.7), (0.5, 1.0)]]
PREPARATION = Preparation("digit", 28, 28, 1)


@dataclass(frozen=True)
class Site:
    """A drawing page, and what it was made from."""

    address: str
    model: Path


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The page with a network trained on strokes, as `spritenet train` makes it."""
    folder = tmp_path_factory.mktemp("drawing")
    data = sn.load("strokes")
    model = sn.networks.tutorial(data.train)
    model.compile(sn.Adam(0.004), "sparse_categorical_crossentropy")
    model.fit(data.train, epochs=1, batch_size=64, seed=0, verbose=0)
    model.calibrate(data.test[:500], data.train[:3000])
    model.preparation = PREPARATION.to_json()
    model.save(folder / "model")
    sn.pack(data.train[:1500], folder / "examples.png")
    (folder / "site").mkdir()
    with served_page(folder / "site", folder / "model", folder / "examples.png") as address:
        yield Site(address, folder / "model")


@pytest.fixture
def page(chromium: Browser, site: Site) -> Iterator[Page]:
    """A tab with an empty sheet."""
    with visited(chromium) as context:
        yield page_on(context, site.address)


def digit(label: int, number: int = 0) -> Strokes:
    """A neat drawing of a digit."""
    return [s.tolist() for s in pen_paths(label, number + 1, seed=11, style=NEAT)[number]]


def test_digits_drawn_with_the_mouse_are_read(page: Page) -> None:
    """Real strokes; large on the page is what was drawn, and a screen reader hears it."""
    for label in (0, 3, 5):
        draw(page, digit(label))
        expect(page.locator("#sign")).to_have_text(str(label))
        expect(page.locator(".bars .best .name")).to_have_text(str(label))
        expect(page.locator("#spoken")).to_have_text(re.compile(rf"^{label}, (> )?\d+ %$"))
        page.locator("#clear").click()
    expect(page.locator("#spoken")).to_have_text("Nothing drawn yet")
    assert page.locator("#spoken").get_attribute("aria-live") == "polite"


def test_the_network_sees_what_python_makes_of_the_sheet(page: Page, site: Site) -> None:
    """The same bytes as Python's `prepare`, and the same answer as Python's `predict`."""
    draw(page, digit(8), at=(0.05, 0.3), size=0.4)
    found = answer(page)
    ink = page.evaluate("() => [...spritenetDraw.reader.seen.data]")
    sheet = np.array(ink, np.uint8).reshape(280, 280, 1)
    expected = prepare(sheet, PREPARATION)
    assert found["input"] == expected.ravel().tolist()
    shown = page.evaluate(
        """() => {
          const canvas = document.querySelector('#seen');
          const { data } = canvas.getContext('2d').getImageData(0, 0, 28, 28);
          return [...data].filter((_, i) => i % 4 === 0);
        }"""
    )
    assert shown == found["input"]
    judged = sn.load_model(site.model).classify(expected)
    assert np.abs(judged.probabilities.ravel() - found["probabilities"]).max() < 1e-5
    assert bool(np.all(judged.sure)) == (found["state"] == "sure")


def test_a_screenshot_of_the_sheet_is_read_alike(page: Page, site: Site) -> None:
    """Python prepares a screenshot to the same input as the page prepares the strokes."""
    draw(page, digit(2))
    found = answer(page)
    shot = Image.open(io.BytesIO(page.locator("#canvas").screenshot())).convert("L")
    image = prepare(np.asarray(shot)[4:-4, 4:-4, None], PREPARATION)
    assert np.abs(image.ravel().astype(int) - found["input"]).mean() < 6
    assert sn.load_model(site.model).predict(image).argmax() == found["best"]


def test_the_answer_moves_with_the_stroke(page: Page) -> None:
    """The button is still down, and the page knows what is there so far."""
    box = box_of(page)

    def place(x: float, y: float) -> tuple[float, float]:
        return box["x"] + x * box["width"], box["y"] + y * box["height"]

    page.mouse.move(*place(0.3, 0.2))
    page.mouse.down()
    seen = []
    for y in (0.4, 0.6, 0.8):
        page.mouse.move(*place(0.3 + y / 4, y), steps=3)
        seen.append(answer(page))
    page.mouse.up()
    assert len({str(found["probabilities"]) for found in seen}) == 3
    after = answer(page)
    # Nothing moved since, so nothing changes when the pen is lifted.
    assert after["input"] == seen[-1]["input"]


def test_undo_clear_and_again_restore_every_byte(page: Page) -> None:
    """By buttons and by keys; also after the window has another size."""
    empty = answer(page)
    assert empty["state"] == "empty"
    assert not any(empty["input"])
    first, second = digit(4)[:1], ONE
    draw(page, first)
    one = answer(page)
    draw(page, second, at=(0.5, 0.1))
    two = answer(page)
    assert one["input"] != two["input"]
    page.locator("#undo").click()
    assert answer(page) == one
    page.keyboard.press("Control+Shift+Z")
    assert answer(page) == two
    page.keyboard.press("Delete")
    assert answer(page) == empty
    page.keyboard.press("Control+Z")
    assert answer(page) == two
    before = page.evaluate("() => document.querySelector('#canvas').width")
    page.set_viewport_size({"width": 500, "height": 900})
    holds(page, "(before) => document.querySelector('#canvas').width !== before", before)
    page.keyboard.press("Control+Z")
    assert answer(page) == one
    page.locator("#clear").click()
    expect(page.locator("#clear")).to_be_disabled()
    expect(page.locator("#hint")).to_be_visible()


def test_the_pens_width_counts(page: Page) -> None:
    """A thicker pen leaves more ink; what is drawn already keeps its width."""
    draw(page, ONE)
    thin = sum(answer(page)["input"])
    page.keyboard.press("Delete")
    page.locator("#width").fill("40")
    draw(page, ONE)
    assert sum(answer(page)["input"]) > 1.5 * thin
    thick = answer(page)["input"]
    page.keyboard.press("[")
    assert page.locator("#width").input_value() == "37"
    page.set_viewport_size({"width": 700, "height": 900})
    assert answer(page)["input"] == thick


def test_a_stroke_may_leave_the_sheet_and_end_elsewhere(page: Page) -> None:
    """The pen is followed outside, and lifted where it is lifted."""
    box = box_of(page)
    page.mouse.move(box["x"] + 50, box["y"] + 50)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] + 300, box["y"] + 100, steps=5)
    page.mouse.move(box["x"] + 100, box["y"] + 200, steps=5)
    page.mouse.move(box["x"] - 30, box["y"] - 40, steps=5)
    page.mouse.up()
    found = answer(page)
    page.mouse.move(box["x"] + 200, box["y"] + 200)
    assert answer(page) == found
    assert page.evaluate("() => spritenetDraw.sheet.strokes.length") == 1


def test_the_page_fits_every_screen(page: Page) -> None:
    """Nothing makes it scroll sideways, from a phone to a desktop."""
    for width in (360, 700, 768, 860, 920, 1440):
        fits(page, width)


def test_a_finger_draws_and_the_page_stays(chromium: Browser, site: Site) -> None:
    """Touch draws instead of scrolling; a second finger is not a second pen."""
    options = {"has_touch": True, "is_mobile": True, "viewport": {"width": 360, "height": 640}}
    with visited(chromium, **options) as context:
        page = page_on(context, site.address)
        box = box_of(page)
        assert box["width"] > 300
        assert page.evaluate("() => document.documentElement.scrollWidth") <= 360
        below = "() => document.querySelector('.answer').getBoundingClientRect().top"
        assert page.evaluate(below) > box["y"] + box["height"]
        tab = context.new_cdp_session(page)

        def touch(kind: str, *points: tuple[float, float]) -> None:
            fingers = [
                {"x": box["x"] + x * box["width"], "y": box["y"] + y * box["height"], "id": i}
                for i, (x, y) in enumerate(points)
            ]
            tab.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})

        touch("touchStart", (0.5, 0.9))
        for step in range(10):
            touch("touchMove", (0.5, 0.9 - 0.08 * step))
        touch("touchStart", (0.5, 0.18), (0.9, 0.9))
        touch("touchEnd")
        assert page.evaluate("() => scrollY") == 0
        assert page.evaluate("() => spritenetDraw.sheet.strokes.length") == 1
        assert answer(page)["best"] == 1


FOCUSED = """() => {
  const { id, textContent } = document.activeElement;
  return id || textContent;
}"""
UNNAMED = """() => [...document.querySelectorAll('button, input, canvas')].filter((element) =>
  !element.textContent.trim() && !element.getAttribute('aria-label') && !element.labels?.length
).map((element) => element.outerHTML)"""


def test_the_keyboard_reaches_everything_and_draws(page: Page) -> None:
    """Tab goes through all controls; arrows and space draw a one."""
    page.keyboard.press("Tab")
    expect(page.locator("#canvas")).to_be_focused()
    page.keyboard.press("Space")
    for _ in range(18):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    assert answer(page)["best"] == 1
    reached = []
    for _ in range(18):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(FOCUSED))
    assert reached == [
        *("undo", "clear", "open", "camera", "width"),
        *map(str, range(10)),
        *("download", *reached[16:]),
    ]
    assert page.evaluate(UNNAMED) == []


def as_file(label: int, path: Path) -> Path:
    """A photograph-like picture of a digit: dark on grey, large, off-centre."""
    image = sn.load("strokes").test
    index = int(np.flatnonzero(image.labels == label)[3])
    page = Image.new("L", (400, 300), 210)
    ink = Image.fromarray(image.images[index, :, :, 0]).resize((168, 168), Image.Resampling.BICUBIC)
    page.paste(30, (200, 60), ink)
    page.save(path)
    return path


@pytest.mark.parametrize("way", ["chosen", "dropped", "pasted"])
def test_a_picture_is_read_as_python_reads_it(
    page: Page, site: Site, tmp_path: Path, way: str
) -> None:
    """A file chosen, dropped or pasted: shown, and the same input as `spritenet predict`'s."""
    file = as_file(6, tmp_path / "six.png")
    if way == "chosen":
        page.set_input_files("#file", file)
    else:
        page.evaluate(
            """async ([way, bytes]) => {
              const data = new DataTransfer();
              data.items.add(new File([Uint8Array.from(bytes)], 'six.png', { type: 'image/png' }));
              const how = { bubbles: true, cancelable: true };
              const event = way === 'pasted'
                ? new ClipboardEvent('paste', { clipboardData: data, ...how })
                : new DragEvent('drop', { dataTransfer: data, ...how });
              document.querySelector('#canvas').dispatchEvent(event);
            }""",
            [way, list(file.read_bytes())],
        )
    page.locator("#hint").wait_for(state="hidden")
    found = answer(page)
    expected = prepare(np.asarray(Image.open(file))[:, :, None], PREPARATION)
    assert found["input"] == expected.ravel().tolist()
    assert found["best"] == sn.load_model(site.model).predict(expected).argmax()
    draw(page, ONE)  # a new drawing, not a line across the picture
    assert answer(page)["best"] == 1
    page.keyboard.press("Control+Z")
    assert answer(page)["input"] == found["input"]


def test_what_is_no_picture_is_one_line(page: Page, tmp_path: Path) -> None:
    """The sheet stays as it was; the next good picture takes the line away."""
    draw(page, digit(7))
    before = answer(page)
    (tmp_path / "letter.png").write_text("Dear Sir")
    page.set_input_files("#file", tmp_path / "letter.png")
    expect(page.locator("#problem")).to_contain_text("letter.png: it can't be opened as an image")
    assert answer(page) == before
    page.set_input_files("#file", as_file(3, tmp_path / "three.png"))
    expect(page.locator("#problem")).to_be_hidden()


def teach(page: Page, label: int, count: int) -> None:
    """Say what the drawing means, and wait until it has learnt that."""
    page.locator("#classes button").nth(label).click()
    words = "1 drawing" if count == 1 else f"{count} drawings"
    expect(page.locator("#lesson")).to_contain_text(f"Trained on {words} in")


def accuracy(page: Page, split: sn.Split) -> float:
    """The share of images that the page's model reads right now."""
    found = page.evaluate(
        """(text) => {
          const images = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
          const outputs = spritenetDraw.model.predict(images);
          return Array.from({ length: outputs.length / 10 }, (_, i) => {
            const own = outputs.subarray(10 * i, 10 * i + 10);
            return own.indexOf(Math.max(...own));
          });
        }""",
        base64.b64encode(split.images.tobytes()).decode(),
    )
    return float(np.mean(found == split.labels))


def test_it_learns_an_odd_seven_and_forgets_nothing(page: Page) -> None:
    """One mirrored seven: others are read too, held-out digits as before; undone to the bit."""
    test = sn.load("strokes").test[:500]
    draw(page, MIRRORED_SEVEN)
    wrong = answer(page)
    assert wrong["best"] != 7
    before = accuracy(page, test)
    teach(page, 7, 1)
    taught = answer(page)
    assert (taught["best"], taught["state"]) == (7, "sure")
    expect(page.locator("#sign")).to_have_text("7")
    assert accuracy(page, test) > before - 0.015
    page.keyboard.press("Delete")
    draw(page, [[(0.8, 0.05), (0.5, 0.02), (0.05, 0.06), (0.4, 0.5), (0.5, 0.95)]], size=0.4)
    assert answer(page)["best"] == 7
    page.reload()
    expect(page.locator("#lesson")).to_contain_text("Trained on 1 drawing in")
    draw(page, MIRRORED_SEVEN)
    again = answer(page)
    assert np.abs(np.subtract(again["probabilities"], taught["probabilities"])).max() < 1e-6
    page.locator("#unlearn").click()
    expect(page.locator("#lesson")).to_contain_text("as it was")
    assert answer(page) == wrong


def test_python_loads_what_was_taught(page: Page, tmp_path: Path) -> None:
    """One click, one ZIP; the same answers, and scores that no longer hold are left out."""
    draw(page, MIRRORED_SEVEN)
    teach(page, 7, 1)
    found = answer(page)
    with page.expect_download() as download:
        page.locator("#download").click()
    assert download.value.suggested_filename == "model-taught.zip"
    path = tmp_path / "model-taught.zip"
    download.value.save_as(path)
    with zipfile.ZipFile(path) as archive:
        assert archive.testzip() is None
        assert archive.namelist() == ["model.json", "weights.bin"]
        entry = json.loads(archive.read("model.json"))["userDefinedMetadata"]["spritenet"]
    assert entry["scores"] == {}
    model = sn.load_model(path)
    image = np.array(found["input"], np.uint8).reshape(28, 28, 1)
    judged = model.classify(image)
    assert np.abs(judged.probabilities.ravel() - found["probabilities"]).max() < 1e-5
    assert model.class_names == tuple("0123456789")


def test_two_tabs_share_their_lessons(chromium: Browser, site: Site) -> None:
    """A lesson of one is known to the other at once, and neither loses its own."""
    with visited(chromium) as context:
        one, two = page_on(context, site.address), page_on(context, site.address)
        draw(one, MIRRORED_SEVEN)
        teach(one, 7, 1)
        expect(two.locator("#lesson")).to_contain_text("1 drawing in")
        draw(two, MIRRORED_SEVEN)
        assert answer(two)["best"] == 7
        teach(two, 7, 2)
        expect(one.locator("#lesson")).to_contain_text("2 drawings in")
        one.locator("#forget").click()
        expect(two.locator("#lesson")).to_contain_text("as it was")


def test_it_works_without_a_network_and_without_a_database(chromium: Browser, site: Site) -> None:
    """Once loaded the page needs nobody; where nothing may be kept, lessons last until then."""
    with visited(chromium) as context:
        context.add_init_script("Object.defineProperty(window, 'indexedDB', { value: undefined })")
        page = page_on(context, site.address)
        draw(page, MIRRORED_SEVEN)
        holds(page, "async () => Boolean(await spritenetDraw.lessons.teacher)")
        context.set_offline(offline=True)
        teach(page, 7, 1)
        assert answer(page)["best"] == 7
        page.locator("#unlearn").click()
        page.locator("#lesson", has_text="as it was").wait_for()


def test_not_sure_is_said_and_shown(page: Page) -> None:
    """A scribble is no digit: the page names its guess as a guess, and greys what it shows."""
    turn = np.linspace(0, 26, 90)
    spiral = np.stack([0.5 + turn / 60 * np.cos(turn), 0.5 + turn / 60 * np.sin(turn)], axis=1)
    draw(page, [spiral.tolist()])
    found = answer(page)
    assert found["state"] == "unsure"
    guess = str(found["best"])
    expect(page.locator("#sign")).to_have_text("?")
    expect(page.locator("#line")).to_have_text(f"Not sure. Best guess: {guess}")
    expect(page.locator(".bars")).to_have_class(re.compile("unsure"))
    expect(page.locator("#spoken")).to_have_text(f"Not sure, perhaps {guess}")
    page.keyboard.press("Delete")
    draw(page, digit(3))
    expect(page.locator("#sign")).to_have_text("3")
    expect(page.locator(".bars")).not_to_have_class(re.compile("unsure"))


NETWORK = "Failed to load resource"  # what Chromium says of any answer but 200


def fulfill(said: dict[str, Any], route: Route) -> None:
    """Answer a request."""
    route.fulfill(**said)


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"model.json": (200, "application/json", "{")}, "not JSON"),
        ({"model.json": (200, "application/json", "[]")}, "not a JSON object"),
        ({"model.json": (200, "text/html", "<p>Hello")}, "a web page in place of the file"),
        ({"model.json": (404, "text/plain", "")}, "HTTP status 404"),
        ({"weights.bin": (200, "application/octet-stream", "short")}, "too short"),
        ({"weights.bin": (404, "text/html", "")}, "HTTP status 404"),
        ({"core-relaxed.wasm": (200, "application/wasm", "no wasm")}, "core could not be loaded"),
    ],
)
def test_what_cant_be_shown_is_one_friendly_line(
    chromium: Browser, site: Site, answers: dict[str, tuple[int, str, str]], words: str
) -> None:
    """Broken files of any kind: one line on the page, nothing thrown."""
    with visited(chromium, NETWORK) as context:
        page = context.new_page()
        for name, (status, kind, body) in answers.items():
            said = {"status": status, "content_type": kind, "body": body}
            page.route(f"**/{name}", partial(fulfill, said))
        page.goto(site.address)
        expect(page.locator("#problem")).to_contain_text(words)
        expect(page.locator("#problem")).to_have_attribute("role", "alert")
        assert page.locator("#stage").is_hidden()
        assert "\n" not in page.locator("#problem").inner_text().strip()


def test_a_browser_without_simd_is_told_so(chromium: Browser, site: Site) -> None:
    """One line that names the alternative."""
    with visited(chromium) as context:
        context.add_init_script("WebAssembly.validate = () => false")
        page = context.new_page()
        page.goto(site.address)
        expect(page.locator("#problem")).to_contain_text("Use Chrome or Edge 91, Firefox 89")


@pytest.mark.parametrize(("shape", "classes"), [((12, 20, 3), 3), ((28, 28, 1), 30)])
def test_any_size_and_number_of_classes(
    chromium: Browser, tmp_path: Path, shape: tuple[int, int, int], classes: int
) -> None:
    """Colours, other proportions, many classes: the sheet and the answer follow the model."""
    model = sn.Sequential([sn.Flatten(), sn.Dense(classes, activation="softmax")])
    model.build(shape)
    model.class_names = tuple(f"kind {i}" for i in range(classes))
    model.save(tmp_path / "model")
    (tmp_path / "site").mkdir()
    with (
        served_page(tmp_path / "site", tmp_path / "model") as address,
        visited(chromium, NETWORK) as context,  # there are no examples
    ):
        page = page_on(context, address)
        box = box_of(page)
        assert box["width"] / box["height"] == pytest.approx(shape[1] / shape[0], rel=0.02)
        draw(page, ONE)
        found = answer(page)
        assert len(found["input"]) == np.prod(shape)
        assert any(found["input"])
        assert page.locator(".bars li").count() == min(classes, 12)
        assert page.locator("#classes button").count() == classes


def test_drawing_for_long_takes_no_more_memory(page: Page) -> None:
    """Thousands of strokes: the network's memory is what it was, and so is the heap."""
    tab = page.context.new_cdp_session(page)
    scribble = """async (count) => {
      const canvas = document.querySelector('#canvas');
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const send = (kind, x, y) => canvas.dispatchEvent(new PointerEvent(kind, {
        pointerId: 1, button: 0, bubbles: true, pointerType: 'mouse',
        clientX: left + x * width, clientY: top + y * height,
      }));
      for (let i = 0; i < count; i++) {
        const at = (k) => [0.5 + 0.4 * Math.sin(i + k), 0.5 + 0.4 * Math.cos(i * 0.7 + 2 * k)];
        send('pointerdown', ...at(0));
        for (let k = 1; k < 6; k++) send('pointermove', ...at(k / 4));
        send('pointerup', ...at(1.5));
        if (i % 20 === 19) {
          spritenetDraw.show();
          spritenetDraw.clear();
        }
      }
      spritenetDraw.sheet.items = [];
      spritenetDraw.sheet.undone = [];
      return spritenetDraw.model.network.arena.bytes;
    }"""

    def heap() -> float:
        tab.send("HeapProfiler.collectGarbage")
        size: float = tab.send("Runtime.getHeapUsage")["usedSize"]
        return size

    memory = page.evaluate(scribble, 300)
    before = heap()
    assert page.evaluate(scribble, 2000) == memory
    for _ in range(80):  # a busy browser frees what a frame still held a moment later
        if heap() < before + 600_000:
            break
        page.wait_for_timeout(250)
    assert heap() < before + 600_000


def test_what_was_cleared_takes_no_room_of_the_next_drawing(page: Page) -> None:
    """More points than the sheet bears, in many drawings: the last is as good as the first."""
    page.evaluate(
        """() => {
          const { sheet } = spritenetDraw;
          for (let i = 0; i < 40; i++) {
            const stroke = sheet.begin(9);
            for (let k = 0; k < 2000; k++) stroke.add(k % 280, (k * 7) % 280);
            sheet.clear();
          }
        }"""
    )
    draw(page, ONE)
    assert answer(page)["best"] == 1
    assert page.evaluate("() => spritenetDraw.sheet.points") < 61_000
    page.keyboard.press("Control+Z")
    page.keyboard.press("Control+Z")
    assert page.evaluate("() => spritenetDraw.sheet.strokes.length") == 1
