"""Optimizers that treat each weight as a whole: Lamb, Adafactor and Muon."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from spritenet.engines.torch.parameters import Segment
from spritenet.engines.torch.rounding import AnyOptimizer, rest, rounded

__all__ = ["update_adafactor", "update_lamb", "update_muon"]


def _length(x: Tensor) -> Tensor:
    """Returns the sum of squares."""
    return (x.double() ** 2 if x.device.type != "mps" else x**2).sum()


def update_lamb(
    o: AnyOptimizer,
    w: Tensor,
    g: Tensor,
    slots: Sequence[Tensor],
    s: Sequence[Tensor],
    segments: Sequence[Segment],
) -> None:
    """Lamb (You et al. 2019): Adam's step, of each weight as long as the weight's norm."""
    m, v = slots[0], slots[1]
    m.lerp_(g, rest(o.beta_1))
    v.lerp_(g * g, rest(o.beta_2))
    direction = m * s[1] / ((v * s[2]).sqrt() + rounded(o.epsilon))
    for segment in segments:
        own, along = w[segment.slice], direction[segment.slice]
        weight, length = _length(own), _length(along)
        both = (weight > 0) & (length > 0)
        ratio = torch.where(both, (weight / length).sqrt(), torch.ones_like(weight)).float()
        own.sub_(along * (ratio * s[0]))


def update_adafactor(
    o: AnyOptimizer,
    w: Tensor,
    g: Tensor,
    slots: Sequence[Tensor],
    s: Sequence[Tensor],
    segments: Sequence[Segment],
) -> None:
    """Adafactor (Shazeer and Stern 2018): mean squares by rows and columns alone."""
    rho, keep, gain = s[0], s[1], s[2]
    epsilon_1 = rounded(o.epsilon_1)
    for segment in segments:
        own, along = w[segment.slice], g[segment.slice]
        size = _length(own).div(len(own)).sqrt().float().clamp(min=rounded(o.epsilon_2)) * rho
        if len(segment.shape) < 2:
            square = slots[0][segment.slice]
            square.copy_(square * keep + (along * along + epsilon_1) * gain)
            step = along / square.sqrt()
        else:
            *_, rows, columns = segment.shape
            along = along.view(-1, rows, columns)
            square = along * along + epsilon_1
            row = slots[0][segment.start :][: square.numel() // columns].view(-1, rows)
            column = slots[1][segment.start :][: square.numel() // rows].view(-1, columns)
            row.copy_(row * keep + square.mean(2) * gain)
            column.copy_(column * keep + square.mean(1) * gain)
            factor = row / row.mean(1, keepdim=True)
            step = (along / (factor.unsqueeze(2) * column.unsqueeze(1)).sqrt()).reshape(-1)
        norm = _length(step).div(len(own)).sqrt().float() / rounded(o.clip_threshold)
        own.sub_(step * (size / norm.clamp(min=1.0)))


def update_muon(
    o: AnyOptimizer,
    w: Tensor,
    g: Tensor,
    slots: Sequence[Tensor],
    s: Sequence[Tensor],
    segments: Sequence[Segment],
) -> None:
    """Muon (Jordan 2024): the momentum of a matrix, made orthogonal; the rest by AdamW."""
    rate, keep, adam_rate, adam_keep = s[0], s[1], s[2], s[3]
    for segment in segments:
        own, along = w[segment.slice], g[segment.slice]
        first, second = slots[0][segment.slice], slots[1][segment.slice]
        matrix = len(segment.shape) == 2 and not segment.plain
        if segment.decays:
            own.mul_(keep if matrix else adam_keep)
        if not matrix:
            first.lerp_(along, rest(o.adam_beta_1))
            second.lerp_(along * along, rest(o.adam_beta_2))
            own.sub_(first * adam_rate / (second.sqrt() + rounded(o.epsilon)))
            continue
        momentum = rounded(o.momentum)
        first.mul_(momentum).add_(along)
        direction = along + first * momentum if o.nesterov else first
        x = _orthogonal(o, direction.view(segment.shape))
        size = rounded(o.rms_rate or 0) * math.sqrt(max(segment.shape))
        own.sub_(x.reshape(-1) * (rate * size if o.rms_rate else rate))


def _orthogonal(o: AnyOptimizer, direction: Tensor) -> Tensor:
    """Returns Newton and Schulz's iteration of a matrix."""
    x = direction / (_length(direction).sqrt() + 1e-7).float()
    turned = x.shape[0] < x.shape[1]
    x = x.T if turned else x
    a, b, c = rounded(o.muon_a), rounded(o.muon_b), rounded(o.muon_c)
    for _ in range(o.ns_steps):
        squares = x.T @ x
        x = a * x + x @ (b * squares + c * (squares @ squares))
    return x.T if turned else x
