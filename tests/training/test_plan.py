"""Plan: the loop pauses exactly where something is due."""

from __future__ import annotations

from spritenet.training.plan import Plan


def test_pauses_are_where_something_is_due() -> None:
    """Ends of epochs, tests, checkpoints and averages, counted from the first update."""
    plan = Plan(
        100,
        125,
        batch_size=8,
        seed=0,
        steps_per_epoch=10,
        test_every=4,
        checkpoint_every=7,
        average=0.5,
    )
    found, step = [], 100
    while step < 125:
        step = plan.pause(step)
        found.append(step - 100)
    assert found == [4, 7, 8, 10, 12, 14, 16, 20, 21, 24, 25]
    assert [s for s in range(101, 126) if plan.ends_epoch(s)] == [110, 120, 125]
    assert [s for s in range(101, 126) if plan.tests(s)] == [104, 108, 112, 116, 120, 124]
    assert [s for s in range(101, 126) if plan.saves(s)] == [107, 114, 121, 125]
    assert [s for s in range(101, 126) if plan.averages(s)] == [108, 116, 124]
