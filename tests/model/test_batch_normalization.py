"""A Sequential with BatchNormalization: training, evaluation, files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

import spritenet as sn
from spritenet.regularizers import L2


def made() -> sn.Sequential:
    """A small network of the newer layers, compiled."""
    model = sn.Sequential(
        [
            sn.ZeroPadding2D(1),
            sn.Conv2D(4, 3, use_bias=False),
            sn.BatchNormalization(momentum=0.8, gamma_regularizer=L2(0.01)),
            sn.ReLU(),
            sn.DepthwiseConv2D(3, activation="relu"),
            sn.GlobalMaxPooling2D(),
            sn.Dense(3, activation="softmax"),
        ]
    )
    model.compile(sn.AdamW(0.01, weight_decay=0.1), "sparse_categorical_crossentropy")
    return model


def test_a_normalised_network_learns_and_is_the_same_when_loaded(tmp_path: Path) -> None:
    """Moving averages follow the data, are saved, and decide what is predicted."""
    random = np.random.default_rng(0)
    labels = random.integers(0, 3, 300).astype(np.int32)
    images = random.integers(0, 90, (300, 8, 8, 1), dtype=np.uint8)
    for image, label in zip(images, labels, strict=True):
        image[2 : 4 + label, 2] += 120
    model = made()
    history = model.fit(images, labels, epochs=4, batch_size=50, verbose=0, seed=1)
    assert history.history["loss"][-1] < history.history["loss"][0]
    gamma, beta, mean, variance = model.layers[3].weights((8, 8, 4))
    assert [w.trainable for w in (gamma, beta, mean, variance)] == [True, True, False, False]
    moving_mean, moving_variance = model.get_weights()[3:5]
    assert np.abs(moving_mean).max() > 1e-3  # begun at 0, and no weight decay pulls at it
    assert (moving_variance > 0).all()
    assert np.abs(moving_variance - 1).max() > 1e-3
    model.save(tmp_path / "m")
    again = sn.load_model(tmp_path / "m")
    np.testing.assert_array_equal(again.predict(images), model.predict(images))
    one = model.predict(images[:1])
    np.testing.assert_allclose(one, model.predict(images)[:1], atol=1e-6)
