"""Snapshot of a network at one step: histograms of weights, filters, activations.

Maps are bytes in base64, from `low` (0) to `high` (255), so that a page can draw them at once.
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

__all__ = ["VERSION", "WeightSlice", "samples", "snapshot"]

VERSION = 1

BINS = 41
"""Bins of a histogram: odd, so that a symmetric one has a middle."""

FEW_BINS = 11
"""Bins of a histogram of few weights."""

FEW = 100
"""Fewer weights than this get a histogram of `FEW_BINS`."""

MOST_FILTERS = 64
"""Filters or maps of one layer; of more, the first ones."""

MOST_VALUES = 65_536
"""Values of one layer's activations; of more, the first maps."""

MOST_HISTOGRAM = 100_000
"""Weights that a histogram counts; of more, evenly spaced ones."""


@dataclass(frozen=True, slots=True)
class WeightSlice:
    """The slice of the parameters that holds one weight array.

    Attributes:
        name: "conv2d/kernel".
        shape: of the array; (height, width, from, to) for a convolution's kernel.
        start: the index of its first number.
    """

    name: str
    shape: tuple[int, ...]
    start: int

    def of(self, parameters: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns a view of the array."""
        size = int(np.prod(self.shape))
        return parameters[self.start : self.start + size].reshape(self.shape)


def snapshot(
    step: int,
    parameters: NDArray[np.float32],
    weights: Sequence[WeightSlice],
    names: Sequence[str],
    activations: Sequence[NDArray[np.float32]],
) -> dict[str, object]:
    """Returns the JSON document of one step.

    Args:
        step: the number of steps so far.
        parameters: of the whole network.
        weights: the slice of each array.
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
    """Returns the JSON document of the images in the journal's predictions.

    Args:
        images: uint8, n h w c.
        labels: the class index of each.
        class_names: of all classes; empty if unknown.
    """
    return {
        "version": VERSION,
        "shape": list(images.shape),
        "labels": list(labels),
        "class_names": list(class_names),
        "pixels": base64.b64encode(np.ascontiguousarray(images).tobytes()).decode(),
    }


def _histogram(array: NDArray[np.float32]) -> dict[str, object]:
    """Returns the histogram, mean and deviation of an array."""
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
    """Returns a kernel (height, width, from, to) as maps (from · to, height, width)."""
    height, width, inputs, outputs = kernel.shape
    maps = kernel.transpose(3, 2, 0, 1).reshape(-1, height, width)[:MOST_FILTERS]
    size = float(np.abs(maps).max()) or 1.0  # weight 0 is middle grey
    return {
        "shape": [len(maps), height, width],
        "of": inputs * outputs,
        **_bytes(maps, -size, size),
    }


def _maps(outputs: NDArray[np.float32]) -> dict[str, object]:
    """Returns a layer's outputs (h, w, c) as maps (c, h, w)."""
    maps = outputs.transpose(2, 0, 1)
    count, height, width = maps.shape
    if height == width == 1:  # the outputs of a dense layer are one row
        maps = maps.reshape(1, 1, count)[:, :, :MOST_VALUES]
    else:
        maps = maps[: max(1, min(MOST_FILTERS, MOST_VALUES // (height * width)))]
    return {
        "shape": list(maps.shape),
        "of": count,
        **_bytes(maps, float(maps.min()), float(maps.max())),
    }


def _bytes(maps: NDArray[np.float32], low: float, high: float) -> dict[str, object]:
    """Returns maps as bytes in base64."""
    scale = 255 / (high - low) if high > low else 0.0
    grey = np.clip(np.rint((maps - low) * scale), 0, 255).astype(np.uint8)
    return {"low": low, "high": high, "pixels": base64.b64encode(grey.tobytes()).decode()}
