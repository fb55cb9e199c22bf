"""A network's inside at one moment, small enough to keep many: histograms, filters, activations.

Pictures are bytes in base64, from `low` (0) to `high` (255), so that a page can draw them at once.
Format: docs/reference/runs.md.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["VERSION", "Weights", "samples", "snapshot"]

VERSION = 1

BINS = 41
"""Of a histogram: odd, so that a symmetric one has a middle."""

FEW_BINS = 11
"""Of one of few numbers."""

FEW = 100
"""Numbers that are few."""

MOST_FILTERS = 64
"""Pictures of one layer; the first of them."""

MOST_VALUES = 65_536
"""Numbers that one layer's activations may have in a snapshot; of more only the first maps."""

MOST_HISTOGRAM = 100_000
"""Weights that a histogram counts; of more, evenly spaced ones."""


@dataclass(frozen=True, slots=True)
class Weights:
    """Where one weight array lies among the parameters.

    Attributes:
        name: "conv2d/kernel".
        shape: of the array; (height, width, from, to) for a convolution's kernel.
        start: the index of its first number.
    """

    name: str
    shape: tuple[int, ...]
    start: int

    def of(self, parameters: NDArray[np.float32]) -> NDArray[np.float32]:
        """The array itself, a view."""
        size = int(np.prod(self.shape))
        return parameters[self.start : self.start + size].reshape(self.shape)


def snapshot(
    step: int,
    parameters: NDArray[np.float32],
    weights: Sequence[Weights],
    names: Sequence[str],
    activations: Sequence[NDArray[np.float32]],
) -> dict[str, object]:
    """The document of one moment.

    Args:
        step: how many updates had been done.
        parameters: of the whole network.
        weights: where each array is.
        names: of the layers.
        activations: of each layer, h w c, for one image.
    """
    arrays = [(place.name, place.of(parameters)) for place in weights]
    return {
        "version": VERSION,
        "step": step,
        "weights": [{"name": name, **_histogram(array)} for name, array in arrays],
        "filters": [{"name": name, **_filters(array)} for name, array in arrays if array.ndim == 4],
        "activations": [
            {"name": name, **_maps(array)} for name, array in zip(names, activations, strict=True)
        ],
    }


def samples(
    images: NDArray[np.uint8], labels: Sequence[int], class_names: Sequence[str]
) -> dict[str, object]:
    """The document of the images whose predictions the journal follows.

    Args:
        images: uint8, n h w c.
        labels: the class index of each.
        class_names: of all classes; empty if nobody said.
    """
    return {
        "version": VERSION,
        "shape": list(images.shape),
        "labels": list(labels),
        "class_names": list(class_names),
        "pixels": base64.b64encode(np.ascontiguousarray(images).tobytes()).decode(),
    }


def _histogram(array: NDArray[np.float32]) -> dict[str, object]:
    """How an array's numbers are spread."""
    values = array.ravel()
    values = values[:: max(1, -(-len(values) // MOST_HISTOGRAM))]
    low, high = float(values.min()), float(values.max())
    bins = FEW_BINS if len(values) < FEW else BINS
    counts = np.histogram(values, bins, (low, high) if high > low else (low - 0.5, low + 0.5))[0]
    return {
        "shape": list(array.shape),
        "low": low,
        "high": high,
        "mean": float(values.mean()),
        "deviation": float(values.std()),
        "counts": counts.tolist(),
    }


def _filters(kernel: NDArray[np.float32]) -> dict[str, object]:
    """A kernel (height, width, from, to) as pictures (from · to, height, width)."""
    height, width, inputs, outputs = kernel.shape
    pictures = kernel.transpose(3, 2, 0, 1).reshape(-1, height, width)[:MOST_FILTERS]
    size = float(np.abs(pictures).max()) or 1.0  # no weight is middle grey
    return {
        "shape": [len(pictures), height, width],
        "of": inputs * outputs,
        **_bytes(pictures, -size, size),
    }


def _maps(outputs: NDArray[np.float32]) -> dict[str, object]:
    """A layer's outputs (h, w, c) as pictures (c, h, w)."""
    maps = outputs.transpose(2, 0, 1)
    count, height, width = maps.shape
    if height == width == 1:  # what a dense layer gives is one row
        maps = maps.reshape(1, 1, count)[:, :, :MOST_VALUES]
    else:
        maps = maps[: max(1, min(MOST_FILTERS, MOST_VALUES // (height * width)))]
    return {
        "shape": list(maps.shape),
        "of": count,
        **_bytes(maps, float(maps.min()), float(maps.max())),
    }


def _bytes(pictures: NDArray[np.float32], low: float, high: float) -> dict[str, object]:
    """Pictures as bytes."""
    scale = 255 / (high - low) if high > low else 0.0
    grey = np.clip(np.rint((pictures - low) * scale), 0, 255).astype(np.uint8)
    return {"low": low, "high": high, "pixels": base64.b64encode(grey.tobytes()).decode()}
