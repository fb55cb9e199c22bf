"""Writes the tables of docs/reference/formats.md, from the code that reads and writes each format.

    python tools/format_tables.py            writes the page if it is not current
    python tools/format_tables.py --check    only says so

A column is a title and a function of a layer, or of an activation. A new format adds one to
`LAYER_COLUMNS` and one to `ACTIVATION_COLUMNS`.
"""

from __future__ import annotations

import inspect
import re
import sys
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "src"))

import numpy as np  # noqa: E402 - after the path is set
from numpy.typing import NDArray  # noqa: E402 - the same

from spritenet import layers as kinds  # noqa: E402 - the same
from spritenet.errors import ModelError  # noqa: E402 - the same
from spritenet.export.c.float_layers import lower  # noqa: E402 - the same
from spritenet.export.keras_topology import OTHER_IN_KERAS, keras_topology  # noqa: E402 - the same
from spritenet.export.onnx.constants import FOLDED  # noqa: E402 - the same
from spritenet.export.onnx.graph_builder import GraphBuilder  # noqa: E402 - the same
from spritenet.export.onnx.layer_readers import READERS  # noqa: E402 - the same
from spritenet.export.onnx.layer_writers import WRITERS, write_layers  # noqa: E402 - the same
from spritenet.export.read_topology import IDLE  # noqa: E402 - the same
from spritenet.export.torch.layer_code import Written as TorchLayer  # noqa: E402 - the same
from spritenet.export.torch.layer_code import write_layer  # noqa: E402 - the same
from spritenet.export.torch.module_code import Code  # noqa: E402 - the same
from spritenet.export.torch.module_layers import READERS as MODULES  # noqa: E402 - the same
from spritenet.layers import Graph, Layer, activations  # noqa: E402 - the same
from spritenet.layers.random_layer import RandomLayer  # noqa: E402 - the same
from spritenet.quantization import quantize  # noqa: E402 - the same

PAGE = ROOT / "docs" / "reference" / "formats.md"
IMAGE = (6, 6, 4)
VALUES: dict[str, object] = {
    "activation": "relu",
    "dims": (2, 1, 3),
    "filters": 4,
    "groups": 2,
    "height": 4,
    "kernel_size": 3,
    "scale": 0.5,
    "target_shape": (-1,),
    "units": 3,
    "width": 4,
}
"""Arguments of the layers of which the tables are made."""

START = (
    "# Formats, layer by layer\n\n"
    "What each format of [model files](model-format.md) holds of each layer and activation. "
    "`tools/format_tables.py` makes these tables from the code, and a test compares them.\n\n"
    "*Both*: written and read. For ONNX, the operators that are written; they are read, too, "
    "unless marked *written*. Files that Spritenet wrote come back as they were, layer by layer. "
    "For PyTorch, the modules or functions that are written. For C, which is only written, "
    "the functions in float32, and the "
    "[operators](int8.md#operators) in int8.\n"
)


def sample(cls: type[Layer]) -> Layer:
    """A layer of a class, with arguments that fit `IMAGE`."""
    required = ("groups",) if cls.class_name == "GroupNormalization" else ()
    given = {
        p.name: VALUES.get(p.name, 0.1)
        for p in inspect.signature(cls).parameters.values()
        if p.default is p.empty or p.name in required
    }
    return cls(**given).named(cls.base_name())


def in_tensorflow_js(layer: Layer) -> str:
    """The part that TensorFlow.js's files hold of a layer."""
    if isinstance(layer, kinds.RandomCrop):
        return "written as Cropping2D"
    if isinstance(layer, kinds.Identity):
        return "written as Activation"
    if isinstance(layer, RandomLayer):
        return "left out"
    if layer.missing_in_tensorflow_js():
        return "both; TensorFlow.js lacks it"
    own = type(layer).missing_in_tensorflow_js is not Layer.missing_in_tensorflow_js
    return "both; TensorFlow.js lacks some arguments" if own else "both"


def in_keras(layer: Layer) -> str:
    """The part that Keras's files hold of a layer."""
    if isinstance(layer, kinds.RandomCrop):
        return "written; refused when read"
    if IDLE.fullmatch(layer.class_name):
        return "written; left out when read"
    return "both"


def in_onnx(layer: Layer) -> str:
    """The operators that a layer is in ONNX."""
    if isinstance(layer, kinds.RandomCrop):
        return "written as Slice"
    if isinstance(layer, RandomLayer):
        return "left out"
    if layer.class_name not in WRITERS:
        return "refused"
    return _operators(layer)


def _operators(layer: Layer) -> str:
    """The operators that are written for a layer, and whether they are read."""
    b = GraphBuilder()
    merges = type(layer).merged_shape is not Layer.merged_shape
    shapes = [IMAGE, IMAGE] if merges and layer.class_name in MERGING else [IMAGE]
    inputs = tuple(range(-1, 0)) * len(shapes)
    graph = Graph((layer,), (inputs,))
    (node,) = graph.nodes(IMAGE)
    count = sum(weight.size for weight in node.weights)
    write_layers(b, graph, IMAGE, np.ones(count, np.float32), "x")
    own = [name for name in b.operators if name != "Transpose" or isinstance(layer, kinds.Permute)]
    names = list(dict.fromkeys(own))
    if not names:
        return "no operator"
    is_read = all(name in READERS for name in names)
    return f"{', '.join(names)}{'' if is_read else ' (written)'}"


MERGING = ("Add", "Average", "Concatenate", "Maximum", "Minimum", "Multiply", "Subtract")


def activation_in_tensorflow_js(name: str) -> str:
    """The part that TensorFlow.js's files hold of an activation."""
    return "both; TensorFlow.js lacks it" if activations.missing(name) else "both"


def activation_in_keras(name: str) -> str:
    """The part that Keras's files hold of an activation."""
    layer = kinds.Activation(name).named("it")
    if name == OTHER_IN_KERAS:
        return "both; Keras computes another"
    try:
        keras_topology([layer], IMAGE, "model")
    except ModelError:
        return "refused"
    try:
        keras_topology([layer], IMAGE, "model", version=2)
    except ModelError:
        return "both, in .keras"
    return "both"


def activation_in_onnx(name: str) -> str:
    """The operators of an activation in ONNX."""
    return _operators(kinds.Activation(name).named("it"))


RESCALING = kinds.Rescaling(1 / 255, name="first")


def _after(*before: Layer, layer: Layer) -> tuple[Graph, NDArray[np.float32]]:
    """A layer after others, and the parameters of all."""
    inputs: list[tuple[int, ...]] = [(place - 1,) for place in range(len(before) + 1)]
    if layer.class_name in MERGING:
        inputs[-1] *= 2
    graph = Graph((*before, layer), tuple(inputs))
    count = sum(weight.size for node in graph.nodes(IMAGE) for weight in node.weights)
    return graph, np.ones(count, np.float32)


def in_c_float32(layer: Layer) -> str:
    """The functions of a layer in C."""
    if isinstance(layer, RandomLayer) and not isinstance(layer, kinds.RandomCrop):
        return "left out"
    graph, parameters = _after(RESCALING, layer=layer)
    try:
        program = lower(graph, IMAGE, parameters)
    except ModelError:
        return "refused"
    found = [one.function for one in program.operations if one.layer == layer.name]
    return ", ".join(f"`{name}`" for name in dict.fromkeys(found)) or "no function"


def in_c_int8(layer: Layer) -> str:
    """The integer operators of a layer."""
    if isinstance(layer, kinds.RandomCrop):
        return in_c_int8(kinds.CenterCrop(layer.height, layer.width, name=layer.name))
    if isinstance(layer, RandomLayer):
        return "left out"
    graph, parameters = _after(RESCALING, layer=layer)
    inner = graph.and_then(kinds.Flatten().named("last"))
    images = np.random.default_rng(0).integers(0, 256, (2, *IMAGE), np.uint8)
    try:
        integers = quantize(inner, IMAGE, parameters, images)
    except ModelError:
        pass
    else:
        names = [type(one).__name__ for one in integers.operators if one.name != "last"]
        return ", ".join(dict.fromkeys(names)) or "no operator"
    graph, parameters = _after(RESCALING, kinds.Dense(4, name="dense"), layer=layer)
    try:
        quantize(graph, IMAGE, parameters, images)
    except ModelError:
        return "refused"
    return "left out, at the end only"


def activation_in_c_float32(name: str) -> str:
    """The function of an activation in C."""
    return in_c_float32(kinds.Activation(name).named("it"))


def activation_in_c_int8(name: str) -> str:
    """The integer operator of an activation."""
    if name == "linear":
        return "no operator"
    return in_c_int8(kinds.Activation(name).named("it"))


def in_torch(layer: Layer) -> str:
    """The modules, or else functions, of a layer in PyTorch."""
    if isinstance(layer, kinds.RandomCrop):
        layer = kinds.CenterCrop(layer.height, layer.width, name=layer.name)
    if isinstance(layer, RandomLayer):
        return "left out"
    inputs = ("x", "x") if layer.class_name in MERGING else ("x",)
    (node,) = Graph((layer,), ((-1,) * len(inputs),)).nodes(IMAGE)
    arrays = {weight.name: np.ones(weight.shape, np.float32) for weight in node.weights}
    code = Code()
    try:
        write_layer(TorchLayer(code, node, "layer", arrays, inputs), "y")
    except ModelError:
        return "refused"
    lines = "\n".join([*code.made, *code.steps])
    names = re.findall(r"\bnn\.([A-Z]\w+)", lines) or re.findall(r"\b(?:F|torch)\.(\w+)", lines)
    return ", ".join(f"`{name}`" for name in dict.fromkeys(names)) or "an expression"


def activation_in_torch(name: str) -> str:
    """The function of an activation in PyTorch."""
    return "no function" if name == "linear" else in_torch(kinds.Activation(name).named("it"))


LAYER_COLUMNS: dict[str, Callable[[Layer], str]] = {
    "TensorFlow.js": in_tensorflow_js,
    "Keras": in_keras,
    "ONNX": in_onnx,
    "PyTorch": in_torch,
    "C, float32": in_c_float32,
    "C, int8": in_c_int8,
}
ACTIVATION_COLUMNS: dict[str, Callable[[str], str]] = {
    "TensorFlow.js": activation_in_tensorflow_js,
    "Keras": activation_in_keras,
    "ONNX": activation_in_onnx,
    "PyTorch": activation_in_torch,
    "C, float32": activation_in_c_float32,
    "C, int8": activation_in_c_int8,
}


def table(first: str, titles: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    lines = [[first, *titles], ["---"] * (len(titles) + 1), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def page() -> str:
    """The page."""
    layers = [
        [name, *(cell(sample(cls)) for cell in LAYER_COLUMNS.values())]
        for name, cls in sorted(kinds.LAYERS.items(), key=lambda item: item[0].lower())
    ]
    functions = [
        [f"`{name}`", *(cell(name) for cell in ACTIVATION_COLUMNS.values())]
        for name in sorted(activations.names())
    ]
    constant = [*sorted(set(FOLDED) - set(READERS)), "Constant", "Shape"]
    parts = [
        START,
        "## Layers\n",
        table("layer", list(LAYER_COLUMNS), layers),
        "## Activations\n",
        table("activation", list(ACTIVATION_COLUMNS), functions),
        "## ONNX's operators\n",
        f"Read as layers: {', '.join(sorted(READERS))}; Erf as part of Gelu.\n",
        f"Computed when all inputs are constant: {', '.join(sorted(constant))}.\n",
        "Every other operator is refused by name. `spritenet info FILE` lists those of a file.\n",
        "## PyTorch's modules\n",
        f"Read by `sn.from_torch`: {', '.join(sorted(MODULES))}.\n",
    ]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(parts))


def main() -> int:
    """Writes the page, or says that it isn't current."""
    made = page()
    if PAGE.exists() and PAGE.read_text(encoding="utf-8") == made:
        return 0
    if "--check" in sys.argv:
        print("docs/reference/formats.md is not current")
        return 1
    PAGE.write_text(made, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
