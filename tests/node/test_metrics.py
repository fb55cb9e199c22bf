"""JavaScript's metrics while training are Python's."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import spritenet as sn
from spritenet import metrics

HERE = Path(__file__).parent
RANDOM = np.random.default_rng(1)
IMAGES = RANDOM.integers(0, 256, (20, 4, 4, 1), np.uint8)
LABELS = RANDOM.integers(0, 4, 20).astype(np.int32)
NAMES = ["precision", "recall", "f1_score", "balanced_accuracy"]


def network(units: int, activation: str | None) -> sn.Sequential:
    """A small network, built."""
    layers = [sn.Rescaling(1 / 255), sn.Flatten(), sn.Dense(6, activation="tanh")]
    made = sn.Sequential([*layers, sn.Dense(units, activation=activation)])
    made.compile("sgd", "mse")
    made.build((4, 4, 1), seed=2)
    return made


def ran(node: str, folder: Path, jobs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The results of metrics.mjs."""
    (folder / "images.bin").write_bytes(IMAGES.tobytes())
    done = subprocess.run(
        [node, HERE / "metrics.mjs"],
        input=json.dumps({"folder": str(folder), "jobs": jobs}),
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    result: list[dict[str, Any]] = json.loads(done.stdout)
    return result


def test_metrics_are_those_of_python(node: str, tmp_path: Path) -> None:
    """Of each epoch, its validation and an evaluation: classes, logits, answers, one answer."""
    several = (RANDOM.random((20, 3)) > 0.5).astype(np.float32)
    one = (LABELS > 1).astype(np.float32)
    top = {"name": "top_k_categorical_accuracy", "k": 2}
    roc, curve = {"name": "auc"}, {"name": "auc", "curve": "PR", "numThresholds": 20}
    second = {"name": "recall", "classId": 1}
    ours = {
        str(top): metrics.TopKCategoricalAccuracy(2),
        str(roc): metrics.AUC(),
        str(curve): metrics.AUC(20, "PR"),
        str(second): metrics.Recall(class_id=1),
    }
    from_logits: dict[str, Any] = {"name": "sparse_categorical_crossentropy", "fromLogits": True}
    cases: list[tuple[str, int, str | None, Any, Any, list[Any]]] = [
        ("classes", 4, "softmax", "sparse_categorical_crossentropy", LABELS, [*NAMES, top, roc]),
        ("logits", 4, None, from_logits, LABELS, [*NAMES, top, curve]),
        ("answers", 3, "sigmoid", "bce", several, [*NAMES[:3], roc]),
        ("class", 3, "sigmoid", "bce", several, ["precision", second, curve]),
        ("one", 1, "sigmoid", "bce", one, [*NAMES, roc]),
    ]
    jobs = []
    for name, units, activation, loss, y, wanted in cases:
        network(units, activation).save(tmp_path / name)
        given = {"labels": y.tolist()} if y is LABELS else {"targets": y.reshape(-1).tolist()}
        jobs.append({"model": name, "loss": loss, "metrics": wanted, **given})
    results = ran(node, tmp_path, jobs)
    for (name, _, _, loss, y, wanted), result in zip(cases, results, strict=True):
        model = sn.load_model(tmp_path / name)
        own = sn.SparseCategoricalCrossentropy(from_logits=True) if name == "logits" else loss
        known = [ours.get(str(each), each) for each in wanted]
        model.compile(sn.SGD(0.05), own, metrics=known)
        how: dict[str, Any] = {"epochs": 2, "batch_size": 8, "seed": 3, "verbose": 0}
        history = model.fit(IMAGES, y, validation_data=(IMAGES, y), **how).history
        evaluated = model.evaluate(IMAGES, y, return_dict=True)
        assert isinstance(evaluated, dict)
        for metric in model.metrics:
            for epoch in range(2):
                found = result["epochs"][epoch]
                assert found["metrics"][metric] == pytest.approx(history[metric][epoch], abs=1e-6)
                expected = history[f"val_{metric}"][epoch]
                assert found["valMetrics"][metric] == pytest.approx(expected, abs=1e-6)
            assert result["evaluated"][metric] == pytest.approx(evaluated[metric], abs=1e-6)


def test_what_is_not_there_is_refused(node: str, tmp_path: Path) -> None:
    """In one line."""
    network(4, "softmax").save(tmp_path / "classes")
    network(2, None).save(tmp_path / "numbers")
    base = {"model": "classes", "loss": "sparse_categorical_crossentropy"}
    base |= {"labels": LABELS.tolist()}
    targets = RANDOM.random(40).tolist()
    jobs: list[dict[str, Any]] = [
        {**base, "metrics": ["hinge"]},
        {**base, "metrics": [{"name": "auc", "curve": "LIFT"}]},
        {**base, "metrics": [{"name": "recall", "classId": 4}]},
        {**base, "metrics": ["top_k_categorical_accuracy"]},
        {"model": "numbers", "loss": "mse", "targets": targets, "metrics": ["recall"]},
    ]
    words = ["unknown metric.*precision", "unknown curve.*ROC or PR", "classId is out of range"]
    words += ["invalid k.*1 to 4", "doesn't fit the targets"]
    for result, expected in zip(ran(node, tmp_path, jobs), words, strict=True):
        assert re.search(expected, result["refused"]), result


@pytest.mark.parametrize(
    "weights", ["balanced", [0.5, 2, 1, 0], {"b": 3, "3": 0.25}], ids=["balanced", "list", "names"]
)
def test_class_weights_are_those_of_python(node: str, tmp_path: Path, weights: Any) -> None:  # noqa: ANN401 - three forms
    """The losses of each epoch, beside weights of images."""
    model = network(4, "softmax")
    model.class_names = ("a", "b", "c", "3")
    model.save(tmp_path / "classes")
    own = RANDOM.random(20).astype(np.float32)
    job = {"model": "classes", "loss": "sparse_categorical_crossentropy", "metrics": []}
    job |= {"labels": LABELS.tolist(), "weights": own.tolist(), "classWeight": weights}
    (result,) = ran(node, tmp_path, [job])
    model.compile(sn.SGD(0.05), "sparse_categorical_crossentropy")
    how: dict[str, Any] = {"epochs": 2, "batch_size": 8, "seed": 3, "verbose": 0}
    history = model.fit(IMAGES, LABELS, sample_weight=own, class_weight=weights, **how).history
    losses = [epoch["loss"] for epoch in result["epochs"]]
    assert losses == pytest.approx(history["loss"], rel=1e-5)


ANSWERS = (RANDOM.random((20, 3)) > 0.6).astype(np.float32)
FRACTIONS = RANDOM.random((20, 3)).astype(np.float32)
ONE = (LABELS > 0).astype(np.float32)


@pytest.mark.parametrize("weighted", [False, True], ids=["", "weights"])
@pytest.mark.parametrize(
    ("units", "activation", "loss", "y", "weights"),
    [
        (3, "sigmoid", "binary_crossentropy", ANSWERS, "balanced"),
        (3, "sigmoid", "binary_crossentropy", ANSWERS, [0.5, 2, 0]),
        (3, "sigmoid", "binary_crossentropy", FRACTIONS, {"b": 3, "c": 0.25}),
        (3, "sigmoid", "binary_focal_crossentropy", ANSWERS, {"a": 5}),
        (3, None, "mean_squared_error", FRACTIONS, [3, 1, 0.5]),
        (1, "sigmoid", "binary_crossentropy", ONE, "balanced"),
        (1, "sigmoid", "binary_crossentropy", ONE.astype(np.int32), [0.5, 4]),
        (1, "sigmoid", "binary_crossentropy", FRACTIONS[:, 0], {"1": 4, "0": 2}),
        (1, "tanh", "hinge", 2 * ONE - 1, [0.5, 4]),
        (4, "softmax", "categorical_crossentropy", np.eye(4, dtype=np.float32)[LABELS], "balanced"),
        (4, "sigmoid", "binary_crossentropy", LABELS, [1, 2, 3, 0.5]),
    ],
)
def test_class_weights_of_answers_are_those_of_python(
    node: str,
    tmp_path: Path,
    units: int,
    activation: str | None,
    loss: str,
    y: NDArray[Any],
    weights: Any,  # noqa: ANN401 - three forms
    weighted: bool,
) -> None:
    """One output, where 0 is no and 1 is yes; several labels an image; one-hot rows."""
    model = network(units, activation)
    if units > 1:
        model.class_names = tuple("abcd"[:units])
    model.save(tmp_path / "answers")
    own = RANDOM.random(20).astype(np.float32) if weighted else None
    kind = "labels" if y.dtype.kind == "i" else "targets"
    job = {"model": "answers", "loss": loss, "metrics": [], kind: y.reshape(-1).tolist()}
    job |= {"classWeight": weights} | ({} if own is None else {"weights": own.tolist()})
    plain = {key: value for key, value in job.items() if key != "classWeight"}
    result, other = ran(node, tmp_path, [job, plain])
    model.compile(sn.SGD(0.05), loss)
    how: dict[str, Any] = {"epochs": 2, "batch_size": 8, "seed": 3, "verbose": 0}
    history = model.fit(IMAGES, y, sample_weight=own, class_weight=weights, **how).history
    losses = [epoch["loss"] for epoch in result["epochs"]]
    assert losses == pytest.approx(history["loss"], rel=1e-5)
    assert losses != [epoch["loss"] for epoch in other["epochs"]]


def test_class_weights_are_checked(node: str, tmp_path: Path) -> None:
    """In one line."""
    network(4, "softmax").save(tmp_path / "classes")
    base = {"model": "classes", "loss": "categorical_crossentropy", "metrics": []}
    labelled = {**base, "labels": LABELS.tolist()}
    network(3, "sigmoid").save(tmp_path / "answers")
    answers = {"model": "answers", "metrics": [], "targets": FRACTIONS.ravel().tolist()}
    rows = RANDOM.random((20, 4))
    targets = (rows / rows.sum(axis=1, keepdims=True)).ravel().tolist()
    jobs: list[dict[str, Any]] = [
        {**labelled, "classWeight": "even"},
        {**labelled, "classWeight": [1, 2]},
        {**labelled, "classWeight": {"dog": 2}},
        {**labelled, "classWeight": {"1": -2}},
        {**base, "targets": targets, "classWeight": "balanced"},
        {**answers, "loss": "binary_crossentropy", "classWeight": "balanced"},
        {**answers, "loss": "binary_crossentropy", "classWeight": {"3": 2}},
    ]
    words = ["unknown word", "a factor for each of 4 classes", "unknown class", "a number ≥ 0"]
    words += ["class weights need labels", "the images of each class can't be counted"]
    words += ["unknown class: expected 0 … 2"]
    for result, expected in zip(ran(node, tmp_path, jobs), words, strict=True):
        assert expected in result["refused"]
