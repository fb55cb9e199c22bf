"""Staging: the next examples on their way to the device, while it computes with those before.

A thread copies them to page-locked memory, and from there on a stream of its own to the device. The
training's thread copies them within the device to the place that captured steps read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Mapping

    from spritenet.engines.engine import Examples

__all__ = ["Staging"]

Tensors = dict[str, torch.Tensor]


class Staging:
    """A place for one set of examples: `put` by a thread, taken by another, and so on in turns.

    Args:
        device: the device; on a CPU examples stay where they are.

    Attributes:
        examples: those that are on the device; None for none.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self.examples: Examples | None = None
        self._tensors: Tensors = {}
        self._locked: Tensors = {}
        self._stream: Any = None
        self._taken: Any = None

    def put(self, examples: Examples, given: Mapping[str, torch.Tensor]) -> None:
        """Brings examples to the device, and returns once they are there.

        Args:
            examples: those before were taken.
            given: their arrays as tensors, by name.
        """
        self.examples = None
        if self._device.type == "cuda":
            self._copy(given)
        else:
            self._tensors = {name: one.to(self._device) for name, one in given.items()}
        self.examples = examples

    def _copy(self, given: Mapping[str, torch.Tensor]) -> None:
        """Copies tensors by way of page-locked memory, on the own stream."""
        if self._stream is None:
            self._stream = torch.cuda.Stream(self._device)
        with torch.cuda.stream(self._stream):
            if self._taken is not None:
                self._stream.wait_event(self._taken)
            self._tensors = {
                name: self._room(self._tensors, name, one) for name, one in given.items()
            }
            self._locked = {
                name: self._room(self._locked, name, one) for name, one in given.items()
            }
            for name, one in given.items():
                host = self._locked[name][: len(one)]
                host.copy_(one)
                self._tensors[name][: len(one)].copy_(host, non_blocking=True)
        self._stream.synchronize()

    def _room(self, known: Tensors, name: str, one: torch.Tensor) -> torch.Tensor:
        """Returns the memory of a tensor that was there before, if it is large enough."""
        before = known.get(name)
        if before is not None and before.shape[1:] == one.shape[1:] and len(before) >= len(one):
            return before
        if known is self._locked:
            return torch.empty(one.shape, dtype=one.dtype, pin_memory=True)
        return torch.empty(one.shape, dtype=one.dtype, device=self._device)

    @property
    def tensors(self) -> Tensors:
        """The examples' arrays on the device, by name."""
        count = 0 if self.examples is None else len(self.examples)
        return {name: one[:count] for name, one in self._tensors.items()}

    def release(self) -> None:
        """Marks the moment on the device after which the memory may be written to again."""
        if self._stream is not None:
            self._taken = torch.cuda.current_stream(self._device).record_event()
