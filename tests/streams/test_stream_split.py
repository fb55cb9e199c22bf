"""A streamed split does what a split in memory does, in bounded memory, for any rank of any run."""

from __future__ import annotations

import gc
import pickle
import threading
import time
from itertools import islice, pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import packed
import spritenet as sn
from sprite_data import data_set, data_sets
from spritenet import Dataset, Split, Stream
from spritenet.errors import DataError, InputError
from spritenet.sprites import pack
from spritenet.streams.rank_slice import RankSlice
from spritenet.streams.settings import parse_bytes

WAYS = [
    {},
    {"order": "shuffled", "memory": "1MiB"},
    {"order": "windowed", "chunk": 9, "window": 3},
    {"order": "windowed", "chunk": 100, "window": 1, "workers": 1},
]


@pytest.fixture(params=WAYS, ids=str)
def stream(request: pytest.FixtureRequest, sprites: Path) -> Stream:
    """The sprites, opened in several ways."""
    made: Stream = sn.open(sprites, **request.param)
    return made


def test_it_holds_what_memory_holds(stream: Stream, data: Dataset) -> None:
    """Sizes, names, labels, counts, hashes, and all images."""
    assert (stream.name, stream.class_names) == (data.name, data.class_names)
    assert stream.image_shape == data.image_shape
    assert stream.content_hash == data.content_hash == stream.read().content_hash
    for name, split in data.splits.items():
        streamed = stream[name]
        assert len(streamed) == len(split)
        assert streamed.labels.tolist() == split.labels.tolist()
        assert streamed.class_counts == split.class_counts
        assert streamed.content_hash == split.content_hash
        assert all(
            np.array_equal(image, split.images[k]) and label == split.labels[k]
            for k, (image, label) in enumerate(streamed)
        )
    assert "203" in repr(stream)
    assert "StreamSplit('train': 203 images of 8×8×1, 4 classes" in repr(stream.train)


def test_any_images_can_be_chosen(stream: Stream, data: Dataset) -> None:
    """As of a `Split`: one, a slice, indices with repetitions, a mask."""
    split = data.train
    image, label = stream.train[-1]
    assert np.array_equal(image, split.images[-1])
    assert label == split.labels[-1]
    with pytest.raises(ValueError, match="read-only"):
        image[0, 0] = 1
    chosen: list[slice | list[int] | np.ndarray] = [
        slice(60, 150),
        slice(None, None, -7),
        [5, 5, 202, 0, -1, 70, 69],
        [],
        split.labels == 2,
        np.array([3], np.uint8),
    ]
    for which in chosen:
        some, expected = stream.train[which], split[which]
        assert isinstance(some, Split)
        assert some.content_hash == expected.content_hash
    for wrong in (203, -204, [0, 203], [0.5], np.ones(4, bool)):
        with pytest.raises(IndexError, match="image"):
            _ = stream.train[wrong]  # type: ignore[index]  # what is refused


def test_one_image_reads_one_segment(sprites: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And the second time none."""
    from spritenet.streams.shard import Shard

    read: list[tuple[int, int]] = []
    whole = Shard.segment

    def counted(self: Shard, number: int, near: object = None) -> object:
        read.append((self.number, number))
        return whole(self, number, near)  # type: ignore[arg-type]  # whatever it was given

    monkeypatch.setattr(Shard, "segment", counted)
    with sn.open(sprites) as stream:
        for place in (75, 76, 75):
            _ = stream.train[place]
        _ = stream.train[[70, 78]]
    assert read == [(1, 0)]


def test_batches_are_those_of_memory(sprites: Path, data: Dataset) -> None:
    """In shuffled order; in every form; through several epochs; without the short last one."""
    with sn.open(sprites, order="shuffled") as stream:
        for options in (
            {"seed": 3},
            {"seed": None},
            {"seed": 1, "epoch": 2, "steps": 17},
            {"one_hot": True, "dtype": "float32", "flat": True},
            {"drop_last": True},
        ):
            ours = list(stream.train.batches(32, **options))
            theirs = list(data.train.batches(32, **options))
            assert len(ours) == len(theirs)
            for mine, other in zip(ours, theirs, strict=True):
                assert all(map(np.array_equal, mine, other))
                assert mine[0].dtype == other[0].dtype
                mine[0][:] = 0  # an array of its own, to keep or to change
        with pytest.raises(InputError, match="float32"):
            stream.train.batches(dtype="int8")


@settings(max_examples=40)
@given(st.data())
def test_ranks_share_an_epoch_exactly_and_another_number_goes_on(draw: st.DataObject) -> None:
    """For any size, batch, ranks: nothing twice, nothing missed, also after a change of ranks."""
    size, batch = draw.draw(st.integers(1, 90)), draw.draw(st.integers(1, 40))
    ranks, others = draw.draw(st.integers(1, 9)), draw.draw(st.integers(1, 9))
    steps = -(-size // batch)
    stop = draw.draw(st.integers(0, steps))
    order = np.random.default_rng(size).permutation(size)

    def seen(share: RankSlice, done: int, batches: int | None) -> list[list[int]]:
        mine = share.select(order[done:], done, done, size).tolist()
        counts = list(islice(share.sizes(size, done), batches))
        ends = np.cumsum([0, *counts])
        return [mine[a:b] for a, b in pairwise(ends)]

    before = [seen(RankSlice(batch, rank, ranks), 0, stop) for rank in range(ranks)]
    done = min(size, stop * batch)
    after = [seen(RankSlice(batch, rank, others), done, None) for rank in range(others)]
    for parts, begin in ((before, 0), (after, done)):
        for step, together in enumerate(zip(*parts, strict=True)):
            joined = [image for part in together for image in part]
            first = begin + step * batch
            assert joined == order[first : min(size, first + batch)].tolist()
            lengths = [len(part) for part in together]
            assert max(lengths) - min(lengths) <= 1
    everything = [i for parts in (before, after) for part in parts for one in part for i in one]
    assert sorted(everything) == list(range(size))


@pytest.mark.parametrize("ranks", [1, 2, 3, 7])
def test_a_run_goes_on_with_other_ranks_and_another_batch_size(
    stream: Stream, data: Dataset, ranks: int
) -> None:
    """Five steps of 16 with two ranks, then the rest in batches of 30 with `ranks`."""
    train = stream.train

    def numbers(images: np.ndarray) -> list[bytes]:
        return [image.tobytes() for image in images]

    seen: list[bytes] = []
    for rank in range(2):
        for images, _ in islice(train.batches(16, seed=4, rank=rank, ranks=2), 5):
            seen += numbers(images)
    for rank in range(ranks):
        rest = train.batches(30, seed=4, first_image=80, rank=rank, ranks=ranks)
        for images, _ in rest:
            seen += numbers(images)
    assert sorted(seen) == sorted(numbers(data.train.images))
    whole = [images for images, _ in train.batches(16, seed=4)]
    later = [images for images, _ in train.batches(16, seed=4, first_step=5)]
    assert all(map(np.array_equal, whole[5:], later))
    assert list(train.batches(16, first_step=13)) == []
    last = train.batches(16, seed=4, first_step=12, steps=2)
    assert [len(images) for images, _ in last] == [11, 16]


@pytest.mark.parametrize(
    "options",
    [
        {"batch_size": 0},
        {"epoch": -1},
        {"first_step": 5},
        {"first_image": 204},
        {"rank": 2, "ranks": 2},
        {"ranks": 0},
        {"steps": -1},
    ],
    ids=str,
)
def test_numbers_out_of_range_are_refused(sprites: Path, options: dict[str, int]) -> None:
    """At once, not at the first batch."""
    with sn.open(sprites) as stream, pytest.raises(InputError, match=next(iter(options))):
        stream.train.batches(**{"batch_size": 64, **options})  # type: ignore[arg-type]  # numbers


@settings(max_examples=25)
@given(data_sets(), st.sampled_from(["rows", "grid"]), st.integers(1, 12), st.integers(1, 5))
def test_any_sprite_streams(
    tmp_path_factory: pytest.TempPathFactory,
    data: Dataset,
    layout: str,
    chunk: int,
    window: int,
) -> None:
    """Any shape and channels, both layouts, one file or several, in windows of any size."""
    folder = tmp_path_factory.mktemp("any")
    rows = 3 * data.image_shape[0] if layout == "grid" else 7
    path = pack(data, folder / "d", layout=layout, shard_rows=rows, segment_rows=2)  # type: ignore[call-overload]  # a layout
    with sn.open(path, order="windowed", chunk=chunk, window=window) as stream:
        for name, split in data.splits.items():
            images, labels = [], []
            for some, classes in stream[name].batches(5, seed=1):
                images += [image.tobytes() for image in some]
                labels += classes.tolist()
            expected = zip((i.tobytes() for i in split.images), split.labels.tolist(), strict=True)
            assert sorted(zip(images, labels, strict=True)) == sorted(expected)


def test_parts_that_do_not_fit_are_refused(sprites: Path, tmp_path: Path) -> None:
    """Other classes, another image size, nothing at all, a picture that is no sprite."""
    others = pack(data_set(classes=5), tmp_path / "classes.png")
    sizes = packed.dataset(5, 1)
    wide = Split(sizes.train.images.repeat(2, 2), sizes.train.labels, sizes.class_names)
    pack(wide, tmp_path / "size.png")
    with pytest.raises(DataError, match=r"classes\.png: other classes"):
        sn.open([sprites, others])
    with pytest.raises(DataError, match=r"size\.png: other image size.*8×16×1"):
        sn.open([sprites, tmp_path / "size.png"])
    with pytest.raises(DataError, match="missing sprite"):
        sn.open(tmp_path / "none")
    (tmp_path / "text.png").write_text("hello")
    with pytest.raises(DataError, match="not a sprite"):
        sn.open(tmp_path / "text.png")
    for options in ({"memory": "much"}, {"memory": "60kB"}, {"order": "any"}, {"chunk": 0}):
        with pytest.raises(InputError, match=next(iter(options))):
            sn.open(sprites, **options)
    with sn.open(sprites) as stream, pytest.raises(DataError, match="unknown split 'none'"):
        _ = stream["none"]


def test_a_part_is_set_aside_as_in_memory(stream: Stream, data: Dataset) -> None:
    """The same images on both sides, in every way to read them; also a part of a part."""
    kept, held = stream.train.split(validation=0.3, seed=5)
    expected = data.train.split(validation=0.3, seed=5)
    again = kept.split(validation=20, seed=1)
    expected_again = expected[0].split(validation=20, seed=1)
    assert (kept.name, held.name) == ("train", "validation")
    for mine, theirs in zip((kept, held, *again), (*expected, *expected_again), strict=True):
        assert len(mine) == len(theirs)
        assert mine.content_hash == theirs.content_hash
        assert mine.labels.tolist() == theirs.labels.tolist()
        assert np.array_equal(mine[-1][0], theirs.images[-1])
        assert mine[[3, 1, 3]].content_hash == theirs[[3, 1, 3]].content_hash
        for rank in range(2):
            assert sum(len(labels) for _, labels in mine.batches(9, rank=rank, ranks=2)) > 0
        seen = [image.tobytes() for images, _ in mine.batches(8, seed=2) for image in images]
        assert sorted(seen) == sorted(image.tobytes() for image in theirs.images)
    assert len({split.identity for split in (stream.train, kept, held, *again)}) == 5
    with pytest.raises(InputError, match="none or all"):
        stream.train.split(validation=0)


def test_streams_and_splits_go_to_other_processes(stream: Stream, data: Dataset) -> None:
    """Pickled as what opens them again, in the same order."""
    other = pickle.loads(pickle.dumps(stream))
    assert other.settings == stream.settings
    assert other.train.identity == stream.train.identity
    for split in (stream.test, *stream.train.split(validation=0.3, seed=5)):
        again = pickle.loads(pickle.dumps(split))
        assert (again.name, again.identity) == (split.name, split.identity)
        assert again.content_hash == split.content_hash
    assert len(data.test) == len(other.test)


def test_splits_of_several_data_sets_are_joined(sprites: Path, data: Dataset) -> None:
    """Twice the same, one after the other."""
    with sn.open([sprites, sprites / "dataset.json"]) as stream:
        assert len(stream.train) == 406
        assert stream.content_hash == ""
        assert stream.train[203:].content_hash == data.train.content_hash


def test_a_damaged_segment_is_named_and_others_are_read(
    sprites: Path, data: Dataset, tmp_path: Path
) -> None:
    """The error comes where the image would have come, and again if asked again."""
    for path in sprites.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    path = tmp_path / "quarters-00001.png"
    damaged = bytearray(path.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    path.write_bytes(damaged)
    with sn.open(tmp_path, order="windowed", chunk=9, window=2) as stream:
        assert stream.train[:70].content_hash == data.train[:70].content_hash
        for _ in range(2):
            with pytest.raises(DataError, match=r"quarters-00001\.png, segment \d \(rows"):
                list(stream.train.batches(16))


@settings(max_examples=60)
@given(st.data())
def test_no_damage_becomes_a_pixel(
    sprites: Path,
    data: Dataset,
    tmp_path_factory: pytest.TempPathFactory,
    draw: st.DataObject,
) -> None:
    """A bit flipped anywhere, or a file cut anywhere: an error, or all that was there before."""
    folder = tmp_path_factory.mktemp("damaged")
    for path in sprites.iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    path = folder / f"quarters-0000{draw.draw(st.integers(0, 3))}.png"
    content = bytearray(path.read_bytes())
    place = draw.draw(st.integers(0, len(content) - 1))
    if draw.draw(st.booleans()):
        content[place] ^= 1 << draw.draw(st.integers(0, 7))
    else:
        del content[place:]
    path.write_bytes(content)
    for where in (folder, path):
        try:
            with sn.open(where) as stream:
                found = stream.read()
        except DataError as error:
            assert path.name in str(error)  # noqa: PT017 - either an error or the same
        else:
            expected = data if where == folder else sn.load(sprites / path.name)
            assert found.content_hash == expected.content_hash


def test_reading_ahead_ends_with_who_wanted_it(sprites: Path) -> None:
    """Batches that nobody takes any more leave no thread behind."""
    with sn.open(sprites, order="windowed", chunk=9, window=2) as stream:
        walk = stream.train.batches(8, steps=10_000)
        next(walk)
        flow = stream.train.queue(0)
        flow.take(10)
        assert reading() >= 1
        del walk, flow
        gc.collect()
        ends = time.monotonic() + 120
        while reading() and time.monotonic() < ends:
            time.sleep(0.01)
        assert reading() == 0


def reading() -> int:
    """Returns the number of prefetching threads."""
    return sum(thread.name == "spritenet prefetch" for thread in threading.enumerate())


def test_threads_may_read_at_the_same_time(sprites: Path, data: Dataset) -> None:
    """Single images, batches and labels of one stream, whose cache holds three segments."""
    images = data.train.images
    wrong: list[object] = []

    def work(stream: Stream, seed: int) -> None:
        try:
            dice = np.random.default_rng(seed)
            places = dice.integers(0, 203, 60).tolist()
            wrong.extend(p for p in places if not np.array_equal(stream.train[p][0], images[p]))
            seen = [i.tobytes() for some, _ in stream.train.batches(7, seed=seed) for i in some]
            if sorted(seen) != sorted(image.tobytes() for image in images):
                wrong.append("batches")
        except Exception as error:  # noqa: BLE001 - told below, by the test's own thread
            wrong.append(error)

    with sn.open(sprites, order="windowed", chunk=9, window=3) as stream:
        stream._cache.limit = 3 * 9 * 64
        threads = [threading.Thread(target=work, args=(stream, seed)) for seed in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []
        assert stream._cache.size <= stream._cache.limit


def test_memory_stays_bounded(tmp_path: Path) -> None:
    """16 MB of images go by in 2 MiB, and the cache keeps to its half."""
    images = np.random.default_rng(0).integers(0, 255, (16_000, 32, 32, 1), np.uint8)
    path = pack(Split(images, np.zeros(16_000, np.int32), ("a",)), tmp_path / "d.png", level=1)
    with sn.open(path, memory="2MiB") as stream:
        split = stream.train
        assert split.order.description == "windowed, chunks of 127, windows of 4"
        total = sum(int(batch.sum()) for batch, _ in split.batches(100))
        assert total == int(images.sum())
        for place in range(0, 16_000, 50):
            _ = split[place]
        assert 0 < stream._cache.size <= 1 << 20


def test_sizes_are_read_as_people_write_them() -> None:
    """And nonsense is refused."""
    assert parse_bytes("2 GiB", "memory") == 2 << 30
    assert parse_bytes("10k", "memory") == 10_000
    for wrong in ("", "MB", "1.5.2G", "-1", "1e9", "9" * 30):
        with pytest.raises(InputError, match="invalid number of bytes"):
            parse_bytes(wrong, "memory")
