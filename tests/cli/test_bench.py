"""`spritenet bench` and the profile of training."""

from __future__ import annotations

import json

import numpy as np
import pytest

import spritenet as sn
from program import spritenet
from spritenet.engines.native import Network
from spritenet.engines.profile import LAYER_PHASES, STEP_PHASES, profiled


def small(threads: int) -> tuple[sn.Sequential, sn.Split]:
    """A network that is built for batches of 32, and noise."""
    random = np.random.default_rng(0)
    images = random.integers(0, 256, (200, 12, 12, 1), np.uint8)
    data = sn.Split.from_arrays(images, random.integers(0, 3, 200))
    model = sn.Sequential(
        [
            sn.Conv2D(4, 3, activation="relu"),
            sn.BatchNormalization(),
            sn.Flatten(),
            sn.Dense(3, activation="softmax"),
        ]
    )
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.threads = threads
    model.fit(data, steps=1, batch_size=32, verbose=0)
    return model, data


@pytest.mark.parametrize("threads", [1, 2])
def test_a_profile_accounts_for_the_threads_time(threads: int) -> None:
    """Each thread's parts are positive and sum to no more than the clock; weights are the same."""
    (model, data), (other, _) = small(threads), small(threads)
    engine = model.engine(32)
    assert isinstance(engine, Network)
    names = [layer.label for layer in model.layers]
    with profiled(engine, tuple(names)) as found:
        model.fit(data, steps=20, batch_size=32, verbose=0)
    other.fit(data, steps=20, batch_size=32, verbose=0)
    assert np.array_equal(model.parameters, other.parameters)
    assert found.layer_seconds.shape == (threads, len(names), len(LAYER_PHASES))
    assert found.step_seconds.shape == (threads, len(STEP_PHASES))
    assert (found.layer_seconds >= 0).all()
    spent = found.layer_seconds.sum(axis=(1, 2)) + found.step_seconds.sum(axis=1)
    assert (spent <= found.seconds).all()
    by_layer = dict(zip(names, found.layer_seconds.sum(axis=0).tolist(), strict=True))
    assert all(by_layer[name][0] > 0 for name in ("conv2d", "batch_normalization", "dense"))
    assert by_layer["conv2d"][1] > 0  # it has weights,
    assert by_layer["conv2d"][2] < by_layer["conv2d"][1]  # and nothing before it learns
    assert by_layer["batch_normalization"][2] > 0


def test_bench_prints_speeds_and_where_time_goes(data: str) -> None:
    """A row for each layer, phase and thread; as JSON the same in seconds."""
    words = ("bench", data, "--seconds", "0.05", "--threads", "2", "--profile")
    done = spritenet(*words)
    assert done.returncode == 0, done.stderr
    for row in ("images/s", "conv2d_1", "dense", *STEP_PHASES, "thread", "outside the core"):
        assert row in done.stdout
    done = spritenet(*words, "--json")
    assert done.returncode == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["threads"] == len(made["profile"]["threads"]) == 2
    assert made["train_images_per_second"] > 0
    assert made["predict_one_ms"] > 0
    rows = [row for thread in made["profile"]["threads"] for row in thread["layers"]]
    assert sum(row["forward"] for row in rows if row["layer"] == "conv2d") > 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--seconds", "0"), "seconds"),
        (("--model", "tutorial", "--from", "digits"), "mutually exclusive"),
    ],
)
def test_bad_input_is_one_line(words: tuple[str, ...], message: str) -> None:
    """With what was expected."""
    done = spritenet("bench", *words)
    assert done.returncode == 2
    assert message in done.stderr
    assert done.stderr.strip().count("\n") == 0
