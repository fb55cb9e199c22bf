"""Windows: the sizes of convolutions and pooling as fields of C structures."""

from __future__ import annotations

from typing import Protocol

from spritenet.errors import ModelError
from spritenet.layers import Shape

__all__ = ["check_fields", "convolution_fields", "pooling_fields"]

MOST = 65_535
"""The largest number that a field of 16 bits holds."""


class Windowed(Protocol):
    """A layer with windows of `kernel_size`."""

    @property
    def kernel_size(self) -> tuple[int, int]:
        """Height and width."""

    @property
    def strides(self) -> tuple[int, int]:
        """Along height and width."""

    @property
    def dilation_rate(self) -> tuple[int, int]:
        """Along height and width."""

    @property
    def padding(self) -> str:
        """One of "valid" and "same"."""


def _padding_before(size: int, window: int, stride: int, padding: str) -> int:
    """Returns the padding before an axis; the extra one of an odd number goes behind it."""
    if padding == "valid":
        return 0
    return max((-(-size // stride) - 1) * stride + window - size, 0) // 2


def convolution_fields(
    layer: Windowed, input_shape: Shape, output_shape: Shape, groups: int = 1
) -> dict[str, int]:
    """Returns the fields of `struct convolution` of a layer with windows of `kernel_size`."""
    size, strides, dilation = layer.kernel_size, layer.strides, layer.dilation_rate
    spans = [(size[i] - 1) * dilation[i] + 1 for i in (0, 1)]
    before = [_padding_before(input_shape[i], spans[i], strides[i], layer.padding) for i in (0, 1)]
    return {
        **dict(zip(("height", "width", "channels"), input_shape, strict=True)),
        **dict(zip(("out_height", "out_width", "filters"), output_shape, strict=True)),
        "kernel_height": size[0],
        "kernel_width": size[1],
        "stride_height": strides[0],
        "stride_width": strides[1],
        "pad_top": before[0],
        "pad_left": before[1],
        "dilation_height": dilation[0],
        "dilation_width": dilation[1],
        "groups": groups,
        "pool_height": 1,
        "pool_width": 1,
    }


def pooling_fields(
    window: tuple[int, int],
    strides: tuple[int, int],
    padding: str,
    input_shape: Shape,
    output_shape: Shape,
) -> dict[str, int]:
    """Returns the fields of `struct pooling`."""
    before = [_padding_before(input_shape[i], window[i], strides[i], padding) for i in (0, 1)]
    return {
        **dict(zip(("height", "width", "channels"), input_shape, strict=True)),
        "out_height": output_shape[0],
        "out_width": output_shape[1],
        "pool_height": window[0],
        "pool_width": window[1],
        "stride_height": strides[0],
        "stride_width": strides[1],
        "pad_top": before[0],
        "pad_left": before[1],
    }


def check_fields(layer: str, fields: dict[str, int]) -> None:
    """Refuses sizes that don't fit their fields.

    Raises:
        ModelError: one is larger than 65,535.
    """
    name, most = max(fields.items(), key=lambda item: item[1])
    if most > MOST:
        raise ModelError(
            "too large for C", where=f"{layer}, {name}", expected=f"≤ {MOST}", got=most
        )
