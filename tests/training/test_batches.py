"""Batches: the images of each step, in order, in as few calls as possible."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import tiny
from spritenet.engines.engine import Examples
from spritenet.losses import CategoricalCrossentropy
from spritenet.optimizers import SGD
from spritenet.permutation import permutation
from spritenet.training import batches
from spritenet.training.batch_source import MemoryBatches, SourceBatches
from spritenet.training.plan import Plan
from spritenet.training.state import TrainingState

DATA = tiny.images(50)
MEMORY = MemoryBatches(Examples(DATA.images, DATA.labels))


def state(step: int, place: int, batch_size: int) -> TrainingState:
    """After so many steps, and so many batches of this size."""
    parts = -(-len(DATA) // batch_size)
    empty = np.zeros(1, np.float32)
    return TrainingState(empty, empty[None], step=step, place=place, parts=parts)


class Recording:
    """An engine that records the indices of the images of each step."""

    def __init__(self) -> None:
        self.steps: list[list[int]] = []
        self.calls = 0

    def train(self, parameters: object, slots: object, examples: Examples, **how: Any) -> object:
        """As `Engine.train`: its own permutation, or the indices that are given."""
        del parameters, slots
        self.calls += 1
        size, first = how["batch_size"], how["first_step"]
        for step in range(len(how["learning_rates"])):
            if how["indices"] is None:
                epoch, part = divmod(first + step, -(-len(DATA) // size))
                order = permutation(how["seed"], epoch, len(DATA))
                chosen: NDArray[np.int64] = order[part * size : (part + 1) * size]
            else:
                chosen = how["indices"][step * size : (step + 1) * size]
            labels = examples.images[chosen].reshape(len(chosen), -1)
            self.steps.append([int(np.flatnonzero((row == FLAT).all(axis=1))[0]) for row in labels])
        return None


FLAT = DATA.images.reshape(50, -1)


def test_the_last_batch_of_a_pass_has_what_remains() -> None:
    """Sizes by place."""
    assert [batches.batch_images(place, 50, 203) for place in range(6)] == [50, 50, 50, 50, 3, 50]
    assert [batches.batch_images(place, 300, 203) for place in range(2)] == [203, 203]
    assert [batches.batch_images(place, 50, 100) for place in range(3)] == [50, 50, 50]


@given(
    batch_size=st.integers(1, 60),
    shuffle=st.booleans(),
    resident=st.booleans(),
    before=st.integers(0, 3),
    wanted=st.integers(1, 12),
    seed=st.integers(0, 3),
)
def test_steps_see_the_images_of_the_permutation(
    batch_size: int, shuffle: bool, resident: bool, before: int, wanted: int, seed: int
) -> None:
    """In memory or read, in whatever number of calls, in a second training as in the first."""
    batch_size = min(batch_size, len(DATA))
    source = MEMORY if resident else SourceBatches(DATA, Examples)
    plan = Plan(0, 99, batch_size=batch_size, seed=seed, steps_per_epoch=9, shuffle=shuffle)
    engine: Any = Recording()
    now = state(0, before * -(-len(DATA) // batch_size), batch_size)
    while now.step < wanted:
        steps = batches.permitted(now, plan, wanted - now.step, source)
        assert 1 <= steps <= wanted - now.step
        how = {"loss": CategoricalCrossentropy(), "optimizer": SGD()}
        rates = np.zeros(steps, np.float32)
        batches.advance(engine, now, source, plan, rates=rates, **how)  # type: ignore[arg-type]  # of advance
        now = replace(now, step=now.step + steps, place=now.place + steps)
    expected = []
    for epoch in range(before, before + wanted):
        order = permutation(seed, epoch, len(DATA)) if shuffle else np.arange(len(DATA))
        expected += [order[k : k + batch_size].tolist() for k in range(0, len(DATA), batch_size)]
    assert engine.steps == expected[:wanted]


@pytest.mark.parametrize(("place", "calls"), [(0, 1), (5, 2)])
def test_the_engine_shuffles_whole_passes_itself(place: int, calls: int) -> None:
    """One call for many epochs, as long as batches and steps are the same number."""
    plan = Plan(0, 99, batch_size=10, seed=1, steps_per_epoch=5)
    now = state(0, place, 10)
    assert batches.permitted(now, plan, 10, MEMORY) == 10 // calls
