"""Networks made by calling layers: branches, features, models in models, frozen layers."""

from __future__ import annotations

import json
import pickle
from copy import deepcopy
from pathlib import Path
from typing import Any, cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import spritenet as sn
import tiny
from spritenet.engines.native import Network
from spritenet.errors import ModelError, UnsupportedError
from spritenet.layers import Graph, Tensor
from spritenet.model import Model

SHAPE = (8, 8, 1)


def residual(**options: Any) -> Model:
    """A residual block with batch normalisation, compiled."""
    images = sn.Input(SHAPE)
    x = sn.Conv2D(6, 3, padding="same", activation="relu", name="stem")(images)
    y = sn.BatchNormalization(momentum=0.9)(sn.Conv2D(6, 3, padding="same")(x))
    y = sn.Conv2D(6, 3, padding="same")(sn.ReLU()(y))
    x = sn.ReLU()(sn.Add(name="join")([x, y]))
    x = sn.Dense(12, activation="relu", name="features")(sn.Flatten()(sn.MaxPooling2D(2)(x)))
    model = sn.Model(images, sn.Dense(4, activation="softmax")(x), "residual", **options)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def test_a_residual_network_learns() -> None:
    """From pixels 0–255, as every model."""
    model = residual()
    model.fit(tiny.images(), epochs=8, validation_data=tiny.images(100, 1), verbose=0)
    assert model.evaluate(tiny.images(100, 2)).accuracy > 0.9
    assert model.output_shape == (4,)
    assert model.get_layer("join").class_name == "Add"
    assert model.layers[0].class_name == "Rescaling"
    assert model.calibrated
    assert model.classify(tiny.images(100, 2)).sure.mean() > 0.5


def test_any_number_of_threads_trains_the_same_bits() -> None:
    """With batch normalisation on."""
    hashes = set()
    for threads in (1, 2, 3):
        model = residual(threads=threads)
        model.fit(tiny.images(), epochs=2, batch_size=50, verbose=0)
        hashes.add(model.weights_sha256)
    assert len(hashes) == 1


def test_the_summary_says_what_reads_what() -> None:
    """And how many of the parameters are trained."""
    text = str(residual())
    assert "Connected to" in text
    (join,) = [line for line in text.splitlines() if line.startswith("join (Add)")]
    assert join.endswith("stem, conv2d_1")
    assert "non-trainable: 12" in text
    assert "Connected to" not in str(tiny.model())


def test_a_file_gives_the_same_network(tmp_path: Path) -> None:
    """As a Functional, with the optimizer's state, and bit-identical outputs."""
    model = residual()
    model.fit(tiny.images(), epochs=1, verbose=0)
    model.save(tmp_path / "m", include_optimizer=True)
    again = sn.load_model(tmp_path / "m")
    assert type(again) is Model
    assert again.graph == model.graph
    np.testing.assert_array_equal(again.predict(tiny.images()), model.predict(tiny.images()))
    assert json.loads((tmp_path / "m/model.json").read_text())["modelTopology"]["class_name"] == (
        "Functional"
    )
    assert json.loads(model.to_json())["class_name"] == "Functional"


def test_copies_predict_the_same() -> None:
    """By copy and by pickle; their layers have outputs of their own."""
    model = residual()
    model.build(SHAPE)
    assert model.get_layer("features").output.shape == (12,)
    for copy in (deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(copy.predict(tiny.images()), model.predict(tiny.images()))
        assert copy.get_layer("features").output is not model.get_layer("features").output


def test_a_run_resumes_to_the_same_bits(tmp_path: Path) -> None:
    """And its checkpoint alone gives the network again."""
    from spritenet.report.run_model import model_of_run

    whole, broken = residual(), residual()
    data = tiny.images()
    whole.fit(data, epochs=3, run=tmp_path / "whole", verbose=0)

    def kill(event: sn.Event) -> None:
        assert not isinstance(event, sn.CheckpointSaved), "killed"

    with pytest.raises(AssertionError, match="killed"):
        broken.fit(data, epochs=3, run=tmp_path / "broken", verbose=0, callbacks=[kill])
    found = model_of_run(sn.Run(tmp_path / "broken"))
    assert found.graph == broken.graph
    resumed = residual()
    resumed.fit(data, epochs=3, run=tmp_path / "broken", resume=True, verbose=0)
    assert resumed.weights_sha256 == whole.weights_sha256


def test_features_are_another_model_with_the_same_weights() -> None:
    """`Model(model.inputs, model.get_layer(name).output)`, of graphs and of chains."""
    for model, name in ((residual(), "features"), (tiny.model(), "flatten")):
        model.build(SHAPE)
        head = sn.Model(model.inputs, model.get_layer(name).output)
        image = tiny.images(1).images[0]
        seen = model.activations(image)[name]  # where normalization isn't folded
        np.testing.assert_allclose(head.predict(image), seen, rtol=1e-5, atol=1e-7)
        assert head.layers[-1].label == name


def test_a_new_head_on_frozen_layers() -> None:
    """Transfer: only the new layer moves."""
    base = residual()
    base.fit(tiny.images(), epochs=3, verbose=0)
    base.trainable = False
    assert not base.trainable
    assert not base.trainable_weights
    x = base.get_layer("features").output
    model = sn.Model(base.inputs, sn.Dense(4, activation="softmax", name="head")(x))
    model.compile("adam", "sparse_categorical_crossentropy")
    before = model.weights
    model.fit(tiny.images(), epochs=2, verbose=0)
    moved = {name for name, value in model.weights.items() if (value != before[name]).any()}
    assert moved == {"head/kernel", "head/bias"} == set(model.trainable_weights)
    assert set(model.non_trainable_weights) == set(model.weights) - moved
    np.testing.assert_array_equal(model.weights["stem/kernel"], base.weights["stem/kernel"])


def test_layers_may_be_frozen_and_freed_one_by_one() -> None:
    """By argument or later; a file keeps it."""
    frozen: dict[str, Any] = {"trainable": False}
    model = sn.Sequential(
        [sn.Flatten(), sn.Dense(9, name="a", **frozen), sn.Dense(4, "softmax", name="b")]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.build(SHAPE)
    for moving in ("b", "a"):
        before = model.weights
        model.fit(tiny.images(), epochs=1, verbose=0)
        moved = {name[0] for name, value in model.weights.items() if (value != before[name]).any()}
        assert moved == {moving}
        assert {name[0] for name in model.trainable_weights} == {moving}
        model.get_layer("a").trainable = True
        model.get_layer("b").trainable = False
    assert "Trainable: " in str(model)


def test_frozen_layers_stay_frozen_in_files(tmp_path: Path) -> None:
    """As Keras and TensorFlow.js write them."""
    model = residual()
    model.get_layer("stem").trainable = False
    model.save(tmp_path / "m")
    again = sn.load_model(tmp_path / "m")
    assert [layer.label for layer in again.layers if not layer.trainable] == ["stem"]


def test_a_model_within_a_model_is_flattened() -> None:
    """Its layers get names that are free, its weights are copied."""
    first, second = tiny.model(), tiny.model()
    for seed, model in enumerate((first, second)):
        model.build(SHAPE, seed=seed)
    images = sn.Input(SHAPE)
    one, two = first(images), second(images)
    assert isinstance(one, Tensor)
    assert isinstance(two, Tensor)
    both = sn.Model(images, sn.Concatenate()([one, two]))
    expected = np.concatenate([m.predict(tiny.images()) for m in (first, second)], axis=1)
    np.testing.assert_array_equal(both.predict(tiny.images()), expected)
    assert {"conv2d", "conv2d_1", "dense", "dense_1"} <= {layer.label for layer in both.layers}


def test_rescalings_of_the_images_become_one_or_a_line_says_why_not() -> None:
    """A network sees pixels 0–255 through one Rescaling, whatever it is made of."""
    images = sn.Input(SHAPE)
    scaled = sn.Rescaling(1 / 127.5, -1)(images)
    one = sn.Model(images, sn.Flatten()(sn.Add()([scaled, sn.Rescaling(1 / 127.5, -1)(images)])))
    assert [layer.class_name for layer in one.layers] == ["Rescaling", "Add", "Flatten"]
    two = sn.Model(images, sn.Flatten()(sn.Add()([scaled, sn.Rescaling(1 / 255)(images)])))
    white = np.full((1, *SHAPE), 255, np.uint8)
    np.testing.assert_allclose(one.predict(white), 2.0, atol=1e-6)
    np.testing.assert_allclose(two.predict(white), 2.0, atol=1e-6)
    with pytest.raises(ModelError, match="through a Rescaling, others directly"):
        sn.Model(images, sn.Flatten()(sn.Add()([scaled, images])))


def bad_graphs() -> dict[str, tuple[Any, str]]:
    """Makers of networks that are refused, and the words."""
    images, other = sn.Input(SHAPE), sn.Input(SHAPE)
    dense = sn.Dense(4, activation="softmax", name="twice")
    flat = sn.Flatten()(images)
    return {
        "two inputs": (lambda: sn.Model([images, other], flat), "unsupported: several inputs"),
        "no outputs": (lambda: sn.Model(images, []), "Model: missing outputs: expected one tensor"),
        "two outputs": (lambda: sn.Model(images, [flat, flat]), "several outputs: .*Concatenate"),
        "another input": (
            lambda: sn.Model(images, sn.Add()([flat, sn.Flatten()(other)])),
            "an Input that is not among the inputs",
        ),
        "no path": (lambda: sn.Model(other, flat), "not among the inputs"),
        "nothing between": (lambda: sn.Model(images, images), "no path leads"),
        "shapes": (
            lambda: sn.Add(name="sum")([images, flat]),
            "sum: its inputs have different shapes: 8x8x1 and 1x1x64",
        ),
        "channels": (
            lambda: sn.Concatenate()([images, sn.Conv2D(1, 3)(images)]),
            "its inputs have different shapes: 8x8x1 and 6x6x1",
        ),
        "one to merge": (lambda: sn.Add()(images), "it takes 2 or more inputs, got 1"),
        "several to one": (lambda: sn.Flatten()([images, images]), "takes one input.*2 inputs"),
        "no tensors": (lambda: sn.Model(cast("Any", 3), flat), "inputs is no tensor"),
        "shared weights": (
            lambda: sn.Model(images, sn.Add()([dense(flat), dense(flat)])),
            "twice: unsupported: a layer used twice.*Make another Dense",
        ),
        "a name twice": (
            lambda: sn.Model(images, sn.ReLU(name="a")(sn.ReLU(name="a")(images))),
            "a: two layers have this name",
        ),
        "merging in a chain": (
            lambda: sn.Sequential([sn.Add(), sn.Flatten()]).build(SHAPE),
            "it takes 2 or more inputs, got 1",
        ),
    }


@pytest.mark.parametrize("name", bad_graphs())
def test_bad_graphs_are_refused_in_a_line(name: str) -> None:
    """At the call that makes them."""
    make, said = bad_graphs()[name]
    with pytest.raises(ModelError, match=said):
        make()


def test_a_layer_is_not_called_on_an_array() -> None:
    """It computes nothing by itself."""
    with pytest.raises(UnsupportedError, match=r"calling a layer on an array.*sn\.Model"):
        sn.Dense(3)(np.zeros((1, 4)))  # type: ignore[arg-type]  # what is tested


def test_a_layer_without_weights_may_be_used_twice() -> None:
    """It is written as two."""
    relu, images = sn.ReLU(), sn.Input(SHAPE)
    x = relu(sn.Conv2D(2, 3)(relu(images)))
    model = sn.Model(images, sn.Flatten()(x))
    assert [layer.label for layer in model.layers if layer.class_name == "ReLU"] == [
        "re_lu",
        "re_lu_1",
    ]


def test_a_network_with_nothing_to_train_is_refused() -> None:
    """In one line, before it begins."""
    model = residual()
    model.trainable = False
    with pytest.raises(ModelError, match="nothing to train: every layer with weights is frozen"):
        model.fit(tiny.images(), epochs=1, verbose=0)


def test_a_network_that_ends_in_an_image_is_not_trained_on_labels() -> None:
    """Dense takes any rank; a Flatten that was forgotten is named."""
    model = sn.Sequential([sn.Conv2D(4, 3), sn.Dense(4, activation="softmax")])
    model.compile("sgd", "sparse_categorical_crossentropy")
    with pytest.raises(ModelError, match=r"ends in an image.*6 × 6 × 4.*Flatten"):
        model.fit(tiny.images(), verbose=0)


def test_a_flattened_image_may_be_the_output() -> None:
    """Its outputs are more than any row of it, which the loss's gradient must fit."""
    model = sn.Sequential([sn.Conv2D(4, 3), sn.Flatten(), sn.Softmax()])
    model.compile("sgd", "mse")
    data, targets = tiny.images(40), np.full((40, 144), 1 / 144, np.float32)
    history = model.fit(data.images, targets, epochs=3, batch_size=20, verbose=0)
    losses = history.history["loss"]
    assert losses[-1] <= losses[0]
    assert np.isfinite(losses).all()


def test_a_very_long_network_is_refused_by_its_length() -> None:
    """10,000 nodes, in reasonable time."""
    images = sn.Input(SHAPE)
    x: Tensor = images
    for _ in range(10_000):
        x = sn.ReLU()(x)
    model = sn.Model(images, sn.Flatten()(x))
    with pytest.raises(ModelError, match=r"a network has 1 to .* nodes"):
        model.predict(tiny.images(1))


def test_a_batch_of_one_trains_with_batch_normalisation() -> None:
    """Over the places of one image, as in Keras."""
    model = residual()
    model.fit(tiny.images(5), epochs=1, batch_size=1, verbose=0)
    assert all(np.isfinite(value).all() for value in model.weights.values())


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    """Random graphs whose tensors are all 6×5, of several channels, and a dense end."""
    images = sn.Input((6, 5, 2))
    tensors: list[Tensor] = [sn.Rescaling(1 / 128, -0.9)(images)]
    for _ in range(draw(st.integers(1, 7))):
        x = draw(st.sampled_from(tensors))
        kind = draw(st.sampled_from(["conv", "depthwise", "relu", "norm", "merge", "merge"]))
        same = [t for t in tensors if t.shape == x.shape]
        if kind == "merge":
            if draw(st.booleans()):
                some = draw(st.lists(st.sampled_from(tensors), min_size=2, max_size=3))
                tensors.append(sn.Concatenate()(some))
            else:
                some = draw(st.lists(st.sampled_from(same), min_size=2, max_size=3))
                tensors.append(draw(st.sampled_from([sn.Add, sn.Multiply]))()(some))
        else:
            layer = {
                "conv": sn.Conv2D(draw(st.integers(1, 5)), 3, padding="same", activation="tanh"),
                "depthwise": sn.DepthwiseConv2D(3, padding="same"),
                "relu": sn.ReLU(),
                "norm": sn.BatchNormalization(),
            }[kind]
            tensors.append(layer(x))
    last = sn.Dense(3)(sn.Flatten()(tensors[-1]))
    return Graph.between(images, last)[0]


@settings(max_examples=40)
@given(graphs(), st.integers(0, 1000))
def test_random_graphs_predict_what_pytorch_does(graph: Graph, seed: int) -> None:
    """In float64 there, from the same weights; and so does the file's network."""
    torch_graph = pytest.importorskip("torch_graph", reason="PyTorch is the oracle here")
    import torch

    random = np.random.default_rng(seed)
    network = Network(graph, (6, 5, 2), threads=2)
    parameters = random.uniform(0.1, 0.5, network.parameter_count).astype(np.float32)
    parameters *= random.choice([-1, 1], parameters.shape)
    for weight in network.weights:
        if weight.name == "moving_variance":
            size = int(np.prod(weight.shape))
            parameters[weight.offset : weight.offset + size] = random.uniform(0.5, 2, size)
    pixels: NDArray[np.uint8] = random.integers(0, 256, (3, 6, 5, 2), np.uint8)
    oracle = torch_graph.TorchGraph(graph.layers, graph.inputs, network.weights)
    expected = oracle.outputs(torch.tensor(parameters.astype(np.float64)), pixels, training=False)[
        -1
    ].numpy()
    got = network.predict(parameters, pixels)
    assert np.abs(got - expected).max() <= 2e-5 * max(1.0, float(np.abs(expected).max()))
