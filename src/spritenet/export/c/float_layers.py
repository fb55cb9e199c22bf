"""The operations in float32 of each layer: a function for each class of layers."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import ModelError
from spritenet.export.c.float_convolutions import CONVOLUTIONS
from spritenet.export.c.float_weights import Step, add_activation
from spritenet.export.c.functions import MERGES
from spritenet.export.c.geometry import check_fields, pooling_fields
from spritenet.export.c.operation import IMAGE, Program
from spritenet.layers import IMAGES, ActivationLayer, Graph, Layer, ReLU, Shape, Softmax
from spritenet.layers.random_layer import RandomLayer

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

__all__ = ["FUNCTIONS", "SUPPORTED", "lower"]


def lower(graph: Graph, input_shape: Shape, parameters: NDArray[np.float32]) -> Program:
    """Returns the operations of a network.

    Args:
        graph: its layers; a Rescaling reads the images.
        input_shape: of one image.
        parameters: float32, all weights in layer order.

    Raises:
        ModelError: a layer has no C function, or is too large.
    """
    program = Program()
    outputs: list[int] = []
    first = 0
    for node in graph.nodes(input_shape):
        weights = {}
        for weight in node.weights:
            weights[weight.name] = parameters[first : first + weight.size].reshape(weight.shape)
            first += weight.size
        inputs = tuple(IMAGE if i == IMAGES else outputs[i] for i in node.inputs)
        layer = node.layer
        function = _function(layer)
        if function is None:
            raise ModelError(
                "unsupported layer",
                where=layer.label,
                expected=", ".join(sorted(SUPPORTED)),
                got=layer.class_name,
            )
        step = Step(program, layer, inputs, node.input_shapes, node.output_shape, weights)
        output = function(step)
        if hasattr(layer, "activation") and not isinstance(layer, ActivationLayer):
            output = add_activation(step, output, layer.activation)
        outputs.append(output)
    program.output = outputs[-1]
    return program


def _function(layer: Layer) -> Callable[[Step], int] | None:
    """Returns the function that lowers a layer; None if there is none."""
    if isinstance(layer, ReLU) and layer.as_name is None:
        return _relu
    if isinstance(layer, Softmax):
        return _softmax
    if isinstance(layer, ActivationLayer):
        return _activation
    if isinstance(layer, RandomLayer) and layer.class_name != "RandomCrop":
        return _same
    return FUNCTIONS.get(layer.class_name)


def _same(step: Step) -> int:
    """The input itself: layers that act in training alone, or give the values another shape."""
    return step.inputs[0]


def _rescaling(step: Step) -> int:
    return step.elementwise("scale", step.size, step.layer.scale, step.layer.offset)


def _activation(step: Step) -> int:
    return add_activation(step, step.inputs[0], step.layer.function.name, step.layer.function.alpha)


def _relu(step: Step) -> int:
    layer = step.layer
    most = float(np.finfo(np.float32).max) if layer.max_value is None else layer.max_value
    return step.elementwise("relu_of", step.size, most, layer.negative_slope, layer.threshold)


def _softmax(step: Step) -> int:
    shape, axis = step.shape, step.layer.axis
    axis = axis + len(shape) if axis < 0 else axis - 1
    after = prod(shape[axis + 1 :])
    return step.elementwise("softmax", prod(shape[:axis]), shape[axis], after)


def _prelu(step: Step) -> int:
    alpha = step.weights["alpha"]
    sides, steps = _three(step.shape), _steps(alpha.shape)
    return step.elementwise("prelu", *sides, *steps, arrays={"alpha": alpha})


def _three(shape: Shape) -> Shape:
    """A shape of three sides, 1 before those it has."""
    return (1,) * (3 - len(shape)) + shape


def _steps(shape: Shape) -> tuple[int, ...]:
    """The step along each axis of an array that repeats along its sides of 1."""
    height, width, channels = _three(shape)
    steps = (width * channels, channels, 1)
    return tuple(
        step if side > 1 else 0 for step, side in zip(steps, (height, width, channels), strict=True)
    )


def _batch_normalization(step: Step) -> int:
    layer, weights = step.layer, {k: v.astype(np.float64) for k, v in step.weights.items()}
    factor = weights.get("gamma", 1.0) / np.sqrt(weights["moving_variance"] + layer.epsilon)
    offset = weights.get("beta", 0.0) - weights["moving_mean"] * factor
    channels = step.shape[-1]
    arrays = {"factor": factor.astype(np.float32), "offset": offset.astype(np.float32)}
    return step.elementwise("scale_channels", step.size // channels, channels, arrays=arrays)


def _fixed_normalization(step: Step) -> int:
    mean = step.weights["mean"].astype(np.float64)
    deviation = step.layer.deviation(step.weights["variance"])
    invert = step.layer.invert
    factor, offset = (deviation, mean) if invert else (1 / deviation, -mean / deviation)
    channels = step.shape[-1]
    arrays = {"factor": factor.astype(np.float32), "offset": offset.astype(np.float32)}
    return step.elementwise("scale_channels", step.size // channels, channels, arrays=arrays)


def _normalization(step: Step) -> int:
    layer, shape = step.layer, step.shape
    channels, pixels = shape[-1], prod(shape[:-1])
    if layer.class_name == "UnitNormalization":
        return step.elementwise("normalize_length", pixels, channels)
    gamma = step.weights.get("gamma", step.weights.get("scale"))
    beta = step.weights.get("beta")
    fields: dict[str, int | float] = {
        "parts": pixels,
        "rows": 1,
        "size": channels,
        "row_step": channels,
        "part_step": channels,
        "gamma_step": 0,
        "has_mean": int(layer.class_name != "RMSNormalization"),
        "epsilon": layer.epsilon,
    }
    if layer.class_name == "GroupNormalization":
        groups = channels if layer.groups < 0 else layer.groups
        size = channels // groups
        fields |= {"parts": groups, "rows": pixels, "size": size}
        fields |= {"part_step": size, "gamma_step": size}
    arrays = {
        "gamma": np.ones(channels, np.float32) if gamma is None else gamma,
        "beta": np.zeros(channels, np.float32) if beta is None else beta,
    }
    return step.elementwise("normalize", struct="normalization", fields=fields, arrays=arrays)


def _pooling(step: Step) -> int:
    layer, (height, width, _) = step.layer, step.input_shapes[0]
    maximal = "Max" in layer.class_name
    if layer.class_name.startswith("Global"):
        channels = step.input_shapes[0][2]
        fields = pooling_fields(
            (height, width), (height, width), "valid", step.input_shapes[0], (1, 1, channels)
        )
    else:
        fields = pooling_fields(
            layer.pool_size, layer.strides, layer.padding, step.input_shapes[0], step.shape
        )
    check_fields(layer.label, fields)
    name = "pool_max" if maximal else "pool_average"
    return step.add(name, step.inputs[:1], struct="pooling", fields=fields)


def _merge(step: Step) -> int:
    name = {"average": "add"}.get(step.layer.class_name.lower(), step.layer.class_name.lower())
    made, shape = step.inputs[0], step.input_shapes[0]
    for other, other_shape in zip(step.inputs[1:], step.input_shapes[1:], strict=True):
        both = tuple(map(max, _three(shape), _three(other_shape)))
        rank = max(len(shape), len(other_shape))
        result = both[3 - rank :]
        output = step.program.value(result)
        same = tuple(i for i, s in enumerate((shape, other_shape)) if prod(s) == prod(both))
        if len(same) == 2:
            step.call(name, (made, other), output, prod(both), in_place=same)
        else:
            fields = dict(zip(("height", "width", "channels"), both, strict=True))
            for letter, one in (("x", shape), ("z", other_shape)):
                keys = (f"{letter}_row", f"{letter}_column", f"{letter}_channel")
                fields |= dict(zip(keys, _steps(one), strict=True))
            step.call(
                f"{name}_broadcast",
                (made, other),
                output,
                struct="broadcast",
                fields=fields,
                in_place=same,
            )
        made, shape = output, result
    if step.layer.class_name != "Average":
        return made
    output = step.program.value(shape)
    count = len(step.inputs)
    return step.call("scale", (made,), output, prod(shape), 1 / count, 0.0, in_place=(0,))


def _concatenate(step: Step) -> int:
    output, first, channels = step.program.value(step.shape), 0, step.shape[-1]
    for value, shape in zip(step.inputs, step.input_shapes, strict=True):
        sizes = (prod(shape[:-1]), shape[-1], shape[-1], channels)
        step.call("copy_rows", (value,), output, *sizes, starts=(0, first))
        first += shape[-1]
    return output


def _zero_padding(step: Step) -> int:
    (top, _), (left, _) = step.layer.padding
    height, width, channels = step.input_shapes[0]
    row = step.shape[1] * channels
    output = step.program.value(step.shape)
    step.call("clear", (), output, step.size)
    sizes = (height, width * channels, width * channels, row)
    return step.call(
        "copy_rows", step.inputs, output, *sizes, starts=(0, top * row + left * channels)
    )


def _cropping(step: Step) -> int:
    (height, width, channels), layer = step.input_shapes[0], step.layer
    if layer.class_name == "Cropping2D":
        (top, _), (left, _) = layer.cropping
    else:
        top, left = (height - step.shape[0]) // 2, (width - step.shape[1]) // 2
    row = step.shape[1] * channels
    sizes = (step.shape[0], row, width * channels, row)
    start = (top * width + left) * channels
    return step.add("copy_rows", step.inputs, *sizes, starts=(start, 0))


def _resizing(step: Step) -> int:
    name = f"resize_{step.layer.interpolation}"
    return step.add(name, step.inputs, *step.input_shapes[0], *step.shape[:2])


def _permute(step: Step) -> int:
    shape, dims = step.input_shapes[0], step.layer.dims
    steps = [prod(shape[axis:]) for axis in dims]  # dims count from 1
    missing = 3 - len(shape)
    return step.add("permute", step.inputs, *_three(step.shape), *(0,) * missing, *steps)


FUNCTIONS: dict[str, Callable[[Step], int]] = {
    **CONVOLUTIONS,
    **dict.fromkeys(
        (
            *("AlphaDropout", "Dropout", "Flatten", "GaussianDropout", "GaussianNoise"),
            *("Identity", "Reshape", "SpatialDropout2D"),
        ),
        _same,
    ),
    **dict.fromkeys(
        (
            *("AveragePooling2D", "GlobalAveragePooling2D", "GlobalMaxPooling2D"),
            "MaxPooling2D",
        ),
        _pooling,
    ),
    **dict.fromkeys(
        (
            *("GroupNormalization", "LayerNormalization", "RMSNormalization"),
            "UnitNormalization",
        ),
        _normalization,
    ),
    **dict.fromkeys((*(name.capitalize() for name in MERGES), "Average"), _merge),
    **dict.fromkeys(("CenterCrop", "Cropping2D", "RandomCrop"), _cropping),
    **dict.fromkeys(("Resizing", "UpSampling2D"), _resizing),
    "BatchNormalization": _batch_normalization,
    "Concatenate": _concatenate,
    "Normalization": _fixed_normalization,
    "PReLU": _prelu,
    "Permute": _permute,
    "Rescaling": _rescaling,
    "ZeroPadding2D": _zero_padding,
}
"""The function that lowers each layer, by its class; activations aside."""

SUPPORTED = frozenset({*FUNCTIONS, "Activation", "ELU", "LeakyReLU", "ReLU", "Softmax"})
"""The layers with a C function; random layers act in training alone."""
