"""Cross-validation: the probabilities that networks give images they were not trained on.

The images are divided into folds; for each fold, a network is trained on the others. A label's
mistake can't be learnt by heart by the network that judges it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet import networks
from spritenet.dataset import Split
from spritenet.errors import InputError
from spritenet.layers import Activation, BatchNormalization, Conv2D, Flatten, Layer, MaxPooling2D
from spritenet.networks.recipe import MOMENTUM, compiled
from spritenet.optimizers import Adam
from spritenet.permutation import permutation
from spritenet.schedules import OneCycle

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.model import Model

__all__ = ["Progress", "cross_val_predict", "folds_of", "judge", "training_options"]

Progress = Callable[[int, int], None]
"""Called with the trainings done and their number."""

STEPS = 600
"""Steps of the built-in network, at most: enough for 60,000 digits."""

PASSES = 40
"""Epochs of the built-in network, at most: few images are seen often enough by then."""

BATCH = 64
SMALLEST = 8
"""The side in pixels from which a block of the built-in network halves its output."""

LARGE = 48
"""The side from which it quarters it."""


def judge(data: Split) -> Model:
    """The built-in network: blocks of convolution, normalization and pooling, for any image size.

    Label smoothing and few steps keep it from learning wrong labels.
    """
    side = min(data.image_shape[:2])
    layers: list[Layer] = []
    for filters, size in ((8, 4), (16, 3), (32, 3)):
        padding = "same" if side < 3 * size else "valid"
        layers.append(Conv2D(filters, size, padding=padding, use_bias=False))
        side -= size - 1 if padding == "valid" else 0
        if side >= SMALLEST:
            pool = 4 if side >= LARGE else 2
            layers.append(MaxPooling2D(pool))
            side //= pool
        layers += [
            BatchNormalization(momentum=MOMENTUM, epsilon=1e-5, scale=False),
            Activation("relu"),
        ]
    optimizer = Adam(OneCycle(0.01, div_factor=2.0), beta_2=0.95, weight_decay=0.05)
    return compiled("judge", [*layers, Flatten()], optimizer, data, smoothing=0.1)


def training_options(data: Split) -> dict[str, Any]:
    """The arguments of `fit` for the built-in network."""
    return {"steps": max(1, min(STEPS, PASSES * len(data) // BATCH)), "batch_size": BATCH}


def folds_of(labels: NDArray[np.int32], folds: int, seed: int) -> NDArray[np.int32]:
    """Returns the fold of each image; each class is spread evenly over them.

    Args:
        labels: class indices, n.
        folds: their number.
        seed: of the choice.
    """
    found = np.zeros(len(labels), np.int32)
    for number in np.unique(labels).tolist():
        places = np.flatnonzero(labels == number)
        order = permutation(seed, number, len(places), 0, len(places)).astype(np.int64)
        found[places[order]] = (np.arange(len(places)) + number) % folds
    return found


def cross_val_predict(
    split: Split,
    *,
    model: str | None = None,
    folds: int = 5,
    seed: int = 0,
    trusted: NDArray[np.bool_] | None = None,
    progress: Progress | None = None,
) -> NDArray[np.float32]:
    """Returns the probabilities of each image by a network that wasn't trained on it.

    Args:
        split: the images, with one label each.
        model: a named network or "module:function", as `spritenet train --model` takes it; a small
            one for any image size by default.
        folds: trainings; each leaves out 1/folds of the images.
        seed: of the folds, the weights and the order.
        trusted: n, the images to train on; all by default. All are predicted.
        progress: called after each training.

    Returns:
        float32 (n, classes).

    Raises:
        InputError: fewer than two folds, or more than images.
        ModelError: there is no such network, or it doesn't fit the images.
    """
    if not 2 <= folds <= max(2, len(split)):
        raise InputError("folds out of range", expected=f"2 to {len(split)}", got=folds)
    fold = folds_of(split.labels, folds, seed)
    kept = np.ones(len(split), bool) if trusted is None else trusted
    found = np.zeros((len(split), len(split.class_names)), np.float32)
    for number, network in enumerate(_trained(split, fold, kept, folds, model, seed)):
        out = fold == number
        found[out] = network.predict(split.images[out])
        if progress is not None:
            progress(number + 1, folds)
    return found


def _trained(
    split: Split,
    fold: NDArray[np.int32],
    kept: NDArray[np.bool_],
    folds: int,
    model: str | None,
    seed: int,
) -> Iterator[Model]:
    """Yields a network for each fold, trained on the others."""
    for number in range(folds):
        rest = replace(split[(fold != number) & kept], name="train")
        if model is None:
            network, options = judge(rest), training_options(rest)
        else:
            network = networks.get(model, rest)
            options = networks.fit_options(model)
        network.fit(rest, seed=seed + number, verbose=0, **options)
        yield network
