"""Calibration of a trained model's confidence, on held-out images."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import DataError
from spritenet.ood.detector import train_detector
from spritenet.ood.image_training import suits, train_image_detector
from spritenet.ood.outliers import make_outliers
from spritenet.ood.rejection import Rejection
from spritenet.ood.temperature import best_temperature

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["LEAST", "REFUSED", "ModelView", "calibrate", "conformal_threshold"]

LEAST = 20
"""Fewest held-out images. The temperature is a single fitted number, which so few determine; the
threshold lies above the scores of all of them, so that about one in LEAST others is rejected."""

REFUSED = 0.015
"""Default fraction of images like the held-out ones that the model rejects, on average."""


@dataclass(frozen=True, slots=True, eq=False)
class ModelView:
    """The functions of a model that calibration calls.

    Attributes:
        layer: the name of the layer whose outputs are the features.
        features: uint8 n h w c → its outputs, float32 (n, d).
        logits: uint8 n h w c → float64 (n, k), up to a number added to each row.
    """

    layer: str
    features: Callable[[NDArray[np.uint8]], NDArray[np.float32]]
    logits: Callable[[NDArray[np.uint8]], NDArray[np.float64]]


def calibrate(
    model: ModelView,
    training: tuple[NDArray[np.uint8], NDArray[np.int32]],
    held_out: tuple[NDArray[np.uint8], NDArray[np.int32]],
    *,
    refused: float = REFUSED,
    seed: int = 0,
) -> Rejection:
    """Returns the temperature, the threshold and the detectors of a trained model.

    The detectors are trained on the training images and as many outliers; temperature and threshold
    come from the held-out images alone.

    Args:
        model: the model's functions.
        training: its training set, uint8 n h w c and int32 (n,).
        held_out: other images, likewise.
        refused: the largest expected fraction of images like the held-out ones that are rejected.
            See `conformal_threshold`.
        seed: of the outliers and the detectors' weights.

    Raises:
        DataError: there are fewer than LEAST held-out images, or no training images.
    """
    images, labels = held_out
    if len(images) < LEAST or not len(training[0]):
        raise DataError(
            "Too few images for calibration",
            expected=f"at least {LEAST} held-out images",
            got=len(images),
        )
    logits = model.logits(images)
    outliers = make_outliers(training[0], len(training[0]), seed=seed)
    classes = logits.shape[1]
    detector = train_detector(
        model.features(training[0]), training[1], model.features(outliers), classes, seed=seed
    )
    image_detector = (
        train_image_detector(*training, outliers, classes, seed=seed)
        if suits(training[0])
        else None
    )
    draft = Rejection(
        temperature=best_temperature(logits, labels),
        threshold=0.0,
        layer=model.layer,
        detector=detector,
        images=len(images),
        refused=0.0,
        image_detector=image_detector,
    )
    scores = draft.outlier_score(model.features(images), images)
    threshold = conformal_threshold(scores, refused)
    return replace(draft, threshold=threshold, refused=float((scores >= threshold).mean()))


def conformal_threshold(scores: NDArray[np.float64], refused: float) -> float:
    """Returns the outlier score that at most a fraction of other images reaches, on average.

    It is that of split conformal prediction (Vovk, Gammerman, Shafer, 2005): of n + 1 images in
    random order, the last one is among those with the k highest scores in k of n + 1 cases.

    Args:
        scores: of held-out images, (n,).
        refused: the fraction. Fewer than 1 / refused - 1 images can't promise it: the threshold is
            above all of them.
    """
    above = max(math.floor(refused * (len(scores) + 1)) - 1, 0)
    return float(np.nextafter(np.sort(scores)[len(scores) - 1 - above], np.inf))
