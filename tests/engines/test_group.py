"""Networks that are trained together end where each would alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import spritenet as sn
import tiny

torch = pytest.importorskip("torch", reason="PyTorch runs the engine")

from spritenet.engines.torch.stacked import Stacked  # noqa: E402 - where there is PyTorch alone


def network(device: str, rate: float = 0.05, **how: Any) -> sn.Sequential:
    """A small network with batch normalization and dropout."""
    layers = [
        sn.Conv2D(4, 3, use_bias=False, kernel_regularizer="l2"),
        sn.BatchNormalization(momentum=0.5),
        sn.ReLU(),
        sn.MaxPooling2D(2),
        sn.Flatten(),
        sn.Dropout(0.2),
        sn.Dense(4, activation="softmax"),
    ]
    model = sn.Sequential(layers, device=device, threads=1)
    model.compile(sn.SGD(rate, momentum=0.9, **how), "sparse_categorical_crossentropy")
    return model


@pytest.mark.parametrize("augment", [None, "digits"])
def test_each_is_the_one_trained_alone(
    monkeypatch: pytest.MonkeyPatch, augment: str | None
) -> None:
    """Seeds, rates and decays, with smaller last batches; all of their steps are done as one."""
    joined: list[int] = []
    whole = Stacked.train

    def counted(self: Stacked, requests: Any) -> None:  # noqa: ANN401 - of the group
        joined.append(len(requests))
        whole(self, requests)

    monkeypatch.setattr(Stacked, "train", counted)
    how: dict[str, Any] = {"epochs": 2, "batch_size": 16, "augment": augment}
    images = tiny.images(40)
    many = sn.train_many(
        network("torch-cpu"),
        images,
        seeds=range(2),
        learning_rate=[0.02, 0.1],
        weight_decay=[0.0, 0.01],
        **how,
    ).finish()
    assert set(joined) == {8}
    for member in many:
        own = member.settings
        alone = network("cpu", own["learning_rate"], weight_decay=own["weight_decay"])
        history = alone.fit(images, seed=own["seed"], verbose=0, **how).history
        assert member.model is not None
        np.testing.assert_allclose(member.model.parameters, alone.parameters, atol=2e-5)
        assert member.metrics["loss"] == pytest.approx(history["loss"][-1], abs=1e-5)


def test_what_can_not_be_joined_is_trained_alone() -> None:
    """Another batch size, and an optimizer of whole weights; one that diverges harms no other."""
    images = tiny.images(40)
    many = sn.train_many(network("torch-cpu"), images, batch_size=[8, 16], epochs=1).finish()
    assert [member.error for member in many] == [None, None]
    clipped = network("torch-cpu", clipnorm=1.0)
    assert [m.error for m in sn.train_many(clipped, images, seeds=range(2)).finish()] == [None] * 2
    rates = [0.05, 1e30]
    many = sn.train_many(network("torch-cpu"), images, learning_rate=rates, epochs=2).finish()
    assert many[0].error is None
    assert "diverged" in str(many[1].error)
