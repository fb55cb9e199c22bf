"""Streams from web servers: by range or whole, and no server can make it give a wrong pixel."""

from __future__ import annotations

import io
import random
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from folders import content
from hostile_server import HostileServer, Manner, Request, first
from spritenet import Dataset
from spritenet.errors import DataError, DownloadError, SpritenetError
from spritenet.streams import disk_cache, http, remote_blob

BLOCK = 1500
"""So small that a sprite of 70 images is several of them."""


@pytest.fixture(autouse=True)
def _small_and_quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small blocks, no pauses between attempts, no proxy of this machine's."""
    monkeypatch.setattr(remote_blob, "BLOCK_BYTES", BLOCK)
    monkeypatch.setattr(http, "BLOCK_BYTES", BLOCK)
    monkeypatch.setattr(http, "FIRST_PAUSE", 0.001)
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server(sprites: Path) -> Iterator[HostileServer]:
    """A server of the sprites."""
    with HostileServer(content(sprites)) as server:
        yield server


def opened(server: HostileServer, folder: Path, **options: object) -> sn.Stream:
    """The stream of the server's folder."""
    given = {"cache_folder": folder, "timeout": 5.0, "workers": 4, **options}
    return sn.open(server.url + "dataset.json", **given)  # type: ignore[arg-type]  # checked where it runs


def holds(stream: sn.Stream, data: Dataset) -> bool:
    """Returns True if both have the same images and labels."""
    return stream.read().content_hash == data.content_hash


def test_a_folder_of_sprites_is_read_by_range(
    server: HostileServer, data: Dataset, tmp_path: Path
) -> None:
    """Its address may be that of the folder; single images need few bytes."""
    with sn.open(server.url, cache_folder=tmp_path, timeout=60.0) as stream:
        image, label = stream.train[100]
        assert np.array_equal(image, data.train.images[100])
        assert label == data.train.labels[100]
        asked = {path for path, _ in server.requests}
        assert asked == {"/dataset.json", "/quarters-00001.png"}  # no other sprite
        assert all(part is not None for _, part in server.requests)
        assert holds(stream, data)


def test_single_sprites_and_lists_of_them_are_joined(
    server: HostileServer, data: Dataset, sprites: Path, tmp_path: Path
) -> None:
    """One from the server, the others from here."""
    names = sorted(path.name for path in sprites.glob("*.png"))
    places: list[str | Path] = [server.url + names[0], *(sprites / name for name in names[1:])]
    with sn.open(places, cache_folder=tmp_path, timeout=60.0) as stream:
        assert holds(stream, data)


def test_a_file_may_have_a_name_without_a_dot(
    server: HostileServer, sprites: Path, tmp_path: Path
) -> None:
    """Then no folder of that name has a dataset.json."""
    server.files = {"download": min(sprites.glob("*.png")).read_bytes()}
    with sn.open(server.url + "download?id=5", cache_folder=tmp_path, timeout=60.0) as stream:
        assert len(stream.train) == 70


def test_what_was_fetched_is_not_fetched_again(
    server: HostileServer, data: Dataset, tmp_path: Path
) -> None:
    """A second stream, as of another process, asks for the beginning of each file and no more."""
    with opened(server, tmp_path) as stream:
        assert holds(stream, data)
    server.requests.clear()
    with opened(server, tmp_path) as stream:
        assert holds(stream, data)
    assert all(part == f"bytes=0-{BLOCK - 1}" for _, part in server.requests)
    assert len(server.requests) == len(server.files)


def test_a_rotten_cache_is_fetched_again(
    server: HostileServer, data: Dataset, tmp_path: Path
) -> None:
    """A bit flipped, a block cut, a block that is another's: none of them is believed."""
    with opened(server, tmp_path) as stream:
        assert holds(stream, data)
    kept = sorted(tmp_path.glob("??/*.block"))
    flipped = bytearray(kept[0].read_bytes())
    flipped[-1] ^= 1
    kept[0].write_bytes(flipped)
    kept[1].write_bytes(kept[1].read_bytes()[:50])
    kept[2].write_bytes(b"")
    for one, other in zip(kept[3:-1:2], kept[4::2], strict=False):
        one.write_bytes(other.read_bytes())  # whole, with a right hash: only segments tell
    with opened(server, tmp_path) as stream:
        assert holds(stream, data)


def test_the_cache_keeps_to_its_size(server: HostileServer, data: Dataset, tmp_path: Path) -> None:
    """The least recently used block is removed; too large a file is still read correctly."""
    with opened(server, tmp_path, cache=20_000) as stream:
        assert holds(stream, data)
        held = sum(path.stat().st_size for path in tmp_path.glob("??/*"))
        assert 5_000 < held <= 20_000


def test_without_a_cache_nothing_is_written(
    server: HostileServer, data: Dataset, tmp_path: Path
) -> None:
    """cache=0; and a folder that can't be written is no error."""
    with opened(server, tmp_path / "none", cache=0) as stream:
        assert holds(stream, data)
    assert not (tmp_path / "none").exists()
    (tmp_path / "file").write_text("in the way")
    with opened(server, tmp_path / "file") as stream:
        assert holds(stream, data)


def test_a_server_without_ranges_is_asked_once_for_each_file(
    server: HostileServer, data: Dataset, tmp_path: Path
) -> None:
    """One plain GET each, held on disk while the stream is open."""
    server.ranges = False
    with opened(server, tmp_path) as stream:
        assert holds(stream, data)
        assert holds(stream, data)
    assert len(server.requests) == len(server.files)


def test_a_full_disk_is_said(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that must be held and can't be: the folder, and what to do."""

    class Full(io.BytesIO):
        name = "none"

        def write(self, _: object) -> int:
            raise OSError(28, "No space left on device")

    server.ranges = False
    monkeypatch.setattr("tempfile.NamedTemporaryFile", lambda **_: Full())
    with pytest.raises(DataError, match=r"No space left on device\. Set TMPDIR"):
        opened(server, tmp_path)


def test_a_server_that_forgets_ranges_halfway_is_still_read(
    server: HostileServer, data: Dataset, tmp_path: Path
) -> None:
    """The first answers are ranges, later ones the whole file of the same version."""

    def invalidate(request: Request) -> bool:
        request.server.host.ranges = len(request.server.host.requests) < 4
        return False

    server.manner = invalidate
    with opened(server, tmp_path) as stream:
        assert holds(stream, data)


def busy(request: Request) -> bool:
    """The server has a problem of its own."""
    request.answer(500, b"<html>Internal error</html>")
    return True


def hangs_up(request: Request) -> bool:
    """No answer at all."""
    request.hang_up()
    return True


def too_long(request: Request) -> bool:
    """Content-Length promises more than comes."""
    request.serve(more=10)
    request.hang_up()
    return True


def too_short(request: Request) -> bool:
    """Content-Length promises less than comes; the rest looks like the next answer."""
    request.serve(more=-10)
    return True


def other_range(request: Request) -> bool:
    """A range that nobody asked for."""
    request.answer(206, b"x" * 10, Content_Range=f"bytes 7-16/{len(request.content)}")
    return True


def flipped(request: Request) -> bool:
    """A bit of the body is another."""
    request.serve(lambda body: body[:-1] + bytes([body[-1] ^ 4]))
    return True


def zeros(request: Request) -> bool:
    """The right length, and nothing in it."""
    request.serve(lambda body: bytes(len(body)))
    return True


@pytest.mark.parametrize("manner", [busy, hangs_up, too_long, too_short, other_range])
@pytest.mark.parametrize("ranges", [True, False])
def test_what_may_work_the_next_time_is_tried_again(
    server: HostileServer, data: Dataset, tmp_path: Path, manner: Manner, ranges: bool
) -> None:
    """Each file's first request fails; then all is right. If all fail, that is said."""
    server.ranges = ranges
    # A body cut in good order can't be told from a whole one but by what is in it: one more try.
    server.manner = first(1 if manner is too_short else 3, manner)
    with opened(server, tmp_path) as stream:
        assert holds(stream, data)
    server.manner = manner
    with pytest.raises(SpritenetError, match=r", 4 times|not JSON"):
        opened(server, tmp_path)


@pytest.mark.parametrize("manner", [flipped, zeros])
@pytest.mark.parametrize("ranges", [True, False])
def test_damage_on_the_way_is_fetched_again(
    server: HostileServer, data: Dataset, tmp_path: Path, manner: Manner, ranges: bool
) -> None:
    """Two answers of each sprite are damaged: hashes tell, and the next one is right.

    If all are, it is an error, and no pixel comes out.
    """
    server.ranges = ranges
    turns: dict[str, int] = {}
    lock = threading.Lock()

    def sometimes(request: Request) -> bool:
        if request.name == "dataset.json":
            return False
        with lock:
            turns[request.name] = turns.get(request.name, 0) + 1
            now = turns[request.name]
        return now in {1, 6} and manner(request)

    server.manner = sometimes
    with opened(server, tmp_path) as stream:
        assert holds(stream, data)
    server.manner = lambda request: request.name != "dataset.json" and manner(request)
    with opened(server, tmp_path / "new") as stream, pytest.raises(DataError):
        stream.read()


@pytest.mark.parametrize("seed", range(6))
def test_a_download_cut_at_any_byte_is_gone_on_with(
    server: HostileServer, data: Dataset, tmp_path: Path, seed: int
) -> None:
    """A third of the answers end early, anywhere, headers included; Hypothesis would be slower."""
    dice = random.Random(seed)  # noqa: S311 - no secret
    server.ranges = seed % 2 == 0
    lock = threading.Lock()

    def cut(request: Request) -> bool:
        with lock:
            cuts, share = dice.random() < 0.33, dice.random()
        if cuts:
            request.serve(lambda body: body[: int(share * len(body))])
            request.hang_up()
        return cuts

    server.manner = cut
    try:
        with opened(server, tmp_path) as stream:
            assert holds(stream, data)
    except DownloadError as error:
        assert "4 times" in str(error)  # noqa: PT017 - either all is right, or this is said


def test_a_server_may_send_less_of_a_range_than_was_asked_for(
    server: HostileServer, data: Dataset, tmp_path: Path
) -> None:
    """700 bytes at a time; the rest is asked for again."""

    def short(request: Request) -> bool:
        asked, whole = request.range(), request.content
        assert asked is not None
        stop = min(asked[1], asked[0] + 700)
        place = f"bytes {asked[0]}-{stop - 1}/{len(whole)}"
        request.answer(206, whole[asked[0] : stop], Content_Range=place, ETag=request.tag)
        return True

    server.manner = short
    with opened(server, tmp_path) as stream:
        assert holds(stream, data)


def test_a_busy_server_says_when_to_ask_again(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In seconds; an hour is too long to wait, and a date is not understood."""
    pauses: list[float] = []
    monkeypatch.setattr("spritenet.streams.http.time.sleep", pauses.append)
    said = iter(["7", "3600", "Fri, 20 Nov 2026 12:00:00 GMT"])

    def later(request: Request) -> bool:
        request.answer(503, b"", Retry_After=next(said))
        return True

    server.manner = first(3, later)
    with opened(server, tmp_path):
        assert pauses == [7, 10, pytest.approx(0.009)]


def test_a_password_is_sent_to_its_own_server_only(
    server: HostileServer, data: Dataset, tmp_path: Path
) -> None:
    """Also behind a redirect on the same server, and not behind one to another."""
    seen: list[tuple[str, str | None]] = []

    def look(request: Request) -> bool:
        seen.append((request.path, request.headers.get("Authorization")))
        if request.path.startswith("/old/"):
            request.answer(302, b"", Location="/" + request.path.removeprefix("/old/"))
            return True
        if request.path == "/away.png":
            request.answer(302, b"", Location=other.url + "a.png")
            return True
        return False

    address = server.url.replace("//", "//me:se%20cret@")
    with HostileServer({}) as other:
        server.manner = other.manner = look
        with sn.open(address + "old/dataset.json", cache_folder=tmp_path, timeout=60.0) as stream:
            assert holds(stream, data)
        assert {password for _, password in seen} == {"Basic bWU6c2UgY3JldA=="}
        seen.clear()
        with pytest.raises(DownloadError, match="404"):
            sn.open(address + "away.png", cache_folder=tmp_path, timeout=60.0)
        assert seen == [("/away.png", "Basic bWU6c2UgY3JldA=="), ("/a.png", None)]


def test_a_server_that_stalls_is_given_up_and_asked_again(
    server: HostileServer, data: Dataset, tmp_path: Path
) -> None:
    """Before the headers, and in the middle of the body."""
    awake = threading.Event()

    def stall(request: Request) -> bool:
        awake.wait(10)
        request.hang_up()
        return True

    def stall_midway(request: Request) -> bool:
        request.serve(lambda body: body[: len(body) // 2])
        return stall(request)

    try:
        server.manner = first(1, stall)
        with opened(server, tmp_path, timeout=1.0) as stream:
            server.manner = first(1, stall_midway)
            assert holds(stream, data)
        server.manner = stall
        with pytest.raises(DownloadError, match="no answer in time, 4 times"):
            opened(server, tmp_path, timeout=0.05)
    finally:
        awake.set()


def test_a_server_that_drips_is_given_up(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A byte now and then is no answer either, though none of the waits is long."""
    monkeypatch.setattr(http, "ATTEMPTS", 1)
    ended = threading.Event()

    def drip(request: Request) -> bool:
        request.answer(200, b"", length=1000)
        for _ in range(500):
            if ended.wait(0.05):
                break
            request.wfile.write(b"x")
            request.wfile.flush()
        request.hang_up()
        return True

    server.manner = drip
    with pytest.raises(DownloadError, match="too slow"):
        opened(server, tmp_path, timeout=1.0)
    ended.set()


@pytest.mark.parametrize("ranges", [True, False])
def test_a_web_page_in_place_of_data_is_said_so(
    server: HostileServer, tmp_path: Path, ranges: bool
) -> None:
    """A login page, with its title, in one line."""
    page = b"<!doctype html><title> Please sign in </title>" + b"x" * 100
    server.files = {"dataset.json": page, "a.png": page}
    server.ranges = ranges
    for name in server.files:
        with pytest.raises(DataError) as caught:
            sn.open(server.url + name, cache_folder=tmp_path, timeout=60.0)
        assert str(caught.value) == (
            f"{server.url}{name}: the server sent a web page instead of a sprite: got “Please "
            "sign in”. Open the address in a browser: it may ask for a login, or be misspelt."
        )


def test_what_is_not_there_is_said_at_once(server: HostileServer, tmp_path: Path) -> None:
    """404 is not tried again; a password in the address is not shown."""
    address = server.url.replace("//", "//me:secret@") + "none.png?signature=also-secret"
    with pytest.raises(DownloadError) as caught:
        sn.open(address, cache_folder=tmp_path, timeout=60.0)
    assert str(caught.value) == f"{server.url}none.png: the server doesn't have it: got HTTP 404."
    assert len(server.requests) == 1
    server.files = {"dataset.json": b""}
    with pytest.raises(SpritenetError, match="empty"):
        opened(server, tmp_path)
    with pytest.raises(DownloadError, match="can't be reached"):
        sn.open("http://127.0.0.1:9/a.png", cache_folder=tmp_path, timeout=1.0)


@pytest.mark.parametrize("tags", [True, False])
def test_a_file_that_changes_between_ranges_is_noticed(
    server: HostileServer, sprites: Path, tmp_path: Path, tags: bool
) -> None:
    """By its ETag, else by the hash of a segment: never a pixel of another version.

    The change keeps the file's size, and its head: one byte of the pixels is another.
    """
    name = min(sprites.glob("*.png")).name
    server.tags = tags
    with sn.open(server.url + name, cache_folder=tmp_path, timeout=60.0, cache=0) as stream:
        changed = bytearray(server.files[name])
        changed[2 * BLOCK + 700] ^= 1  # in a block that has not been fetched
        server.files[name] = bytes(changed)
        message = "changed on the server" if tags else r"segment \d .* damaged"
        with pytest.raises(DataError, match=message):
            stream.read()


def test_a_shorter_or_longer_file_is_noticed(
    server: HostileServer, sprites: Path, tmp_path: Path
) -> None:
    """Without an ETag, by the size."""
    name = min(sprites.glob("*.png")).name
    server.tags = False
    content = server.files[name]
    for other in (content + b"more", content[:4000], b""):
        server.files[name] = content
        with sn.open(server.url + name, cache_folder=tmp_path, timeout=60.0, cache=0) as stream:
            server.files[name] = other
            with pytest.raises(DataError, match="changed on the server"):
                stream.read()


def test_redirects_are_followed_but_not_for_ever(
    server: HostileServer, data: Dataset, tmp_path: Path
) -> None:
    """To another path, in a loop, and to another kind of address."""

    def moved(request: Request) -> bool:
        if request.path.startswith("/old/"):
            request.answer(302, b"moved", Location="/" + request.path.removeprefix("/old/"))
            return True
        if request.path.startswith("/loop"):
            request.answer(301, b"", Location=request.path + "x")
            return True
        if request.path.startswith("/file"):
            request.answer(307, b"", Location="file:///etc/passwd")
            return True
        return False

    server.manner = moved
    with sn.open(server.url + "old/dataset.json", cache_folder=tmp_path, timeout=60.0) as stream:
        assert holds(stream, data)
    server.requests.clear()
    with pytest.raises(DownloadError, match="redirects more than 5 times"):
        sn.open(server.url + "loop.png", cache_folder=tmp_path, timeout=60.0)
    assert len(server.requests) == 6
    with pytest.raises(DownloadError, match="leads elsewhere"):
        sn.open(server.url + "file.png", cache_folder=tmp_path, timeout=60.0)


def test_a_body_that_is_too_long_is_not_read_to_its_end(
    server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Announced or not; a range that is longer than asked for is cut."""
    monkeypatch.setattr(http, "MAX_FULL_BODY", 10_000)
    server.ranges = False
    server.files = {"dataset.json": b"{" + b" " * 20_000}
    with pytest.raises(DataError, match="too long"):
        opened(server, tmp_path)

    def endless(request: Request) -> bool:
        request.send_response(200)
        request.send_header("Connection", "close")
        request.end_headers()
        for _ in range(100_000):
            request.wfile.write(b"{" * 1000)
        request.hang_up()
        return True

    server.manner = endless
    with pytest.raises(DataError, match="too long"):
        opened(server, tmp_path)


def test_a_sprite_that_is_not_the_one_of_the_index_is_refused(
    server: HostileServer, tmp_path: Path
) -> None:
    """Two sprites of the folder swapped on the server."""
    a, b = "quarters-00000.png", "quarters-00001.png"
    server.files[a], server.files[b] = server.files[b], server.files[a]
    with (
        opened(server, tmp_path) as stream,
        pytest.raises(DataError, match=r"doesn't match dataset\.json"),
    ):
        _ = stream.train[0]


def test_processes_may_share_a_cache(tmp_path: Path) -> None:
    """Threads that write, read and tidy the same blocks see each block whole or not at all."""
    stores = [disk_cache.DiskCache(tmp_path, 60_000) for _ in range(4)]
    wrong: list[object] = []

    def work(store: disk_cache.DiskCache, seed: int) -> None:
        dice = random.Random(seed)  # noqa: S311 - no secret
        for _ in range(150):
            number = dice.randrange(40)
            data = bytes([number]) * 2000
            if dice.random() < 0.5:
                store.put("file", number, data)
            else:
                store.clear()
                wrong.extend(got for got in [store.get("file", number)] if got not in {None, data})

    threads = [threading.Thread(target=work, args=each) for each in zip(stores, range(4))]  # noqa: B905 - as many
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert not list(tmp_path.glob("??/.*"))
    assert sum(path.stat().st_size for path in tmp_path.glob("??/*")) <= 4 * 60_000
