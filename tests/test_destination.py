"""Results at addresses: uploaded whole or not at all, or refused; never in a local folder `s3:`.

fsspec's `memory://` stands for s3 and gs.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
from spritenet.address import address_of
from spritenet.cli import application
from spritenet.destination import destination
from spritenet.errors import DataError, InputError, MissingExtraError
from spritenet.sources.unpack import unpack

fsspec = pytest.importorskip("fsspec")
testing = pytest.importorskip("typer.testing")

WEB = "https://example.org/out.png"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:  # noqa: ANN401 - fsspec has no types
    """An empty store, and an empty folder to be in."""
    found = fsspec.filesystem("memory")
    found.store.clear()
    found.pseudo_dirs[:] = [""]
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    return found


@pytest.fixture(scope="module")
def data() -> sn.Dataset:
    """Two splits of small images."""
    random = np.random.default_rng(1)
    return sn.Dataset(
        "small",
        {
            name: sn.Split.from_arrays(
                random.integers(0, 256, (count, 6, 5, 1), np.uint8),
                np.arange(count) % 2,
                class_names=("cat", "dog"),
                name=name,
            )
            for name, count in (("train", 9), ("test", 4))
        },
        ("cat", "dog"),
    )


@pytest.fixture(scope="module")
def model(data: sn.Dataset) -> sn.Sequential:
    """A network, not trained."""
    made = sn.Sequential([sn.Input((6, 5, 1)), sn.Flatten(), sn.Dense(2, "softmax")])
    made.class_names = data.class_names
    return made


def command(*words: str) -> tuple[int, str]:
    """Runs a command; its exit code and what it says."""
    done = testing.CliRunner().invoke(application(words[0]), list(words))
    error = done.exception
    return (2, str(error)) if isinstance(error, InputError) else (done.exit_code, done.output)


def test_addresses_are_known_through_paths() -> None:
    """`pathlib` makes one slash of two; what is meant is found all the same."""
    for address in ("s3://bucket/a.png", "memory://a", "https://example.org/a/b", "file:///tmp/a"):
        assert address_of(address) == address
        assert address_of(Path(address)) == address
    for path in ("digits.png", "/srv/s3/a", "runs/s3:/a", "C:/data", "a b://c"):
        assert address_of(path) == ""
        assert address_of(Path(path)) == ""


@pytest.mark.parametrize("through", [str, Path])
def test_a_sprite_is_uploaded(store: Any, data: sn.Dataset, tmp_path: Path, through: Any) -> None:  # noqa: ANN401 - as above, and a type
    """The bytes are those of a local one; nothing is left on this machine; a second replaces it."""
    local = sn.pack(data, tmp_path / "a.png")
    for _ in range(2):
        assert sn.pack(data, through("memory://bucket/a.png")) == "memory://bucket/a.png"
    assert store.find("/") == ["/bucket/a.png"]
    assert store.cat_file("/bucket/a.png") == local.read_bytes()
    assert list(Path.cwd().iterdir()) == []
    with sn.open("memory://bucket/a.png", cache=0) as stream:
        assert stream.read().content_hash == data.content_hash


def test_folders_are_uploaded_and_mixed_with_nothing(store: Any, data: sn.Dataset) -> None:  # noqa: ANN401 - as above
    """Sprites with their index, the tutorials' pair, IDX, npz; a taken place stays as it is."""
    assert sn.pack(data, "memory://b/many", shard_rows=5) == "memory://b/many"
    with sn.open("memory://b/many", cache=0) as stream:
        assert stream.read().content_hash == data.content_hash
    sn.pack(data, "memory://b/pair.png", tfjs=True)
    assert store.info("/b/pair_labels_uint8")["size"] == 13 * 2
    assert unpack(data, "memory://b/idx", "idx") == "memory://b/idx"
    assert unpack(data, "memory://b/a.npz") == "memory://b/a.npz"
    before = {path: store.cat_file(path) for path in store.find("/")}
    attempts: tuple[Callable[[], object], ...] = (
        lambda: sn.pack(data, "memory://b/many", shard_rows=5),
        lambda: sn.pack(data, "memory://b/pair.png", tfjs=True),
        lambda: unpack(data, "memory://b/idx", "idx"),
        lambda: sn.pack(data, "memory://b/many", shard_rows=13),
    )
    for again in attempts:
        with pytest.raises(DataError, match="the output already exists"):
            again()
    assert {path: store.cat_file(path) for path in store.find("/")} == before


def test_a_model_is_uploaded(store: Any, model: sn.Sequential, tmp_path: Path) -> None:  # noqa: ANN401 - as above
    """Its two files, the same as on a disk."""
    model.save(tmp_path / "local")
    model.save("memory://b/model")
    for name in ("model.json", "weights.bin"):
        assert store.cat_file(f"/b/model/{name}") == (tmp_path / "local" / name).read_bytes()
    assert list(Path.cwd().iterdir()) == []


@pytest.mark.parametrize("broken", ["put_file", "info"])
def test_what_breaks_off_leaves_nothing(
    store: Any,  # noqa: ANN401 - as above
    data: sn.Dataset,
    monkeypatch: pytest.MonkeyPatch,
    broken: str,
) -> None:
    """The third file can't be uploaded, or arrives cut short: the first two are removed."""
    count = 0
    real = getattr(type(store), broken)

    def fails(self: object, path: str, *rest: object, **more: object) -> object:
        nonlocal count
        if broken == "info":  # which old versions of fsspec also call for folders that aren't there
            found = real(self, path, *rest, **more)
            count += found["type"] == "file"
            return {"size": 1, "type": "file"} if count == 3 else found
        count += 1
        if count == 3:
            raise PermissionError("the quota is used up")
        return real(self, path, *rest, **more)

    monkeypatch.setattr(type(store), broken, fails)
    monkeypatch.setattr(type(store), "exists", lambda self, path, **_: path in self.store)
    monkeypatch.setattr(type(store), "isdir", lambda *_: False)
    said = "quota" if broken == "put_file" else "1 bytes of"
    with pytest.raises(DataError, match=rf"many: can't be written: got .*{said}.*removed"):
        sn.pack(data, "memory://b/many", shard_rows=4)
    assert [path for path in store.find("/") if path] == []  # old versions find the root


def test_an_error_before_the_upload_leaves_nothing(store: Any) -> None:  # noqa: ANN401 - as above
    """Output that fails locally never reaches the store."""

    def write() -> None:
        with destination("memory://b/a") as place:
            place.path.write_bytes(b"half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write()
    assert store.find("/") == []


def test_commands_write_to_stores(store: Any, model: sn.Sequential, tmp_path: Path) -> None:  # noqa: ANN401 - as above
    """`pack`, `unpack`, `sheet` and `export` say the address; `--json` has it too."""
    sn.pack((np.zeros((4, 6, 5, 1), np.uint8), [0, 1, 0, 1]), tmp_path / "d.png")
    model.save(tmp_path / "m")
    source, saved = str(tmp_path / "d.png"), str(tmp_path / "m")
    for words, file in (
        (("pack", source, "memory://o/p.png"), "p.png"),
        (("pack", source, "memory://o/many", "--shard-rows", "2"), "many/dataset.json"),
        (("unpack", source, "memory://o/u"), "u/train/0/000000.png"),
        (("unpack", source, "memory://o/u.npz"), "u.npz"),
        (("sheet", source, "memory://o/s.png"), "s.png"),
        (("sheet", source, "memory://o/s", "--projector"), "s/config.json"),
        (("export", saved, "memory://o/e.html"), "e.html"),
        (("export", saved, "memory://o/e", "--to", "tfjs", "--json"), "e/model.json"),
    ):
        code, said = command(*words)
        assert (code, store.exists(f"/o/{file}")) == (0, True), said
        assert words[2] in said
    assert list(Path.cwd().iterdir()) == []


def test_nothing_else_is_written_to_an_address(
    store: Any,  # noqa: ANN401 - as above
    data: sn.Dataset,
    model: sn.Sequential,
    tmp_path: Path,
) -> None:
    """Web addresses everywhere, and any where a store isn't supported; before anything is done."""
    model.save(tmp_path / "m")
    saved = str(tmp_path / "m")
    for words in (
        ("pack", "strokes", WEB),
        ("unpack", "strokes", "https://example.org/out"),
        ("sheet", "strokes", WEB),
        ("export", saved, "https://example.org/out.html"),
        ("train", "strokes", "--out", "s3://bucket/run"),
        ("report", saved, "strokes", "--out", "s3://bucket/r.html"),
        ("report", saved, "strokes", "--png", "s3://bucket/r"),
    ):
        code, said = command(*words)
        assert code == 2, words
        assert "can't be written to" in said, said
        assert "\n" not in said.strip()
    with pytest.raises(InputError, match="web addresses can't be written to"):
        model.save("https://example.org/model")
    with pytest.raises(InputError, match=r"s3://b/m-.*: can't be written to an address"):
        sn.ModelCheckpoint("s3://b/m-{epoch}")
    with pytest.raises(InputError, match="a run can't be at an address"):
        sn.Run("s3://b/run")
    with pytest.raises(InputError, match="the address has no file name"):
        sn.pack(data, "memory://")
    with pytest.raises(InputError, match="unknown kind of address"):
        sn.pack(data, "nonsense://bucket/a.png")
    assert list(Path.cwd().iterdir()) == []
    assert store.find("/") == []


def test_file_addresses_are_paths(data: sn.Dataset, tmp_path: Path) -> None:
    """`file://` leads to this machine's disk, whatever is written."""
    path = sn.pack(data, (tmp_path / "a.png").as_uri())
    assert path == tmp_path / "a.png"
    assert sn.load(path).content_hash == data.content_hash
    assert sn.Run((tmp_path / "run").as_uri()).folder == tmp_path / "run"


def test_a_missing_library_is_named(data: sn.Dataset, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without fsspec the command to type is said, before anything is written."""
    for name in list(sys.modules):
        if name.partition(".")[0] == "fsspec":
            monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingExtraError, match=r"writing to s3:// .*spritenet\[fsspec\]"):
        sn.pack(data, "s3://bucket/a.png")
