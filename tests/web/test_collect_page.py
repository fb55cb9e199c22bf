"""The Collect page as it is served: its files, its links, and the route that writes C."""

from __future__ import annotations

import asyncio
import io
import re
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message

import spritenet as sn
from spritenet.web.assets import STATIC
from spritenet.web.model_files import LARGEST_MODEL, model_routes
from spritenet.web.pages import collect_page, lab_page
from spritenet.web.table import Content, Headed

IMPORT = re.compile(r"(?:from|import)\s*\(?'(\.[^']+\.js)'")


def page_text(table: dict[str, Content], address: str) -> str:
    """The HTML of a page."""
    found = table[address]
    content = found.content if isinstance(found, Headed) else found
    assert isinstance(content, tuple)
    return content[0].decode()


def test_every_module_that_the_page_imports_is_served() -> None:
    """From page.js on, whatever folder it lies in."""
    table = collect_page()
    waiting, seen = [STATIC / "collect" / "page.js"], set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        assert "/" + path.relative_to(STATIC).as_posix() in table
        lines = path.read_text(encoding="utf-8").splitlines()
        text = "\n".join(line for line in lines if not line.startswith("//"))
        waiting += [(path.parent / name).resolve() for name in IMPORT.findall(text)]
    assert len(seen) > 40
    assert "/draw/" not in table


def test_images_to_begin_with_are_another_project() -> None:
    """The page knows them by their hash; it names the version."""
    text = page_text(collect_page(b"one"), "/collect/")
    assert f'name="spritenet-version" content="{sn.__version__}"' in text
    found = re.search(r'name="spritenet-start" content="images ([0-9a-f]{16})"', text)
    assert found is not None
    assert found[1] not in page_text(collect_page(b"two"), "/collect/")
    assert 'name="spritenet-start" content=""' in page_text(collect_page(), "/collect/")


def test_lab_and_collect_lead_to_each_other(tmp_path: Path) -> None:
    """With `spritenet lab`; Collect alone has no link to a lab that isn't there."""
    images = np.zeros((4, 8, 8, 1), np.uint8)
    sn.pack(sn.Dataset.from_arrays((images, np.arange(4) % 2)), tmp_path / "d.png")
    with lab_page(tmp_path / "d.png") as table:
        assert 'href="../collect/"' in page_text(table, "/lab/")
        assert 'href="../lab/"' in page_text(table, "/collect/")
    assert "../lab/" not in page_text(collect_page(), "/collect/")


def posted(body: bytes, route: int = 0) -> Response:
    """The answer of a route: C code, or int8."""

    async def receive() -> Message:
        return {"type": "http.request", "body": body}

    scope = {"type": "http", "method": "POST", "path": "/collect/c", "headers": []}

    async def answer() -> Response:
        found = await model_routes("/collect/")[route].endpoint(Request(scope, receive))
        assert isinstance(found, Response)
        return found

    # A thread of its own: a browser that other tests drive leaves a loop running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, answer()).result()


def request_of(folder: Path, **replaced: bytes) -> bytes:
    """The body that the page sends, with some files replaced."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name in ("model.json", "weights.bin", "images.png"):
            key = name.partition(".")[0]
            archive.writestr(name, replaced.get(key, (folder / name).read_bytes()))
    return made.getvalue()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model of 3 classes and a sprite, as the page has them."""
    folder = tmp_path_factory.mktemp("c")
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (30, 12, 12, 3), np.uint8)
    data = sn.Dataset.from_arrays((images, np.arange(30) % 3))
    model = sn.Sequential(
        [
            sn.Input((12, 12, 3)),
            sn.Rescaling(1 / 255),
            sn.Conv2D(4, 3, activation="relu"),
            sn.MaxPooling2D(2),
            sn.Flatten(),
            sn.Dropout(0.3),
            sn.Dense(3, activation="softmax"),
        ]
    )
    model.save(folder)
    sn.pack(data, folder / "images.png")
    return folder


def test_the_server_writes_int8(folder: Path, tmp_path: Path) -> None:
    """The file that `spritenet quantize` writes, calibrated on the images that the page sends."""
    answer = posted(request_of(folder), 1)
    assert answer.status_code == 200, answer.body
    (tmp_path / "model.int8").write_bytes(answer.body)
    images = sn.load(folder / "images.png").train.images
    expected = sn.load_model(folder).quantize(images)
    assert (
        sn.QuantizedModel.load(tmp_path / "model.int8").predict(images) == expected.predict(images)
    ).all()


def test_the_server_writes_c_code(folder: Path) -> None:
    """int8, with an example: the files that `spritenet export` writes."""
    answer = posted(request_of(folder))
    assert answer.status_code == 200, answer.body
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        names = set(archive.namelist())
        assert {"src/model.h", "src/model.c", "example.c", "README.md"} <= names
        assert b"int8" in archive.read("src/model.c")


def test_a_network_that_int8_cannot_hold_becomes_float32(tmp_path: Path) -> None:
    """One that resizes its images, such as that of large ones."""
    model = sn.Sequential([sn.Input((12, 12, 3)), sn.Resizing(8, 8), sn.Flatten(), sn.Dense(3)])
    with pytest.warns(UserWarning, match="Resizing"):
        model.save(tmp_path)
    images = np.random.default_rng(0).integers(0, 256, (6, 12, 12, 3), np.uint8)
    sn.pack(sn.Dataset.from_arrays((images, np.arange(6) % 3)), tmp_path / "images.png")
    answer = posted(request_of(tmp_path))
    assert answer.status_code == 200, answer.body
    with zipfile.ZipFile(io.BytesIO(answer.body)) as archive:
        assert b"float" in archive.read("src/model.c")


def test_a_request_that_is_no_model_is_one_line(folder: Path) -> None:
    """No ZIP, a damaged one, other files, a broken model, images of another size."""
    good = request_of(folder)
    other = io.BytesIO()
    with zipfile.ZipFile(other, "w") as archive:
        archive.writestr("../evil", b"")
    bodies = {
        b"": "damaged ZIP",
        good[:500]: "damaged ZIP",
        other.getvalue(): "not a model with images",
        request_of(folder, model=b"{}"): "model.json",
        request_of(folder, weights=b"1234"): "weights.bin",
        request_of(folder, images=b"no"): "images.png",
    }
    for body, words in bodies.items():
        answer = posted(body)
        assert answer.status_code == 400
        text = bytes(answer.body).decode()
        assert words in text
        assert text.count("\n") == 1
    assert len(good) < LARGEST_MODEL
