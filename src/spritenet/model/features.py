"""Features: the outputs of inner layers for images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import ModelError
from spritenet.layers.input import fits
from spritenet.training import evaluation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.model.model import Model
    from spritenet.model.network import Network

__all__ = ["before", "features"]


def before(
    network: Network, parameters: NDArray[np.float32], end: int, images: NDArray[np.uint8]
) -> NDArray[np.float32]:
    """Returns the output of layer `end` - 1 for n images, flat: (n, d)."""
    engine, places = network.beginning(end)
    part = np.ascontiguousarray(parameters[places])
    share = evaluation.images_per_call(network.graph, network.shape)
    return evaluation.predict(engine, part, images, share).reshape(len(images), -1)


def features(model: Model, images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Returns the input of the last layer with weights for each image.

    Args:
        model: with weights.
        images: uint8 n h w c, of the model's size.

    Returns:
        float32 (n, d).

    Raises:
        ModelError: it has no weights yet, takes other images, or has no layer before the last one
            with weights.
    """
    shape = model.input_shape
    if shape is None:
        raise ModelError(
            "it has no weights yet", where=model.name, do="Fit it, or load a trained model."
        )
    if not fits(images.shape[1:], shape):
        raise ModelError(
            "it takes other images", where=model.name, expected=shape, got=images.shape[1:]
        )
    last = 0
    for place, node in enumerate(model.graph.nodes(shape)):
        last = place if node.weights else last
    read = model.graph.inputs[last]
    if not last or len(read) != 1:
        raise ModelError("there is no layer before the last one with weights", where=model.name)
    return before(model.network, model.state.now.best_guess, read[0] + 1, images)
