"""CallSize: steps in one call of the engine, few enough for Ctrl-C and enough to cost nothing."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CallSize"]

SECONDS = 0.025
"""Target duration of a call. Ctrl-C waits for the call to end: stay well below 0.1 s."""

GROWTH = 8
"""Largest growth from one call to the next: the first calls are slow and not representative."""


@dataclass(slots=True)
class CallSize:
    """The number of steps in the next call, adapted to measured times. Results never depend on it.

    Attributes:
        steps: steps in the next call.
    """

    steps: int = 1

    def took(self, steps: int, seconds: float) -> None:
        """Adapts the size to a call's measured time."""
        if steps:
            fitting = int(SECONDS * steps / max(seconds, 1e-9))
            self.steps = max(1, min(fitting, GROWTH * steps))
