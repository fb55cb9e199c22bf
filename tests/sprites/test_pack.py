"""Packing refuses what can't be a sprite, and never leaves half a file."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import spritenet as sn
from sprite_data import data_set, same
from spritenet.thread_pool import parallel_for


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"level": 0}, "level is out of range: expected 1 to 12, got 0"),
        ({"segment_rows": 0}, "segment_rows is out of range"),
        ({"shard_rows": 65_001}, "shard_rows is out of range: expected 1 to 65,000"),
        ({"workers": 0}, "workers is out of range"),
        ({"columns": 3}, "columns need layout grid"),
        ({"layout": "grid", "tfjs": True}, "the tutorials' loader"),
    ],
)
def test_options_out_of_range_are_refused(
    tmp_path: Path, options: dict[str, Any], words: str
) -> None:
    """One line that names the option; nothing is written."""
    with pytest.raises(sn.InputError, match=words):
        sn.pack(data_set(), tmp_path / "a.png", **options)
    assert list(tmp_path.iterdir()) == []


def test_two_channels_are_no_png(tmp_path: Path) -> None:
    """Grey with alpha is not a sprite's."""
    with pytest.raises(sn.InputError, match="channels: expected 1, 3 or 4, got 2"):
        sn.pack(data_set(3, (2, 2, 2)), tmp_path / "a.png")


def test_an_image_that_no_picture_holds_is_refused(tmp_path: Path) -> None:
    """A single image beyond 2²⁶ pixels."""
    images = np.broadcast_to(np.zeros((1, 1, 1, 1), np.uint8), (1, 8193, 8192, 1))
    split = sn.Split(images, np.zeros(1, np.int32), ("a",))
    with pytest.raises(sn.InputError, match="too large for a sprite"):
        sn.pack(split, tmp_path / "a.png")


def test_a_failed_write_leaves_the_old_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that is full at the last moment: the old sprite is unchanged, no scraps remain."""
    path = sn.pack(data_set(seed=1), tmp_path / "a.png")
    before = path.read_bytes()

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(sn.DataError, match="No space left on device"):
        sn.pack(data_set(seed=2), path)
    with pytest.raises(sn.DataError, match="No space left on device"):
        sn.pack(data_set(seed=2), tmp_path / "folder", shard_rows=5)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_only_an_older_folder_of_sprites_is_replaced(tmp_path: Path) -> None:
    """Somebody's other files are never thrown away."""
    target = tmp_path / "digits"
    sn.pack(data_set(seed=1), target, shard_rows=5)
    sn.pack(data_set(9, seed=2), target, shard_rows=5)
    assert same(sn.load(target), data_set(9, seed=2))
    (target / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(sn.DataError, match=r"holds other files.*got notes\.txt"):
        sn.pack(data_set(), target, shard_rows=5)
    assert (target / "notes.txt").exists()


def test_progress_counts_every_image_once(tmp_path: Path) -> None:
    """The numbers told add up to the images."""
    done: list[int] = []
    sn.pack(data_set(100, test=3), tmp_path / "a.png", segment_rows=7, progress=done.append)
    assert sum(done) == 103


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_the_first_of_several_errors_is_raised(workers: int) -> None:
    """The reported error does not depend on the number of threads."""

    def work(place: int) -> None:
        if place in {7, 11, 12}:
            raise ValueError(place)

    for _ in range(20):
        with pytest.raises(ValueError, match="7"):
            parallel_for(work, 100, workers)


def test_an_interruption_ends_all_threads_soon() -> None:
    """Ctrl-C comes to the caller's thread; the others begin nothing new."""
    begun: list[int] = []
    interrupted = threading.Event()
    others = threading.active_count()  # those of tests before this one

    def work(place: int) -> None:
        if threading.current_thread() is threading.main_thread():
            interrupted.set()
            raise KeyboardInterrupt
        begun.append(place)
        assert interrupted.wait(60)
        time.sleep(0.01)

    with pytest.raises(KeyboardInterrupt):
        parallel_for(work, 10_000, 3)
    assert len(begun) < 5_000  # how many the others do before depends on who uses the machine
    assert threading.active_count() <= others


def test_of_mnist_the_tutorials_get_their_own_file(tmp_path: Path) -> None:
    """55,000 and 10,000 of 60,000 and 10,000, without the first 5,000; other sizes are whole."""
    numbers = np.arange(70_000)
    images = (numbers[:, None] // (1, 256) % 256).astype(np.uint8).reshape(-1, 1, 2, 1)
    labels, names = (numbers % 10).astype(np.int32), tuple("0123456789")
    splits = {
        "train": sn.Split(images[:60_000], labels[:60_000], names, "train"),
        "test": sn.Split(images[60_000:], labels[60_000:], names, "test"),
    }
    with pytest.warns(sn.DataWarning, match="first 5,000 training images are left out"):
        path = sn.pack(sn.Dataset("like mnist", splits, names), tmp_path / "a.png", tfjs=True)
    data = sn.load(path)
    assert (len(data.train), len(data.test)) == (55_000, 10_000)
    assert np.array_equal(data.train.images, images[5_000:60_000])
    assert np.array_equal(data.test.images, images[60_000:])
    with Image.open(path) as picture:
        assert picture.size == (2, 65_000)
    one_hot = np.fromfile(tmp_path / "a_labels_uint8", np.uint8).reshape(-1, 10)
    assert np.array_equal(one_hot.argmax(1), labels[5_000:])


def test_the_real_mnist_begins_as_the_tutorials_labels_do(
    mnist_folder: Path, tmp_path: Path
) -> None:
    """The first sixteen labels of `mnist_labels_uint8`, as published."""
    with pytest.warns(sn.DataWarning):
        sn.pack(sn.load(mnist_folder), tmp_path / "a.png", tfjs=True, level=1)
    labels = np.fromfile(tmp_path / "a_labels_uint8", np.uint8)
    ones = [7, 13, 24, 36, 41, 58, 61, 70, 89, 98, 100, 113, 121, 132, 147, 150]
    assert np.flatnonzero(labels[:160]).tolist() == ones
    assert labels.shape == (650_000,)
