"""Sequential is what a Keras user expects: building, weights, predicting, saving, saying no."""

from __future__ import annotations

import copy
import pickle
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import tiny
from reference import Network as Reference
from spritenet.dataset import Split
from spritenet.errors import DataError, ModelError
from spritenet.layers import (
    Add,
    Conv2D,
    Dense,
    Flatten,
    Layer,
    RandomFlip,
    Rescaling,
    Resizing,
)
from spritenet.losses import CategoricalCrossentropy
from spritenet.model import Input, Model, Sequential, load_model
from spritenet.optimizers import SGD


@pytest.fixture(name="model", scope="module")
def fixture_model() -> Sequential:
    """Trained a little."""
    model = tiny.model()
    model.fit(tiny.images(), epochs=3, verbose=0)
    return model


def test_rescaling_is_put_first_once() -> None:
    """Nobody can forget the division by 255, and nobody gets it twice."""
    assert Sequential([Flatten(), Dense(2)]).layers[0] == Rescaling(1 / 255, name="rescaling")
    own = Sequential([Rescaling(1 / 127.5, -1), Flatten(), Dense(2)])
    assert [type(layer) for layer in own.layers] == [Rescaling, Flatten, Dense]
    grown = Sequential()
    grown.add(Flatten())
    grown.add(Dense(2))
    assert [layer.name for layer in grown.layers] == ["rescaling", "flatten", "dense"]


def test_names_are_kerass_and_unique() -> None:
    """dense, dense_1, …; a name that was given is kept, and never given again."""
    model = Sequential([Flatten(), Dense(3), Dense(3, name="dense_1"), Dense(3)])
    assert [layer.name for layer in model.layers[2:]] == ["dense", "dense_1", "dense_2"]
    with pytest.raises(ModelError, match="x: two layers"):
        Sequential([Flatten(name="x"), Dense(2, name="x")])


def test_it_is_built_by_input_build_or_images() -> None:
    """Whichever comes first; the seed alone decides the weights."""
    layers = [Conv2D(3, 3), Flatten(), Dense(2)]
    first = Sequential([Input((8, 8, 1)), *layers])
    second = Sequential(layers)
    assert not second.built
    second.build((None, 8, 8, 1))
    third = Sequential(layers)
    third.build((8, 8, 1), seed=5)
    np.testing.assert_array_equal(first.parameters, second.parameters)
    assert (first.parameters != third.parameters).any()
    assert first.output_shape == (2,)
    for wrong in ((8, 8), (64,), (4, 8, 8, 1), (8, 8, 0), (None, 8, 1), ()):
        with pytest.raises(ModelError):
            second.build(wrong)


def test_layers_are_added_and_taken_away_with_their_weights() -> None:
    """As in Keras: what was trained stays, also its optimizer's state; the rest is new."""
    data, model = tiny.images(), tiny.model()
    model.fit(data, epochs=1, verbose=0)
    trained, state = model.weights, model.state.now.slots
    last = model.pop()
    assert last == tiny.model().layers[-1]
    assert list(model.weights) == ["conv2d/kernel", "conv2d/bias"]
    assert model.output_shape == (36,)
    model.add(Dense(3, activation="softmax", name="head"))
    np.testing.assert_array_equal(model.weights["conv2d/kernel"], trained["conv2d/kernel"])
    same = trained["conv2d/kernel"].size + trained["conv2d/bias"].size
    np.testing.assert_array_equal(model.state.now.slots[:, :same], state[:, :same])
    assert not model.state.now.slots[:, same:].any()
    assert model.class_names == ()
    three = Split(data.images, data.labels % 3, ("a", "b", "c"), "three")
    model.fit(three, epochs=1, verbose=0)
    with pytest.raises(ModelError, match="it needs an image"):
        model.add(Conv2D(1, 1))
    assert model.output_shape == (3,)
    assert len(model.predict(data)) == len(data)
    while model.layers:
        model.pop()
    assert not model.built
    with pytest.raises(ModelError, match="it has no layers"):
        model.pop()


@pytest.mark.parametrize("way", ["list", "argument", "batch", "added", "grown"])
def test_the_shape_of_its_images_is_said_in_kerass_ways(way: str) -> None:
    """Input in the list or added, input_shape= of the first layer: the same weights."""
    expected = Sequential([Input((8, 8, 1)), Conv2D(3, 3), Flatten(), Dense(2)])
    rest: list[Layer | Input] = [Flatten(), Dense(2)]
    model = Sequential()
    if way == "list":
        model = Sequential([Input(shape=[None, 8, 8, 1]), Conv2D(3, 3), *rest])
    elif way == "argument":
        model = Sequential([Conv2D(3, 3, input_shape=(8, 8, 1)), *rest])
    elif way == "batch":
        batch: Any = {"batch_input_shape": (None, 8, 8, 1)}
        model = Sequential([Conv2D(3, 3, **batch), *rest])
    elif way == "added":
        model.add(Input((8, 8, 1)))
        for layer in (Conv2D(3, 3), *rest):
            model.add(layer)
    else:
        for layer in (Conv2D(3, 3, input_shape=(8, 8, 1)), *rest):
            model.add(layer)
    assert model.layers == expected.layers
    np.testing.assert_array_equal(model.parameters, expected.parameters)
    with pytest.raises(ModelError, match="Input comes first"):
        model.add(Input((8, 8, 1)))


def test_adding_a_layer_changes_no_weight_before_it() -> None:
    """Each weight array has its own random stream."""
    short = Sequential([Input((8, 8, 1)), Conv2D(3, 3), Flatten(), Dense(2)])
    long = Sequential([Input((8, 8, 1)), Conv2D(3, 3), Flatten(), Dense(2), Dense(4)])
    for name, weight in short.weights.items():
        np.testing.assert_array_equal(weight, long.weights[name])


def test_weights_go_out_and_in(model: Sequential) -> None:
    """In Keras's order and shapes; copies, so that nobody changes the model by accident."""
    weights = model.get_weights()
    assert [w.shape for w in weights] == [(3, 3, 1, 4), (4,), (36, 4), (4,)]
    assert list(model.weights) == ["conv2d/kernel", "conv2d/bias", "dense/kernel", "dense/bias"]
    other = tiny.model()
    other.build((8, 8, 1))
    other.set_weights(weights)
    assert other.weights_sha256 == model.weights_sha256
    weights[0][:] = 0
    assert model.weights["conv2d/kernel"].any()
    with pytest.raises(ModelError, match="don't fit"):
        other.set_weights(weights[:-1])
    weights[0][0] = np.nan
    with pytest.raises(ModelError, match="not a finite number"):
        other.set_weights(weights)


@pytest.mark.parametrize(
    "form",
    [
        lambda x: x,
        lambda x: x[..., 0],
        lambda x: x.astype(np.int64),
        lambda x: x.astype(np.float32) / 255,
        lambda x: x / 255,
        lambda x: x.reshape(len(x), -1),
        lambda x: x.tolist(),
        np.asfortranarray,
    ],
)
def test_images_may_come_in_many_forms(model: Sequential, form: Any) -> None:  # noqa: ANN401 - a function
    """All of them the same pixels, so the same outputs, bit for bit."""
    x = tiny.images(9).images
    expected = model.predict(tiny.images(9))
    assert expected.shape == (9, 4)
    np.testing.assert_array_equal(model.predict(form(x)), expected)


def test_one_image_gives_one_row(model: Sequential) -> None:
    """As an image h w c or h w, without the batch that Keras asks for."""
    x = tiny.images(9).images
    expected = model.predict(x)[4]
    for one in (x[4], x[4, ..., 0], x[4] / 255):
        np.testing.assert_allclose(model.predict(one), expected, rtol=1e-5)
    assert model.predict_classes(x[4]) == expected.argmax()
    assert model.predict_classes(x).shape == (9,)


def test_outputs_are_the_references(model: Sequential) -> None:
    """An independent engine computes the same from the same weights."""
    x = tiny.images(40, seed=1).images
    reference = Reference(model.layers, (8, 8, 1)).predict(model.parameters, x)
    np.testing.assert_allclose(model.predict(x), reference, atol=1e-5)


@pytest.mark.parametrize(
    "x",
    [
        np.zeros((3, 9, 9, 1), np.uint8),
        np.zeros((3, 8, 8, 3), np.uint8),
        np.zeros(7, np.uint8),
        np.full((3, 8, 8, 1), 300),
        np.full((3, 8, 8, 1), -1),
        np.full((3, 8, 8, 1), 0.3),
        np.full((3, 8, 8, 1), np.nan),
        np.array([["a"]]),
    ],
)
def test_what_is_no_image_is_refused(model: Sequential, x: object) -> None:
    """Nothing is rounded, cut or scaled in silence."""
    with pytest.raises(DataError):
        model.predict(x)


def test_evaluate_unpacks_like_kerass(model: Sequential) -> None:
    """Loss and accuracy, the same as from the predictions."""
    test = tiny.images(100, seed=2)
    loss, accuracy = model.evaluate(test)
    outputs = model.predict(test)
    chosen = outputs[np.arange(100), test.labels]
    assert loss == pytest.approx(-np.log(chosen).mean(), rel=1e-4)
    assert accuracy == (outputs.argmax(axis=1) == test.labels).mean()
    assert model.evaluate(test.images, test.labels) == (loss, accuracy)
    assert model.evaluate((test.images, np.eye(4)[test.labels])).accuracy == accuracy


def test_a_network_can_end_in_an_image() -> None:
    """Predictions then are images."""
    model = Sequential([Input((6, 5, 1)), Conv2D(2, 3)])
    assert model.predict(np.zeros((3, 6, 5, 1), np.uint8)).shape == (3, 4, 3, 2)
    assert model.predict(np.zeros((6, 5, 1), np.uint8)).shape == (4, 3, 2)


def test_it_is_saved_and_loaded(model: Sequential, tmp_path: Path) -> None:
    """With weights, class names and metadata; predictions are the same to the bit."""
    model.save(tmp_path / "digits")
    again = load_model(tmp_path / "digits")
    x = tiny.images(20, seed=3).images
    np.testing.assert_array_equal(again.predict(x), model.predict(x))
    assert again.class_names == ("a", "b", "c", "d")
    assert again.layers == model.layers
    with pytest.raises(ModelError, match="compile"):
        again.evaluate(x, np.zeros(20, int))


def test_a_loaded_model_trains_on_as_if_never_saved(tmp_path: Path) -> None:
    """With its optimizer's memory the next updates are the same to the bit."""
    data = tiny.images(192)
    model = tiny.model(dropout=0)
    model.fit(data, epochs=2, verbose=0)
    model.save(tmp_path / "m", include_optimizer=True)
    again = load_model(tmp_path / "m")
    model.fit(data, epochs=1, shuffle=False, verbose=0)
    again.fit(data, epochs=1, shuffle=False, verbose=0)
    assert again.weights_sha256 == model.weights_sha256


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda m: pickle.loads(pickle.dumps(m))])
def test_it_can_be_copied_and_sent(model: Sequential, duplicate: Any) -> None:  # noqa: ANN401 - a function
    """The copy predicts the same, and training it leaves the original alone."""
    before = model.weights_sha256
    again = duplicate(model)
    assert again.weights_sha256 == before
    again.fit(tiny.images(), epochs=1, verbose=0)
    assert model.weights_sha256 == before != again.weights_sha256


def test_the_summary_is_a_table(model: Sequential, capsys: pytest.CaptureFixture[str]) -> None:
    """Layer, shape, parameters; printed, as in Keras, or given to a function."""
    model.summary()
    printed = capsys.readouterr().out
    lines: list[str] = []
    model.summary(print_fn=lines.append)
    assert lines == [printed.rstrip("\n")]
    assert re.search(r"max_pooling2d \(MaxPooling2D\) +3 × 3 × 4 +0\n", printed)
    assert "Parameters: 188 (752 bytes)" in printed
    assert "Not built yet" in str(Sequential([Flatten(), Dense(2)]))
    assert repr(model) == "<Sequential sequential: 6 layers, 188 parameters>"
    assert ">MaxPooling2D</td>" in model._repr_html_()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"optimizer": "adahessian"}, "Unsupported optimizer 'adahessian'"),
        ({"loss": "ctc"}, "Unsupported loss 'ctc'"),
        ({"loss": {"dense": "mse"}}, "Unsupported losses by output.*give 'mse' alone"),
        ({"metrics": ["aux"]}, "Unsupported metric"),
        ({"loss": CategoricalCrossentropy(from_logits=True)}, "can't follow"),
    ],
)
def test_compile_checks_its_arguments(arguments: dict[str, Any], words: str) -> None:
    """At once, not after an hour."""
    with pytest.raises(ModelError, match=words):
        tiny.model().compile(**arguments)


def test_what_is_missing_is_named() -> None:
    """No weights, no loss, no layers, wrong outputs, no layer."""
    data = tiny.images()
    with pytest.raises(ModelError, match="no weights yet"):
        tiny.model().predict(data)
    with pytest.raises(ModelError, match=r"compile\("):
        Sequential([Flatten(), Dense(4, "softmax")]).fit(data)
    with pytest.raises(ModelError, match="no layers"):
        Sequential().build((8, 8, 1))
    wrong = Sequential([Flatten(), Dense(5, "softmax")])
    wrong.compile(SGD(), "categorical_crossentropy")
    with pytest.raises(ModelError, match="dense: its outputs don't fit the classes"):
        wrong.fit(data)
    with pytest.raises(ModelError, match="not a layer"):
        Sequential([Flatten, Dense(2)])  # type: ignore[list-item]  # that is the point
    small = Sequential([Conv2D(2, 9), Flatten(), Dense(4, "softmax")])
    small.compile(SGD(), "categorical_crossentropy")
    with pytest.raises(
        ModelError, match="conv2d: its window of 9x9 is larger than its input of 8x8"
    ):
        small.fit(data)


def test_a_rescaling_after_layers_that_arrange_pixels_is_respected() -> None:
    """Resizing, then Rescaling, as in Keras's guides: pixels are scaled once."""
    model = Sequential([Input((8, 8, 1)), Resizing(4, 4), Rescaling(1 / 255), Flatten()])
    assert model.predict(np.full((8, 8), 255, np.uint8)) == pytest.approx(np.ones(16))


def test_models_among_the_layers_bring_their_weights(model: Sequential) -> None:
    """Keras's way to build on a trained model, in the list and with `add`; frozen stays so."""
    body = Model(model.inputs, model.layers[-2].output)
    features = body.predict(tiny.images().images)
    body.trainable = False
    grown = Sequential(name="grown")
    grown.add(body)
    grown.add(Dense(4, "softmax"))
    for made in (Sequential([body, Dense(4, "softmax")]), grown):
        assert [layer.trainable for layer in made.layers] == [False] * len(body.layers) + [True]
        made.compile(SGD(0.1), "sparse_categorical_crossentropy")
        kernel, bias = list(made.weights.values())[-2:]
        made.fit(tiny.images(), verbose=0)
        for name, array in body.weights.items():
            assert np.array_equal(made.weights[name], array)
        trained, _ = list(made.weights.values())[-2:]
        assert not np.array_equal(trained, kernel)
        logits = features @ trained + list(made.weights.values())[-1]
        expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        np.testing.assert_allclose(made.predict(tiny.images().images), expected, atol=1e-5)
        assert bias.shape == (4,)


def test_models_that_do_not_fit_a_chain_are_refused(model: Sequential) -> None:
    """One line each: branches, images of another size or of a size that nobody said."""
    images = Input((8, 8, 1))
    branched = Model(images, Add()([Dense(2)(images), Dense(2)(images)]))
    cases = (
        (lambda: Sequential([branched, Dense(2)]), "a model with branches can't be a part of"),
        (lambda: Sequential([RandomFlip(), model]), r"Begin with sn\.Input\(shape\)"),
        (lambda: Sequential([Input((16, 16, 1)), model]), "weights of a trained model don't fit"),
        (lambda: Sequential([RandomFlip()]).add(model), r"Begin with sn\.Input\(shape\)"),
    )
    for make, words in cases:
        with pytest.raises(ModelError, match=words) as caught:
            make()
        assert "\n" not in str(caught.value)


def test_parts_without_weights_and_names_used_twice() -> None:
    """Parts that aren't built yet give their layers alone; names are made unique."""
    part = Sequential([Conv2D(2, 3, padding="same")])
    made = Sequential([Input((8, 8, 1)), part, part, Flatten(), Dense(2, name="flatten")])
    assert [layer.name for layer in made.layers] == [
        "rescaling",
        "conv2d",
        "rescaling_1",
        "conv2d_1",
        "flatten_1",
        "flatten",
    ]
