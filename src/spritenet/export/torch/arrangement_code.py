"""Layers that arrange values, as PyTorch expressions: images are n c h w in PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from spritenet.layers import Node

__all__ = ["ARRANGED", "channels_first"]


def channels_first(code: str, rank: int) -> str:
    """Returns the expression of a value in Keras's order, in PyTorch's."""
    return f"{code}.permute(0, 3, 1, 2)" if rank == 3 else code


def _channels_last(x: str, rank: int) -> str:
    return f"{x}.permute(0, 2, 3, 1)" if rank == 3 else x


def _flattened(node: Node, x: str) -> str:
    rank = len(node.input_shapes[0])
    return f"{_channels_last(x, rank)}.flatten(1)" if rank > 1 else x


def _reshaped(node: Node, x: str) -> str:
    sides = ", ".join(map(str, node.output_shape))
    last = _channels_last(x, len(node.input_shapes[0]))
    return channels_first(f"{last}.reshape(-1, {sides})", len(node.output_shape))


def _permuted(node: Node, x: str) -> str:
    layer: Any = node.layer
    dims: Sequence[int] = layer.dims
    if len(dims) == 3:
        place = {1: 2, 2: 3, 3: 1}
        order = (0, *(place[dims[axis]] for axis in (2, 0, 1)))
    else:
        order = (0, *dims)
    return f"{x}.permute{tuple(order)}"


def _sized(node: Node, x: str) -> str:
    """Resizing and UpSampling2D; the centers of pixels are at halves."""
    layer: Any = node.layer
    height, width, _ = node.output_shape
    size = f"F.interpolate({x}, size=({height}, {width})"
    if layer.interpolation == "bilinear":
        return f'{size}, mode="bilinear", align_corners=False)'
    return f'{size}, mode="nearest-exact")'


def _cropped(node: Node, x: str) -> str:
    """Cropping2D and CenterCrop."""
    layer: Any = node.layer
    (height, width, _), (rows, columns, _) = node.input_shapes[0], node.output_shape
    if layer.class_name == "CenterCrop":
        top, left = (height - rows) // 2, (width - columns) // 2
    else:
        (top, _), (left, _) = layer.cropping
    return f"{x}[:, :, {top}:{top + rows}, {left}:{left + columns}]"


def _padded(node: Node, x: str) -> str:
    layer: Any = node.layer
    (top, bottom), (left, right) = layer.padding
    return f"F.pad({x}, ({left}, {right}, {top}, {bottom}))"


ARRANGED: dict[str, Callable[[Node, str], str]] = {
    "CenterCrop": _cropped,
    "Cropping2D": _cropped,
    "Flatten": _flattened,
    "Identity": lambda _, x: x,
    "Permute": _permuted,
    "Reshape": _reshaped,
    "Resizing": _sized,
    "UpSampling2D": _sized,
    "ZeroPadding2D": _padded,
}
"""The function of each class of layers."""
