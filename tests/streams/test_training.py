"""Training from a stream ends with the same weights, bit for bit, as training from memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet import Dataset, Split
from spritenet.errors import DataError
from spritenet.streams.sample_order import Shuffled
from spritenet.training.batch_source import SourceBatches
from spritenet.training.events import StepEvent

SMALL = 1 << 20
"""Bytes of memory: 4,096 of these images at a time. `chunk` and `window` make units smaller."""


def trained(data: object, *, epochs: int = 3, **options: object) -> str:
    """The SHA-256 of the weights after some epochs."""
    model = tiny.model()
    model.fit(data, epochs=epochs, batch_size=16, seed=5, verbose=0, **options)  # type: ignore[arg-type]  # of fit
    return model.weights_sha256


@pytest.fixture(scope="module")
def from_memory(data: Dataset) -> str:
    """Returns the weights after three epochs from memory."""
    return trained(data.train)


def test_a_shuffled_stream_trains_as_memory_does(
    data: Dataset, sprites: Path, from_memory: str
) -> None:
    """The same seed, the same images in the same order, dropout and all."""
    with sn.open(sprites, order="shuffled") as stream:
        assert trained(stream.train) == from_memory
        assert trained(stream) == from_memory  # a stream is its training images, as a data set is
    assert trained(data) == from_memory


def test_units_smaller_than_a_call_change_nothing(sprites: Path, from_memory: str) -> None:
    """Batches that span two units are put together."""
    with sn.open(sprites, order="shuffled") as stream:
        split = stream.train
        object.__setattr__(split, "order", Shuffled(len(split), 21))
        assert trained(split) == from_memory


def test_a_windowed_stream_trains_as_memory_does_in_that_order(
    data: Dataset, sprites: Path
) -> None:
    """Memory is given the windowed order, image by image, a step at a time."""
    with sn.open(sprites, order="windowed", chunk=9, window=4) as stream:
        order = stream.train.order
        streamed = trained(stream.train, epochs=1)
    images = order.indices(5, 0, 0, len(data.train))
    reordered = data.train[images]
    assert not np.array_equal(images, np.sort(images))
    assert trained(reordered, epochs=1, shuffle=False) == streamed
    assert trained(data.train, epochs=1) != streamed


def test_without_shuffling_too(data: Dataset, sprites: Path) -> None:
    """Stored order, through several epochs."""
    with sn.open(sprites) as stream:
        assert trained(stream.train, shuffle=False) == trained(data.train, shuffle=False)


def test_class_weights_and_validation_are_the_same(data: Dataset, sprites: Path) -> None:
    """Also the figures of each epoch."""
    figures = []
    with sn.open(sprites, order="shuffled") as stream:
        for source in (data, stream):
            model = tiny.model()
            history = model.fit(
                source.train,
                epochs=2,
                batch_size=16,
                validation_data=source.test,
                class_weight={1: 3.0},
                verbose=0,
            )
            figures.append((model.weights_sha256, history.history))
    assert figures[0] == figures[1]


def test_evaluate_and_predict_are_the_same(data: Dataset, sprites: Path) -> None:
    """On a split of three sprites."""
    model = tiny.model()
    model.fit(data.train, epochs=1, verbose=0)
    with sn.open(sprites) as stream:
        assert tuple(model.evaluate(stream.train)) == tuple(model.evaluate(data.train))
        assert np.array_equal(model.predict(stream.train), model.predict(data.train))
        classes = model.predict_classes(stream.train)
        assert np.array_equal(classes, model.predict_classes(data.train))


def test_a_run_on_a_stream_resumes_to_the_same_weights(sprites: Path, tmp_path: Path) -> None:
    """Stopped after some updates, and gone on with from a stream opened anew."""
    options = {"order": "windowed", "chunk": 9, "window": 4}
    with sn.open(sprites, **options) as stream:  # type: ignore[arg-type]  # of open
        whole = trained(stream.train, epochs=2)
        model = tiny.model()
        events = sn.train(
            model,
            stream.train,
            epochs=2,
            batch_size=16,
            seed=5,
            run=tmp_path / "run",
            checkpoint_every=4,
            validation_data=stream.test,
        )
        for event in events:
            if isinstance(event, StepEvent) and event.step == 10:
                break
        events.close()  # type: ignore[attr-defined]  # it is a generator
    with sn.open(sprites, **options) as stream:  # type: ignore[arg-type]  # of open
        model = tiny.model()
        model.fit(
            stream.train,
            epochs=2,
            batch_size=16,
            seed=5,
            run=tmp_path / "run",
            resume=True,
            checkpoint_every=4,
            validation_data=stream.test,
            verbose=0,
        )
    assert model.weights_sha256 == whole


def test_a_run_does_not_go_on_in_another_order(sprites: Path, tmp_path: Path) -> None:
    """Windows of another size are another order, and so another data set for a checkpoint."""
    for window, resume in ((4, False), (5, True)):
        with sn.open(sprites, order="windowed", chunk=9, window=window) as stream:
            events = sn.train(
                tiny.model(),
                stream.train,
                epochs=2,
                batch_size=16,
                run=tmp_path / "run",
                resume=resume,
            )
            if resume:
                with pytest.raises(sn.RunError, match="data sha256"):
                    list(events)
            else:
                list(events)


def test_a_validation_split_keeps_the_same_images_apart(data: Dataset, sprites: Path) -> None:
    """Class by class, by the seed; the weights and the figures are those of memory."""
    with sn.open(sprites, order="shuffled") as stream:
        figures = []
        for source in (data.train, stream.train):
            model = tiny.model()
            history = model.fit(
                source, epochs=2, batch_size=16, validation_split=0.2, seed=3, verbose=0
            )
            figures.append((model.weights_sha256, history.history))
    assert figures[0] == figures[1]


def test_what_a_stream_cannot_do_is_said(sprites: Path) -> None:
    """In one line."""
    with sn.open(sprites) as stream, pytest.raises(DataError, match="labels of its own"):
        tiny.model().fit(stream.train, sample_weight=np.ones(203))


def test_batches_are_read_from_any_place(data: Dataset, sprites: Path) -> None:
    """Going back, jumping ahead and another seed give the images of that place."""
    from spritenet.engines.engine import Examples
    from spritenet.permutation import permutation

    with sn.open(sprites, order="shuffled") as stream:
        batches = SourceBatches(stream.train, Examples)
        for seed, epoch, first, last in (
            (1, 0, 0, 16),
            (1, 0, 16, 32),
            (1, 0, 5, 9),
            (2, 3, 200, 203),
        ):
            part, indices = batches.read(seed, epoch, first, last)
            assert indices.tolist() == list(range(last - first))
            expected: Split = data.train[permutation(seed, epoch, 203, first, last)]
            assert np.array_equal(part.images, expected.images)
            assert part.labels is not None
            assert part.labels.tolist() == expected.labels.tolist()
        batches.close()
