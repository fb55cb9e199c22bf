"""Embedding: images as points, near each other where a network sees them alike."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from spritenet.curation.cross_validation import judge, training_options
from spritenet.curation.outliers import nearest
from spritenet.dataset import Dataset, Split
from spritenet.errors import DataError, InputError, SpritenetError
from spritenet.model.features import features
from spritenet.permutation import permutation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.model import Model

__all__ = ["METHODS", "Embedding", "embed"]

Method = Literal["pca", "tsne", "umap"]
METHODS: tuple[Method, ...] = ("pca", "tsne", "umap")

PARTS = 50
"""Principal components that t-SNE and UMAP begin with."""


@dataclass(frozen=True, slots=True, eq=False)
class Embedding:
    """Images as points.

    Attributes:
        split: the images.
        features: what the network makes of each, float32 (n, d).
        points: their places on a map, float32 (n, 2), each axis from 0 to 1.
        method: how the map was made.
    """

    split: Split
    features: NDArray[np.float32]
    points: NDArray[np.float32]
    method: Method

    def neighbours(self, index: int, count: int = 10) -> NDArray[np.int64]:
        """Returns the images most like one, the nearest first, without itself.

        Raises:
            InputError: there is no such image.
        """
        if not 0 <= index < len(self.split):
            raise InputError("unknown image", expected=f"0 to {len(self.split) - 1}", got=index)
        found, _ = nearest(self.features, self.features[index : index + 1], count + 1)
        others: NDArray[np.int64] = found[0][found[0] != index][:count]
        return others


def embed(
    data: Split | Dataset,
    model: Model | None = None,
    *,
    method: Method = "pca",
    most: int = 5_000,
    seed: int = 0,
) -> Embedding:
    """Makes a map of images: similar ones are near each other.

    Args:
        data: the images; of a data set, its training images.
        model: whose features are used, of the images' size; by default a small network is trained
            on the labels first.
        method: "pca", two principal components; "tsne" by scikit-learn, or "umap" by umap-learn.
        most: the number of images; of more, a sample.
        seed: of the sample and the map.

    Raises:
        DataError: fewer than two images.
        InputError: unknown method, or `most` is too small.
        SpritenetError: the method's library isn't installed.
    """
    split = data.train if isinstance(data, Dataset) else data
    if method not in METHODS:
        raise InputError("unknown method", expected=", ".join(METHODS), got=repr(method))
    if most < 2:
        raise InputError("most is too small", expected="at least 2", got=most)
    if len(split) < 2:
        raise DataError("too few images for a map", where=split.name, expected=2, got=len(split))
    if method != "pca":
        _library(method)
    if model is None:
        model = judge(split)
        model.fit(split, seed=seed, verbose=0, **training_options(split))
    if len(split) > most:
        split = split[np.sort(permutation(seed, 0, len(split), 0, most)).astype(np.int64)]
    found = features(model, split.images)
    return Embedding(split, found, _placed(_reduced(found, method, seed)), method)


def _library(method: Method) -> object:
    """Imports the library of a method.

    Raises:
        SpritenetError: it isn't installed.
    """
    name, package = {
        "tsne": ("sklearn.manifold", "scikit-learn"),
        "umap": ("umap", "umap-learn"),
    }[method]
    try:
        return import_module(name)
    except ImportError as error:
        raise SpritenetError(
            f"{method} needs {package}", do=f"Type: pip install {package}"
        ) from error


def _reduced(rows: NDArray[np.float32], method: Method, seed: int) -> NDArray[np.float32]:
    """Returns rows as two numbers each."""
    if method == "pca":
        return _principal(rows, 2)
    few = _principal(rows, PARTS)
    library: Any = _library(method)
    if method == "tsne":
        perplexity = min(30.0, max(1.0, (len(rows) - 1) / 3))
        made = library.TSNE(perplexity=perplexity, random_state=seed, init="pca")
    else:
        made = library.UMAP(random_state=seed, n_neighbors=min(15, len(rows) - 1))
    return np.asarray(made.fit_transform(few), np.float32)


def _principal(rows: NDArray[np.float32], count: int) -> NDArray[np.float32]:
    """Returns the first principal components, each with its largest entry positive."""
    middle = rows.astype(np.float64) - rows.mean(axis=0, dtype=np.float64)
    _, directions = np.linalg.eigh(middle.T @ middle)
    kept = directions[:, ::-1][:, :count]
    signs = np.sign(kept[np.abs(kept).argmax(axis=0), np.arange(kept.shape[1])])
    found = middle @ (kept * np.where(signs == 0, 1, signs))
    if found.shape[1] < count:
        found = np.pad(found, ((0, 0), (0, count - found.shape[1])))
    return np.asarray(found, np.float32)


def _placed(points: NDArray[np.float32]) -> NDArray[np.float32]:
    """Scales both axes to 0 … 1."""
    low, high = points.min(axis=0), points.max(axis=0)
    return np.asarray((points - low) / np.where(high > low, high - low, 1), np.float32)
