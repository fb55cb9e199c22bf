"""Resampling of images by an affine map and displacements: the integers of core/resample.h."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from spritenet.engines.torch.changes import Filling

__all__ = ["Affine", "resampled"]

PIXEL = 65536
"""Places are counted in 2^-16 pixels."""
FARTHEST = 1 << 30
BLOCK = 64
"""Pixels of a row whose places are counted from the first of them."""


@dataclass(slots=True)
class Affine:
    """A map from a result to its image, float64 (n,): x' = xx x + xy y + x0, and y' likewise."""

    xx: torch.Tensor
    xy: torch.Tensor
    x0: torch.Tensor
    yx: torch.Tensor
    yy: torch.Tensor
    y0: torch.Tensor

    @classmethod
    def identity(cls, count: int, device: torch.device) -> Affine:
        """Returns the map of every place to itself."""
        one = torch.ones(count, dtype=torch.float64, device=device)
        zero = torch.zeros_like(one)
        return cls(one, zero, zero, zero, one, zero)

    def then(self, other: Affine) -> Affine:
        """Returns this map of what another one gives."""
        return Affine(
            self.xx * other.xx + self.xy * other.yx,
            self.xx * other.xy + self.xy * other.yy,
            self.xx * other.x0 + self.xy * other.y0 + self.x0,
            self.yx * other.xx + self.yy * other.yx,
            self.yx * other.xy + self.yy * other.yy,
            self.yx * other.x0 + self.yy * other.y0 + self.y0,
        )


def _fixed(value: torch.Tensor) -> torch.Tensor:
    """Returns numbers in 2^-32, int64 (n, 1, 1)."""
    scaled = value.clamp(-1e6, 1e6) * 4294967296.0
    return torch.where(scaled < 0, scaled - 0.5, scaled + 0.5).long().view(-1, 1, 1)


def _place(fixed: torch.Tensor) -> torch.Tensor:
    """Returns places to the nearest 2^-8 pixel."""
    return ((fixed + (1 << 15) + (1 << 23)) >> 16).clamp(-FARTHEST, FARTHEST)


def _bound(at: torch.Tensor, side: int, filling: Filling) -> torch.Tensor:
    """Brings places into an image and its border."""
    if filling.nearest:
        at = (at + PIXEL // 2) & -PIXEL
    if filling.mode in ("constant", "nearest"):
        constant = filling.mode == "constant"
        return at.clamp(-PIXEL if constant else 0, (side if constant else side - 1) * PIXEL)
    length = side * PIXEL
    if filling.mode == "wrap":
        folded = at % length
    else:
        rest = (at + PIXEL // 2) % (2 * length)
        folded = torch.where(rest > length, 2 * length - rest, rest) - PIXEL // 2
    at = torch.where((at < 0) | (at >= length), folded, at)
    return (at + PIXEL // 2) & -PIXEL if filling.nearest else at


def _bordered(images: torch.Tensor, filling: Filling) -> torch.Tensor:
    """Returns images with one pixel before and two behind each axis, int32."""
    made = images.int()
    if filling.mode == "constant":
        sides = (0, 0, 1, 2, 1, 2)
        return torch.nn.functional.pad(made, sides, value=filling.value)
    for axis in (1, 2):
        side = made.shape[axis]
        places = torch.arange(-1, side + 2, device=made.device)
        places = places % side if filling.mode == "wrap" else places.clamp(0, side - 1)
        made = made.index_select(axis, places)
    return made


def resampled(
    images: torch.Tensor,
    size: tuple[int, int],
    affine: Affine,
    field: torch.Tensor | None,
    filling: Filling,
) -> torch.Tensor:
    """Returns images of another size, uint8 (n, *size, c).

    Args:
        images: uint8 (n, h, w, c).
        size: height and width.
        affine: from places of the result to those of the images.
        field: int64 (n, 2, *size), displacements in 2^-8 pixels along x and y; None for none.
        filling: the pixels outside.
    """
    count, height, width, channels = images.shape
    xx, xy, x0 = _fixed(affine.xx), _fixed(affine.xy), _fixed(affine.x0)
    yx, yy, y0 = _fixed(affine.yx), _fixed(affine.yy), _fixed(affine.y0)
    rows = torch.arange(size[0], device=images.device).view(1, -1, 1)
    columns = torch.arange(size[1], device=images.device).view(1, 1, -1)
    first, step = columns // BLOCK * BLOCK, columns % BLOCK
    x = _place(xx * first + xy * rows + x0) + ((xx + (1 << 15)) >> 16) * step
    y = _place(yx * first + yy * rows + y0) + ((yx + (1 << 15)) >> 16) * step
    if field is not None:
        dx, dy = field[:, 0], field[:, 1]
        x = x + (((xx >> 20) * dx + (xy >> 20) * dy) >> 4)
        y = y + (((yx >> 20) * dx + (yy >> 20) * dy) >> 4)
    x, y = _bound(x, width, filling), _bound(y, height, filling)
    bordered = _bordered(images, filling)
    stride = width + 3
    flat = bordered.reshape(count, -1, channels)
    at = (((y >> 16) + 1) * stride + (x >> 16) + 1).view(count, -1, 1)

    def pixels(further: int) -> torch.Tensor:
        return flat.gather(1, (at + further).expand(-1, -1, channels))

    right = ((x >> 8) & 255).int().view(count, -1, 1)
    down = ((y >> 8) & 255).int().view(count, -1, 1)
    above = pixels(0) * (256 - right) + pixels(1) * right
    below = pixels(stride) * (256 - right) + pixels(stride + 1) * right
    total = above * (256 - down) + below * down
    return ((total + 32768) >> 16).to(torch.uint8).view(count, *size, channels)
