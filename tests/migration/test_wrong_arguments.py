"""Wrong arguments, of the kinds people give: one line of ours each, never Python's own error."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import spritenet as sn
import tiny
from spritenet.errors import SpritenetError

DATA = tiny.images(40)
KERAS: Any = sn  # whatever its types say
Wrong = Callable[[Any], object]


@pytest.fixture(name="model")
def fixture_model() -> Any:  # noqa: ANN401 - whatever its types say
    """Built and compiled."""
    return tiny.built()


@pytest.mark.parametrize(
    "wrong",
    [
        lambda m: m.fit(),
        lambda m: m.fit(*range(40)),
        lambda m: m.fit(DATA, epochs="2"),
        lambda m: m.fit(DATA, validation_split="a"),
        lambda m: m.fit(DATA, validation_freq=[1, 3]),
        lambda m: m.fit(DATA, callbacks=["a"]),
        lambda m: m.fit(DATA, callbacks=[KERAS.EarlyStopping]),
        lambda m: m.fit(DATA, callbacks=[KERAS.LearningRateScheduler(lambda _: None)]),
        lambda m: m.fit(DATA, callbacks=[KERAS.ModelCheckpoint("{val_loss}")]),
        lambda m: m.fit(DATA, callbacks=[KERAS.ModelCheckpoint("{")]),
        lambda m: m.compile("adam", "mse", metrics=3),
        lambda m: m.compile("adam", "mse", metrics=[None]),
        lambda m: m.compile("adam", "mse", metrics=[object()]),
        lambda m: m.compile("adam", ["mse"]),
        lambda m: m.compile("adam", lambda _a, _b: 0),
        lambda m: m.compile(None, "mse"),
        lambda m: m.summary((1, 8, 8)),
        lambda m: m.evaluate(),
        lambda m: m.predict(),
        lambda m: m(),
        lambda m: m.add(),
        lambda m: m.add(None),
        lambda m: m.add(KERAS.Dense),
        lambda m: m.set_weights(),
        lambda m: m.set_weights(None),
        lambda m: m.set_weights([[1, [2, 3]]]),
        lambda m: m.save(),
        lambda m: m.save(None),
        lambda m: m.save(""),
        lambda m: m.save_weights(3),
        lambda m: m.build(),
        lambda m: m.build(3),
        lambda m: m.build("abc"),
        lambda m: m.build((None,) * 4),
        lambda m: m.train_on_batch(None, None),
        lambda m: m.train_on_batch(DATA.images[:0], DATA.labels[:0]),
        lambda _: KERAS.load_model(),
        lambda _: KERAS.load_model(None),
        lambda _: KERAS.train(),
        lambda _: KERAS.Sequential(KERAS.Dense(3)),
        lambda _: KERAS.Sequential(3),
        lambda _: KERAS.Sequential([], name=3),
        lambda _: KERAS.Dense(3)(np.zeros((1, 9))),
        lambda _: KERAS.Dense("3"),
        lambda _: KERAS.Dense(3, name=3),
        lambda _: KERAS.Dense(3, activation=np.tanh),
        lambda _: KERAS.Dense(3, kernel_initializer="foo"),
        lambda _: KERAS.Dense(3, kernel_regularizer=0.1),
        lambda _: KERAS.Flatten("channels_last"),
        lambda _: delattr(KERAS.Dense(3), "units"),
        lambda _: KERAS.initializers.Constant("a"),
        lambda _: KERAS.initializers.RandomNormal(0, -1),
        lambda _: KERAS.initializers.RandomUniform(None, 1),
        lambda _: KERAS.Adam("a"),
        lambda _: KERAS.SGD(0.1, nesterov="yes"),
        lambda _: KERAS.losses.CategoricalCrossentropy(from_logits="yes"),
        lambda _: KERAS.losses.SparseCategoricalCrossentropy(from_logits=3),
        lambda _: KERAS.losses.CategoricalCrossentropy()(3, 4),
        lambda _: KERAS.EarlyStopping(monitor=3),
        lambda _: KERAS.EarlyStopping(min_delta="a"),
        lambda _: KERAS.EarlyStopping(baseline="a"),
        lambda _: KERAS.EarlyStopping(start_from_epoch="a"),
        lambda _: KERAS.ReduceLROnPlateau(min_delta="a"),
        lambda _: KERAS.LearningRateScheduler(3),
        lambda _: KERAS.LearningRateScheduler(KERAS.CosineDecay(0.1)),
        lambda _: KERAS.LambdaCallback(3),
        lambda _: KERAS.ModelCheckpoint(3),
        lambda _: KERAS.ModelCheckpoint("a", initial_value_threshold="x"),
        lambda _: KERAS.PiecewiseConstantDecay(3, 4),
        lambda _: KERAS.PiecewiseConstantDecay(["a"], [1, 2]),
        lambda _: KERAS.utils.to_categorical([[1], [2, 3]]),
        lambda _: KERAS.utils.to_categorical([10**12]),
        lambda _: KERAS.networks.tutorial(),
        lambda _: KERAS.metrics.accuracy(),
    ],
)
def test_it_is_refused_in_a_line(
    wrong: Wrong,
    model: Any,  # noqa: ANN401 - whatever its types say
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And no file or folder is left."""
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SpritenetError) as caught:
        wrong(model)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_what_keras_takes_for_the_same_is_taken() -> None:
    """A class for its object, a schedule that only takes the epoch, Keras's names of arguments."""
    assert KERAS.Dense(3, kernel_initializer=KERAS.initializers.HeNormal) == KERAS.Dense(
        3, kernel_initializer="he_normal"
    )
    assert KERAS.Dense(3, kernel_regularizer=KERAS.L2) == KERAS.Dense(3, kernel_regularizer="l2")
    assert KERAS.optimizers.get(KERAS.Adam) == KERAS.Adam()
    first, second = tiny.model(), tiny.model()
    halves = sn.LearningRateScheduler(lambda epoch: 0.01 / 2**epoch)
    first.fit(DATA, epochs=3, callbacks=[halves], verbose=0)
    both = sn.LearningRateScheduler(lambda epoch, _rate: 0.01 / 2**epoch)
    second.fit(DATA, epochs=3, callbacks=[both], verbose=0)
    assert first.history is not None
    assert first.history.history["learning_rate"] == pytest.approx([0.01, 0.005, 0.0025])
    assert first.weights_sha256 == second.weights_sha256
    assert KERAS.metrics.accuracy(y_true=[0], y_pred=[[1, 0]]) == 1
