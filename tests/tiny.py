"""A tiny learnable task and a tiny network, untrained and trained, for tests."""

from __future__ import annotations

from typing import Any

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


def built() -> Sequential:
    """The network with its first weights."""
    made = model()
    made.build((8, 8, 1))
    return made


def trained(test: Split) -> Sequential:
    """The network after two epochs, so few that it makes mistakes."""
    made = model()
    made.fit(images(), validation_data=test, epochs=2, verbose=0)
    return made


def weights_after(x: object, y: Any = None, **options: Any) -> str:  # noqa: ANN401 - as for fit
    """The SHA-256 of the network's weights after training."""
    made = model()
    made.fit(x, y, verbose=0, **options)
    return made.weights_sha256


class MapStyle:
    """A map-style data set, as in PyTorch, of the tiny task by default; slices work too."""

    def __init__(self, pixels: Any = None, labels: Any = None) -> None:  # noqa: ANN401 - sequences
        task = images()
        self.images = task.images if pixels is None else pixels
        self.labels = task.labels if labels is None else labels

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, which: Any) -> tuple[object, object]:  # noqa: ANN401 - int or slice
        return self.images[which], self.labels[which]
