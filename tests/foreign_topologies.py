"""Topologies as other programs write them: which are read, and which are refused in what words."""

from __future__ import annotations

from typing import Any

from foreign_models import Layer, sequential

Json = Any
Weights = dict[str, tuple[int, ...]]
GREY = [None, 9, 9, 1]
DENSE: Weights = {"d/kernel": (81, 4), "d/bias": (4,)}
END: Layer = ("Dense", {"name": "d", "units": 4, "activation": "softmax"})
FLAT: Layer = ("Flatten", {"name": "f"})
POOLED: Weights = {"d/kernel": (9, 4), "d/bias": (4,)}
CONV: Weights = {"c/kernel": (3, 3, 1, 2), "c/bias": (2,), "d/kernel": (98, 4), "d/bias": (4,)}


def conv(**config: Json) -> Layer:
    """A first layer of CONV's shape."""
    return ("Conv2D", {"name": "c", "filters": 2, "batch_input_shape": GREY, **config})


STACKS: dict[str, tuple[list[Layer], Weights]] = {
    "pool size in camel case": (
        [("MaxPooling2D", {"name": "p", "poolSize": [3, 3], "batch_input_shape": GREY}), FLAT, END],
        POOLED,
    ),
    "strides and padding in camel case": (
        [
            (
                "AveragePooling2D",
                {"name": "p", "poolSize": 2, "strides": 3, "batchInputShape": GREY},
            ),
            FLAT,
            END,
        ],
        POOLED,
    ),
    "a convolution in camel case": (
        [
            conv(kernelSize=[3, 3], useBias=True, dataFormat="channelsLast", dilationRate=[1, 1]),
            FLAT,
            END,
        ],
        CONV,
    ),
    "no bias in camel case": (
        [conv(kernelSize=3, useBias=False), FLAT, END],
        {name: shape for name, shape in CONV.items() if name != "c/bias"},
    ),
    "batchInputShape": (
        [("InputLayer", {"batchInputShape": GREY, "dtype": "float32", "name": "i"}), FLAT, END],
        DENSE,
    ),
    "input_shape": ([("Flatten", {"name": "f", "input_shape": [9, 9, 1]}), END], DENSE),
    "no channels": ([("Flatten", {"name": "f", "batch_input_shape": [None, 9, 9]}), END], DENSE),
    "no channels, after a dropout": (
        [("Dropout", {"name": "o", "rate": 0.5, "batch_input_shape": [None, 9, 9]}), FLAT, END],
        DENSE,
    ),
    "channels by a reshape": (
        [
            ("Reshape", {"name": "r", "targetShape": [9, 9, 1], "batch_input_shape": [None, 9, 9]}),
            ("Conv2D", {"name": "c", "filters": 2, "kernel_size": 3}),
            FLAT,
            END,
        ],
        CONV,
    ),
    "rows": ([(END[0], {**END[1], "batch_input_shape": [None, 81]})], DENSE),
    "rows after an input": (
        [("InputLayer", {"name": "i", "batch_input_shape": [None, 81]}), END],
        DENSE,
    ),
    "a Dense over rows": (
        [
            ("Dense", {"name": "c", "units": 5, "batch_input_shape": [None, 9, 9]}),
            FLAT,
            END,
        ],
        {"c/kernel": (9, 5), "c/bias": (5,), "d/kernel": (45, 4), "d/bias": (4,)},
    ),
    "rows, reshaped": (
        [
            ("Reshape", {"name": "r", "target_shape": [9, -1, 1], "batch_input_shape": [None, 81]}),
            ("Conv2D", {"name": "c", "filters": 2, "kernel_size": 3}),
            ("Reshape", {"name": "r2", "target_shape": [98]}),
            END,
        ],
        CONV,
    ),
    "rows, reshaped twice": (
        [
            ("Reshape", {"name": "r", "target_shape": [9, 9], "batch_input_shape": [None, 81]}),
            ("Reshape", {"name": "r2", "target_shape": [9, 9, 1]}),
            ("Reshape", {"name": "r3", "target_shape": [9, 9, 1]}),
            ("Reshape", {"name": "r4", "target_shape": [81]}),
            END,
        ],
        DENSE,
    ),
    "an activation that is a layer": (
        [
            ("Flatten", {"name": "f", "batch_input_shape": GREY}),
            (
                "Dense",
                {
                    "name": "d",
                    "units": 4,
                    "activation": {
                        "class_name": "Activation",
                        "config": {"name": "a", "activation": "softmax"},
                    },
                },
            ),
        ],
        DENSE,
    ),
    "an activation that is a function": (
        [
            ("Flatten", {"name": "f", "batch_input_shape": GREY}),
            (
                "Dense",
                {"name": "d", "units": 4, "activation": {"className": "tanh", "config": {}}},
            ),
        ],
        DENSE,
    ),
    "layers that act while training": (
        [
            ("AlphaDropout", {"name": "x", "rate": 0.5, "batch_input_shape": GREY}),
            ("GaussianNoise", {"name": "g", "stddev": 0.5}),
            FLAT,
            END,
        ],
        DENSE,
    ),
    "a stack in a stack": (
        [
            ("Sequential", sequential([conv(kernel_size=3), FLAT])["config"]),
            (
                "Sequential",
                sequential([(END[0], {**END[1], "batch_input_shape": [None, 98]})])["config"],
            ),
        ],
        CONV,
    ),
}


def node(name: str, source: str, class_name: str, **config: Json) -> Json:
    """A layer of a Functional as Keras 2 writes it; `source` is "" for an input."""
    nodes = [[[source, 0, 0, {}]]] if source else []
    own = {"name": name, **config}
    return {"name": name, "class_name": class_name, "config": own, "inbound_nodes": nodes}


def functional(layers: list[Json], inputs: Json = None, outputs: Json = None) -> Json:
    """The topology of a Functional, from its first layer to its last."""
    config = {
        "name": "m",
        "layers": layers,
        "input_layers": inputs or [[layers[0]["name"], 0, 0]],
        "output_layers": outputs or [[layers[-1]["name"], 0, 0]],
    }
    return {"class_name": "Functional", "config": config}


def plain() -> list[Json]:
    """The layers of a Functional that is a stack."""
    return [
        node("i", "", "InputLayer", batch_input_shape=GREY, dtype="float32"),
        node("c", "i", "Conv2D", filters=2, kernel_size=[3, 3], activation="relu"),
        node("f", "c", "Flatten"),
        node("d", "f", "Dense", units=4, activation="softmax"),
    ]


def teachable_machine() -> list[Layer]:
    """A Sequential of a Model and a pooling, and one of two Dense; the outer one has no shape."""
    inner = functional(plain()[:2])["config"]
    pooled = sequential([("Model", inner), ("GlobalAveragePooling2D", {"name": "g"})])["config"]
    shape = {"batch_input_shape": [None, 2]}
    dense: Layer = ("Dense", {"name": "e", "units": 5, "activation": "relu", **shape})
    head = sequential([dense, (END[0], {**END[1], "use_bias": False})])["config"]
    return [("Sequential", {**pooled, "name": "s1"}), ("Sequential", {**head, "name": "s2"})]


STACKS["Teachable Machine's"] = (
    teachable_machine(),
    {
        "c/kernel": (3, 3, 1, 2),
        "c/bias": (2,),
        "e/kernel": (2, 5),
        "e/bias": (5,),
        "d/kernel": (5, 4),
    },
)

GRAPHS: dict[str, tuple[list[Json], str]] = {
    "an addition": (
        [
            *plain()[:2],
            node("a", "c", "Conv2D", filters=2, kernel_size=1),
            {**node("s", "a", "Add"), "inbound_nodes": [[["c", 0, 0, {}], ["f", 0, 0, {}]]]},
            node("f", "c", "Flatten"),
        ],
        "unsupported graph of layers: .* got a layer whose output nothing",
    ),
    "two ways": (
        [*plain(), node("e", "f", "Dense", units=2)],
        "unsupported graph of layers: .* a layer whose output nothing reads",
    ),
    "a layer used twice": (
        [*plain()[:3], {**plain()[3], "inbound_nodes": [[["f", 0, 0, {}]], [["f", 0, 0, {}]]]}],
        "d: unsupported graph of layers: .* got Dense used 2 times",
    ),
    "two inputs": (
        [node("j", "", "InputLayer", batch_input_shape=GREY), *plain()],
        "got 2 inputs",
    ),
    "training": (
        [*plain()[:3], {**plain()[3], "inbound_nodes": [[["f", 0, 0, {"training": True}]]]}],
        "d: unsupported graph of layers: .* called with",
    ),
    "a circle": (
        [plain()[0], node("f", "d", "Flatten"), node("d", "f", "Dense", units=4)],
        "unsupported graph of layers: .* a cycle",
    ),
}


REFUSED: dict[str, tuple[list[Layer], str]] = {
    "an unknown argument": (
        [("Flatten", {"name": "f", "batch_input_shape": GREY, "mirrored": True}), END],
        "f: Flatten has no argument 'mirrored': expected no arguments",
    ),
    "an unknown argument in camel case": (
        [
            ("Flatten", {"name": "f", "batch_input_shape": GREY}),
            (END[0], {**END[1], "unitCount": 1}),
        ],
        "d: Dense has no argument 'unit_count': expected activation, ",
    ),
    "two names, two values": (
        [("MaxPooling2D", {"poolSize": [3, 3], "pool_size": [2, 2], "batch_input_shape": GREY})],
        "pool_size is given twice, with different values",
    ),
    "an unknown layer": (
        [conv(kernel_size=3), ("LSTM", {"name": "n", "units": 4})],
        "n: unsupported layer 'LSTM'. Supported: Activation, ",
    ),
    "a convolution of rows": (
        [conv(kernel_size=3, batch_input_shape=[None, 9, 9]), FLAT, END],
        r"c: it needs an image: got \(9, 9\). Add an axis of channels: Reshape\(\(9, 9, 1\)\)",
    ),
    "four axes": (
        [("Dense", {"name": "d", "units": 4, "batch_input_shape": [None, 3, 3, 3, 3]})],
        r"known size: .* got \[null, 3, 3, 3, 3\]",
    ),
    "a reshape that doesn't fit": (
        [("Reshape", {"name": "r", "target_shape": [9, 8, 1], "batch_input_shape": [None, 81]})],
        "r: target_shape doesn't fit: its input has 81 values",
    ),
    "an activation that is none": (
        [conv(kernel_size=3, activation={"class_name": "Dense", "config": {"units": 1}})],
        "c: unsupported activation",
    ),
}
