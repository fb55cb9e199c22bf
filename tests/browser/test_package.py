"""The npm package in Chromium: built into a Vite project, and by `<script type="module">`."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from npm_package import TOOLS, blocks, run
from site_server import served

if TYPE_CHECKING:
    from playwright.sync_api import Page

INDEX = '<!doctype html><title>new</title><body><script type="module" src="/main.js"></script>'


@pytest.fixture(scope="module")
def vite_site(npm_project: Path) -> Path:
    """A Vite project of README's example, built."""
    vite = TOOLS / "vite" / "bin" / "vite.js"
    if not vite.exists():
        pytest.skip("Vite is not installed: npm ci --prefix tests/node")
    (main,) = (text for text in blocks("js") if "main.js" in text)
    (npm_project / "main.js").write_text(main, encoding="utf-8")
    (npm_project / "index.html").write_text(INDEX, encoding="utf-8")
    (npm_project / "public").mkdir()
    shutil.copy(npm_project / "digits.png", npm_project / "public")
    run("node", vite, "build", "--base", "/site/", cwd=npm_project)
    return npm_project / "dist"


def test_a_vite_project_trains_in_a_worker(page: Page, vite_site: Path) -> None:
    """The built page finds the core and the worker: it trains 20 steps, and evaluates."""
    wanted = []
    page.on("request", lambda request: wanted.append(request.url.rpartition("/")[2]))
    with served({"site": vite_site}) as address:
        page.goto(f"{address}site/index.html")
        page.get_by_text(re.compile("^accuracy")).wait_for()
        text = page.inner_text("body")
        assert page.title().startswith("step 20: ")
    found = re.fullmatch(r"accuracy ([\d.]+), in a worker", text)
    assert found
    assert float(found[1]) > 0.4
    assert any(re.fullmatch(r"core-relaxed-.*\.wasm", name) for name in wanted)
    assert any(re.fullmatch(r"worker-.*\.js", name) for name in wanted)


@pytest.mark.parametrize("module", ["spritenet.min.js", "index.js"])
def test_a_page_without_a_build_step_imports_it(
    page: Page, npm_project: Path, tmp_path: Path, module: str
) -> None:
    """README's HTML as it stands, and with the plain modules."""
    (example,) = blocks("html")
    text = example.replace("lib/spritenet.min.js", f"lib/{module}")
    assert module in text
    (tmp_path / "index.html").write_text(text, encoding="utf-8")
    shutil.copytree(npm_project / "digits", tmp_path / "digits")
    (tmp_path / "node_modules").symlink_to(npm_project / "node_modules")
    with served({"page": tmp_path}, policy="") as address:
        page.goto(f"{address}page/index.html")
        page.get_by_text("classes").wait_for()
        assert page.inner_text("body").strip() == "10 classes, 10 outputs"
