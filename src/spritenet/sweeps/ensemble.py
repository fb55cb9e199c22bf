"""Ensemble: several models whose outputs are averaged."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import ModelError
from spritenet.layers import Average, Input
from spritenet.migration import accepts
from spritenet.model import Model, Scores
from spritenet.model.building import last_activation
from spritenet.model.encoder import Encoder, to_batches
from spritenet.model.input_data import adapt
from spritenet.model.predictions import Predictions, as_probabilities
from spritenet.training.output_loss import evaluate_outputs

if TYPE_CHECKING:
    from numpy.typing import ArrayLike, NDArray

    from spritenet.engines.engine import Examples

__all__ = ["Ensemble"]


class Ensemble:
    """Models for the same images and classes, which predict the mean of their outputs.

    Args:
        models: trained; they stay as they are.

    Attributes:
        models: as given.

    Raises:
        ModelError: there is none, or they differ in the shapes of inputs and outputs.
    """

    def __init__(self, models: Sequence[Model]) -> None:
        self.models = tuple(models)
        if not self.models:
            raise ModelError("no models", where="Ensemble", expected="one or more")
        shapes = {(model.input_shape, model.output_shape) for model in self.models}
        if len(shapes) > 1:
            raise ModelError(
                "the models differ in their shapes",
                where="Ensemble",
                expected="one shape of inputs and outputs",
                got=", ".join(f"{first} → {last}" for first, last in sorted(shapes, key=str)),
            )

    def __len__(self) -> int:
        return len(self.models)

    def __repr__(self) -> str:
        """The number of models, and their name."""
        return f"<Ensemble of {len(self)} × {self.models[0].name}>"

    @accepts
    def predict(self, x: object) -> NDArray[np.float32]:
        """Returns the mean of the models' outputs, summed as float64: float32 (n, classes).

        Args:
            x: as for `Model.predict`.

        Raises:
            DataError: the images don't fit.
        """
        total = self.models[0].predict(x).astype(np.float64)
        for model in self.models[1:]:
            total += model.predict(x)
        mean: NDArray[np.float32] = (total / len(self)).astype(np.float32)
        return mean

    @accepts
    def predict_classes(self, x: object) -> NDArray[np.int64]:
        """Returns the most probable class of each image, (n,)."""
        return np.asarray(self.predict(x).argmax(axis=-1))

    @accepts
    def evaluate(self, x: object, y: ArrayLike | None = None) -> Scores:
        """Returns loss and accuracy of the mean outputs, without the L2 penalty.

        Args:
            x: as for `Model.evaluate`.
            y: the labels, if x doesn't contain them.

        Raises:
            ModelError: the models aren't compiled.
            DataError: images or labels are wrong.
        """
        first = self.models[0]
        loss, shape = first.compiled()[1], first.network.shape
        encoder = Encoder(first.output_shape[-1], loss)
        examples = to_batches(adapt(x, y, input_shape=shape), shape, encoder).all()
        outputs = self.predict(examples.images).reshape(len(examples.images), -1)
        found = evaluate_outputs(outputs, examples, loss, last_activation(first.graph))
        count = max(1, found.count)
        right = None if found.correct is None else found.correct / count
        return Scores(
            found.loss_sum / count, right, predict=lambda: self._predictions(examples, outputs)
        )

    def _predictions(self, examples: Examples, outputs: NDArray[np.float32]) -> Predictions:
        """Returns the predictions for labelled images.

        Raises:
            ModelError: they have no class indices.
        """
        if examples.labels is None:
            raise ModelError("no classes to predict", where="Ensemble")
        rows = as_probabilities(outputs, last_activation(self.models[0].graph))
        names = self.models[0].class_names or tuple(map(str, range(rows.shape[1])))
        return Predictions(examples.images, examples.labels, rows, names)

    def to_model(self, name: str = "ensemble") -> Model:
        """Returns one network with copies of all weights, whose last layer is an `Average`.

        It predicts what the ensemble predicts, and is saved and exported like any model.

        Args:
            name: of the network.

        Raises:
            ModelError: it would have too many layers.
        """
        first = self.models[0]
        images = Input(first.network.shape)
        outputs = [model.graph.tensors(images, model)[-1] for model in self.models]
        made = Model(images, Average()(outputs) if len(outputs) > 1 else outputs, name)
        made.class_names, made.preparation = first.class_names, first.preparation
        return made
