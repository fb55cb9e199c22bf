"""The preparation of a network's inputs, inferred from the images it is trained on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spritenet.prepare.preparation import Preparation

if TYPE_CHECKING:
    from spritenet.dataset import Dataset, Split
    from spritenet.streams import Stream, StreamSplit

__all__ = ["infer_preparation"]

CHARACTERS = frozenset({"kmnist", "mnist", "strokes", "strokes2", "tfjs-mnist"})
"""The catalog's data sets of single characters."""

CENTRED = 0.9
"""Fraction of centred images from which on a data set is one of characters."""

TOLERANCE = 1.0
"""Pixels between the centre of mass and the middle: MNIST rounds to whole pixels."""

SAMPLE = 500
"""Images examined."""


def infer_preparation(data: Dataset | Stream) -> Preparation:
    """Returns the preparation for a network that is trained on these images.

    Its mode is "digit" for the catalog's characters, and for images light on black whose centres
    of mass are in the middle, as MNIST's are; else "fit".

    Raises:
        ModelError: the images have neither 1, 3 nor 4 channels.
    """
    height, width, channels = data.image_shape
    is_character = channels == 1 and (data.name in CHARACTERS or _is_centred(data.train))
    return Preparation("digit" if is_character else "fit", height, width, channels)


def _is_centred(images: Split | StreamSplit) -> bool:
    """Returns whether the images have black corners, and their centres of mass in the middle."""
    import numpy as np

    ink = images[:SAMPLE].images[:, :, :, 0].astype(np.float64)  # a stream reads no others
    _, height, width = ink.shape
    corners = ink[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    mass = ink.sum(axis=(1, 2))
    inked = mass > 0
    if not inked.any() or np.mean(corners == 0) < CENTRED:
        return False
    rows, columns = np.arange(height) + 0.5, np.arange(width) + 0.5
    y = (ink.sum(axis=2) @ rows)[inked] / mass[inked] - height / 2
    x = (ink.sum(axis=1) @ columns)[inked] / mass[inked] - width / 2
    return bool(np.mean(np.maximum(abs(x), abs(y)) <= TOLERANCE) >= CENTRED)
