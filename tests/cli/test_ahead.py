"""A call in a thread of its own gives what a plain call gives, errors too."""

from __future__ import annotations

import threading

import pytest

from spritenet.cli.ahead import Ahead
from spritenet.errors import DataError


def test_the_result_is_waited_for() -> None:
    """Also when it is asked for before the call is over, and when it is asked for twice."""
    open_ = threading.Event()

    def call() -> int:
        open_.wait()
        return 7

    ahead = Ahead(call)
    open_.set()
    assert (ahead.result(), ahead.result()) == (7, 7)


def test_an_error_reaches_the_one_who_asks() -> None:
    """As the error it was."""

    def call() -> int:
        raise DataError("there is no such thing", where="here")

    with pytest.raises(DataError, match="here: there is no such thing"):
        Ahead(call).result()
