"""Replays: training steps captured as a CUDA graph and replayed, several at a time.

A replay costs the host one call in place of hundreds, and the device no gaps between kernels.
Nothing waits for the device.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch

__all__ = ["STEPS", "Replays", "can_capture"]

STEPS = 8
"""Steps in one graph."""

WARM_UP = 3
"""Steps before a capture, in which libraries choose their kernels and allocate memory."""


def can_capture(device: torch.device) -> bool:
    """Returns True if a device can replay steps."""
    return bool(device.type == "cuda")


class Replays:
    """The graphs of steps with batches of some sizes.

    Args:
        step: does one step on a number of images.
        state: all that it changes.
    """

    def __init__(self, step: Callable[[int], None], state: Sequence[torch.Tensor]) -> None:
        self._step = step
        self._state = state
        self._graphs: dict[tuple[int, int], torch.cuda.CUDAGraph] = {}

    def run(self, count: int, steps: int) -> int:
        """Does up to `steps` steps on `count` images each, and returns how many."""
        several = STEPS if steps >= STEPS else 1
        graph = self._graphs.get((count, several))
        if graph is None:
            graph = self._graphs[count, several] = self._captured(count, several)
        graph.replay()
        return several

    def _captured(self, count: int, steps: int) -> torch.cuda.CUDAGraph:
        """Captures steps; parameters and tables are afterwards as before."""
        before = [tensor.clone() for tensor in self._state]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                self._step(count)
                for tensor, known in zip(self._state, before, strict=True):
                    tensor.copy_(known)
        torch.cuda.current_stream().wait_stream(stream)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            for _ in range(steps):
                self._step(count)
        return graph
