"""Exported pages: built from the modules that are here, and filled without a trace of the slots."""

from __future__ import annotations

import base64
import gzip
import re
from pathlib import Path
from types import ModuleType

import pytest

import spritenet as sn
from spritenet.export import SavedModel
from spritenet.export import load as load_saved
from spritenet.web.assets import STATIC
from spritenet.web.html_file import PageContents, collect_file, html_file
from spritenet.web.page_core import without_operators

BUILT = sorted((STATIC / "export").glob("*.html"))


@pytest.fixture
def saved(tmp_path: Path) -> SavedModel:
    """An untrained model of 2 classes."""
    model = sn.Sequential([sn.layers.Input((4, 4, 1)), sn.layers.Flatten(), sn.layers.Dense(2)])
    model.save(tmp_path / "model")
    return load_saved(tmp_path / "model")


def test_the_committed_pages_are_these_modules(bundle_pages: ModuleType, tmp_path: Path) -> None:
    """Byte for byte. If this fails a page has changed: type `make pages`, and commit."""
    built = bundle_pages.build(tmp_path)
    assert [path.name for path in built] == [path.name for path in reversed(BUILT)]
    for path in built:
        assert path.read_bytes() == (STATIC / "export" / path.name).read_bytes(), path.name


@pytest.mark.parametrize("page", BUILT, ids=lambda path: path.stem)
def test_each_slot_is_there_once(page: Path) -> None:
    """Nothing else in a page looks like one."""
    text = page.read_text(encoding="utf-8")
    assert re.findall(r"\{\{[A-Z]+\}\}", text) == ["{{VERSION}}", "{{FILES}}", "{{DATA}}"]


def test_a_filled_page_holds_the_files_of_the_model(saved: SavedModel) -> None:
    """Unpacked, the weights are those of the file, and the core is the library's for its layers."""
    text = html_file(PageContents(saved)).decode()
    assert "{{" not in re.sub(r"<script id=.*?</script>", "", text, flags=re.DOTALL)
    assert f"Made with Spritenet {sn.__version__}," in text
    elements = dict(re.findall(r'application/gzip"[^>]* id="([^"]+)">([^<]+)<', text))
    found = {name: gzip.decompress(base64.b64decode(data)) for name, data in elements.items()}
    core = (STATIC / "lib" / "core-page.wasm").read_bytes()
    assert found["core.wasm"] == without_operators(core, ["Rescaling", "Flatten", "Dense"])
    planes = found["weights.bin"]
    count = len(planes) // 4
    weights = bytes(planes[i % 4 * count + i // 4] for i in range(len(planes)))
    assert weights == saved.parameters.astype("<f4").tobytes()


def test_a_network_with_rare_layers_is_hardly_larger(saved: SavedModel, tmp_path: Path) -> None:
    """It carries what they need, and nothing of others."""
    kinds = sn.layers
    first = (kinds.Input((4, 4, 1)), kinds.Permute((2, 1, 3)), kinds.PReLU(), kinds.Flatten())
    sn.Sequential([*first, kinds.Dense(2)]).save(tmp_path / "rare")
    usual, rare = (
        len(gzip.compress(html_file(PageContents(each)), 9))
        for each in (saved, load_saved(tmp_path / "rare"))
    )
    assert usual < rare < usual + 3000


def test_the_collect_page_holds_the_page_that_it_gives_away() -> None:
    """And the version, which that page says; videos are allowed here alone."""
    text = collect_file(b"images").decode()
    elements = dict(re.findall(r'application/gzip" id="([\w.]+)">([\w+/=]+)<', text))
    found = {name: gzip.decompress(base64.b64decode(data)) for name, data in elements.items()}
    assert found["draw.html"] == (STATIC / "export" / "draw.html").read_bytes()
    assert found["version.txt"].decode() == sn.__version__
    assert found["images"] == b"images"
    allowed = {page.stem for page in BUILT if "media-src" in page.read_text(encoding="utf-8")}
    assert allowed == {"collect"}


def test_the_licence_of_the_charts_is_where_the_charts_are() -> None:
    """The lab holds uPlot, the drawing page alone does not."""
    assert {page.stem: "uPlot" in page.read_text(encoding="utf-8") for page in BUILT} == {
        "collect": False,
        "draw": False,
        "draw-lab": True,
    }
