"""Ctrl-C while training: the first one ends it in good order, the second one at once."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from spritenet.training.callbacks import Callback, Logs

__all__ = ["REASON", "Interruptible"]

REASON = "Ctrl-C"


class Interruptible(Callback):
    """Stops its training before the next update once Ctrl-C was pressed.

    Training then ends as if that had been planned: checkpoint, journal and model are written.
    """

    pressed = False

    def on_train_begin(self, logs: Logs | None = None) -> None:
        """Forget that a run which is resumed was stopped like this."""
        del logs
        if self.session.reason == REASON:
            self.session.reason = ""

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Take Ctrl-C over while the context lasts."""
        before = signal.signal(signal.SIGINT, self._press)
        try:
            yield
        finally:
            signal.signal(signal.SIGINT, before)

    def _press(self, number: int, frame: FrameType | None) -> None:
        """Ask the training to stop; raise KeyboardInterrupt if it was asked already."""
        del number, frame
        if self.pressed or not hasattr(self, "session"):
            raise KeyboardInterrupt
        self.pressed = True
        self.session.stop(REASON)
        if sys.stderr.isatty():
            sys.stderr.write("\r\x1b[2KStopping. Ctrl-C again stops at once.\n")
            sys.stderr.flush()
