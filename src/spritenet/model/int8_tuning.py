"""Fine-tuning of a model for int8, on labelled images."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from spritenet.arguments import count, number, seed_of
from spritenet.errors import DataError, ModelError
from spritenet.model.encoder import Encoder, to_batches
from spritenet.model.input_data import adapt

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from spritenet.engines.engine import Examples
    from spritenet.export import SavedModel
    from spritenet.losses import Loss
    from spritenet.quantization import Calibrated, IntegerNetwork
    from spritenet.quantization.fine_tuning import Tuning

__all__ = ["tuned", "tuning_of"]

COMPARED = 4096
"""Images on which the losses before and after are compared."""


def tuning_of(epochs: int, learning_rate: float, seed: int, threads: int | None) -> Tuning | None:
    """Returns the checked arguments of fine-tuning; None for no epochs.

    Raises:
        ModelError: one is invalid.
    """
    from spritenet.quantization.fine_tuning import Tuning

    passes = count(epochs, "epochs", "quantize", least=0)
    rate = number(learning_rate, "learning_rate", "quantize", least=0)
    return Tuning(passes, rate, seed=seed_of(seed, "quantize"), threads=threads) if passes else None


def tuned(
    saved: SavedModel,
    calibrated: Calibrated,
    x: object,
    y: ArrayLike | None,
    images: NDArray[np.uint8],
    tuning: Tuning,
) -> IntegerNetwork:
    """Returns the integer network of a model after fine-tuning.

    It is the one given if its loss on the images is lower.

    Args:
        saved: the model, without random layers.
        calibrated: its integer network by calibration alone.
        x: labelled images.
        y: the labels, if x doesn't contain them.
        images: the calibration images.
        tuning: the arguments of fine-tuning.

    Raises:
        ModelError: the network doesn't end in a softmax or sigmoid.
        DataError: the images have no labels, or don't fit.
    """
    from spritenet.quantization import quantize
    from spritenet.quantization.fine_tuning import fine_tune

    network, parameters = calibrated.network, calibrated.parameters
    loss = _loss(network)
    shape = saved.input_shape
    data = adapt(x, y, None, input_shape=shape)
    encoder = Encoder(network.output_shape[0], loss, class_names=saved.metadata.class_names)
    examples = to_batches(data, shape, encoder).all()
    if examples.labels is None and examples.targets is None:
        raise DataError("fine-tuning needs labels", where="quantize", do="Pass labelled images.")
    values = fine_tune(saved.layers, shape, parameters, network, examples, loss, tuning)
    made = quantize(saved.layers, shape, values, images)
    both = sorted((network, made), key=lambda one: _mean_loss(one, examples))
    return both[0]


def _loss(network: IntegerNetwork) -> Loss:
    """Returns the loss that goes with a network's last activation.

    Raises:
        ModelError: none does.
    """
    from spritenet.losses import BinaryCrossentropy, SparseCategoricalCrossentropy

    if len(network.output_shape) == 1 and network.activation == "softmax":
        return SparseCategoricalCrossentropy()
    if len(network.output_shape) == 1 and network.activation == "sigmoid":
        return BinaryCrossentropy()
    raise ModelError(
        "the network can't be fine-tuned for int8",
        where="quantize",
        expected="a softmax or sigmoid at its end",
        got=network.activation,
        do="Leave out epochs: it is calibrated then.",
    )


def _mean_loss(network: IntegerNetwork, examples: Examples) -> float:
    """Returns the mean cross-entropy of an integer network on some of the examples."""
    from spritenet.quantization.native import NativeNetwork

    some = slice(None, None, max(1, len(examples.images) // COMPARED))
    outputs = NativeNetwork(network).predict(np.ascontiguousarray(examples.images[some]))
    right = np.clip(network.real_outputs(outputs).astype(np.float64), 1e-7, 1 - 1e-7)
    if examples.targets is not None:
        wanted = examples.targets[some]
        logs = wanted * np.log(right)
        if network.activation == "sigmoid":
            logs += (1 - wanted) * np.log(1 - right)
        return float(-logs.sum(axis=1).mean())
    labels = np.asarray(examples.labels)[some]
    return float(-np.log(right[np.arange(len(labels)), labels]).mean())
