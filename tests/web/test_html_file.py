"""Exported pages: built from the modules that are here, and filled without a trace of the slots."""

from __future__ import annotations

import base64
import gzip
import importlib.util
import re
from pathlib import Path
from types import ModuleType

import pytest

import spritenet as sn
from spritenet.export import SavedModel
from spritenet.export import load as load_saved
from spritenet.web.assets import STATIC
from spritenet.web.html_file import PageContents, collect_file, html_file

TOOL = Path(__file__).parents[2] / "tools" / "bundle_pages.py"
BUILT = sorted((STATIC / "export").glob("*.html"))


@pytest.fixture(scope="module")
def bundle_pages(node: str) -> ModuleType:  # noqa: ARG001 - esbuild without Node.js is no use
    """tools/bundle_pages.py, with esbuild."""
    spec = importlib.util.spec_from_file_location("bundle_pages", TOOL)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    if not module.ESBUILD.exists():
        pytest.skip("esbuild is not installed: npm ci --prefix tests/node")
    return module


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
    """Unpacked, the weights are those of the file, and the core is the library's."""
    text = html_file(PageContents(saved)).decode()
    assert "{{" not in re.sub(r"<script id=.*?</script>", "", text, flags=re.DOTALL)
    assert f"Made with Spritenet {sn.__version__}," in text
    elements = dict(re.findall(r'application/gzip"[^>]* id="([^"]+)">([^<]+)<', text))
    found = {name: gzip.decompress(base64.b64decode(data)) for name, data in elements.items()}
    assert found["core.wasm"] == (STATIC / "lib" / "core-page.wasm").read_bytes()
    planes = found["weights.bin"]
    count = len(planes) // 4
    weights = bytes(planes[i % 4 * count + i // 4] for i in range(len(planes)))
    assert weights == saved.parameters.astype("<f4").tobytes()


def test_a_network_with_rare_layers_carries_the_whole_core(tmp_path: Path) -> None:
    """core-page.wasm has the usual ones alone."""
    kinds = sn.layers
    first = (kinds.Input((4, 4, 1)), kinds.Permute((2, 1, 3)), kinds.Flatten())
    sn.Sequential([*first, kinds.Dense(2)]).save(tmp_path / "model")
    text = html_file(PageContents(load_saved(tmp_path / "model"))).decode()
    elements = dict(re.findall(r'application/gzip"[^>]* id="([^"]+)">([^<]+)<', text))
    core = gzip.decompress(base64.b64decode(elements["core.wasm"]))
    assert core == (STATIC / "lib" / "core.wasm").read_bytes()


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
