"""Iterables of batches are read in order, so many batches an epoch, and nothing twice."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import tiny
from spritenet.engines.engine import Examples
from spritenet.errors import DataError
from spritenet.model import Sequential, train
from spritenet.model.collection_reader import read
from spritenet.model.generator_adapter import BatchReader, GeneratorBatches
from spritenet.training.callbacks import Callback
from spritenet.training.events import EpochEnded, StepEvent

DATA = tiny.images(192)
X, Y = DATA.images, DATA.labels
Batch = tuple[NDArray[Any], NDArray[Any]]


class Loader:
    """Gives batches without an end, or once through all images, and counts what it gave."""

    def __init__(self, size: int = 32, *, once: bool = False) -> None:
        self.size, self.once, self.given = size, once, 0

    def __iter__(self) -> Iterator[Batch]:
        while True:
            for first in range(0, len(X), self.size):
                self.given += 1
                yield X[first : first + self.size], Y[first : first + self.size]
            if self.once:
                return


def trained(x: object, y: Any = None, **how: Any) -> Sequential:  # noqa: ANN401 - whatever fit takes
    """A tiny model after training without shuffling."""
    model = tiny.model()
    model.fit(x, y, verbose=0, shuffle=False, **how)
    return model


@pytest.mark.parametrize("make", [Loader, lambda: iter(Loader()), lambda: Loader(once=True)])
def test_batches_in_order_are_arrays_in_order(make: Any) -> None:  # noqa: ANN401 - makes any source
    """Bit for bit; what can be gone through again begins anew, and a generator goes on."""
    expected = trained(X, Y, epochs=3).weights_sha256
    assert trained(make(), epochs=3, steps_per_epoch=6).weights_sha256 == expected
    assert trained(make(), steps=18).weights_sha256 == expected


def test_an_epoch_reads_its_batches_and_no_more() -> None:
    """Keras's meaning of steps_per_epoch: the next epoch reads on."""
    source = Loader()
    counts = []

    class Count(Callback):
        def on_epoch_end(self, epoch: int, logs: object = None) -> None:
            del epoch, logs
            counts.append(source.given)

    model = tiny.model()
    model.fit(iter(source), epochs=3, steps_per_epoch=2, callbacks=Count(), verbose=0)
    assert counts == [2, 4, 6]
    model.fit(iter(source), steps_per_epoch=2, verbose=0)


def test_a_step_is_a_batch() -> None:
    """Its size is that of the first one; another is cut and joined in order."""
    for size, expected in ((None, [32] * 6), (48, [48] * 6), (20, [20] * 6)):
        model = tiny.model()
        events = train(model, iter(Loader()), steps_per_epoch=6, batch_size=size)
        assert [e.images for e in events if isinstance(e, StepEvent)] == expected
    same = trained(iter(Loader(32)), batch_size=48, steps_per_epoch=4, epochs=2)
    assert same.weights_sha256 == trained(X, Y, batch_size=48, epochs=2).weights_sha256
    single = zip(itertools.cycle(X), itertools.cycle(Y.tolist()))
    same = trained(single, batch_size=48, steps_per_epoch=4)
    assert same.weights_sha256 == trained(X, Y, batch_size=48).weights_sha256


def test_weights_targets_and_names_are_taken() -> None:
    """(images, labels, weights), one-hot rows, and class weights by index."""
    factors = np.where(Y == 1, 3.0, 1.0)
    expected = trained(X, Y, sample_weight=factors).weights_sha256
    three = ((x, y, np.where(y == 1, 3.0, 1.0)) for x, y in Loader())
    assert trained(three, steps_per_epoch=6).weights_sha256 == expected
    rows = ((x / 255, np.eye(4)[y]) for x, y in Loader())
    assert trained(rows, steps_per_epoch=6, class_weight={1: 3}).weights_sha256 == expected


def test_a_generator_that_ends_is_an_error_that_keeps_the_weights() -> None:
    """Those of the steps that were done."""
    model = tiny.model()
    with pytest.raises(DataError, match=r"ended after 6 .*weights so far are kept") as caught:
        model.fit(iter(Loader(once=True)), epochs=2, steps_per_epoch=4, verbose=0, shuffle=False)
    assert "\n" not in str(caught.value)
    assert model.state.now.step == 6
    assert model.weights_sha256 == trained(X, Y).weights_sha256


def test_an_interrupted_epoch_leaves_the_model_whole() -> None:
    """A second fit goes on with a new generator."""
    model = tiny.model()
    events = train(model, iter(Loader()), epochs=2, steps_per_epoch=6, shuffle=False)
    for event in events:
        if isinstance(event, EpochEnded):
            break
    events.close()  # type: ignore[attr-defined]  # it is a generator
    model.fit(iter(Loader()), steps_per_epoch=6, verbose=0, shuffle=False)
    assert model.weights_sha256 == trained(X, Y, epochs=2).weights_sha256


def test_the_model_is_calibrated_on_what_it_saw() -> None:
    """The first images stay in memory for that."""
    model = tiny.model()
    held = tiny.images(200, seed=1)
    model.fit(iter(Loader()), epochs=2, steps_per_epoch=6, validation_data=held, verbose=0)
    assert model.calibrated


def test_a_run_is_kept_but_not_resumed(tmp_path: Path) -> None:
    """Nobody knows whether the batches would be the same."""
    model = tiny.model()
    model.fit(iter(Loader()), steps_per_epoch=6, run=tmp_path / "run", verbose=0)
    assert (tmp_path / "run/model/model.json").exists()
    with pytest.raises(DataError, match="take no resume"):
        model.fit(iter(Loader()), steps_per_epoch=6, run=tmp_path / "run", resume=True)


@pytest.mark.parametrize(
    ("how", "words"),
    [
        ({"y": Y}, "take no y"),
        ({"sample_weight": np.ones(192)}, "take no sample_weight"),
        ({"validation_split": 0.2}, "take no validation_split.*validation_data"),
        ({"class_weight": "balanced"}, "can't be counted"),
        ({"steps_per_epoch": 0}, "steps_per_epoch"),
        ({"validation_data": itertools.repeat((X, Y))}, "too many images to read into memory"),
    ],
    ids=range(6),
)
def test_what_needs_all_images_is_refused(
    how: dict[str, Any], words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the argument and what to do."""
    from spritenet.model import image_collector

    monkeypatch.setattr(image_collector, "MOST_BYTES", 100_000)
    with pytest.raises(Exception, match=words) as caught:
        tiny.model().fit(iter(Loader()), **{"steps_per_epoch": 3, "verbose": 0, **how})
    assert "\n" not in str(caught.value)


def test_no_batch_is_read_twice() -> None:
    """A range may be read again, or its end, also after fewer steps; nothing before it."""
    reader = BatchReader(iter(Loader()))
    batches = GeneratorBatches(reader, 192, 32, lambda block: Examples(block.images))

    def images(epoch: int, first: int, last: int) -> NDArray[np.uint8]:
        examples, indices = batches.read(None, epoch, first, last)
        return examples.images[indices].copy()

    first = images(3, 0, 32)
    assert np.array_equal(first, X[:32])
    assert np.array_equal(images(3, 0, 32), first)
    assert np.array_equal(images(3, 0, 8), X[:8])
    assert np.array_equal(images(3, 16, 32), X[16:32])
    assert np.array_equal(images(3, 16, 48), X[16:48])
    assert np.array_equal(images(3, 20, 24), X[20:24])
    assert np.array_equal(images(3, 24, 192), X[24:])
    assert np.array_equal(images(4, 0, 32), X[:32])
    with pytest.raises(DataError, match="can't be read again"):
        images(3, 0, 32)
    assert len(batches) == len(read(Loader(once=True))[0])
