"""ONNX's convolutions, pooling and other operators of images as layers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor
from typing import TYPE_CHECKING

from spritenet import layers as kinds
from spritenet.export.onnx.image_writers import same_padding
from spritenet.export.onnx.network_builder import NetworkBuilder
from spritenet.export.onnx.nodes import Node
from spritenet.export.onnx.values import Tensor

if TYPE_CHECKING:
    Reader = Callable[[NetworkBuilder, Node], Tensor]

__all__ = ["IMAGE_READERS"]

Sides = tuple[int, int, int, int]
"""Rows and columns: top, left, bottom, right, as ONNX's pads."""

MOST_SIDE = 1 << 20


def _sides(node: Node, size: Sequence[int], window: Sequence[int], strides: Sequence[int]) -> Sides:
    """Returns the padding of a convolution or pooling.

    Raises:
        ModelError: it is invalid.
    """
    auto = node.text("auto_pad", "NOTSET")
    if auto in ("SAME_UPPER", "SAME_LOWER"):
        pairs = [same_padding(*one) for one in zip(size, window, strides, strict=True)]
        if auto == "SAME_LOWER":
            pairs = [(after, before) for before, after in pairs]
        (top, bottom), (left, right) = pairs
        return top, left, bottom, right
    if auto not in ("NOTSET", "VALID"):
        raise node.refuse("invalid auto_pad", got=auto)
    pads = node.wholes("pads", (0, 0, 0, 0)) if auto == "NOTSET" else (0, 0, 0, 0)
    if any(not 0 <= side < MOST_SIDE for side in pads):
        raise node.refuse("invalid pads", got=list(pads))
    return pads[0], pads[1], pads[2], pads[3]


def _is_same(
    pads: Sides, size: Sequence[int], window: Sequence[int], strides: Sequence[int]
) -> bool:
    """Returns True if a padding is that of "same"."""
    (top, bottom), (left, right) = (
        same_padding(*one) for one in zip(size, window, strides, strict=True)
    )
    return pads == (top, left, bottom, right)


def _padded(net: NetworkBuilder, x: Tensor, pads: Sides) -> Tensor:
    """Adds a ZeroPadding2D, unless there is nothing to add."""
    top, left, bottom, right = pads
    if not any(pads):
        return x
    return net.add(kinds.ZeroPadding2D(((top, bottom), (left, right))), [x])


def _cropped(net: NetworkBuilder, x: Tensor, sides: Sides) -> Tensor:
    """Adds a Cropping2D, unless there is nothing to crop."""
    top, left, bottom, right = sides
    if not any(sides):
        return x
    return net.add(kinds.Cropping2D(((top, bottom), (left, right))), [x])


def _pair(node: Node, name: str) -> tuple[int, int]:
    """Returns strides or dilations, at least 1."""
    first, second = node.wholes(name, (1, 1))
    if not 0 < first < MOST_SIDE or not 0 < second < MOST_SIDE:
        raise node.refuse(f"invalid {name}", got=[first, second])
    return first, second


def _conv(net: NetworkBuilder, node: Node) -> Tensor:
    if len(node.tensor().shape) != 3:
        axes = len(node.tensor().shape) + 1
        raise node.refuse("unsupported number of axes", expected=4, got=axes)
    x = net.image(node.tensor())
    kernel = node.weights(1, (None, None, None, None))
    filters, _, height, width = kernel.shape
    strides, dilation, groups = (
        _pair(node, "strides"),
        _pair(node, "dilations"),
        node.whole("group", 1),
    )
    if node.wholes("kernel_shape", (height, width)) != (height, width) or groups < 1:
        raise node.refuse("invalid kernel_shape or group")
    window = [(height - 1) * dilation[0] + 1, (width - 1) * dilation[1] + 1]
    size = x.layer_shape[:2]
    pads = _sides(node, size, window, strides)
    same = any(pads) and _is_same(pads, size, window, strides)
    x = x if same else _padded(net, x, pads)
    bias = [node.weights(2, (filters,))] if node.value(2) is not None else []
    padding, channels = "same" if same else "valid", x.layer_shape[2]
    if groups == channels > 1 and filters % channels == 0:
        multiplier = filters // channels
        node.weights(1, (filters, 1, height, width))
        moved = kernel.reshape(channels, multiplier, height, width).transpose(2, 3, 0, 1)
        depthwise = kinds.DepthwiseConv2D(
            (height, width),
            strides,
            padding,
            multiplier,
            use_bias=bool(bias),
            dilation_rate=dilation,
        )
        return net.add(depthwise, [x], [moved, *bias])
    layer = kinds.Conv2D(
        filters,
        (height, width),
        strides,
        padding,
        use_bias=bool(bias),
        dilation_rate=dilation,
        groups=groups,
    )
    return net.add(layer, [x], [kernel.transpose(2, 3, 1, 0), *bias])


def _conv_transpose(net: NetworkBuilder, node: Node) -> Tensor:
    x = net.image(node.tensor())
    kernel = node.weights(1, (x.layer_shape[2], None, None, None))
    _, filters, height, width = kernel.shape
    strides, dilation = _pair(node, "strides"), _pair(node, "dilations")
    if node.whole("group", 1) != 1 or "output_shape" in node.attributes:
        raise node.refuse("unsupported group or output_shape")
    if node.text("auto_pad", "NOTSET") not in ("NOTSET", "VALID"):
        raise node.refuse("unsupported auto_pad", got=node.text("auto_pad", ""))
    pads = _sides(node, (1, 1), (1, 1), (1, 1))
    more = node.wholes("output_padding", (0, 0))
    if any(not 0 <= one < MOST_SIDE for one in more):
        raise node.refuse("invalid output_padding", got=list(more))
    after = [pads[2] - more[0], pads[3] - more[1]]
    bias = [node.weights(2, (filters,))] if node.value(2) is not None else []
    layer = kinds.Conv2DTranspose(
        filters,
        (height, width),
        strides,
        "valid",
        (max(-after[0], 0), max(-after[1], 0)),
        dilation,
        use_bias=bool(bias),
    )
    made = net.add(layer, [x], [kernel.transpose(2, 3, 1, 0), *bias])
    return _cropped(net, made, (pads[0], pads[1], max(after[0], 0), max(after[1], 0)))


def _pool(net: NetworkBuilder, node: Node) -> Tensor:
    """Reads a MaxPool or AveragePool."""
    x = net.image(node.tensor())
    window, strides = node.wholes("kernel_shape"), _pair(node, "strides")
    if len(window) != 2 or any(not 0 < one < MOST_SIDE for one in window):
        raise node.refuse("invalid kernel_shape", got=list(window))
    if _pair(node, "dilations") != (1, 1):
        raise node.refuse("unsupported dilations")
    size = x.layer_shape[:2]
    pads = _sides(node, size, window, strides)
    is_max = node.operator == "MaxPool"
    kind = kinds.MaxPooling2D if is_max else kinds.AveragePooling2D
    if node.whole("ceil_mode", 0) and node.text("auto_pad", "NOTSET") == "NOTSET":
        pads = _with_ceiling(pads, size, window, strides)
    counted = node.whole("count_include_pad", 0)
    same = _is_same(pads, size, window, strides)
    if not any(pads):
        return net.add(kind((window[0], window[1]), strides), [x])
    if same and (is_max or not counted):
        return net.add(kind((window[0], window[1]), strides, "same"), [x])
    if is_max and not net.is_nonnegative(x.index):
        raise node.refuse("unsupported padding of values that may be negative", got=list(pads))
    if not is_max and not counted:
        raise node.refuse("unsupported padding that isn't counted", got=list(pads))
    return net.add(kind((window[0], window[1]), strides), [_padded(net, x, pads)])


def _with_ceiling(
    pads: Sides, size: Sequence[int], window: Sequence[int], strides: Sequence[int]
) -> Sides:
    """Returns a padding with as much at the end as `ceil_mode` adds."""
    after = []
    for axis in range(2):
        whole = size[axis] + pads[axis] + pads[axis + 2] - window[axis]
        count = ceil(whole / strides[axis])
        if count * strides[axis] >= size[axis] + pads[axis]:
            count -= 1  # a window must begin inside
        after.append(pads[axis + 2] + max(count * strides[axis] - whole, 0))
    return pads[0], pads[1], after[0], after[1]


def _global_pool(net: NetworkBuilder, node: Node) -> Tensor:
    is_max = node.operator == "GlobalMaxPool"
    kind = kinds.GlobalMaxPooling2D if is_max else kinds.GlobalAveragePooling2D
    return net.add(kind(keepdims=True), [net.image(node.tensor())])


def _reduce(net: NetworkBuilder, node: Node) -> Tensor:
    """Reads a ReduceMean or ReduceMax over rows and columns."""
    x = net.plain(node.tensor())
    rank = len(x.order)
    axes = {axis % (rank + 1) for axis in node.integers("axes", 1) or ()}
    if rank != 3 or 0 in axes or {x.order[axis - 1] for axis in axes} != {0, 1}:
        raise node.refuse("unsupported axes", expected="height and width", got=sorted(axes))
    kind = (
        kinds.GlobalMaxPooling2D if node.operator == "ReduceMax" else kinds.GlobalAveragePooling2D
    )
    return net.add(kind(keepdims=bool(node.whole("keepdims", 1))), [x])


def _by_axis(node: Node, x: Tensor, place: int, count: int) -> list[int]:
    """Returns the axes after the batch that an operator names, as the layer counts them."""
    rank = len(x.order) + 1
    axes = node.integers("axes", place) or tuple(range(count))
    if len(axes) != count or any(not -rank <= axis < rank for axis in axes):
        raise node.refuse("invalid axes", got=list(axes))
    return [-1 if axis % rank == 0 else x.order[axis % rank - 1] for axis in axes]


def _pad(net: NetworkBuilder, node: Node) -> Tensor:
    x = net.plain(node.tensor())
    mode, pads = node.text("mode", "constant"), node.integers("pads", 1) or ()
    if mode != "constant" or (node.scalar("value", 2) or 0.0) != 0:
        raise node.refuse("unsupported padding", expected="zeros", got=mode)
    half = len(pads) // 2
    sides = dict.fromkeys(range(2), (0, 0))
    for axis, before, after in zip(
        _by_axis(node, x, 3, half), pads[:half], pads[half:], strict=True
    ):
        if (before, after) != (0, 0) and (axis not in sides or len(x.order) != 3):
            raise node.refuse("unsupported padding of other axes than height and width")
        if max(abs(before), abs(after)) >= MOST_SIDE:
            raise node.refuse("invalid pads", got=list(pads))
        if axis in sides:
            sides[axis] = (before, after)
    (top, bottom), (left, right) = sides[0], sides[1]
    if len(x.order) != 3:
        return x
    x = _cropped(net, x, (max(-top, 0), max(-left, 0), max(-bottom, 0), max(-right, 0)))
    return _padded(net, x, (max(top, 0), max(left, 0), max(bottom, 0), max(right, 0)))


def _slice(net: NetworkBuilder, node: Node) -> Tensor:
    x = net.plain(node.tensor())
    starts, ends = node.integers("starts", 1) or (), node.integers("ends", 2) or ()
    steps = node.integers("steps", 4) or (1,) * len(starts)
    crop = [(0, 0), (0, 0)]
    if len(starts) != len(ends) or any(step != 1 for step in steps):
        raise node.refuse("unsupported starts, ends or steps")
    for axis, start, end in zip(_by_axis(node, x, 3, len(starts)), starts, ends, strict=True):
        size = x.layer_shape[axis] if axis >= 0 else 1 << 62
        first, last, _ = slice(start, end).indices(size)
        if (first, last) == (0, size) or (axis < 0 and start == 0 and end >= 1 << 30):
            continue
        if axis not in (0, 1) or len(x.order) != 3 or first >= last:
            raise node.refuse("unsupported axes", expected="height and width")
        crop[axis] = (first, size - last)
    (top, bottom), (left, right) = crop
    return _cropped(net, x, (top, left, bottom, right))


def _resize(net: NetworkBuilder, node: Node) -> Tensor:
    """Reads a Resize or Upsample."""
    x = net.image(node.tensor())
    is_new = node.operator == "Resize" and node.opset >= 11
    height, width = _new_size(node, x, is_new)
    if not 0 < height < MOST_SIDE or not 0 < width < MOST_SIDE:
        raise node.refuse("invalid sizes", got=[height, width])
    mode = node.text("mode", "nearest")
    places = node.text("coordinate_transformation_mode", "half_pixel") if is_new else "asymmetric"
    rounding = node.text("nearest_mode", "round_prefer_floor") if is_new else "floor"
    rows, columns = (new // old for new, old in zip((height, width), x.layer_shape, strict=False))
    repeats = (rows * x.layer_shape[0], columns * x.layer_shape[1]) == (height, width)
    if (height, width) == x.layer_shape[:2]:
        return x
    if node.whole("antialias", 0) or mode not in ("nearest", "linear"):
        raise node.refuse("unsupported mode", got=mode)
    halves = places in ("half_pixel", "pytorch_half_pixel") and min(height, width) > 1
    if mode == "linear":
        if not halves and places != "half_pixel":
            raise node.refuse("unsupported coordinate_transformation_mode", got=places)
        if repeats:
            return net.add(kinds.UpSampling2D((rows, columns), "bilinear"), [x])
        return net.add(kinds.Resizing(height, width, "bilinear"), [x])
    floors = places == "asymmetric" and (rounding == "floor" or max(rows, columns) <= 2)
    if repeats and ((halves and rounding.startswith("round")) or floors):
        return net.add(kinds.UpSampling2D((rows, columns)), [x])
    half = halves and rounding == "round_prefer_ceil"
    if half or (places == "tf_half_pixel_for_nn" and rounding == "floor"):
        return net.add(kinds.Resizing(height, width, "nearest"), [x])
    raise node.refuse("unsupported way of rounding", got=f"{places}, {rounding}")


def _new_size(node: Node, x: Tensor, is_new: bool) -> tuple[int, int]:
    """Returns the height and width that a Resize gives.

    Raises:
        ModelError: it resizes another axis, or doesn't say.
    """
    sizes = node.constant(3) if is_new else None
    scales = node.attributes.get("scales")
    if scales is None:
        found = node.constant(2 if is_new else 1)
        scales = [] if found is None else [float(one) for one in found.reshape(-1)[:8]]
    axes = node.wholes("axes") or (0, 1, 2, 3)
    if sizes is not None and sizes.size:
        wanted = [int(one) for one in sizes.reshape(-1)[:8]]
    else:
        wanted = [
            floor(scale * (1 if axis == 0 else x.shape[axis - 1])) if 0 < scale < MOST_SIDE else -1
            for axis, scale in zip(axes, scales, strict=False)
        ]
    made = dict(zip(axes, wanted, strict=False))
    if (
        len(wanted) != len(axes)
        or made.get(1, x.shape[0]) != x.shape[0]
        or not {2, 3} >= set(made) - {0, 1}
    ):
        raise node.refuse("unsupported sizes", expected="height and width", got=wanted)
    return made.get(2, x.shape[1]), made.get(3, x.shape[2])


IMAGE_READERS: dict[str, Reader] = {
    "AveragePool": _pool,
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "GlobalAveragePool": _global_pool,
    "GlobalMaxPool": _global_pool,
    "MaxPool": _pool,
    "Pad": _pad,
    "ReduceMax": _reduce,
    "ReduceMean": _reduce,
    "Resize": _resize,
    "Slice": _slice,
    "Upsample": _resize,
}
