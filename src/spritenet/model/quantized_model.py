"""QuantizedModel: a model whose predictions are computed in int8."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from spritenet.arguments import file_path
from spritenet.dataset.source import training_split
from spritenet.errors import ModelError
from spritenet.migration import accepts
from spritenet.model import image_batch
from spritenet.model.encoder import Encoder, to_batches
from spritenet.model.input_data import adapt
from spritenet.model.scores import Scores

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    # Imported when a model is quantized: training shall not wait for them.
    from spritenet.export import Metadata, SavedModel
    from spritenet.model.predictions import Predictions
    from spritenet.quantization import IntegerNetwork
    from spritenet.quantization.fine_tuning import Tuning
    from spritenet.quantization.native import NativeNetwork

__all__ = ["QuantizedModel"]

ONNX_ENDING = ".onnx"


class QuantizedModel:
    """A model whose predictions are computed in int8; `model.quantize(images)` makes it.

    It predicts and evaluates; it can't be trained. docs/reference/int8.md specifies every integer.

    Args:
        network: the integer network.
        metadata: class names, preparation, what it was trained on, scores.
        threads: the number of threads; None for all.
        temperature: the divisor of the logits for calibrated probabilities; None if unknown.

    Attributes:
        network: the integer network.
        metadata: class names, preparation, what it was trained on, scores; saved with it.
        threads: the number of threads; None for all.
        temperature: that of the calibrated model it was made of, or None; saved with it.

    Raises:
        CoreError: there is too little memory.
    """

    def __init__(
        self,
        network: IntegerNetwork,
        metadata: Metadata,
        *,
        threads: int | None = None,
        temperature: float | None = None,
    ) -> None:
        self.network = network
        self.metadata = metadata
        self.threads = threads
        self.temperature = temperature
        self._native: tuple[object, NativeNetwork] | None = None

    @classmethod
    def of(
        cls,
        saved: SavedModel,
        x: object,
        y: ArrayLike | None = None,
        *,
        tuning: Tuning | None = None,
        threads: int | None = None,
    ) -> Self:
        """Returns the int8 form of a model, calibrated and tuned on images; see `Model.quantize`.

        Args:
            saved: the model.
            x: images.
            y: their labels, if x doesn't contain them; only for fine-tuning.
            tuning: the arguments of fine-tuning; None for calibration alone.
            threads: the number of threads; None for all.
        """
        from spritenet.export.random_layers import without_random
        from spritenet.quantization import calibrate

        saved = replace(saved, layers=without_random(saved.layers, saved.input_shape))
        images = _images(x, saved.input_shape)
        made = calibrate(saved.layers, saved.input_shape, saved.parameters, images)
        network = made.network
        if tuning is not None:
            from spritenet.model.int8_tuning import tuned

            network = tuned(saved, made, training_split(x), y, images, tuning)
        rejection = saved.metadata.rejection
        return cls(
            network,
            replace(saved.metadata, rejection=None, scores={}),
            threads=threads,
            temperature=None if rejection is None else rejection.temperature,
        )

    @classmethod
    @accepts
    def load(cls, path: str | Path, *, threads: int | None = None) -> Self:
        """Returns the model of a file that `save` wrote.

        Args:
            path: the file.
            threads: the number of threads; None for all.

        Raises:
            ModelError: it can't be read, or is no int8 model.
        """
        from spritenet.export.int8_file import read_int8

        file_path(path, "load")
        network, metadata, temperature = read_int8(path)
        return cls(network, metadata, threads=threads, temperature=temperature)

    @accepts
    def save(self, path: str | Path) -> None:
        """Writes it to a file; docs/reference/model-format.md describes the formats.

        Args:
            path: a file whose name ends in .int8, which `load` reads; or in .onnx, for
                onnxruntime and others. An older one is replaced.

        Raises:
            ModelError: the name ends otherwise, or the disk refuses.
            MissingExtraError: onnx is not installed.
        """
        from spritenet.export.int8_file import write_int8
        from spritenet.migration import INT8_ENDING

        file_path(path, "save")
        ending = Path(path).suffix
        if ending == ONNX_ENDING:
            from spritenet.export.onnx import save_quantized

            save_quantized(self.network, self.metadata, path, self.temperature)
            return
        if ending != INT8_ENDING:
            expected = f"{INT8_ENDING} or {ONNX_ENDING}"
            raise ModelError(
                "an int8 model's file has another ending", where=path, expected=expected
            )
        write_int8(self.network, self.metadata, path, self.temperature)

    @property
    def class_names(self) -> tuple[str, ...]:
        """The names of its outputs; empty if unknown."""
        return self.metadata.class_names

    @accepts
    def predict(self, x: object) -> NDArray[np.float32]:
        """Returns its outputs, float32: (n, classes) for n images, (classes,) for one.

        The integers of the last operator are dequantized; a softmax or sigmoid at the end is
        computed of these.

        Args:
            x: images, as for `Model.predict`.

        Raises:
            DataError: the images don't fit.
        """
        shape = self.network.input_shape
        outputs = []
        for images in image_batch.image_blocks(x, shape):
            batch = image_batch.batch_of(images, shape)
            real = self.network.real_outputs(self.predict_integers(batch))
            outputs.append(real[0] if image_batch.is_one(images.shape, shape) else real)
        return outputs[0] if len(outputs) == 1 else np.concatenate(outputs)

    def predict_integers(self, images: NDArray[np.uint8]) -> NDArray[np.signedinteger]:
        """Returns the last operator's integers, int8 or int16, (n, *output_shape).

        Args:
            images: uint8, n images of the network's input shape.
        """
        from spritenet.quantization.native import NativeNetwork

        if self._native is None or self._native[0] != (self.network, self.threads):
            made = NativeNetwork(self.network, threads=self.threads)
            self._native = ((self.network, self.threads), made)
        return self._native[1].predict(images)

    @accepts
    def predict_classes(self, x: object) -> NDArray[np.int64]:
        """Returns the most probable class of each image: indices (n,), or one number for one image.

        Raises:
            DataError: the images don't fit.
        """
        return np.asarray(self.predict(x).argmax(axis=-1))

    @accepts
    def evaluate(self, x: object, y: ArrayLike | None = None) -> Scores:
        """Returns the mean cross-entropy and the accuracy: `loss, accuracy = int8.evaluate(test)`.

        Args:
            x: labelled images, as for `Model.evaluate`.
            y: the labels, if x doesn't contain them.

        Raises:
            ModelError: its outputs are no classes of which one is right.
            DataError: images or labels are wrong.
        """
        found = self._predictions(x, y)
        return Scores(found.log_loss, found.accuracy, predict=lambda: found)

    def _predictions(self, x: object, y: ArrayLike | None) -> Predictions:
        """Returns the predictions for labelled images.

        Raises:
            ModelError: its outputs are no classes of which one is right.
        """
        from spritenet.losses import SparseCategoricalCrossentropy
        from spritenet.model.predictions import Predictions, as_probabilities

        shape, outputs = self.network.input_shape, self.network.output_shape
        if len(outputs) != 1 or outputs[0] < 2 or self.network.activation == "sigmoid":
            raise ModelError("its outputs aren't classes", where="evaluate", got=outputs)
        data = adapt(x, y, None, input_shape=shape)
        encoder = Encoder(outputs[0], SparseCategoricalCrossentropy())
        examples = to_batches(data, shape, encoder).all()
        labels = examples.labels
        if labels is None and examples.targets is not None:
            labels = examples.targets.argmax(axis=1).astype(np.int32)
        if labels is None:
            raise ModelError("the images have no labels", where="evaluate")
        real = self.network.real_outputs(self.predict_integers(examples.images))
        rows = as_probabilities(real, self.network.activation)
        names = self.class_names or tuple(map(str, range(outputs[0])))
        return Predictions(examples.images, labels, rows, names)


def _images(x: object, input_shape: tuple[int, ...]) -> NDArray[np.uint8]:
    """Returns the calibration images of whatever holds them: of a Dataset its training split.

    Raises:
        ModelError: it is a text, as Keras's `quantize` takes.
    """
    from spritenet.quantization.observation import MOST_IMAGES

    if isinstance(x, str):  # Keras's mode
        do = "Pass training images: model.quantize(data)."
        raise ModelError("these are no calibration images", where="quantize", got=repr(x), do=do)
    source = training_split(x)
    parts: list[NDArray[np.uint8]] = []
    for block in image_batch.image_blocks(source, input_shape):
        images = image_batch.batch_of(block, input_shape)
        parts.append(images[:: max(1, len(images) // MOST_IMAGES)])
        if sum(map(len, parts)) >= MOST_IMAGES * 2:
            break
    return np.concatenate(parts) if parts else np.zeros((0, *input_shape), np.uint8)
