"""Real servers in a thread."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from asking import get
from program import spritenet
from spritenet.web.serving import Site, running
from web_site import ROUTES, Server, contents


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
