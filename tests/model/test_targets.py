"""Targets that are no class indices: several labels, yes or no, probabilities, numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

import spritenet as sn
from spritenet.errors import DataError, ModelError
from spritenet.runs import Run
from spritenet.runs.journal import read_journal
from spritenet.training.callbacks import EarlyStopping

RANDOM = np.random.default_rng(0)
BRIGHT = RANDOM.integers(0, 2, (240, 3)).astype(np.float32)
"""Of each image, whether its left, middle and right column are bright."""

IMAGES = np.clip(
    np.repeat(np.repeat(BRIGHT[:, None], 6, axis=1), 2, axis=2)[..., None] * 160
    + RANDOM.integers(0, 90, (240, 6, 6, 1)),
    0,
    255,
).astype(np.uint8)


def model(units: int, activation: str | None, loss: object, **options: object) -> sn.Sequential:
    """A small network, compiled."""
    made = sn.Sequential(
        [sn.Rescaling(1 / 255), sn.Flatten(), sn.Dense(units, activation=activation)]
    )
    made.compile(sn.Adam(0.02), loss, metrics=["accuracy"], **options)  # type: ignore[arg-type]  # loosely typed here
    return made


def test_several_labels_are_learnt_with_arrays() -> None:
    """fit, evaluate and predict with 0/1 rows; the accuracy is of each output."""
    net = model(3, "sigmoid", "binary_crossentropy")
    history = net.fit(IMAGES, BRIGHT, epochs=30, validation_split=0.2, verbose=0, seed=1)
    loss, accuracy = net.evaluate(IMAGES, BRIGHT)
    probabilities = net.predict(IMAGES)
    assert accuracy == pytest.approx(float(((probabilities > 0.5) == BRIGHT).mean()))
    p = np.clip(probabilities.astype(np.float64), 1e-7, 1 - 1e-7)
    expected = -(BRIGHT * np.log(p) + (1 - BRIGHT) * np.log(1 - p)).mean()
    assert loss == pytest.approx(expected, rel=1e-4)
    assert accuracy > 0.98
    assert history.history["val_accuracy"][-1] > 0.95


def test_one_yes_or_no() -> None:
    """Integers (n,) for a network of one output; class weights by answer."""
    y = BRIGHT[:, 0].astype(np.int64)
    net = model(1, "sigmoid", "bce")
    net.fit(IMAGES, y, epochs=20, class_weight={0: 2.0, 1: 0.5}, verbose=0, seed=1)
    loss, accuracy = net.evaluate(IMAGES, y)
    assert accuracy == 1.0
    weighted = net.evaluate(IMAGES, y, sample_weight=np.where(y == 1, 0.5, 2.0)).loss
    p = net.predict(IMAGES)[:, 0].astype(np.float64)
    each = -np.log(np.where(y == 1, p, 1 - p))
    assert loss == pytest.approx(each.mean(), rel=1e-4)
    assert weighted == pytest.approx((each * np.where(y == 1, 0.5, 2.0)).mean(), rel=1e-4)


@pytest.mark.parametrize("dtype", [np.int64, np.bool_, np.float32])
@pytest.mark.parametrize("columns", [(), (1,)], ids=["n", "n1"])
def test_balanced_counts_yes_and_no(dtype: type, columns: tuple[int, ...]) -> None:
    """One output: the factors of scikit-learn, of targets in every form."""
    y = (BRIGHT.sum(axis=1) == 3).astype(dtype)
    shaped = y.reshape(-1, *columns)
    no, yes = compute_class_weight("balanced", classes=np.array([0, 1]), y=y.astype(int))
    assert yes > 1.5 * no
    found = []
    for given in ("balanced", {0: no, 1: yes}, None):
        net = model(1, "sigmoid", "bce")
        net.fit(IMAGES, shaped, class_weight=given, verbose=0, seed=1)
        found.append(net.parameters)
    np.testing.assert_array_equal(found[0], found[1])
    assert (found[0] != found[2]).any()


def test_balanced_counts_rows_of_floats() -> None:
    """As Keras users write multi-label rows; targets that are numbers have no classes."""
    found = []
    for rows in (BRIGHT.astype(np.uint8), BRIGHT):
        net = model(3, "sigmoid", "bce")
        net.fit(IMAGES, rows, class_weight="balanced", verbose=0, seed=1)
        found.append(net.parameters)
    np.testing.assert_array_equal(found[0], found[1])
    for loss, y in (("bce", BRIGHT * 0.9), ("mse", BRIGHT * 2)):
        net = model(3, "sigmoid", loss)
        with pytest.raises(DataError, match="the images of each class can't be counted"):
            net.fit(IMAGES, y, class_weight="balanced", verbose=0)


def test_class_weights_of_several_labels_are_of_outputs() -> None:
    """An output of weight 0 learns nothing."""
    net = model(3, "sigmoid", "bce")
    net.build((6, 6, 1))
    before = net.parameters.copy()
    net.fit(IMAGES, BRIGHT, epochs=1, class_weight={1: 0.0, 2: 3.0}, verbose=0)
    moved = (net.parameters != before)[:-3].reshape(-1, 3).any(axis=0)
    assert moved.tolist() == [True, False, True]


@pytest.mark.parametrize("loss", ["mse", "mae", "huber", "log_cosh", "msle", "mape"])
def test_regression_has_no_accuracy(loss: str, tmp_path: Path) -> None:
    """A linear head: loss alone in scores, history, events, journal and callbacks."""
    y = 1 + BRIGHT @ np.array([1.0, 2.0, 0.5])
    net = model(1, None, loss)
    logs: list[list[str]] = []
    history = net.fit(
        IMAGES,
        y,
        epochs=25,
        validation_split=0.25,
        verbose=0,
        seed=2,
        run=tmp_path / "run",
        callbacks=[
            EarlyStopping("val_loss", patience=20),
            sn.LambdaCallback(on_epoch_end=lambda _, found: logs.append(sorted(found))),
        ],
    )
    assert set(history.history) == {"loss", "val_loss", "learning_rate"}
    assert history.steps[-1].accuracy is None
    assert logs[0] == ["learning_rate", "loss", "val_loss"]
    scores = net.evaluate(IMAGES, y)
    assert np.isnan(scores.accuracy)
    assert net.evaluate(IMAGES, y, return_dict=True) == {"loss": scores.loss}
    assert "accuracy" not in scores._repr_html_()
    assert "accuracy" not in history._repr_html_()
    assert history.history["val_loss"][-1] < 0.6 * history.history["val_loss"][0]
    events = list(read_journal(Run(tmp_path / "run").journal_path))
    assert {event.accuracy for event in events if hasattr(event, "accuracy")} == {None}


def test_monitoring_an_accuracy_that_is_not_there_says_what_to_do() -> None:
    """One line."""
    net = model(1, None, "mse")
    with pytest.raises(ModelError, match="Monitor 'val_loss'") as caught:
        net.fit(
            IMAGES,
            BRIGHT[:, 0],
            epochs=2,
            validation_split=0.2,
            callbacks=EarlyStopping("val_accuracy"),
            verbose=0,
        )
    assert "\n" not in str(caught.value)


def test_rows_of_numbers() -> None:
    """Targets (n, k)."""
    y = BRIGHT @ RANDOM.normal(size=(3, 4))
    net = model(4, None, "mse")
    net.fit(IMAGES, y, epochs=40, verbose=0, seed=2)
    assert net.evaluate(IMAGES, y).loss < 0.05 * float((y**2).mean())


@pytest.mark.parametrize("loss", ["kl_divergence", "categorical_crossentropy"])
def test_another_networks_probabilities_are_targets(loss: str) -> None:
    """Distillation in one line."""
    labels = BRIGHT[:, :2].argmax(axis=1)
    teacher = model(2, "softmax", "sparse_categorical_crossentropy")
    teacher.fit(IMAGES, labels, epochs=10, verbose=0, seed=1)
    student = model(2, "softmax", loss)
    student.fit(IMAGES, teacher.predict(IMAGES), epochs=30, verbose=0, seed=3)
    gap = np.abs(student.predict(IMAGES) - teacher.predict(IMAGES)).mean()
    assert gap < 0.1
    assert student.evaluate(IMAGES, labels).accuracy > 0.9


@pytest.mark.parametrize("loss", ["hinge", "squared_hinge"])
def test_hinges_take_0_and_1_for_minus_1_and_1(loss: str) -> None:
    """The same training, bit for bit."""
    results = []
    for y in (BRIGHT, 2 * BRIGHT - 1):
        net = model(3, "tanh", loss)
        net.fit(IMAGES, y, epochs=5, verbose=0, seed=4)
        results.append(net.parameters.copy())
        assert net.evaluate(IMAGES, y).accuracy > 0.8
    np.testing.assert_array_equal(results[0], results[1])


@pytest.mark.parametrize("loss", sorted(sn.losses.LOSSES))
@pytest.mark.parametrize("weighted", [False, True])
def test_a_killed_training_resumes_bit_for_bit(loss: str, weighted: bool, tmp_path: Path) -> None:
    """The loss and its arguments are in the saved model, and its training goes on with them."""
    row = sn.losses.LOSSES[loss]().row
    activation = row.activation or ("sigmoid" if loss in ("Poisson", "Dice", "Tversky") else None)
    y = BRIGHT[:, 0].astype(int) if row.accuracy == "largest" else BRIGHT
    weights = np.linspace(0, 2, len(y)) if weighted else None
    units = 2 if row.accuracy == "largest" else 3
    nets = [model(units, activation, loss) for _ in range(2)]
    options: dict[str, Any] = {"verbose": 0, "seed": 5, "sample_weight": weights}
    nets[0].fit(IMAGES, y, epochs=2, run=tmp_path / "whole", **options)
    nets[1].fit(IMAGES, y, epochs=1, run=tmp_path / "part", **options)
    nets[1].fit(IMAGES, y, epochs=2, run=tmp_path / "part", resume=True, **options)
    np.testing.assert_array_equal(nets[0].parameters, nets[1].parameters)
    nets[1].save(tmp_path / "model", include_optimizer=True)
    assert sn.load_model(tmp_path / "model").loss == nets[1].loss


@pytest.mark.parametrize(
    ("units", "activation", "loss", "y", "words"),
    [
        (3, "softmax", "categorical_crossentropy", np.ones((240, 3)), "several labels"),
        (3, "softmax", "kl_divergence", np.ones((240, 3), np.int32), "activation='sigmoid'"),
        (3, "softmax", "sparse_categorical_crossentropy", np.ones((240, 3)), "several labels"),
        (3, "softmax", "sparse_categorical_crossentropy", np.eye(3)[[0] * 240], "class indices"),
        (3, "sigmoid", "bce", np.full((240, 3), 2), "outside 0 to 1"),
        (1, "sigmoid", "bce", np.arange(240) % 10, "0 to 1 for binary_crossentropy"),
        (3, "sigmoid", "bce", np.ones((240, 2)), "3 a row"),
        (3, None, "mse", np.full((240, 3), np.nan), "finite"),
        (3, None, "mse", np.ones(240, np.float32), "3 a row"),
        (1, "softmax", "kl_divergence", np.ones(240, int), "always 1"),
    ],
)
def test_wrong_targets_are_refused(
    units: int, activation: str, loss: str, y: np.ndarray, words: str
) -> None:
    """One line each."""
    net = model(units, activation, loss)
    with pytest.raises((DataError, ModelError), match=words) as caught:
        net.fit(IMAGES, y, verbose=0)
    assert "\n" not in str(caught.value)


def test_weights_of_classes_need_classes() -> None:
    """Cosine similarity is of whole rows: no output has a part of its own."""
    net = model(3, None, "cosine_similarity")
    with pytest.raises(DataError, match="class weights"):
        net.fit(IMAGES, BRIGHT - 0.5, class_weight={0: 2.0}, verbose=0)


def test_predictions_need_classes() -> None:
    """Numbers have no confusion matrix."""
    scores = model(3, None, "mse")
    scores.fit(IMAGES, BRIGHT + 0.5, verbose=0)
    with pytest.raises(ModelError, match="no classes"):
        scores.evaluate(IMAGES, BRIGHT + 0.5).predictions  # noqa: B018 - it computes
