"""Group: networks that differ in their numbers alone, trained together as one on a device.

Each network is trained by a loop of its own, in a thread. Once all of them ask for steps, their
weights are stacked and their steps are done at once: vectorized by `torch.func`, convolutions as
grouped ones. Networks that ask for something that can't be joined are trained one after the other.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields
from hashlib import sha256
from threading import Condition, get_ident
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from spritenet.engines.engine import Examples, Steps
from spritenet.engines.torch.network import TorchNetwork
from spritenet.engines.torch.stacked import Stacked
from spritenet.losses import Loss
from spritenet.optimizers import Optimizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Group", "Request"]

LONGEST_START = 10.0
"""Seconds that trainings wait for one that hasn't begun."""


@dataclass(slots=True, eq=False)
class Request:
    """A call of `Engine.train`, and its result.

    Attributes:
        engine: the network.
        parameters, slots, examples: its arrays.
        named: the other arguments.
        result: the steps that were done; None before.
        error: the reason why none was.
    """

    engine: GroupedNetwork
    parameters: NDArray[np.float32]
    slots: NDArray[np.float32]
    examples: Examples
    named: dict[str, Any]
    result: Steps | None = None
    error: BaseException | None = None

    @property
    def steps(self) -> int:
        """The number of steps that it asks for."""
        return len(self.named["learning_rates"])

    @property
    def loss(self) -> Loss:
        """The loss."""
        found: Loss = self.named["loss"]
        return found

    @property
    def optimizer(self) -> Optimizer:
        """The optimizer."""
        found: Optimizer = self.named["optimizer"]
        return found

    def kind(self) -> Hashable:
        """Returns what requests have in common that can be joined; its own, if it can't be."""
        optimizer, examples = self.optimizer, self.examples
        alone = (
            self.named.get("indices") is not None
            or self.named.get("outputs") is not None
            or examples.weights is not None
            or examples.output_weights is not None
            or examples.identities is not None
            or not Stacked.takes(self.engine, optimizer)
        )
        if alone:
            return id(self)
        same = tuple(
            (f.name, repr(getattr(optimizer, f.name)))
            for f in fields(optimizer)
            if f.name not in ("learning_rate", "weight_decay")
        )
        where = examples.images.__array_interface__["data"][0]
        wanted = self.engine.digest(examples)
        numbers = (self.named["first_step"], self.named["batch_size"], len(examples))
        return (
            type(optimizer),
            same,
            repr(self.loss),
            where,
            wanted,
            numbers,
            self.engine.layers_key,
        )

    def alone(self) -> None:
        """Does the steps of this network alone."""
        try:
            self.result = TorchNetwork.train(
                self.engine, self.parameters, self.slots, self.examples, **self.named
            )
        except BaseException as error:  # noqa: BLE001 - raised in the thread that asked
            self.error = error


class GroupedNetwork(TorchNetwork):
    """A network of a group. See `TorchNetwork`."""

    def __init__(self, group: Group, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._group = group
        self._known: tuple[Examples, bytes] | None = None
        self.layers_key = repr((self._layers, [layer.trainable for layer in self._layers]))

    def digest(self, examples: Examples) -> bytes:
        """Returns a hash of labels or targets, computed once."""
        if self._known is None or self._known[0] is not examples:
            own = examples.labels if examples.targets is None else examples.targets
            assert own is not None  # noqa: S101 - one of both is there
            self._known = examples, sha256(np.ascontiguousarray(own).data).digest()
        return self._known[1]

    def train(
        self,
        parameters: NDArray[np.float32],
        slots: NDArray[np.float32],
        examples: Examples,
        **named: Any,
    ) -> Steps:
        """Does steps together with the other networks. See `Engine.train`."""
        return self._group.train(Request(self, parameters, slots, examples, named))


class Group:
    """Networks that are trained together.

    Args:
        device: of all.
        precision: of their multiplications.
        members: the number of trainings.
    """

    def __init__(self, device: str, precision: str, members: int) -> None:
        self._how = {"device": device, "precision": precision}
        self._expected = members  # that haven't asked for steps yet
        self._begun: set[int] = set()  # threads that have
        self._waiting: list[Request] = []
        self._changed = Condition()
        self._stacked: dict[Hashable, Stacked] = {}

    def engine(self, *arguments: Any, **named: Any) -> GroupedNetwork:
        """Returns an engine, called as `engines.native.Network` is."""
        return GroupedNetwork(self, *arguments, **named, **self._how)

    def leave(self) -> None:
        """Says that the training of this thread has ended."""
        with self._changed:
            if get_ident() in self._begun:
                self._begun.remove(get_ident())
            else:
                self._expected = max(0, self._expected - 1)
            self._run_if_complete()

    def train(self, request: Request) -> Steps:
        """Waits for the other networks, and returns what was done."""
        with self._changed:
            if get_ident() not in self._begun and not self._expected:
                request.alone()  # after the trainings
            else:
                self._begin()
                self._waiting.append(request)
                self._run_if_complete()
                while request.result is None and request.error is None:
                    if not self._changed.wait(LONGEST_START):
                        self._expected = 0  # who hasn't begun by now was never started
                        self._run_if_complete()
        if request.error is not None:
            raise request.error
        assert request.result is not None  # noqa: S101 - as there is no error
        return request.result

    def _begin(self) -> None:
        """Counts this thread's training as one that has begun."""
        if get_ident() not in self._begun:
            self._begun.add(get_ident())
            self._expected -= 1

    def _run_if_complete(self) -> None:
        """Does the steps of all, once none is missing."""
        if not self._waiting or len(self._waiting) < len(self._begun) + self._expected:
            return
        requests, self._waiting = self._waiting, []
        kinds: dict[Hashable, list[Request]] = {}
        for request in requests:
            kinds.setdefault(request.kind(), []).append(request)
        for some in kinds.values():
            if len(some) == 1:
                some[0].alone()
            else:
                self._together(some)
        self._changed.notify_all()

    def _together(self, requests: Sequence[Request]) -> None:
        """Does the steps of networks that can be joined."""
        first = requests[0]
        key = (tuple(id(request.engine) for request in requests), repr(first.loss))
        try:
            made = self._stacked.get(key)
            if made is None:
                self._stacked = {key: Stacked([request.engine for request in requests])}
                made = self._stacked[key]
            made.train(requests)
        except torch.OutOfMemoryError:
            self._stacked = {}
            for request in requests:
                request.alone()
        except BaseException as error:  # noqa: BLE001 - raised in the threads that asked
            for request in requests:
                request.error = error
