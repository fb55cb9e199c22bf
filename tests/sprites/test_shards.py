"""Sprites are packed part by part, in any number of threads and processes: the same bytes."""

from __future__ import annotations

import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from folders import content
from picture_folders import encoded, noise, write_pictures
from sprite_data import data_set
from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.load_warnings import LoadWarnings
from spritenet.sources import survey
from spritenet.sprites import SpriteFolder, verify
from spritenet.sprites.pack import pack_options, shard_ranges, write_folder_index
from spritenet.sprites.shard import PackedShard, write_shard


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """60 images of three classes in two splits, of which three can't be read."""
    names = [f"{'train' if n < 40 else 'test'}/{n % 3}/{n}.png" for n in range(60)]
    write_pictures(tmp_path / "pets", *names)
    for name in (names[0], names[17], names[59]):
        (tmp_path / "pets" / name).write_bytes(b"broken")
    return tmp_path / "pets"


def test_parts_are_the_whole(folder: Path, tmp_path: Path) -> None:
    """As one sprite, as many, and as `load` reads the folder: the same data set."""
    with pytest.warns(UserWarning, match="3 images can't be read"):
        whole = sn.load(folder)
    load_warnings = LoadWarnings()
    one = sn.pack(survey(folder), tmp_path / "one.png", load_warnings=load_warnings)
    many = sn.pack(survey(folder), tmp_path / "many", shard_rows=7, load_warnings=load_warnings)
    assert len(load_warnings.left_out) == 6
    assert sn.load(one).content_hash == sn.load(many).content_hash == whole.content_hash
    assert list(verify(one)) == list(verify(many)) == []
    with SpriteFolder(many) as sprites:
        assert len(sprites) == 57
        assert {name: stop - first for name, first, stop in sprites.metadata.splits} == {
            name: len(split) for name, split in whole.splits.items()
        }


@pytest.mark.parametrize("layout", ["rows", "grid"])
def test_the_number_of_threads_changes_no_byte(folder: Path, tmp_path: Path, layout: str) -> None:
    """Of any file, with unreadable images among them."""
    made = []
    for workers in (1, 2, 5):
        place = tmp_path / str(workers) / "x"
        sn.pack(
            survey(folder),
            place,
            layout="rows" if layout == "rows" else "grid",
            shard_rows=20 if layout == "rows" else 12,
            workers=workers,
            tfjs=layout == "rows",
            load_warnings=LoadWarnings(),
        )
        made.append(content(place))
    assert len(made[0]) > 3
    assert made[0] == made[1] == made[2]


def job(listing: bytes, first: int, stop: int, path: Path) -> PackedShard:
    """A shard, in another process, of a listing that came as bytes."""
    found: LazyDataset = pickle.loads(listing)
    return write_shard(found, pack_options(found, shard_rows=20), first, stop, path, workers=1)


def test_shards_are_jobs_of_their_own(folder: Path, tmp_path: Path) -> None:
    """Written by other processes in any order, they are the files that one process writes."""
    listing = survey(folder)
    known = content(sn.pack(listing, tmp_path / "x", shard_rows=20, load_warnings=LoadWarnings()))
    plan = pack_options(listing, shard_rows=20)
    apart = tmp_path / "apart"
    apart.mkdir()
    names = shard_ranges("x", plan, len(listing))
    with ProcessPoolExecutor(2, get_context("spawn")) as pool:
        jobs = [
            pool.submit(job, pickle.dumps(listing), first, stop, apart / name)
            for name, first, stop in reversed(names)
        ]
    done = [(name, job.result()) for (name, _, _), job in zip(names, reversed(jobs), strict=True)]
    write_folder_index(listing, plan, apart, done)
    assert content(apart) == known


def test_a_sprite_none_of_whose_pictures_can_be_read_is_not_there(tmp_path: Path) -> None:
    """The others are, and the index knows them."""
    write_pictures(tmp_path / "pets", *(f"a/{n}.png" for n in range(12)))
    for number in range(4, 8):
        (tmp_path / "pets/a" / f"{number}.png").write_bytes(b"broken")
    path = sn.pack(
        survey(tmp_path / "pets"), tmp_path / "x", shard_rows=4, load_warnings=LoadWarnings()
    )
    assert sorted(content(path)) == ["dataset.json", "x-00000.png", "x-00002.png"]
    assert len(sn.load(path).train) == 8
    assert list(verify(path)) == []


def test_strict_leaves_nothing_behind(folder: Path, tmp_path: Path) -> None:
    """One line, and no half of a data set."""
    for target in (tmp_path / "a.png", tmp_path / "a"):
        with pytest.raises(sn.DataError, match=r"pets.train.0.0\.png: damaged or unsupported"):
            sn.pack(survey(folder), target, strict=True, shard_rows=20)
    assert [path.name for path in tmp_path.iterdir()] == ["pets"]


def test_arrays_are_packed_as_they_are(tmp_path: Path) -> None:
    """A pair of images and labels."""
    data = data_set()
    path = sn.pack((data.train.images, data.train.labels), tmp_path / "a.png")
    assert np.array_equal(sn.load(path).train.images, data.train.images)


def test_progress_counts_every_picture_once(folder: Path, tmp_path: Path) -> None:
    """Those that can't be read too."""
    done: list[int] = []
    sn.pack(
        survey(folder),
        tmp_path / "a",
        shard_rows=9,
        load_warnings=LoadWarnings(),
        progress=done.append,
    )
    assert sum(done) == 60


def test_many_pictures_need_the_memory_of_one_sprite(tmp_path: Path) -> None:
    """6.5 MB of pixels in sprites of 0.3 MB: no more than a few of them are ever held."""
    import tracemalloc

    (tmp_path / "pets/a").mkdir(parents=True)
    data = encoded(noise((256, 256)))
    for number in range(100):
        (tmp_path / f"pets/a/{number}.png").write_bytes(data)
    listing = survey(tmp_path / "pets")
    tracemalloc.start()
    sn.pack(listing, tmp_path / "x", shard_rows=5, level=1, workers=2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 3 << 20


def test_sprites_are_packed_again_without_being_read_whole(tmp_path: Path) -> None:
    """Into others of another size, in this process or after a journey to another one."""
    data = data_set(90, test=20)
    many = sn.pack(data, tmp_path / "many", shard_rows=7)
    listing: LazyDataset = pickle.loads(pickle.dumps(survey(many)))
    assert listing.to_dataset() is None
    again = sn.pack(listing.hold_out("validation", 9), tmp_path / "again", shard_rows=20)
    found = sn.load(again)
    assert found.test.content_hash == data.test.content_hash
    assert found["validation"].content_hash == data.train.split(9)[1].content_hash
    places = np.array([109, 3, 4, 5, 6, 7, 8, 3])
    together = np.concatenate([data.train.images, data.test.images])
    assert np.array_equal(listing.images.read(places).images, together[places])
    (many / "many-00003.png").write_bytes(b"other")
    with pytest.raises(sn.DataError, match=r"many-00003\.png: the sprite doesn't match"):
        survey(many)
