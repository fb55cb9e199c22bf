"""How people's pictures become inputs: chosen for a data set, and read from a model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spritenet.prepare import Preparation
from spritenet.prepare.preparation import MODES

if TYPE_CHECKING:
    from spritenet.dataset import Dataset, Split
    from spritenet.model import Sequential
    from spritenet.streams import Stream, StreamSplit

__all__ = ["for_data", "of_model"]

CHARACTERS = frozenset({"kmnist", "mnist", "strokes", "tfjs-mnist"})
"""The catalog's data sets of single characters."""

CENTRED = 0.9
"""Of the images of a data set of characters, the share whose centre of mass is in the middle."""

NEAR = 1.0
"""Pixels from the middle that still are the middle: MNIST rounds to whole pixels."""

LOOKED_AT = 500


def for_data(data: Dataset | Stream) -> Preparation:
    """How pictures should be prepared for a network that learns these images.

    "digit" for the catalog's characters, and for images that are light on black and centred by
    their mass as MNIST's are; else "fit".

    Raises:
        ModelError: the images have a number of channels that no picture has.
    """
    height, width, channels = data.image_shape
    is_character = channels == 1 and (data.name in CHARACTERS or _is_centred(data.train))
    return Preparation("digit" if is_character else "fit", height, width, channels)


def _is_centred(images: Split | StreamSplit) -> bool:
    """Whether the images' corners are black and their ink's centre of mass is in the middle."""
    import numpy as np

    ink = images[:LOOKED_AT].images[:, :, :, 0].astype(np.float64)  # of a stream no more are read
    _, height, width = ink.shape
    corners = ink[:, [0, 0, -1, -1], [0, -1, 0, -1]]
    mass = ink.sum(axis=(1, 2))
    inked = mass > 0
    if not inked.any() or np.mean(corners == 0) < CENTRED:
        return False
    rows, columns = np.arange(height) + 0.5, np.arange(width) + 0.5
    y = (ink.sum(axis=2) @ rows)[inked] / mass[inked] - height / 2
    x = (ink.sum(axis=1) @ columns)[inked] / mass[inked] - width / 2
    return bool(np.mean(np.maximum(abs(x), abs(y)) <= NEAR) >= CENTRED)


def of_model(model: Sequential, mode: str | None) -> Preparation:
    """How the model wants its pictures, in another mode if one is given.

    A model that doesn't say it gets what MNIST's tutorials need if it takes 28×28 grey pixels, and
    else the whole picture with bars beside it.

    Raises:
        InputError: there is no such mode.
        ModelError: what the model says is not known here, or doesn't fit it.
    """
    from spritenet.errors import InputError, ModelError

    height, width, channels = model.input_shape or (0, 0, 0)
    if mode is not None:
        if mode not in MODES:
            expected = "one of " + ", ".join(MODES)
            raise InputError(
                "there is no such mode", where="--prepare", expected=expected, got=mode
            )
        return Preparation(mode, height, width, channels)
    if model.preparation is None:
        likely = "digit" if (height, width, channels) == (28, 28, 1) else "fit"
        return Preparation(likely, height, width, channels)
    found = Preparation.from_json(model.preparation)
    if found.shape != model.input_shape:
        raise ModelError(
            "the model's preparation doesn't fit its input",
            expected=f"{model.input_shape}",
            got=f"{found.shape}",
        )
    return found
