"""Ranks: processes that train one network together, by torch.distributed.

Every rank goes through the same steps with the same weights. Of each batch a rank takes a stretch
of the places, so that any number of ranks sees the same images with the same random numbers. One
sum of the flat gradient over all ranks makes the step that one rank would make; loss, right
decisions and the numbers of rank 0's optimizer travel with it.
"""

from __future__ import annotations

import atexit
import os
import platform
import warnings
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

import torch
from torch import distributed

import spritenet
from spritenet.core.pool import instruction_set
from spritenet.engines.torch.gradient import Gradient
from spritenet.errors import DataWarning, ModelError

__all__ = ["Ranks"]

LONGEST = timedelta(days=1)
"""Time that a rank waits for another, as while rank 0 is paused by hand."""


class Ranks:
    """The ranks of a training.

    Args:
        device: of this rank.

    Attributes:
        size: the number of ranks.
        rank: the number of this one, from 0.

    Raises:
        ModelError: the machines have different versions of PyTorch.
    """

    _made: Ranks | None = None

    def __init__(self, device: torch.device) -> None:
        if not distributed.is_initialized():
            if device.type == "cuda":
                torch.cuda.set_device(device)
            kind = "nccl" if device.type == "cuda" else "gloo"
            distributed.init_process_group(kind, timeout=LONGEST)
            atexit.register(_leave)
        self.size = distributed.get_world_size()
        self.rank = distributed.get_rank()
        self._check_machines()

    @classmethod
    def of_environment(cls, device: torch.device) -> Ranks | None:
        """Returns the ranks that torchrun has started; None for a process alone."""
        if int(os.environ.get("WORLD_SIZE") or 1) < 2 or "RANK" not in os.environ:
            return None
        if cls._made is None:
            cls._made = cls(device)
        return cls._made

    def _check_machines(self) -> None:
        """Refuses other versions of PyTorch or Spritenet, whose sums differ."""
        versions = f"PyTorch {torch.__version__}, Spritenet {spritenet.__version__}"
        own = (versions, f"{platform.machine()} {instruction_set()}")
        found: list[tuple[str, str]] = [own] * self.size
        distributed.all_gather_object(found, own)
        check_machines(found, first=not self.rank)

    def shared(self, files: Mapping[str, bytes]) -> dict[str, bytes]:
        """Returns the files of rank 0, on every rank."""
        box: list[object] = [dict(files)]
        distributed.broadcast_object_list(box, src=0)
        found = box[0]
        assert isinstance(found, dict)  # noqa: S101 - what rank 0 has sent
        return found

    def places(self, count: int) -> slice:
        """Returns this rank's places in a batch; all, if there are more ranks than images."""
        if count < self.size:
            return slice(0, count)
        return slice(count * self.rank // self.size, count * (self.rank + 1) // self.size)

    def check_batch(self, batch_size: int) -> None:
        """Refuses batches of fewer images than ranks.

        Raises:
            ModelError: they are.
        """
        if batch_size < self.size:
            raise ModelError(
                f"there are more ranks than images in a batch: {self.size} ranks",
                where="torchrun",
                expected=f"batches of {self.size} images or more",
                got=batch_size,
            )

    def total(self, values: torch.Tensor) -> torch.Tensor:
        """Returns the sum over all ranks, through which gradients flow."""
        found: torch.Tensor = _Sum.apply(values)
        return found

    def combined(
        self, made: Gradient, numbers: torch.Tensor, count: int, *, stops: bool
    ) -> tuple[Gradient, torch.Tensor, bool]:
        """Returns the whole batch's gradient, rank 0's numbers, and if any rank wants to stop.

        Args:
            made: of this rank's part.
            numbers: of this rank's optimizer.
            count: images in the batch.
            stops: this rank wants to.
        """
        own = torch.stack([made.loss.float(), made.correct.float()])
        stop = own.new_full((1,), float(stops))
        parts = [made.values, own, stop, numbers]
        if count < self.size and self.rank:  # all have done the whole batch
            parts = [torch.zeros_like(made.values), torch.zeros_like(own), stop, numbers]
        if self.rank:
            parts[3] = torch.zeros_like(numbers)
        vector = torch.cat(parts)
        _sum_over_ranks(vector)
        values, loss, correct, stopped, found = vector.split(
            [len(made.values), 1, 1, 1, len(numbers)]
        )
        right = correct[0].round().long()
        gradient = Gradient(values.clone(), loss[0].to(made.loss.dtype), right, made.outputs)
        return gradient, found, bool(stopped.item())

    def outputs(self, own: torch.Tensor, count: int) -> torch.Tensor:
        """Returns the outputs of the whole batch, of this rank's."""
        if count < self.size:
            return own
        whole = own.new_zeros(count, own.shape[1])
        whole[self.places(count)] = own
        _sum_over_ranks(whole)
        return whole


def _sum_over_ranks(values: torch.Tensor) -> None:
    """Sums over all ranks, in place.

    Raises:
        ModelError: a rank has left.
        SystemExit: rank 0 has ended the training.
    """
    try:
        distributed.all_reduce(values)
    except RuntimeError as error:
        if distributed.get_rank():
            raise SystemExit(0) from None
        do = "Resume from the last checkpoint, with any number of ranks."
        raise ModelError("a rank has left the training", where="torchrun", do=do) from error


class _Sum(torch.autograd.Function):  # type: ignore[misc]  # PyTorch is optional for mypy
    """The sum over all ranks; so is its gradient's."""

    @staticmethod
    def forward(_: object, values: torch.Tensor) -> torch.Tensor:
        """Sums values."""
        total = values.detach().clone()
        _sum_over_ranks(total)
        return total

    @staticmethod
    def backward(_: object, gradient: torch.Tensor) -> torch.Tensor:
        """Sums gradients."""
        total = gradient.contiguous().clone()
        _sum_over_ranks(total)
        return total


def check_machines(found: Sequence[tuple[str, str]], *, first: bool) -> None:
    """Refuses ranks of other versions, and warns of other processors.

    Args:
        found: the versions and the processor of each rank.
        first: True on rank 0, which warns.

    Raises:
        ModelError: the versions differ.
    """
    for k, (versions, processor) in enumerate(found):
        if versions != found[0][0]:
            raise ModelError(
                "ranks have different versions",
                where=f"rank {k}",
                expected=f"{found[0][0]}, as rank 0",
                got=versions,
                do="Install the same versions on all machines.",
            )
        if processor != found[0][1] and first:
            kinds = f"{processor}, rank 0 has {found[0][1]}"
            line = f"rank {k} has {kinds}: the last bits of sums depend on that"
            warnings.warn(line, DataWarning, stacklevel=2)


def _leave() -> None:
    """Leaves the group when the process ends."""
    with suppress(Exception):
        distributed.destroy_process_group()
