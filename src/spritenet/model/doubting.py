"""How sure a model may be: what it looks at, when it is calibrated, and what it then says."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from spritenet.errors import DataError, ModelError
from spritenet.layers import Dense
from spritenet.losses import SparseCategoricalCrossentropy
from spritenet.model.building import last_activation
from spritenet.model.data_adapter import adapt
from spritenet.model.examples import sample, to_examples
from spritenet.model.features import before
from spritenet.model.image_batch import array_of, batch_of, is_one
from spritenet.model.weights import Weighted
from spritenet.training import evaluation
from spritenet.training.controls import KEPT
from spritenet.training.events import Event, Finished, Stopped

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from spritenet.engines.engine import Examples
    from spritenet.model.network import Network
    from spritenet.ood import Rejection
    from spritenet.ood.calibration import ModelView
    from spritenet.training.feed import Feed

__all__ = ["Classified", "Doubter", "after_training", "calibration", "classified"]

MOST_LEARNT, MOST_HELD_OUT = 20_000, 5_000
"""Images that calibrating looks at: learnt from (and as many strange ones), and held out."""

LEAST_LEARNT, LEAST_HELD_OUT, SHARE = 500, 1_000, 10
"""After a training it looks at a tenth of the images that the training did, but at no fewer."""


@dataclass(frozen=True, slots=True, eq=False)
class Classified:
    """What a model takes images for, and whether they look like what it learnt.

    For one image every field has one dimension less.

    Attributes:
        label: int64 (n,), the likeliest class's index.
        probabilities: float64 (n, k), calibrated if the model is.
        sure: bool (n,), false for an image unlike those it learnt; of a model that is not
            calibrated always false.
        score: float64 (n,), how much it looks like those, 0 … 1; sure from 0.5 on.
    """

    label: NDArray[np.int64]
    probabilities: NDArray[np.float64]
    sure: NDArray[np.bool_]
    score: NDArray[np.float64]

    def only(self) -> Classified:
        """Of a single image, without the first dimension."""
        return Classified(
            self.label.reshape(()),
            self.probabilities[0],
            self.sure.reshape(()),
            self.score.reshape(()),
        )


class Doubter(Weighted):
    """A network that may know when it is not sure."""

    @property
    def calibrated(self) -> bool:
        """Whether it knows when to doubt: after a `fit` with validation images, or `calibrate`."""
        return self.doubt is not None

    def classify(self, x: object) -> Classified:
        """What it takes images for, with calibrated probabilities, and whether it may be sure.

        Flags an image that is out of the training distribution: see docs/explanation/ood.md.
        A model that is not `calibrated` is never sure: its probabilities mean nothing yet.

            answer = model.classify(drawing)
            print(model.class_names[answer.label] if answer.sure else "not sure")

        Args:
            x: a Split; images n h w c or n h w; or one image h w c or h w. uint8, or float k/255.

        Raises:
            ModelError: it has no weights yet, or doesn't choose among classes.
            DataError: the images don't fit.
        """
        shape, parameters = self._shape(), self.state.now.best_guess
        images = array_of(x, shape)
        batch = batch_of(images, shape)
        answers = classified(self, self.doubt, parameters, batch)
        return answers.only() if is_one(images.shape, shape) else answers

    def calibrate(self, held_out: object, learnt: object, *, seed: int = 0) -> Rejection:
        """Find out how sure it may be, on images it didn't learn from. `fit` does it at its end.

        Args:
            held_out: a Split, or (x, y): at least 20 images that it didn't learn from.
            learnt: what it learnt from: a Split, a Dataset (its training images), or (x, y).
            seed: of the strange pictures it is shown.

        Returns:
            What was found; it is also in `doubt`, and saved with the model.

        Raises:
            ModelError: it has no weights yet, or doesn't choose among classes.
            DataError: images or labels are wrong, or too few.
        """
        loss = SparseCategoricalCrossentropy()
        shape, outputs = self._shape(), self.output_shape[-1]
        taught, held = (
            to_examples(adapt(some, image_shape=shape), shape, outputs, loss)
            for some in (learnt, held_out)
        )
        self.doubt = calibration(self, taught, held, seed=seed)
        return self.doubt


def classified(
    model: Network,
    doubt: Rejection | None,
    parameters: NDArray[np.float32],
    images: NDArray[np.uint8],
) -> Classified:
    """What a model says of n images.

    Raises:
        ModelError: its outputs aren't classes of which one is chosen.
    """
    from spritenet.ood.temperature import softened

    if not model.classifies:
        from spritenet.export.saved_model import unclassified

        raise unclassified(last_activation(model.layers), model.output_shape, model.name)
    found = _logits(model, parameters, images)
    label = found.argmax(axis=1)
    if doubt is None:
        sure = np.zeros(len(images), np.bool_)  # nobody found out
        return Classified(label, softened(found, 1.0), sure, sure.astype(np.float64))
    end = 1 + [layer.label for layer in model.layers].index(doubt.layer)
    score = doubt.scores(before(model, parameters, end, images), images)
    return Classified(label, doubt.probabilities(found), score >= 0.5, score)


def calibration(
    model: Network,
    learnt: Examples | Feed,
    held_out: Examples | Feed,
    count: int = MOST_LEARNT,
    *,
    seed: int = 0,
) -> Rejection:
    """What calibrating a model finds.

    Args:
        model: trained.
        learnt: what it learnt from, with labels; up to `count` of them are looked at.
        held_out: other images with labels; up to MOST_HELD_OUT are looked at.
        count: see there.
        seed: of which, and of everything else that is random.

    Raises:
        ModelError: its outputs aren't classes of which one is chosen.
        DataError: there are too few held-out images, or some have no labels.
    """
    from spritenet.ood.calibration import calibrate

    if not model.classifies:
        raise ModelError("the network doesn't choose among classes", where=model.name)
    some = sample(learnt, count, seed)
    held = sample(held_out, min(MOST_HELD_OUT, max(LEAST_HELD_OUT, count)), seed)
    if some.labels is None or held.labels is None:
        raise DataError("calibrating needs labels, not targets", where=model.name)
    parameters = model.state.now.best_guess
    seen = (some.images, some.labels), (held.images, held.labels)
    return calibrate(_looked(model, parameters), *seen, seed=seed)


def after_training(
    events: Iterator[Event],
    model: Network,
    learnt: Examples | Feed,
    held_out: Examples | Feed | None,
    seed: int,
) -> Iterator[Event]:
    """The events of a training; before its last one, the model is calibrated if it can be."""
    from spritenet.ood.calibration import LEAST

    for event in events:
        images = 0
        if isinstance(event, Finished) or (isinstance(event, Stopped) and event.reason == KEPT):
            images = event.images
        if images and held_out is not None and model.classifies:
            some = sample(held_out, LEAST, seed), sample(learnt, 1, seed)
            labelled = all(examples.labels is not None for examples in some)
            if labelled and len(held_out) >= LEAST:
                count = min(MOST_LEARNT, max(LEAST_LEARNT, images // SHARE))
                model.doubt = calibration(model, learnt, held_out, count, seed=seed)
        yield event


def _looked(model: Network, parameters: NDArray[np.float32]) -> ModelView:
    """The model as calibrating sees it: what its first Dense layer reads, and its outputs."""
    from spritenet.ood.calibration import ModelView

    layers = model.layers
    dense = [place for place, layer in enumerate(layers) if isinstance(layer, Dense)]
    end = dense[0] if dense else len(layers)
    return ModelView(
        layers[end - 1].label,
        lambda images: before(model, parameters, end, images),
        lambda images: _logits(model, parameters, images),
    )


def _logits(
    model: Network, parameters: NDArray[np.float32], images: NDArray[np.uint8]
) -> NDArray[np.float64]:
    """A model's outputs before the softmax, (n, k), up to a number added to each row."""
    share = evaluation.images_per_call(model.layers, images.shape[1:])
    outputs = evaluation.predict(model.engine(), parameters, images, share).astype(np.float64)
    if last_activation(model.layers) == "linear":
        return outputs
    result: NDArray[np.float64] = np.log(np.maximum(outputs, np.finfo(np.float32).tiny))
    return result
