"""Folding: a float network as the steps that become integer operators.

Batch normalization and Rescaling are folded into the convolution before them, a ReLU into the step
before it, zero padding into the convolution after it; max pooling goes behind them. Knows nothing
of integers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from math import inf
from typing import TYPE_CHECKING, cast

import numpy as np

from spritenet.layers import (
    IMAGES,
    ActivationLayer,
    Conv2D,
    Cropping2D,
    Dense,
    DepthwiseConv2D,
    Graph,
    Layer,
    Node,
    Rescaling,
    Shape,
    UpSampling2D,
    ZeroPadding2D,
)
from spritenet.layers.pooling import GlobalPooling2D, Pooling2D
from spritenet.quantization.decomposition import INACTIVE, decompose, last_function, unsupported
from spritenet.quantization.network import hwc
from spritenet.quantization.reordering import affine_of, bounds_of, pool_last

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.quantization.reordering import Affine

    Weights = Sequence[NDArray[np.float64]]

__all__ = ["FoldedNetwork", "Step", "fold", "split_weights"]

OVER_AXIS = ("softmax", "log_softmax", "sparsemax", "glu")
Sides = tuple[int, int, int, int]


@dataclass(frozen=True, slots=True)
class Window:
    """The windows of a convolution or pooling layer.

    Attributes:
        size: height and width.
        strides: along height and width.
        dilation: along height and width.
        padding: rows above and below, columns left and right.
        groups: groups of channels.
    """

    size: tuple[int, int] = (1, 1)
    strides: tuple[int, int] = (1, 1)
    dilation: tuple[int, int] = (1, 1)
    padding: Sides = (0, 0, 0, 0)
    groups: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A step of a folded network.

    Attributes:
        kind: "convolution", "dense", "max_pooling", …
        name: of the last layer in it.
        inputs: the index of each step that it reads; -1 for the image.
        shape: height, width and channels of the output.
        node: the layer of the decomposed graph that gives its output before the bounds.
        output: the layer that gives its output.
        window: of convolutions and pooling; `padding` also of padding and cropping.
        kernel: of a convolution (kernel_height, kernel_width, in / groups, out) or dense (in, out).
        bias: (out,).
        bounds: of its output: (0, inf) for a ReLU.
        factors: of the inputs of a sum.
        layer: the layer itself.
    """

    kind: str
    name: str
    inputs: tuple[int, ...]
    shape: tuple[int, int, int]
    node: int
    output: int
    layer: Layer
    window: Window = Window()
    kernel: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    bias: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    bounds: tuple[float, float] = (-inf, inf)
    factors: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class FoldedNetwork:
    """The steps of a network.

    Attributes:
        graph: the decomposed graph, whose layers `Step.node` and `Step.output` count.
        steps: in topological order; the last one gives the output.
        rescaling: factor and offset of the pixels.
        output_shape: of the output.
        activation: the function at the end that remains.
    """

    graph: Graph
    steps: tuple[Step, ...]
    rescaling: tuple[float, float]
    output_shape: Shape
    activation: str


def fold(graph: Graph, input_shape: Shape, parameters: NDArray[np.float32]) -> FoldedNetwork:
    """Returns the steps of a network.

    Args:
        graph: its layers.
        input_shape: of its images.
        parameters: float32, all weights in layer order.

    Raises:
        ModelError: a layer is unsupported in int8; the message names it.
    """
    folding = _Folding(decompose(graph), input_shape, parameters)
    folding.run()
    return FoldedNetwork(
        folding.graph,
        _needed(folding.steps, folding.places[folding.last]),
        folding.rescaling,
        graph.output_shape(input_shape),
        last_function(folding.graph),
    )


class _Folding:
    """A walk over a graph that collects its steps."""

    def __init__(self, graph: Graph, input_shape: Shape, parameters: NDArray[np.float32]) -> None:
        nodes = list(graph.nodes(input_shape))
        graph = pool_last(graph, nodes, split_weights(nodes, parameters))
        self.graph = graph
        self.nodes = list(graph.nodes(input_shape))
        self.weights = split_weights(self.nodes, parameters)
        ends = last_function(graph) != "linear"
        self.last = graph.inputs[-1][0] if ends else len(graph) - 1
        self.readers: dict[int, list[int]] = {}
        for index, read in enumerate(graph.inputs[: self.last + 1]):
            for one in read:
                self.readers.setdefault(one, []).append(index)
        self.places = {IMAGES: IMAGES}
        self.steps: list[Step] = []
        self.rescaling = (1.0, 0.0)

    def run(self) -> None:
        """Collects the steps."""
        self._read_pixels()
        for index in range(self.last + 1):
            if index in self.places:
                continue
            node = self.nodes[index]
            if _passes(node.layer):
                self.places[index] = self.places[node.inputs[0]]
            else:
                self._add(self._step(index, node), index)
        if not self.steps:
            raise unsupported(self.graph[-1], "A network without a layer to compute")

    def _read_pixels(self) -> None:
        """Takes a Rescaling of the images as their scale."""
        readers = self.readers.get(IMAGES, [])
        while len(readers) == 1 and _passes(self.nodes[readers[0]].layer):
            self.places[readers[0]] = IMAGES
            readers = self.readers.get(readers[0], [])
        layer = self.nodes[readers[0]].layer if len(readers) == 1 else None
        if isinstance(layer, Rescaling) and layer.scale and 0 <= -layer.offset / layer.scale <= 255:
            self.rescaling = (layer.scale, layer.offset)
            self.places[readers[0]] = IMAGES

    def _add(self, step: Step, index: int) -> None:
        """Adds a step with the layers after it that it absorbs."""
        while (index := self._follower(index)) >= 0:
            layer, last = self.nodes[index].layer, step.output
            if _passes(layer):
                step = replace(step, output=index)
            elif (affine := self._affine(index)) and step.kernel.size and step.bounds[0] == -inf:
                scale, offset = affine
                step = replace(
                    step,
                    name=layer.label,
                    kernel=step.kernel * scale,
                    bias=step.bias * scale + offset,
                    node=index,
                    output=index,
                )
            elif (bounds := bounds_of(layer)) and _bounded(step):
                step = replace(step, name=layer.label, bounds=bounds, output=index)
            else:
                break
            self.places[last] = len(self.steps)
        self.places[step.output] = len(self.steps)
        self.steps.append(step)

    def _follower(self, index: int) -> int:
        """Returns the only layer that reads a layer, if it reads nothing else; else -1."""
        readers = self.readers.get(index, [])
        if len(readers) != 1 or index == self.last or len(self.graph.inputs[readers[0]]) != 1:
            return -1
        return readers[0]

    def _affine(self, index: int) -> Affine | None:
        return affine_of(self.nodes[index], self.weights[index])

    def _step(self, index: int, node: Node) -> Step:  # noqa: PLR0911 - a case for each layer
        """Returns the step of a layer.

        Raises:
            ModelError: it is unsupported in int8.
        """
        layer, shape = node.layer, hwc(node.output_shape)
        read = tuple(self.places[one] for one in node.inputs)
        step = Step("", layer.label, read, shape, index, index, layer)
        before = hwc(node.input_shapes[0])
        affine = self._affine(index)
        if affine:
            kernel = affine[0].reshape(1, 1, 1, -1)
            window = Window(groups=before[2])
            return replace(step, kind="convolution", window=window, kernel=kernel, bias=affine[1])
        match layer:
            case Conv2D() | DepthwiseConv2D():
                return self._convolution(step, before, self.weights[index])
            case Dense():
                return self._dense(step, node, self.weights[index])
            case Pooling2D():
                kind = "max_pooling" if layer.class_name.startswith("Max") else "average_pooling"
                sides = _same(before, shape, layer.pool_size, layer.strides, (1, 1))
                padding = sides if layer.padding == "same" else (0, 0, 0, 0)
                window = Window(layer.pool_size, layer.strides, padding=padding)
                return replace(step, kind=kind, window=window)
            case GlobalPooling2D():
                maximum = layer.class_name.startswith("GlobalMax")
                kind = "max_pooling" if maximum else "average_pooling"
                return replace(step, kind=kind, window=Window(before[:2], before[:2]))
            case ZeroPadding2D():
                (top, bottom), (left, right) = layer.padding
                window = Window(padding=(top, bottom, left, right))
                return replace(step, kind="padding", window=window)
            case Cropping2D():
                (top, _), (left, _) = layer.cropping
                return replace(step, kind="cropping", window=Window(padding=(top, 0, left, 0)))
            case UpSampling2D() if layer.interpolation == "nearest":
                return replace(step, kind="up_sampling", window=Window(layer.size))
            case ActivationLayer() if layer.function.name not in OVER_AXIS:
                return replace(step, kind="lookup")
        return self._other(step, before)

    def _other(self, step: Step, before: tuple[int, int, int]) -> Step:
        """Returns the step of a layer that its class name tells.

        Raises:
            ModelError: it is unsupported in int8.
        """
        count = len(step.inputs)
        sums = {"Add": (1.0,) * count, "Subtract": (1.0, -1.0), "Average": (1 / count,) * count}
        match step.layer.class_name:
            case "Flatten" | "Reshape":
                return replace(step, kind="reshaping")
            case "CenterCrop":
                top, left = (before[0] - step.shape[0]) // 2, (before[1] - step.shape[1]) // 2
                return replace(step, kind="cropping", window=Window(padding=(top, 0, left, 0)))
            case "Add" | "Subtract" | "Average" as name:
                return replace(step, kind="sum", factors=sums[name])
            case "Multiply" if count == 2:
                return replace(step, kind="product")
            case "Multiply":
                raise unsupported(step.layer, f"Multiply of {count} inputs")
            case "Maximum" | "Minimum" as name:
                return replace(step, kind=name.lower())
            case "Concatenate":
                return replace(step, kind="concatenation")
        raise unsupported(step.layer)

    def _convolution(self, step: Step, before: tuple[int, int, int], weights: Weights) -> Step:
        layer = cast("Conv2D | DepthwiseConv2D", step.layer)
        kernel, groups = weights[0], getattr(layer, "groups", 1)
        rows, columns, out = *layer.kernel_size, step.shape[2]
        if isinstance(layer, DepthwiseConv2D):
            kernel, groups = kernel.reshape(rows, columns, 1, out), before[2]
        padding: Sides = (0, 0, 0, 0)
        if layer.padding == "same":
            size, strides, dilation = layer.kernel_size, layer.strides, layer.dilation_rate
            padding = _same(before, step.shape, size, strides, dilation)
        source = step.inputs[0]
        if source >= 0 and self.steps[source].kind == "padding":
            more = self.steps[source].window.padding
            padding = cast("Sides", tuple(a + b for a, b in zip(padding, more, strict=True)))
            step = replace(step, inputs=self.steps[source].inputs)
        window = Window(layer.kernel_size, layer.strides, layer.dilation_rate, padding, groups)
        bias = weights[1] if layer.use_bias else np.zeros(out)
        return replace(step, kind="convolution", window=window, kernel=kernel, bias=bias)

    def _dense(self, step: Step, node: Node, weights: Weights) -> Step:
        kernel = weights[0]
        bias = weights[1] if len(weights) > 1 else np.zeros(kernel.shape[-1])
        if len(node.input_shapes[0]) > 1:  # of each pixel
            return replace(step, kind="convolution", kernel=kernel[None, None], bias=bias)
        source = step.inputs[0]
        while source >= 0 and self.steps[source].kind == "reshaping":
            source = self.steps[source].inputs[0]
        return replace(step, kind="dense", inputs=(source,), kernel=kernel, bias=bias)


def _passes(layer: Layer) -> bool:
    """True if a layer changes nothing when predicting."""
    linear = isinstance(layer, ActivationLayer) and layer.function.name == "linear"
    return linear or layer.class_name in INACTIVE


def _bounded(step: Step) -> bool:
    """True if a step can have bounds, and has none."""
    kinds = ("convolution", "dense", "average_pooling", "sum", "product")
    return step.kind in kinds and step.bounds == (-inf, inf)


def _same(
    before: tuple[int, int, int],
    after: tuple[int, int, int],
    size: tuple[int, int],
    strides: tuple[int, int],
    dilation: tuple[int, int],
) -> Sides:
    """Returns the padding that "same" means."""
    found: list[int] = []
    for axis in (0, 1):
        span = (after[axis] - 1) * strides[axis] + (size[axis] - 1) * dilation[axis] + 1
        missing = max(span - before[axis], 0)
        found += [missing // 2, missing - missing // 2]
    return cast("Sides", tuple(found))


def split_weights(nodes: Sequence[Node], parameters: NDArray[np.float32]) -> list[Weights]:
    """Returns the weights of each layer, float64."""
    offset = 0
    found: list[Weights] = []
    for node in nodes:
        arrays = []
        for weight in node.weights:
            size = int(np.prod(weight.shape))
            part = parameters[offset : offset + size].astype(np.float64)
            arrays.append(part.reshape(weight.shape))
            offset += size
        found.append(arrays)
    return found


def _needed(steps: Sequence[Step], last: int) -> tuple[Step, ...]:
    """Returns the steps that the last one needs, counted anew."""
    kept, waiting = set(), [last]
    while waiting:
        one = waiting.pop()
        if one >= 0 and one not in kept:
            kept.add(one)
            waiting += steps[one].inputs
    order = sorted(kept)
    place = {old: new for new, old in enumerate(order)} | {IMAGES: IMAGES}
    return tuple(
        replace(steps[old], inputs=tuple(place[one] for one in steps[old].inputs)) for old in order
    )
