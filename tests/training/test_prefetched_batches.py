"""Training sets that a thread reads a block ahead: the same examples, and nothing read twice."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.dataset.source import Indices
from spritenet.engines.engine import Examples
from spritenet.errors import DataError
from spritenet.training import prefetched_batches
from spritenet.training.batch_source import MemoryBatches
from spritenet.training.prefetched_batches import PrefetchedBatches

COUNT = 45


class Source(MemoryBatches):
    """Examples that are read; each read is noted."""

    __slots__ = ("reads",)

    def __init__(self) -> None:
        images = np.arange(COUNT, dtype=np.uint8).repeat(16).reshape(COUNT, 4, 4, 1)
        super().__init__(Examples(images, np.arange(COUNT, dtype=np.int32)))
        self.reads: list[tuple[int, int, int]]
        object.__setattr__(self, "reads", [])

    @property
    def max_images(self) -> int:
        """Two batches of eight fit."""
        return 20

    @property
    def resident(self) -> bool:
        """False: they are read."""
        return False

    def read(self, seed: int | None, epoch: int, first: int, last: int) -> tuple[Examples, Indices]:
        """Notes the read; one place in the third epoch is torn."""
        self.reads.append((epoch, first, last))
        if (epoch, first) == (2, 16):
            raise DataError("torn")
        return MemoryBatches.read(self, seed, epoch, first, last)


def labels_of(examples: Examples, indices: Indices) -> list[int]:
    """The labels at some indices, by which the images are known."""
    assert examples.labels is not None
    np.testing.assert_array_equal(examples.images[:, 0, 0, 0], examples.labels)
    found: list[int] = examples.labels[indices].tolist()
    return found


@pytest.mark.parametrize("seed", [None, 3])
def test_blocks_hold_what_is_read_without_it(seed: int | None) -> None:
    """In calls of one batch, over two epochs; each block is read and staged once, in order."""
    source = Source()
    staged: list[Examples] = []
    batches = PrefetchedBatches(source, staged.append, batch_size=8, image_bytes=16)
    assert batches.block_images == 16
    for epoch in (0, 1):
        for first in range(0, COUNT, 8):
            last = min(first + 8, COUNT)
            examples, indices = batches.read(seed, epoch, first, last)
            expected, wanted = Source().read(seed, epoch, first, last)
            assert labels_of(examples, indices) == labels_of(expected, wanted)
            assert examples.identities is not None
            np.testing.assert_array_equal(examples.identities[indices], np.arange(first, last))
            assert any(examples is one for one in staged)
    blocks = [(0, 16), (16, 32), (32, 45)]
    assert source.reads[:6] == [(epoch, *block) for epoch in (0, 1) for block in blocks]
    batches.close()
    assert len(staged) <= 7, "one block more than was used"
    assert not [t for t in threading.enumerate() if t.name == "spritenet feed"]


def test_a_training_resumed_in_the_middle_reads_from_there() -> None:
    """And an error in the thread is raised where its images are asked for."""
    source = Source()
    batches = PrefetchedBatches(source, lambda _: None, batch_size=8, image_bytes=16)
    examples, indices = batches.read(0, 1, 40, 45)
    assert (len(examples), indices.tolist()) == (5, [0, 1, 2, 3, 4])
    assert examples.identities is not None
    assert examples.identities.tolist() == [40, 41, 42, 43, 44]
    assert source.reads[0] == (1, 40, 45)
    batches.read(0, 2, 0, 8)
    with pytest.raises(DataError, match="torn"):
        batches.read(0, 2, 16, 24)
    examples, _ = batches.read(0, 0, 0, 8)
    assert len(examples) == 16
    batches.close()


@pytest.mark.parametrize("augment", [None, "digits"])
def test_a_stream_trains_on_pytorch_as_on_the_core(
    tmp_path: Path, augment: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blocks smaller than an epoch, a smaller last batch, two epochs: the weights of the core."""
    pytest.importorskip("torch", reason="PyTorch runs the engine")
    monkeypatch.setattr(prefetched_batches, "BLOCK_BYTES", 64 * 40)
    packed = sn.pack(tiny.images(101), tmp_path / "sprites")
    found = []
    for device in ("cpu", "torch-cpu"):
        with sn.open(packed) as data:
            model = tiny.model(dropout=0.2)
            model.device, model.threads = device, 1
            how: dict[str, Any] = {"epochs": 2, "batch_size": 16, "augment": augment, "verbose": 0}
            model.fit(data.train, validation_data=tiny.images(20, seed=1), **how)
            found.append(model.parameters)
            assert model.session is not None
            assert model.session.waited > 0
    np.testing.assert_allclose(found[1], found[0], atol=1e-5)
