"""Quantization of a model to int8: its method `quantize`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spritenet.migration import accepts

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

    from spritenet.model.model import Model
    from spritenet.model.quantized_model import QuantizedModel

__all__ = ["quantize"]


@accepts
def quantize(  # noqa: D417 - self is the model
    self: Model,
    images: object,
    labels: ArrayLike | None = None,
    *,
    epochs: int = 0,
    learning_rate: float = 1e-3,
    seed: int = 0,
) -> QuantizedModel:
    """Returns the model in int8, calibrated on images: smaller, and faster.

    Args:
        images: such as it was trained on, as for `fit`; of a Dataset or a Stream the training
            split. About 1,000 are used to calibrate, all to fine-tune, in memory.
        labels: of the images, if they don't contain them; only for fine-tuning.
        epochs: of fine-tuning a copy with the rounding of integers; 0 calibrates alone.
        learning_rate: Adam's while fine-tuning, relative to each channel's largest weight.
        seed: of the order of the images while fine-tuning.

    Raises:
        ModelError: it has no weights yet, or a layer is unsupported in int8.
        DataError: the images don't fit, or have no labels to fine-tune with.
    """
    from spritenet.model.int8_tuning import tuning_of
    from spritenet.model.quantized_model import QuantizedModel

    tuning = tuning_of(epochs, learning_rate, seed, self.threads)
    saved = self._saved()
    return QuantizedModel.of(saved, images, labels, tuning=tuning, threads=self.threads)
