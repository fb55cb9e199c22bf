"""Networks with branches in JavaScript: TensorFlow.js's, the functional API, and refusals."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
import tiny
from foreign_models import write
from foreign_topologies import CONV, GREY, functional, plain
from foreign_topologies import node as graph_node
from spritenet import layers as kinds
from spritenet.engines import native
from spritenet.engines.engine import Examples
from spritenet.losses import CategoricalCrossentropy
from spritenet.optimizers import SGD

HERE = Path(__file__).parent
Json = Any


def ran(program: str, folder: Path, name: str, **values: object) -> Json:
    """The result of a job of library.mjs."""
    done = subprocess.run(
        [program, HERE / "library.mjs", name],
        input=json.dumps({"folder": str(folder), **values}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_graphs_compute_what_tensorflow_js_computes(tfjs_folder: Path, tmp_path: Path) -> None:
    """Outputs, losses of steps, weights after them, and the way back through files."""
    done = subprocess.run(
        ["node", "graphs.mjs", tmp_path],
        cwd=tfjs_folder,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    assert len(lines) == 7
    for found in lines:
        assert found["kind"] == "Functional"
        assert max(found["before"], found["returned"]) < 1e-5, found
        assert max(found["losses"], found["after"]) < 1e-3, found
        assert not found["moved"], found
        frozen = {name for name, trainable in found["written"] if trainable is False}
        assert frozen == set(found["frozen"]), found
    assert len(lines[-1]["frozen"]) == 2


def test_the_functional_api_trains_and_freezes(node: str, tmp_path: Path) -> None:
    """The same here and in a worker, bit for bit; frozen weights and averages stay as they are."""
    data = tiny.images()
    (tmp_path / "images.bin").write_bytes(data.images.tobytes())
    (tmp_path / "labels.bin").write_bytes(data.labels.astype("<i4").tobytes())
    here, there = ran(node, tmp_path, "graph")
    assert there == here
    names = [name for name, *_ in here["layers"]]
    assert names[:4] == ["rescaling", "first", "conv2d", "batch_normalization"]
    assert {name: inputs for name, inputs, _ in here["layers"]}["add"] == ["re_lu", "first"]
    assert here["losses"][-1] < here["losses"][0]
    assert here["moved"] == ["conv2d/kernel", "conv2d/bias", "dense/kernel", "dense/bias"]
    assert [trainable for _, trainable in here["again"]].count(False) == 2
    assert here["frozen"].startswith("ModelError nothing to train: ")
    assert here["unknown"].startswith("ModelError unknown layer: ")


def residual() -> sn.Model:
    """The network of the job `functional`."""
    image = sn.Input((8, 8, 1))
    x = sn.Conv2D(4, 3, padding="same", activation="tanh")(image)
    y = sn.BatchNormalization()(sn.Conv2D(4, 3, padding="same", use_bias=False)(x))
    y = sn.Add()([y, sn.Conv2D(4, 1, padding="same")(x)])
    y = sn.GlobalAveragePooling2D()(sn.Concatenate()([y, x]))
    return sn.Model(image, sn.Dense(4, activation="softmax")(y))


def test_the_functional_api_makes_pythons_networks(node: str, tmp_path: Path) -> None:
    """The same names, order and first weights, bit for bit; files go both ways."""
    seeds = [0, 12345, 2**63 + 7]
    data = tiny.images()
    trained = residual()
    trained.compile("sgd", "sparse_categorical_crossentropy")
    trained.fit(data.images, data.labels, epochs=2, batch_size=16, verbose=0)
    trained.save(tmp_path / "model")
    (tmp_path / "images.bin").write_bytes(data.images.tobytes())
    found = ran(node, tmp_path, "functional", model="model", seeds=[str(seed) for seed in seeds])
    for seed, made in zip(seeds, found["made"], strict=True):
        model = residual()
        model.build((8, 8, 1), seed=seed)
        assert made["names"] == [layer.name for layer in model.layers]
        expected = model.state.now.parameters.astype(np.float64)
        assert made["parameters"] == expected.tolist()
    outputs = trained.predict(data.images)
    assert np.abs(np.reshape(found["outputs"], outputs.shape) - outputs).max() < 1e-5
    again = sn.load_model(tmp_path / "again")
    assert (again.state.now.parameters == trained.state.now.parameters).all()
    assert (again.predict(data.images) == outputs).all()


SMOOTH: list[tuple[str, str, dict[str, Json], list[str]]] = [
    ("r", "Rescaling", {"scale": 1 / 255}, ["i"]),
    ("x", "Normalization", {"mean": [0.1], "variance": [0.5]}, ["r"]),
    ("c", "Conv2D", {"filters": 4, "kernel_size": 3, "activation": "tanh"}, ["x"]),
    ("b", "Conv2D", {"filters": 4, "kernel_size": 3, "padding": "same", "use_bias": False}, ["c"]),
    ("n", "BatchNormalization", {"momentum": 0.9}, ["b"]),
    ("a", "Add", {}, ["n", "c"]),
    ("t", "Activation", {"activation": "tanh"}, ["a"]),
    ("g", "GlobalAveragePooling2D", {}, ["t"]),
    ("d", "Dense", {"units": 4, "activation": "softmax"}, ["g"]),
]
"""A residual network without branches that rounding could take another way."""


OF_ONE_IMAGE: list[tuple[str, str, dict[str, Json], list[str]]] = [
    ("p", "Rescaling", {"scale": 1 / 255}, ["i"]),
    ("c", "Conv2D", {"filters": 4, "kernel_size": 3, "activation": "silu"}, ["p"]),
    ("r", "Resizing", {"height": 7, "width": 8}, ["c"]),
    ("k", "CenterCrop", {"height": 6, "width": 6}, ["r"]),
    ("l", "LayerNormalization", {}, ["k"]),
    ("s", "SpatialDropout2D", {"rate": 0.25}, ["l"]),
    ("n", "GaussianNoise", {"stddev": 0.1}, ["s"]),
    ("v", "GroupNormalization", {"groups": 2}, ["n"]),
    ("w", "RMSNormalization", {}, ["v"]),
    ("f", "Flatten", {}, ["w"]),
    ("e", "GaussianDropout", {"rate": 0.1}, ["f"]),
    ("a", "AlphaDropout", {"rate": 0.1}, ["e"]),
    ("u", "UnitNormalization", {}, ["a"]),
    ("d", "Dense", {"units": 4, "activation": "softmax"}, ["u"]),
]
"""Normalizations of one image, and noise, which is the same in both."""


@pytest.mark.parametrize("nodes_of", [SMOOTH, OF_ONE_IMAGE], ids=["residual", "of one image"])
def test_a_network_trains_as_in_python(
    node: str, tmp_path: Path, nodes_of: list[tuple[str, str, dict[str, Json], list[str]]]
) -> None:
    """The losses of 60 steps, and the parameters after them, averages of the batches too."""
    data = tiny.images()
    names = ["i", *(name for name, *_ in nodes_of)]
    layers = [kinds.from_config(kind, {**values, "name": n}) for n, kind, values, _ in nodes_of]
    inputs = [tuple(names.index(source) - 1 for source in sources) for *_, sources in nodes_of]
    network = native.Network(layers, (8, 8, 1), inputs=inputs, batch_size=16)
    random = np.random.default_rng(3)
    parameters = random.normal(0, 0.4, network.parameter_count).astype(np.float32)
    weights = {}
    for weight in network.weights:
        name = f"{layers[weight.layer].name}/{weight.name}"
        weights[name] = weight.shape
        if weight.name in ("moving_variance", "variance"):
            here = slice(weight.offset, weight.offset + weight.shape[0])
            parameters[here] = np.abs(parameters[here]) + 0.5
    image = graph_node("i", "", "InputLayer", batch_input_shape=[None, 8, 8, 1], dtype="float32")
    nodes = [
        {**merged(n, kind, *sources), "config": {"name": n, **values}}
        for n, kind, values, sources in nodes_of
    ]
    write(tmp_path / "model", functional([image, *nodes]), weights)
    (tmp_path / "model" / "weights.bin").write_bytes(parameters.tobytes())
    (tmp_path / "images.bin").write_bytes(data.images.tobytes())
    (tmp_path / "labels.bin").write_bytes(data.labels.astype("<i4").tobytes())
    [theirs] = ran(
        node,
        tmp_path,
        "train",
        model="model",
        relaxed=False,
        optimizer=["sgd", {"learningRate": 0.05, "momentum": 0.9}],
        fits=[{"steps": 60, "batchSize": 16, "seed": 5}],
    )
    steps = network.train(
        parameters,
        np.zeros((1, parameters.size), np.float32),
        Examples(np.ascontiguousarray(data.images), data.labels.astype(np.int32)),
        loss=CategoricalCrossentropy(),
        optimizer=SGD(0.05, 0.9),
        learning_rates=np.full(60, 0.05, np.float32),
        first_step=0,
        batch_size=16,
        seed=5,
    )
    assert np.abs(steps.losses - theirs["losses"]).max() < 1e-5
    assert steps.losses[-1] < steps.losses[0]
    got = np.fromfile(tmp_path / "trained" / "weights.bin", "<f4")[: parameters.size]
    assert np.abs(got - parameters).max() < 1e-4


REFUSALS = {
    "two inputs": "unsupported inputs: expected one input, a symbolic tensor, got 2 inputs",
    "another input": "the output is computed from another input",
    "two outputs": "unsupported outputs: expected one output, a symbolic tensor, got 2 outputs",
    "an output in place of an input": "Flatten: the input of the network is the output of a layer",
    "shapes": "sum: its inputs have different shapes: 8x8x1 and 4x4x1",
    "shapes of a concatenation": "concatenate: its inputs have different shapes",
    "one for a sum": "add: it takes 2 or more inputs, got 1",
    "two for a Dense": "dense: it takes 1 input, got 2",
    "a layer twice": "one: unsupported: a layer applied twice",
    "no tensor": "Dense: unsupported input: expected symbolic tensors",
    "no shape": "invalid input shape",
    "a name twice": "two layers are called 'one'",
    "ten thousand layers": "a network has 1 to 256 nodes",
}


def test_graphs_that_cannot_be_are_refused_in_a_line(node: str, tmp_path: Path) -> None:
    """Whatever is wrong with the tensors, a ModelError names the layer and the fault."""
    messages = ran(node, tmp_path, "graphs")
    assert messages.keys() == REFUSALS.keys()
    for name, message in messages.items():
        words = REFUSALS[name].replace("'", "")
        assert message.replace("'", "").startswith("ModelError "), (name, message)
        assert words in message.replace("'", ""), (name, message)
        assert "\n" not in message


def merged(name: str, kind: str, *sources: str) -> Json:
    """A layer of several inputs."""
    return {**graph_node(name, "", kind), "inbound_nodes": [[[s, 0, 0, {}] for s in sources]]}


def head(source: str) -> list[Json]:
    """The last layers."""
    return [
        graph_node("f", source, "Flatten"),
        graph_node("d", "f", "Dense", units=4, activation="softmax"),
    ]


IMAGE = graph_node("i", "", "InputLayer", batch_input_shape=GREY, dtype="float32")
OTHER = graph_node("j", "", "InputLayer", batch_input_shape=GREY, dtype="float32")
FILES: dict[str, tuple[list[Json], str]] = {
    "a cycle": (
        [IMAGE, merged("a", "Add", "i", "b"), graph_node("b", "a", "ReLU"), *head("b")],
        "a: the layers form a cycle",
    ),
    "two inputs": (
        [IMAGE, OTHER, merged("a", "Add", "i", "j"), *head("a")],
        "the network has 2 inputs: expected one input, got i, j",
    ),
    "no way from the input": (
        [IMAGE, {**graph_node("c", "", "Conv2D", filters=2, kernel_size=3)}, *head("c")],
        "c: there is no path from the input",
    ),
    "no way to the output": (
        [*plain()[:2], graph_node("e", "c", "Dense", units=2), *plain()[2:]],
        "e: there is no path to the output",
    ),
    "shapes": (
        [*plain()[:2], merged("a", "Add", "i", "c"), *head("a")],
        "a: its inputs have different shapes: 9x9x1 and 7x7x2",
    ),
    "a missing layer": (
        [IMAGE, graph_node("a", "z", "ReLU"), *head("a")],
        "a: it takes the output of a layer that is missing: got z",
    ),
    "a layer twice": (
        [*plain()[:3], {**plain()[3], "inbound_nodes": [[["f", 0, 0, {}]], [["f", 0, 0, {}]]]}],
        "d: unsupported: a layer applied twice",
    ),
    "called with arguments": (
        [*plain()[:3], {**plain()[3], "inbound_nodes": [[["f", 0, 0, {"training": True}]]]}],
        "d: unsupported arguments of a call",
    ),
    "no tensors": (
        [*plain()[:3], {**plain()[3], "inbound_nodes": [[["f"]]]}],
        "d: invalid inbound_nodes",
    ),
    "a name twice": (
        [*plain()[:3], graph_node("c", "f", "Dense", units=4)],
        "two layers are called c",
    ),
    "ten thousand layers": (
        [IMAGE, *(graph_node(f"r{i}", f"r{i - 1}" if i else "i", "ReLU") for i in range(10_000))],
        "invalid list of layers: expected a list of 1 to 1000",
    ),
}


@pytest.mark.parametrize("version", [2, 3])
def test_files_of_graphs_that_cannot_be_are_refused(
    node: str, tmp_path: Path, version: int
) -> None:
    """In the form of Keras 2 and of Keras 3; a good one is read in both."""
    files = {**FILES, "good": ([*plain()[:2], merged("a", "Add", "c", "c"), *head("a")], "")}
    for name, (nodes, _) in files.items():
        listed = nodes if version == 2 else [keras_3(layer) for layer in nodes]
        write(tmp_path / name, functional(listed), CONV)
    models = [{"names": name} for name in files]
    for name, got in zip(files, ran(node, tmp_path, "foreign", models=models), strict=True):
        if name == "good":
            assert isinstance(got, dict), got
            continue
        assert isinstance(got, str), name
        assert files[name][1] in got.replace("'", ""), (name, got)
        assert "\n" not in got


def keras_3(layer: Json) -> Json:
    """The layer with its connections as Keras 3 writes them."""

    def tensor(origin: list[Json]) -> Json:
        return {"class_name": "__keras_tensor__", "config": {"keras_history": origin[:3]}}

    def call(tensors: list[list[Json]]) -> Json:
        args = [tensor(t) for t in tensors]
        merges = layer["class_name"] == "Add"
        extra = tensors[0][3] if len(tensors[0]) > 3 else {}
        return {"args": [args] if merges else args, "kwargs": extra}

    return {**layer, "inbound_nodes": [call(tensors) for tensors in layer["inbound_nodes"]]}
