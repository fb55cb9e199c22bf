"""Streams from object stores, by fsspec: its `memory://` stands for s3 and gs."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

import spritenet as sn
from spritenet import Dataset
from spritenet.errors import DataError, DownloadError, InputError, MissingExtraError
from spritenet.streams import remote_blob

fsspec = pytest.importorskip("fsspec")


@pytest.fixture
def bucket(sprites: Path) -> str:
    """The address of a folder in fsspec's memory that holds the sprites."""
    store = fsspec.filesystem("memory")
    store.store.clear()
    for path in sprites.iterdir():
        store.pipe_file(f"/bucket/digits/{path.name}", path.read_bytes())
    return "memory://bucket/digits"


@pytest.mark.parametrize("cache", [0, "1MB"])
def test_a_bucket_is_a_data_set(
    bucket: str, data: Dataset, tmp_path: Path, cache: int | str
) -> None:
    """By the folder's address, or that of its dataset.json; what comes is what fsspec gives."""
    for address in (bucket, bucket + "/dataset.json"):
        with sn.open(address, cache=cache, cache_folder=tmp_path) as stream:
            assert stream.read().content_hash == data.content_hash
            image, label = stream.test[3]
            assert image.tolist() == data.test.images[3].tolist()
            assert label == data.test.labels[3]


def test_file_addresses_lead_to_files(sprites: Path, data: Dataset, tmp_path: Path) -> None:
    """The other way to the same bytes."""
    with sn.open(f"file://{sprites}/dataset.json", cache_folder=tmp_path) as stream:
        assert stream.read().content_hash == data.content_hash


def test_what_is_not_there_is_said(bucket: str, tmp_path: Path) -> None:
    """A missing file, a missing sprite, an unknown kind of address."""
    with pytest.raises(DownloadError, match="missing file"):
        sn.open("memory://bucket/none.png", cache_folder=tmp_path)
    fsspec.filesystem("memory").rm("/bucket/digits/quarters-00001.png")
    stream = sn.open(bucket, cache_folder=tmp_path)
    with pytest.raises(DownloadError, match=r"quarters-00001\.png: missing file"):
        stream.read()
    with pytest.raises(DownloadError, match=r"ftp://127\.0\.0\.1:9/a\.png: can't be reached"):
        sn.open("ftp://127.0.0.1:9/a.png", cache_folder=tmp_path)
    with pytest.raises(InputError, match="unknown kind of address"):
        sn.open("nonsense://bucket/a.png", cache_folder=tmp_path)


def test_a_change_is_noticed(bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the hash of a segment, and then by size and version."""
    monkeypatch.setattr(remote_blob, "BLOCK_BYTES", 1500)
    store = fsspec.filesystem("memory")
    path = "/bucket/digits/quarters-00000.png"
    with sn.open(bucket, cache=0, cache_folder=tmp_path) as stream:
        _ = stream.train.labels
        changed = bytearray(store.cat_file(path))
        changed[3700] ^= 1
        store.pipe_file(path, bytes(changed))
        with pytest.raises(DataError, match="changed in the store"):
            stream.read()


def test_a_missing_library_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    """As for s3 without s3fs, and for anything without fsspec."""
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(MissingExtraError, match=r'pip install "spritenet\[fsspec\]"'):
        sn.open("s3://bucket/a.png")
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(MissingExtraError, match=r"reading from gs://"):
        sn.open("gs://bucket/a.png")
