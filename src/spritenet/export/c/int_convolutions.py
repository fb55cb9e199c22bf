"""The operations in int8 of convolutions and dense layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError
from spritenet.export.c.blocks import block_of, blocked
from spritenet.export.c.geometry import check_fields
from spritenet.export.c.int_lowering import Lowering, bounds, scales, window_fields
from spritenet.export.c.operation import IMAGE, Operation
from spritenet.quantization import operators as ops

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["convolution", "dense"]


def convolution(lowering: Lowering, operator: ops.Convolution) -> int:
    """Adds a convolution."""
    kernel = operator.kernel
    fields = window_fields(lowering, operator, kernel.shape[:2], "kernel")
    fields["dilation_height"], fields["dilation_width"] = operator.dilation
    fields["filters"], fields["depth"] = operator.shape[2], kernel.shape[2]
    fields["group_filters"] = operator.shape[2] // operator.groups
    if operator.groups > 1 and operator.groups == fields["channels"]:
        return _weighted(lowering, operator, "convolve_depthwise", fields, kernel)
    return _blocked(lowering, operator, fields, kernel.transpose(3, 0, 1, 2))


def dense(lowering: Lowering, operator: ops.Dense) -> int:
    """Adds a dense layer: a convolution of 1×1 on one pixel."""
    inputs, units = operator.kernel.shape
    fields = {
        "height": 1,
        "width": 1,
        "channels": inputs,
        "filters": units,
        "out_height": 1,
        "out_width": 1,
        "kernel_height": 1,
        "kernel_width": 1,
        "stride_height": 1,
        "stride_width": 1,
        "pad_top": 0,
        "pad_left": 0,
        "dilation_height": 1,
        "dilation_width": 1,
        "depth": inputs,
        "group_filters": units,
    }
    return _blocked(lowering, operator, fields, operator.kernel.T[:, None, None])


def _blocked(
    lowering: Lowering,
    operator: ops.Convolution | ops.Dense,
    fields: dict[str, int],
    kernel: NDArray[np.int8],
) -> int:
    """Adds a convolution with filters in blocks; kernel: filters, rows, columns, channels."""
    filters, rows = kernel.shape[:2]
    fields["block"] = block_of(fields["group_filters"])
    arranged = blocked(kernel.reshape(filters, rows, -1), fields["block"])
    return _weighted(lowering, operator, "convolve", fields, arranged)


def _weighted(
    lowering: Lowering,
    operator: ops.Convolution | ops.Dense,
    function: str,
    fields: dict[str, int],
    kernel: NDArray[np.int8],
) -> int:
    """Adds a convolution whose bias holds what the input's zero point adds to every sum.

    Args:
        lowering: the program.
        operator: the operator.
        function: of C.
        fields: of the windows.
        kernel: as C reads it.

    Raises:
        ModelError: it is too large, or a sum could leave 32 bits.
    """
    index = operator.inputs[0]
    reads_image = lowering.source(index) == IMAGE and function == "convolve"
    axes = tuple(range(operator.kernel.ndim - 1))
    weights = operator.kernel.astype(np.int64)
    sizes, bias = np.abs(weights).sum(axis=axes), operator.bias.astype(np.int64)
    largest = 255 * sizes + np.abs(bias)
    bias = bias - lowering.zero(index) * weights.sum(axis=axes)
    if (128 * sizes + np.abs(bias)).max() >= 2**31:
        raise ModelError("its sums are too large for C", where=operator.name)
    check_fields(operator.name, fields)
    whole: dict[str, int | float] = {
        **fields,
        "pool_height": 1,
        "pool_width": 1,
        **bounds(operator),
        "input_zero": lowering.zero(index),
        "flip": lowering.flip if reads_image else 0,
        "is_wide": int(operator.dtype == np.int16),
    }
    arrays: dict[str, NDArray[Any]] = {
        "kernel": kernel,
        "bias": bias.astype(np.int32),
        **scales(operator, largest),
    }
    source = IMAGE if reads_image else lowering.value(index)
    output = lowering.program.value(operator.shape)
    call = Operation(
        function,
        operator.name,
        (source,),
        output,
        struct="convolution",
        fields=whole,
        arrays=arrays,
    )
    return lowering.program.add(call)
