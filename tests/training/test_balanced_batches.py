"""Balanced sampling: each class equally often, from the seed alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import spritenet as sn
import tiny
from spritenet.dataset import Split
from spritenet.engines import native
from spritenet.engines.engine import Examples, Steps
from spritenet.training.balanced_batches import BalancedOrder
from spritenet.training.controls import KEPT

LABELS = np.array([0] * 40 + [2] * 3 + [3] * 12, np.int32)


def skewed() -> Split:
    """Images of which most have class 0, and none class 1."""
    data = tiny.images(400)
    chosen = [np.flatnonzero(data.labels == label)[:count] for label, count in ((0, 40), (2, 3))]
    index = np.concatenate([*chosen, np.flatnonzero(data.labels == 3)[:12]])
    return Split(data.images[index], data.labels[index], data.class_names, "train")


@settings(max_examples=15)
@given(
    counts=st.lists(st.integers(1, 30), min_size=1, max_size=6),
    seed=st.integers(0, 2**64 - 1),
    first=st.integers(0, 70_000),
)
def test_classes_come_equally_often_and_images_before_they_come_again(
    counts: list[int], seed: int, first: int
) -> None:
    """At any place; the same images however they are asked for."""
    labels = np.repeat(np.arange(len(counts)), counts)
    order = BalancedOrder(np.random.default_rng(seed % 2**32).permutation(labels), seed)
    labels = np.random.default_rng(seed % 2**32).permutation(labels)
    length = len(counts) * max(counts)
    drawn = order(0, length)
    for cut in (length // 3, length):
        seen = np.bincount(labels[drawn[:cut]], minlength=len(counts))
        assert seen.max() - seen.min() <= 1
    for label, count in enumerate(counts):
        images = drawn[labels[drawn] == label]
        for start in range(0, len(images) - count + 1, count):
            assert len(set(images[start : start + count].tolist())) == count
    other = BalancedOrder(labels, seed)
    parts = np.concatenate([other(first + k, first + k + 1) for k in range(9)])
    np.testing.assert_array_equal(parts, order(first, first + 9))


def test_seeds_draw_other_images_in_other_orders() -> None:
    """And epochs: the places go on."""
    first, second = (BalancedOrder(LABELS, seed)(0, 165) for seed in (0, 1))
    assert (first != second).any()
    assert (first[:55] != first[55:110]).any()
    assert set(first[:165].tolist()) >= set(range(40, 55))
    assert len(set(first.tolist()) & set(range(40))) == 40  # 55 draws of each class


def recorded(**options: Any) -> tuple[sn.Sequential, sn.History]:
    """A training on the skewed images."""
    model = tiny.model()
    options = {"epochs": 3, "sampling": "balanced", "batch_size": 16, "verbose": 0, **options}
    return model, model.fit(skewed(), **options)


def test_a_training_is_that_on_the_drawn_images() -> None:
    """In their order, without dropout."""
    data, drawn = skewed(), BalancedOrder(skewed().labels, 0)(0, 110)
    first, second = tiny.model(dropout=0.0), tiny.model(dropout=0.0)
    first.fit(data, epochs=2, sampling="balanced", batch_size=16, verbose=0)
    assert first.history is not None
    for epoch in range(2):
        part = drawn[55 * epoch : 55 * epoch + 55]
        images = Split(data.images[part], data.labels[part], data.class_names, "drawn")
        second.fit(images, shuffle=False, batch_size=16, verbose=0)
    assert first.weights_sha256 == second.weights_sha256


def test_streams_draw_what_memory_draws(tmp_path: Path) -> None:
    """From a sprite on disk."""
    data = skewed()
    sn.pack(sn.Dataset("skewed", {"train": data}, data.class_names), tmp_path / "skewed.png")
    stream = sn.open(tmp_path / "skewed.png")
    models = []
    for images in (data, stream.train):
        model = tiny.model()
        model.fit(images, epochs=2, sampling="balanced", batch_size=16, verbose=0)
        models.append(model.weights_sha256)
    assert models[0] == models[1]


@pytest.mark.parametrize("augment", [None, "translation=0.2"])
def test_resumed_runs_draw_the_same_images(tmp_path: Path, augment: str | None) -> None:
    """From the middle of an epoch, on other threads."""
    whole, history = recorded(augment=augment)

    def stop(event: sn.Event) -> None:
        if isinstance(event, sn.StepEvent) and event.step == 6:
            model.session.stop(KEPT)  # type: ignore[union-attr]  # it trains

    model, run = tiny.model(), tmp_path / "run"
    how: dict[str, Any] = {"epochs": 3, "batch_size": 16, "verbose": 0, "augment": augment}
    how |= {"sampling": "balanced", "run": run, "checkpoint_every": 1}
    model.fit(skewed(), callbacks=stop, **how)
    again = tiny.model()
    again.threads = 3
    again.fit(skewed(), resume=True, **how)
    assert again.weights_sha256 == whole.weights_sha256
    assert again.history is not None
    assert again.history.history["accuracy"] == history.history["accuracy"][1:]
    with pytest.raises(sn.RunError, match="another sampling"):
        tiny.model().fit(skewed(), resume=True, **{**how, "sampling": None, "epochs": 4})


def test_repeated_images_are_augmented_differently() -> None:
    """Augmentation knows an image by its place in the epoch, not by its number."""
    seen: list[Examples] = []

    class Recording:
        """The compiled core, and the examples it trains on."""

        def __init__(self, *arguments: Any, **options: Any) -> None:
            self.core = native.Network(*arguments, **options)

        def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - of the core
            return getattr(self.core, name)

        def train(self, *arguments: Any, **options: Any) -> Steps:
            seen.append(arguments[2])
            return self.core.train(*arguments, **options)

    model = sn.Sequential([sn.Flatten(), sn.Dense(4, activation="softmax")], engine=Recording)
    model.compile("sgd", "sparse_categorical_crossentropy")
    model.fit(skewed(), sampling="balanced", batch_size=11, augment="rotation=10", verbose=0)
    images = np.concatenate([examples.images for examples in seen])
    places = np.concatenate([np.asarray(examples.identities) for examples in seen])
    assert len(np.unique(images, axis=0)) < 55
    assert sorted(places.tolist()) == list(range(55))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"sampling": "equal"}, "unknown sampling.*balanced"),
        ({"shuffle": False}, "mutually exclusive with shuffle"),
        ({"class_weight": "balanced"}, "mutually exclusive with class_weight"),
    ],
)
def test_contradictions_are_refused(options: dict[str, Any], words: str) -> None:
    """In one line."""
    with pytest.raises(sn.ModelError, match=words):
        recorded(**options)


def test_images_without_one_class_are_refused() -> None:
    """Several labels, numbers, batches in an order of their own."""
    data = tiny.images(20)
    several = np.ones((20, 4), np.float32)
    model = sn.Sequential([sn.Flatten(), sn.Dense(4, activation="sigmoid")])
    model.compile("sgd", "binary_crossentropy")
    with pytest.raises(sn.DataError, match="one class for each image"):
        model.fit(data.images, several, sampling="balanced", verbose=0)
    batches = ((data.images, data.labels) for _ in range(3))
    with pytest.raises(sn.DataError, match="sampling"):
        tiny.model().fit(batches, steps_per_epoch=2, sampling="balanced", verbose=0)


def test_yes_and_no_are_classes() -> None:
    """Of a network with one output."""
    data = tiny.images(60)
    yes = (data.labels == 1).astype(np.float32)
    model = sn.Sequential([sn.Flatten(), sn.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["true_positives", "false_negatives"])
    found = model.fit(data.images, yes, sampling="balanced", batch_size=20, verbose=0).history
    assert found["true_positives"][0] + found["false_negatives"][0] == 30
