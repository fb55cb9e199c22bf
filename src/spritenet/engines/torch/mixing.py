"""Mixing: each image mixed with another of its batch, by weight (MixUp) or a rectangle (CutMix)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import torch

from spritenet.engines.torch.changes import Change
from spritenet.engines.torch.draws import Draws, drawn_side, inside, remainder, rounded_half_up
from spritenet.engines.torch.examples import Batch

__all__ = ["mixed"]

CHOICE = 24
"""The place of the numbers by which a partner and a kind are chosen, behind all layers."""


def mixed(
    batch: Batch, keys: torch.Tensor, changes: Sequence[Change], places: Sequence[int]
) -> Batch:
    """Returns a batch whose images are mixed with partners.

    Args:
        batch: augmented images (n, h, w, c).
        keys: of the images, int64 (n,).
        changes: one that mixes, or two, of which either is applied.
        places: of these among all that augment.
    """
    images = batch.images
    count, height, width = images.shape[:3]
    if count < 2:
        return batch
    choice = Draws(keys, CHOICE)
    further = remainder(choice.word(), count - 1)
    every = torch.arange(count, device=images.device)
    partners = (every + 1 + further) % count
    others = images.index_select(0, partners)
    second = (choice.word() & 1) == 1 if len(changes) > 1 else torch.zeros_like(every).bool()
    made, parts = images, torch.zeros(count, device=images.device)
    for k, (change, place) in enumerate(zip(changes, places, strict=True)):
        mine = second if k else ~second
        draws = Draws(keys, place)
        own = draws.beta(draws.between(*change.ranges[0]) + 1e-6)
        if change.kind == "MixUp":
            weight = rounded_half_up((1 - own) * 256).int().view(-1, 1, 1, 1)
            found = ((images.int() * (256 - weight) + others.int() * weight + 128) >> 8).byte()
            part = weight.view(-1).float() / 256
        else:
            side = (1 - own).clamp(min=0).sqrt()
            left, right = drawn_side(draws, width, side)
            top, bottom = drawn_side(draws, height, side)
            there = inside(top, bottom, left, right, height, width).unsqueeze(3)
            found = torch.where(there, others, images)
            part = ((right - left) * (bottom - top)).float() / float(width * height)
        chosen = mine & (part > 0)
        made = torch.where(chosen.view(-1, 1, 1, 1), found, made)
        parts = torch.where(chosen, part, parts)
    return replace(batch, images=made, partners=partners, parts=parts)
