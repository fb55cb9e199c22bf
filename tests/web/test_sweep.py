"""Routes of a sweep's page: its trials as they are now, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from asking import get
from spritenet.sweeps import Trial
from spritenet.sweeps.sweep_folder import SweepFolder
from spritenet.web.serving import running
from spritenet.web.sweep import sweeping
from spritenet.web.table import static_files
from web_site import Server

CONFIG: dict[str, Any] = {
    "state": "running",
    "metric": "val_accuracy",
    "maximize": True,
    "trials": 9,
    "space": {"learning_rate": "0.001..0.1:log"},
}


def trial(number: int, value: float, **more: Any) -> Trial:
    """A finished trial of two epochs."""
    epochs = [{"val_accuracy": value / 2}, {"val_accuracy": value}]
    settings = {"learning_rate": 0.01 * (number + 1), "seed": 0}
    return Trial(number, settings, "finished", epochs, value, **more)


@pytest.fixture
def folder(tmp_path: Path) -> SweepFolder:
    """Of a sweep that goes on."""
    made = SweepFolder(tmp_path / "s")
    made.begin(CONFIG, resume=False)
    for number, value in enumerate((0.5, 0.9, 0.7, 0.6)):
        made.write(trial(number, value))
    return made


@pytest.fixture
def server(folder: SweepFolder) -> Iterator[Server]:
    """Of its page, the token used."""
    files = static_files("watch", "sweep")
    with running(files, sweeping(folder.path), home="/sweep/") as site:
        answer = get(site.port, f"/?token={site.token}")
        yield Server(site, answer.headers["set-cookie"].partition(";")[0])


def test_the_page_has_every_trial_and_the_best(server: Server) -> None:
    """Curves, values, importance and the winner, in one answer."""
    assert server.get("/sweep/").status == 200
    found = json.loads(server.get("/sweep/state").body)
    assert [t["curve"] for t in found["trials"]][1] == [0.45, 0.9]
    assert found["outcome"]["best"]["number"] == 1
    assert found["outcome"]["states"] == {"finished": 4}
    assert set(found["importance"]) <= {"learning_rate"}
    assert found["config"]["alive"] is False


def test_an_answer_comes_only_if_something_is_new(server: Server, folder: SweepFolder) -> None:
    """204 for the version that the page has; a new trial makes another."""
    version = json.loads(server.get("/sweep/state").body)["version"]
    known = "/sweep/state?known=" + version.replace(" ", "%20")
    assert server.get(known).status == 204
    folder.write(trial(4, 0.95))
    found = json.loads(server.get(known).body)
    assert found["outcome"]["best"]["number"] == 4
    folder.write_config({**CONFIG, "state": "finished"})
    assert json.loads(server.get(known).body)["config"]["state"] == "finished"


def test_broken_files_break_nothing(server: Server, folder: SweepFolder) -> None:
    """A torn trial is left out; a sweep.json of anything is an empty one."""
    (folder.path / "trials" / "0009.json").write_text("{")
    folder.config_path.write_text("[1]")
    found = json.loads(server.get("/sweep/state").body)
    assert len(found["trials"]) == 4
    assert found["config"] == {"alive": False}


def test_runs_are_watched_from_there(server: Server) -> None:
    """The live page of a run, and no file beside them."""
    assert server.get("/watch/").status == 200
    assert json.loads(server.get("/watch/runs").body)["runs"] == []
    assert server.get("/sweep/sweep.json").status == 404
    assert server.get("/sweep/trials/0000.json").status == 404
