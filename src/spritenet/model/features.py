"""What a network has made of an image just before it decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.model.sequential import Sequential

__all__ = ["features"]


def features(model: Sequential, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the last layer with weights is given for each image.

    Args:
        model: with weights.
        images: uint8 n h w c, of the model's size.

    Returns:
        float32 (n, d).

    Raises:
        ModelError: it has no weights yet, or no layer before the last one with weights.
        DataError: the images don't fit.
    """
    from spritenet.errors import ModelError
    from spritenet.model.sequential import Sequential

    layers, shape = model.layers, model.input_shape
    if shape is None:
        raise ModelError("it has no weights yet", where=model.name)
    learning = []
    made: tuple[int, ...] = shape
    for place, layer in enumerate(layers):
        learning += [place] * len(layer.weights(made))
        made = layer.output_shape(made)
    if not learning or learning[-1] == 0:
        raise ModelError("there is no layer before the last one that learns", where=model.name)
    before = [place for place in learning if place < learning[-1]]
    body = Sequential(layers[: learning[-1]], threads=model.threads)
    body.build(shape)
    body.set_weights(model.get_weights()[: len(before)])
    return body.predict(images).reshape(len(images), -1)
