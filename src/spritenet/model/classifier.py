"""Classification with calibrated probabilities and rejection of out-of-distribution images."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from spritenet.arguments import count
from spritenet.augmentation import Augment
from spritenet.errors import DataError, ModelError
from spritenet.layers import Dense
from spritenet.losses import BinaryCrossentropy, SparseCategoricalCrossentropy
from spritenet.metrics import best_thresholds
from spritenet.model.building import last_activation
from spritenet.model.copies import Copies, copies_of
from spritenet.model.encoder import Encoder, to_batches
from spritenet.model.features import before
from spritenet.model.image_batch import array_of, batch_of, is_one
from spritenet.model.input_data import adapt
from spritenet.model.weights import Weights
from spritenet.training import evaluation
from spritenet.training.controls import is_complete
from spritenet.training.events import Event

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from spritenet.engines.engine import Examples
    from spritenet.ood import Rejection
    from spritenet.ood.calibration import ModelView
    from spritenet.training.batch_source import BatchSource

__all__ = ["Classified", "Classifier"]

MOST_TRAINING, MOST_HELD_OUT = 20_000, 5_000
"""Training images (and as many synthetic outliers) and held-out images used at most."""

LEAST_TRAINING, LEAST_HELD_OUT, ONE_IN = 500, 1_000, 10
"""After a training, calibration uses one in ten of the images it processed, but no fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class Classified:
    """Predicted classes of n images, and the rejection of those unlike the training set.

    For one image every field has one dimension less.

    Attributes:
        label: int64 (n,), the index of the most likely class.
        probabilities: float64 (n, k), calibrated if the model is; of a multi-label network each
            for itself.
        sure: bool (n,), false for a rejected image; always false for a model that is not
            calibrated.
        score: float64 (n,), the likeness to the training set from 0 to 1; sure from 0.5 on.
        present: bool (n, k) of a multi-label network: the probability is at least the class's
            threshold; None where one class is right.
    """

    label: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    sure: NDArray[np.bool_]
    score: NDArray[np.float64]
    present: NDArray[np.bool_] | None = None

    def only(self) -> Classified:
        """Returns the fields of a single image, without the first dimension."""
        return Classified(
            self.label.reshape(()),
            self.probabilities[0],
            self.sure.reshape(()),
            self.score.reshape(()),
            None if self.present is None else self.present[0],
        )


class Classifier:
    """Classification with calibrated probabilities, and rejection of out-of-distribution images.

    Args:
        weights: of the network that classifies.
    """

    def __init__(self, weights: Weights) -> None:
        self._weights = weights
        self._rejection: Rejection | None = None
        self._thresholds: NDArray[np.float64] | None = None
        self._revision = self._tuned = 0
        self._network = weights.network

    @property
    def rejection(self) -> Rejection | None:
        """The calibration and OOD detector; None until calibrated and when weights are replaced."""
        return self._rejection if self._revision == self._weights.revision else None

    @rejection.setter
    def rejection(self, value: Rejection | None) -> None:
        self._rejection, self._revision = value, self._weights.revision

    @property
    def thresholds(self) -> NDArray[np.float64] | None:
        """The probability from which on a multi-label network predicts each class, (k,).

        None, which means 0.5, until they are tuned, and when weights are replaced. They can be set.
        """
        return self._thresholds if self._tuned == self._weights.revision else None

    @thresholds.setter
    def thresholds(self, value: ArrayLike | None) -> None:
        self._thresholds, self._tuned = None, self._weights.revision
        if value is None:
            return
        self._check_multi_label("thresholds")
        k, limits = self._network.output_shape[-1], np.asarray(value, np.float64)
        if limits.shape not in ((), (k,)) or not ((limits >= 0) & (limits <= 1)).all():
            raise ModelError(
                "invalid thresholds",
                where=self._network.name,
                expected=f"{k} numbers from 0 to 1",
                got=str(value)[:60],
            )
        self._thresholds = np.broadcast_to(limits, (k,)).copy()

    @property
    def calibrated(self) -> bool:
        """True after a `fit` with validation images or `calibrate`, until the weights change."""
        return self.rejection is not None

    def classify(self, x: object, *, tta: int = 1, augment: Augment = None) -> Classified:
        """Classifies images with calibrated probabilities; rejects those unlike the training set.

        docs/explanation/ood.md describes the detector. A model that is not `calibrated` is never
        sure, since nobody has measured what its probabilities mean; nor is a multi-label network,
        whose classes are in `present`.

            answer = model.classify(drawing)
            print(model.class_names[answer.label] if answer.sure else "not sure")

        Args:
            x: a Split; images n h w c or n h w; or one image h w c or h w. uint8, or float k/255.
            tta: the number of images whose probabilities are averaged: the image itself, by which
                alone it is rejected, and tta - 1 augmented copies of it.
            augment: the augmentation of the copies, as for `fit`; by default that of the model's
                training.

        Raises:
            ModelError: it has no weights yet, doesn't choose among classes, or there is no
                augmentation for copies.
            DataError: the images don't fit.
        """
        shape, parameters = self._network.shape, self._weights.best_guess
        images = array_of(x, shape)
        copies = copies_of(self._network, tta, augment, "classify")
        answers = self._classified(parameters, batch_of(images, shape), copies)
        return answers.only() if is_one(images.shape, shape) else answers

    def predict_labels(
        self, x: object, *, tta: int = 1, augment: Augment = None
    ) -> NDArray[np.bool_]:
        """Returns the classes of each image by a multi-label network: bool (n, k), or (k,) for one.

        A class is there if its probability is at least its entry of `thresholds`, or 0.5.

        Args:
            x: as `classify` takes it.
            tta: as for `classify`.
            augment: as for `classify`.

        Raises:
            ModelError: it has no weights yet, its outputs are no probabilities of their own, or
                there is no augmentation for copies.
            DataError: the images don't fit.
        """
        self._check_multi_label("predict_labels")
        found = self.classify(x, tta=tta, augment=augment).present
        assert found is not None  # noqa: S101 - it is multi-label
        return found

    def tune_thresholds(self, held_out: object) -> NDArray[np.float64]:
        """Tunes the threshold of each class on held-out images; `fit` does it at its end.

        Args:
            held_out: a multi-label Split, or (x, y) with rows: images that it was not trained on.

        Returns:
            The thresholds that maximize each class's F1, (k,); they are also in `thresholds`, and
            saved with the model.

        Raises:
            ModelError: it has no weights yet, or its outputs are no probabilities of their own.
            DataError: images or labels are wrong.
        """
        self._check_multi_label("tune_thresholds")
        shape = self._network.shape
        encoder = Encoder(self._network.output_shape[-1], BinaryCrossentropy())
        held = to_batches(adapt(held_out, input_shape=shape), shape, encoder)
        self.thresholds = self._best_thresholds(held.all())
        return self.thresholds

    def _check_multi_label(self, where: str) -> None:
        """Refuses networks that don't end in a sigmoid.

        Raises:
            ModelError: it doesn't.
        """
        if not self._network.is_multi_label:
            raise ModelError(
                "its outputs are no probabilities of their own",
                where=where,
                expected="a last layer with activation 'sigmoid'",
                got=last_activation(self._network.graph),
            )

    def _check_classifies(self) -> None:
        """Refuses networks that don't choose among classes.

        Raises:
            ModelError: it doesn't.
        """
        if not self._network.classifies:
            raise ModelError("the network isn't a classifier", where=self._network.name)

    def calibrate(
        self, held_out: object, training: object, *, most: int = MOST_TRAINING, seed: int = 0
    ) -> Rejection:
        """Fits the temperature and the OOD detector on held-out images; `fit` does it at its end.

        Args:
            held_out: a Split, or (x, y): at least 20 images that it was not trained on.
            training: the training set: a Split, a Dataset (its training images), or (x, y).
            most: training images used at most, and as many outliers: more take longer, and then
                more of what is unlike them is rejected.
            seed: of the choice of images and of the synthetic outliers.

        Returns:
            The calibration; it is also in `rejection`, and saved with the model.

        Raises:
            ModelError: it has no weights yet, doesn't choose among classes, or `most` is below 1.
            DataError: images or labels are wrong, or too few.
        """
        count(most, "most", "calibrate", least=1)
        shape = self._network.shape
        self._check_classifies()
        encoder = Encoder(self._network.output_shape[-1], SparseCategoricalCrossentropy())
        trained, held = (
            to_batches(adapt(some, input_shape=shape), shape, encoder)
            for some in (training, held_out)
        )
        self.rejection = self._calibration(trained, held, most, seed=seed)
        return self.rejection

    def after_training(
        self,
        events: Iterator[Event],
        training: BatchSource,
        held_out: BatchSource | None,
        seed: int,
    ) -> Iterator[Event]:
        """Passes the events of a training on; calibrates, if possible, before the last.

        Of a multi-label network it tunes the thresholds.
        """
        for event in events:
            if held_out is not None and is_complete(event) and event.images:
                self._complete(training, held_out, event.images, seed)
            yield event

    def _complete(
        self, training: BatchSource, held_out: BatchSource, images: int, seed: int
    ) -> None:
        """Calibrates after a training that processed so many images, or tunes the thresholds."""
        from spritenet.ood.calibration import LEAST

        if self._network.is_multi_label:
            held = held_out.sample(MOST_HELD_OUT, seed)
            if len(held) >= LEAST and _is_rows(held.targets):
                self.thresholds = self._best_thresholds(held)
        if self._network.classifies:
            some = held_out.sample(LEAST, seed), training.sample(1, seed)
            labelled = all(examples.labels is not None for examples in some)
            if labelled and len(held_out) >= LEAST:
                most = min(MOST_TRAINING, max(LEAST_TRAINING, images // ONE_IN))
                self.rejection = self._calibration(training, held_out, most, seed=seed)

    def _classified(
        self, parameters: NDArray[np.float32], images: NDArray[np.uint8], copies: Copies
    ) -> Classified:
        """Classifies n images, with the mean probabilities of copies.

        Raises:
            ModelError: its outputs aren't classes of which one is chosen.
        """
        from spritenet.ood.temperature import softened

        network, rejection = self._network, self.rejection
        if network.is_multi_label:
            rows = np.asarray(copies.mean(images, partial(self._outputs, parameters)))
            limits = 0.5 if self.thresholds is None else self.thresholds
            unsure = np.zeros(len(images), np.bool_)
            return Classified(
                rows.argmax(axis=1), rows, unsure, unsure.astype(np.float64), rows >= limits
            )
        if not network.classifies:
            from spritenet.export.saved_model import unclassified

            raise unclassified(last_activation(network.graph), network.output_shape, network.name)
        temperature = 1.0 if rejection is None else rejection.temperature
        found = np.asarray(
            copies.mean(images, lambda some: softened(self._logits(parameters, some), temperature))
        )
        label = found.argmax(axis=1)
        if rejection is None:
            sure = np.zeros(len(images), np.bool_)  # not calibrated
            return Classified(label, found, sure, sure.astype(np.float64))
        end = 1 + [layer.label for layer in network.graph].index(rejection.layer)
        score = rejection.scores(before(network, parameters, end, images), images)
        return Classified(label, found, score >= 0.5, score)

    def _calibration(
        self,
        training: BatchSource,
        held_out: BatchSource,
        count: int = MOST_TRAINING,
        *,
        seed: int = 0,
    ) -> Rejection:
        """Returns the calibration of the network.

        Args:
            training: the training set, with labels; up to `count` images of it are used.
            held_out: other images with labels; up to MOST_HELD_OUT are used.
            count: the largest number of training images.
            seed: of the choice of images and of the synthetic outliers.

        Raises:
            ModelError: its outputs aren't classes of which one is chosen.
            DataError: there are too few held-out images, or some have no labels.
        """
        from spritenet.ood.calibration import calibrate

        self._check_classifies()
        some = training.sample(count, seed)
        held = held_out.sample(min(MOST_HELD_OUT, max(LEAST_HELD_OUT, count)), seed)
        if some.labels is None or held.labels is None:
            raise DataError("calibrating needs labels, not targets", where=self._network.name)
        sets = (some.images, some.labels), (held.images, held.labels)
        return calibrate(self._view(self._weights.best_guess), *sets, seed=seed)

    def _view(self, parameters: NDArray[np.float32]) -> ModelView:
        """Returns the functions that calibration calls: features and outputs."""
        from spritenet.ood.calibration import ModelView

        layers = self._network.graph
        dense = [place for place, layer in enumerate(layers) if isinstance(layer, Dense)]
        # The features that the first Dense reads; of a branch, those that the last one reads.
        end = layers.inputs[dense[0 if layers.is_chain else -1]][0] + 1 if dense else len(layers)
        return ModelView(
            layers[end - 1].label,
            lambda images: before(self._network, parameters, end, images),
            lambda images: self._logits(parameters, images),
        )

    def _logits(
        self, parameters: NDArray[np.float32], images: NDArray[np.uint8]
    ) -> NDArray[np.float64]:
        """Returns the outputs before the softmax, (n, k), up to a number added to each row."""
        outputs = self._outputs(parameters, images)
        if last_activation(self._network.graph) == "linear":
            return outputs
        result: NDArray[np.float64] = np.log(np.maximum(outputs, np.finfo(np.float32).tiny))
        return result

    def _outputs(
        self, parameters: NDArray[np.float32], images: NDArray[np.uint8]
    ) -> NDArray[np.float64]:
        """Returns the outputs, (n, k)."""
        network = self._network
        size = evaluation.images_per_call(network.graph, network.shape)
        return evaluation.predict(network.engine(), parameters, images, size).astype(np.float64)

    def _best_thresholds(self, held: Examples) -> NDArray[np.float64]:
        """Returns the thresholds that maximize each class's F1 on some examples.

        Raises:
            DataError: their labels are no rows.
        """
        if held.targets is None or not _is_rows(held.targets):
            raise DataError("thresholds need rows of 0 and 1", where="tune_thresholds")
        rows = self._outputs(self._weights.best_guess, held.images)
        return best_thresholds(held.targets, rows)


def _is_rows(targets: NDArray[np.float32] | None) -> bool:
    """Returns True for multi-label rows of 0 and 1."""
    return targets is not None and bool(np.isin(targets, (0, 1)).all())
