"""State: whole and consistent, also while the next one is computed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from spritenet.training.state import Totals, TrainingState


def state() -> TrainingState:
    """A state with something in every field."""
    return TrainingState(
        np.arange(3, dtype=np.float32),
        np.ones((2, 3), np.float32),
        np.full(3, 7, np.float32),
        step=11,
        place=13,
        parts=5,
        epoch=Totals(1, 2, 3, 4),
        whole=Totals(5, 6, 7, 8),
    )


def test_sums_add_up() -> None:
    """Field by field."""
    assert Totals(1, 2, 3, 4).plus(Totals(10, 20, 30, 40)) == Totals(11, 22, 33, 44)


def test_passes_count_those_that_have_begun() -> None:
    """13 batches in passes of 5 are in the third; 15 have ended it."""
    assert [replace(state(), place=place).passes for place in (0, 1, 5, 13, 15)] == [0, 1, 1, 3, 3]


def test_the_average_is_what_is_saved() -> None:
    """The parameters themselves where there is none."""
    now = state()
    assert now.best_guess is now.average
    assert replace(now, average=None).best_guess is now.parameters


def test_a_copy_shares_no_array() -> None:
    """Neither a new one nor one into spare arrays, which are used again."""
    now, spare = state(), state().copy()
    spare.parameters[:] = -1
    spare.slots[:] = -1
    for copy in (now.copy(), now.copy_into(spare)):
        assert (copy.step, copy.place, copy.epoch, copy.whole) == (11, 13, now.epoch, now.whole)
        assert copy.average is not None
        assert now.average is not None
        for mine, theirs in (
            (now.parameters, copy.parameters),
            (now.slots, copy.slots),
            (now.average, copy.average),
        ):
            np.testing.assert_array_equal(mine, theirs)
            assert not np.shares_memory(mine, theirs)
    assert now.copy_into(spare).parameters is spare.parameters
