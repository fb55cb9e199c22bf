"""Outliers: images far from all others: as pixels, as thumbnails, or in a network's features."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spritenet.permutation import permutation

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["find_outliers", "nearest"]

NEIGHBOURS = 10
AMONG = 20_000
"""Images that each is compared with, at most; of more, a sample."""

FAR = 3.0
"""Robust standard deviations of the logarithm of the distance above its median."""

ROWS = 512


def nearest(
    points: NDArray[np.float32], queries: NDArray[np.float32], count: int
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Returns the nearest points of each query by Euclidean distance, the nearest first.

    Args:
        points: (n, d).
        queries: (m, d).
        count: points for each query; at most n.

    Returns:
        Their indices and distances, (m, count).
    """
    count = min(count, len(points))
    squares = np.einsum("ij,ij->i", points, points)
    places = np.empty((len(queries), count), np.int64)
    distances = np.empty((len(queries), count), np.float32)
    for start in range(0, len(queries), ROWS):
        rows = queries[start : start + ROWS]
        found = squares - 2 * (rows @ points.T)
        some = np.argpartition(found, count - 1, axis=1)[:, :count]
        values = np.take_along_axis(found, some, axis=1)
        order = np.argsort(values, axis=1, kind="stable")
        own = np.einsum("ij,ij->i", rows, rows)[:, None]
        places[start : start + ROWS] = np.take_along_axis(some, order, axis=1)
        squared = np.take_along_axis(values, order, axis=1) + own
        distances[start : start + ROWS] = np.sqrt(np.maximum(squared, 0))
    return places, distances


def _neighbour_distances(features: NDArray[np.float32], *, seed: int = 0) -> NDArray[np.float32]:
    """Returns the mean distance of each row to the ten nearest others.

    Args:
        features: (n, d); sampled where there are more than 20,000 to compare with.
        seed: of the sample.
    """
    size = len(features)
    among = features
    if size > AMONG:
        among = features[np.sort(permutation(seed, 0, size, 0, AMONG)).astype(np.int64)]
    _, distances = nearest(among, features, NEIGHBOURS + 1)
    distances = distances[:, 1:] if len(among) == size else distances[:, :NEIGHBOURS]
    return distances.mean(axis=1) if distances.shape[1] else np.zeros(size, np.float32)


def find_outliers(
    descriptions: Sequence[NDArray[np.float32]], *, seed: int = 0
) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Finds images that are unusually far from all others in one of several descriptions.

    Args:
        descriptions: the same n images in each, as rows (n, d).
        seed: of the sample that they are compared with.

    Returns:
        Indices, the farthest first, and for each its largest distance, in robust standard
        deviations of the logarithm above the median.
    """
    if len(descriptions[0]) <= NEIGHBOURS:
        return np.zeros(0, np.int64), np.zeros(0, np.float32)
    scores = np.max([_scores(rows, seed) for rows in descriptions], axis=0)
    far = np.flatnonzero(scores > FAR)
    order = far[np.argsort(-scores[far], kind="stable")].astype(np.int64)
    return order, scores[order]


def _scores(rows: NDArray[np.float32], seed: int) -> NDArray[np.float32]:
    """Returns how far each row is from its neighbours, in robust standard deviations."""
    logs = np.log(np.maximum(_neighbour_distances(rows, seed=seed), 1e-12))
    middle = np.median(logs)
    spread = 1.4826 * np.median(np.abs(logs - middle))
    return np.asarray((logs - middle) / (spread if spread > 0 else np.inf), np.float32)
