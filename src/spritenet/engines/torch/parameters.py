"""Parameters: a network's weights as one flat tensor on the device, with views.

Trainable weights come first, so that an optimizer changes one stretch. The host's order is the
network's: layer after layer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Parameters", "Segment"]


class Placed(Protocol):
    """A weight among the host's parameters."""

    @property
    def layer(self) -> int:
        """Its layer's place."""

    @property
    def name(self) -> str:
        """Its name in the layer."""

    @property
    def shape(self) -> tuple[int, ...]:
        """Its shape."""

    @property
    def offset(self) -> int:
        """The place of its first value."""

    @property
    def trainable(self) -> bool:
        """True if the optimizer changes it."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A trainable weight in the flat tensor.

    Attributes:
        start: the place of its first value.
        shape: its shape.
        plain: Muon doesn't treat it as a matrix.
        decays: weight decay applies to it.
    """

    start: int
    shape: tuple[int, ...]
    plain: bool = False
    decays: bool = True

    @property
    def slice(self) -> slice:
        """Its values in the flat tensor."""
        return slice(self.start, self.start + math.prod(self.shape))


class Parameters:
    """The parameters on a device.

    Args:
        weights: of the network, in the host's order.
        layers: the number of layers.
        device: the device.

    Attributes:
        flat: float32, all of them, the trainable ones first.
        trainable: the number of trainable ones.
        views: the weights of each layer by name.
        leaves: the views of trainable weights, by which gradients are taken.
        placed: the trainable weights, in the order of the flat tensor.
        ordered: all weights in that order, with their first place and size.
    """

    def __init__(self, weights: Sequence[Placed], layers: int, device: torch.device) -> None:
        ordered = sorted(weights, key=lambda weight: not weight.trainable)
        sizes = [math.prod(weight.shape) for weight in ordered]
        self.flat = torch.zeros(sum(sizes), device=device)
        self.placed = [weight for weight in ordered if weight.trainable]
        self.trainable = sum(sizes[: len(self.placed)])
        self.views: list[dict[str, torch.Tensor]] = [{} for _ in range(layers)]
        self.leaves: list[torch.Tensor] = []
        self._device = device
        moves = any(first is not second for first, second in zip(ordered, weights, strict=True))
        ranges = [
            np.arange(weight.offset, weight.offset + size, dtype=np.int64)
            for weight, size in zip(ordered, sizes, strict=True)
        ]
        self._order = np.concatenate(ranges) if moves else None
        self.ordered: list[tuple[Placed, int, int]] = []
        start = 0
        for weight, size in zip(ordered, sizes, strict=True):
            view = self.flat[start : start + size].view(weight.shape).detach()
            if weight.trainable:
                self.leaves.append(view.requires_grad_())
            self.views[weight.layer][weight.name] = view
            self.ordered.append((weight, start, size))
            start += size

    @property
    def weights(self) -> torch.Tensor:
        """The trainable parameters, one flat view."""
        return self.flat[: self.trainable]

    def upload(self, values: NDArray[np.float32]) -> None:
        """Copies the host's parameters to the device."""
        ordered = values if self._order is None else values[self._order]
        with torch.no_grad():
            self.flat.copy_(torch.from_numpy(ordered))

    def download(self, values: NDArray[np.float32]) -> None:
        """Copies the parameters to the host's array."""
        found = self.flat.cpu().numpy()
        if self._order is None:
            values[:] = found
        else:
            values[self._order] = found

    def upload_slots(self, slots: NDArray[np.float32]) -> torch.Tensor:
        """Returns the host's slots (k, parameters) as (k, trainable parameters) on the device."""
        order = slice(None) if self._order is None else self._order[: self.trainable]
        chosen = np.ascontiguousarray(slots[:, order][:, : self.trainable])
        return torch.from_numpy(chosen).to(self._device, copy=True)

    def download_slots(
        self, found: torch.Tensor, slots: NDArray[np.float32], arrays: Sequence[int]
    ) -> None:
        """Copies some arrays of the slots to the host's."""
        values = found.cpu().numpy()
        for k in arrays:
            if self._order is None:
                slots[k, : self.trainable] = values[k]
            else:
                slots[k, self._order[: self.trainable]] = values[k]
