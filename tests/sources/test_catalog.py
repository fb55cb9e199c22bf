"""The catalog: downloaded once, by one process, and right ever after."""

import dataclasses
import gzip
import hashlib
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from idx_bytes import image_bytes, label_bytes, some_images, some_labels
from mirror import Mirror, mirror, serving
from spritenet.errors import DownloadError
from spritenet.file_lock import lock_file
from spritenet.sources import catalog, load
from spritenet.sources.catalog import CATALOG, CatalogEntry, load_entry
from spritenet.sources.remote.download import RemoteFile

CONTENTS = {
    "train-images-idx3-ubyte.gz": image_bytes(some_images(30)),
    "train-labels-idx1-ubyte.gz": label_bytes(some_labels(30)),
    "t10k-images-idx3-ubyte.gz": image_bytes(some_images(20)),
    "t10k-labels-idx1-ubyte.gz": label_bytes(some_labels(20)),
}
PACKED = {name: gzip.compress(content) for name, content in CONTENTS.items()}
FILES = tuple(
    RemoteFile(name, len(content), hashlib.sha256(content).hexdigest())
    for name, content in CONTENTS.items()
)


def tiny(*mirrors: str) -> CatalogEntry:
    """A data set of the catalog's kind."""
    names = tuple("abcdefghij")
    return CatalogEntry("tiny", "a test", names, "nobody", "CC0-1.0", mirrors, FILES)


@pytest.fixture(autouse=True)
def folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """The folder of `tiny` in a cache of this test's own."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("SPRITENET_CACHE", str(tmp_path))
    return tmp_path / "tiny"


def names(folder: Path) -> set[str]:
    """Returns the content of a folder."""
    return {path.name for path in folder.iterdir()}


def test_it_is_downloaded_once(folder: Path) -> None:
    """The second time, nobody is asked."""
    with mirror(serving(PACKED)) as server:
        data = load_entry(tiny(server.address))
        again = load_entry(tiny(server.address))
    assert (data.name, data.source, data.licence) == ("tiny", "nobody", "CC0-1.0")
    assert data.class_names == tuple("abcdefghij")
    assert (len(data.train), len(data.test)) == (30, 20)
    assert data.content_hash == again.content_hash
    assert server.asked.total() == 4
    assert names(folder) == {*PACKED, "checked.json", "download.lock"}


def test_the_mirror_that_answered_is_asked_first_from_then_on(folder: Path) -> None:
    """A dead mirror costs its time-out once, not once a file."""
    with mirror(serving({})) as dead, mirror(serving(PACKED)) as good:
        load_entry(tiny(dead.address, good.address))
    assert dead.asked.total() == 1
    assert names(folder) >= set(PACKED)


def test_offline_says_which_files_to_put_where(folder: Path) -> None:
    """One line; with the files in that folder it works."""
    with mirror(serving({})) as server:
        with pytest.raises(DownloadError) as caught:
            load_entry(tiny(server.address))
        line = str(caught.value)
        assert line.startswith("tiny: train-images-idx3-ubyte.gz can't be downloaded")
        assert f"Put {', '.join(PACKED)} into {folder}" in line
        assert "strokes needs no download" in line
        for name, packed in PACKED.items():
            (folder / name).write_bytes(packed)
        assert len(load_entry(tiny(server.address)).train) == 30
        assert server.asked.total() == 1


def test_files_put_there_by_hand_may_be_unpacked(folder: Path) -> None:
    """As the folder reader takes them, under any of their names."""
    folder.mkdir()
    for name, content in CONTENTS.items():
        (folder / name.removesuffix(".gz")).write_bytes(content)
    assert len(load_entry(tiny()).train) == 30


def test_wrong_files_put_there_by_hand_are_replaced(folder: Path) -> None:
    """A truncated download of an earlier day is not trusted for ever."""
    folder.mkdir()
    (folder / "train-images-idx3-ubyte.gz").write_bytes(PACKED["train-images-idx3-ubyte.gz"][:99])
    other = gzip.compress(label_bytes(some_labels(20, seed=5)))
    (folder / "t10k-labels-idx1-ubyte.gz").write_bytes(other)
    (folder / "train-labels-idx1-ubyte.gz").write_bytes(PACKED["train-labels-idx1-ubyte.gz"])
    with mirror(serving(PACKED)) as server:
        load_entry(tiny(server.address))
    assert server.asked.total() == 3
    assert "/train-labels-idx1-ubyte.gz" not in server.asked


def test_a_wrong_unpacked_file_does_not_hide_the_right_one(folder: Path) -> None:
    """The reader would prefer it: it has to go."""
    folder.mkdir()
    (folder / "train-images-idx3-ubyte").write_bytes(CONTENTS["train-images-idx3-ubyte.gz"][:-1])
    with mirror(serving(PACKED)) as server:
        assert len(load_entry(tiny(server.address)).train) == 30
        load_entry(tiny(server.address))
    assert server.asked.total() == 4


def test_a_file_that_rots_is_fetched_again(folder: Path) -> None:
    """Same size, same time, another byte: gzip's checksum finds it, and the mirror mends it."""
    with mirror(serving(PACKED)) as server:
        before = load_entry(tiny(server.address)).content_hash
        path = folder / "train-images-idx3-ubyte.gz"
        status = path.stat()
        rotten = bytearray(path.read_bytes())
        rotten[-20] ^= 16
        path.write_bytes(rotten)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
        assert load_entry(tiny(server.address)).content_hash == before
        assert server.asked.total() == 5
        path.write_bytes(rotten)
    with pytest.raises(DownloadError, match=r"Put train-images-idx3-ubyte\.gz into"):
        load_entry(tiny("http://127.0.0.1:9/"))


def test_files_are_hashed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """After that, their sizes and times are enough."""
    with mirror(serving(PACKED)) as server:
        load_entry(tiny(server.address))
    monkeypatch.setattr(catalog, "matches_hash", lambda *_: pytest.fail("hashed again"))
    assert len(load_entry(tiny()).train) == 30


def test_a_broken_note_of_what_was_hashed_is_ignored(folder: Path) -> None:
    """It only saves time."""
    with mirror(serving(PACKED)) as server:
        load_entry(tiny(server.address))
    for broken in ("[broken", "[]", '{"train-images-idx3-ubyte.gz": 3}'):
        (folder / "checked.json").write_text(broken)
        assert len(load_entry(tiny()).train) == 30


def test_a_folder_that_can_not_be_made_says_so(folder: Path) -> None:
    """A full or foreign disk is not a download's failure."""
    folder.write_text("a file in its place")
    with pytest.raises(DownloadError, match=r"can't write to the cache folder.*SPRITENET_CACHE"):
        load_entry(tiny())


def test_a_process_that_died_leaves_nothing_in_the_way(folder: Path) -> None:
    """Neither its lock file nor its half file matter; the half file goes."""
    folder.mkdir()
    (folder / "download.lock").write_text("999999")
    (folder / "train-images-idx3-ubyte.gz.999999.part").write_bytes(b"half")
    with mirror(serving(PACKED)) as server:
        load_entry(tiny(server.address))
    assert not list(folder.glob("*.part"))


def test_who_waits_too_long_is_told_for_whom(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """The line names the process that holds the lock."""
    monkeypatch.setattr(catalog, "WAIT_SECONDS", 0.1)
    folder.mkdir()
    with (
        lock_file(folder / "download.lock", 0),
        pytest.raises(DownloadError, match=f"another process.*process {os.getpid()}"),
    ):
        load_entry(tiny())


LOADER = """
import sys
from spritenet.sources import catalog
sys.path.insert(0, sys.argv[1])
from test_catalog import tiny
print(catalog.load_entry(tiny(sys.argv[2])).content_hash)
"""


def start(server: Mirror) -> subprocess.Popen[str]:
    """Another process that loads `tiny`."""
    tests = Path(__file__).parent
    paths = [str(tests.parent), *sys.path]
    return subprocess.Popen(
        [sys.executable, "-c", LOADER, str(tests), server.address],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE,
        text=True,
    )


def test_processes_that_start_together_download_once() -> None:
    """One fetches, the others wait; all get the same."""
    with mirror(serving(PACKED, slowly=0.2)) as server:
        processes = [start(server) for _ in range(3)]
        hashes = {process.communicate(timeout=60)[0] for process in processes}
    assert [process.returncode for process in processes] == [0, 0, 0]
    assert len(hashes) == 1
    assert server.asked.total() == 4


def test_who_is_killed_while_downloading_makes_way(folder: Path) -> None:
    """`kill -9` in the middle: the next process takes over at once, and gets whole files."""
    with mirror(serving(PACKED, slowly=0.5)) as server:
        victim = start(server)
        while server.asked.total() < 2:
            time.sleep(0.02)
        victim.kill()
        victim.communicate()
        assert len(load_entry(tiny(server.address)).train) == 30
    assert not list(folder.glob("*.part"))


def test_threads_wait_for_each_other() -> None:
    """Two notebooks in one process are no different."""
    with mirror(serving(PACKED, slowly=0.05)) as server:
        threads = [
            threading.Thread(target=load_entry, args=(tiny(server.address),)) for _ in range(3)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert server.asked.total() == 4


def test_the_real_mnist_is_the_one_that_is_known(folder: Path, mnist_folder: Path) -> None:
    """The hashes in the catalog are those of the original files."""
    cached = folder.parent / "mnist"
    cached.mkdir()
    for path in mnist_folder.glob("*.gz"):
        (cached / path.name).write_bytes(path.read_bytes())
    data = load("mnist")
    assert (data.name, data.licence) == ("mnist", "CC-BY-SA-3.0")
    assert len(data.train) == 60_000
    changed = cached / "train-labels-idx1-ubyte.gz"
    labels = bytearray(gzip.decompress(changed.read_bytes()))
    labels[-1] ^= 1
    changed.write_bytes(gzip.compress(labels))
    with mirror(serving({})) as server, pytest.raises(DownloadError, match=changed.name):
        load_entry(dataclasses.replace(CATALOG["mnist"], mirrors=(server.address,)))
