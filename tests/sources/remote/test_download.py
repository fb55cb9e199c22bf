"""Downloads: whole and unchanged or not at all, whatever the mirrors do."""

import gzip
import hashlib
import socket
import threading
import time
from pathlib import Path

import platformdirs
import pytest

from mirror import Behaviour, Request, mirror, serving
from spritenet.errors import DownloadError
from spritenet.sources.remote import transfer as module
from spritenet.sources.remote.download import RemoteFile, cache_folder, download, matches_hash

CONTENT = bytes(range(256)) * 40
PACKED = gzip.compress(CONTENT, mtime=0)
NAME = "train-images-idx3-ubyte.gz"
BY_CONTENT = RemoteFile(NAME, len(CONTENT), sha256=hashlib.sha256(CONTENT).hexdigest())
BY_GZIP = RemoteFile(NAME, len(CONTENT), gzip_sha256=hashlib.sha256(PACKED).hexdigest())
GOOD = serving({NAME: PACKED})


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """These mirrors are on this machine, whatever proxy the machine uses for others."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.mark.parametrize("file", [BY_CONTENT, BY_GZIP])
def test_a_good_mirror_is_enough(tmp_path: Path, file: RemoteFile) -> None:
    """The file is there, byte by byte, and nothing else is."""
    with mirror(GOOD) as server:
        assert download(file, [server.address], tmp_path) == server.address
    assert (tmp_path / NAME).read_bytes() == PACKED
    assert [path.name for path in tmp_path.iterdir()] == [NAME]
    assert matches_hash(tmp_path / NAME, file)


def test_progress_is_told(tmp_path: Path) -> None:
    """Bytes received rise to the bytes that the server announced."""
    told: list[tuple[str, int, int]] = []
    with mirror(GOOD) as server:
        download(BY_CONTENT, [server.address], tmp_path, lambda *numbers: told.append(numbers))
    assert told[-1] == (NAME, len(PACKED), len(PACKED))


def test_another_packing_of_the_same_content_is_as_good(tmp_path: Path) -> None:
    """Mirrors pack differently; known is the content."""
    repacked = gzip.compress(CONTENT, 1)
    with mirror(serving({NAME: repacked})) as server:
        download(BY_CONTENT, [server.address], tmp_path)
    assert (tmp_path / NAME).read_bytes() == repacked


def test_a_server_that_inflates_is_understood(tmp_path: Path) -> None:
    """Some send a .gz as encoded text, which arrives inflated: it is stored under its true name."""
    with mirror(serving({NAME: CONTENT})) as server:
        download(BY_CONTENT, [server.address], tmp_path)
    assert (tmp_path / NAME.removesuffix(".gz")).read_bytes() == CONTENT


def truncated(request: Request) -> None:
    """Announces all and sends half."""
    request.send(PACKED[: len(PACKED) // 2], length=len(PACKED))


def cut_silently(request: Request) -> None:
    """Announces half and sends it."""
    request.send(PACKED[: len(PACKED) // 2])


def web_page(request: Request) -> None:
    """A login page, as a hotel's network returns for every address."""
    request.send(b"<!DOCTYPE html><p>Please sign in")


def other_file(request: Request) -> None:
    """The right kind and length, and one byte wrong."""
    request.send(gzip.compress(CONTENT[:-1] + b"?"))


def endless(request: Request) -> None:
    """Never stops sending."""
    request.send_response(200)
    request.end_headers()
    while True:
        request.wfile.write(bytes(1 << 16))


def bomb(request: Request) -> None:
    """A short file that inflates to 64 MiB."""
    request.send(gzip.compress(bytes(1 << 26)))


def empty(request: Request) -> None:
    """Nothing at all."""
    request.send(b"")


def no_http(request: Request) -> None:
    """A reply that isn't HTTP."""
    request.wfile.write(b"220 mail.example ready\r\n\r\n")


def redirects_for_ever(request: Request) -> None:
    """Sends everyone back to itself."""
    request.send_response(302)
    request.send_header("Location", request.path)
    request.end_headers()


def closes(request: Request) -> None:
    """Hangs up without a word."""
    request.connection.shutdown(socket.SHUT_RDWR)


BAD: dict[str, Behaviour] = {
    "the connection broke": truncated,
    "a file that ends too early": cut_silently,
    "a web page in its place": web_page,
    "another file": other_file,
    "sends more than": endless,
    "a file that inflates to more than its header states": bomb,
    "an empty file": empty,
    "HTTP 404": serving({}),
    "an invalid response": no_http,
    "the server redirects more than 5 times": redirects_for_ever,
    "the connection": closes,
}


@pytest.mark.parametrize("reason", BAD)
def test_the_next_mirror_is_asked_when_one_is_bad(tmp_path: Path, reason: str) -> None:
    """Whatever the first one does, the second one's file arrives."""
    with mirror(BAD[reason]) as bad, mirror(GOOD) as good:
        assert download(BY_CONTENT, [bad.address, good.address], tmp_path) == good.address
    assert (tmp_path / NAME).read_bytes() == PACKED


@pytest.mark.parametrize("reason", BAD)
def test_one_line_says_what_each_mirror_did(tmp_path: Path, reason: str) -> None:
    """And nothing is left in the folder that anyone could trust."""
    with mirror(BAD[reason]) as bad, pytest.raises(DownloadError) as caught:
        download(BY_CONTENT, [bad.address, bad.address], tmp_path)
    line = str(caught.value)
    assert line.count(f"127.0.0.1: {reason}") == 2
    assert line.startswith(f"{NAME}: can't be downloaded")
    assert "\n" not in line
    assert list(tmp_path.iterdir()) == []


def test_a_file_known_by_its_gzip_must_be_that_gzip(tmp_path: Path) -> None:
    """If only the packed file's hash is published, a file packed otherwise is refused."""
    other = serving({NAME: gzip.compress(CONTENT, 1)})
    with mirror(other) as server, pytest.raises(DownloadError, match="known is the gzip file of"):
        download(BY_GZIP, [server.address], tmp_path)


def test_redirects_are_followed(tmp_path: Path) -> None:
    """GitHub answers with one."""

    def elsewhere(request: Request) -> None:
        if request.path.startswith("/there/"):
            GOOD(request)
            return
        request.send_response(302)
        request.send_header("Location", f"/there{request.path}")
        request.end_headers()

    with mirror(elsewhere) as server:
        download(BY_CONTENT, [server.address], tmp_path)
    assert (tmp_path / NAME).read_bytes() == PACKED


@pytest.mark.parametrize("sent", [0, 100])
def test_a_stalled_server_is_given_up(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, sent: int
) -> None:
    """Before the first byte, or in the middle."""
    monkeypatch.setattr(module, "READ_SECONDS", 0.2)
    given_up = threading.Event()
    waited_for: list[bool] = []

    def stalls(request: Request) -> None:
        if sent:
            request.send(PACKED[:sent], length=len(PACKED))
        waited_for.append(not given_up.wait(60))

    with mirror(stalls) as server:
        with pytest.raises(DownloadError, match="no answer in time"):
            download(BY_CONTENT, [server.address], tmp_path)
        given_up.set()
    assert not any(waited_for)


def test_a_trickle_is_given_up(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A server that sends a byte now and then would never time out."""
    monkeypatch.setattr(module, "READ_SECONDS", 2)
    monkeypatch.setattr(module, "CHUNK", 4)

    def trickles(request: Request) -> None:
        request.send_response(200)
        request.end_headers()
        for byte in PACKED[:200]:
            request.wfile.write(bytes([byte]))
            time.sleep(0.05)

    with mirror(trickles) as server, pytest.raises(DownloadError, match="too slow"):
        download(BY_CONTENT, [server.address], tmp_path)


def test_no_server_at_all(tmp_path: Path) -> None:
    """The port is closed: offline, as far as we can know."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{free.getsockname()[1]}/"
    with pytest.raises(DownloadError, match="can't be reached"):
        download(BY_CONTENT, [address], tmp_path)


def test_no_disk_to_write_to_is_not_the_mirrors_fault(tmp_path: Path) -> None:
    """Another mirror would not help."""
    with mirror(GOOD) as server, pytest.raises(OSError, match="No such file"):
        download(BY_CONTENT, [server.address, server.address], tmp_path / "missing")
    assert server.asked.total() == 0


def test_the_cache_is_in_the_systems_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Unless SPRITENET_CACHE says otherwise."""
    monkeypatch.delenv("SPRITENET_CACHE", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert cache_folder() == platformdirs.user_cache_path("spritenet")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert cache_folder() == platformdirs.user_cache_path("spritenet")
    monkeypatch.setenv("SPRITENET_CACHE", "~/somewhere")
    assert cache_folder() == Path.home() / "somewhere"
