"""Data sets at addresses, in bytes and in file objects: read like files, called what was given."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from mirror import Mirror, mirror, serving
from spritenet.errors import DataError, DownloadError, InputError
from spritenet.sources import load, survey
from spritenet.sources.remote import origin

RANDOM = np.random.default_rng(3)
PIXELS = RANDOM.integers(0, 256, (20, 4, 3), dtype=np.uint8)
CLASSES = (np.arange(20) % 3).astype(np.uint8)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """A data set in many forms, by name."""
    folder = tmp_path_factory.mktemp("files")
    data = sn.Dataset.from_arrays((PIXELS, CLASSES))
    sn.pack(data, folder / "own.png")
    sn.pack(data, folder / "many", shard_rows=8)
    Image.fromarray(PIXELS.reshape(20, 12)).save(folder / "rows.png")
    np.eye(3, dtype=np.uint8)[CLASSES].tofile(folder / "rows_labels_uint8")
    np.savez(folder / "arrays.npz", images=PIXELS, labels=CLASSES)
    np.save(folder / "pixels.npy", PIXELS)
    np.save(folder / "its_labels.npy", CLASSES)
    rows = np.column_stack([CLASSES, PIXELS.reshape(20, -1)])
    header = ",".join(["label", *(f"pixel{n}" for n in range(12))])
    np.savetxt(folder / "table.csv", rows, "%d", ",", header=header, comments="")
    found = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    return found | {path.name: path.read_bytes() for path in (folder / "many").iterdir()}


@pytest.fixture
def server(files: dict[str, bytes], monkeypatch: pytest.MonkeyPatch) -> Iterator[Mirror]:
    """A web server that has them."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    with mirror(serving(files)) as server:
        yield server


@pytest.fixture(autouse=True)
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for temporary files of this test's own."""
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


FORMS: dict[str, dict[str, Any]] = {
    "own.png": {},
    "rows.png": {"image_size": "4x3", "labels": "rows_labels_uint8"},
    "arrays.npz": {},
    "pixels.npy": {"labels": "its_labels.npy"},
    "table.csv": {"image_size": "4x3"},
}


def ways(name: str, files: dict[str, bytes], folder: Path, server: Mirror) -> dict[str, Any]:
    """The same file in every way that it can be given."""
    path = folder / name
    path.write_bytes(files[name])
    return {
        "a path": path,
        "an address": server.address + name,
        "a path that was an address": Path(server.address + name),
        "a file's address": path.as_uri(),
        "bytes": files[name],
        "a bytearray": bytearray(files[name]),
        "a view": memoryview(files[name]),
        "a file object": io.BytesIO(files[name]),
        "an open file": path.open("rb"),
    }


@pytest.mark.parametrize("name", FORMS)
def test_every_way_gives_the_same_data(
    name: str, files: dict[str, bytes], tmp_path: Path, server: Mirror, scratch: Path
) -> None:
    """As from a path; labels in the same way; no temporary file stays."""
    labels = FORMS[name].get("labels")
    options = FORMS[name]
    its_labels = {} if labels is None else ways(labels, files, tmp_path, server)
    found = {}
    for way, given in ways(name, files, tmp_path, server).items():
        more = {} if labels is None else {"labels": its_labels[way]}
        data = load(given, **{**options, **more})
        for opened in (given, *more.values()):
            if isinstance(opened, io.IOBase):
                opened.close()
        assert np.array_equal(data.train.images[..., 0], PIXELS), way
        assert data.train.labels.tolist() == CLASSES.tolist()
        assert "spritenet-" not in data.source, way
        found[way] = data.content_hash
    assert len(set(found.values())) == 1
    assert list(scratch.iterdir()) == []


def test_folders_of_sprites_have_addresses(server: Mirror, tmp_path: Path) -> None:
    """By `dataset.json`, or by the folder's; also to pack from, reading what is wanted."""
    for address in ("dataset.json", "digits"):
        data = load(server.address + address)
        assert np.array_equal(data.train.images[..., 0], PIXELS)
    listing = survey(server.address + "dataset.json")
    sn.pack(listing, tmp_path / "again.png")
    assert load(tmp_path / "again.png").content_hash == data.content_hash


def test_stores_are_read_too(files: dict[str, bytes]) -> None:
    """Fsspec's `memory://` stands for s3 and gs."""
    store = pytest.importorskip("fsspec").filesystem("memory")
    store.store.clear()
    for name, content in files.items():
        store.pipe_file(f"/bucket/{name}", content)
    for name in ("own.png", "arrays.npz", "dataset.json"):
        data = load(f"memory://bucket/{name}")
        assert np.array_equal(data.train.images[..., 0], PIXELS)
    with pytest.raises(DownloadError, match=r"memory://bucket/no.npz: .*missing file"):
        load("memory://bucket/no.npz")


def test_texts_are_tables(files: dict[str, bytes]) -> None:
    """`io.StringIO`, and a CSV in bytes that has no name."""
    text = files["table.csv"].decode()
    for given in (io.StringIO(text), text.encode()):
        data = load(given, image_size="4x3")
        assert np.array_equal(data.train.images[..., 0], PIXELS)


def test_the_tutorials_loader_takes_addresses(server: Mirror, files: dict[str, bytes]) -> None:
    """Of a sprite, of a PNG of rows with its labels, and bytes of both."""
    of_rows: dict[str, Any] = {"image_size": "4x3", "train": 15}
    batches = [
        sn.MnistData(server.address + "own.png"),
        sn.MnistData(
            server.address + "rows.png", labels=server.address + "rows_labels_uint8", **of_rows
        ),
        sn.MnistData(files["rows.png"], labels=io.BytesIO(files["rows_labels_uint8"]), **of_rows),
    ]
    assert batches[0].next_train_batch(5).xs.shape == (5, 12)
    one, other = (data.next_train_batch(15) for data in batches[1:])
    assert np.array_equal(one.xs, other.xs)
    assert one.labels.sum() == 15


def test_errors_say_what_was_given(
    server: Mirror, files: dict[str, bytes], scratch: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An address or a size in bytes, never a temporary file; and nothing stays there."""
    cases: list[tuple[Any, dict[str, Any], str]] = [
        (server.address + "no.npz", {}, r"http://127\.0\.0\.1:\d+/no\.npz: .*HTTP 404"),
        (files["own.png"][:-150], {}, r"^[\d,]+ bytes"),
        (b"", {}, "0 bytes: holds no data set"),
        (b"\x00\x01", {}, "2 bytes: holds no data set"),
        (io.BytesIO(files["rows.png"]), {}, "a file object: the PNG is not a sprite"),
        (files["rows.png"], {"image_size": "4x3", "labels": b"123"}, "3 bytes: labels don't match"),
        (server.address + "rows.png", {"image_size": "5x5", "labels": b"1"}, "rows.png: rows are"),
    ]
    for given, options, display_name in cases:
        with pytest.raises(InputError, match=display_name) as caught:
            load(given, **options)
        assert str(scratch) not in str(caught.value)
    with pytest.raises(DataError, match="invalid path"):
        load("~nobody-of-this-name/a.png")
    with pytest.raises(InputError, match=r"unsupported data set: .* got int"):
        load(3)  # type: ignore[arg-type] # what a mistake would give
    with (
        mirror(serving({"a.csv": b"<!DOCTYPE html><p>Sorry"})) as page,
        pytest.raises(DownloadError, match="a web page in its place"),
    ):
        load(page.address + "a.csv")
    with (
        mirror(serving({})) as nothing,
        pytest.raises(DownloadError, match=r"digits/dataset\.json: .*HTTP 404"),
    ):
        load(nothing.address + "digits")
    monkeypatch.setattr(origin, "MOST", 50)
    with pytest.raises(DownloadError, match="sends more than 50 bytes"):
        load(server.address + "own.png")
    with pytest.raises(DataError, match="is too long"):
        load(io.BytesIO(files["own.png"]))
    assert list(scratch.iterdir()) == []
