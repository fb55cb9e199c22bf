"""Graph models of TensorFlow.js, written node by node as tensorflowjs_converter writes them."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Json = Any


def text(value: str) -> str:
    """A text of GraphDef in JSON."""
    return base64.b64encode(value.encode()).decode()


def strings(*values: str) -> Json:
    """A list of texts."""
    return {"list": {"s": [text(value) for value in values]}}


def integers(*values: int) -> Json:
    """A list of integers, which the protocol's JSON has as texts."""
    return {"list": {"i": [str(value) for value in values]}}


def dims(*sides: int) -> Json:
    """A shape; -1 for the batch."""
    return {"shape": {"dim": [{"size": str(side)} for side in sides]}}


class GraphModel:
    """A graph in the making; each method returns the name of its node."""

    def __init__(self, *shape: int, seed: int = 5) -> None:
        self.random = np.random.default_rng(seed)
        self.constants: dict[str, NDArray[Any]] = {}
        self.shape = shape
        self.nodes: list[Json] = [
            {
                "name": "x",
                "op": "Placeholder",
                "attr": {"dtype": {"type": "DT_FLOAT"}, "shape": dims(-1, *shape)},
            }
        ]

    def op(self, op: str, *inputs: str, **attributes: Json) -> str:
        """Adds a node."""
        name = f"net/{op}_{len(self.nodes)}"
        attributes.setdefault("T", {"type": "DT_FLOAT"})
        self.nodes.append({"name": name, "op": op, "input": list(inputs), "attr": attributes})
        return name

    def const(self, values: Json, dtype: str = "float32") -> str:
        """Adds a constant."""
        array = np.asarray(values, dtype)
        kind = {"float32": "DT_FLOAT", "int32": "DT_INT32", "bool": "DT_BOOL"}[dtype]
        name = self.op("Const", dtype={"type": kind}, value={"tensor": {"dtype": kind}})
        self.constants[name] = array
        return name

    def weights(self, *shape: int) -> str:
        """Adds a constant of random numbers."""
        return self.const(self.random.normal(0, 0.3, shape))

    def conv(self, x: str, *kernel: int, op: str = "Conv2D", **more: Json) -> str:
        """Adds a convolution of a kernel of that shape."""
        options = {
            "strides": integers(1, 1, 1, 1),
            "dilations": integers(1, 1, 1, 1),
            "padding": {"s": text("SAME")},
            "data_format": {"s": text("NHWC")},
            **more,
        }
        extra = options.pop("extra", [])
        return self.op(op, x, self.weights(*kernel), *extra, **options)

    def pool(self, op: str, x: str, size: int, stride: int, padding: str = "VALID") -> str:
        """Adds a pooling."""
        return self.op(
            op,
            x,
            ksize=integers(1, size, size, 1),
            strides=integers(1, stride, stride, 1),
            padding={"s": text(padding)},
            data_format={"s": text("NHWC")},
        )

    def head(self, x: str, features: int, classes: int = 4) -> str:
        """Adds a Dense with softmax, as nodes of its own."""
        product = self.op("MatMul", x, self.weights(features, classes))
        return self.op("Softmax", self.op("BiasAdd", product, self.weights(classes)))

    def write(self, folder: Path, **more: Json) -> Path:
        """Writes model.json and one file of weights; returns the JSON's path."""
        folder.mkdir(parents=True, exist_ok=True)
        entries, data = [], b""
        for name, array in self.constants.items():
            stored = array.astype(array.dtype.newbyteorder("<"))
            entries.append({"name": name, "shape": list(array.shape), "dtype": str(array.dtype)})
            data += stored.tobytes()
        output = self.nodes[-1]["name"]
        content = {
            "format": "graph-model",
            "generatedBy": "2.15.0",
            "convertedBy": "TensorFlow.js Converter v4.22.0",
            "signature": {
                "inputs": {
                    "x": {
                        "name": "x:0",
                        "dtype": "DT_FLOAT",
                        "tensorShape": dims(-1, *self.shape)["shape"],
                    }
                },
                "outputs": {"y": {"name": f"{output}:0", "dtype": "DT_FLOAT"}},
            },
            "modelTopology": {"node": self.nodes, "library": {}, "versions": {"producer": 1882}},
            "weightsManifest": [{"paths": ["group1-shard1of1.bin"], "weights": entries}],
            **more,
        }
        (folder / "group1-shard1of1.bin").write_bytes(data)
        (folder / "model.json").write_text(json.dumps(content))
        return folder / "model.json"
