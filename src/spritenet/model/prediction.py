"""Predictor: outputs, metrics and activations of a network for images."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from spritenet.augmentation import Augment
from spritenet.engines.engine import Evaluation
from spritenet.errors import DataError, ModelError
from spritenet.losses import Loss
from spritenet.model import building, image_batch, inspection
from spritenet.model.copies import ALONE, Copies, copies_of
from spritenet.model.encoder import Encoder, to_batches
from spritenet.model.input_data import adapt
from spritenet.model.metric_choice import MetricChoice
from spritenet.model.scores import Scores
from spritenet.model.weights import Weights
from spritenet.training import evaluation
from spritenet.training.batch_source import BatchSource
from spritenet.training.measurement import Measurement
from spritenet.training.output_loss import evaluate_outputs

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from numpy.typing import ArrayLike, NDArray

    from spritenet.metrics import MetricSet
    from spritenet.model.label_predictions import LabelPredictions
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
        self,
        x: object,
        batch_size: int | None = None,
        verbose: str | int = "auto",
        *,
        tta: int = 1,
        augment: Augment = None,
    ) -> NDArray[np.float32]:
        """Its outputs, float32: (n, classes) for n images, (classes,) for one.

        With `tta`, the means of the outputs for each image and augmented copies of it.

        Args:
            x: a Split or a StreamSplit; images n h w c or n h w; or one image h w c or h w. uint8,
                or float k/255. Or what another library holds them in; labels are ignored.
            batch_size: taken as in Keras, but it changes nothing.
            verbose: the same.
            tta: the number of outputs averaged for each image: its own, and those of tta - 1
                copies.
            augment: the augmentation of the copies, as for `fit`; by default that of the model's
                training.

        Raises:
            ModelError: it has no weights yet, or there is no augmentation for copies.
            DataError: the images don't fit.
        """
        del batch_size, verbose
        blocks = image_batch.image_blocks(x, self._network.shape)
        copies = copies_of(self._network, tta, augment, "predict")
        outputs = [self._outputs(images, copies) for images in blocks]
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
        copies: Copies = ALONE,
        thresholds: NDArray[np.float64] | None = None,
        chosen: MetricChoice | None = None,
    ) -> Scores:
        """Returns loss, accuracy and other metrics.

        Args:
            x: a Split, a StreamSplit, (x, y), or images n h w c.
            y: what the images mean, if x has no labels itself.
            sample_weight: a factor on each image's loss.
            loss: the loss function.
            class_names: of classes 0, 1, …; empty if unknown.
            copies: those whose outputs are averaged.
            thresholds: of a multi-label network, (k,); None for 0.5.
            chosen: the metrics; None for loss and accuracy.

        Raises:
            ModelError: it has no weights yet, or a metric doesn't fit the targets.
            DataError: images or labels are wrong.
        """
        shape, parameters = self._network.shape, self._weights.best_guess
        data = adapt(x, y, sample_weight, input_shape=shape)
        outputs = self._network.output_shape[-1]
        examples = to_batches(data, shape, Encoder(outputs, loss))
        most = evaluation.images_per_call(self._network.graph, shape)
        engine, metrics = self._network.engine(), None
        if chosen is not None:
            metrics = chosen.bound_to(loss, outputs, examples)
        if copies.count == 1:
            result = evaluation.evaluate(engine, parameters, examples, loss, most, metrics)
        else:
            result = self._evaluated(parameters, examples, loss, copies, most, metrics)
        names = chosen.names if chosen is not None and metrics is not None else ()
        copy = parameters.copy()  # training changes them in place
        classes = loss.row.accuracy == "largest"
        if self._network.is_multi_label and self._network.output_shape[-1] > 1 and not classes:
            several = partial(self._label_predictions, examples, copy, class_names, thresholds)
            return Scores(
                result.loss, result.accuracy, names, result.metrics, partial(several, copies)
            )
        return Scores(
            result.loss,
            result.accuracy,
            names,
            result.metrics,
            lambda: self._predictions(examples, copy, class_names, copies, classes=classes),
        )

    def _evaluated(
        self,
        parameters: NDArray[np.float32],
        source: BatchSource,
        loss: Loss,
        copies: Copies,
        most: int,
        metrics: MetricSet | None,
    ) -> Evaluation:
        """Returns the sums of loss and correct predictions of mean outputs, block by block."""
        measurement = None if metrics is None else Measurement(metrics, metrics.start())
        engine, graph = self._network.engine(), self._network.graph
        total, most = Evaluation(0.0, 0.0, 0, 0), min(most, source.max_images)
        for first in range(0, len(source), most):
            last = min(first + most, len(source))
            part = source.stored(first, last)
            outputs = copies.mean(part.images, lambda some: engine.predict(parameters, some))
            rows = np.asarray(outputs, np.float32).reshape(len(part), -1)
            if measurement is not None:
                measurement.add(rows, part, slice(None))
            found = evaluate_outputs(rows, part, loss, building.last_activation(graph))
            right = None if found.correct is None else (total.correct or 0) + found.correct
            l2 = total.l2 if first else engine.evaluate(parameters, part[:1], loss).l2
            total = Evaluation(total.loss_sum + found.loss_sum, l2, right, last)
        if metrics is not None and measurement is not None:
            return replace(total, metrics=metrics.values(measurement.state))
        return total

    def _predictions(
        self,
        source: BatchSource,
        parameters: NDArray[np.float32],
        class_names: tuple[str, ...],
        copies: Copies,
        *,
        classes: bool,
    ) -> Predictions:
        """Returns the predictions of these weights for labelled images.

        Args:
            source: the images.
            parameters: the weights.
            class_names: of classes 0, 1, …; empty if unknown.
            copies: those whose outputs are averaged.
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
        outputs = self._mean_outputs(parameters, examples.images, copies)
        rows = as_probabilities(outputs, building.last_activation(self._network.graph))
        names = class_names or tuple(map(str, range(rows.shape[1])))
        return Predictions(examples.images, labels, rows, names)

    def _label_predictions(
        self,
        source: BatchSource,
        parameters: NDArray[np.float32],
        class_names: tuple[str, ...],
        thresholds: NDArray[np.float64] | None,
        copies: Copies,
    ) -> LabelPredictions:
        """Returns the predictions of these weights for images with several labels.

        Raises:
            ModelError: their targets are not 0 or 1.
        """
        from spritenet.model.label_predictions import LabelPredictions

        examples = source.all()
        targets = examples.targets
        if targets is None or not np.isin(targets, (0, 1)).all():
            raise ModelError("no classes to predict", where=self._network.name)
        rows = self._mean_outputs(parameters, examples.images, copies)
        limits = np.full(rows.shape[1], 0.5) if thresholds is None else thresholds
        names = class_names or tuple(map(str, range(rows.shape[1])))
        return LabelPredictions(examples.images, targets.astype(np.uint8), rows, names, limits)

    def _mean_outputs(
        self, parameters: NDArray[np.float32], images: NDArray[np.uint8], copies: Copies
    ) -> NDArray[np.float32]:
        """Returns the outputs of some weights, (n, k), the means over copies."""
        share = evaluation.images_per_call(self._network.graph, self._network.shape)
        engine = self._network.engine()
        return np.asarray(
            copies.mean(images, lambda some: evaluation.predict(engine, parameters, some, share)),
            np.float32,
        )

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

    def _outputs(self, images: NDArray[Any], copies: Copies) -> NDArray[np.float32]:
        """Returns the outputs for an array of images, or for one image."""
        shape, parameters = self._network.shape, self._weights.best_guess
        batch = image_batch.batch_of(images, shape)
        few = len(batch) <= evaluation.LEAST
        share = len(batch) if few else evaluation.images_per_call(self._network.graph, shape)
        engine = self._network.engine()
        outputs = np.asarray(
            copies.mean(batch, lambda some: evaluation.predict(engine, parameters, some, share)),
            np.float32,
        )
        one = image_batch.is_one(images.shape, shape)
        return outputs.reshape(
            self._network.output_shape if one else (len(batch), *self._network.output_shape)
        )
