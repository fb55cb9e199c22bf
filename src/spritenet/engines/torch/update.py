"""Updater: a step of an optimizer, with what all share: clipping, decay, averages, constraints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor

from spritenet.core.optimizers import NO_DECAY, PLAIN
from spritenet.engines.torch.optimizers import RULES, nadam_numbers
from spritenet.engines.torch.parameters import Parameters, Segment
from spritenet.engines.torch.rounding import rounded
from spritenet.layers import Layer
from spritenet.optimizers import Optimizer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Flags", "Penalty", "Updater"]

NORM_EPSILON = 1e-7
"""Keras's, of constraints."""


@dataclass(frozen=True, slots=True)
class Flags:
    """The kind of a step: the same kinds of a captured step are replayed.

    Attributes:
        updates: the weights change; False while gradients are accumulated.
        overwrites: the weights become their average.
        ends: the sum of accumulated gradients begins again after it.
    """

    updates: bool = True
    overwrites: bool = False
    ends: bool = True


class Penalty:
    """The penalties of the trainable weights.

    Args:
        parameters: of the network.
        layers: its layers.
    """

    def __init__(self, parameters: Parameters, layers: Sequence[Layer]) -> None:
        rows = [_factors(layers[w.layer], w.name) for w in parameters.placed]
        sizes = [leaf.numel() for leaf in parameters.leaves]
        device = parameters.flat.device

        def spread(k: int) -> Tensor | None:
            values = np.repeat(np.array([row[k] for row in rows], np.float32), sizes)
            return torch.from_numpy(values).to(device) if values.any() else None

        self._l2, self._l1 = spread(0), spread(1)
        starts = np.cumsum([0, *sizes])
        self._matrices = [
            _Matrix(slice(start, start + size), weight.shape, row[2], row[3] > 0)
            for start, size, weight, row in zip(
                starts, sizes, parameters.placed, rows, strict=False
            )
            if row[2]
        ]

    def __bool__(self) -> bool:
        """True if any weight has one."""
        return self._l2 is not None or self._l1 is not None or bool(self._matrices)

    def value(self, w: Tensor) -> Tensor:
        """Returns the penalty of weights (…, trainable parameters), float32 (…)."""
        total = w.new_zeros(w.shape[:-1])
        if self._l2 is not None:
            total = total + (self._l2 * w * w).sum(-1)
        if self._l1 is not None:
            total = total + (self._l1 * w.abs()).sum(-1)
        for matrix in self._matrices:
            total = total + matrix.value(w)
        return total

    def add_gradient(self, w: Tensor, g: Tensor) -> None:
        """Adds the gradient of the penalty."""
        if self._l2 is not None:
            g.add_(self._l2 * w, alpha=2)
        if self._l1 is not None:
            g.add_(self._l1 * w.sign())
        for matrix in self._matrices:
            matrix.add_gradient(w, g)


@dataclass(frozen=True, slots=True)
class _Matrix:
    """A matrix with an OrthogonalRegularizer."""

    place: slice
    shape: tuple[int, ...]
    factor: float
    by_columns: bool

    def _turned(self, matrix: Tensor) -> Tensor:
        return matrix.transpose(-1, -2) if self.by_columns else matrix

    def _products(self, w: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Returns the unit vectors, their products with one another, and the vectors' lengths."""
        vectors = self._turned(w[..., self.place].reshape(*w.shape[:-1], *self.shape))
        lengths = vectors.norm(dim=-1, keepdim=True).clamp(min=NORM_EPSILON)
        units = vectors / lengths
        products = units @ units.transpose(-1, -2)
        return units, products - torch.diag_embed(torch.diagonal(products, 0, -2, -1)), lengths

    def _share(self, count: int) -> float:
        return self.factor / max(1, count * (count - 1))

    def value(self, w: Tensor) -> Tensor:
        _, products, _ = self._products(w)
        return self._share(products.shape[-1]) * products.abs().sum((-2, -1))

    def add_gradient(self, w: Tensor, g: Tensor) -> None:
        units, products, lengths = self._products(w)
        along = products.abs().sum(-1, keepdim=True)
        slopes = (products.sign() @ units - along * units) / lengths
        own = self._turned(2 * self._share(products.shape[-1]) * slopes)
        g[..., self.place].add_(own.reshape(*g.shape[:-1], -1))


def _argument(layer: Layer, weight: str, kind: str) -> object:
    return getattr(layer, f"{weight.removesuffix('_kernel')}_{kind}", None)


def _factors(layer: Layer, weight: str) -> tuple[float, ...]:
    """Returns the factors of L2, L1 and OrthogonalRegularizer, and 1 for columns."""
    given = getattr(_argument(layer, weight, "regularizer"), "factors", ())
    return (*given, 0.0, 0.0, 0.0, 0.0)[:4]


class Updater:
    """The steps of an optimizer on a network's parameters.

    Args:
        optimizer: the optimizer.
        parameters: of the network.
        layers: its layers.

    Attributes:
        capturable: True if all steps are of one kind.
    """

    def __init__(
        self, optimizer: Optimizer, parameters: Parameters, layers: Sequence[Layer]
    ) -> None:
        self.optimizer = optimizer
        self._rule = RULES[type(optimizer).__name__]
        self._parameters = parameters
        placed = parameters.placed
        names = [f"{layers[w.layer].label}/{w.name}" for w in placed]
        excluded = optimizer.excluded(names)
        exceptions = [0] * len(placed) if excluded is None else excluded.tolist()
        self._segments: list[Segment] = []
        start = 0
        for weight, leaf, kind in zip(placed, parameters.leaves, exceptions, strict=True):
            own = Segment(start, weight.shape, bool(kind & PLAIN), not kind & NO_DECAY)
            self._segments.append(own)
            start += leaf.numel()
        self._constraints = [
            (segment, getattr(_argument(layers[w.layer], w.name, "constraint"), "numbers", ()))
            for segment, w in zip(self._segments, placed, strict=True)
        ]
        self._constraints = [pair for pair in self._constraints if pair[1]]
        self._decays = self._decaying(parameters)
        self._accumulated = optimizer.gradient_accumulation_steps or 0
        self._overwrites = optimizer.ema_overwrite_frequency or 0
        self._slots = len(optimizer.slots)
        self.capturable = not (self._accumulated or self._overwrites or self._is("Ftrl"))

    @property
    def constrained(self) -> bool:
        """True if any weight has a constraint."""
        return bool(self._constraints)

    def _is(self, name: str) -> bool:
        return type(self.optimizer).__name__ == name

    def _decaying(self, parameters: Parameters) -> Tensor | None:
        """Returns True for each parameter that decays; None if none does."""
        if not self.optimizer.weight_decay or self._rule.decays:
            return None
        mask = torch.ones(parameters.trainable, dtype=torch.bool)
        for segment in self._segments:
            mask[segment.slice] = segment.decays
        return mask.to(parameters.flat.device)

    def numbers(
        self, rates: NDArray[np.float32], first_step: int, product: float
    ) -> tuple[NDArray[np.float32], list[Flags], list[float]]:
        """Returns the numbers and the kind of each step, and the products of momenta after it.

        Args:
            rates: the learning rate of each step.
            first_step: the steps before them.
            product: of Nadam's momenta so far.
        """
        rows, flags, products = [], [], []
        every, decay = self._accumulated or 1, rounded(self.optimizer.weight_decay or 0)
        for k, rate in enumerate(map(float, rates)):
            before = (first_step + k) // every
            ends = (first_step + k + 1) % every == 0
            updates = ends and not (self._is("Ftrl") and rate <= 0)
            keep = float(np.float32(1) - np.float32(rate) * np.float32(decay))
            average = rounded(self.optimizer.ema_momentum) if before else 0.0
            own = [*self._rule.scalars(self.optimizer, rate, before + 1)]
            if self._is("Nadam"):
                rate_now, now, following, correction = own
                *own, after = nadam_numbers(rate_now, now, following, correction, product)
                product = after if updates else product
            rows.append((keep, average, 1 - average, *own))
            overwrites = self._overwrites > 0 and (before + 1) % self._overwrites == 0
            flags.append(Flags(updates, overwrites, ends))
            products.append(product)
        return np.array(rows, np.float32), flags, products

    def __call__(self, g: Tensor, slots: Tensor, numbers: Tensor, flags: Flags) -> None:
        """Does a step, in place.

        Args:
            g: the gradient of the trainable parameters, which is written over.
            slots: (slots, trainable parameters).
            numbers: its row of `numbers`.
            flags: its kind.
        """
        w, rows = self._parameters.weights, list(slots.unbind(0)) if self._slots else []
        keep, average, gain, *own = numbers.unbind(0)
        if self._accumulated:
            total = rows[-1]
            total.add_(g)
            g = total / self._accumulated
            if flags.ends:
                total.zero_()
        if flags.updates:
            self._clip(g)
            if self._decays is not None:
                w.mul_(torch.where(self._decays, keep, 1.0))
            if self._rule.update is not None:
                self._rule.update(self.optimizer, w, g, rows, own)
            elif self._rule.of_weights is not None:
                self._rule.of_weights(self.optimizer, w, g, rows, own, self._segments)
        if self.optimizer.use_ema:
            averages = rows[self._slots - 1 - bool(self._accumulated)]
            averages.copy_(averages * average + w * gain)
            if flags.overwrites:
                w.copy_(averages)
        for segment, limits in self._constraints:
            _constrain(w[segment.slice].view(segment.shape), limits)

    def _clip(self, g: Tensor) -> None:
        o = self.optimizer
        if o.clipvalue:
            g.clamp_(-o.clipvalue, o.clipvalue)
        if o.global_clipnorm:
            g.mul_(_left_of(g, o.global_clipnorm))
        for segment in self._segments if o.clipnorm else ():
            g[segment.slice].mul_(_left_of(g[segment.slice], o.clipnorm or 0.0))


def _left_of(g: Tensor, most: float) -> Tensor:
    """Returns the factor that brings a norm down to the most it may be."""
    wide = g if g.device.type == "mps" else g.double()
    norm = (wide * wide).sum().sqrt()
    return torch.where(norm > most, most / norm, torch.ones_like(norm)).float()


def _constrain(w: Tensor, limits: Sequence[float]) -> None:
    """Brings a weight to what its constraint allows, with Keras 3's formulas."""
    if len(limits) == 1:
        w.clamp_(min=0)
        return
    least, most, rate, mask = limits
    axes = [axis for axis in range(w.dim()) if int(mask) >> axis & 1]
    norm = (w * w).sum(axes, keepdim=True).sqrt()
    wanted = norm.clamp(least, most)
    mixed = rate * wanted + (1 - rate) * norm
    w.mul_(mixed / (norm + NORM_EPSILON))
