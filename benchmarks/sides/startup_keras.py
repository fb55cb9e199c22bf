"""Keras's side of startup.py, on the backend that KERAS_BACKEND names."""

from __future__ import annotations

import os
import sys
from pathlib import Path

os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
from keras import layers

import mnist_idx


def main() -> None:
    """Arguments: MNIST's folder, steps, batch size."""
    folder, steps, batch_size = sys.argv[1:4]
    count = int(steps) * int(batch_size)
    keras.utils.set_random_seed(0)
    images, labels = mnist_idx.read(Path(folder), "train")
    test_images, test_labels = mnist_idx.read(Path(folder), "t10k")
    model = keras.Sequential(
        [
            layers.Input((28, 28, 1)),
            layers.Rescaling(1 / 255),
            layers.Conv2D(8, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 5, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Flatten(),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(
        optimizer=keras.optimizers.SGD(0.15),
        loss="sparse_categorical_crossentropy",
        metrics=["accuracy"],
    )
    model.fit(images[:count, ..., None], labels[:count], batch_size=int(batch_size), verbose=0)
    scores = model.evaluate(test_images[..., None], test_labels, batch_size=1000, verbose=0)
    print(f"Keras {keras.__version__} on {keras.backend.backend()}")
    print(scores[1], flush=True)


if __name__ == "__main__":
    main()
