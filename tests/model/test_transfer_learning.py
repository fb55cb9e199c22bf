"""Transfer: trained layers under a new output layer."""

from __future__ import annotations

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.dataset import Split
from spritenet.errors import ModelError


def halves(count: int, seed: int) -> Split:
    """Returns the tiny images with two classes in place of four: left and right."""
    split = tiny.images(count, seed)
    return Split(split.images, split.labels % 2, ("left", "right"), "train")


@pytest.fixture(scope="module")
def trained() -> sn.Model:
    """A model of four classes that knows them."""
    model = tiny.model()
    model.fit(tiny.images(), epochs=20, verbose=0)
    return model


def test_the_layers_before_the_output_are_taken_over(trained: sn.Model) -> None:
    """Weights equal to the last bit, a new output layer, and the old model unchanged."""
    before = trained.weights_sha256
    made = sn.transfer(trained, halves(20, 1), trainable=True)
    assert made.class_names == ("left", "right")
    assert made.output_shape == (2,)
    assert [layer.class_name for layer in made.layers] == [
        layer.class_name for layer in trained.layers
    ]
    assert np.array_equal(made.weights["conv2d/kernel"], trained.weights["conv2d/kernel"])
    made.fit(halves(20, 1), epochs=1, verbose=0)
    assert trained.weights_sha256 == before


def test_it_learns_from_fewer_images_than_from_scratch(trained: sn.Model) -> None:
    """Ten images, three times: more right on average than a new network."""
    accuracies: dict[bool, list[float]] = {True: [], False: []}
    for seed in (1, 3, 5):
        fresh = sn.Sequential([*tiny.model().layers[:-1], sn.Dense(2, "softmax")])
        for model in (sn.transfer(trained, 2), fresh):
            model.compile(sn.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
            model.fit(halves(10, seed), epochs=60, batch_size=10, verbose=0)
            accuracies[model is fresh].append(model.evaluate(halves(400, 9)).accuracy)
    assert np.mean(accuracies[False]) > np.mean(accuracies[True]) + 0.1


def test_frozen_layers_stay(trained: sn.Model) -> None:
    """Unless trainable=True is given, only the output layer changes."""
    made = sn.transfer(trained, ["left", "right"])
    assert list(made.trainable_weights) == ["dense/kernel", "dense/bias"]
    made.fit(halves(50, 1), epochs=2, verbose=0)
    assert np.array_equal(made.weights["conv2d/kernel"], trained.weights["conv2d/kernel"])
    made.trainable = True
    made.fit(halves(50, 1), epochs=1, verbose=0)
    assert not np.array_equal(made.weights["conv2d/kernel"], trained.weights["conv2d/kernel"])


def test_the_seed_decides_the_new_weights(trained: sn.Model) -> None:
    """Equal for one seed, others for another."""
    hashes = [sn.transfer(trained, 3, seed=seed).weights_sha256 for seed in (1, 1, 2)]
    assert hashes[0] == hashes[1] != hashes[2]


def test_a_convolutional_output_gives_way_to_pooling_and_dense() -> None:
    """A network without a Dense layer: the features are averaged over all positions."""
    model = sn.Sequential(
        [
            sn.Input((8, 8, 1)),
            sn.Conv2D(6, 3, activation="relu"),
            sn.Conv2D(4, 3),
            sn.GlobalAveragePooling2D(),
            sn.Softmax(),
        ]
    )
    made = sn.transfer(model, 3)
    names = [layer.class_name for layer in made.layers]
    assert names == ["Rescaling", "Conv2D", "GlobalAveragePooling2D", "Dense"]


def test_a_branched_network_keeps_its_branches() -> None:
    """A residual block under a new head."""
    images = sn.Input((8, 8, 1))
    x = sn.Conv2D(4, 3, padding="same", name="stem")(images)
    x = sn.Add()([x, sn.Conv2D(4, 3, padding="same", name="block")(x)])
    model = sn.Model(images, sn.Dense(4, activation="softmax", name="head")(sn.Flatten()(x)))
    made = sn.transfer(model, ["a", "b"])
    assert [layer.name for layer in made.layers][1:4] == ["stem", "block", "add"]
    assert made.output_shape == (2,)


@pytest.mark.parametrize(
    ("classes", "words"),
    [
        (0, "no classes"),
        (True, "no classes"),
        (1, "one class leaves nothing to learn: expected at least 2, got 1"),
        ("cat", "classes are a number, names or a data set"),
        ([], "classes are a number, names or a data set"),
        (2.5, "classes are a number, names or a data set"),
        (None, "classes are a number, names or a data set"),
        (["a"], "one class leaves nothing to learn"),
        (["a", "b", "a"], "two classes have one name"),
        (
            Split(np.zeros((2, 9, 8, 1), np.uint8), np.zeros(2, np.int32), ("a", "b"), "train"),
            "images of another shape",
        ),
        (
            Split(np.zeros((2, 8, 8, 3), np.uint8), np.zeros(2, np.int32), ("a", "b"), "train"),
            "expected 8 × 8 × 1, got 8 × 8 × 3",
        ),
    ],
)
def test_bad_classes_are_refused(trained: sn.Model, classes: object, words: str) -> None:
    """One line each."""
    with pytest.raises(ModelError, match=words):
        sn.transfer(trained, classes)  # type: ignore[arg-type]  # the wrong types, too


def test_a_model_without_weights_or_features_is_refused() -> None:
    """There is nothing to take over."""
    with pytest.raises(ModelError, match=r"transfer: it is no model: got 'digits'.*sn.load_model"):
        sn.transfer("digits", 2)  # type: ignore[arg-type]  # a path
    with pytest.raises(ModelError, match="it has no weights yet"):
        sn.transfer(tiny.model(), 2)
    one = sn.Sequential([sn.Input((8, 8, 1)), sn.Flatten(), sn.Dense(2, "softmax")])
    with pytest.raises(ModelError, match="nothing to transfer"):
        sn.transfer(one, 2)
