"""How many updates go into one call of the engine: few for Ctrl-C, enough to cost nothing."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Pace"]

SECONDS = 0.025
"""What a call should take. A person's Ctrl-C waits for it to end, so stay well below 0.1 s."""

GROWTH = 8
"""How many times more updates the next call may hold: the first ones are slow and tell little."""


@dataclass(slots=True)
class Pace:
    """Measures calls and says how long the next may be. Results never depend on it.

    Attributes:
        steps: updates for the next call.
    """

    steps: int = 1

    def took(self, steps: int, seconds: float) -> None:
        """A call of so many updates took so long."""
        if steps:
            fitting = int(SECONDS * steps / max(seconds, 1e-9))
            self.steps = max(1, min(fitting, GROWTH * steps))
