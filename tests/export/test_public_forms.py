"""Forms of public TensorFlow.js models: each predicts what TensorFlow.js predicts."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from foreign_models import Json, Layer, sequential, small, write
from foreign_topologies import functional, node, teachable_machine
from spritenet.export import load

Weights = dict[str, tuple[int, ...]]
Case = tuple[Json, Weights, Json]
"""The topology, its weights, and the topology for TensorFlow.js where that can't read it."""

HERE = Path(__file__).parent
GREY = [None, 28, 28, 1]
SOFTMAX: Layer = ("Dense", {"name": "d", "units": 10, "activation": "softmax"})
FLAT: Layer = ("Flatten", {"name": "f"})
POOL: Layer = ("GlobalAveragePooling2D", {"name": "g"})
CONV: Weights = {"c/kernel": (3, 3, 1, 4), "c/bias": (4,)}
STATISTICS = ("gamma", "beta", "moving_mean", "moving_variance")


def conv(**config: Json) -> Layer:
    """A convolution, the first layer unless `config` says otherwise."""
    own = {"name": "c", "filters": 4, "kernel_size": [3, 3], "activation": "relu"}
    return ("Conv2D", {**own, "batch_input_shape": GREY, **config})


def normalization(axis: Json, **config: Json) -> Layer:
    """A BatchNormalization."""
    own = {"name": "b", "axis": axis, "momentum": 0.99, "epsilon": 0.001}
    return ("BatchNormalization", {**own, **config})


def dense(features: int, units: int = 10, name: str = "d") -> Weights:
    """The weights of a Dense layer."""
    return {f"{name}/kernel": (features, units), f"{name}/bias": (units,)}


def normalized(channels: int) -> Weights:
    """The weights of `normalization`."""
    return {f"b/{name}": (channels,) for name in STATISTICS}


def graph() -> list[Json]:
    """The layers of a Functional that branches, as Keras 2 writes it."""
    layers = [
        node("i", "", "InputLayer", batch_input_shape=GREY, dtype="float32"),
        node("c", "i", "Conv2D", filters=4, kernel_size=[3, 3], padding="same"),
        node("e", "c", "Conv2D", filters=4, kernel_size=[1, 1], activation="relu"),
        node("a", "c", "Add"),
        node("g", "a", "GlobalAveragePooling2D"),
        node("d", "g", "Dense", units=10, activation="softmax"),
    ]
    layers[3]["inbound_nodes"] = [[["c", 0, 0, {}], ["e", 0, 0, {}]]]
    return layers


def chain() -> list[Json]:
    """The layers of a Functional that is a stack."""
    layers = [layer for layer in graph() if layer["name"] not in ("e", "a")]
    layers[2]["inbound_nodes"][0][0][0] = "c"
    return layers


def relu_used_twice() -> list[Json]:
    """The same with one ReLU behind both convolutions; the second output is its node 1."""
    layers = graph()
    layers[2]["inbound_nodes"][0][0][0] = "r"
    uses = {"inbound_nodes": [[["c", 0, 0, {}]], [["e", 0, 0, {}]]]}
    layers.insert(2, {**node("r", "c", "ReLU"), **uses})
    layers[4]["inbound_nodes"] = [[["r", 0, 0, {}], ["r", 1, 0, {}]]]
    return layers


def calling_a_model() -> list[Json]:
    """A Functional that calls a Model, which TensorFlow.js counts as its node 1."""
    layers = graph()
    inner = functional(layers[:4])["config"]
    model = {**node("m1", "i", "Model"), "config": {**inner, "name": "m1"}}
    layers[4]["inbound_nodes"] = [[["m1", 1, 0, {}]]]
    return [layers[0], model, *layers[4:]]


def as_keras_3(layers: list[Json]) -> Json:
    """The same as Keras 3 writes it, whose nodes name tensors by their history."""
    layers = copy.deepcopy(layers)
    for layer in layers[1:]:
        tensors = [
            {"class_name": "__keras_tensor__", "config": {"keras_history": read[:3]}}
            for read in layer["inbound_nodes"][0]
        ]
        args = tensors if len(tensors) == 1 else [tensors]
        layer["inbound_nodes"] = [{"args": args, "kwargs": {}}]
    return functional(layers, ["i", 0, 0], ["d", 0, 0])


def nested() -> Json:
    """Models in a Sequential, a random layer first, which TensorFlow.js lacks."""
    inner = functional(graph()[:5])["config"]
    head = sequential([(SOFTMAX[0], {**SOFTMAX[1], "batch_input_shape": [None, 4]})])["config"]
    return [("Model", {**inner, "name": "m1"}), ("Sequential", {**head, "name": "s1"})]


RANDOM: list[Layer] = [
    ("RandomFlip", {"name": "r", "mode": "horizontal", "batch_input_shape": GREY}),
    ("RandomRotation", {"name": "q", "factor": 0.1}),
]


def with_head(units: int, activation: str) -> Case:
    """A head that other programs' networks have."""
    end: Layer = ("Dense", {"name": "d", "units": units, "activation": activation})
    return sequential([conv(), POOL, end]), {**CONV, **dense(4, units)}, None


BRANCHED = {**CONV, "e/kernel": (1, 1, 4, 4), "e/bias": (4,), **dense(4)}
CHAINED = {**CONV, **dense(4)}
CASES: dict[str, Case] = {
    "R2, InputLayer with batchInputShape": (
        sequential(
            [
                ("InputLayer", {"batchInputShape": GREY, "dtype": "float32", "name": "i"}),
                conv(batch_input_shape=None),
                POOL,
                SOFTMAX,
            ]
        ),
        CHAINED,
        None,
    ),
    "R3, images without channels": (
        sequential(
            [
                ("Flatten", {"name": "f", "batch_input_shape": [None, 28, 28]}),
                ("Dense", {"name": "e", "units": 128, "activation": "relu"}),
                SOFTMAX,
            ]
        ),
        {**dense(784, 128, "e"), **dense(128)},
        None,
    ),
    "R4, rows": (
        sequential(
            [
                ("Dense", {"name": "e", "units": 8, "batch_input_shape": [None, 784]}),
                SOFTMAX,
            ]
        ),
        {**dense(784, 8, "e"), **dense(8)},
        None,
    ),
    "R4, rows that are reshaped": (
        sequential(
            [
                (
                    "Reshape",
                    {"name": "r", "target_shape": [28, 28, 1], "batch_input_shape": [None, 784]},
                ),
                ("Conv2D", {"name": "c", "filters": 4, "kernel_size": 3}),
                POOL,
                SOFTMAX,
            ]
        ),
        CHAINED,
        None,
    ),
    "R5, a chain of Keras 2": (functional(chain()), CHAINED, None),
    "R5, a graph of Keras 2": (functional(graph()), BRANCHED, None),
    "R5, a chain of Keras 3": (as_keras_3(chain()), CHAINED, functional(chain())),
    "R5, a graph of Keras 3": (as_keras_3(graph()), BRANCHED, functional(graph())),
    "R6, after a convolution, axis [3]": (
        sequential([conv(), normalization([3]), POOL, SOFTMAX]),
        {**CONV, **normalized(4), **dense(4)},
        None,
    ),
    "R6, after a Dense, axis [1]": (
        sequential(
            [
                ("Flatten", {"name": "f", "batch_input_shape": GREY}),
                ("Dense", {"name": "e", "units": 8, "activation": "relu"}),
                normalization([1]),
                SOFTMAX,
            ]
        ),
        {**dense(784, 8, "e"), **normalized(8), **dense(8)},
        None,
    ),
    "R6, after an Activation, axis -1": (
        sequential(
            [
                conv(activation="linear"),
                ("Activation", {"name": "a", "activation": "relu"}),
                normalization(-1),
                POOL,
                SOFTMAX,
            ]
        ),
        {**CONV, **normalized(4), **dense(4)},
        None,
    ),
    "R6, after pooling, axis 3": (
        sequential(
            [conv(), ("MaxPooling2D", {"name": "p"}), normalization(3), FLAT, SOFTMAX],
        ),
        {**CONV, **normalized(4), **dense(676)},
        None,
    ),
    "R6, of the input": (
        sequential([normalization(-1, batch_input_shape=GREY), FLAT, SOFTMAX]),
        {**normalized(1), **dense(784)},
        None,
    ),
    "R7, models in a Sequential": (
        sequential([*RANDOM, *nested()]),
        BRANCHED,
        sequential(nested()),
    ),
    "R8, an activation that is a layer": (
        sequential(
            [
                conv(),
                POOL,
                (
                    "Dense",
                    {
                        **SOFTMAX[1],
                        "activation": {
                            "class_name": "Activation",
                            "config": {"name": "a", "activation": "softmax"},
                        },
                    },
                ),
            ]
        ),
        CHAINED,
        None,
    ),
    "R5, a layer without weights used twice": (functional(relu_used_twice()), BRANCHED, None),
    "R7, a Model in a Functional": (functional(calling_a_model()), BRANCHED, None),
    "R10, sigmoid(1)": with_head(1, "sigmoid"),
    "R10, sigmoid(51)": with_head(51, "sigmoid"),
    "R10, linear": with_head(10, "linear"),
}


def written(folder: Path, topology: Json, weights: Weights) -> Path:
    """A model in a folder, whose variances are positive; the path of its JSON."""
    path = write(folder, topology, weights)
    values = np.fromfile(folder / "weights.bin", "<f4")
    offset = 0
    for name, shape in weights.items():
        size = int(np.prod(shape))
        if name.endswith("moving_variance"):
            values[offset : offset + size] = np.abs(values[offset : offset + size]) + 0.5
        offset += size
    values.tofile(folder / "weights.bin")
    return path


def in_tensorflow_js(
    tfjs_folder: Path, folder: Path, pixels: NDArray[np.uint8], scale: float = 1 / 255
) -> NDArray[np.float32]:
    """The outputs of TensorFlow.js for scaled pixels, an image a row."""
    (folder / "pixels.bin").write_bytes((pixels * np.float32(scale)).astype("<f4").tobytes())
    command = ["node", "predict.mjs", str(folder)]
    done = subprocess.run(command, cwd=tfjs_folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return np.fromfile(folder / "outputs.bin", "<f4").reshape(len(pixels), -1)


def in_javascript(node: str, folder: Path, name: str, pixels: NDArray[np.uint8]) -> Json:
    """The outputs of our JavaScript, an image a row."""
    (folder / "pixels").write_bytes(pixels.tobytes())
    job = {"names": name, "options": {"pixels": "0..1"}, "pixels": "pixels", "out": "out"}
    done = subprocess.run(
        [node, HERE.parent / "node" / "library.mjs", "foreign"],
        input=json.dumps({"folder": str(folder), "models": [job]}),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert isinstance(json.loads(done.stdout)[0], dict), done.stdout
    return np.fromfile(folder / "out", "<f4").reshape(len(pixels), -1)


PIXELS = np.random.default_rng(3).integers(0, 256, (5, 28, 28, 1), np.uint8)


@pytest.mark.filterwarnings("ignore:.*rows of 784 numbers")
@pytest.mark.parametrize("name", CASES)
def test_it_predicts_what_tensorflow_js_does(
    name: str, tfjs_folder: Path, node: str, tmp_path: Path
) -> None:
    """Within 1e-5, in Python and in JavaScript."""
    topology, weights, plain = CASES[name]
    written(tmp_path / "m", topology, weights)
    written(tmp_path / "plain", plain or topology, weights)
    theirs = in_tensorflow_js(tfjs_folder, tmp_path / "plain", PIXELS)
    ours = sn.load_model(tmp_path / "m", pixels="0..1").predict(PIXELS)
    assert np.abs(ours.reshape(theirs.shape) - theirs).max() < 1e-5
    assert np.abs(in_javascript(node, tmp_path, "m", PIXELS) - theirs).max() < 1e-5


def forms(folder: Path) -> Iterator[str]:
    """The names under which TensorFlow.js's downloads are kept (R1)."""
    path = small(folder / "dl", name="my-model.json", bin_path="./my-model.weights.bin")
    (folder / "plain").mkdir()
    shutil.copy(path, folder / "plain" / "model.json")
    shutil.copy(path.with_name("my-model.weights.bin"), folder / "plain")
    yield from ("dl/my-model.json", "dl")


def test_r1_a_download_keeps_its_names(tfjs_folder: Path, node: str, tmp_path: Path) -> None:
    """The JSON file, and its folder."""
    pixels = PIXELS[:, :4, :4]
    names = list(forms(tmp_path))
    theirs = in_tensorflow_js(tfjs_folder, tmp_path / "plain", pixels)
    for name in names:
        ours = sn.load_model(tmp_path / name, pixels="0..1").predict(pixels)
        assert np.abs(ours - theirs).max() < 1e-5
    found = in_javascript(node, tmp_path, "dl/my-model.json", np.ascontiguousarray(pixels))
    assert np.abs(found - theirs).max() < 1e-5


@pytest.mark.parametrize("kind", ["uint8", "uint16", "float16"])
def test_r9_quantized_weights_in_shards(kind: str, tfjs_folder: Path, tmp_path: Path) -> None:
    """As TensorFlow.js's converter writes them: in pieces that end in the middle of numbers."""
    topology, weights, _ = CASES["R5, a graph of Keras 2"]
    written(tmp_path / "whole", topology, weights)
    whole = sn.load_model(tmp_path / "whole", pixels="0..1")
    whole.save(tmp_path / "m", precision=kind)
    path = tmp_path / "m" / "model.json"
    content = json.loads(path.read_text())
    data = (tmp_path / "m" / "weights.bin").read_bytes()
    cuts = [0, 41, 100, len(data)]
    paths = [f"group1-shard{i}of3.bin" for i in (1, 2, 3)]
    for name, first, end in zip(paths, cuts[:-1], cuts[1:], strict=True):
        (tmp_path / "m" / name).write_bytes(data[first:end])
    (tmp_path / "m" / "weights.bin").unlink()
    content["weightsManifest"][0]["paths"] = paths
    content.pop("userDefinedMetadata")
    path.write_text(json.dumps(content))
    theirs = in_tensorflow_js(tfjs_folder, tmp_path / "m", PIXELS, scale=1)
    assert np.abs(sn.load_model(tmp_path / "m").predict(PIXELS) - theirs).max() < 1e-5
    assert load(tmp_path / "m").weights_sha256 != whole.weights_sha256


def test_r7_and_r11_teachable_machine_s_labels(tfjs_folder: Path, tmp_path: Path) -> None:
    """Its own network's form, its pixels, and class names from beside and from a caller."""
    weights: Weights = {
        "c/kernel": (3, 3, 1, 2),
        "c/bias": (2,),
        **dense(2, 5, "e"),
        "d/kernel": (5, 4),
    }
    written(tmp_path / "m", sequential(teachable_machine()), weights)
    beside = {"tmVersion": "2.4.7", "labels": ["a", "b", "c", "d"], "imageSize": 9}
    (tmp_path / "m" / "metadata.json").write_text(json.dumps(beside))
    pixels = np.ascontiguousarray(PIXELS[:, :9, :9])
    with pytest.warns(sn.errors.DataWarning, match="Teachable Machine"):
        model = sn.load_model(tmp_path / "m")
    assert model.class_names == ("a", "b", "c", "d")
    scaled = pixels.astype(np.float32) / 127 - 1
    (tmp_path / "m" / "pixels.bin").write_bytes(scaled.astype("<f4").tobytes())
    command = ["node", "predict.mjs", str(tmp_path / "m")]
    subprocess.run(command, cwd=tfjs_folder, capture_output=True, check=True)
    theirs = np.fromfile(tmp_path / "m" / "outputs.bin", "<f4").reshape(5, 4)
    assert np.abs(model.predict(pixels) - theirs).max() < 1e-5
    names = ["w", "x", "y", "z"]
    model = sn.load_model(tmp_path / "m", pixels="0..1", class_names=names)
    assert model.class_names == tuple(names)


@pytest.mark.parametrize(
    ("layer", "words"),
    [
        (
            ("UpSampling2D", {"name": "u", "size": [2, 2], "interpolation": "bilinear"}),
            "u: TensorFlow.js, which saved the model, has no interpolation='bilinear' as Keras has",
        ),
        (
            ("DepthwiseConv2D", {"name": "u", "kernel_size": 3, "dilation_rate": [2, 2]}),
            "u: TensorFlow.js, which saved the model, has no DepthwiseConv2D with a dilation_rate",
        ),
        (("UpSampling2D", {"name": "u", "size": [2, 2], "interpolation": "nearest"}), ""),
    ],
)
def test_layers_that_tensorflow_js_computes_otherwise_are_said(
    layer: Layer, words: str, node: str, tmp_path: Path
) -> None:
    """Of a model that it saved, in Python and JavaScript; a converted one is Keras's."""
    weights = CHAINED
    if layer[0] == "DepthwiseConv2D":
        layer[1]["padding"] = "same"
        weights = {**CONV, "u/depthwise_kernel": (3, 3, 4, 1), "u/bias": (4,), **dense(4)}
    topology = sequential([conv(), layer, POOL, SOFTMAX])
    for name, by in (("tf", "TensorFlow.js tfjs-layers v4.22.0"), ("keras", "keras v2.11.0")):
        write(tmp_path / name, topology, weights, generatedBy=by)
    jobs = [{"names": name} for name in ("tf", "keras")]
    done = subprocess.run(
        [node, HERE.parent / "node" / "library.mjs", "foreign"],
        input=json.dumps({"folder": str(tmp_path), "models": jobs}),
        capture_output=True,
        text=True,
        check=True,
    )
    for name, found in zip(("tf", "keras"), json.loads(done.stdout), strict=True):
        with pytest.warns(sn.DataWarning):
            model = load(tmp_path / name)
        ours = [note for note in model.notes if "which saved the model" in note]
        theirs = [note for note in found["notes"] if "which saved the model" in note]
        assert len(ours) == len(theirs) == (name == "tf" and bool(words))
        assert all(words in note for note in (*ours, *theirs))
