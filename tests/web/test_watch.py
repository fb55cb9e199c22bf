"""Routes of the live page: only listed runs, and bounded."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import tiny
from asking import get
from spritenet.runs import Run
from spritenet.web.serving import running
from spritenet.web.table import static_files
from spritenet.web.watch import watching
from web_site import Server


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, a folder that is none, and a secret beside them."""
    folder = tmp_path_factory.mktemp("shelf") / "runs"
    for name, seed in (("first", 0), ("second", 1)):
        run = Run(folder / name)
        run.controls.watch()
        how: dict[str, Any] = {"epochs": 2, "batch_size": 16, "seed": seed}
        tiny.model().fit(
            tiny.images(),
            validation_data=tiny.images(60, 1),
            run=run.folder,
            verbose=0,
            **how,
        )
    (folder / "none").mkdir()
    (folder.parent / "config.json").write_text('{"secret": 1}')
    return folder


@pytest.fixture(scope="module")
def watched(shelf: Path) -> Iterator[Server]:
    """A server of the live page, its token used."""
    with running(static_files("watch"), watching(Run(shelf / "first")), home="/watch/") as site:
        answer = get(site.port, f"/?token={site.token}")
        yield Server(site, answer.headers["set-cookie"].partition(";")[0])


def messages(server: Server, target: str, count: int) -> list[tuple[str, dict[str, Any]]]:
    """The first messages of a stream: their kind and what they say."""
    request = f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{server.port}\r\n"
    request += f"Cookie: {server.cookie}\r\n\r\n"
    found: list[tuple[str, dict[str, Any]]] = []
    with socket.create_connection(("127.0.0.1", server.port), 20) as connection:
        connection.sendall(request.encode())
        data = b""
        while len(found) < count:
            data += connection.recv(1 << 16)
            lines = data.decode(errors="replace").splitlines()
            found = [
                (kind.removeprefix("event: "), json.loads(said.removeprefix("data: ")))
                for kind, said, end in zip(lines, lines[1:], lines[2:], strict=False)
                if kind.startswith("event: ") and said.startswith("data: ") and end == ""
            ]
    return found


def test_the_page_and_the_list_are_there(watched: Server) -> None:
    """The page's files, and every run in a few figures; what is no run is not listed."""
    assert watched.get("/watch/").status == 200
    answer = json.loads(watched.get("/watch/runs").body)
    assert answer["chosen"] == "first"
    assert sorted(run["name"] for run in answer["runs"]) == ["first", "second"]
    assert {run["state"] for run in answer["runs"]} == {"finished"}


def test_a_journal_comes_whole_and_says_how_its_run_does(watched: Server, shelf: Path) -> None:
    """The updates in columns, everything else as it is."""
    (kind, news), (other, state) = messages(watched, "/watch/events?run=first", 2)
    assert (kind, other) == ("journal", "state")
    assert news["run"] == "first"
    assert news["restarted"]
    assert news["steps"]["step"] == list(range(1, 27))
    steps = [e for e in Run(shelf / "first").events() if e.kind == "step"]
    assert news["steps"]["loss"] == [e.loss for e in steps]  # type: ignore[attr-defined]  # of a StepEvent
    assert news["events"][0]["event"] == "started"
    assert news["events"][-1]["event"] == "finished"
    assert (state["name"], state["state"], state["steps"]) == ("first", "finished", 26)


def test_several_runs_share_a_stream(watched: Server) -> None:
    """A browser has six connections to a server, and people have more runs."""
    target = "/watch/events?run=second&run=first&run=first&run=none"
    found = messages(watched, target, 4)
    assert [(kind, said.get("run") or said["name"]) for kind, said in found] == [
        ("journal", "second"),
        ("journal", "first"),
        ("state", "second"),
        ("state", "first"),
    ]


def test_config_and_snapshots_are_given_as_they_are(watched: Server, shelf: Path) -> None:
    """Byte by byte."""
    run = Run(shelf / "first")
    assert watched.get("/watch/runs/first/config").body == run.config_path.read_bytes()
    for path in run.snapshots_path.iterdir():
        assert watched.get(f"/watch/runs/first/snapshots/{path.name}").body == path.read_bytes()


@pytest.mark.parametrize(
    "target",
    [
        "/watch/events",
        "/watch/events?run=none",
        "/watch/events?run=..",
        "/watch/runs/../config",
        "/watch/runs/%2e%2e/config",
        "/watch/runs/..%2f..%2fconfig.json/config",
        "/watch/runs/none/config",
        "/watch/runs/first/snapshots/..%2fconfig.json",
        "/watch/runs/first/snapshots/%2e%2e%2fevents.jsonl",
        "/watch/runs/first/snapshots/config.json",
        "/watch/runs/first/snapshots/000000000.npz",
        "/watch/runs/first/snapshots/",
    ],
)
def test_nothing_else_is_reached(watched: Server, target: str) -> None:
    """A name selects a run that is listed, a file one of the snapshots, and nothing more."""
    answer = watched.get(target)
    assert answer.status == 404 or (answer.status, answer.body) == (204, b"")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b'"stop"',
        b'{"command": "explode"}',
        b'{"command": "rate", "value": "much"}',
        b'{"command": "rate", "value": true}',
        b'{"command": ["stop"]}',
        b'{"command": "stop", "more": "' + b"x" * 2000 + b'"}',
        b"[" * 1000,
    ],
)
def test_what_is_no_command_is_refused(watched: Server, shelf: Path, body: bytes) -> None:
    """Nothing of it reaches the run's folder."""
    with Run(shelf / "first").locked():
        assert watched.post("/watch/runs/first/control", body).status == 400
    left = [path.name for path in (shelf / "first" / "control").iterdir()]
    assert left == ["watching"]


def test_a_command_reaches_a_training_and_only_one(watched: Server, shelf: Path) -> None:
    """While the folder is held there is somebody to do it; without, the page is told."""
    body = b'{"command": "rate", "value": 0.5}'
    assert watched.post("/watch/runs/first/control", body).status == 409
    assert watched.post("/watch/runs/none/control", body).status == 404
    run = Run(shelf / "first")
    with run.locked():
        answer = watched.post("/watch/runs/first/control", body)
        (command,) = run.controls.poll()
    assert json.loads(answer.body) == {"id": command.id}
    assert (command.name, command.value) == ("rate", 0.5)


def test_only_the_page_itself_may_ask(watched: Server, shelf: Path) -> None:
    """Another site's request, or one without the cookie, changes nothing."""
    body = b'{"command": "stop"}'
    with Run(shelf / "first").locked():
        other = watched.post("/watch/runs/first/control", body, origin="http://evil.example")
        stranger = watched.post("/watch/runs/first/control", body, cookie="")
        read = watched.get("/watch/runs/first/control")
    assert (other.status, stranger.status, read.status) == (403, 401, 404)
    assert Run(shelf / "first").controls.poll() == []
