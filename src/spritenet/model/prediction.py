"""Predictor: outputs, metrics and activations of a network for images."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.errors import DataError, ModelError
from spritenet.losses import Loss
from spritenet.model import building, image_batch, inspection
from spritenet.model.encoder import Encoder, to_batches
from spritenet.model.input_data import adapt
from spritenet.model.scores import Scores
from spritenet.model.weights import Weights
from spritenet.training import evaluation
from spritenet.training.batch_source import BatchSource

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from spritenet.model.predictions import Predictions

__all__ = ["Predictor"]


class Predictor:
    """The outputs of a network with its weights.

    Args:
        weights: of the network; those of the moment when it is asked.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._network = weights.network

    def predict(
        self, x: object, batch_size: int | None = None, verbose: str | int = "auto"
    ) -> NDArray[np.float32]:
        """Its outputs, float32: (n, classes) for n images, (classes,) for one.

        Args:
            x: a Split or a StreamSplit; images n h w c or n h w; or one image h w c or h w. uint8,
                or float k/255. Or what another library holds them in; labels are ignored.
            batch_size: taken as in Keras, but it changes nothing.
            verbose: the same.

        Raises:
            ModelError: it has no weights yet.
            DataError: the images don't fit.
        """
        del batch_size, verbose
        blocks = image_batch.image_blocks(x, self._network.shape)
        outputs = [self._outputs(images) for images in blocks]
        return outputs[0] if len(outputs) == 1 else np.concatenate(outputs)

    def predict_classes(self, x: object) -> NDArray[np.int64]:
        """The class each image most likely is: indices (n,), or one number for one image.

        Raises:
            ModelError: it has no weights yet.
            DataError: the images don't fit.
        """
        return np.asarray(self.predict(x).argmax(axis=-1))

    def predict_on_batch(self, x: object) -> NDArray[np.float32]:
        """Returns the outputs that `predict` gives."""
        return self.predict(x)

    def evaluate(
        self,
        x: object,
        y: ArrayLike | None,
        sample_weight: ArrayLike | None,
        loss: Loss,
        class_names: tuple[str, ...],
    ) -> Scores:
        """Returns loss and accuracy.

        Args:
            x: a Split, a StreamSplit, (x, y), or images n h w c.
            y: what the images mean, if x has no labels itself.
            sample_weight: a factor on each image's loss.
            loss: the loss function.
            class_names: of classes 0, 1, …; empty if unknown.

        Raises:
            ModelError: it has no weights yet.
            DataError: images or labels are wrong.
        """
        shape, parameters = self._network.shape, self._weights.best_guess
        data = adapt(x, y, sample_weight, input_shape=shape)
        examples = to_batches(data, shape, Encoder(self._network.output_shape[-1], loss))
        most = evaluation.images_per_call(self._network.graph, shape)
        result = evaluation.evaluate(self._network.engine(), parameters, examples, loss, most)
        copy = parameters.copy()  # training changes them in place
        classes = loss.row.accuracy == "largest"
        return Scores(
            result.loss,
            result.accuracy,
            lambda: self._predictions(examples, copy, class_names, classes=classes),
        )

    def _predictions(
        self,
        source: BatchSource,
        parameters: NDArray[np.float32],
        class_names: tuple[str, ...],
        *,
        classes: bool,
    ) -> Predictions:
        """Returns the predictions of these weights for labelled images.

        Args:
            source: the images.
            parameters: the weights.
            class_names: of classes 0, 1, …; empty if unknown.
            classes: targets are probabilities of classes of which one is right.

        Raises:
            ModelError: they have targets that are no classes.
        """
        from spritenet.model.predictions import Predictions, as_probabilities

        examples = source.all()
        labels = examples.labels
        if labels is None and examples.targets is not None and classes:
            labels = examples.targets.argmax(axis=1).astype(np.int32)
        if labels is None or len(self._network.output_shape) != 1:
            raise ModelError("no classes to predict", where=self._network.name)
        share = evaluation.images_per_call(self._network.graph, self._network.shape)
        outputs = evaluation.predict(self._network.engine(), parameters, examples.images, share)
        rows = as_probabilities(outputs, building.last_activation(self._network.graph))
        names = class_names or tuple(map(str, range(rows.shape[1])))
        return Predictions(examples.images, labels, rows, names)

    def activations(self, image: object) -> dict[str, NDArray[np.float32]]:
        """Returns each layer's output for one image: its name → (h, w, c), or (units,).

        Args:
            image: h w c or h w; uint8, or float k/255.

        Raises:
            ModelError: it has no weights yet.
            DataError: it is not one image of the network's size.
        """
        shape = self._network.shape
        given = image_batch.array_of(image, shape)
        pixels_u8 = image_batch.batch_of(given, shape)
        if len(pixels_u8) != 1:
            raise DataError("not a single image", expected="h w c", got=f"shape {given.shape}")
        outputs = self._network.engine().activations(self._weights.best_guess, pixels_u8[0])
        return inspection.activations_by_name(self._network.graph, shape, outputs)

    def show_activations(self, image: object) -> Figure:
        """A figure of what each layer makes of one image. Needs the extra `plot`.

        Raises:
            ModelError: it has no weights yet.
            DataError: it is not one image of the network's size.
        """
        from spritenet import plots

        return plots.activations(self.activations(image), title=self._network.name)

    def _outputs(self, images: NDArray[Any]) -> NDArray[np.float32]:
        """Returns the outputs for an array of images, or for one image."""
        shape, parameters = self._network.shape, self._weights.best_guess
        batch = image_batch.batch_of(images, shape)
        few = len(batch) <= evaluation.LEAST
        share = len(batch) if few else evaluation.images_per_call(self._network.graph, shape)
        outputs = evaluation.predict(self._network.engine(), parameters, batch, share)
        one = image_batch.is_one(images.shape, shape)
        return outputs.reshape(
            self._network.output_shape if one else (len(batch), *self._network.output_shape)
        )
