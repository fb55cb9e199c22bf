"""LambdaCallback calls its functions with Keras's arguments."""

from __future__ import annotations

from typing import Any

from scripted import fitted
from spritenet.training.callbacks import (
    Callbacks,
    EarlyStopping,
    LambdaCallback,
)


def test_a_lambda_callback_calls_its_functions() -> None:
    """With Keras's arguments."""
    seen: list[Any] = []
    fitted(
        LambdaCallback(
            on_epoch_begin=lambda epoch, _: seen.append(epoch),
            on_epoch_end=lambda epoch, logs: seen.append((epoch, sorted(logs))),
            on_train_begin=lambda _: seen.append("begin"),
            on_train_end=lambda _: seen.append("end"),
        ),
        epochs=1,
    )
    figures = ["accuracy", "learning_rate", "loss", "val_accuracy", "val_loss"]
    assert seen == ["begin", 0, (0, figures), "end"]


def test_a_lambda_may_watch_each_batch() -> None:
    """Each step is then a call of its own; without it nothing is slower."""
    seen: list[int] = []
    watching = LambdaCallback(on_train_batch_end=lambda batch, _logs: seen.append(batch))
    assert fitted([watching]).weights_sha256 == fitted([]).weights_sha256
    assert seen == [0, 1, 2, 3] * 3
    assert Callbacks([watching]).exact
    assert not Callbacks([LambdaCallback(), EarlyStopping()]).exact
