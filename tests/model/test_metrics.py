"""Metrics of `compile`: their values while training, their places, and what is refused."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
import tiny
from spritenet import metrics
from spritenet.errors import ModelError, UnsupportedError
from spritenet.training.callbacks import Logs
from spritenet.training.controls import KEPT

Array = NDArray[np.float64]

DATA = tiny.images(90)
HELD_OUT = tiny.images(40, seed=1)
NAMES = ("precision", "recall", "f1_score", "auc", "top_k_categorical_accuracy", "mse")


def network(wanted: Any, rate: float = 0.0, **compiled: Any) -> sn.Sequential:  # noqa: ANN401 - as for compile
    """A small softmax with these metrics, whose weights don't change by default."""
    model = sn.Sequential(
        [sn.Flatten(), sn.Dense(8, activation="relu"), sn.Dense(4, activation="softmax")],
        threads=1,
    )
    optimizer = sn.SGD(rate)
    model.compile(optimizer, "sparse_categorical_crossentropy", metrics=wanted, **compiled)
    return model


def fitted(model: sn.Sequential, epochs: int = 1, **options: Any) -> sn.History:
    """Trains in batches of which the last is smaller."""
    options = {"validation_data": HELD_OUT, **options}
    return model.fit(DATA, batch_size=40, epochs=epochs, verbose=0, **options)


def test_metrics_of_an_epoch_are_those_of_all_its_images() -> None:
    """As the weights stay, the epoch's are the evaluation's; both are those of `predict`."""
    wanted: list[Any] = ["accuracy", *NAMES[:-2], metrics.TopKCategoricalAccuracy(2), "mse"]
    model = network(wanted)
    history = fitted(model).history
    scores = model.evaluate(DATA, return_dict=True)
    assert list(scores) == ["loss", *model.metrics]
    assert isinstance(scores, dict)
    probabilities = model.predict(DATA)
    for name in model.metrics:
        assert history[name][0] == pytest.approx(scores[name], rel=1e-6)
        assert f"val_{name}" in history
    expected = metrics.AUC()
    expected.update_state(DATA.labels, probabilities)
    assert scores["auc"] == pytest.approx(expected.result())
    report = metrics.class_report(metrics.confusion_matrix(DATA.labels, probabilities, 4))
    assert scores["f1_score"] == pytest.approx(report.f1.mean(), abs=1e-6)
    held_out = model.evaluate(HELD_OUT, return_dict=True)
    assert isinstance(held_out, dict)
    assert history["val_recall"][0] == pytest.approx(held_out["recall"], rel=1e-6)


def test_metrics_are_measured_before_each_step() -> None:
    """The sums of each batch, from the weights as they were before its step."""
    model = network(["mae"], rate=0.5)
    model.build((8, 8, 1))
    other = network([], rate=0.5)
    other.build((8, 8, 1))
    found = fitted(model, validation_data=None, shuffle=False).history["mean_absolute_error"]
    expected = metrics.MeanAbsoluteError()
    for first in range(0, 90, 40):
        part = slice(first, first + 40)
        expected.update_state(DATA.labels[part], other.predict(DATA.images[part]))
        other.train_on_batch(DATA.images[part], DATA.labels[part])
    assert found == [pytest.approx(expected.result(), rel=1e-5)]
    assert model.weights_sha256 == other.weights_sha256


def test_the_same_values_for_any_threads_and_the_same_weights_as_without() -> None:
    """Bit for bit, over epochs in the engine's own permutation."""
    plain = network([], rate=0.1)
    fitted(plain, 3)
    found = []
    for threads in (1, 3):
        model = network(NAMES[:4], rate=0.1)
        model.threads = threads
        history = fitted(model, 3).history
        assert model.weights_sha256 == plain.weights_sha256
        found.append(history)
    assert found[0] == found[1]
    assert plain.history is not None
    assert found[0]["val_loss"] == plain.history.history["val_loss"]


def test_a_resumed_training_has_the_same_metrics(tmp_path: Path) -> None:
    """Also where it was stopped in the middle of an epoch."""
    whole = fitted(network(NAMES[:4], rate=0.1), 3).history

    def stop(event: sn.Event) -> None:
        if event.step == 4 and isinstance(event, sn.StepEvent):  # the first of the second epoch
            model.session.stop(KEPT)  # type: ignore[union-attr]  # it trains

    model = network(NAMES[:4], rate=0.1)
    run = tmp_path / "run"
    fitted(model, 3, run=run, callbacks=stop, checkpoint_every=1)
    again = network(NAMES[:4], rate=0.1)
    history = fitted(again, 3, run=run, resume=True).history
    assert len(history["auc"]) == 2
    for name, values in history.items():
        assert values == whole[name][-2:]
    other = network(["recall"], rate=0.1)
    with pytest.raises(sn.RunError, match="another metrics"):
        fitted(other, 4, run=run, resume=True)


def test_journals_have_metrics_and_older_ones_don_t_need_them(tmp_path: Path) -> None:
    """In the events of evaluations and epochs; none where only the accuracy was asked for."""
    run = sn.Run(tmp_path / "run")
    fitted(network(["recall", metrics.F1Score()]), run=run.folder)
    ended = [event for event in run.events() if isinstance(event, sn.EpochEnded)]
    assert set(ended[0].metrics) == set(ended[0].val_metrics) == {"recall", "f1_score"}
    assert len(ended[0].metrics["f1_score"]) == 4  # type: ignore[arg-type]  # of each class
    plain = sn.Run(tmp_path / "plain")
    fitted(network(["accuracy"]), run=plain.folder)
    assert '"metrics"' not in plain.journal_path.read_text("utf-8")
    assert any(isinstance(event, sn.EpochEnded) for event in plain.events())


@pytest.mark.parametrize("monitor", ["val_f1_score", "val_mean_squared_error", "val_custom"])
def test_callbacks_know_which_way_is_better(monitor: str, tmp_path: Path) -> None:
    """By the metric's name, or by the metric itself."""
    stopping = sn.EarlyStopping(monitor, patience=9, restore_best_weights=True)
    saving = sn.ModelCheckpoint(tmp_path / "best", monitor=monitor, save_best_only=True)
    model = network(["f1_score", "mse", metrics.AUC(name="custom")], rate=0.3)
    history = fitted(model, 4, callbacks=[stopping, saving]).history[monitor]
    best = min(history) if "error" in monitor else max(history)
    assert stopping.best == saving.best == best
    found = sn.load_model(tmp_path / "best")
    found.compile("sgd", "sparse_categorical_crossentropy", metrics=["f1_score", "mse", "auc"])
    name = monitor.removeprefix("val_").replace("custom", "auc")
    scores = found.evaluate(HELD_OUT, return_dict=True)
    assert isinstance(scores, dict)
    assert scores[name] == pytest.approx(best, rel=1e-6)


def test_batch_hooks_get_the_metrics_of_the_epoch_so_far() -> None:
    """As in Keras."""
    seen: list[dict[str, Any]] = []

    class Hook(sn.Callback):
        def on_train_batch_end(self, batch: int, logs: Logs | None = None) -> None:
            del batch
            seen.append(dict(logs or {}))

    history = fitted(network(["mae"]), 2, callbacks=Hook()).history
    assert len(seen) == 6
    assert [seen[2]["mean_absolute_error"], seen[5]["mean_absolute_error"]] == history[
        "mean_absolute_error"
    ]


def test_scores_are_in_the_order_of_the_names() -> None:
    """`loss, precision = model.evaluate(...)`; copies keep the values."""
    model = network(["precision", metrics.Recall(class_id=1, name="recall_of_one")])
    fitted(model)
    scores = model.evaluate(HELD_OUT)
    loss, precision, recall = scores
    assert scores.names == ("loss", "precision", "recall_of_one") == tuple(model.metrics_names)
    assert isinstance(scores, sn.Scores)
    assert loss == scores.loss
    assert scores.accuracy == pytest.approx(scores.predictions.accuracy)
    assert "recall_of_one" in scores._repr_html_()
    for again in (pickle.loads(pickle.dumps(scores)), copy.deepcopy(scores)):
        assert (again, again.names, again.loss) == (scores, scores.names, loss)
    batch = model.train_on_batch(DATA.images, DATA.labels, return_dict=True)
    assert isinstance(batch, dict)
    assert set(batch) == {"loss", "precision", "recall_of_one"}
    assert 0 <= precision <= 1
    assert 0 <= recall <= 1


def test_weighted_metrics_take_the_weights_of_images() -> None:
    """And those of classes; plain metrics don't, as in Keras."""
    weights = np.random.default_rng(0).random(90)
    model = network(["mae", "accuracy"], weighted_metrics=["mae", "accuracy"])
    assert model.metrics == (
        "mean_absolute_error",
        "accuracy",
        "weighted_mean_absolute_error",
        "weighted_accuracy",
    )
    found = fitted(model, sample_weight=weights, class_weight={1: 3.0}).history
    expected = metrics.MeanAbsoluteError()
    right = metrics.CategoricalAccuracy()
    factors = weights * np.where(DATA.labels == 1, 3, 1)
    expected.update_state(DATA.labels, model.predict(DATA), factors)
    right.update_state(DATA.labels, model.predict(DATA), factors)
    assert found["weighted_mean_absolute_error"][0] == pytest.approx(expected.result(), rel=1e-5)
    assert found["weighted_accuracy"][0] == pytest.approx(right.result(), rel=1e-5)
    expected.reset_state()
    expected.update_state(DATA.labels, model.predict(DATA))
    assert found["mean_absolute_error"][0] == pytest.approx(expected.result(), rel=1e-5)


def test_a_model_file_with_its_optimizer_has_the_metrics(tmp_path: Path) -> None:
    """By name, by object, weighted."""
    given = ["acc", "f1_score", metrics.Precision(thresholds=[0.2, 0.7])]
    model = network(given, weighted_metrics=["auc"])
    fitted(model)
    model.save(tmp_path / "model", include_optimizer=True)
    again = sn.load_model(tmp_path / "model")
    assert again.chosen_metrics == model.chosen_metrics
    first, second = (each.evaluate(HELD_OUT, return_dict=True) for each in (model, again))
    assert first == second


def test_logits_are_measured_as_probabilities() -> None:
    """With a loss that takes them, in training and evaluation."""
    model = network(["precision", "categorical_crossentropy"])
    fitted(model)
    *first, last = model.layers
    logits = sn.Sequential([*first[1:], sn.Dense(4)], threads=1)
    loss = sn.SparseCategoricalCrossentropy(from_logits=True)
    logits.compile(sn.SGD(0.0), loss, metrics=["precision", "categorical_crossentropy"])
    logits.build((8, 8, 1))
    logits.set_weights(model.get_weights())
    expected = model.evaluate(DATA)
    assert last.name
    np.testing.assert_allclose(logits.evaluate(DATA), expected, rtol=1e-5)
    found = fitted(logits).history
    assert found["precision"][0] == pytest.approx(expected[1])


def test_answers_and_numbers_have_metrics_of_their_own() -> None:
    """Several labels an image; and a regression."""
    answers = (DATA.labels[:, None] == np.arange(4)).astype(np.float32)
    answers[:, 0] = 1
    model = sn.Sequential([sn.Flatten(), sn.Dense(4, activation="sigmoid")], threads=1)
    wanted: list[Any] = ["accuracy", "f1_score", "auc", metrics.AUC(multi_label=True, name="each")]
    model.compile(sn.SGD(0.0), "binary_crossentropy", metrics=wanted)
    history = model.fit(DATA.images, answers, verbose=0).history
    expected = metrics.F1Score("macro", 0.5)
    expected.update_state(answers, model.predict(DATA.images))
    assert history["f1_score"][0] == pytest.approx(expected.result())
    assert history["each"][0] != history["auc"][0]
    numbers = sn.Sequential([sn.Flatten(), sn.Dense(1)], threads=1)
    numbers.compile(sn.SGD(0.0), "mse", metrics=["mae", "r2_score", "rmse"])
    target = DATA.images.mean(axis=(1, 2, 3)) / 100
    history = numbers.fit(DATA.images, target, verbose=0).history
    assert history["root_mean_squared_error"][0] == pytest.approx(history["loss"][0] ** 0.5)
    for name in ("precision", "auc", "balanced_accuracy", "categorical_accuracy"):
        numbers.compile(sn.SGD(0.0), "mse", metrics=[name])
        with pytest.raises(ModelError, match=f"{name}: the metric doesn't fit the targets"):
            numbers.fit(DATA.images, target, verbose=0)


def test_a_function_is_a_metric() -> None:
    """Of targets and outputs, a value for each image or output."""

    def distance(y_true: Array, y_pred: Array) -> Array:
        return np.abs(y_true - y_pred)

    model = network([distance, "mae"])
    history = fitted(model).history
    assert history["distance"] == pytest.approx(history["mean_absolute_error"])


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("precison", "Unsupported metric 'precison'. Did you mean precision"),
        ("nothing like it", "docs/reference/metrics.md"),
        (3, "Unsupported metric '3'"),
        ({"dense": "mae"}, "Unsupported metrics by output: got {'dense': 'mae'}. A network"),
        ("precision_at_recall", "missing a required argument: 'recall'"),
        (metrics.TopKCategoricalAccuracy(5), "k is larger than the number of classes"),
        (metrics.Precision(top_k=5), "top_k is larger than the number of classes"),
        (metrics.Recall(class_id=4), "class_id is out of range: expected 0 … 3"),
        (metrics.AUC(label_weights=[1, 2]), "label_weights doesn't fit the outputs"),
        ("top_k_categorical_accuracy", "k is larger"),
    ],
)
def test_metrics_that_can_t_be_are_refused(given: object, words: str) -> None:
    """In one line that names the metric."""
    with pytest.raises((ModelError, UnsupportedError)) as caught:
        fitted(network([given]))
    line = str(caught.value)
    assert "\n" not in line
    assert words in line


@pytest.mark.parametrize(
    "make",
    [
        lambda: metrics.Precision(thresholds=1.5),
        lambda: metrics.Precision(thresholds=[]),
        lambda: metrics.Recall(top_k=0),
        lambda: metrics.F1Score(average="mean"),  # type: ignore[arg-type]  # that is refused
        lambda: metrics.AUC(num_thresholds=1),
        lambda: metrics.AUC(curve="LIFT"),  # type: ignore[arg-type]  # that is refused
        lambda: metrics.BinaryAccuracy(threshold=2),
        lambda: metrics.PrecisionAtRecall(1.2),
        lambda: metrics.TopKCategoricalAccuracy(0),
        lambda: metrics.FBetaScore(beta=-1),
        lambda: metrics.BinaryCrossentropy(label_smoothing=1),
        lambda: metrics.R2Score(class_aggregation="mean"),  # type: ignore[arg-type]  # that is refused
        lambda: metrics.AUC(name=3),  # type: ignore[arg-type]  # that is refused
    ],
)
def test_wrong_arguments_are_refused(make: Callable[[], object]) -> None:
    """When the metric is made."""
    with pytest.raises(ModelError):
        make()


def test_a_monitored_metric_is_one_number_that_is_there() -> None:
    """Else one line says what to do."""
    for wanted, monitor, words in (
        ([metrics.F1Score()], "val_f1_score", "several values"),
        ([], "val_auc", "Give compile metrics=\\['auc'\\]"),
    ):
        with pytest.raises(ModelError, match=words):
            fitted(network(wanted), 2, callbacks=sn.EarlyStopping(monitor))
