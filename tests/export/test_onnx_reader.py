"""ONNX files of other programs: read to the outputs that onnxruntime gives, or refused by name."""

from __future__ import annotations

import random
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from numpy.typing import NDArray

from fuzz_input import mutated
from onnx_networks import MERGING, ON_IMAGES, random_graph, saved
from onnx_oracle import onnx, run
from random_networks import saved_models
from spritenet import export
from spritenet import layers as kinds
from spritenet.errors import DataWarning, ModelError
from spritenet.export import SavedModel
from spritenet.layers import Graph, Layer
from spritenet.model import model_of

helper = onnx.helper
FLOAT = onnx.TensorProto.FLOAT
Arrays = dict[str, NDArray[Any]]
WRITTEN_ONLY = {
    "CenterCrop": "Slice",
    "UnitNormalization": "ReduceSumSquare",
    "RMSNormalization": "ReduceMean",
}


def array(*shape: int, low: float = -1, seed: int = 0) -> NDArray[np.float32]:
    """Random numbers."""
    return np.random.default_rng(seed).uniform(low, 1, shape).astype(np.float32)


def file(
    path: Path,
    nodes: Sequence[Any],
    constants: Arrays,
    shape: Sequence[int | str] = ("n", 3, 8, 7),
    opset: int = 17,
    outputs: Sequence[str] = ("y",),
    dtype: int = FLOAT,
) -> Path:
    """Writes a graph from "x" to "y"."""
    graph = helper.make_graph(
        nodes,
        "theirs",
        [helper.make_tensor_value_info("x", dtype, shape)],
        [helper.make_tensor_value_info(name, FLOAT, None) for name in outputs],
        [onnx.numpy_helper.from_array(values, name) for name, values in constants.items()],
    )
    opsets = [helper.make_opsetid("", opset)]
    onnx.save(helper.make_model(graph, opset_imports=opsets, ir_version=8), path)
    return path


def node(operator: str, *inputs: str, out: str = "y", **attributes: Any) -> Any:  # noqa: ANN401 - onnx's
    """A node of one output."""
    return helper.make_node(operator, inputs, [out], out, **attributes)


def load(path: Path) -> SavedModel:
    """The model of a file, whose pixels are scaled to 0..1."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DataWarning)
        return export.load(path)


def check(path: Path, *, first: bool = True, image: bool = False) -> SavedModel:
    """Compares the network that is read with what onnxruntime computes for pixels from 0 to 1.

    Args:
        path: the file.
        first: True if it takes n c h w.
        image: True if it gives n c h w, of which ours is n h w c.
    """
    model = load(path)
    images = np.random.default_rng(0).integers(0, 256, (2, *model.image_shape), dtype=np.uint8)
    inputs = (images / np.float32(255)).astype(np.float32)
    inputs = inputs.transpose(0, 3, 1, 2) if first else inputs.reshape(2, *model.input_shape)
    expected = next(iter(run(path, inputs).values()))
    found = model_of(model).predict(images)
    expected = expected.transpose(0, 2, 3, 1) if image else expected
    scale = max(1.0, float(np.abs(expected).max(initial=0)))
    np.testing.assert_allclose(
        found.reshape(expected.shape), expected, rtol=1e-5, atol=1e-5 * scale
    )
    return model


def of_images(operator: str, *shapes: tuple[int, ...], opset: int = 17, **attributes: Any) -> Any:  # noqa: ANN401 - pytest's
    """A case: an operator of images and weights of some shapes."""
    weights = {f"w{i}": array(*shape, low=0.1, seed=i) for i, shape in enumerate(shapes)}
    one = node(operator, "x", *weights, **attributes)
    name = f"{operator}-{opset}-{attributes}".replace(" ", "")
    return pytest.param([one], weights, opset, id=name)


def of_constants(operator: str, *constants: Any, opset: int = 17, **attributes: Any) -> Any:  # noqa: ANN401 - as above
    """A case: an operator of images and constants; None is left out."""
    given = {f"c{i}": value for i, value in enumerate(constants) if value is not None}
    names = [f"c{i}" if value is not None else "" for i, value in enumerate(constants)]
    name = f"{operator}-{opset}-{[None if c is None else c.tolist() for c in constants]}"
    return pytest.param([node(operator, "x", *names, **attributes)], given, opset, id=name)


def whole(*values: int) -> NDArray[np.int64]:
    """Integers."""
    return np.array(values, np.int64)


def real(*values: float) -> NDArray[np.float32]:
    """Numbers; one is without an axis."""
    return np.array(values if len(values) > 1 else values[0], np.float32)


IMAGES = [
    of_images("Conv", (4, 3, 3, 2)),
    of_images("Conv", (4, 3, 3, 2), (4,), strides=[2, 1], auto_pad="SAME_UPPER"),
    of_images("Conv", (4, 3, 4, 2), (4,), strides=[2, 2], auto_pad="SAME_LOWER"),
    of_images("Conv", (4, 3, 3, 3), pads=[1, 0, 2, 1], dilations=[2, 1]),
    of_images("Conv", (6, 1, 3, 3), (6,), group=3, pads=[1, 1, 1, 1]),
    of_images("ConvTranspose", (3, 4, 3, 2), (4,), strides=[2, 3], output_padding=[1, 2]),
    of_images("ConvTranspose", (3, 4, 3, 3), strides=[2, 2], pads=[1, 0, 1, 2]),
    of_images("MaxPool", kernel_shape=[3, 2], strides=[2, 2], pads=[1, 0, 1, 1]),
    of_images("MaxPool", kernel_shape=[3, 2], auto_pad="SAME_UPPER", strides=[2, 2]),
    of_images("MaxPool", kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
    of_images("AveragePool", kernel_shape=[2, 3], strides=[2, 2]),
    of_images("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1], count_include_pad=1),
    of_images("AveragePool", kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
    of_images("BatchNormalization", (3,), (3,), (3,), (3,), epsilon=0.01),
    of_images("InstanceNormalization", (3,), (3,)),
    of_images("GroupNormalization", (3,), (3,), opset=21, num_groups=3),
    of_images("GroupNormalization", (1,), (1,), opset=18, num_groups=1),
    of_images("PRelu", (3, 1, 1)),
    of_images("PRelu", (3, 8, 7)),
    of_images("PRelu", (1,)),
    of_images("GlobalAveragePool"),
    of_images("GlobalMaxPool"),
    of_images("ReduceMean", axes=[2, 3], keepdims=0),
    of_images("ReduceMax", axes=[-1, -2]),
    of_constants("ReduceMean", whole(2, 3), opset=18),
    of_constants("Pad", whole(0, 0, 1, 2, 0, 0, 0, 3)),
    of_constants("Pad", whole(0, 0, -1, 2, 0, 0, 0, -3)),
    of_constants("Slice", whole(1, -4), whole(-1, 2**62), whole(2, 3)),
    of_constants("Resize", None, real(1, 1, 2, 3), mode="nearest"),
    of_constants(
        *("Resize", None, real(1, 1, 3, 3)),
        mode="nearest",
        coordinate_transformation_mode="asymmetric",
        nearest_mode="floor",
    ),
    of_constants("Resize", None, real(1, 1, 2, 2), mode="linear"),
    of_constants("Resize", None, None, whole(2, 3, 5, 11), mode="linear"),
    of_constants(
        *("Resize", None, None, whole(2, 3, 11, 5)),
        mode="nearest",
        nearest_mode="round_prefer_ceil",
    ),
    of_constants("Upsample", real(1, 1, 2, 3), opset=9),
    of_constants("Clip", real(0.2), real(0.6)),
    of_constants("Clip", None, real(0.6)),
    of_constants("Clip", real(0), real(6)),
    of_constants("Max", real(0.3)),
    of_constants("Min", real(0.3)),
    of_constants("Add", array(3, 1, 1)),
    of_constants("Sub", array(1, 3, 1, 1)),
    of_constants("Mul", array(3, 1, 1)),
    of_constants("Div", real(0.25)),
    of_constants("Mul", array(1, 7)),
    of_images("Clip", opset=7, min=0.1, max=0.9),
    of_images("HardSigmoid", alpha=0.3, beta=0.1),
    of_images("HardSigmoid", alpha=0.5, beta=0.5),
    of_images("LeakyRelu"),
    of_images("Elu", alpha=0.5),
    of_images("Softmax", axis=1),
    of_images("Softmax", axis=-1),
    of_images("Softmax", axis=2),
    of_images("LogSoftmax", axis=1),
    of_images("ThresholdedRelu", alpha=0.4),
    of_images("Shrink", lambd=0.5, bias=0.5),
    of_images("Swish", opset=24),
    of_images("Celu"),
    of_images("Identity"),
    of_images("Dropout"),
    of_images("Cast", to=1),
    of_images("Transpose", perm=[0, 1, 3, 2]),
]


@pytest.mark.parametrize(("nodes", "constants", "opset"), IMAGES)
def test_operators_of_images(
    nodes: list[Any], constants: Arrays, opset: int, tmp_path: Path
) -> None:
    """Each, after pixels that may be negative and before a flattened product."""
    is_max = nodes[0].op_type == "MaxPool"  # padded with zeros here, if they change nothing
    before = [node("Relu" if is_max else "Identity", "shifted", out="moved")]
    nodes[0].name = "made"
    del nodes[0].input[0]
    nodes[0].input.insert(0, "moved")
    nodes[0].output[0] = "made"
    probe = file(
        tmp_path / "probe.onnx",
        [node("Sub", "x", "half", out="shifted"), *before, *nodes],
        {**constants, "half": real(0.5)},
        opset=opset,
        outputs=["made"],
    )
    shape = run(probe, np.zeros((2, 3, 8, 7), np.float32))["made"].shape
    size = int(np.prod(shape[1:]))
    path = file(
        tmp_path / "m.onnx",
        [
            node("Sub", "x", "half", out="shifted"),
            *before,
            *nodes,
            node("Flatten", "made", out="flat"),
            node("MatMul", "flat", "kernel"),
        ],
        {**constants, "half": real(0.5), "kernel": array(size, 5, seed=9) / np.float32(size**0.5)},
        opset=opset,
    )
    check(path)


def theirs(layers: Sequence[Layer], path: Path) -> SavedModel:
    """A chain of layers written, without the metadata that would restore it."""
    model = saved(Graph.of(layers))
    strip(model, path)
    return model


def strip(model: SavedModel, path: Path) -> None:
    """Writes a model as another program would."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        export.save(model, path)
    content = onnx.load(path)
    del content.metadata_props[:]
    onnx.save(content, path)


def same_predictions(first: SavedModel, second: SavedModel) -> None:
    """Two models give the same outputs."""
    images = np.random.default_rng(0).integers(0, 256, (2, *first.image_shape), dtype=np.uint8)
    a, b = model_of(first).predict(images), model_of(second).predict(images)
    scale = max(1.0, float(np.abs(a).max(initial=0)))
    np.testing.assert_allclose(b.reshape(a.shape), a, rtol=1e-5, atol=1e-5 * scale)


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(model=saved_models(optimizer=False))
def test_random_networks_without_metadata(
    model: SavedModel, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """The operators alone give the same network, apart from what only matters in training."""
    path = tmp_path_factory.getbasetemp() / "stripped.onnx"
    strip(model, path)
    same_predictions(model, load(path))


@pytest.mark.parametrize("seed", range(6))
def test_random_graphs_without_metadata(seed: int, tmp_path: Path) -> None:
    """The operators alone give the same network, or one is refused by name."""
    model = random_graph(seed)
    strip(model, tmp_path / "m.onnx")
    try:
        same_predictions(model, load(tmp_path / "m.onnx"))
    except ModelError as error:
        assert "unsupported operator 'TopK'" in str(error)  # noqa: PT017 - of sparsemax, as it comes


@pytest.mark.parametrize("layer", ON_IMAGES, ids=repr)
def test_written_layers_without_metadata(layer: Layer, tmp_path: Path) -> None:
    """A written file is read by its operators, or refused by the name of one."""
    before = [kinds.Rescaling(1 / 64, -2), kinds.Conv2D(4, 1)]
    model = theirs([*before, layer, kinds.Flatten()], tmp_path / "m.onnx")
    try:
        same_predictions(model, load(tmp_path / "m.onnx"))
    except ModelError as error:
        assert any(word in str(error) for word in REFUSED), error  # noqa: PT017 - some aren't refused


REFUSED = (
    *("'Where'", "'GreaterOrEqual'", "'TopK'", "'ReduceSumSquare'", "'Gather'", "'Sqrt'"),
    *("ReduceMean", "LogSoftmax: unsupported axis", "Resize: unsupported", "of a shape of its own"),
)


def test_merged_branches(tmp_path: Path) -> None:
    """Tensors in either order of axes, merged in each way."""
    operators = ["Add", "Sub", "Mul", "Max", "Min", "Mean", "Sum"]
    nodes = [
        node("Transpose", "x", out="last", perm=[0, 2, 3, 1]),
        node("MatMul", "last", "kernel", out="mixed"),
        node("Transpose", "mixed", out="other", perm=[0, 3, 1, 2]),
        node("Transpose", "x", out="t", perm=[0, 2, 3, 1]),
    ]
    sources = ["x"]
    for place, operator in enumerate(operators):
        nodes.append(node(operator, sources[-1], "other", out=f"m{place}"))
        sources.append(f"m{place}")
    nodes += [
        node("Concat", "x", *sources[1:], out="all", axis=1),
        node("GlobalAveragePool", "all", out="pooled"),
        node("Mul", "all", "pooled", out="scaled"),
        node("Flatten", "scaled", out="f"),
        node("Gemm", "f", "w", "b", transB=1, alpha=0.5, beta=2.0),
    ]
    constants: Arrays = {
        "kernel": array(3, 3),
        "w": array(4, 8 * 3 * 56, seed=1) / 30,
        "b": array(4),
    }
    model = check(file(tmp_path / "m.onnx", nodes, constants))
    assert {layer.class_name for layer in model.layers} >= {layer.class_name for layer in MERGING}


def test_the_model_zoos_mnist(tmp_path: Path) -> None:
    """CNTK's export: opset 8, biases added, a reshaped kernel, weights among the inputs."""
    nodes = [
        node("Reshape", "Parameter193", "shape1", out="reshaped"),
        node("Conv", "x", "Parameter5", out="c1", auto_pad="SAME_UPPER", kernel_shape=[5, 5]),
        node("Add", "c1", "Parameter6", out="p1"),
        node("Relu", "p1", out="r1"),
        node("MaxPool", "r1", out="m1", kernel_shape=[2, 2], strides=[2, 2], auto_pad="NOTSET"),
        node("Conv", "m1", "Parameter87", out="c2", auto_pad="SAME_UPPER", kernel_shape=[5, 5]),
        node("Add", "c2", "Parameter88", out="p2"),
        node("Relu", "p2", out="r2"),
        node("MaxPool", "r2", out="m2", kernel_shape=[3, 3], strides=[3, 3], auto_pad="NOTSET"),
        node("Reshape", "m2", "shape0", out="flat"),
        node("MatMul", "flat", "reshaped", out="t"),
        node("Add", "t", "Parameter194"),
    ]
    constants: Arrays = {
        "Parameter193": array(16, 4, 4, 10),
        "shape1": whole(256, 10),
        "Parameter5": array(8, 1, 5, 5),
        "Parameter6": array(8, 1, 1),
        "Parameter87": array(16, 8, 5, 5),
        "Parameter88": array(16, 1, 1),
        "shape0": whole(1, 256),
        "Parameter194": array(1, 10),
    }
    path = file(tmp_path / "m.onnx", nodes, constants, (1, 1, 28, 28), opset=8)
    content = onnx.load(path)
    for name, values in constants.items():
        kind = helper.np_dtype_to_tensor_dtype(values.dtype)
        content.graph.input.append(helper.make_tensor_value_info(name, kind, values.shape))
    onnx.save(content, path)
    model = load(path)
    assert [layer.class_name for layer in model.layers] == [
        *("Rescaling", "Conv2D", "MaxPooling2D", "Conv2D", "MaxPooling2D", "Flatten", "Dense")
    ]
    assert any("outputs are logits" in note for note in model.notes)
    images = np.random.default_rng(0).integers(0, 256, (1, 28, 28, 1), dtype=np.uint8)
    expected = run(path, (images / np.float32(255)).reshape(1, 1, 28, 28))["y"]
    assert model_of(model).predict(images) == pytest.approx(expected, rel=1e-5, abs=1e-5)


def test_channels_last_as_tensorflow_exports(tmp_path: Path) -> None:
    """A transpose to n c h w, a product of the last axis, a reshape by a computed shape."""
    nodes = [
        node("Transpose", "x", out="t", perm=[0, 3, 1, 2]),
        node("Conv", "t", "k", out="c", pads=[1, 1, 1, 1]),
        node("Relu", "c", out="r"),
        node("Transpose", "r", out="last", perm=[0, 2, 3, 1]),
        node("Add", "last", "bias", out="b"),
        node("Shape", "b", out="s"),
        node("Slice", "s", "zero", "one", out="n"),
        node("Concat", "n", "size", out="whole", axis=0),
        node("Reshape", "b", "whole", out="f"),
        node("MatMul", "f", "w", out="m"),
        node("Softmax", "m"),
    ]
    constants: Arrays = {
        "k": array(4, 3, 3, 3),
        "bias": array(4),
        "zero": whole(0),
        "one": whole(1),
        "size": whole(-1),
        "w": array(8 * 7 * 4, 3),
    }
    path = file(tmp_path / "m.onnx", nodes, constants, ("n", 8, 7, 3))
    model = check(path, first=False)
    assert not any(isinstance(layer, kinds.Permute) for layer in model.layers)


def test_scaled_pixels(tmp_path: Path) -> None:
    """Bytes are pixels; floats that are divided by 255 are, too; others are assumed to be 0..1."""
    tail = [node("Flatten", "scaled", out="f"), node("MatMul", "f", "w")]
    constants: Arrays = {"w": array(75, 3), "c": real(255), "m": real(0.5), "s": real(0.5)}
    uint8 = onnx.TensorProto.UINT8
    shape = ("n", 3, 5, 5)
    first = [node("Cast", "x", out="float", to=1), node("Div", "float", "c", out="scaled"), *tail]
    path = file(tmp_path / "m.onnx", first, constants, shape, dtype=uint8)
    model = load(path)
    assert not model.assumed
    images = np.random.default_rng(0).integers(0, 256, (2, 5, 5, 3), dtype=np.uint8)
    expected = run(path, images.transpose(0, 3, 1, 2))["y"]
    assert model_of(model).predict(images) == pytest.approx(expected, rel=1e-5, abs=1e-5)
    second = [node("Sub", "x", "m", out="moved"), node("Div", "moved", "s", out="scaled"), *tail]
    path = file(tmp_path / "m.onnx", second, constants, shape)
    model = load(path)
    assert model.assumed
    assert "0..1 is assumed" in model.notes[-1]
    check(path)


GELU = [
    [("Mul", "x", "e1", "p"), ("Mul", "p", "half", "made")],
    [("Mul", "x", "half", "p"), ("Mul", "p", "e1", "made")],
    [("Mul", "e1", "half", "p"), ("Mul", "p", "x", "made")],
]


@pytest.mark.parametrize("products", GELU)
def test_gelu_of_older_exporters(products: list[tuple[str, ...]], tmp_path: Path) -> None:
    """x/2 · (1 + erf(x/√2)) in each order."""
    nodes = [
        node("Div", "x", "root", out="d"),
        node("Erf", "d", out="e"),
        node("Add", "e", "one", out="e1"),
        *(node(operator, a, b, out=to) for operator, a, b, to in products),
        node("Flatten", "made", out="f"),
        node("MatMul", "f", "w"),
    ]
    constants: Arrays = {
        "root": real(2**0.5),
        "one": real(1),
        "half": real(0.5),
        "w": array(168, 2),
    }
    model = check(file(tmp_path / "m.onnx", nodes, constants))
    assert "gelu" in {getattr(layer, "activation", "") for layer in model.layers}


def test_pytorchs_group_normalization(tmp_path: Path) -> None:
    """An InstanceNormalization of groups, then a scale and an offset."""
    nodes = [
        node("Conv", "x", "k", out="c"),
        node("Reshape", "c", "groups", out="g"),
        node("InstanceNormalization", "g", "ones", "zeros", out="i"),
        node("Reshape", "i", "back", out="b"),
        node("Mul", "b", "gamma", out="m"),
        node("Add", "m", "beta", out="a"),
        node("Flatten", "a", out="f"),
        node("MatMul", "f", "w"),
    ]
    constants: Arrays = {
        "k": array(4, 3, 1, 1),
        "groups": whole(0, 2, -1),
        "ones": np.ones(2, np.float32),
        "zeros": np.zeros(2, np.float32),
        "back": whole(0, 4, 8, 7),
        "gamma": array(4, 1, 1),
        "beta": array(4, 1, 1, seed=3),
        "w": array(224, 2),
    }
    model = check(file(tmp_path / "m.onnx", nodes, constants))
    assert [layer.class_name for layer in model.layers][2:3] == ["GroupNormalization"]


Change = Callable[[Any], Any]


def changed(path: Path, change: Change) -> Path:
    """A file of Conv, Flatten and Gemm, changed."""
    nodes = [
        node("Conv", "x", "k", "b", out="c"),
        node("Flatten", "c", out="f"),
        node("Gemm", "f", "w"),
    ]
    file(path, nodes, {"k": array(4, 3, 3, 3), "b": array(4), "w": array(120, 2)})
    content = onnx.load(path)
    change(content)
    onnx.save(content, path)
    return path


def operator(name: str, domain: str = "") -> Change:
    """Replaces the operator of the second node."""

    def change(model: Any) -> None:  # noqa: ANN401 - onnx's
        model.graph.node[1].op_type, model.graph.node[1].domain = name, domain

    return change


def dims(*shape: int) -> Change:
    """Gives the kernel another shape."""

    def change(model: Any) -> None:  # noqa: ANN401 - onnx's
        model.graph.initializer[0].dims[:] = shape

    return change


def external(location: str, **entries: str) -> Change:
    """Moves the kernel into another file."""

    def change(model: Any) -> None:  # noqa: ANN401 - onnx's
        tensor = model.graph.initializer[0]
        tensor.ClearField("raw_data")
        tensor.data_location = 1
        for key, value in {"location": location, **entries}.items():
            tensor.external_data.add(key=key, value=value)

    return change


MISTAKES: list[tuple[Change, str]] = [
    (operator("LSTM"), "f: unsupported operator 'LSTM'. docs/reference/formats.md lists"),
    (operator("QuantizeLinear"), "unsupported operator 'QuantizeLinear'"),
    (operator("Flatten", "com.acme"), "unsupported operator 'com.acme.Flatten'"),
    (lambda m: m.graph.node[1].input.__setitem__(0, "gone"), "f: Flatten: an input that nothing"),
    (lambda m: m.graph.output.add(name="c"), "unsupported outputs: expected one output, got y, c"),
    (lambda m: m.graph.input.add(name="z"), "unsupported inputs: expected one input, got x, z"),
    (lambda m: m.opset_import[0].__setattr__("version", 3), "opset 7 to 28, got 3"),
    (dims(4, 3, 3, 4), "k: a tensor's size doesn't fit its shape: expected 576 bytes, got 432"),
    (dims(2**31, 2**20), "k: a tensor's size doesn't fit its shape: expected 9,007,199"),
    (dims(4, -3, 3, 3), "k: invalid shape"),
    (dims(4, 27), "c: Conv: weights of another shape"),
    (external("../secret"), "outside the model's folder: expected a file beside the model"),
    (external("/etc/passwd"), "outside the model's folder"),
    (external("link.bin"), "outside the model's folder"),
    (external("gone.bin"), "the file of its values can't be read: got gone.bin"),
    (external("short.bin"), "too short: expected short.bin of 432 bytes, got 3"),
    (external("short.bin", length=str(2**40)), "expected 432 bytes, got 1,099,511,627,776"),
    (external("short.bin", offset="-1"), "invalid place of its values: got -1"),
    (lambda m: m.functions.add(name="f"), "functions of its own are unsupported"),
    (
        lambda m: m.graph.node[1].attribute.add(name="body", type=5).g.node.add(op_type="Relu"),
        "graphs in nodes, as of If and Loop, are unsupported",
    ),
    (
        lambda m: m.graph.input[0].type.tensor_type.shape.dim[2].__setattr__("dim_param", "h"),
        "the network doesn't take images of a known size: expected n × channels",
    ),
    (lambda m: m.graph.node[0].attribute.add(name="group", type=2, i=0), "invalid kernel_shape"),
    (
        lambda m: m.graph.node[0].attribute.add(name="pads", type=7, ints=[2**40, 0, 0, 0]),
        "Conv: invalid pads",
    ),
    (
        lambda m: m.graph.initializer[0].__setattr__("raw_data", b"\xff" * 432),
        "a weight is not a finite number",
    ),
]


@pytest.mark.parametrize(("change", "message"), MISTAKES, ids=[line[:40] for _, line in MISTAKES])
def test_mistakes_are_one_line(change: Change, message: str, tmp_path: Path) -> None:
    """Unsupported, damaged and hostile files."""
    folder = tmp_path / "models"
    folder.mkdir()
    (tmp_path / "secret").write_bytes(bytes(432))
    (folder / "link.bin").symlink_to(tmp_path / "secret")
    (folder / "short.bin").write_bytes(b"abc")
    path = changed(folder / "m.onnx", change)
    with pytest.raises(ModelError) as caught:
        load(path)
    line = str(caught.value)
    assert message in line
    assert line.startswith(str(path))
    assert "\n" not in line


def test_weights_in_a_file_beside(tmp_path: Path) -> None:
    """As large models have them."""
    path = changed(tmp_path / "m.onnx", lambda _: None)
    expected = load(path)
    onnx.save(onnx.load(path), path, save_as_external_data=True, size_threshold=0)
    assert load(path).weights_sha256 == expected.weights_sha256


def bomb(field: int, count: int) -> bytes:
    """A graph of many empty messages."""
    inside = bytes([field << 3 | 2, 0]) * count
    size = len(inside)
    length = bytes([size & 127 | 128, size >> 7 & 127 | 128, size >> 14 & 127 | 128, size >> 21])
    return b"\x08\x08\x3a" + length + inside


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (bomb(1, 310_000), "too much content"),
        (b"\x08\x08\x3a\xff\xff\xff\xff\x07", "not an ONNX model, or damaged"),
        (b"\x08\x08", "not an ONNX model: it has no graph"),
        (b"\xff" * 40, "not an ONNX model, or damaged"),
        (b"", "not an ONNX model"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git LFS"),
    ],
    ids=["bomb", "claims", "empty", "noise", "nothing", "pointer"],
)
def test_files_that_are_no_models(content: bytes, message: str, tmp_path: Path) -> None:
    """Refused before anything is parsed."""
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(ModelError, match=message):
        load(tmp_path / "m.onnx")


def test_constants_that_grow_are_refused(tmp_path: Path) -> None:
    """A sum of a row and a column, and a list that is doubled again and again."""
    big, small = array(40_000), array(3, 3)
    grown = [node("Add", "row", "column", out="sum"), node("MatMul", "x", "sum")]
    doubled = [node("Concat", f"d{i}", f"d{i}", out=f"d{i + 1}", axis=0) for i in range(40)]
    cases: list[tuple[list[Any], Arrays]] = [
        (grown, {"row": big.reshape(1, -1), "column": big.reshape(-1, 1)}),
        ([*doubled, node("MatMul", "x", "d40")], {"d0": small}),
    ]
    for nodes, constants in cases:
        path = file(tmp_path / "m.onnx", nodes, constants)
        with pytest.raises(ModelError, match="constants that are too large"):
            load(path)


def test_random_changes_are_refused_in_one_line_or_read(tmp_path: Path) -> None:
    """Bits, numbers, lost and doubled parts of two files: no other error, in little time."""
    path = tmp_path / "m.onnx"
    theirs([kinds.Rescaling(1 / 255), kinds.Conv2D(2, 3), kinds.Flatten()], path)
    seeds = [path.read_bytes(), changed(path, lambda _: None).read_bytes()]
    chance = random.Random(1)  # noqa: S311 - reproducible
    read = 0
    for _ in range(150):
        path.write_bytes(mutated(chance.choice(seeds), chance, seeds))
        try:
            load(path)
            read += 1
        except ModelError as error:
            assert "\n" not in str(error)  # noqa: PT017 - some are read
    assert 8 < read < 142
