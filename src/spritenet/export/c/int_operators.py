"""The operations in int8 of an integer network's operators: a function for each class."""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from spritenet.export.c.folding import fold_pooling
from spritenet.export.c.geometry import check_fields
from spritenet.export.c.int_convolutions import convolution, dense
from spritenet.export.c.int_lowering import Lowering, Merging, bounds, scales, window_fields
from spritenet.export.c.operation import Operation, Program
from spritenet.quantization import IntegerNetwork
from spritenet.quantization import operators as ops

__all__ = ["lower_integers"]


def lower_integers(network: IntegerNetwork) -> Program:
    """Returns the operations of an integer network, max pooling within convolutions.

    Raises:
        ModelError: an operator is too large.
    """
    lowering = Lowering(network)
    for operator in network.operators:
        lowering.outputs.append(_FUNCTIONS[type(operator)](lowering, operator))
    lowering.program.output = lowering.value(len(network.operators) - 1)
    fold_pooling(lowering.program)
    return lowering.program


def _pooling_fields(
    lowering: Lowering, operator: ops.MaxPooling | ops.AveragePooling
) -> dict[str, int]:
    fields = window_fields(lowering, operator, operator.size, "pool")
    check_fields(operator.name, fields)
    return fields


def _max_pooling(lowering: Lowering, operator: ops.MaxPooling) -> int:
    fields = _pooling_fields(lowering, operator)
    return lowering.add(operator, "pool_max", struct="pooling", fields=fields)


def _average_pooling(lowering: Lowering, operator: ops.AveragePooling) -> int:
    fields: dict[str, int | float] = {
        f"window.{name}": value for name, value in _pooling_fields(lowering, operator).items()
    }
    fields |= {"input_zero": lowering.zero(operator.inputs[0]), **bounds(operator)}
    fields["is_wide"] = int(operator.dtype == np.int16)
    arrays = {"counts": operator.counts, **scales(operator, 255.0 * operator.counts)}
    return lowering.add(operator, "pool_average", struct="average", fields=fields, arrays=arrays)


def _lookup(lowering: Lowering, operator: ops.Lookup) -> int:
    size, table = prod(operator.shape), {"table": operator.table}
    return lowering.add(operator, "look_up", size, arrays=table, in_place=(0,))


def _merge(lowering: Lowering, operator: Merging) -> int:
    if isinstance(operator, ops.Extremum):
        function = "maximum" if operator.largest else "minimum"
    else:
        function = "add" if isinstance(operator, ops.Sum) else "multiply"
    shapes = [lowering.network.shape_of(index) for index in operator.inputs]
    steps = []
    for height, width, channels in shapes:
        along = (width * channels, channels, 1)
        sides = (height, width, channels)
        steps += [step if side > 1 else 0 for step, side in zip(along, sides, strict=True)]
    fields: dict[str, int | float] = {
        **dict(zip(("height", "width", "channels"), operator.shape, strict=True)),
        "inputs": len(shapes),
        "shift": int(operator.shift),
        **bounds(operator),
    }
    if isinstance(operator, ops.Product):
        scales(operator, np.array([255.0**2]))
    arrays = {
        "steps": np.array(steps, np.int32),
        "zeros": np.array([lowering.zero(index) for index in operator.inputs], np.int32),
        "multiplier": np.atleast_1d(operator.multiplier).astype(np.int32),
    }
    same = tuple(i for i, shape in enumerate(shapes) if shape == operator.shape)
    return lowering.add(
        operator,
        function,
        struct="merge",
        fields=fields,
        arrays=arrays,
        in_place=same,
        is_listed=True,
    )


def _concatenation(lowering: Lowering, operator: ops.Concatenation) -> int:
    output, first = lowering.program.value(operator.shape), 0
    height, width, channels = operator.shape
    for index, multiplier in zip(operator.inputs, operator.multiplier, strict=True):
        size = lowering.network.shape_of(index)[2]
        fields: dict[str, int | float] = {
            "rows": height * width,
            "size": size,
            "y_step": channels,
            "multiplier": int(multiplier),
            "shift": operator.shift,
            "input_zero": lowering.zero(index),
            **bounds(operator),
        }
        call = Operation(
            "rescale_rows",
            operator.name,
            (lowering.value(index),),
            output,
            struct="rescaling",
            fields=fields,
            starts=(0, first),
        )
        lowering.program.add(call)
        first += size
    return output


def _padding(lowering: Lowering, operator: ops.Padding) -> int:
    height, width, channels = lowering.network.shape_of(operator.inputs[0])
    top, _, left, _ = operator.padding
    row = operator.shape[1] * channels
    value = lowering.value(operator.inputs[0])
    output = lowering.program.value(operator.shape)
    fill = (prod(operator.shape), operator.zero_point)
    lowering.program.add(Operation("fill", operator.name, (), output, fill))
    sizes = (height, width * channels, width * channels, row)
    starts = (0, top * row + left * channels)
    return lowering.program.add(
        Operation("copy_rows", operator.name, (value,), output, sizes, starts=starts)
    )


def _cropping(lowering: Lowering, operator: ops.Cropping) -> int:
    _, width, channels = lowering.network.shape_of(operator.inputs[0])
    row = operator.shape[1] * channels
    start = (operator.top * width + operator.left) * channels
    sizes = (operator.shape[0], row, width * channels, row)
    return lowering.add(operator, "copy_rows", *sizes, starts=(start, 0))


def _up_sampling(lowering: Lowering, operator: ops.UpSampling) -> int:
    shape = lowering.network.shape_of(operator.inputs[0])
    return lowering.add(operator, "resize_nearest", *shape, *operator.shape[:2])


def _reshaping(lowering: Lowering, operator: ops.Reshaping) -> int:
    return lowering.source(operator.inputs[0])


_FUNCTIONS: dict[type[ops.Operator], Callable[[Lowering, Any], int]] = {
    ops.AveragePooling: _average_pooling,
    ops.Concatenation: _concatenation,
    ops.Convolution: convolution,
    ops.Cropping: _cropping,
    ops.Dense: dense,
    ops.Extremum: _merge,
    ops.Lookup: _lookup,
    ops.MaxPooling: _max_pooling,
    ops.Padding: _padding,
    ops.Product: _merge,
    ops.Reshaping: _reshaping,
    ops.Sum: _merge,
    ops.UpSampling: _up_sampling,
}
