"""A tiny learnable task and a tiny network, for tests that train."""

from __future__ import annotations

import numpy as np

from spritenet.dataset import Split
from spritenet.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from spritenet.model import Sequential
from spritenet.optimizers import Adam, Optimizer


def images(count: int = 203, seed: int = 0, name: str = "train") -> Split:
    """Grey 8×8 noise with a bright quarter, whose place (4 classes) is the label."""
    random = np.random.default_rng(seed)
    pixels = random.integers(0, 100, (count, 8, 8, 1), np.uint8)
    labels = random.integers(0, 4, count).astype(np.int32)
    for image, label in zip(pixels, labels, strict=True):
        row, column = divmod(int(label), 2)
        image[4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 80
    return Split(pixels, labels, ("a", "b", "c", "d"), name)


def model(optimizer: Optimizer | None = None, *, dropout: float = 0.2) -> Sequential:
    """A compiled network for them."""
    made = Sequential(
        [
            Conv2D(4, 3, activation="relu"),
            MaxPooling2D(2),
            Flatten(),
            Dropout(dropout),
            Dense(4, activation="softmax"),
        ]
    )
    made.compile(
        Adam(0.01) if optimizer is None else optimizer,
        "categorical_crossentropy",
        metrics=["accuracy"],
    )
    return made
