"""Layers that put values in other places: shapes, borders, crops and sizes."""

from __future__ import annotations

import torch
from torch.nn import functional

from spritenet.engines.torch.call import Call, Operator

__all__ = ["OPERATORS"]


def reshape(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Flatten and Reshape."""
    return x.reshape(len(x), *call.output_shape)


def permute(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Permute; axes are counted from 1."""
    return x.permute(0, *call.get("dims"))


def identity(_call: Call, x: torch.Tensor) -> torch.Tensor:
    """Identity, and random layers where nothing is random."""
    return x


def concatenate(_call: Call, *inputs: torch.Tensor) -> torch.Tensor:
    """Concatenate, along channels."""
    return torch.cat(inputs, -1)


def zero_padding(call: Call, x: torch.Tensor) -> torch.Tensor:
    """ZeroPadding2D."""
    rows, columns = call.get("padding")
    return functional.pad(x, (0, 0, *columns, *rows))


def cropping(call: Call, x: torch.Tensor) -> torch.Tensor:
    """Cropping2D."""
    (top, _), (left, _) = call.get("cropping")
    return _window(x, top, left, call)


def center_crop(call: Call, x: torch.Tensor) -> torch.Tensor:
    """CenterCrop, and RandomCrop where nothing is random."""
    height, width = call.output_shape[:2]
    return _window(x, (x.shape[1] - height) // 2, (x.shape[2] - width) // 2, call)


def _window(x: torch.Tensor, top: int, left: int, call: Call) -> torch.Tensor:
    height, width = call.output_shape[:2]
    return x[:, top : top + height, left : left + width]


def _resized(x: torch.Tensor, height: int, width: int, interpolation: str) -> torch.Tensor:
    """Returns images of another size; centres of pixels are at halves."""
    if interpolation == "nearest":
        for axis, large in ((1, height), (2, width)):
            places = torch.arange(large, device=x.device)
            x = x.index_select(axis, (2 * places + 1) * x.shape[axis] // (2 * large))
        return x
    size = (height, width)
    return functional.interpolate(
        x.permute(0, 3, 1, 2), size, mode="bilinear", align_corners=False
    ).permute(0, 2, 3, 1)


def up_sampling(call: Call, x: torch.Tensor) -> torch.Tensor:
    """UpSampling2D."""
    height, width = call.output_shape[:2]
    return _resized(x, height, width, call.get("interpolation"))


OPERATORS: dict[str, Operator] = {
    "CenterCrop": center_crop,
    "Concatenate": concatenate,
    "Cropping2D": cropping,
    "CutMix": identity,
    "Flatten": reshape,
    "Identity": identity,
    "MixUp": identity,
    "Permute": permute,
    "RandomBrightness": identity,
    "RandomContrast": identity,
    "RandomCrop": center_crop,
    "RandomElasticTransform": identity,
    "RandomErasing": identity,
    "RandomFlip": identity,
    "RandomRotation": identity,
    "RandomShear": identity,
    "RandomTranslation": identity,
    "RandomZoom": identity,
    "Reshape": reshape,
    "Resizing": up_sampling,
    "UpSampling2D": up_sampling,
    "ZeroPadding2D": zero_padding,
}
