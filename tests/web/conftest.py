"""Real servers in a thread."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from asking import get
from program import spritenet
from spritenet.web.serving import Site, running
from web_site import ROUTES, Server, contents

TOOL = Path(__file__).parents[2] / "tools" / "bundle_pages.py"


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests, its token used."""
    folder = tmp_path_factory.mktemp("served")
    with running(contents(folder), ROUTES, home="/page/") as site:
        answer = get(site.port, f"/?token={site.token}")
        yield Server(site, answer.headers["set-cookie"].partition(";")[0])


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Site]:
    """A server whose token nobody has used."""
    with running(contents(tmp_path), ROUTES, home="/page/") as site:
        yield site


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run: the tutorial network, which saw each of the drawn digits once."""
    folder = tmp_path_factory.mktemp("runs")
    done = spritenet("train", "--epochs", "1", "--out", "run", folder=folder)
    assert done.returncode == 0, done.stderr
    return folder / "run"


@pytest.fixture(scope="session")
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
