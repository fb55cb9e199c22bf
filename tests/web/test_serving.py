"""Listening, waiting, ending: with real sockets, and with the program as a user starts it."""

from __future__ import annotations

import re
import signal
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic, sleep

import pytest

from asking import exchange, get
from program import PROGRAM, environment, spritenet
from spritenet.errors import InputError
from spritenet.web.hosts import Hosts
from spritenet.web.request_timeout import Patience
from spritenet.web.serving import Site, listen, running, serve
from web_site import PAGE, ROUTES, Server, contents

EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing is bound to it here
ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/\?token=([\w-]+)")


@contextmanager
def started(*arguments: str | Path, folder: Path | None = None) -> Iterator[subprocess.Popen[str]]:
    """The program while it runs; it is killed if it doesn't end."""
    process = subprocess.Popen(
        [*PROGRAM, *map(str, arguments)],
        cwd=folder,
        env=environment(PYTHONUNBUFFERED="1"),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def address_of(process: subprocess.Popen[str]) -> tuple[int, str]:
    """The port and the token it prints."""
    assert process.stdout is not None
    for line in process.stdout:
        if match := ADDRESS.search(line):
            return int(match[1]), match[2]
    raise AssertionError("no address was printed")


@pytest.fixture
def patience(monkeypatch: pytest.MonkeyPatch) -> float:
    """A server that waits for a second and a half instead of ten."""
    monkeypatch.setattr(Patience, "seconds", 1.5)
    return 1.5


@pytest.mark.parametrize(
    "request_",
    [b"", b"GET /page/ HT", b"GET /page/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: 1\r\n"],
)
@pytest.mark.usefixtures("patience")
def test_a_request_that_never_arrives_is_not_waited_for(tmp_path: Path, request_: bytes) -> None:
    """Nor a connection on which nothing is ever asked."""
    with running(contents(tmp_path), home="/page/") as site:
        assert exchange(site.port, request_) == b""


@pytest.mark.usefixtures("patience")
def test_a_header_now_and_then_gains_no_time(tmp_path: Path) -> None:
    """The whole request has so much time, however busy its sender seems."""
    with (
        running(contents(tmp_path), home="/page/") as site,
        socket.create_connection(("127.0.0.1", site.port), 20) as connection,
    ):
        connection.sendall(b"GET /page/ HTTP/1.1\r\n")
        with pytest.raises(ConnectionError):
            dribble(connection)


def dribble(connection: socket.socket) -> None:
    """A header every 50 ms, for ten seconds."""
    for _ in range(200):
        connection.sendall(b"X-Slow: 1\r\n")
        sleep(0.05)


@pytest.mark.usefixtures("patience")
def test_a_body_that_never_ends_is_not_waited_for(tmp_path: Path) -> None:
    """It was announced, and doesn't come."""
    with running(contents(tmp_path), ROUTES, home="/page/") as site:
        cookie = get(site.port, f"/?token={site.token}").headers["set-cookie"].partition(";")[0]
        head = (
            f"POST /echo HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nContent-Length: 10\r\n"
            f"Origin: http://127.0.0.1:{site.port}\r\nCookie: {cookie}\r\n\r\nabc"
        )
        assert exchange(site.port, head.encode()) == b""


@pytest.mark.usefixtures("patience")
def test_answers_may_take_their_time(tmp_path: Path) -> None:
    """Only requests are hurried: a stream of events goes on."""
    with running(contents(tmp_path), ROUTES, home="/page/") as site:
        cookie = get(site.port, f"/?token={site.token}").headers["set-cookie"].partition(";")[0]
        request = f"GET /stream HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nCookie: {cookie}\r\n\r\n"
        with socket.create_connection(("127.0.0.1", site.port), 20) as connection:
            connection.sendall(request.encode())
            ends = monotonic() + 3
            while monotonic() < ends:
                assert connection.recv(65536)


def test_a_stream_ends_with_the_server(tmp_path: Path) -> None:
    """An open connection doesn't keep the server alive."""
    with running(contents(tmp_path), ROUTES, home="/page/") as site:
        cookie = get(site.port, f"/?token={site.token}").headers["set-cookie"].partition(";")[0]
        request = f"GET /stream HTTP/1.1\r\nHost: 127.0.0.1:{site.port}\r\nCookie: {cookie}\r\n\r\n"
        listener = threading.Thread(target=exchange, args=(site.port, request.encode()))
        listener.start()
    listener.join(20)
    assert not listener.is_alive()


def test_a_taken_port_is_refused() -> None:
    """Before anything is printed, with what to do."""
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"port {port} is taken.*--port 0"):
            listen("127.0.0.1", port)


@pytest.mark.parametrize("host", ["nowhere.invalid", "192.0.2.1", "x" * 300, "1.2.3.4.5", "ä..b"])
def test_an_address_that_is_not_this_machines_is_refused(host: str) -> None:
    """With the option that has it."""
    with pytest.raises(InputError, match="--host"):
        listen(host, 0).close()


@pytest.mark.parametrize(
    ("host", "allowed", "refused"),
    [
        ("127.0.0.1", ["127.0.0.1:80", "localhost", "[::1]"], ["192.0.2.7", "box"]),
        ("::1", ["[::1]:80", "127.0.0.1"], ["[::2]"]),
        (EVERYWHERE, ["192.0.2.7", "[2001:db8::1]", "localhost"], ["evil.example", "1.2.3", "[x]"]),
        ("192.0.2.7", ["192.0.2.7"], ["127.0.0.1", "192.0.2.8"]),
        ("Box.lan", ["box.lan:80", "BOX.LAN"], ["box", "127.0.0.1"]),
    ],
)
def test_a_server_knows_its_names(host: str, allowed: list[str], refused: list[str]) -> None:
    """Bound to every address, any address will do, which no rebound name can be; names never."""
    hosts = Hosts.of(host, 80)
    assert [name for name in allowed if not hosts.allow(name)] == []
    assert [name for name in refused if hosts.allow(name)] == []


def test_who_knocks_without_a_key_gets_a_new_address_printed_once(tmp_path: Path) -> None:
    """Not one for each knock: a new token only after the old one was used."""
    printed: list[Site] = []
    site: list[Site] = []
    with started_in_thread(tmp_path, site, printed):
        port, token = site[0].port, site[0].token
        assert get(port, "/page/").status == 401
        assert printed == []  # the first token still waits
        assert get(port, f"/?token={token}").status == 303
        for _ in range(5):
            assert get(port, "/page/").status == 401
        assert get(port, "/lib/core.js", sec_fetch_mode="cors").status == 401
        assert get(port, "/page/", host="evil.example").status == 421
        assert len(printed) == 1
        answer = get(port, f"/?token={printed[0].token}")
        assert answer.status == 303
        cookie = answer.headers["set-cookie"].partition(";")[0]
        assert get(port, "/page/", cookie=cookie).body == PAGE


@contextmanager
def started_in_thread(folder: Path, site: list[Site], printed: list[Site]) -> Iterator[None]:
    """`serve`, ended by stopping its server."""
    from spritenet.web import serving

    servers = []
    made = serving._server
    ready = threading.Event()

    def noticed(app: object) -> object:
        servers.append(made(app))  # type: ignore[arg-type]  # handed on as it came
        return servers[0]

    def show(where: Site) -> None:
        site.append(where)
        ready.set()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(serving, "_server", noticed)
        thread = threading.Thread(
            target=serve,
            args=(contents(folder),),
            kwargs={"home": "/", "browser": False, "ready": show, "knocked": printed.append},
        )
        thread.start()
        assert ready.wait(20)
        yield
        servers[0].should_exit = True
        thread.join(20)


def test_a_browser_is_opened_with_the_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unless it is not wanted."""
    opened: list[str] = []
    shown: list[Site] = []

    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setattr("uvicorn.Server.run", interrupt)
    serve(contents(tmp_path), home="/page/", ready=shown.append)
    for thread in threading.enumerate():
        if thread.daemon and thread is not threading.main_thread():
            thread.join(1)
    serve(contents(tmp_path), home="/page/", browser=False, ready=shown.append)
    assert opened == [shown[0].address]


def test_the_program_serves_a_page_until_ctrl_c(run: Path) -> None:
    """The address it prints opens it; Ctrl-C ends it at once, in good order, with no complaint."""
    with started("draw", run, "--no-browser", "--port", "0") as process:
        port, token = address_of(process)
        cookie = get(port, f"/?token={token}").headers["set-cookie"].partition(";")[0]
        server = Server(Site("127.0.0.1", port, token), cookie)
        assert server.get("/").headers["location"] == "/draw/"
        assert b"<title>" in server.get("/draw/").body
        saved = (run / "model" / "weights.bin").read_bytes()
        assert saved.startswith(server.get("/draw/model/weights.bin").body)
        assert server.get("/draw/examples.png").body.startswith(b"\x89PNG")
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=120)
    assert (process.returncode, complaints) == (0, "")
    with pytest.raises(ConnectionError):
        get(port, "/")


def test_the_program_refuses_a_taken_port(run: Path) -> None:
    """In one line, with what to type."""
    with listen("127.0.0.1", 0) as taken:
        port = str(taken.getsockname()[1])
        done = spritenet("draw", run, "--no-browser", "--port", port)
    assert done.returncode == 2
    line = f"error: --port: port {port} is taken by another program. "
    assert done.stderr == f"{line}Add --port 0 to take any free one.\n"


def test_a_port_is_free_again_when_its_server_has_ended(tmp_path: Path) -> None:
    """Although connections to it were open."""
    port = 0
    for _ in range(2):
        with running(contents(tmp_path), home="/page/", port=port) as site:
            port = site.port
            assert get(port, "/page/").status == 401
