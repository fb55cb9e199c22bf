"""Fewer operations with the same outputs: what can be done once, when the code is written.

Batch normalisation and the scale of the pixels go into weights, zero padding into windows, and max
pooling into the convolution before it, whose output is then never kept whole.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from spritenet.export.c.functions import MONOTONE
from spritenet.export.c.operation import IMAGE, Operation, Program

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["fold", "fold_pooling"]

CONVOLVING = ("convolve", "convolve_depthwise")


def fold(program: Program) -> None:
    """Folds operations into others, in place."""
    _fold_padding(program)
    _fold_channel_scales(program)
    _fold_pixel_scale(program)
    fold_pooling(program)


def _fold_padding(program: Program) -> None:
    """Makes zero padding that only convolutions read a part of their windows."""
    for copy in list(program.operations):
        clear = [program.operations[i] for i in program.writers(copy.output)]
        if copy.function != "copy_rows" or [one.function for one in clear] != [
            "clear",
            "copy_rows",
        ]:
            continue
        readers = program.readers(copy.output)
        if readers[-1] == len(program.operations) or not all(
            program.operations[i].function in CONVOLVING for i in readers
        ):
            continue
        _, width, channels = program.shapes[copy.output]
        top, rest = divmod(copy.start_of(-1), width * channels)
        rows, row_size = copy.arguments[:2]
        for index in readers:
            one = program.operations[index]
            sizes = {"height": int(rows), "width": int(row_size) // channels}
            pads = {
                "pad_top": int(one.fields["pad_top"]) + top,
                "pad_left": int(one.fields["pad_left"]) + rest // channels,
            }
            program.operations[index] = replace(one, fields={**one.fields, **sizes, **pads})
        program.operations.remove(clear[0])
        program.skip(copy)


def _fold_channel_scales(program: Program) -> None:
    """Multiplies the weights before a scale of channels, such as batch normalisation, by it."""
    for scale in list(program.operations):
        if scale.function != "scale_channels":
            continue
        before = program.only_writer(scale.inputs[0])
        if before is None or not before.taps or program.only_reader(before.output) is None:
            continue
        factor, offset = (scale.arrays[name].astype(np.float64) for name in ("factor", "offset"))
        kernel = before.arrays["kernel"].astype(np.float64)
        last = before.function == "convolve_depthwise"
        shape = (-1,) if last else (-1, *(1,) * (kernel.ndim - 1))
        if last:
            kernel = kernel.reshape(*kernel.shape[:2], -1)
        arrays = {
            "kernel": (kernel * factor.reshape(shape)).astype(np.float32),
            "bias": (before.arrays["bias"] * factor + offset).astype(np.float32),
        }
        program.replace(before, replace(before, arrays=arrays))
        program.skip(scale)


def _fold_pixel_scale(program: Program) -> None:
    """Lets weighted sums read the pixels, if all readers of their scale are such."""
    scale = next((one for one in program.operations if one.inputs == (IMAGE,)), None)
    if scale is None or scale.function != "scale":
        return
    _, factor, offset = scale.arguments
    readers = program.readers(scale.output)
    if readers[-1] == len(program.operations):
        return
    found = [program.operations[i] for i in readers]
    if not all(one.taps and (offset == 0 or not _reaches_outside(one)) for one in found):
        return
    for index, one in zip(readers, found, strict=True):
        kernel = one.arrays["kernel"].astype(np.float64)
        bias = one.arrays["bias"] + offset * _sums(one, kernel)
        arrays = {
            "kernel": (kernel * factor).astype(np.float32),
            "bias": bias.astype(np.float32),
        }
        program.operations[index] = replace(one, arrays=arrays)
    program.skip(scale)


def _sums(one: Operation, kernel: NDArray[np.float64]) -> NDArray[np.float64]:
    """The sum of each output's weights."""
    if one.function == "convolve_depthwise":
        found: NDArray[np.float64] = kernel.reshape(*kernel.shape[:2], -1).sum(axis=(0, 1))
    else:
        found = kernel.reshape(len(kernel), -1).sum(axis=1)
    return found


def _reaches_outside(one: Operation) -> bool:
    """Tells if a window has taps outside the image."""
    if one.function == "dense":
        return False
    get = one.fields
    return any(
        get[before] > 0
        or (get[out] * get[pool] - 1) * get[stride] + (get[size] - 1) * get[dilation] >= get[side]
        for before, out, pool, stride, size, dilation, side in (
            (
                *("pad_top", "out_height", "pool_height", "stride_height", "kernel_height"),
                *("dilation_height", "height"),
            ),
            (
                *("pad_left", "out_width", "pool_width", "stride_width", "kernel_width"),
                *("dilation_width", "width"),
            ),
        )
    )


def fold_pooling(program: Program) -> None:
    """Puts max pooling into the convolution before it, where windows don't overlap.

    An activation between them that never falls comes after the maximum.
    """
    for pool in list(program.operations):
        if pool.function != "pool_max" or not _is_apart(pool):
            continue
        source = program.only_writer(pool.inputs[0])
        if source is None or program.only_reader(source.output) is not pool:
            continue
        activation, convolution = None, source
        if source.function in MONOTONE:
            activation = source
            found = program.only_writer(source.inputs[0])
            if found is None or program.only_reader(found.output) is not source:
                continue
            convolution = found
        if convolution.function != "convolve" or convolution.fields["pool_height"] != 1:
            continue
        fields = {
            **convolution.fields,
            **{key: pool.fields[key] for key in ("out_height", "out_width")},
            **{key: pool.fields[key] for key in ("pool_height", "pool_width")},
        }
        shape = program.shapes[pool.output]
        program.shapes[convolution.output] = shape
        program.replace(convolution, replace(convolution, fields=fields))
        if activation is not None:
            size = program.size(convolution.output)
            program.shapes[activation.output] = shape
            changed = replace(activation, arguments=(size, *activation.arguments[1:]))
            program.replace(activation, changed)
        program.skip(next(one for one in program.operations if one.output == pool.output))


def _is_apart(pool: Operation) -> bool:
    """Tells if windows lie side by side and inside the image."""
    get = pool.fields
    return all(
        get[f"pool_{side}"] == get[f"stride_{side}"]
        and get[before] == 0
        and get[f"out_{side}"] * get[f"pool_{side}"] <= get[side]
        for side, before in (("height", "pad_top"), ("width", "pad_left"))
    )
