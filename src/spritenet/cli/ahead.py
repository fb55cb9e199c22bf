"""Reading a data set while Python imports the rest: the one waits, the other works."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

__all__ = ["Ahead"]

Value = TypeVar("Value")


class Ahead(Generic[Value]):
    """A call that is made in a thread of its own, at once.

    Args:
        call: it must leave nothing half done when the process ends before it.
    """

    def __init__(self, call: Callable[[], Value]) -> None:
        self._call = call
        self._done: list[Value] = []
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def _work(self) -> None:
        """Make the call, and keep what comes of it."""
        try:
            self._done.append(self._call())
        except BaseException as error:  # noqa: BLE001 - raised in the caller's thread
            self._error = error

    def result(self) -> Value:
        """What the call gave, once it has.

        Raises:
            Exception: what the call raised.
        """
        self._thread.join()
        if self._error is not None:
            raise self._error
        return self._done[0]
