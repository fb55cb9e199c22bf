"""After a training: how sure the model may be, found out on images it did not learn from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import DataError
from spritenet.ood.detector import taught
from spritenet.ood.outliers import strange
from spritenet.ood.rejection import Doubt
from spritenet.ood.temperature import best_temperature

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LEAST", "REFUSED", "Looked", "calibrate"]

LEAST = 20
"""Held-out images below which nothing can be found out. Of so few the temperature is honest, as a
single number is fitted; the threshold lies above all of them, so that of others like them about
one in LEAST is refused."""

REFUSED = 0.015
"""The share of held-out images the model may not be sure of."""


@dataclass(frozen=True, slots=True, eq=False)
class Looked:
    """A model as calibrating sees it.

    Attributes:
        layer: the name of the layer whose outputs are looked at.
        features: uint8 n h w c → its outputs, float32 (n, d).
        logits: uint8 n h w c → float64 (n, k), up to a number added to each row.
    """

    layer: str
    features: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    logits: Callable[[NDArray[np.uint8]], NDArray[np.float64]]


def calibrate(
    model: Looked,
    learnt: tuple[NDArray[np.uint8], NDArray[np.int32]],
    held_out: tuple[NDArray[np.uint8], NDArray[np.int32]],
    *,
    refused: float = REFUSED,
    seed: int = 0,
) -> Doubt:
    """What the model should know of its limits.

    The watcher learns from images learnt from and from as many strange ones; temperature and
    threshold come from the held-out images alone.

    Args:
        model: what it is.
        learnt: uint8 n h w c and int32 (n,).
        held_out: likewise, other images.
        refused: the share of held-out images that may look strange to it, at most.
        seed: of the strange pictures and the watcher's weights.

    Raises:
        DataError: there are fewer than LEAST held-out images, or none were learnt.
    """
    images, labels = held_out
    if len(images) < LEAST or not len(learnt[0]):
        raise DataError(
            "there are too few images to calibrate on",
            expected=f"at least {LEAST}, not learnt from",
            got=len(images),
        )
    logits = model.logits(images)
    odd = strange(learnt[0], len(learnt[0]), seed=seed)
    watcher = taught(
        model.features(learnt[0]),
        learnt[1],
        model.features(odd),
        logits.shape[1],
        seed=seed,
    )
    strangeness = np.sort(watcher.strangeness(model.features(images)))
    last = len(images) - 1 - int(len(images) * refused)
    threshold = float(np.nextafter(strangeness[last], np.inf))
    return Doubt(
        temperature=best_temperature(logits, labels),
        threshold=threshold,
        layer=model.layer,
        watcher=watcher,
        images=len(images),
        refused=float((strangeness >= threshold).mean()),
    )
