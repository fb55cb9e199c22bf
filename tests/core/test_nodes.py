"""A network as nodes: what the core answers, and every refusal in words."""

from __future__ import annotations

import ctypes
import math
from collections.abc import Mapping, Sequence

import pytest

from spritenet import layers as kinds
from spritenet.core import structs
from spritenet.core.library import ERROR_BYTES, library
from spritenet.core.operators import operators
from spritenet.engines import native
from spritenet.engines.description import attributes_of
from spritenet.layers import Shape

Given = Mapping[str, str | Sequence[float]]
Drawn = tuple[str | None, Sequence[int], Given]


def refusal(*nodes: Drawn) -> str:
    """The core's line on these nodes (operator, inputs, attributes); empty if it takes them."""
    made = (structs.CNode * max(1, len(nodes)))()
    for node, (name, inputs, given) in zip(made, nodes, strict=False):
        attributes = (structs.CAttribute * len(given))()
        for place, (key, value) in zip(attributes, given.items(), strict=True):
            place.name = key.encode()
            if isinstance(value, str):
                place.text = value.encode()
            else:
                place.numbers = (ctypes.c_double * len(value))(*value)
                place.count = len(value)
        node.operation = None if name is None else name.encode()
        node.inputs = (ctypes.c_int32 * len(inputs))(*inputs)
        node.attributes = attributes
        node.input_count, node.attribute_count, node.trainable = len(inputs), len(given), 1
    spec = structs.CSpec(made, len(nodes), 3, (ctypes.c_int32 * 3)(6, 6, 2), 1, 0)
    error = ctypes.create_string_buffer(ERROR_BYTES)
    needed = library().sn_network_bytes(ctypes.byref(spec), error)
    assert (needed < 0) == bool(error.value)
    return error.value.decode()


CONV = {"filters": [3], "kernel_size": [3, 3]}
FLAT: Drawn = ("Flatten", [-1], {})

REFUSED: dict[str, tuple[list[Drawn], str]] = {
    "no nodes": ([], "1 to 256 nodes, got 0"),
    "too many": ([("ReLU", [i - 1], {}) for i in range(257)], "1 to 256 nodes, got 257"),
    "unknown operator": ([("LSTM", [-1], {})], "node 0: unknown operator 'LSTM'"),
    "no operator": ([(None, [-1], {})], "node 0: unknown operator ''"),
    "unknown attribute": (
        [("Flatten", [-1], {"units": [3]})],
        "node 0 (Flatten): unknown attribute 'units'. Known: none",
    ),
    "attributes are named": (
        [("Conv2D", [-1], {**CONV, "unit": [3]})],
        "unknown attribute 'unit'. Known: filters, kernel_size, strides",
    ),
    "missing attribute": (
        [FLAT, ("Dense", [0], {})],
        "node 1 (Dense): units is missing",
    ),
    "out of range": (
        [("Conv2D", [-1], {**CONV, "filters": [0]})],
        "node 0 (Conv2D): filters must be 1 to 65536",
    ),
    "not whole": ([("Conv2D", [-1], {**CONV, "filters": [1.5]})], "filters must be 1 to 65536"),
    "not a number": (
        [("Rescaling", [-1], {"scale": [math.nan]})],
        "scale must be a number in its range",
    ),
    "infinite": ([("Rescaling", [-1], {"scale": [math.inf]})], "scale must be a number"),
    "negative": ([("LeakyReLU", [-1], {"negative_slope": [-1]})], "must be a number of 0 or more"),
    "one number of two": (
        [("Conv2D", [-1], {**CONV, "kernel_size": [3]})],
        "kernel_size must be 2 numbers",
    ),
    "text for a number": ([("Dropout", [-1], {"rate": "0.5"})], "rate must be 1 number"),
    "unknown choice": (
        [("Conv2D", [-1], {**CONV, "padding": "full"})],
        "padding must be one of valid|same, got 'full'",
    ),
    "half a choice": ([("Conv2D", [-1], {**CONV, "padding": "val"})], "got 'val'"),
    "number for a choice": ([("Conv2D", [-1], {**CONV, "padding": [1]})], "got ''"),
    "no input": ([("Flatten", [], {})], "node 0: it has no input"),
    "two inputs of one": (
        [("ReLU", [-1], {}), ("Flatten", [-1, 0], {})],
        "node 1 (Flatten): it takes 1 input, got 2",
    ),
    "a cycle": ([("ReLU", [1], {}), ("ReLU", [0], {})], "node 0: its input 1 is not a node before"),
    "itself": ([("ReLU", [0], {})], "node 0: its input 0 is not a node before it"),
    "before the image": ([("ReLU", [-2], {})], "its input -2 is not a node before it"),
    "no path to the output": (
        [("ReLU", [-1], {}), ("Flatten", [-1], {})],
        "node 0: nothing reads its output",
    ),
    "a shape that does not fit": (
        [("Conv2D", [-1], {**CONV, "kernel_size": [7, 3]})],
        "its window of 7x3 is larger than its input of 6x6",
    ),
    "an image wanted": (
        [FLAT, ("Conv2D", [0], CONV)],
        "node 1 (Conv2D): it needs an image",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_the_core_refuses_is_said_in_a_line(name: str) -> None:
    """Each names the node and the problem, and none fits only by luck."""
    nodes, words = REFUSED[name]
    assert words in refusal(*nodes)


def test_the_same_without_the_fault_is_taken() -> None:
    """The refusals above are for their fault alone; defaults stand for what is left out."""
    given: Given = {**CONV, "padding": "same", "activation": "elu"}
    assert not refusal(
        ("Conv2D", [-1], given), ("Flatten", [0], {}), ("Dense", [1], {"units": [2]})
    )
    assert "given twice" in _twice()


def _twice() -> str:
    node = structs.CNode(operation=b"Dropout", input_count=1, attribute_count=2, trainable=1)
    node.inputs = (ctypes.c_int32 * 1)(-1)
    rates = (structs.CAttribute * 2)()
    for place in rates:
        place.name, place.numbers, place.count = b"rate", (ctypes.c_double * 1)(0.5), 1
    node.attributes = rates
    spec = structs.CSpec((structs.CNode * 1)(node), 1, 3, (ctypes.c_int32 * 3)(6, 6, 2), 1, 0)
    error = ctypes.create_string_buffer(ERROR_BYTES)
    assert library().sn_network_bytes(ctypes.byref(spec), error) == -1
    return error.value.decode()


def test_the_core_lists_weights_as_the_layers_do() -> None:
    """Name, shape and offset of each: two statements of one rule, in two languages."""
    layers = [
        kinds.Conv2D(3, (2, 3), use_bias=False),
        kinds.Conv2D(4, 1),
        kinds.Flatten(),
        kinds.Dense(5),
    ]
    network = native.Network(layers, (6, 6, 2))
    expected, offset = [], 0
    shape: Shape = (6, 6, 2)
    for index, layer in enumerate(layers):
        for weight in layer.weights(shape):
            expected.append((index, weight.name, weight.shape, offset, True))
            offset += weight.size
        shape = layer.output_shape(shape)
    assert network.weights == expected
    assert network.parameter_count == offset


def test_every_layer_is_a_row_of_the_table_and_has_its_attributes() -> None:
    """A field the table names and a layer lacks would be a default nobody asked for."""
    table = operators()
    assert set(kinds.LAYERS) <= set(table)
    for name, cls in kinds.LAYERS.items():
        fields = {a.name for a in table[name].attributes}
        assert fields <= set(cls.__dataclass_fields__), name


def test_defaults_of_the_table_are_those_of_the_classes() -> None:
    """The same network comes of what is left out, whichever side fills it in."""
    layers = [
        kinds.Rescaling(1),
        kinds.Conv2D(1, 1),
        kinds.MaxPooling2D(),
        kinds.Dense(1),
        kinds.ReLU(),
        kinds.LeakyReLU(),
        kinds.ELU(),
    ]
    for layer in layers:
        given = attributes_of(layer)
        for attribute in operators()[layer.class_name].attributes:
            if attribute.required or attribute.name not in given or attribute.name == "strides":
                continue
            value = given[attribute.name]
            default = attribute.default
            assert value == (default if isinstance(default, str) else (default,) * attribute.count)
