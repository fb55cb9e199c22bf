"""DeviceExamples: images, labels, targets and weights on the device, images as uint8."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from spritenet.engines.engine import Examples
from spritenet.engines.torch.staging import Staging

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Batch", "DeviceExamples", "tensor_of"]


SLOTS = 2
"""Sets of examples on their way: one that is there, and one that is being copied."""


def tensor_of(array: NDArray[Any]) -> torch.Tensor:
    """Returns a tensor on an array's memory."""
    if array.flags.writeable:
        return torch.from_numpy(array)
    with warnings.catch_warnings():  # nothing here writes to it
        warnings.simplefilter("ignore", UserWarning)
        return torch.from_numpy(array)


def _tensors_of(examples: Examples) -> dict[str, torch.Tensor]:
    """Returns tensors on the memory of the arrays, by name."""
    return {
        name: tensor_of(array)
        for name in ("images", "labels", "targets", "weights", "identities")
        if (array := getattr(examples, name)) is not None
    }


@dataclass(slots=True)
class Batch:
    """Some examples, as a step reads them.

    Attributes:
        images: uint8 (n, …).
        labels: int32 (n,); None with targets.
        targets: float32 (n, k); None with labels.
        weights: float32 (n,); None for 1.
        identities: int64 (n,).
        partners: int64 (n,), for each image the place of the one it is mixed with; None for none.
        parts: float32 (n,), of the targets that is the partner's.
    """

    images: torch.Tensor
    labels: torch.Tensor | None
    targets: torch.Tensor | None
    weights: torch.Tensor | None
    identities: torch.Tensor
    partners: torch.Tensor | None = None
    parts: torch.Tensor | None = None

    def __getitem__(self, index: slice) -> Batch:
        """Returns a range of them; partners are places in the whole batch."""
        return Batch(
            self.images[index],
            None if self.labels is None else self.labels[index],
            None if self.targets is None else self.targets[index],
            None if self.weights is None else self.weights[index],
            self.identities[index],
            None if self.partners is None else self.partners[index],
            None if self.parts is None else self.parts[index],
        )


class DeviceExamples:
    """Examples on a device.

    Memory that is large enough is used again, so that a captured step finds other images in the
    same place.

    Args:
        device: the device.

    Attributes:
        output_weights: float32 (k,); None for 1.
        version: counts the changes of its memory's place.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._known: Examples | None = None
        self._tensors: dict[str, torch.Tensor] = {}
        self._staging = [Staging(device) for _ in range(SLOTS)]
        self._next = 0
        self.output_weights: torch.Tensor | None = None
        self.version = 0

    def hold(self, examples: Examples) -> None:
        """Copies examples to the device, unless it holds these already."""
        if examples is self._known:
            return
        slot = next((slot for slot in self._staging if slot.examples is examples), None)
        given = _tensors_of(examples) if slot is None else slot.tensors
        own = examples.output_weights
        self.output_weights = None if own is None else tensor_of(own).to(self._device)
        if self._device.type == "cpu":
            self._tensors = given
            self.version += 1
        else:
            self._copy(given)
        if slot is not None:
            slot.release()
        self._known = examples

    def stage(self, examples: Examples) -> None:
        """Brings examples to the device that `hold` will get next. A thread may call it.

        Args:
            examples: those staged two calls before are held.
        """
        slot, self._next = self._staging[self._next], (self._next + 1) % SLOTS
        slot.put(examples, _tensors_of(examples))

    def _copy(self, given: dict[str, torch.Tensor]) -> None:
        """Copies tensors into the memory of those before, if they fit."""
        known = self._tensors
        fits = known.keys() == given.keys() and all(
            known[name].shape[1:] == one.shape[1:] and len(known[name]) >= len(one)
            for name, one in given.items()
        )
        if not fits:
            self._tensors = {name: one.to(self._device, copy=True) for name, one in given.items()}
            self.version += 1
            return
        for name, one in given.items():
            known[name][: len(one)].copy_(one, non_blocking=True)

    def take(self, index: torch.Tensor) -> Batch:
        """Returns those at some indices, int64."""
        chosen: Callable[[str], torch.Tensor | None] = lambda name: (  # noqa: E731 - used five times
            self._tensors[name].index_select(0, index) if name in self._tensors else None
        )
        identities = chosen("identities")
        return Batch(
            self._tensors["images"].index_select(0, index),
            chosen("labels"),
            chosen("targets"),
            chosen("weights"),
            index if identities is None else identities,
        )

    def stored(self, first: int, last: int) -> Batch:
        """Returns a range of them."""
        index = torch.arange(first, last, device=self._device)
        return self.take(index)
