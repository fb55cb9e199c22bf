"""The Collect page as a person uses it: images in, a network out, nothing lost over a reload."""

from __future__ import annotations

import base64
import gzip
import re
import shutil
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from drawing_page import visited
from site_server import CHROMIUM_OPTIONS, served
from spritenet.web.guard import POLICY
from spritenet.web.html_file import collect_file
from spritenet.web.page_core import without_operators
from waiting import PATIENCE, holds

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

STATIC = Path(__file__).parents[2] / "src" / "spritenet" / "web" / "static"
FOLDERS = ("collect", "draw", "export", "lab", "lib", "ui")
PAGE_CORE = STATIC / "lib" / "core-page.wasm"
EACH = 12  # images of a class
PROGRAM = shutil.which("chromium") or shutil.which("chromium-browser")


@pytest.fixture(scope="module")
def address() -> Iterator[str]:
    """The page, served under the policy of the command."""
    with served({name: STATIC / name for name in FOLDERS}, POLICY) as site:
        yield f"{site}collect/index.html"


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of two classes, discs and bars, of 12 pictures each, and files that are none."""
    folder = tmp_path_factory.mktemp("pictures") / "shapes"
    random = np.random.default_rng(0)
    y, x = np.mgrid[0:40, 0:60]
    for name in ("bar", "disc"):
        (folder / name).mkdir(parents=True)
        for i in range(EACH):
            row, column = random.integers(15, 25), random.integers(20, 40)
            disc = (x - column) ** 2 + (y - row) ** 2 < 100
            bar = abs(y - row) < 4
            picture = random.normal(210, 8, (40, 60, 3))
            picture[disc if name == "disc" else bar] = random.integers(0, 120, 3)
            Image.fromarray(picture.clip(0, 255).astype(np.uint8)).save(folder / name / f"{i}.png")
    (folder / "bar" / "notes.txt").write_text("no image")
    return folder


def opened(context: BrowserContext, address: str) -> Page:
    """A tab with the page, when it is ready."""
    tab = context.new_page()
    tab.goto(address)
    tab.locator("body[data-state=idle]").wait_for()
    return tab


def keeps_all(tab: Page) -> None:
    """Waits until the browser's database has the project as it is."""
    holds(tab, "() => !spritenetCollect.database.waiting")
    tab.evaluate("spritenetCollect.database.writing")


def names(tab: Page) -> list[str]:
    """The classes as they stand."""
    fields = tab.locator(".class-name")
    return [fields.nth(i).input_value() for i in range(fields.count())]


def counts(tab: Page) -> list[int]:
    """The number of images of each class."""
    return [int(text.split()[0]) for text in tab.locator(".class-card .count").all_inner_texts()]


def fill(tab: Page, folder: Path) -> None:
    """Chooses a folder for the first class."""
    with tab.expect_file_chooser() as chooser:
        tab.locator(".class-card").first.get_by_text("Folder").click()
    chooser.value.set_files(str(folder))
    tab.locator("#train-about", has_text=f"{2 * EACH} images").wait_for()


def train(tab: Page) -> None:
    """Trains, and waits until the images are checked."""
    tab.click("#train")
    tab.locator("#try:not([hidden])").wait_for(timeout=PATIENCE)
    tab.locator("body[data-checked]").wait_for(timeout=PATIENCE)


def taken(tab: Page, button: str, folder: Path) -> Path:
    """The file that a button gives."""
    with tab.expect_download() as download:
        tab.click(button)
    path = folder / download.value.suggested_filename
    download.value.save_as(path)
    return path


def contents(page: Path, name: str) -> bytes:
    """A file inside an exported page."""
    packed = re.search(rf'id="{re.escape(name)}">([^<]*)<', page.read_text(encoding="utf-8"))
    assert packed is not None
    return gzip.decompress(base64.b64decode(packed[1]))


def draw(tab: Page, place: str, points: list[tuple[float, float]]) -> None:
    """Draws with the mouse, in fractions of the paper."""
    paper = tab.locator(f"{place} .sketch canvas")
    paper.scroll_into_view_if_needed()
    box = paper.bounding_box()
    assert box is not None
    for i, (x, y) in enumerate(points):
        tab.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=4)
        if i == 0:
            tab.mouse.down()
    tab.mouse.up()


def part_of_the_core(model: sn.Sequential | sn.Model) -> bytes:
    """The core of pages as Python cuts it for a model."""
    layers = {layer.class_name for layer in model.layers}
    return without_operators(PAGE_CORE.read_bytes(), layers)


def test_a_folder_becomes_a_network_and_files(
    chromium: Browser, address: str, pictures: Path, tmp_path: Path
) -> None:
    """Classes by folder; trained, tried, and taken away for Python; all there after a reload."""
    with visited(chromium, viewport={"width": 1280, "height": 900}) as context:
        tab = opened(context, address)
        fill(tab, pictures)
        assert names(tab) == ["bar", "disc"]
        assert counts(tab) == [EACH, EACH]
        assert "notes.txt: it is no image" in tab.inner_text("#problem")
        tab.fill("#title", "My shapes")
        tab.press("#title", "Enter")
        tab.evaluate("spritenetCollect.store.change('', p => ({ ...p, size: 24 }))")
        train(tab)
        assert re.search(r"Trained in [\d.]+ s", tab.inner_text("#train-text"))
        score = tab.inner_text("#findings .score")
        assert int(score.split()[0]) >= 80, score
        with tab.expect_file_chooser() as chooser:
            tab.get_by_role("button", name="Image …").click()
        chooser.value.set_files(pictures / "disc" / "0.png")
        tab.locator("#try .sign", has_text=re.compile("disc|\\?")).wait_for()

        data = sn.load(taken(tab, "#take-sprite", tmp_path))
        assert data.class_names == ("bar", "disc")
        assert data.image_shape == (24, 24, 3)
        assert (len(data.train), len(data.test)) == (20, 4)
        archive = taken(tab, "#take-model", tmp_path)
        assert archive.name == "my-shapes-model.zip"
        with zipfile.ZipFile(archive) as inside:
            inside.extractall(tmp_path / "model")
        model = sn.load_model(tmp_path / "model")
        assert model.class_names == ("bar", "disc")
        assert (model.predict_classes(data.train) == data.train.labels).mean() >= 0.9
        page = taken(tab, "#take-page", tmp_path)
        assert part_of_the_core(model) == contents(page, "core.wasm")
        project = taken(tab, "#save-project", tmp_path)

        keeps_all(tab)
        holds(tab, "async () => Boolean(await spritenetCollect.database.network())")
        tab.reload()
        tab.locator("#train-about", has_text="24 images, 2 classes, 24×24").wait_for()
        assert names(tab) == ["bar", "disc"]
        tab.locator("#train-text", has_text="Trained before.").wait_for()
        assert tab.locator("#take-model").is_enabled()

        tab.on("dialog", lambda dialog: dialog.accept())
        tab.click("#new-project")
        assert counts(tab) == [0, 0]
        tab.set_input_files("#project-file", project)
        tab.locator("#train-about", has_text="24 images, 2 classes, 24×24").wait_for()
        assert tab.input_value("#title") == "My shapes"

        offline = context.new_page()
        offline.goto(page.as_uri())
        offline.locator("#stage").wait_for(state="visible")
        assert offline.evaluate("spritenetDraw.names") == ["bar", "disc"]


def test_grey_pictures_make_a_grey_network(
    chromium: Browser, address: str, pictures: Path, tmp_path: Path
) -> None:
    """Whatever their files hold, unless colour is chosen; one colour picture makes it colour."""
    for path in pictures.rglob("*.png"):
        grey = Image.open(path).convert("L")
        place = tmp_path / "grey" / path.parent.name / path.stem
        place.parent.mkdir(parents=True, exist_ok=True)
        if int(path.stem) % 2:
            grey.save(place.with_suffix(".png"))
        else:
            grey.convert("RGB").save(place.with_suffix(".jpg"))
    with visited(chromium, viewport={"width": 1280, "height": 900}) as context:
        tab = opened(context, address)
        fill(tab, tmp_path / "grey")
        about = tab.locator("#train-about")
        assert "32×32, grey" in about.inner_text()
        tab.get_by_text("Settings").click()
        tab.select_option("#tones", "colour")
        about.filter(has_text="32×32, colour").wait_for()
        data = sn.load(taken(tab, "#take-sprite", tmp_path))
        assert data.image_shape == (32, 32, 3)
        assert (data.train.images == data.train.images[..., :1]).all()
        tab.select_option("#tones", "")
        about.filter(has_text="32×32, grey").wait_for()
        assert sn.load(taken(tab, "#take-sprite", tmp_path)).image_shape == (32, 32, 1)
        with tab.expect_file_chooser() as chooser:
            tab.locator(".class-card").first.get_by_text("Files").click()
        chooser.value.set_files(pictures / "disc" / "0.png")
        about.filter(has_text="32×32, colour").wait_for()


@pytest.fixture(scope="module")
def camera(chromium: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    """A browser whose camera shows a video: a light disc, then dark bars."""
    path = tmp_path_factory.mktemp("camera") / "scenes.y4m"
    path.write_bytes(scenes())
    options = (
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={path}",
    )
    browser = chromium.browser_type.launch(
        executable_path=PROGRAM, args=[*CHROMIUM_OPTIONS, *options]
    )
    yield browser
    browser.close()


SCENE = 4  # seconds


def scenes() -> bytes:
    """The video in a warm light, YUV4MPEG2: 160 × 120 pixels, 10 images a second."""
    random = np.random.default_rng(1)
    y, x = np.mgrid[0:120, 0:160]
    found = [b"YUV4MPEG2 W160 H120 F10:1 Ip A1:1 C420jpeg\n"]
    for scene in range(2):
        for _ in range(10 * SCENE):
            row, column = random.integers(50, 70), random.integers(70, 90)
            if scene == 0:
                luma = np.where((x - column) ** 2 + (y - row) ** 2 < 900, 230, 90)
            else:
                luma = np.where((x + column) // 12 % 2 == 0, 20, 60)
            luma = (luma + random.normal(0, 4, luma.shape)).clip(0, 255).astype(np.uint8)
            chroma = np.repeat(np.array([110, 150], np.uint8), 60 * 80)
            found += [b"FRAME\n", luma.tobytes(), chroma.tobytes()]
    return b"".join(found)


TAKEN = """(place) =>
  parseInt(document.querySelectorAll('.class-card .count')[place].textContent) >= 8"""
IS_LIGHT = """(isLight) => {
  const frame = spritenetCollect.camera.frame(spritenetCollect.filling.captures.camera.view);
  const light = frame?.data.filter((_, i) => i % 4 < 3);
  return Boolean(light) && light.reduce((a, b) => a + b, 0) / light.length > 80 === isLight;
}"""


def hold(tab: Page, place: int, *, is_light: bool) -> None:
    """Holds the button from a scene's beginning on, until a class has eight images."""
    for now in (not is_light, is_light):
        holds(tab, IS_LIGHT, now)
    box = tab.locator(".record").bounding_box()
    assert box is not None
    touches = [{"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2}]
    hand = tab.context.new_cdp_session(tab)
    hand.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": touches})
    holds(tab, TAKEN, place)
    hand.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_on_a_phone_the_camera_teaches_a_network(
    camera: Browser, address: str, tmp_path: Path
) -> None:
    """By touch at 360 pixels: record, train, look, correct, export, reload, import."""
    phone = {"width": 360, "height": 740}
    with visited(
        camera, viewport=phone, has_touch=True, is_mobile=True, permissions=["camera"]
    ) as context:
        tab = opened(context, address)
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360
        for place, light in ((0, True), (1, False)):
            card = tab.locator(".class-card").nth(place)
            card.get_by_text("Camera").tap()
            tab.locator(".record:enabled").wait_for()
            tab.locator(".record").scroll_into_view_if_needed()
            hold(tab, place, is_light=light)
            tab.get_by_text("taken", exact=False).first.wait_for()
        assert min(counts(tab)) >= 8, counts(tab)
        tab.get_by_text("Close the camera").tap()
        assert not tab.evaluate("spritenetCollect.camera.isOn")
        first = counts(tab)
        tab.locator("#undo").tap()
        assert counts(tab) == [first[0], 0]
        tab.locator("#redo").tap()
        assert counts(tab) == first

        tab.locator("#train").tap()
        tab.locator("#try:not([hidden])").wait_for(timeout=PATIENCE)
        tab.locator("body[data-checked]").wait_for(timeout=PATIENCE)
        tab.locator("#try .ways").get_by_text("Camera").tap()
        for name in ("Class 1", "Class 2"):
            tab.locator("#try .sign", has_text=name).wait_for()
        tab.locator("#try .fixes button").first.tap()
        assert counts(tab) == [first[0] + 1, first[1]]
        track = "spritenetCollect.camera.stream.getTracks()[0]"
        tab.evaluate(f"window.track = {track}")
        tab.locator("#try .ways").get_by_text("Drawing").tap()
        assert tab.evaluate("window.track.readyState") == "ended"

        project = taken(tab, "#save-project", tmp_path)
        sprite = sn.load(taken(tab, "#take-sprite", tmp_path))
        assert sprite.image_shape == (32, 32, 3)
        keeps_all(tab)
        tab.reload()
        tab.locator("#train-about", has_text=f"{sum(first) + 1} images").wait_for()
        tab.on("dialog", lambda dialog: dialog.accept())
        tab.locator("#new-project").tap()
        tab.set_input_files("#project-file", project)
        tab.locator("#train-about", has_text=f"{sum(first) + 1} images").wait_for()
        assert counts(tab) == [first[0] + 1, first[1]]
        assert tab.evaluate("document.documentElement.scrollWidth") <= 360
        assert tab.evaluate(UNFIT) == []


UNFIT = """() => [...document.querySelectorAll('button, select, summary, [role=option], canvas')]
  .filter((one) => one.checkVisibility())
  .filter((one) => {
    const box = one.getBoundingClientRect();
    const isControl = one.tagName !== 'CANVAS';
    const name = one.getAttribute('aria-label') || one.textContent.trim() || one.labels?.[0];
    const isNamed = Boolean(name) || one.closest('[role=option]');
    return !isNamed || (isControl && Math.min(box.width, box.height) < 43.5);
  })
  .map((one) => one.outerHTML.slice(0, 120))"""
"""Controls without a name, or too small for a finger."""


def test_without_a_camera_the_page_says_why(chromium: Browser, address: str) -> None:
    """In a line, with what to do; the rest of the page goes on."""
    with visited(chromium) as context:
        tab = opened(context, address)
        tab.locator(".class-card").first.get_by_text("Camera").click()
        tab.locator("#problem", has_text=re.compile("camera", re.IGNORECASE)).wait_for()
        tab.locator(".record").wait_for(state="detached")


RECORD = """async () => {
  const canvas = document.createElement('canvas');
  canvas.width = 160; canvas.height = 120;
  const context = canvas.getContext('2d');
  const recorder = new MediaRecorder(canvas.captureStream(20), { mimeType: 'video/webm' });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.start();
  const start = performance.now();
  for (let i = 0; i < 24; i++) {
    context.fillStyle = `rgb(${i * 10}, 60, ${255 - i * 10})`;
    context.fillRect(0, 0, 160, 120);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await new Promise((resolve) => { recorder.onstop = resolve; recorder.stop(); });
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  return [Array.from(bytes), (performance.now() - start) / 1000];
}"""


def test_a_video_gives_its_frames(chromium: Browser, address: str, tmp_path: Path) -> None:
    """At even distances; a file that is no video is refused in a line."""
    with visited(chromium) as context:
        tab = opened(context, address)
        film, seconds = tab.evaluate(RECORD)
        (tmp_path / "film.webm").write_bytes(bytes(film))
        (tmp_path / "broken.mp4").write_bytes(b"no video at all")
        tab.set_input_files("#files", [tmp_path / "film.webm", tmp_path / "broken.mp4"])
        tab.locator("#problem", has_text="broken.mp4: it can't be played").wait_for()
        count = counts(tab)[1]
        assert 3 <= count <= min(60, 4 * seconds), count
        entries = tab.evaluate(
            "spritenetCollect.store.project.images.map((e) => "
            "[e.source, e.height, spritenetCollect.store.pixels.get(e.id)[0]])"
        )
        assert {(source, height) for source, height, _ in entries} == {("video", 128)}
        reds = [red for *_, red in entries]
        assert reds == sorted(reds)
        assert reds[-1] - reds[0] > 80


def test_one_file_from_disk_does_it_all(chromium: Browser, pictures: Path, tmp_path: Path) -> None:
    """Written by the command's own function: trains, gives a page away, keeps the project."""
    path = tmp_path / "collect.html"
    path.write_bytes(collect_file())
    with visited(chromium, viewport={"width": 1280, "height": 900}, offline=True) as context:
        tab = opened(context, path.as_uri())
        fill(tab, pictures)
        tab.click("#train")
        tab.locator("#try:not([hidden])").wait_for(timeout=PATIENCE)
        assert tab.locator("#take-c").is_disabled()
        page = taken(tab, "#take-page", tmp_path)
        assert f"Made with Spritenet {sn.__version__}," in page.read_text(encoding="utf-8")
        keeps_all(tab)
        tab.reload()
        tab.locator("#train-about", has_text=f"{2 * EACH} images").wait_for()
        other = context.new_page()
        other.goto(page.as_uri())
        other.locator("#stage").wait_for(state="visible")


def test_every_change_can_be_undone(chromium: Browser, address: str, pictures: Path) -> None:
    """Deleting, moving, renaming, removing; by keyboard, with the focus where it was."""
    with visited(chromium, viewport={"width": 1280, "height": 900}) as context:
        tab = opened(context, address)
        fill(tab, pictures)
        thumbs = tab.locator("[data-class='3'] .thumb, .class-card:first-child .thumb")
        thumbs.first.click()
        tab.keyboard.press("Shift+ArrowRight")
        tab.keyboard.press("Shift+ArrowRight")
        assert "3 images selected" in tab.inner_text("#selected")
        tab.keyboard.press("Delete")
        assert counts(tab) == [EACH - 3, EACH]
        assert tab.inner_text("#spoken") == "3 images deleted"
        assert tab.evaluate("document.activeElement.className") == "thumb"
        assert tab.locator("#selected").is_hidden()
        tab.keyboard.press("Control+z")
        assert counts(tab) == [EACH, EACH]
        tab.keyboard.press("Control+Shift+Z")
        assert counts(tab) == [EACH - 3, EACH]
        tab.keyboard.press(" ")
        tab.locator("#selected select").select_option(label="disc")
        assert counts(tab) == [EACH - 4, EACH + 1]
        tab.locator(".class-name").first.fill("disc")
        tab.keyboard.press("Enter")
        assert "another class has this name" in tab.inner_text("#problem")
        assert names(tab) == ["bar", "disc"]
        tab.get_by_label("Remove the class disc").click()
        assert names(tab) == ["bar"]
        for _ in range(4):
            tab.click("#undo")
        assert (names(tab), counts(tab)) == (["Class 1", "Class 2"], [0, 0])
        assert tab.locator("#undo").is_disabled()


def test_a_second_tab_keeps_nothing(chromium: Browser, address: str) -> None:
    """Two tabs would overwrite each other: the second one says that it keeps nothing."""
    with visited(chromium) as context:
        tab = opened(context, address)
        tab.click("#add-class")
        second = opened(context, address)
        second.locator("#problem", has_text="open in another tab").wait_for()
        assert names(second) == ["Class 1", "Class 2"]
        second.close()
        keeps_all(tab)
        tab.reload()
        tab.locator("body[data-state=idle]").wait_for()
        assert names(tab) == ["Class 1", "Class 2", "Class 3"]


def test_drawings_are_collected_and_told_apart(chromium: Browser, address: str) -> None:
    """Drawn on the paper, by mouse and by keyboard; then the network reads another one."""
    with visited(chromium, viewport={"width": 1280, "height": 900}) as context:
        tab = opened(context, address)
        for place, angle in ((0, 0.0), (1, np.pi / 2)):
            card = tab.locator(".class-card").nth(place)
            card.get_by_text("Draw").click()
            for k in range(6):
                turn = angle + (k - 3) / 20
                across, down = 0.3 * np.cos(turn), 0.3 * np.sin(turn)
                draw(tab, ".class-card", [(0.5 - across, 0.5 - down), (0.5 + across, 0.5 + down)])
                card.get_by_text("Add the drawing").click()
        tab.locator(".class-card canvas[role=application]").focus()
        for key in (" ", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", " ", "Enter"):
            tab.keyboard.press(key)
        assert counts(tab) == [6, 7]
        assert "28×28, grey" in tab.inner_text("#train-about")
        train(tab)
        draw(tab, "#try", [(0.2, 0.5), (0.8, 0.52)])
        tab.locator("#try .sign", has_text="Class 1").wait_for()
        tab.locator("#try .fixes button").nth(1).click()
        assert counts(tab) == [6, 8]
        assert "train again" in tab.inner_text("#train-text")
