"""An ONNX graph of another program as a network, its axes turned so that the channels come last."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import ModelError
from spritenet.export.error_location import quoted
from spritenet.export.onnx.constants import FOLDED, folded, shape_of
from spritenet.export.onnx.finished_network import finished
from spritenet.export.onnx.gelu_pattern import with_gelu
from spritenet.export.onnx.layer_readers import READERS
from spritenet.export.onnx.network_builder import NetworkBuilder
from spritenet.export.onnx.nodes import Node, node_of, operator_of
from spritenet.export.onnx.tensors import Tensors
from spritenet.export.onnx.values import FIRST, Tensor, Value
from spritenet.export.pixel_range import PixelRange
from spritenet.export.topology import Topology, completed
from spritenet.layers import IMAGES, ActivationLayer, Graph, Rescaling, Shape
from spritenet.layers.parametric import Parametric

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.export.onnx.library import Proto

__all__ = ["read_graph", "unsupported"]

LABELS = "ArgMax"
"""The operator of an output that is left out: the class's index."""

UINT8, FLOATS = 2, (1, 10, 11, 16)
"""TensorProto's types."""

OTHERS = ("Constant", "Erf", "Shape", LABELS)
"""Operators that are read, but aren't layers; Erf as a part of Gelu."""

LEAST_OPSET, MOST_OPSET = 7, 28
MOST_SIDE = 65_535
FEW_CHANNELS = (1, 3, 4)
LARGEST_INPUT = 16
"""The largest number that a network is fed with: pixels that are scaled to more aren't scaled."""

POINTWISE = frozenset({"Add", "BatchNormalization", "Cast", "Div", "Identity", "Mul", "Sub"})


def read_graph(
    model: Proto, tensors: Tensors, pixels: PixelRange | None
) -> tuple[Topology, NDArray[np.float32]]:
    """Returns the network and the parameters of a ModelProto.

    Args:
        model: of a file of another program.
        tensors: reads its arrays.
        pixels: the pixel range of its images, if the graph doesn't scale them.

    Raises:
        ModelError: its graph is no image network of supported operators.
    """
    opset = _opset(model)
    constants = {tensor.name: tensor for tensor in model.graph.initializer}
    nodes = [node_of(proto, opset, tensors) for proto in model.graph.node]
    given = _input(model, constants)
    if any(node.operator == "Erf" for node in nodes):
        nodes = with_gelu(nodes, _numbers(nodes, constants, tensors))
    made = {name: node for node in nodes for name in node.outputs if name}
    output = _output(model, made)
    shape, start = _images(given, nodes)
    net = NetworkBuilder(shape)
    values: dict[str, Value] = {given.name: start}
    for node in _needed(nodes, made, output):
        net.label = node.label
        node.values = [_value(name, node, values, constants, tensors) for name in node.names]
        values[node.outputs[0]] = _result(net, node, tensors)
    final = values.get(output)
    if not isinstance(final, Tensor):
        raise ModelError("its output doesn't depend on the images", where=quoted(output))
    net.label = quoted(output)
    graph, parameters = finished(net.steps, _as_output(net, final).index)
    is_raw = given.type.tensor_type.elem_type == UINT8
    topology = completed(graph, shape, pixels, raw=is_raw, scaled=_is_scaled(graph) and not is_raw)
    return replace(topology, notes=(*topology.notes, *_logits(graph, shape))), parameters


def unsupported(model: Proto) -> dict[str, int]:
    """Returns the operators that aren't read, with the number of their nodes."""
    found: dict[str, int] = {}
    for proto in model.graph.node:
        name = operator_of(proto)
        if name not in READERS and name not in FOLDED and name not in OTHERS:
            found[name] = found.get(name, 0) + 1
    return found


def _opset(model: Proto) -> int:
    """Returns the version of ONNX's operators.

    Raises:
        ModelError: it is unsupported.
    """
    versions = [one.version for one in model.opset_import if one.domain in ("", "ai.onnx")]
    if not versions or not LEAST_OPSET <= versions[0] <= MOST_OPSET:
        raise ModelError(
            "unsupported version of operators",
            expected=f"opset {LEAST_OPSET} to {MOST_OPSET}",
            got=versions[0] if versions else "none",
        )
    version: int = versions[0]
    return version


def _input(model: Proto, constants: Mapping[str, Proto]) -> Proto:
    """Returns the only input that isn't a constant.

    Raises:
        ModelError: there are several, or it isn't of numbers.
    """
    inputs = [one for one in model.graph.input if one.name not in constants]
    if len(inputs) != 1:
        names = ", ".join(one.name for one in inputs[:5])
        raise ModelError("unsupported inputs", expected="one input", got=quoted(names) or "none")
    kind = inputs[0].type.tensor_type.elem_type
    if kind != UINT8 and kind not in FLOATS:
        raise ModelError(
            "unsupported type of input", where=quoted(inputs[0].name), expected="float or uint8"
        )
    return inputs[0]


def _output(model: Proto, made: Mapping[str, Node]) -> str:
    """Returns the name of the only output that isn't a label.

    Raises:
        ModelError: there are several, or none.
    """
    names = [one.name for one in model.graph.output]
    names = [name for name in names if name not in made or made[name].operator != LABELS]
    if len(names) != 1:
        got = quoted(", ".join(names[:5])) or "none"
        raise ModelError("unsupported outputs", expected="one output", got=got)
    found: str = names[0]
    return found


def _images(given: Proto, nodes: Sequence[Node]) -> tuple[Shape, Tensor]:
    """Returns the shape of the images, channels last, and the graph's input.

    Raises:
        ModelError: their size is unknown.
    """
    sides = [dimension.dim_value for dimension in given.type.tensor_type.shape.dim]
    most = 1 << 20 if len(sides) == 2 else MOST_SIDE
    if not 2 <= len(sides) <= 4 or any(not 0 < side <= most for side in sides[1:]):
        raise ModelError(
            "the network doesn't take images of a known size",
            where=quoted(given.name),
            expected="n × channels × height × width, all but n as numbers",
            got=" × ".join(str(side or "?") for side in sides[:8]),
            do="Export the model with fixed sizes.",
        )
    shape = tuple(int(side) for side in sides[1:])
    if len(shape) == 3 and _is_channels_first(given, shape, nodes):
        shape = (shape[1], shape[2], shape[0])
        return shape, Tensor(IMAGES, shape, FIRST)
    return shape, Tensor(IMAGES, shape, tuple(range(len(shape))))


def _is_channels_first(given: Proto, shape: Shape, nodes: Sequence[Node]) -> bool:
    """Returns True for n c h w: by what reads the images first, else by the number of channels."""
    name = given.name
    for node in nodes:
        if name in node.names:
            if node.operator == "Transpose":
                return node.attributes.get("perm") != [0, 3, 1, 2]
            if node.operator in ("Conv", "MaxPool", "AveragePool"):
                return True
            if node.operator not in POINTWISE or not node.outputs:
                break
            name = node.outputs[0]
    if given.type.tensor_type.elem_type == UINT8:  # as images are decoded
        return shape[2] not in FEW_CHANNELS
    return shape[0] in FEW_CHANNELS or shape[2] not in FEW_CHANNELS


def _needed(nodes: Sequence[Node], made: Mapping[str, Node], output: str) -> list[Node]:
    """Returns the nodes that lead to an output, in the file's order."""
    found: set[int] = set()
    waiting = [output]
    while waiting:
        node = made.get(waiting.pop())
        if node is not None and id(node) not in found:
            found.add(id(node))
            waiting += node.names
    return [node for node in nodes if id(node) in found]


def _value(
    name: str,
    node: Node,
    values: dict[str, Value],
    constants: Mapping[str, Proto],
    tensors: Tensors,
) -> Value | None:
    """Returns an input of a node; None if it is left out.

    Raises:
        ModelError: nothing makes it, or nothing before the node.
    """
    if not name:
        return None
    if name not in values:
        if name not in constants:
            raise node.refuse("an input that nothing before it makes", got=name)
        values[name] = tensors.array(constants[name])
    return values[name]


def _result(net: NetworkBuilder, node: Node, tensors: Tensors) -> Value:
    """Returns the output of a node.

    Raises:
        ModelError: its operator is unsupported.
    """
    if node.operator == "Constant":
        return _constant(node)
    if node.operator == "Shape" and isinstance(node.value(0), Tensor):
        return shape_of(node.tensor())[node.whole("start", 0) : node.attributes.get("end")]
    constants = [value for value in node.values if isinstance(value, np.ndarray)]
    if node.operator in FOLDED and not any(isinstance(v, Tensor) for v in node.values):
        return tensors.count(folded(node, constants))
    reader = READERS.get(node.operator)
    if reader is None:
        raise ModelError(
            f"unsupported operator {node.operator!r}",
            where=node.label,
            do="docs/reference/formats.md lists those that are read.",
        )
    return reader(net, node)


def _constant(node: Node) -> NDArray[Any]:
    """Returns the value of a Constant."""
    for name in ("value", "value_float", "value_floats", "value_int", "value_ints"):
        value = node.attributes.get(name)
        if value is not None:
            return np.asarray(value, np.float32 if "float" in name else None)
    raise node.refuse("unsupported value")


def _as_output(net: NetworkBuilder, x: Tensor) -> Tensor:
    """Returns the output: a vector, or an image with its channels last."""
    x = net.plain(x)
    rank = len(x.shape)
    if rank > 1 and prod(x.shape) == x.layer_shape[-1]:
        return net.flattened(x)
    return x if x.order == FIRST else net.ordered(x, tuple(range(rank)))


def _is_scaled(graph: Graph) -> bool:
    """Returns True if a Rescaling comes first whose results for raw pixels would be too large."""
    first = graph[0]
    if not isinstance(first, Rescaling):
        return False
    return max(abs(first.offset), abs(255 * first.scale + first.offset)) > LARGEST_INPUT


def _logits(graph: Graph, shape: Shape) -> tuple[str, ...]:
    """Returns a note on a network that may end in logits."""
    last = graph[-1]
    linear = not isinstance(last, Parametric | ActivationLayer) or last.function.name == "linear"
    made = graph.output_shape(shape)
    if not linear or len(made) != 1 or made[0] < 2:
        return ()
    return ("it ends without a softmax: its outputs are logits",)


def _numbers(
    nodes: Sequence[Node], constants: Mapping[str, Proto], tensors: Tensors
) -> dict[str, float]:
    """Returns the constants of one number by name."""
    found: dict[str, NDArray[Any]] = {
        name: tensors.array(tensor)
        for name, tensor in constants.items()
        if all(side == 1 for side in tensor.dims)
    }
    for node in nodes:
        if node.operator == "Constant" and node.outputs:
            found[node.outputs[0]] = _constant(node)
    return {name: float(one.reshape(-1)[0]) for name, one in found.items() if one.size == 1}
