"""Plain images in the lab: folders, ZIPs and file names, chosen or dropped."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from browser.test_lab import Bench, Open, bench, complaints, context, save, state, train, visit

if TYPE_CHECKING:
    from playwright.sync_api import BrowserContext, Page

__all__ = ["bench", "complaints", "context", "visit"]  # fixtures

PIXELS = """canvas => [...canvas.getContext('2d').getImageData(0, 0, 28, 28).data]"""


@pytest.fixture(scope="module")
def folder(bench: Bench, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Thirty digits of each class as PNGs, in train/ and test/, beside files that are none."""
    root = tmp_path_factory.mktemp("pictures") / "digits"
    for name, split in (("train", bench.data.train), ("test", bench.data.test)):
        for label in range(10):
            (root / name / str(label)).mkdir(parents=True)
            for i, place in enumerate(np.flatnonzero(split.labels == label)[:15]):
                image = Image.fromarray(split.images[place, :, :, 0])
                image.save(root / name / str(label) / f"{i}.png")
    (root / "notes.txt").write_text("hand-made")
    (root / ".DS_Store").write_bytes(b"\0")
    (root / "train" / "3" / "15.png").write_bytes(b"no image")
    return root


def drop_folder(context: BrowserContext, tab: Page, folder: Path) -> None:
    """Drops a folder on the page, as from the desktop."""
    session = context.new_cdp_session(tab)
    data = {"items": [], "files": [str(folder)], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        session.send("Input.dispatchDragEvent", {"type": kind, "x": 200, "y": 200, "data": data})


@pytest.mark.parametrize("way", ["chosen", "dropped", "zipped"])
def test_a_folder_of_images_is_a_data_set(
    visit: Open, context: BrowserContext, folder: Path, tmp_path: Path, way: str
) -> None:
    """Classes and splits are the folders; what is no image is named, and the rest trains."""
    tab = visit()
    if way == "chosen":
        tab.set_input_files("#data-folder", folder)
    elif way == "dropped":
        drop_folder(context, tab, folder)
    else:
        path = tmp_path / "digits.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for file in sorted(folder.rglob("*")):
                archive.write(file, Path("digits") / file.relative_to(folder))
        tab.set_input_files("#data-files", path)
    about = tab.locator("#data-about", has_text="150 training and 150 test images, 28×28, grey, of")
    about.wait_for()
    note = tab.inner_text("#data-note")
    assert "15.png" in note
    assert "notes.txt" in note
    assert "DS_Store" not in note
    if way == "chosen":
        train(tab, length=3, unit="steps")
        assert '"dataset": "digits"' in (save(tab, tmp_path) / "model.json").read_text()


def test_names_and_sizes_of_images(visit: Open, tmp_path: Path) -> None:
    """cat.0.png is a cat; other sizes are scaled, and that is said; one class is too few."""
    for name, colour in (("cat", "red"), ("dog", "blue")):
        for i in range(4):
            Image.new("RGB", (50 + 30 * i, 60), colour).save(tmp_path / f"{name}.{i}.png")
    tab = visit()
    tab.set_input_files("#data-files", sorted(tmp_path.glob("*.png")))
    tab.locator("#data-about", has_text="32×32, colour, of 2 classes").wait_for()
    assert "Scaled to 32×32 pixels" in tab.inner_text("#data-note")
    assert set(tab.locator("#examples .tile span").all_inner_texts()) == {"cat", "dog"}
    tab.set_input_files("#data-files", sorted(tmp_path.glob("cat*.png")))
    problem = tab.locator("#data-problem")
    problem.wait_for()
    assert "images of at least two classes are needed" in problem.inner_text()
    assert "only cat" in problem.inner_text()
    state(tab, "idle")
    assert tab.locator("#start").is_enabled()


def test_pixels_are_those_of_the_files(visit: Open, bench: Bench, folder: Path) -> None:
    """Grey PNGs of one size come in bit for bit."""
    tab = visit()
    tab.set_input_files("#data-folder", folder)
    tab.locator("#data-about", has_text="150 training").wait_for()
    known = {image.tobytes() for image in np.asarray(bench.data.train.images)}
    for canvas in tab.locator("#examples canvas").all()[:5]:
        rgba = np.array(canvas.evaluate(PIXELS), np.uint8).reshape(28, 28, 4)
        assert np.ascontiguousarray(rgba[:, :, :1]).tobytes() in known
