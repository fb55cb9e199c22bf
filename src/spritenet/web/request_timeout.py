"""The time limit within which a request must arrive.

uvicorn waits without an end for the rest of a request that comes a byte at a time.
"""

from __future__ import annotations

import asyncio
from typing import Any

import h11
from uvicorn.protocols.http.h11_impl import H11Protocol

__all__ = ["SECONDS", "Patience"]

SECONDS = 10.0
ARRIVING = (h11.IDLE, h11.SEND_BODY)


class Patience(H11Protocol):
    """uvicorn's HTTP/1.1, which closes a connection whose request isn't there after ten seconds."""

    seconds = SECONDS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.waiting: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # uvicorn narrows it too
        """The first request is expected."""
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        """Some of a request came."""
        super().data_received(data)
        if self.conn.their_state not in ARRIVING:
            self._stop()
        elif self.waiting is None:
            self._wait()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is expected any more."""
        self._stop()
        super().connection_lost(exc)

    def _wait(self) -> None:
        self.waiting = self.loop.call_later(self.seconds, self.transport.abort)

    def _stop(self) -> None:
        if self.waiting is not None:
            self.waiting.cancel()
            self.waiting = None
