"""Several processes or a Ray cluster write the bytes that one process writes."""

from __future__ import annotations

import pickle
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from folders import content
from program import spritenet
from ray_node import start_cluster
from sprite_data import data_set
from spritenet.sources import survey
from spritenet.sprites import verify


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of 60 small pictures of two classes."""
    folder = tmp_path_factory.mktemp("sources") / "pictures"
    random = np.random.default_rng(0)
    for name in ("cat", "dog"):
        (folder / name).mkdir(parents=True)
        for number in range(30):
            pixels = random.integers(0, 256, (4, 5), np.uint8)
            Image.fromarray(pixels).save(folder / name / f"{number}.png")
    return folder


@pytest.mark.parametrize("processes", [2, 3])
def test_processes_write_the_same_bytes(pictures: Path, tmp_path: Path, processes: int) -> None:
    """Of files that each of them reads for itself."""
    words = ["pack", pictures.name, "--shard-rows", "13", "--tfjs", "--json"]
    alone = spritenet(*words, tmp_path / "one" / "all", folder=pictures.parent)
    assert alone.returncode == 0, alone.stderr
    several = ["--processes", str(processes)]
    done = spritenet(*words, tmp_path / "more" / "all", *several, folder=pictures.parent)
    assert done.returncode == 0, done.stderr
    found = content(tmp_path / "more" / "all")
    assert len(found) == 5 + 5 + 1  # sprites, their labels, the index
    assert found == content(tmp_path / "one" / "all")
    assert verify(tmp_path / "more" / "all") == []


@pytest.fixture
def broken(pictures: Path, tmp_path: Path) -> Path:
    """The same with a file that is no picture."""
    folder = tmp_path / "broken"
    shutil.copytree(pictures, folder)
    (folder / "eel").mkdir()
    (folder / "eel" / "0.png").write_bytes(b"no picture")
    return folder


def test_a_file_that_breaks_is_told_and_nothing_is_left(broken: Path, tmp_path: Path) -> None:
    """In one line, as if this process had read it."""
    words = ["pack", broken.name, "all", "--shard-rows", "13", "--strict", "--processes", "2"]
    done = spritenet(*words, folder=tmp_path)
    assert done.returncode == 2
    assert "eel/0.png" in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (tmp_path / "all").exists()


def test_errors_survive_the_way_between_processes() -> None:
    """With their line, their parts and their class."""
    for error in (
        sn.DataError("it is broken", where="a.png", expected=1, got=2, do="Mend it."),
        sn.MissingExtraError("flying", "wings"),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert type(again) is type(error)
        assert str(again) == str(error)
        assert vars(again) == vars(error)


# Ray 2.30 leaves its own log files open.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_ray_writes_the_same_bytes(broken: Path, tmp_path: Path) -> None:
    """On a cluster of this machine, which is gone afterwards; errors come back as they are."""
    data = data_set(50, (5, 4, 1), test=9)
    ray = start_cluster(processors=2)
    try:
        sn.pack(data, tmp_path / "ray" / "all", shard_rows=20, ray=True)
        assert ray.is_initialized()  # it was ours, and still is
        with pytest.raises(sn.DataError, match=r"eel/0\.png"):
            sn.pack(survey(broken), tmp_path / "none", shard_rows=13, strict=True, ray=True)
        assert not (tmp_path / "none").exists()
    finally:
        ray.shutdown()
    sn.pack(data, tmp_path / "one" / "all", shard_rows=20)
    assert content(tmp_path / "ray" / "all") == content(tmp_path / "one" / "all")


def test_without_ray_the_command_to_type_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing is written."""
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(sn.MissingExtraError, match=r'pip install "spritenet\[ray\]"'):
        sn.pack(data_set(50), tmp_path / "all", shard_rows=20, ray=True)
    assert list(tmp_path.iterdir()) == []


def test_ray_and_processes_exclude_each_other(tmp_path: Path) -> None:
    """Both are who writes."""
    with pytest.raises(sn.InputError, match="processes"):
        sn.pack(data_set(50), tmp_path / "all", shard_rows=20, ray=True, processes=2)
