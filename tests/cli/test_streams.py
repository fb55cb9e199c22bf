"""Commands take addresses, and sets larger than memory."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

import packed
import spritenet as sn
from folders import content
from hostile_server import HostileServer
from program import spritenet
from spritenet import Dataset, Split
from spritenet.sources.unpack import unpack


@pytest.fixture(scope="module")
def quarters() -> Dataset:
    """400 + 100 images of 28×28, which a network of the catalog can learn."""
    small = packed.dataset(400, 100)
    splits = {
        name: Split(
            split.images.repeat(4, 1).repeat(4, 2)[:, 2:30, 2:30], split.labels, split.class_names
        )
        for name, split in small.splits.items()
    }
    return Dataset("quarters", splits, small.class_names)


@pytest.fixture(scope="module")
def folder(quarters: Dataset, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Its sprites, of 200 images each."""
    place = tmp_path_factory.mktemp("sprites")
    return packed.folder(place, quarters, shard_rows=200, segment_rows=20)


@pytest.fixture(scope="module")
def address(folder: Path) -> Iterator[str]:
    """The address of the sprites on a server."""
    with HostileServer(content(folder)) as server:
        yield server.url


def test_a_set_larger_than_memory_trains_to_the_same_weights_from_near_and_afar(
    folder: Path, address: str, tmp_path: Path
) -> None:
    """Read while in use, from the disk and from a server; the test images too; and resumed."""
    found = []
    options = ["--memory", "100kB", "--json", "--threads", "1"]  # of 392 kB
    for name, data in (("near", str(folder)), ("far", address)):
        done = spritenet(
            "train",
            data,
            "--epochs",
            "2",
            "--out",
            name,
            *options,
            folder=tmp_path,
            SPRITENET_CACHE=str(tmp_path / "cache"),
            no_proxy="127.0.0.1",
        )
        assert done.returncode == 0, done.stderr
        found.append(json.loads(done.stdout.splitlines()[-1]))
    assert found[0]["weights_sha256"] == found[1]["weights_sha256"]
    assert found[0]["test_accuracy"] > 0.9
    done = spritenet(
        "evaluate",
        "far",
        "--json",
        folder=tmp_path,
        SPRITENET_CACHE=str(tmp_path / "cache"),
        no_proxy="127.0.0.1",
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["accuracy"] == found[0]["test_accuracy"]


def test_images_are_held_out_of_a_stream_too(folder: Path, tmp_path: Path) -> None:
    """And nonsense for a size is one line."""
    done = spritenet(
        "train",
        folder,
        "--memory",
        "100kB",
        "--validation",
        "0.1",
        "--epochs",
        "1",
        "--json",
        folder=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1])["images"] == 360
    done = spritenet("train", folder, "--memory", "100kB", "--steps", "1", folder=tmp_path)
    line = "streamed while training; the order is windowed, chunks of 20, windows of 1"
    assert line in done.stdout.splitlines()
    done = spritenet("info", folder, "--memory", "much", folder=tmp_path)
    assert done.returncode == 2
    assert "memory: invalid number of bytes: expected a size like 400MB" in done.stderr


def test_info_of_an_address_reads_it_or_tells_what_its_files_say(
    address: str, quarters: Dataset, tmp_path: Path
) -> None:
    """The same numbers either way."""
    both = []
    for memory in ("100kB", "1GB"):
        done = spritenet(
            "info",
            address,
            "--memory",
            memory,
            "--json",
            folder=tmp_path,
            SPRITENET_CACHE=str(tmp_path),
            no_proxy="127.0.0.1",
        )
        assert done.returncode == 0, done.stderr
        both.append(json.loads(done.stdout))
    streamed, read = both
    assert streamed["sprites"] == 3
    for key in ("name", "image_shape", "class_names", "content_hash"):
        assert streamed[key] == read[key]
    assert streamed["content_hash"] == quarters.content_hash
    for name, split in quarters.splits.items():
        assert streamed["splits"][name]["classes"] == split.class_counts
    done = spritenet(
        "info",
        address,
        "--memory",
        "100kB",
        folder=tmp_path,
        SPRITENET_CACHE=str(tmp_path),
        no_proxy="127.0.0.1",
    )
    assert "500 images in 3 sprites" in done.stdout
    done = spritenet(
        "sheet",
        address,
        "sheet.png",
        folder=tmp_path,
        SPRITENET_CACHE=str(tmp_path),
        no_proxy="127.0.0.1",
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "sheet.png").is_file()


def test_verify_of_an_address_names_what_is_broken(folder: Path, tmp_path: Path) -> None:
    """All right at first; then a byte on the server is another, and a sprite is gone."""
    files = content(folder)
    with HostileServer(files) as server:
        done = spritenet("verify", server.url, folder=tmp_path, no_proxy="127.0.0.1")
        assert done.stdout == f"{server.url}: 500 images, all right\n"
        assert done.returncode == 0
        broken = bytearray(files["quarters-00000.png"])
        broken[len(broken) // 2] ^= 1
        server.files["quarters-00000.png"] = bytes(broken)
        del server.files["quarters-00002.png"]
        done = spritenet("verify", server.url, "--json", folder=tmp_path, no_proxy="127.0.0.1")
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert len(lines) == len(json.loads(done.stdout)["wrong"]) == 3
    assert "quarters-00000.png: the file doesn't match dataset.json" in lines[0]
    assert "quarters-00000.png, segment 4 (rows 80 to 99): the segment is damaged" in lines[1]
    assert "quarters-00002.png: the server doesn't have it: got HTTP 404." in lines[2]


def test_other_files_have_addresses_too(address: str, quarters: Dataset, tmp_path: Path) -> None:
    """An npz is packed and looked at, a folder of sprites packed again, a PNG of rows read."""
    content = unpack(quarters, tmp_path / "all.npz").read_bytes()
    options: dict[str, Any] = {"folder": tmp_path, "SPRITENET_CACHE": str(tmp_path / "cache")}
    with HostileServer({"all.npz": content}) as server:
        there = server.url + "all.npz"
        done = spritenet("pack", there, "a.png", **options)
        assert done.returncode == 0, done.stderr
        done = spritenet("info", there, "--json", **options)
        assert done.returncode == 0, done.stderr
    rows = quarters.train.images.reshape(400, -1)
    Image.fromarray(rows).save(tmp_path / "rows.png")
    labels = quarters.train.labels.astype("u1").tobytes()
    files = {"rows.png": (tmp_path / "rows.png").read_bytes(), "labels": labels}
    with HostileServer(files) as server:
        words = (server.url + "rows.png", "--image-size", "28x28", "--labels")
        done = spritenet("info", *words, server.url + "labels", **options)
        assert (done.returncode, "28×28×1" in done.stdout) == (0, True), done.stderr
        done = spritenet("train", server.url + "rows.png", **options)
        assert "the PNG is not a sprite" in done.stderr
        assert "--labels" in done.stderr
    again = sn.load(tmp_path / "a.png")
    assert again.content_hash == quarters.content_hash
    assert again.source == there
    done = spritenet("pack", address, "b.png", **options)
    assert done.returncode == 0, done.stderr
    assert sn.load(tmp_path / "b.png").content_hash == quarters.content_hash
