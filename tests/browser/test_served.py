"""The local server and a real browser: the commands' pages, and other sites that attack it."""

from __future__ import annotations

import re
import signal
import subprocess
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

import spritenet as sn
from drawing_page import answer, draw, visited
from program import PROGRAM, environment
from site_server import served
from spritenet.prepare import Preparation
from spritenet.web.serving import running

if TYPE_CHECKING:
    from playwright.sync_api import Browser

LOCKED = "Failed to load resource: the server responded with a status of 401"


@contextmanager
def started(*arguments: str | Path) -> Iterator[str]:
    """The address that a command prints, while the command runs."""
    process = subprocess.Popen(
        [*PROGRAM, *map(str, arguments), "--no-browser", "--port", "0"],
        env=environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        text=True,
    )
    killer = threading.Timer(120, process.kill)
    killer.start()
    try:
        assert process.stdout is not None
        lines = iter(process.stdout)
        yield next(line.strip() for line in lines if "?token=" in line)
        process.send_signal(signal.SIGINT)
        assert process.wait(20) == 0
    finally:
        killer.cancel()
        process.kill()
        process.communicate()


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network that saw a few of the drawn digits."""
    data = sn.load("strokes")
    model = sn.networks.tutorial(data.train)
    model.compile(sn.Adam(0.004), "sparse_categorical_crossentropy")
    model.fit(data.train[:4000], batch_size=64, seed=0, verbose=0)
    model.preparation = Preparation("digit", 28, 28, 1).to_json()
    folder = tmp_path_factory.mktemp("saved") / "model"
    model.save(folder)
    return folder


def test_draw_serves_a_page_that_is_drawn_on_and_taught(chromium: Browser, saved: Path) -> None:
    """Under the server's strict policy, with the model and the examples beside it."""
    with (
        started("draw", saved, "--data", "strokes") as address,
        visited(chromium, LOCKED) as context,
    ):
        page = context.new_page()
        page.goto(address)
        page.locator("#stage").wait_for(state="visible")
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+/draw/", page.url)
        draw(page, [[(0.5, 0.0), (0.5, 1.0)]])
        assert answer(page)["state"] == "uncalibrated"
        page.locator("#classes button").nth(1).click()
        page.locator("#lesson").filter(has_text="stored examples:").wait_for()
        with visited(chromium, LOCKED) as other:
            stranger = other.new_page()
            stranger.goto(page.url)
            assert stranger.locator("h1").inner_text().startswith("Open the address")
            stranger.goto(address)  # the token was used
            assert stranger.locator("h1").inner_text().startswith("Open the address")


@pytest.mark.parametrize("shard_rows", [None, 200])
def test_lab_serves_a_sprite_or_a_folder_of_them(
    chromium: Browser, tmp_path: Path, shard_rows: int | None
) -> None:
    """As it is: the page says how many images there are, whatever they are in."""
    data = sn.load("strokes")
    some = {"train": data.train[:500], "test": data.test[:100]}
    whole = sn.Dataset("some", some, data.class_names)
    path = sn.pack(whole, tmp_path / "some digits.png", shard_rows=shard_rows)
    assert path.is_dir() == (shard_rows is not None)
    with started("lab", path) as address, visited(chromium) as context:
        page = context.new_page()
        page.goto(address)
        page.locator("#data-about").filter(has_text="500 training and 100").wait_for()
        page.locator("#start:enabled").wait_for()
        assert page.evaluate("crossOriginIsolated")  # its worker trains on several threads


def test_the_lab_reads_a_sprite_of_another_site(chromium: Browser, tmp_path: Path) -> None:
    """It works if that site allows it; else one line says what to do, and the images stay."""
    data = sn.load("strokes")
    some = {"train": data.train[:300], "test": data.test[:60]}
    sn.pack(sn.Dataset("some", some, data.class_names), tmp_path / "some.png")
    refused = re.compile("blocked by CORS policy|Failed to load resource")
    with (
        served({"files": tmp_path}, policy="", allowed="*") as kind,
        served({"files": tmp_path}, policy="") as unkind,
        started("lab", tmp_path / "some.png") as address,
        chromium.new_context() as context,
    ):
        page = context.new_page()
        complaints: list[str] = []
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.goto(address)
        page.locator("#start:enabled").wait_for()
        page.click("text=Other images")
        page.fill("#url", f"{unkind}files/some.png")
        page.click("#address button")
        page.locator("#data-problem", has_text="download it, and choose the file").wait_for()
        assert all(refused.search(line) for line in complaints), complaints
        page.fill("#url", f"{kind}files/some.png")
        page.click("#address button")
        page.locator("#other:not([open])").wait_for()
        page.locator("#data-about").filter(has_text="300 training and 60").wait_for()
        assert page.locator("#data-problem").is_hidden()


ATTACK = """async (target) => {
  const how = { mode: 'no-cors', credentials: 'include' };
  const body = new URLSearchParams({ stop: '1' });
  const tries = [
    fetch(`${target}/change`, { ...how, method: 'POST', body }),
    fetch(`${target}/change`, { ...how, method: 'POST', body: 'plain text' }),
    fetch(`${target}/look`, how),
    fetch(`${target}/look`, { credentials: 'include' }),
    navigator.sendBeacon(`${target}/change`, 'x'),
    new Promise((done) => {
      const image = new Image();
      image.onload = image.onerror = done;
      image.src = `${target}/look`;
    }),
    new Promise((done) => {
      const form = document.createElement('form');
      const frame = document.createElement('iframe');
      frame.name = 'frame';
      form.method = 'POST'; form.action = `${target}/change`; form.target = 'frame';
      document.body.append(frame, form);
      frame.onload = () => setTimeout(done, 200);
      form.submit();
    }),
    import(`${target}/lib/index.js`),
  ];
  return (await Promise.allSettled(tries)).map(({ status }) => status);
}"""


def test_collect_begins_with_a_data_set_and_gives_c_code(chromium: Browser, tmp_path: Path) -> None:
    """Served by the command under its policy; the server writes what the browser can't."""
    data = sn.load("strokes").train[:100]
    sn.pack(data, tmp_path / "digits.png")
    with started("collect", tmp_path / "digits.png") as address, visited(chromium) as context:
        page = context.new_page()
        page.goto(address)
        page.locator("#train-about", has_text="100 images, 10 classes, 28×28, grey").wait_for()
        page.click("#train")
        page.locator("#take-c:enabled").wait_for(timeout=60_000)
        page.locator("body[data-checked]").wait_for(timeout=60_000)
        assert page.evaluate("spritenetCollect.trainer.model.calibrated")
        with page.expect_download() as download:
            page.click("#take-c")
        download.value.save_as(tmp_path / "c.zip")
        with zipfile.ZipFile(tmp_path / "c.zip") as archive:
            assert "src/model.c" in archive.namelist()


def test_other_sites_in_the_same_browser_reach_nothing(chromium: Browser, tmp_path: Path) -> None:
    """Neither another name's nor another port's pages; cookies don't tell ports apart."""
    reached: list[str] = []

    async def hit(request: Request) -> Response:
        reached.append(f"{request.method} {request.headers.get('origin')}")
        return PlainTextResponse("reached")

    routes = [Route("/change", hit, methods=["POST"]), Route("/look", hit)]
    page_ = (b"<!doctype html><title>ours</title>", "text/html")
    (tmp_path / "evil.html").write_text("<!doctype html><title>evil</title>")
    with (
        running({"/page/": page_}, routes, home="/page/") as site,
        served({"evil": tmp_path}, policy="") as evil,
        chromium.new_context() as context,
    ):
        page = context.new_page()
        page.goto(site.address)
        assert page.title() == "ours"
        here = f"http://127.0.0.1:{site.port}"
        assert page.evaluate("fetch('/look').then((r) => r.text())") == "reached"
        post = "fetch('/change', { method: 'POST' }).then((r) => r.text())"
        assert page.evaluate(post) == "reached"
        assert reached == ["GET None", f"POST {here}"]
        reached.clear()
        for name in ("127.0.0.1", "localhost"):
            page.goto(f"{evil.replace('127.0.0.1', name)}evil/evil.html")
            page.evaluate(ATTACK, here)
        assert reached == []
        page.goto(f"{here}/page/")
        assert page.title() == "ours"


def test_the_lab_gives_int8_and_c_code(chromium: Browser, tmp_path: Path) -> None:
    """Made by the server of a network that was trained in the page; Python reads the int8 file."""
    data = sn.load("strokes").train[:600]
    sn.pack(data, tmp_path / "digits.png")
    with started("lab", tmp_path / "digits.png") as address, visited(chromium) as context:
        page = context.new_page()
        page.goto(address)
        page.fill("#length", "1")
        page.click("#start")
        page.locator("#save-int8:enabled").wait_for(timeout=60_000)
        for button, name in (("#save-int8", "model.int8"), ("#save-c", "model-c.zip")):
            with page.expect_download() as download:
                page.click(button)
            assert download.value.suggested_filename == name
            download.value.save_as(tmp_path / name)
        page.locator("#keep-note", has_text="Saved: model-c.zip").wait_for()
    model = sn.QuantizedModel.load(tmp_path / "model.int8")
    assert model.class_names == data.class_names
    with zipfile.ZipFile(tmp_path / "model-c.zip") as archive:
        assert b"int8" in archive.read("src/model.c")
