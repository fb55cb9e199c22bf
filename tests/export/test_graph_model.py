"""Graph models: the outputs that TensorFlow.js computes of the same file, or one clear line."""

from __future__ import annotations

import subprocess
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from graph_models import GraphModel, integers, strings, text
from spritenet.errors import DataWarning, ModelError
from spritenet.export import load

Make = Callable[[], GraphModel]
AXES = [1, 2]


def plain() -> GraphModel:
    """Convolutions with fused bias and activation, poolings, and a head."""
    g = GraphModel(12, 10, 1)
    x = g.conv(
        "x",
        *(3, 3, 1, 4),
        op="_FusedConv2D",
        extra=[g.weights(4)],
        fused_ops=strings("BiasAdd", "Relu"),
        num_args={"i": "1"},
        epsilon={"f": 0},
    )
    x = g.pool("MaxPool", x, 2, 2)
    x = g.conv(x, 3, 3, 4, 6, strides=integers(1, 2, 2, 1))
    x = g.op("Relu6", g.op("BiasAdd", x, g.weights(6)))
    x = g.pool("AvgPool", x, 3, 1, "SAME")
    x = g.op("Reshape", x, g.const([-1, 54], "int32"))
    g.op("Identity", g.head(x, 54))
    return g


def mobile() -> GraphModel:
    """Inputs of 0..1 brought to -1..1, depthwise convolutions, shortcuts, a gate, a mean."""
    g = GraphModel(12, 10, 3)
    x = g.op("Sub", g.op("Mul", "x", g.const(2.0)), g.const(1.0))
    x = g.op("Pad", x, g.const([[0, 0], [0, 1], [0, 1], [0, 0]], "int32"))
    x = g.conv(x, 3, 3, 3, 8, strides=integers(1, 2, 2, 1), padding={"s": text("VALID")})
    averages = [g.weights(8), g.weights(8), g.weights(8), g.const(g.random.uniform(0.5, 1, 8))]
    x = g.op("FusedBatchNormV3", x, *averages, epsilon={"f": 0.001}, is_training={"b": False})
    x = g.op("Relu6", x)
    y = g.conv(
        x,
        *(3, 3, 8, 1),
        op="FusedDepthwiseConv2dNative",
        extra=[g.weights(8)],
        fused_ops=strings("BiasAdd", "Relu6"),
        num_args={"i": "1"},
    )
    y = g.op("AddV2", g.conv(y, 1, 1, 8, 8), g.weights(8))
    x = g.op("AddV2", x, y)
    gate = g.op("Mean", x, g.const(AXES, "int32"), keep_dims={"b": True})
    x = g.op("Mul", x, g.op("Sigmoid", g.conv(gate, 1, 1, 8, 8)))
    x = g.op("ConcatV2", x, y, g.const(-1, "int32"))
    x = g.op("Mean", x, g.const(AXES, "int32"), keep_dims={"b": False})
    g.head(x, 16)
    return g


def shapes() -> GraphModel:
    """Raw pixels; shapes computed from that of the batch, as Keras's Flatten and Reshape are."""
    g = GraphModel(6, 6, 2)
    x = g.op("Sub", g.op("Mul", "x", g.const(1 / 127.5)), g.const(1.0))
    x = g.op("Transpose", x, g.const([0, 2, 1, 3], "int32"))
    sides = g.op("Shape", x, out_type={"type": "DT_INT32"})
    batch = g.op(
        "StridedSlice",
        sides,
        *(g.const([n], "int32") for n in (0, 1, 1)),
        shrink_axis_mask={"i": "1"},
    )
    rest = [g.const(n, "int32") for n in (3, 12, 2)]
    x = g.op("Reshape", x, g.op("Pack", batch, *rest, axis={"i": "0"}))
    x = g.op("Maximum", g.conv(x, 3, 3, 2, 3), g.conv(x, 1, 1, 2, 3))
    x = g.op("Max", x, g.const(AXES, "int32"), keep_dims={"b": True})
    x = g.op("Squeeze", x, squeeze_dims=integers(1, 2))
    fused = strings("BiasAdd", "Elu")
    x = g.op("_FusedMatMul", x, g.weights(3, 5), g.weights(5), fused_ops=fused, num_args={"i": "1"})
    g.head(x, 5)
    return g


def arithmetic() -> GraphModel:
    """Constants on either side, a leaky and a parametric slope, upsampling."""
    g = GraphModel(5, 5, 1)
    x = g.op("RealDiv", "x", g.const(0.5))
    x = g.conv(x, 3, 3, 1, 4, dilations=integers(1, 2, 2, 1))
    x = g.op("LeakyRelu", x, alpha={"f": 0.1})
    x = g.op("Sub", g.const(1.5), x)
    x = g.op("Mul", g.weights(4), g.op("Prelu", x, g.weights(4)))
    x = g.op(
        "ResizeNearestNeighbor",
        x,
        g.const([10, 15], "int32"),
        align_corners={"b": False},
        half_pixel_centers={"b": True},
    )
    x = g.op(
        "ResizeBilinear",
        x,
        g.const([7, 7], "int32"),
        align_corners={"b": False},
        half_pixel_centers={"b": True},
    )
    x = g.op("Tanh", g.op("Minimum", x, g.op("Softplus", x)))
    x = g.op("Reshape", x, g.const([-1, 196], "int32"))
    g.head(x, 196)
    return g


GOOD: list[Make] = [plain, mobile, shapes, arithmetic]


@pytest.mark.parametrize("make", GOOD)
def test_a_graph_model_predicts_what_tensorflow_js_does(
    make: Make, tfjs_folder: Path, tmp_path: Path
) -> None:
    """Within 1e-5, and so does the layers model that it becomes when saved."""
    graph = make()
    graph.write(tmp_path / "m")
    pixels = np.random.default_rng(3).integers(0, 256, (5, *graph.shape), np.uint8)
    model = sn.load_model(tmp_path / "m", pixels=None if make is shapes else "0..1")
    scaled = pixels.astype("<f4") / (1 if make is shapes else 255)
    (tmp_path / "m" / "pixels.bin").write_bytes(scaled.astype("<f4").tobytes())
    folders = [tmp_path / "m", tmp_path / "ours"][: 1 if make is arithmetic else 2]
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "resizing: TensorFlow.js has no Resizing")
        model.save(tmp_path / "ours")
    assert sn.load_model(tmp_path / "ours").layers == model.layers
    (tmp_path / "ours" / "pixels.bin").write_bytes(pixels.astype("<f4").tobytes())
    subprocess.run(
        ["node", "predict.mjs", *folders],
        cwd=tfjs_folder,
        capture_output=True,
        check=True,
    )
    theirs = np.fromfile(tmp_path / "m" / "outputs.bin", "<f4").reshape(5, -1)
    ours = model.predict(pixels)
    assert np.abs(theirs[0] - theirs[1]).max() > 1e-4
    assert np.abs(ours - theirs).max() < 1e-5
    if tmp_path / "ours" in folders:
        again = np.fromfile(tmp_path / "ours" / "outputs.bin", "<f4").reshape(5, -1)
        assert np.abs(ours - again).max() < 1e-5


def with_op(op: str, *more: str, **attributes: object) -> Make:
    """A graph with an operation on its images."""

    def make() -> GraphModel:
        g = GraphModel(6, 6, 2)
        constants = [g.const([1, 2], "int32") for _ in more]
        x = g.op(op, "x", *constants, **attributes)
        g.head(g.op("Mean", x, g.const(AXES, "int32")), 2)
        return g

    return make


def two_outputs() -> GraphModel:
    """Two heads."""
    g = plain()
    g.op("Identity", g.nodes[-2]["name"])
    return g


def cycle() -> GraphModel:
    """A node that reads what is made of it."""
    g = plain()
    g.nodes[5]["input"] = [g.nodes[-1]["name"], *g.nodes[5]["input"][1:]]
    return g


def lost() -> GraphModel:
    """A constant without values."""
    g = plain()
    g.constants.popitem()
    return g


REFUSED: dict[str, tuple[Make, str]] = {
    "an operation": (with_op("ArgMax", "axis"), r"net/ArgMax_2: unsupported operation ArgMax"),
    "a string": (with_op("StaticRegexReplace"), "unsupported operation StaticRegexReplace"),
    "a mean of others": (with_op("Max", "axis"), r"net/Mean_\d: unsupported operation Mean"),
    "integers": (
        with_op("Cast", DstT={"type": "DT_INT32"}),
        "unsupported operation Cast to DT_INT32",
    ),
    "channels first": (
        with_op("MaxPool", ksize=integers(1, 1, 2, 2), data_format={"s": text("NCHW")}),
        "unsupported operation MaxPool with data_format NCHW",
    ),
    "a cycle": (cycle, "the nodes form a cycle"),
    "no constant": (lost, r"Const_\d+: a constant is not in weightsManifest"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_layer_computes_is_refused_by_name(name: str, tmp_path: Path) -> None:
    """The operation and its node; nothing is left out."""
    make, words = REFUSED[name]
    path = make().write(tmp_path / "m")
    with pytest.raises(ModelError, match=words) as caught:
        load(path)
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(str(path))


def test_several_outputs_are_refused(tmp_path: Path) -> None:
    """Also if no signature names one."""
    path = two_outputs().write(tmp_path / "m", signature=None)
    with pytest.raises(ModelError, match="unsupported outputs: expected one output"):
        load(path)
    plain().write(tmp_path / "n", signature=None)
    with pytest.warns(DataWarning, match="doesn't state the pixel range"):
        load(tmp_path / "n")
