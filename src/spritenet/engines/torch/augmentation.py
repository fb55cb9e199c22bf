"""Augmenter: the core's random changes of images, on the device, byte for byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch

from spritenet.engines.torch.changes import Change, Filling
from spritenet.engines.torch.counters import image_keys
from spritenet.engines.torch.draws import (
    Draws,
    bounded_exp,
    direction,
    drawn_side,
    inside,
    normal_of,
    pixels_of,
    rounded_half_up,
    wide,
)
from spritenet.engines.torch.examples import Batch
from spritenet.engines.torch.mixing import mixed
from spritenet.engines.torch.resampling import Affine, resampled

__all__ = ["Augmenter"]

MOST_RADIUS = 640
"""Of the elastic blur."""

Placed = tuple[int, Change]
"""A change, and its place among all."""


class Augmenter:
    """Random layers and steps at the head of a network.

    Args:
        changes: in the order in which they are applied.
        shape: height, width and channels of the images.
    """

    def __init__(self, changes: Sequence[Change], shape: tuple[int, ...]) -> None:
        self._shape = shape
        self._changes: list[Placed] = [
            (k, change) for k, change in enumerate(changes) if not change.mixes
        ]
        self._mixing: list[Placed] = [
            (k, change) for k, change in enumerate(changes) if change.mixes
        ]

    @property
    def mixes(self) -> bool:
        """True if images are mixed with others of their batch."""
        return bool(self._mixing)

    def __call__(self, batch: Batch, epoch_word: torch.Tensor) -> Batch:
        """Returns the batch that training sees."""
        device = batch.images.device
        if device.type == "mps":  # which has no float64
            moved = self(_on(batch, torch.device("cpu")), epoch_word.cpu())
            return _on(moved, device)
        keys = image_keys(epoch_word, batch.identities)
        images = batch.images.reshape(len(batch.images), *self._shape)
        for group in _groups(self._changes):
            if group[0][1].moves:
                images = _moved(images, keys, group)
            else:
                ((place, change),) = group
                work = _erased if change.kind == "RandomErasing" else _mapped
                images = work(images, Draws(keys, place), change)
        made = replace(batch, images=images)
        if not self._mixing:
            return made
        places, changes = zip(*self._mixing[:2], strict=True)
        return mixed(made, keys, changes, places)


def _on(batch: Batch, device: torch.device) -> Batch:
    """Returns a batch on another device."""
    fields = ("images", "labels", "targets", "weights", "identities", "partners", "parts")
    found = (getattr(batch, name) for name in fields)
    return Batch(*(None if one is None else one.to(device) for one in found))


def _groups(changes: Sequence[Placed]) -> Iterator[list[Placed]]:
    """Yields changes that move pixels and follow each other together, and others alone."""
    group: list[Placed] = []
    filling: Filling | None = None
    for place, change in changes:
        if not change.moves:
            if group:
                yield group
            yield [(place, change)]
            group, filling = [], None
            continue
        own = change.filling
        if own is not None:
            own = own if own.mode == "constant" else replace(own, value=0)
            if filling is not None and own != filling:
                yield group
                group = []
            filling = own
        group.append((place, change))
    if group:
        yield group


def _moved(images: torch.Tensor, keys: torch.Tensor, group: Sequence[Placed]) -> torch.Tensor:
    """Returns images resampled once for several changes."""
    size = (images.shape[1], images.shape[2])
    affine = Affine.identity(len(images), images.device)
    field: torch.Tensor | None = None
    fillings = [change.filling for _, change in group if change.filling is not None]
    made = next((change.size for _, change in reversed(group) if change.size[0]), size)
    now = size
    for place, change in group:
        draws = Draws(keys, place)
        if change.kind == "RandomElasticTransform":
            if field is None:
                field = torch.zeros(len(images), 2, *made, dtype=torch.int64, device=keys.device)
            field = _bent(field, draws, change)
            continue
        affine = affine.then(_affine(change, draws, now))
        now = change.size if change.size[0] else now
    return resampled(images, made, affine, field, fillings[-1] if fillings else Filling())


def _affine(change: Change, draws: Draws, size: tuple[int, int]) -> Affine:
    """Returns the map of a change."""
    height, width = size
    first = draws.word() if change.kind in ("RandomFlip", "RandomShear") else None
    one = torch.ones_like(draws.key, dtype=torch.float64)
    zero = torch.zeros_like(one)
    if change.kind == "RandomFlip":
        assert first is not None  # noqa: S101 - drawn above
        across = ((first & 1) == 1) if change.horizontal else zero.bool()
        down = ((first & 2) == 2) if change.vertical else zero.bool()
        return Affine(
            torch.where(across, -one, one),
            zero,
            torch.where(across, one * (width - 1), zero),
            zero,
            torch.where(down, -one, one),
            torch.where(down, one * (height - 1), zero),
        )
    if change.kind == "RandomTranslation":
        y0 = -(draws.between(*change.ranges[0]) * height)
        return Affine(one, zero, -(draws.between(*change.ranges[1]) * width), zero, one, y0)
    if change.kind == "RandomRotation":
        cosine, sine = direction(draws.between(*change.ranges[0]))
        x0 = (width - 1 - (cosine * (width - 1) - sine * (height - 1))) / 2
        y0 = (height - 1 - (sine * (width - 1) + cosine * (height - 1))) / 2
        return Affine(cosine, -sine, x0, sine, cosine, y0)
    if change.kind == "RandomZoom":
        yy = 1 + draws.between(*change.ranges[0])
        xx = yy if change.same_factor else 1 + draws.between(*change.ranges[1])
        x0 = (1 - xx) * ((width - 1) / 2)
        return Affine(xx, zero, x0, zero, yy, (1 - yy) * ((height - 1) / 2))
    if change.kind == "RandomShear":
        assert first is not None  # noqa: S101 - drawn above
        sign = torch.where((first & 1) == 1, -one, one)
        xy = sign * draws.between(*change.ranges[0])
        return Affine(one, xy, zero, sign * draws.between(*change.ranges[1]), one, zero)
    top = draws.below(height - change.size[0] + 1).double()
    return Affine(one, zero, draws.below(width - change.size[1] + 1).double(), zero, one, top)


def _bent(field: torch.Tensor, draws: Draws, change: Change) -> torch.Tensor:
    """Adds an elastic transform: noise blurred with sigma, times sigma and alpha."""
    height, width = field.shape[2:]
    probability = draws.between(*change.ranges[0])
    chosen = draws.uniform() < probability
    size = draws.between(*change.ranges[1])
    alpha, sigma = size * (max(height, width) * 0.1), size * (min(height, width) * 0.05)
    chosen = chosen & (sigma > 0)
    safe = torch.where(sigma > 0, sigma, torch.ones_like(sigma))
    radius = (3 * safe.long()).clamp(max=MOST_RADIUS)
    most = min(3 * int(change.ranges[1][1] * (min(height, width) * 0.05)), MOST_RADIUS)
    exact = [torch.ones_like(safe)]
    total = torch.ones_like(safe)
    for k in range(1, most + 1):
        ratio = k / safe
        found = torch.where(k <= radius, bounded_exp(-(ratio * ratio) / 2), torch.zeros_like(safe))
        exact.append(found)
        total = total + 2 * found
    weights = [rounded_half_up(one / total * 4096).long() for one in exact]
    scale = (safe * alpha * (256 / 37837.2) * 2.0**20 + 0.5).long()
    made = []
    for axis in (0, 1):
        words = draws.words(height * width)
        noise = sum(((words >> (16 * k)) & 0xFFFF) for k in range(4)) - 2 * 65535
        noise = noise.view(-1, height, width)
        for along in (2, 1):
            noise = _blurred(noise, weights, along)
        moved = (field[:, axis] + ((noise * wide(scale)) >> 20)).clamp(-16384, 16384)
        made.append(torch.where(wide(chosen), moved, field[:, axis]))
    return torch.stack(made, 1)


def _blurred(noise: torch.Tensor, weights: Sequence[torch.Tensor], axis: int) -> torch.Tensor:
    """Returns sums along an axis, zeros outside; weights in 2^-12."""
    total = noise * wide(weights[0])
    side = noise.shape[axis]
    for k in range(1, min(len(weights), side)):
        own = noise * wide(weights[k])
        total = total.clone()
        total.narrow(axis, k, side - k).add_(own.narrow(axis, 0, side - k))
        total.narrow(axis, 0, side - k).add_(own.narrow(axis, k, side - k))
    return (total + 2048) >> 12


def _erased(images: torch.Tensor, draws: Draws, change: Change) -> torch.Tensor:
    """Returns images with a rectangle erased."""
    count, height, width, channels = images.shape
    chosen = draws.between(*change.ranges[0])
    chosen = draws.uniform() < chosen
    across = draws.between(*change.ranges[1]).sqrt()
    down = draws.between(*change.ranges[1]).sqrt()
    left, right = drawn_side(draws, width, across)
    top, bottom = drawn_side(draws, height, down)
    there = inside(top, bottom, left, right, height, width) & wide(chosen)
    if change.fill_value is None:
        rows = torch.arange(height, device=images.device).view(1, -1, 1, 1)
        columns = torch.arange(width, device=images.device).view(1, 1, -1, 1)
        depth = torch.arange(channels, device=images.device).view(1, 1, 1, -1)
        across_all = (right - left).view(-1, 1, 1, 1)
        within = (rows - top.view(-1, 1, 1, 1)) * across_all + columns - left.view(-1, 1, 1, 1)
        number = (within * channels + depth) * 3
        value = normal_of([draws.after(number + k) for k in (1, 2, 3)]) * change.most
    else:
        shape, device = (count, 1, 1, 1), images.device
        value = torch.full(shape, change.fill_value, dtype=torch.float64, device=device)
    filled = pixels_of(value.clamp(change.least, change.most))
    return torch.where(there.unsqueeze(3), filled, images)


def _mapped(images: torch.Tensor, draws: Draws, change: Change) -> torch.Tensor:
    """Returns images brighter or darker, or of another contrast."""
    drawn = draws.between(*change.ranges[0]).view(-1, 1, 1, 1)
    values = images.double()
    if change.kind == "RandomContrast":
        area = images.shape[1] * images.shape[2]
        mean = images.long().sum((1, 2), keepdim=True).double() / area
        values = values * drawn + (mean - mean * drawn)
    else:
        values = values + drawn * (change.most - change.least)
    return pixels_of(values.clamp(change.least, change.most))
