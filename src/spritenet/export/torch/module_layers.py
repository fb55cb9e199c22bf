"""Layers of PyTorch as ours, one after the other, with their weights in our layout."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet import layers as kinds
from spritenet.errors import ModelError
from spritenet.export.torch.chain import Module, Reading
from spritenet.layers import Layer

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["AT_LEAST_0", "READERS"]

ACTIVATIONS = {
    "ReLU": "relu",
    "ReLU6": "relu6",
    "SELU": "selu",
    "SiLU": "silu",
    "Mish": "mish",
    "Sigmoid": "sigmoid",
    "Tanh": "tanh",
    "Softplus": "softplus",
    "Softsign": "softsign",
    "Hardsigmoid": "hard_sigmoid",
    "Hardswish": "hard_silu",
    "Hardtanh": "hard_tanh",
    "Hardshrink": "hard_shrink",
    "Softshrink": "soft_shrink",
    "LogSigmoid": "log_sigmoid",
    "Tanhshrink": "tanh_shrink",
}
FIXED: dict[str, dict[str, object]] = {
    "Softplus": {"beta": 1, "threshold": 20},
    "Hardtanh": {"min_val": -1, "max_val": 1},
    "Hardshrink": {"lambd": 0.5},
    "Softshrink": {"lambd": 0.5},
    "CELU": {"alpha": 1},
    "MaxPool2d": {"dilation": 1, "ceil_mode": False, "return_indices": False},
    "AvgPool2d": {"ceil_mode": False, "divisor_override": None},
    "AdaptiveMaxPool2d": {"return_indices": False},
}
"""Arguments that ours have no counterpart of, at the only value that is read."""

ELEMENTWISE = frozenset(
    (
        *ACTIVATIONS,
        *("LeakyReLU", "ELU", "CELU", "GELU", "Identity"),
        *("Dropout", "Dropout1d", "Dropout2d", "AlphaDropout", "FeatureAlphaDropout"),
    )
)
"""Layers that treat all values alike, so that the order of a vector doesn't matter to them."""

AT_LEAST_0 = frozenset(("ReLU", "ReLU6", "Sigmoid", "Softplus", "Hardsigmoid"))
"""Layers whose outputs are at least 0."""


def _array(tensor: Module) -> NDArray[np.float32]:
    """Returns a copy of a tensor's values."""
    return np.array(tensor.detach().cpu().double().numpy(), np.float32)


def _pair(value: object) -> tuple[int, int]:
    """Returns height and width of an argument that may be one number."""
    both = value if isinstance(value, tuple | list) else (value, value)
    return int(both[0]), int(both[-1])


def _checked(r: Reading, m: object) -> None:
    """Raise ModelError if an argument has another value than the one that is read."""
    for key, value in FIXED.get(type(m).__name__, {}).items():
        got = getattr(m, key, value)
        if got not in (value, (value, value)):
            raise r.unsupported(key, value, got)


def _around(r: Reading, sides: tuple[int, int]) -> None:
    """Adds zeros around images, if there are any."""
    if any(sides):
        r.add(kinds.ZeroPadding2D, {"padding": sides})


def _activation(r: Reading, m: Module) -> None:
    _checked(r, m)
    kind = ACTIVATIONS[type(m).__name__]
    r.add(kinds.Activation, {"activation": kind})


def _leaky(r: Reading, m: Module) -> None:
    r.add(kinds.LeakyReLU, {"negative_slope": float(m.negative_slope)})


def _elu(r: Reading, m: Module) -> None:
    _checked(r, m)
    r.add(kinds.ELU, {"alpha": float(m.alpha)})


def _gelu(r: Reading, m: Module) -> None:
    name = "gelu" if m.approximate == "none" else "gelu_new"
    r.add(kinds.Activation, {"activation": name})


def _softmax(r: Reading, m: Module) -> None:
    dim = 1 if type(m).__name__ == "Softmax2d" else m.dim
    rank = len(r.shape)
    place = None if dim is None else dim % (rank + 1)
    axis = {1: -1, 2: 1, 3: 2}.get(place or 0) if rank == 3 else {1: -1}.get(place or 0)
    if axis is None or (axis != -1 and type(m).__name__ != "Softmax"):
        raise r.unsupported("dim", 1, dim)
    if type(m).__name__ == "LogSoftmax":
        r.add(kinds.Activation, {"activation": "log_softmax"})
    elif axis == -1:
        r.add(kinds.Activation, {"activation": "softmax"})
    else:
        r.add(kinds.Softmax, {"axis": axis})


def _prelu(r: Reading, m: Module) -> None:
    slopes = np.broadcast_to(_array(m.weight), r.shape[-1:])
    is_image = len(r.shape) == 3
    shape = (1, 1, -1) if is_image else (-1,)
    r.add(kinds.PReLU, {"shared_axes": [1, 2] if is_image else None}, [slopes.reshape(shape)])


def _convolution(r: Reading, m: Module) -> None:
    r.image()
    if m.padding_mode != "zeros":
        raise r.unsupported("padding_mode", "zeros", m.padding_mode)
    options: dict[str, Any] = {
        "kernel_size": _pair(m.kernel_size),
        "strides": _pair(m.stride),
        "dilation_rate": _pair(m.dilation),
        "use_bias": m.bias is not None,
    }
    if m.padding == "same":
        options["padding"] = "same"
    elif m.padding != "valid":
        sides = _pair(m.padding)
        reach = [
            (size - 1) * rate
            for size, rate in zip(options["kernel_size"], options["dilation_rate"], strict=True)
        ]
        if options["strides"] == (1, 1) and [2 * side for side in sides] == reach:
            options["padding"] = "same"
        else:
            _around(r, sides)
    bias = [] if m.bias is None else [_array(m.bias)]
    weight = _array(m.weight)
    filters, _, height, width = weight.shape
    if m.groups == m.in_channels > 1:
        multiplier = filters // m.groups
        kernel = weight.reshape(m.groups, multiplier, height, width).transpose(2, 3, 0, 1)
        options["depth_multiplier"] = multiplier
        r.add(kinds.DepthwiseConv2D, options, [kernel, *bias])
        return
    options |= {"filters": filters, "groups": m.groups}
    r.add(kinds.Conv2D, options, [weight.transpose(2, 3, 1, 0), *bias])


def _transposed(r: Reading, m: Module) -> None:
    given = r.image()
    if m.groups != 1 or m.padding_mode != "zeros":
        raise r.unsupported("groups", 1, m.groups)
    size, strides, rates = _pair(m.kernel_size), _pair(m.stride), _pair(m.dilation)
    around, extra = _pair(m.padding), _pair(m.output_padding)
    weight = _array(m.weight)
    bias = [] if m.bias is None else [_array(m.bias)]
    options = {
        "filters": weight.shape[1],
        "kernel_size": size,
        "strides": strides,
        "dilation_rate": rates,
        "use_bias": m.bias is not None,
    }
    r.add(kinds.Conv2DTranspose, options, [weight.transpose(2, 3, 1, 0), *bias])
    sides = []
    for axis in range(2):
        reach = (size[axis] - 1) * rates[axis] + 1
        made = (given[axis] - 1) * strides[axis] - 2 * around[axis] + reach + extra[axis]
        sides.append((around[axis], r.shape[axis] - around[axis] - made))
    if min(sides[0] + sides[1]) < 0:
        raise r.unsupported("output_padding", "at most padding", m.output_padding)
    if any(sides[0] + sides[1]):
        r.add(kinds.Cropping2D, {"cropping": tuple(sides)})


def _linear(r: Reading, m: Module) -> None:
    if len(r.shape) != 1:
        raise ModelError("it needs a vector", where=r.label, got=r.shape, do="Put Flatten before.")
    weight = _array(m.weight)
    if r.flattened is not None and weight.shape[1] == math.prod(r.flattened):
        ordered = weight.reshape(len(weight), *r.flattened).transpose(0, 2, 3, 1)
        weight = ordered.reshape(weight.shape)
    r.flattened = None
    bias = [] if m.bias is None else [_array(m.bias)]
    r.add(kinds.Dense, {"units": len(weight), "use_bias": bool(bias)}, [weight.T, *bias])


def _affine(m: Module) -> tuple[dict[str, Any], list[NDArray[Any]]]:
    """Returns `center` and `scale`, and their weights."""
    arrays = [_array(each) for each in (m.weight, m.bias) if each is not None]
    return {"scale": m.weight is not None, "center": m.bias is not None}, arrays


def _batch_norm(r: Reading, m: Module) -> None:
    if m.running_mean is None:
        raise r.unsupported("track_running_stats", True, False)
    options, arrays = _affine(m)
    momentum = 0.1 if m.momentum is None else float(m.momentum)
    options |= {"epsilon": float(m.eps), "momentum": min(max(1 - momentum, 0.0), 0.9999)}
    averages = [_array(m.running_mean), _array(m.running_var)]
    r.add(kinds.BatchNormalization, options, [*arrays, *averages])


def _layer_norm(r: Reading, m: Module) -> None:
    options, arrays = _affine(m)
    options["epsilon"] = float(m.eps)
    shape = tuple(m.normalized_shape)
    if len(r.shape) == 1 and shape == r.shape:
        r.add(kinds.LayerNormalization, options, arrays)
        return
    height, width, channels = r.image()
    if shape != (channels, height, width) or arrays:
        raise r.unsupported("normalized_shape", "a vector's, or elementwise_affine=False", shape)
    r.add(kinds.GroupNormalization, {**options, "groups": 1})


def _group_norm(r: Reading, m: Module) -> None:
    options, arrays = _affine(m)
    instance = type(m).__name__ == "InstanceNorm2d"
    if instance and m.running_mean is not None:
        raise r.unsupported("track_running_stats", False, True)
    options |= {"groups": -1 if instance else m.num_groups, "epsilon": float(m.eps)}
    r.add(kinds.GroupNormalization, options, arrays)


def _rms_norm(r: Reading, m: Module) -> None:
    if m.weight is None or m.eps is None or len(r.shape) != 1:
        raise r.unsupported("RMSNorm", "of a vector, with weights and eps", m)
    r.add(kinds.RMSNormalization, {"epsilon": float(m.eps)}, [_array(m.weight)])


def _pool(r: Reading, m: Module) -> None:
    r.image()
    _checked(r, m)
    size, sides = _pair(m.kernel_size), _pair(m.padding)
    strides = size if m.stride is None else _pair(m.stride)
    is_max = type(m).__name__ == "MaxPool2d"
    options: dict[str, Any] = {"pool_size": size, "strides": strides}
    middle = strides == (1, 1) and all(2 * s == n - 1 for s, n in zip(sides, size, strict=True))
    if any(sides):
        counted = not is_max and m.count_include_pad
        if (is_max and r.is_at_least_0) or counted:
            _around(r, sides)  # a 0 is never the largest, or counts
        elif middle:
            options["padding"] = "same"
        else:
            raise r.unsupported("padding", 0, m.padding)
    r.add(kinds.MaxPooling2D if is_max else kinds.AveragePooling2D, options)


def _adaptive_pool(r: Reading, m: Module) -> None:
    height, width, _ = r.image()
    _checked(r, m)
    wanted = m.output_size if isinstance(m.output_size, tuple | list) else (m.output_size,) * 2
    rows, columns = (n if w is None else int(w) for w, n in zip(wanted, r.shape[:2], strict=True))
    is_max = type(m).__name__ == "AdaptiveMaxPool2d"
    if (rows, columns) == (1, 1):
        whole = kinds.GlobalMaxPooling2D if is_max else kinds.GlobalAveragePooling2D
        r.add(whole, {"keepdims": True})
        return
    if height % rows or width % columns:
        raise r.unsupported("output_size", "a divisor of the input's size", m.output_size)
    if (rows, columns) != (height, width):
        options = {"pool_size": (height // rows, width // columns)}
        r.add(kinds.MaxPooling2D if is_max else kinds.AveragePooling2D, options)


def _flatten(r: Reading, m: Module) -> None:
    rank = len(r.shape)
    if m.start_dim != 1 or m.end_dim % (rank + 1) != rank:
        raise r.unsupported("start_dim and end_dim", "1 and -1", (m.start_dim, m.end_dim))
    if rank == 1:
        return
    height, width, channels = r.image()
    if channels > 1 and height * width > 1:
        after = (type(each).__name__ for each in r.rest)
        if next((name for name in after if name not in ELEMENTWISE), "") == "Linear":
            r.flattened = (channels, height, width)
        else:
            r.add(kinds.Permute, {"dims": (3, 1, 2)})
    r.add(kinds.Flatten)


def _unflatten(r: Reading, m: Module) -> None:
    sizes = tuple(int(size) for size in m.unflattened_size)
    if m.dim not in (1, -1) or len(r.shape) != 1 or len(sizes) != 3:
        raise r.unsupported("Unflatten", "1, (channels, height, width)", (m.dim, sizes))
    r.add(kinds.Reshape, {"target_shape": sizes})
    r.add(kinds.Permute, {"dims": (2, 3, 1)})


def _upsample(r: Reading, m: Module) -> None:
    height, width, _ = r.image()
    if m.align_corners:
        raise r.unsupported("align_corners", False, m.align_corners)
    if m.mode not in ("nearest", "bilinear"):
        raise r.unsupported("mode", "nearest or bilinear", m.mode)
    if m.size is not None:
        rows, columns = _pair(m.size)
    else:
        both = m.scale_factor if isinstance(m.scale_factor, tuple) else (m.scale_factor,) * 2
        if any(factor != int(factor) for factor in both):
            raise r.unsupported("scale_factor", "integers", m.scale_factor)
        rows, columns = int(height * both[0]), int(width * both[1])
    if rows % height == 0 and columns % width == 0:
        factors = (rows // height, columns // width)
        r.add(kinds.UpSampling2D, {"size": factors, "interpolation": m.mode})
    elif m.mode == "bilinear":
        r.add(kinds.Resizing, {"height": rows, "width": columns})
    else:
        raise r.unsupported("size", "a multiple of the input's", m.size)


def _zero_padding(r: Reading, m: Module) -> None:
    left, right, top, bottom = (int(side) for side in m.padding)
    if min(left, right, top, bottom) < 0:
        raise r.unsupported("padding", "numbers of at least 0", m.padding)
    r.add(kinds.ZeroPadding2D, {"padding": ((top, bottom), (left, right))})


def _dropout(r: Reading, m: Module) -> None:
    kind: type[Layer] = {
        "AlphaDropout": kinds.AlphaDropout,
        "Dropout2d": kinds.SpatialDropout2D,
    }.get(type(m).__name__, kinds.Dropout)
    if kind is kinds.SpatialDropout2D:
        r.image()
    if m.p < 1:
        r.add(kind, {"rate": float(m.p)})


def _identity(_: Reading, __: object) -> None:
    """Adds nothing."""


READERS: dict[str, Callable[[Reading, Module], None]] = {
    **dict.fromkeys(ACTIVATIONS, _activation),
    **dict.fromkeys(("ELU", "CELU"), _elu),
    **dict.fromkeys(("Softmax", "Softmax2d", "LogSoftmax"), _softmax),
    **dict.fromkeys(("BatchNorm1d", "BatchNorm2d"), _batch_norm),
    **dict.fromkeys(("GroupNorm", "InstanceNorm2d"), _group_norm),
    **dict.fromkeys(("MaxPool2d", "AvgPool2d"), _pool),
    **dict.fromkeys(("AdaptiveAvgPool2d", "AdaptiveMaxPool2d"), _adaptive_pool),
    **dict.fromkeys(("Upsample", "UpsamplingNearest2d"), _upsample),
    **dict.fromkeys(("Dropout", "Dropout2d", "AlphaDropout"), _dropout),
    "Conv2d": _convolution,
    "ConvTranspose2d": _transposed,
    "Flatten": _flatten,
    "GELU": _gelu,
    "Identity": _identity,
    "LayerNorm": _layer_norm,
    "LeakyReLU": _leaky,
    "Linear": _linear,
    "PReLU": _prelu,
    "RMSNorm": _rms_norm,
    "Unflatten": _unflatten,
    "ZeroPad2d": _zero_padding,
}
"""The function of each class of layers, which adds ours."""
