"""Connections to Ray clusters that don't answer: one line, within seconds."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

import spritenet as sn
from program import spritenet
from spritenet import ray_cluster


def bound() -> socket.socket:
    """A socket with a port of its own, at which nothing listens yet."""
    made = socket.socket()
    made.bind(("127.0.0.1", 0))
    return made


@pytest.fixture
def tries(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Ray's own attempts to connect, by a stand-in for it that finds no cluster."""
    made: list[str] = []

    def init(**_: object) -> None:
        made.append(os.environ.get("RAY_ADDRESS", ""))
        raise ConnectionError("Could not find any running Ray instance\nmore")

    module = SimpleNamespace(is_initialized=lambda: False, init=init)
    monkeypatch.setitem(sys.modules, "ray", module)
    monkeypatch.delenv("RAY_ADDRESS", raising=False)
    return made


SETTINGS = bytes([0, 0, 0, 4, 0, 0, 0, 0, 0])
"""The frame with which a gRPC server begins."""


@contextmanager
def answering(words: bytes | None) -> Iterator[str]:
    """An address whose server says that to each who greets it, or nothing at all."""

    def answer() -> None:
        with suppress(OSError):  # it was closed
            while True:
                connection, _ = server.accept()
                with connection:
                    connection.recv(1024)
                    if words is None:
                        connection.recv(1024)  # until the other one goes
                    else:
                        connection.sendall(words)

    with closing(bound()) as server:
        server.listen()
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.getsockname()[1]}"
        server.shutdown(socket.SHUT_RDWR)


@pytest.fixture
def listening() -> Iterator[str]:
    """An address at which a gRPC server listens."""
    with answering(SETTINGS) as address:
        yield address


@pytest.mark.parametrize("scheme", ["", "ray://"])
def test_an_address_where_nothing_listens_is_refused_at_once(
    tries: list[str], monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """Ray, which would try for minutes, isn't asked."""
    with closing(bound()) as server:
        address = f"{scheme}127.0.0.1:{server.getsockname()[1]}"
        monkeypatch.setenv("RAY_ADDRESS", address)
        began = time.perf_counter()
        with pytest.raises(sn.InputError) as refusal:
            ray_cluster.connect("a sweep")
    assert time.perf_counter() - began < 30  # generous: other programs share the machine
    line = f"--ray: no Ray cluster answers: expected one at {address}, got Connection refused. "
    assert str(refusal.value) == f"{line}{ray_cluster.START}"
    assert tries == []


def test_a_machine_that_is_silent_is_given_ten_seconds(
    tries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Such as one that is off, or behind a firewall."""
    asked = []

    def create_connection(address: tuple[str, int], seconds: float) -> socket.socket:
        asked.append((address, seconds))
        raise TimeoutError("timed out")

    monkeypatch.setattr(socket, "create_connection", create_connection)
    monkeypatch.setenv("RAY_ADDRESS", "[2001:db8::1]:6379")
    with pytest.raises(sn.InputError, match="got timed out"):
        ray_cluster.connect("a sweep")
    assert asked == [(("2001:db8::1", 6379), 10.0)]
    assert tries == []


@pytest.mark.parametrize("scheme", ["", "ray://"])
@pytest.mark.parametrize(
    ("words", "got"),
    [
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", "another server"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "another server"),
        (b"", "another server"),
        (None, "timed out"),
    ],
)
def test_a_server_that_is_not_rays_is_refused(
    tries: list[str], monkeypatch: pytest.MonkeyPatch, scheme: str, words: bytes | None, got: str
) -> None:
    """Ray, which would try for 40 seconds, isn't asked."""
    monkeypatch.setattr(ray_cluster, "PATIENCE", 0.2 if words is None else 60)
    with answering(words) as place:
        monkeypatch.setenv("RAY_ADDRESS", scheme + place)
        with pytest.raises(sn.InputError) as refusal:
            ray_cluster.connect("a sweep")
    line = f"--ray: no Ray cluster answers: expected one at {scheme}{place}, got {got}. "
    assert str(refusal.value) == f"{line}{ray_cluster.START}"
    assert tries == []


def test_an_encrypted_cluster_is_left_to_ray(
    tries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It wouldn't answer a greeting that isn't encrypted."""
    monkeypatch.setenv("RAY_USE_TLS", "1")
    with answering(b"") as address:
        monkeypatch.setenv("RAY_ADDRESS", address)
        with pytest.raises(sn.InputError, match="got Could not find any running Ray"):
            ray_cluster.connect("a sweep")
    assert tries == [address]


def test_a_port_that_is_no_number_is_refused(
    tries: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line, as for others."""
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.1:ray")
    with pytest.raises(
        sn.InputError, match=r"expected one at 10\.0\.0\.1:ray, got Port could not be"
    ):
        ray_cluster.connect("a sweep")
    assert tries == []


@pytest.mark.parametrize("address", ["", "auto", "local", "ray://head", "other://head:1"])
def test_ray_itself_finds_clusters_without_a_port(
    tries: list[str], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    """Its error's first line is told."""
    monkeypatch.setenv("RAY_ADDRESS", address)
    with pytest.raises(sn.InputError, match=r"got Could not find any running Ray instance\. Start"):
        ray_cluster.connect("a sweep")
    assert tries == [address]


@pytest.mark.parametrize(
    ("cause", "do"),
    [
        ("refused", "Start it by ray start --head, or set RAY_ADDRESS"),
        ("ray.exceptions.AuthenticationError: missing", "It wants a token: set RAY_AUTH_MODE="),
    ],
)
def test_a_cluster_that_refuses_is_one_line(
    listening: str, tries: list[str], monkeypatch: pytest.MonkeyPatch, cause: str, do: str
) -> None:
    """It names the address, and what to type."""

    def init(**_: object) -> None:
        raise ConnectionError("Ray refuses\nmore") from OSError(cause)

    monkeypatch.setattr(sys.modules["ray"], "init", init)
    monkeypatch.setenv("RAY_ADDRESS", listening)
    line = f"--ray: no Ray cluster answers: expected one at {listening}, got Ray refuses. {do}"
    with pytest.raises(sn.InputError) as refusal:
        ray_cluster.connect("a sweep")
    assert str(refusal.value).startswith(line)
    assert "\n" not in str(refusal.value)
    assert tries == []


@pytest.mark.parametrize("command", ["sweep", "pack"])
def test_the_commands_fail_within_seconds(command: str, tmp_path: Path) -> None:
    """With Ray itself."""
    pytest.importorskip("ray", reason="Ray is not installed: pip install ray==2.60.0")
    x, y = np.zeros((40, 28, 28), np.uint8), np.arange(40) % 2
    np.savez(tmp_path / "few.npz", x_train=x, y_train=y, x_test=x, y_test=y)
    words = ["--try", "learning_rate=0.1,0.2", "--out", "s"] if command == "sweep" else ["s"]
    with closing(bound()) as server:
        address = f"127.0.0.1:{server.getsockname()[1]}"
        began = time.perf_counter()
        done: subprocess.CompletedProcess[str] = spritenet(
            command, "few.npz", *words, "--ray", folder=tmp_path, RAY_ADDRESS=address
        )
    assert (done.returncode, done.stdout) == (2, "")
    assert f"--ray: no Ray cluster answers: expected one at {address}, got Conn" in done.stderr
    assert done.stderr.count("error: ") == 1
    assert time.perf_counter() - began < 60  # generous: other programs share the machine
