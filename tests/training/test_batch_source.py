"""Batch sources give the same examples in the same order from memory and from any source."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import tiny
from spritenet.dataset import Dataset
from spritenet.dataset.lazy_dataset import LazyDataset
from spritenet.dataset.source import Indices, stored_blocks
from spritenet.engines.engine import Examples
from spritenet.errors import DataError
from spritenet.permutation import permutation
from spritenet.training.batch_source import BatchSource, MemoryBatches, SourceBatches

DATA = tiny.images(97)


class Squares:
    """A source with the members of the protocol and no others, which makes images by number."""

    name = "squares"
    class_names = DATA.class_names
    image_shape = DATA.image_shape
    identity = "squares"

    def __init__(self) -> None:
        self.taken = 0

    def __len__(self) -> int:
        return len(DATA)

    def take(self, indices: Indices) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
        """Some images of the tiny task."""
        self.taken = max(self.taken, len(indices))
        return DATA.take(indices)


def trained(data: object, **options: object) -> str:
    """The SHA-256 of the weights after a training."""
    model = tiny.model()
    model.fit(data, batch_size=16, epochs=3, verbose=0, **options)  # type: ignore[arg-type]  # of fit
    return model.weights_sha256


@pytest.mark.parametrize("shuffle", [True, False])
def test_any_source_trains_as_memory_does(shuffle: bool) -> None:
    """Bit for bit: with shuffling and without, class weights and validation included."""
    expected = trained(DATA, shuffle=shuffle, class_weight="balanced", validation_data=DATA)
    lazy = LazyDataset.from_dataset(Dataset("tiny", {"train": DATA}, DATA.class_names))
    for source in (Squares(), lazy["train"]):
        options = {"shuffle": shuffle, "class_weight": "balanced", "validation_data": source}
        assert trained(source, **options) == expected


def test_any_source_predicts_and_evaluates_as_memory_does() -> None:
    """Outputs, classes, scores and confusion matrix; images are read in bounded blocks."""
    model = tiny.model()
    model.fit(DATA, verbose=0)
    assert np.array_equal(model.predict(Squares()), model.predict(DATA))
    assert np.array_equal(model.predict_classes(Squares()), model.predict_classes(DATA))
    assert tuple(model.evaluate(Squares())) == tuple(model.evaluate(DATA))
    confusion = model.evaluate(Squares()).predictions.confusion
    assert np.array_equal(confusion, model.evaluate(DATA).predictions.confusion)


def test_what_a_source_lacks_is_said() -> None:
    """In one line, with what to do."""
    with pytest.raises(DataError, match=r"a Squares can't be split.*validation_data") as caught:
        trained(Squares(), validation_split=0.2)
    assert "\n" not in str(caught.value)
    with pytest.raises(DataError, match="labels of its own"):
        trained(Squares(), sample_weight=np.ones(len(DATA)))


def test_blocks_cover_a_source_in_stored_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each block within the limit of bytes."""
    monkeypatch.setattr("spritenet.dataset.source.READ_BYTES", 10 * 64)
    source = Squares()
    blocks = [(images.copy(), labels.copy()) for images, labels in stored_blocks(source)]
    assert source.taken == 10
    assert np.array_equal(np.concatenate([images for images, _ in blocks]), DATA.images)
    assert np.array_equal(np.concatenate([labels for _, labels in blocks]), DATA.labels)


@given(
    seed=st.none() | st.integers(0, 9),
    epoch=st.integers(0, 5),
    ends=st.tuples(st.integers(0, 97), st.integers(0, 97)).map(sorted),
)
def test_both_kinds_read_the_same_range(seed: int | None, epoch: int, ends: list[int]) -> None:
    """The examples at the indices are those of the permutation, or of stored order."""
    first, last = ends
    order = np.arange(97) if seed is None else permutation(seed, epoch, 97)
    expected = DATA.images[order[first:last]]
    memory = MemoryBatches(Examples(DATA.images, DATA.labels))
    for batches in (memory, SourceBatches(Squares(), Examples)):
        examples, indices = batches.read(seed, epoch, first, last)
        assert np.array_equal(examples.images[indices], expected)
        assert np.array_equal(batches.stored(first, last).images, DATA.images[first:last])


@pytest.mark.parametrize("size", [1, 30, 97, 200])
def test_samples_are_picked_by_the_seed(size: int) -> None:
    """The same images of both kinds, in stored order; all of them if there are no more."""
    expected = DATA.images[np.sort(permutation(4, 0, 97, 0, min(size, 97)))]
    memory = MemoryBatches(Examples(DATA.images, DATA.labels))
    read = SourceBatches(Squares(), Examples)
    for batches in (memory, read):
        assert np.array_equal(batches.sample(size, 4).images, expected)
        assert np.array_equal(batches.all().images, DATA.images)
    assert memory.in_memory(size, 4) is memory.examples
    assert np.array_equal(read.in_memory(size, 4).images, expected)


def test_identities_depend_on_everything_that_is_trained_on() -> None:
    """Images with labels have the content hash of their split; targets and weights change it."""
    plain = Examples(DATA.images, DATA.labels)
    weights = np.ones(97, np.float32)
    assert MemoryBatches(plain).identity == DATA.content_hash
    assert MemoryBatches(plain, DATA).identity == DATA.content_hash
    others: list[BatchSource] = [
        MemoryBatches(Examples(DATA.images, DATA.labels, weights=weights), DATA),
        MemoryBatches(Examples(DATA.images, None, np.eye(4, dtype=np.float32)[DATA.labels])),
        MemoryBatches(plain[:50]),
        SourceBatches(Squares(), Examples),
        SourceBatches(Squares(), Examples, "class_weight [(1, 3.0)]"),
    ]
    assert len({DATA.content_hash, *(batches.identity for batches in others)}) == 6
