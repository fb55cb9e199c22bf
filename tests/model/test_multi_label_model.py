"""Models on multi-label data: training, thresholds, prediction, evaluation, saving."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import spritenet as sn
from several_shapes import NAMES, shapes_dataset
from spritenet.dataset import Dataset, Split
from spritenet.model import Model

sklearn = pytest.importorskip("sklearn.metrics")


@pytest.fixture(scope="module")
def data() -> Dataset:
    """Shapes, of which images have several or none."""
    return shapes_dataset(1200, 300)


@pytest.fixture(scope="module")
def model(data: Dataset) -> Model:
    """A named network, trained with held-out images."""
    made = sn.networks.convnet(data.train)
    made.fit(data.train, validation_split=0.2, epochs=4, verbose=0)
    return made


def test_a_named_network_ends_in_a_sigmoid_and_learns(model: Model, data: Dataset) -> None:
    """By the data alone; its accuracy is far above always saying no."""
    assert model.is_multi_label
    assert model.loss is not None
    assert model.loss.name == "binary_crossentropy"
    assert not model.classifies
    never = 1 - data.test.labels.mean()
    assert model.evaluate(data.test).accuracy > never + 0.1


def test_fit_tunes_thresholds_that_raise_f1_on_other_images(model: Model, data: Dataset) -> None:
    """On held-out images; a rare class gains most. They are dropped when the weights change."""
    assert model.thresholds is not None
    assert model.thresholds.shape == (4,)
    p = model.predict(data.test)
    tuned, plain = (
        sklearn.f1_score(data.test.labels, p >= limit, average="macro", zero_division=0)
        for limit in (model.thresholds, 0.5)
    )
    assert tuned > plain
    other = sn.networks.convnet(data.train)
    other.fit(data.train, validation_split=0.2, epochs=1, verbose=0)
    assert other.thresholds is not None
    other.fit(data.train, epochs=1, verbose=0)
    assert other.thresholds is None


def test_predict_labels_applies_the_thresholds(model: Model, data: Dataset) -> None:
    """Of many images and of one, as `classify` has them in `present`."""
    p = model.predict(data.test)
    assert model.thresholds is not None
    found = model.predict_labels(data.test)
    np.testing.assert_array_equal(found, p >= model.thresholds)
    np.testing.assert_array_equal(model.predict_labels(data.test.images[3]), found[3])
    answers = model.classify(data.test)
    assert answers.present is not None
    np.testing.assert_array_equal(answers.present, found)
    assert not answers.sure.any()
    assert not model.calibrated


def test_evaluation_has_the_predictions_and_their_metrics(model: Model, data: Dataset) -> None:
    """F1 and average precision are scikit-learn's; single-label plots are refused by one line."""
    scores = model.evaluate(data.test)
    found = scores.label_predictions
    rows = data.test.labels
    assert found.classes.macro.f1 == pytest.approx(
        sklearn.f1_score(rows, found.predicted, average="macro", zero_division=0)
    )
    assert found.classes.mean_average_precision == pytest.approx(
        sklearn.average_precision_score(rows, found.probabilities, average="macro")
    )
    assert found.exact_match == pytest.approx(sklearn.accuracy_score(rows, found.predicted))
    wrong = found.mistakes()
    assert len(wrong) == int((~found.right).sum())
    assert not found.right[wrong].any()
    with pytest.raises(sn.ModelError, match=r"Use Scores\.label_predictions"):
        scores.plot_confusion()


def test_thresholds_are_saved_with_the_model(model: Model, data: Dataset, tmp_path: Path) -> None:
    """In model.json; a list of another length is refused."""
    model.save(tmp_path / "model")
    again = sn.load_model(tmp_path / "model")
    np.testing.assert_array_equal(again.thresholds, model.thresholds)
    np.testing.assert_array_equal(again.predict_labels(data.test), model.predict_labels(data.test))
    path = tmp_path / "model" / "model.json"
    text = path.read_text()
    start = text.index('"thresholds"')
    end = text.index("]", start)
    for value, says in (("[0.5]", "thresholds don't fit"), ('["a"]', "numbers from 0 to 1")):
        path.write_text(text[:start] + f'"thresholds": {value}' + text[end + 1 :])
        with pytest.raises(sn.ModelError, match=says):
            sn.load_model(tmp_path / "model")


def test_thresholds_can_be_set_and_tuned(model: Model, data: Dataset) -> None:
    """By hand, on other images, and back to one half."""
    copy = model.__copy__()
    tuned = copy.tune_thresholds(data.test)
    f1 = copy.evaluate(data.test).label_predictions.classes.f1
    copy.thresholds = 0.5
    assert copy.thresholds.tolist() == [0.5] * 4
    assert (copy.evaluate(data.test).label_predictions.classes.f1 <= f1 + 1e-12).all()
    assert tuned.shape == (4,)
    with pytest.raises(sn.ModelError, match="invalid thresholds: expected 4 numbers from 0 to 1"):
        copy.thresholds = [0.5, 2]
    softmax = sn.Sequential([sn.Input((28, 28, 1)), sn.Flatten(), sn.Dense(4, "softmax")])
    with pytest.raises(sn.ModelError, match="thresholds: its outputs are no probabilities of"):
        softmax.thresholds = 0.5


def test_balanced_weights_are_the_number_of_labels_over_that_of_the_class(data: Dataset) -> None:
    """The same training as with the weights given by hand, and another than without."""
    counts = data.train.labels.sum(axis=0)
    by_hand = (counts.sum() / (4 * counts)).tolist()
    weights = []
    for given in ("balanced", by_hand, None):
        made = sn.networks.tutorial(data.train)
        made.fit(data.train, epochs=1, class_weight=given, verbose=0)
        weights.append(made.parameters)
    np.testing.assert_array_equal(weights[0], weights[1])
    assert (weights[0] != weights[2]).any()


def test_a_softmax_refuses_several_labels_and_none(data: Dataset) -> None:
    """One line that names the layer and the loss to use."""
    made = sn.Sequential([sn.Flatten(), sn.Dense(4, activation="softmax")])
    for loss in ("sparse_categorical_crossentropy", "categorical_crossentropy"):
        made.compile("sgd", loss)
        with pytest.raises(sn.DataError, match="several labels, but a softmax chooses one"):
            made.fit(data.train, verbose=0)
    none = Split(data.train.images[:3], np.eye(4, dtype=np.uint8)[[0, 1, 2]] * 0, NAMES)
    with pytest.raises(sn.DataError, match="no label, but a softmax chooses one"):
        made.fit(none, verbose=0)


def test_a_transferred_model_gets_a_sigmoid(model: Model, data: Dataset) -> None:
    """From one label to several: the head follows the data."""
    digits = sn.Sequential(
        [sn.Conv2D(4, 3, activation="relu"), sn.Flatten(), sn.Dense(10, activation="softmax")]
    )
    digits.build((28, 28, 1))
    made = sn.transfer(digits, data)
    assert made.is_multi_label
    assert not model.classifies
    made.fit(data.train, epochs=1, verbose=0)


def test_training_on_a_stream_is_the_training_in_memory(data: Dataset, tmp_path: Path) -> None:
    """The same weights, bit for bit, and thresholds."""
    folder = sn.pack(data, tmp_path / "shapes", shard_rows=500)
    trained = []
    with sn.open(folder, order="shuffled") as stream:
        for source in (stream.train, data.train):
            made = sn.networks.tutorial(source)
            made.fit(source, validation_split=0.2, epochs=1, verbose=0)
            trained.append(made)
        np.testing.assert_array_equal(trained[0].parameters, trained[1].parameters)
        assert trained[0].thresholds is not None
