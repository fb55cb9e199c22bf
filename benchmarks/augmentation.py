"""Images a second with augmentation on, of those without; and what it does for few images.

    python benchmarks/augmentation.py [--threads 1] [--rounds 3] [--processor-time] [--shapes]

The network is `tutorial`, the images 28x28x1. Beside it: PyTorch's affine_grid and grid_sample on
batches of the same images, alone, without a network. `--shapes` trains on 200 images of two shapes
at random places, and tests on 2,000 others, with and without augmentation.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from time import perf_counter, process_time

import numpy as np
import torch

import spritenet as sn
from spritenet import networks
from spritenet.augmentation import augmented, find_steps
from spritenet.dataset import Split

AFFINE = "rotation=10,translation=0.1,zoom=0.1,shear=0.1,fill=constant"
AUGMENTS = (AFFINE, "digits", "photos", "translation=0.1,elastic=0.5", "mixup=0.2", "cutmix=1")
IMAGES, BATCH = 8192, 64


def images() -> Split:
    """Random images of ten classes."""
    random = np.random.default_rng(0)
    pixels = random.integers(0, 256, (IMAGES, 28, 28, 1), dtype=np.uint8)
    names = [f"class {k}" for k in range(10)]
    return Split.from_arrays(pixels, random.integers(0, 10, IMAGES), names)


def training_rate(split: Split, augment: str, threads: int, clock: Callable[[], float]) -> float:
    """Images a second of an epoch, after a first one."""
    model = networks.get("tutorial", split)
    model.threads = threads
    model.fit(split, steps=20, batch_size=BATCH, verbose=0, augment=augment)
    began = clock()
    model.fit(split, epochs=1, batch_size=BATCH, verbose=0, augment=augment)
    return len(split) / (clock() - began)


def torch_rate(split: Split, threads: int, clock: Callable[[], float]) -> float:
    """Images a second of affine_grid and grid_sample, a matrix an image."""
    torch.set_num_threads(threads)
    pixels = torch.tensor(split.images).permute(0, 3, 1, 2).contiguous()
    matrices = torch.eye(2, 3).repeat(BATCH, 1, 1) + torch.rand(BATCH, 2, 3) * 0.1
    began = clock()
    for first in range(0, len(pixels), BATCH):
        batch = pixels[first : first + BATCH].float() / 255
        grid = torch.nn.functional.affine_grid(matrices, list(batch.shape), align_corners=False)
        torch.nn.functional.grid_sample(batch, grid, align_corners=False)
    return len(pixels) / (clock() - began)


def core_rate(split: Split, clock: Callable[[], float]) -> float:
    """Images a second of the same by the core, alone, on one thread."""
    steps = find_steps(AFFINE)
    began = clock()
    augmented(split.images, steps)
    return len(split) / (clock() - began)


def shapes(count: int, seed: int) -> Split:
    """Two triangles of the same size, one upside down, anywhere in images of 28x28."""
    random = np.random.default_rng(seed)
    pixels = np.zeros((count, 28, 28, 1), np.uint8)
    labels = np.arange(count) % 2
    triangle = np.tri(9, dtype=bool)
    for image, label in zip(pixels, labels, strict=True):
        y, x = random.integers(0, 20, 2)
        image[y : y + 9, x : x + 9, 0] = np.where(triangle.T if label else triangle, 255, 0)
    return Split.from_arrays(pixels, labels, ("lower", "upper"))


def shapes_accuracy(augment: str, seed: int, epochs: int) -> float:
    """The test accuracy of a dense network, which knows nothing of places."""
    train, test = shapes(200, seed), shapes(2000, seed + 1000)
    layers = [sn.Flatten(), sn.Dense(64, activation="relu"), sn.Dense(2, activation="softmax")]
    model = sn.Sequential(layers, threads=1)
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    model.fit(train, epochs=epochs, batch_size=20, verbose=0, seed=seed, augment=augment)
    return model.evaluate(test).accuracy


def main() -> None:
    """The plain command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processor-time", action="store_true")
    parser.add_argument("--shapes", action="store_true")
    parser.add_argument("--epochs", type=int, default=100, help="of --shapes")
    given = parser.parse_args()
    if given.shapes:
        for augment in ("none", "translation=0.3", "translation=0.5,fill=wrap"):
            found = [shapes_accuracy(augment, seed, given.epochs) for seed in range(given.rounds)]
            print(f"{augment:28} {statistics.mean(found):6.1%} of 2,000 test images")
        return
    clock = process_time if given.processor_time else perf_counter
    split = images()
    rates: dict[str, list[float]] = {}
    for _ in range(given.rounds):
        for augment in ("none", *AUGMENTS):
            rate = training_rate(split, augment, given.threads, clock)
            rates.setdefault(augment, []).append(rate)
        rates.setdefault("PyTorch, the affine map alone", []).append(
            torch_rate(split, given.threads, clock)
        )
        rates.setdefault("the core, the affine map alone", []).append(core_rate(split, clock))
    plain = rates["none"]
    for name, found in rates.items():
        part = statistics.median(f / p for f, p in zip(found, plain, strict=True))
        print(f"{name:62} {statistics.median(found):11,.0f} images/s  {part:6.1%}")


if __name__ == "__main__":
    main()
