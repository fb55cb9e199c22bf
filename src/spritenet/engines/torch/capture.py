"""Replays: training steps captured as a CUDA graph and replayed, several at a time.

A replay costs the host one call in place of hundreds, and the device no gaps between kernels.
Nothing waits for the device. A step that is captured reads and writes tensors that stay in their
places, asks the device for no value, and copies nothing from the host; its random numbers are
counted, so that no generator's state belongs to the graph.
https://docs.pytorch.org/docs/stable/notes/cuda.html#cuda-graphs
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence

import torch

__all__ = ["STEPS", "Replays", "can_capture"]

STEPS = 8
"""Steps in one graph."""

RARE = 8
"""Single steps on as many images that are done without a graph: it costs as much as some twenty."""

WARM_UP = 3
"""Steps before a capture, in which libraries choose their kernels and allocate memory."""


def can_capture(device: torch.device) -> bool:
    """Returns True if a device can replay steps."""
    return bool(device.type == "cuda")


class Replays:
    """The graphs of steps with batches of some sizes.

    Where a driver or a kernel refuses to be captured, steps are done one by one, with a warning.

    Args:
        step: does one step on a number of images.
        state: all that it changes.

    Attributes:
        refused: the reason why steps aren't captured; "" where they are.
    """

    def __init__(self, step: Callable[[int], None], state: Sequence[torch.Tensor]) -> None:
        self._step = step
        self._state = state
        self._graphs: dict[tuple[int, int], torch.cuda.CUDAGraph] = {}
        self._single: dict[int, int] = {}
        self.refused = ""

    def run(self, count: int, steps: int) -> int:
        """Does up to `steps` steps on `count` images each, and returns how many."""
        several = STEPS if steps >= STEPS else 1
        graph = self._graphs.get((count, several))
        if several == 1:
            self._single[count] = self._single.get(count, 0) + 1
        rare = several == 1 and self._single[count] <= RARE
        if graph is None and not self.refused and not rare:
            graph = self._capture(count, several)
        if graph is None:
            self._step(count)
            return 1
        graph.replay()
        return several

    def clear(self) -> None:
        """Frees the graphs and their memory."""
        self._graphs.clear()

    def _capture(self, count: int, several: int) -> torch.cuda.CUDAGraph | None:
        """Returns the graph of steps; None where they can't be captured.

        Raises:
            OutOfMemoryError: the device is full.
        """
        before = [tensor.clone() for tensor in self._state]
        self._warm_up(count, before)
        try:
            graph = self._captured(count, several)
        except torch.OutOfMemoryError:
            raise
        except RuntimeError as error:
            self.refused = str(error).partition("\n")[0] or type(error).__name__
            self._restore(before)
            line = (
                f"steps can't be captured as a CUDA graph, and are done one by one: {self.refused}"
            )
            warnings.warn(line, RuntimeWarning, stacklevel=2)
            return None
        self._graphs[count, several] = graph
        return graph

    def _warm_up(self, count: int, before: Sequence[torch.Tensor]) -> None:
        """Does steps on a stream of their own; parameters and tables are afterwards as before."""
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(WARM_UP):
                self._step(count)
                self._restore(before)
        torch.cuda.current_stream().wait_stream(stream)

    def _restore(self, before: Sequence[torch.Tensor]) -> None:
        for tensor, known in zip(self._state, before, strict=True):
            tensor.copy_(known)

    def _captured(self, count: int, steps: int) -> torch.cuda.CUDAGraph:
        """Returns the graph of steps, none of which is done."""
        graph = torch.cuda.CUDAGraph()
        # Other threads go on: one brings the next images to the device meanwhile.
        with torch.cuda.graph(graph, capture_error_mode="thread_local"):
            for _ in range(steps):
                self._step(count)
        return graph
