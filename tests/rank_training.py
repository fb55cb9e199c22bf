"""A short training of the torch engine, in one process or as a rank of several."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np

from spritenet import layers as kinds
from spritenet import losses, optimizers
from spritenet.augmentation import find_steps
from spritenet.engines.engine import Examples
from spritenet.engines.torch.network import TorchNetwork
from spritenet.errors import ModelError

STEPS = 8
KILLED = 9
"""The exit code of rank 1."""


def train(path: Path) -> None:
    """Writes losses, weights and outputs, and the refusal of batches of one image.

    Rank 1 is gone after that; rank 0 writes what it is told in the next step.
    """
    layers = [
        kinds.Rescaling(1 / 255),
        kinds.Conv2D(4, 3, use_bias=False),
        kinds.BatchNormalization(),
        kinds.ReLU(),
        kinds.Flatten(),
        kinds.Dropout(0.2),
        kinds.Dense(3, activation="softmax"),
    ]
    random = np.random.default_rng(0)
    examples = Examples(
        random.integers(0, 256, (33, 8, 8, 1), dtype=np.uint8),
        random.integers(0, 3, 33, dtype=np.int32),
    )
    steps = find_steps("digits", mixup=0.3)
    network = TorchNetwork(layers, (8, 8, 1), batch_size=16, threads=1, augmentation=steps)
    optimizer, loss = optimizers.Adam(0.01), losses.SparseCategoricalCrossentropy()
    weights = random.normal(0, 0.2, network.parameter_count).astype(np.float32)
    weights[48:52] = 1  # variances
    slots = optimizer.initial_slots(len(weights))
    outputs = np.zeros((STEPS, 16, 3), np.float32)

    def steps_of(parameters: np.ndarray, count: int, size: int) -> np.ndarray:
        done = network.train(
            parameters,
            slots,
            examples,
            loss=loss,
            optimizer=optimizer,
            learning_rates=np.full(count, 0.01, np.float32),
            first_step=0,
            batch_size=size,
            seed=3,
            outputs=outputs if size == 16 else None,
        )
        return done.losses

    found, refused = steps_of(weights, STEPS, 16), ""
    try:
        steps_of(weights.copy(), 1, 1)
    except ModelError as error:
        refused = str(error)
    np.savez(path, losses=found, w=weights, outputs=outputs, refused=refused)
    if os.environ.get("RANK") == "1":
        os._exit(KILLED)  # without a word, as a process that is killed
    if "RANK" in os.environ:
        left = ""
        try:
            steps_of(weights.copy(), STEPS, 16)
        except ModelError as error:
            left = str(error)
        path.with_suffix(".txt").write_text(left, encoding="utf-8")


if __name__ == "__main__":
    train(Path(sys.argv[1]))
