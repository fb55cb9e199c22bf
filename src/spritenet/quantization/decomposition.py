"""Layers split into the steps that integers take: convolution, then activation."""

from __future__ import annotations

from spritenet.errors import ModelError
from spritenet.layers import (
    Activation,
    ActivationLayer,
    Conv2D,
    DepthwiseConv2D,
    Graph,
    Layer,
    SeparableConv2D,
    Softmax,
)
from spritenet.layers.parametric import Parametric
from spritenet.layers.random_layer import RandomLayer

__all__ = ["INACTIVE", "decompose", "last_function"]

INACTIVE = frozenset(
    (
        *("AlphaDropout", "Dropout", "GaussianDropout", "GaussianNoise", "Identity"),
        *("MixUp", "CutMix", "SpatialDropout2D"),
    )
)
"""Layers that change nothing when predicting."""

LAST = ("softmax", "log_softmax", "sigmoid")
"""Activations that a network may end in and that stay real numbers."""


def decompose(graph: Graph) -> Graph:
    """Returns the graph with each activation as a layer of its own, and separable layers as two.

    Its parameters are the graph's, in the same order.
    """
    layers: list[Layer] = []
    inputs: list[tuple[int, ...]] = []
    place = {-1: -1}
    for index, (layer, read) in enumerate(zip(graph.layers, graph.inputs, strict=True)):
        sources = tuple(place[one] for one in read)
        for part in _parts(layer):
            layers.append(part)
            inputs.append(sources)
            sources = (len(layers) - 1,)
        place[index] = len(layers) - 1
    return Graph(tuple(layers), tuple(inputs))


def _parts(layer: Layer) -> list[Layer]:
    """Returns the layers that stand for one."""
    if isinstance(layer, RandomLayer):
        if layer.class_name == "RandomCrop":
            raise unsupported(layer)
        return [Activation("linear", name=layer.label)]
    if not isinstance(layer, Parametric):
        return [layer]
    name = layer.label
    if isinstance(layer, SeparableConv2D):
        depthwise = DepthwiseConv2D(
            layer.kernel_size,
            layer.strides,
            layer.padding,
            layer.depth_multiplier,
            use_bias=False,
            dilation_rate=layer.dilation_rate,
            name=f"{name}/depthwise",
        )
        pointwise = Conv2D(layer.filters, 1, use_bias=layer.use_bias, name=name)
        linear: list[Layer] = [depthwise, pointwise]
    elif layer.activation == "linear":
        return [layer]
    else:
        arguments = {key: getattr(layer, key) for key in type(layer)._arguments()}  # noqa: SLF001 - a copy, as `Layer.named` makes one
        linear = [type(layer)(**arguments | {"activation": None, "name": name})]
    if layer.activation != "linear":
        linear.append(Activation(layer.activation, name=name))
    return linear


def last_function(graph: Graph) -> str:
    """Returns the activation at a network's end that stays a function of real numbers.

    Raises:
        ModelError: it is a softmax over another axis than the last.
    """
    last = graph[-1]
    if not isinstance(last, ActivationLayer) or last.function.name not in LAST:
        return "linear"
    if isinstance(last, Softmax) and last.as_name is None:
        raise unsupported(last, "Softmax over another axis")
    return last.function.name


def unsupported(layer: Layer, what: str = "") -> ModelError:
    """The error for a layer that integers can't compute."""
    return ModelError(
        f"{what or layer.class_name} is unsupported in int8",
        where=layer.label,
        do="docs/reference/int8.md lists the supported layers.",
    )
