"""Single batches, weight files and other calls of Keras's: they do what fit and evaluate do."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.errors import MissingKeyError, ModelError, UnsupportedError
from spritenet.optimizers import Adam
from spritenet.schedules import OneCycle


def test_training_on_batches_is_fit_step_by_step() -> None:
    """The same weights, bit for bit, as a fit over the images as they lie."""
    data = tiny.images(96)
    whole, single = tiny.model(), tiny.model()
    whole.fit(data, epochs=1, batch_size=32, shuffle=False, verbose=0)
    for first in (0, 32, 64):
        part = slice(first, first + 32)
        scores = single.train_on_batch(data.images[part], data.labels[part])
    assert single.weights_sha256 == whole.weights_sha256
    assert whole.history is not None
    assert scores == (whole.history.steps[-1].loss, whole.history.steps[-1].accuracy)
    figures = single.train_on_batch(data, return_dict=True)
    assert isinstance(figures, dict)
    assert list(figures) == ["loss", "accuracy"]
    endless = tiny.model(Adam(OneCycle(0.1)))
    with pytest.raises(ModelError, match="spans a training of unknown length"):
        endless.train_on_batch(data)


def test_test_and_predict_on_batch_are_evaluate_and_predict() -> None:
    """Under Keras's names."""
    data, model = tiny.images(), tiny.model()
    model.fit(data, verbose=0)
    scores = model.evaluate(data)
    assert model.test_on_batch(data) == scores
    assert model.test_on_batch(data.images, data.labels) == scores
    assert model.evaluate(data, return_dict=True) == {
        "loss": scores.loss,
        "accuracy": scores.accuracy,
    }
    assert model.evaluate(data.images, data.labels, 128, 0) == scores
    assert model.metrics_names == ["loss", "accuracy"]
    expected = model.predict(data)
    np.testing.assert_array_equal(model(data), expected)
    np.testing.assert_array_equal(model.predict_on_batch(data.images), expected)
    np.testing.assert_array_equal(model.predict(data.images, 128, 0), expected)


def test_layers_are_found_by_name_and_place() -> None:
    """As Keras finds them."""
    model = tiny.model()
    assert model.get_layer("dense") == model.layers[-1]
    assert model.get_layer(index=0) == model.get_layer("rescaling")
    assert model.layers[0].trainable
    assert model.trainable
    wrong: tuple[dict[str, Any], ...] = ({"name": "x"}, {"index": 9}, {}, {"index": "dense"})
    for named in wrong:
        with pytest.raises(ModelError, match="unknown layer: expected rescaling, conv2d"):
            model.get_layer(**named)


def test_the_layers_as_json_are_those_of_the_model_file(tmp_path: Path) -> None:
    """Keras 2's form."""
    model = tiny.model()
    with pytest.raises(ModelError, match="no weights yet"):
        model.to_json()
    model.build((8, 8, 1))
    model.save(tmp_path / "model")
    topology = json.loads((tmp_path / "model" / "model.json").read_text())["modelTopology"]
    assert json.loads(model.to_json())["config"]["layers"] == topology["config"]["layers"]
    assert model.get_config()["name"] == "sequential"


def test_no_seed_is_another_result_each_time() -> None:
    """As Keras means it; the seed is said by the first event, so that it can be repeated."""
    data = tiny.images()
    first, second = tiny.model(), tiny.model()
    seeds = []
    for model in (first, second):
        (started, *_) = list(sn.train(model, data, seed=None))
        assert isinstance(started, sn.Started)
        seeds.append(started.seed)
    assert first.weights_sha256 != second.weights_sha256
    again = tiny.model()
    again.fit(data, seed=seeds[0], verbose=0)
    assert again.weights_sha256 == first.weights_sha256
    with pytest.raises(ModelError, match="invalid seed"):
        tiny.model().fit(data, seed="a")  # type: ignore[arg-type]  # wrong on purpose


def test_validation_comes_after_so_many_epochs() -> None:
    """validation_freq=2: after the second, fourth, …; the weights are the same."""
    data, every, second = tiny.images(), tiny.model(), tiny.model()
    every.fit(data, validation_data=data, epochs=5, verbose=0)
    history = second.fit(data, validation_data=data, epochs=5, validation_freq=2, verbose=0)
    assert len(history.history["loss"]) == 5
    assert len(history.history["val_loss"]) == 2
    assert every.weights_sha256 == second.weights_sha256
    assert every.history is not None
    assert history.history["val_loss"] == every.history.history["val_loss"][1::2]
    with pytest.raises(ModelError, match="invalid validation_freq"):
        second.fit(data, validation_freq=0)


def test_figures_and_weights_are_asked_for_in_older_ways() -> None:
    """Keras 2's "acc"; a number for a weight array; what isn't there is one line."""
    data, model = tiny.images(), tiny.model()
    history = model.fit(data, epochs=2, verbose=0).history
    assert history["acc"] == history["accuracy"]
    assert "acc" not in history
    for name, words in (("val_acc", "Give fit validation_data"), ("foo", "one of loss, accuracy")):
        with pytest.raises(MissingKeyError, match=words) as caught:
            history[name]
        assert isinstance(caught.value, KeyError)
        assert str(caught.value).startswith("history: Unknown metric")
    weights: Any = model.weights
    with pytest.raises(KeyError, match=r"get_weights\(\) gives a list"):
        weights[0]


def test_an_optimizer_that_is_set_begins_with_an_empty_state() -> None:
    """As compile does it; words are understood, and what can't be set says what to do."""
    model: Any = tiny.model()
    model.fit(tiny.images(), verbose=0)
    model.optimizer, model.loss = "rmsprop", "mse"
    assert model.state.now.slots.shape == (1, model.count_params())
    assert not model.state.now.slots.any()
    model.optimizer = Adam()
    assert model.state.now.slots.shape == (2, model.count_params())
    model.fit(tiny.images(), verbose=0)
    for name in ("layers", "weights", "output_shape", "built"):
        with pytest.raises(UnsupportedError, match=f"setting {name} of a model. [UI]"):
            setattr(model, name, 3)
    with pytest.raises(ModelError, match="Unsupported optimizer"):
        model.optimizer = 3
