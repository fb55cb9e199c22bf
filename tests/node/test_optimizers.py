"""JavaScript's optimizers train as Python's, and each side reads the state of the other."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.optimizers import OPTIMIZERS, Optimizer

HERE = Path(__file__).parent
DATA = tiny.images(60)
SHARED: dict[str, Any] = {"use_ema": True, "ema_momentum": 0.8, "gradient_accumulation_steps": 2}

CASES: list[tuple[Optimizer, str, dict[str, Any]]] = [
    *((cls(0.01), name.lower(), {"learningRate": 0.01}) for name, cls in OPTIMIZERS.items()),
    (sn.SGD(0.05, momentum=0.9), "momentum", {"learningRate": 0.05}),
    (
        sn.SGD(0.05, momentum=0.9, nesterov=True),
        "momentum",
        {"learningRate": 0.05, "useNesterov": True},
    ),
    (
        sn.Adam(0.01, beta_1=0.8, amsgrad=True),
        "adam",
        {"learningRate": 0.01, "beta1": 0.8, "amsgrad": True},
    ),
    (sn.RMSprop(0.01, centered=True), "rmsprop", {"learningRate": 0.01, "centered": True}),
    (
        sn.AdamW(0.01, clipnorm=0.1, no_weight_decay=["bias"]),
        "adamw",
        {"learningRate": 0.01, "clipnorm": 0.1, "noWeightDecay": ["bias"]},
    ),
    (
        sn.Muon(0.01, exclude_layers=["dense"], **SHARED),
        "muon",
        {
            "learningRate": 0.01,
            "excludeLayers": ["dense"],
            "useEma": True,
            "emaMomentum": 0.8,
            "gradientAccumulationSteps": 2,
        },
    ),
    (
        sn.Adagrad(0.1, initial_accumulator_value=0.5),
        "adagrad",
        {"learningRate": 0.1, "initialAccumulatorValue": 0.5},
    ),
]

REFUSED: list[tuple[str, dict[str, Any], str]] = [
    ("adam", {"beta1": 1}, "invalid beta_1"),
    ("adam", {"clipnorm": 1, "clipvalue": 1}, "mutually exclusive"),
    ("muon", {"nsSteps": 0.5}, "invalid ns_steps"),
    ("muon", {"excludeLayers": "dense"}, "invalid exclude_layers"),
    ("lion", {"momentum": 0.5}, "unknown argument momentum"),
    ("ftrl", {"learningRatePower": 1}, "invalid learning_rate_power"),
]


def ran(node: str, folder: Path, model: sn.Sequential, cases: list[Any]) -> list[Any]:
    """The results of training the model with each optimizer."""
    model.build((8, 8, 1))
    model.save(folder / "start")
    (folder / "images.bin").write_bytes(DATA.images.tobytes())
    (folder / "labels.bin").write_bytes(DATA.labels.astype("<i4").tobytes())
    job = {"folder": str(folder), "cases": cases, "batchSize": 20, "epochs": 4}
    done = subprocess.run(
        [node, HERE / "optimizers.mjs"],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[Any] = json.loads(done.stdout)
    return found


@pytest.mark.filterwarnings("ignore:.* TensorFlow.js has no OrthogonalRegularizer")
def test_constraints_and_penalties_hold_as_in_python(node: str, tmp_path: Path) -> None:
    """On kernels and biases, through the file."""
    both: dict[str, Any] = {"kernel_constraint": sn.constraints.MaxNorm(0.5, axis=(0, 1, 2))}
    both["bias_constraint"] = "non_neg"
    model = sn.Sequential(
        [
            sn.Conv2D(4, 3, activation="relu", kernel_regularizer=sn.L1(0.01), **both),
            sn.Flatten(),
            sn.Dense(5, "tanh", kernel_constraint=sn.constraints.MinMaxNorm(0.3, 0.6, rate=0.5)),
            sn.Dense(6, "tanh", kernel_regularizer=sn.OrthogonalRegularizer(0.5, "columns")),
            sn.Dense(6, "tanh", kernel_regularizer=sn.OrthogonalRegularizer(0.5)),
            sn.Dense(
                4, "softmax", kernel_constraint="unit_norm", kernel_regularizer=sn.L1L2(0.01, 0.01)
            ),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    (got,) = ran(node, tmp_path, model, [("momentum", {"learningRate": 0.05}, "end")])
    ours = sn.load_model(tmp_path / "start")
    ours.compile(sn.SGD(0.05, momentum=0.9), "sparse_categorical_crossentropy")
    history = ours.fit(DATA.images, DATA.labels, epochs=4, batch_size=20, shuffle=False, verbose=0)
    losses = [step.loss for step in history.steps]
    np.testing.assert_allclose(got["losses"], losses, rtol=2e-3)
    theirs = sn.load_model(tmp_path / "end")
    np.testing.assert_allclose(theirs.parameters, ours.parameters, atol=3e-3)
    assert [layer.config() for layer in theirs.layers] == [layer.config() for layer in ours.layers]
    assert np.linalg.norm(theirs.weights["dense_3/kernel"], axis=0) == pytest.approx(1, rel=1e-4)


def test_each_optimizer_trains_as_in_python(node: str, tmp_path: Path) -> None:
    """Losses and weights, then the state in a file, read by both."""
    cases = [(name, options, f"end{i}") for i, (_, name, options) in enumerate(CASES)]
    cases += [(name, options, "never") for name, options, _ in REFUSED]
    found = ran(node, tmp_path, tiny.model(dropout=0.0), cases)
    for (optimizer, name, _), (_, _, at), got in zip(CASES, cases, found, strict=False):
        ours = sn.load_model(tmp_path / "start")
        ours.compile(optimizer, "sparse_categorical_crossentropy")
        history = ours.fit(
            DATA.images, DATA.labels, epochs=4, batch_size=20, shuffle=False, verbose=0
        )
        assert "error" not in got, (name, got)
        assert got["same"], f"{name}: its state in a file is another"
        losses = [step.loss for step in history.steps]
        np.testing.assert_allclose(got["losses"], losses, rtol=2e-3, err_msg=repr(optimizer))
        theirs = sn.load_model(tmp_path / at)
        assert theirs.optimizer == optimizer
        np.testing.assert_allclose(theirs.parameters, ours.parameters, atol=3e-3, err_msg=name)
        np.testing.assert_allclose(theirs.state.now.slots, ours.state.now.slots, atol=3e-3)
    for (_, _, words), got in zip(REFUSED, found[len(CASES) :], strict=True):
        assert words in got["error"], got
