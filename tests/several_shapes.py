"""Images with several shapes each, drawn by program: the multi-label data of the tests."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from spritenet.dataset import Dataset, Split

__all__ = ["NAMES", "several_shapes", "shapes_dataset"]

NAMES = ("circle", "square", "triangle", "cross")
SIDE = 28


def _distance(name: str, y: NDArray[np.float64], x: NDArray[np.float64]) -> NDArray[np.float64]:
    """The distance of places from a shape of radius 1, below 0 inside."""
    if name == "circle":
        return np.hypot(y, x) - 1
    if name == "square":
        return np.maximum(np.abs(y), np.abs(x)) - 0.9
    if name == "triangle":
        return np.maximum(np.abs(x) * 0.87 + y * 0.5, -y - 0.15 + 0 * x) - 0.5
    return np.where(
        np.maximum(np.abs(y), np.abs(x)) < 1, np.minimum(np.abs(y - x), np.abs(y + x)) - 0.35, 1.0
    )


def several_shapes(count: int, seed: int = 0) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Images n 28 28 1 and rows n 4: each shape is there or not, a cross rarely, some overlap."""
    chance = np.random.default_rng(seed)
    rows = (chance.random((count, 4)) < [0.5, 0.45, 0.4, 0.15]).astype(np.uint8)
    images = np.zeros((count, SIDE, SIDE), np.float64)
    y, x = np.mgrid[:SIDE, :SIDE]
    for image, row in zip(images, rows, strict=True):
        for name, there in zip(NAMES, row, strict=True):
            if there:
                middle = chance.uniform(6, SIDE - 6, 2)
                radius = chance.uniform(4, 6)
                away = _distance(name, (y - middle[0]) / radius, (x - middle[1]) / radius) * radius
                line = np.clip(1.4 - np.abs(away), 0, 1) if name != "cross" else (away < 0) * 1.0
                np.maximum(image, line * chance.uniform(0.7, 1), out=image)
    images += chance.normal(0, 0.04, images.shape)
    return (np.clip(images, 0, 1) * 255).round().astype(np.uint8)[..., None], rows


def shapes_dataset(train: int = 1500, test: int = 400, seed: int = 0) -> Dataset:
    """A data set of such images."""
    splits = {}
    for name, count, number in (("train", train, seed), ("test", test, seed + 1)):
        images, rows = several_shapes(count, number)
        splits[name] = Split(images, rows, NAMES, name)
    return Dataset("shapes", splits, NAMES)
