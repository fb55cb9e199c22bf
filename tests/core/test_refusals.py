"""Every refusal of the core carries a line of text, whatever is missing."""

from __future__ import annotations

import ctypes
from collections.abc import Callable

import numpy as np
import pytest

from spritenet import layers as kinds
from spritenet.core import structs
from spritenet.core.library import ERROR_BYTES, library
from spritenet.engines import native

INVALID = 1
SHAPE = (2, 2, 1)


class Calls:
    """The core's functions, called with addresses, on a network of four inputs and two classes."""

    def __init__(self) -> None:
        self.core = library()
        self.error = ctypes.create_string_buffer(ERROR_BYTES)
        layers = [kinds.Flatten(), kinds.Dense(2, activation="softmax")]
        self.network = native.Network(layers, SHAPE, batch_size=2, threads=1)
        self.handle = self.network._handle
        self.pool = self.network._pool.handle
        self.numbers = np.zeros(64, np.float32)
        self.task = structs.CTraining(steps=1, batch_size=2)
        self.evaluation = structs.CEvaluation(count=1)

    def train(self, network: int | None, task: int | None) -> int:
        """sn_train's status."""
        return int(self.core.sn_train(network, self.pool, task, self.error))

    def gradient(self, task: int | None, gradient: int | None) -> int:
        """sn_gradient's status."""
        return int(self.core.sn_gradient(self.handle, self.pool, task, gradient, self.error))

    def evaluate(self, evaluation: int | None) -> int:
        """sn_evaluate's status."""
        return int(self.core.sn_evaluate(self.handle, self.pool, evaluation, self.error))


@pytest.fixture
def calls() -> Calls:
    """The core's functions."""
    return Calls()


Refused = Callable[[Calls], int]
TASK = ctypes.addressof

REFUSALS: dict[str, tuple[Refused, str]] = {
    "train: no network": (lambda c: c.train(None, TASK(c.task)), "network or pool is null"),
    "train: no task": (lambda c: c.train(c.handle, None), "there is no task"),
    "train: an empty task": (lambda c: c.train(c.handle, TASK(c.task)), "no parameters"),
    "gradient: no task": (lambda c: c.gradient(None, c.numbers.ctypes.data), "there is no task"),
    "gradient: no place": (lambda c: c.gradient(TASK(c.task), None), "no place for the gradient"),
    "evaluate: no task": (lambda c: c.evaluate(None), "there is no task"),
    "evaluate: an empty task": (lambda c: c.evaluate(TASK(c.evaluation)), "array of parameters"),
    "predict: nothing": (
        lambda c: int(c.core.sn_predict(c.handle, c.pool, None, None, 1, None, c.error)),
        "parameters, images or outputs are missing",
    ),
    "activations: nothing": (
        lambda c: int(c.core.sn_activations(None, None, None, None, c.error)),
        "are missing",
    ),
    "order: no place": (lambda c: int(c.core.sn_order(0, 0, 4, 0, 4, None, c.error)), "outside"),
    "lines: none": (lambda c: int(c.core.sn_draw_lines(None, None, c.error)), "lines: "),
    "deflate: none": (lambda c: int(c.core.sn_deflate_end(None, 0, None, c.error)), "deflate"),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_is_missing_is_said(calls: Calls, name: str) -> None:
    """A status alone would leave the person with an empty line."""
    call, words = REFUSALS[name]
    assert call(calls) == INVALID
    assert words in calls.error.value.decode()


def test_no_specification_makes_no_network(calls: Calls) -> None:
    """Neither its size nor itself."""
    assert calls.core.sn_network_bytes(None, calls.error) == -1
    assert b"there is no specification" in calls.error.value
    assert not calls.core.sn_network_init(None, 0, None, calls.error)
    assert calls.error.value
    assert calls.core.sn_parameter_count(None) == 0
