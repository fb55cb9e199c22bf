"""CallSize: calls of the engine are short, and never of no step."""

from __future__ import annotations

from spritenet.training.call_size import CallSize


def test_a_call_stays_short() -> None:
    """Once measured, a call takes about the time it should, and makes at least one step."""
    measured = CallSize()
    steps = []
    for _ in range(6):
        steps.append(measured.steps)
        measured.took(measured.steps, measured.steps * 1e-4)
    assert steps[:3] == [1, 8, 64]
    assert set(steps[3:]) <= {249, 250}
    measured.took(measured.steps, 10.0)
    assert measured.steps == 1
    measured.took(1, 3.0)
    assert measured.steps == 1
